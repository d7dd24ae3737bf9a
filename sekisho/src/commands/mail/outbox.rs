//! `sekisho mail outbox`: mail that leaves, for the holder of a token: what
//! waits, calling it back, sending it now.

use axum::http::{HeaderValue, Method, header};
use clap::{Args, Subcommand};
use serde_json::Value;

use crate::commands::Speech;
use crate::commands::send::{End, complain, say};
use crate::exit::Exit;
use crate::remote::{Content, Remote, Trouble, Whom, read_json};
use crate::words::Lang;

/// What `sekisho mail outbox` takes.
#[derive(Debug, Args)]
#[command(after_help = "例 / examples:
  sekisho mail outbox list --server https://sekisho.example.lg.jp --token-file token
  sekisho mail outbox list --state waiting --server https://sekisho.example.lg.jp --token-file token --json
  sekisho mail outbox cancel --server https://sekisho.example.lg.jp --token-file token 01KQ3V6Z8M5C0D2E4F6G8H0J2K
  sekisho mail outbox send --server https://sekisho.example.lg.jp --token-file token 01KQ3V6Z8M5C0D2E4F6G8H0J2K

取り消したメールはだれにも届きません。送ったメールは取り消せません。
What is called back reaches nobody; what was sent cannot be called back.
終了コード / Exit code: 0 done, 1 refused (left already, or not yours), 2 usage, 3 cannot reach the server")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// 庁外へ送ったメールと送信待ちを並べる / list what left and what waits
    List(List),
    /// 送信を取り消す / call mails back
    Cancel(Named),
    /// 待たずに送る / send without waiting
    Send(Named),
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    whom: Whom,
    /// この状態だけ / only in this state: waiting, confirm, ask, asked, leaving, cancelled …
    #[arg(long)]
    state: Option<String>,
    #[command(flatten)]
    speech: Speech,
}

#[derive(Debug, Args)]
struct Named {
    #[command(flatten)]
    whom: Whom,
    #[command(flatten)]
    speech: Speech,
    /// メールの番号 / ids of mails
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> Exit {
    let (ended, lang) = match &arguments.verb {
        Verb::List(asked) => (list(asked).await, asked.speech.lang),
        Verb::Cancel(named) => (each(named, "cancel").await, named.speech.lang),
        Verb::Send(named) => (each(named, "send").await, named.speech.lang),
    };
    ended.unwrap_or_else(|trouble| complain(&trouble, lang)).into()
}

async fn list(asked: &List) -> Result<End, Trouble> {
    let remote = asked.whom.open(asked.speech.lang)?;
    let state = asked.state.as_deref().unwrap_or_default();
    if !state.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(Trouble::Usage(anyhow::anyhow!("{state}: 状態ではありません / no such state")));
    }
    let filter = if state.is_empty() { String::new() } else { format!("state={state}&") };
    let mut path = format!("/api/v1/mails/outward?{filter}");
    loop {
        let page = remote.json(Method::GET, path.trim_end_matches(['&', '?'])).await?;
        for mail in page["items"].as_array().into_iter().flatten() {
            if asked.speech.json {
                say(&mail.to_string());
            } else {
                say(&line(mail, asked.speech.lang));
            }
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/mails/outward?{filter}after={next}"),
            None => return Ok(End::Done),
        }
    }
}

fn line(mail: &Value, lang: Lang) -> String {
    let text = |name: &str| mail[name].as_str().unwrap_or_default();
    let state = match text("state") {
        "reading" => lang.pick("調べています", "being examined"),
        "waiting" => lang.pick("送信待ち", "waits to leave"),
        "confirm" => lang.pick("宛先の確認待ち", "receivers to confirm"),
        "ask" => lang.pick("承認の依頼待ち", "approval to ask for"),
        "asked" => lang.pick("承認待ち", "waits for approval"),
        "leaving" => lang.pick("送信済み", "sent"),
        "cancelled" => lang.pick("取り消し", "called back"),
        "stopped" => lang.pick("送信しない", "not sent"),
        "ended" => lang.pick("期限切れ", "expired"),
        other => other,
    };
    let subject: String = text("subject").chars().filter(|c| !c.is_control()).collect();
    format!("{}  {}  {state}  {subject}", text("id"), text("leaves_at"))
}

async fn each(named: &Named, verb: &str) -> Result<End, Trouble> {
    let remote = named.whom.open(named.speech.lang)?;
    let mut end = End::Done;
    for id in &named.ids {
        match one(&remote, id, verb).await {
            Ok(done) if named.speech.json => say(&done.to_string()),
            Ok(_) => {
                let (ja, en) = match verb {
                    "cancel" => {
                        ("取り消しました。だれにも届きません", "called back; nobody gets it")
                    }
                    _ => ("すぐに送ります", "leaves now"),
                };
                say(&format!("○ {id}: {}", named.speech.lang.pick(ja, en)));
            }
            Err(Trouble::Refused(refusal)) if matches!(refusal.status, 404 | 409) => {
                eprintln!("× {id}: {}", refusal.said);
                end = End::Some;
            }
            Err(other) => return Err(other),
        }
    }
    Ok(end)
}

async fn one(remote: &Remote, id: &str, verb: &str) -> Result<Value, Trouble> {
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_id {
        return Err(Trouble::Usage(anyhow::anyhow!("{id}: 番号ではありません / that is no id")));
    }
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let path = format!("/api/v1/mails/outward/{id}/{verb}");
    let content = || Ok(Content::of("{}".into()));
    read_json(remote.patiently(Method::POST, &path, &json, content).await?).await
}
