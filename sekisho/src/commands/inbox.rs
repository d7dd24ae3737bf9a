//! `sekisho inbox`: what lies with the holder of a token, and the files
//! themselves. A file is written whole or not at all, and over none.

mod write;

use std::path::{Path, PathBuf};

use axum::http::Method;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Speech;
use super::send::{End, complain, removed, say, state};
use crate::exit::Exit;
use crate::remote::{Remote, Trouble, Whom};

/// What `sekisho inbox` takes.
#[derive(Debug, Args)]
#[command(after_help = "例 / examples:
  sekisho inbox list --server https://sekisho.example.lg.jp --token-file token
  sekisho inbox get --server https://sekisho.example.lg.jp --token-file token -o 受信 01KQ3V6Z8M5C0D2E4F6G8H0J2K
  sekisho inbox get --server https://sekisho.example.lg.jp --token-file token -o 受信 --all

受け取りは記録簿に残ります。 / Every fetch stands in the ledger.
終了コード / Exit code: 0 すべて / all; 1 受け取れないものがある / some not to be had;
  2 使い方の誤り / usage; 3 関所に届かない / cannot reach the server")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// 受信箱にあるものを並べる / list what lies there
    List(List),
    /// 受け取って保存する / fetch and keep
    Get(Get),
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    whom: Whom,
    #[command(flatten)]
    speech: Speech,
}

#[derive(Debug, Args)]
struct Get {
    #[command(flatten)]
    whom: Whom,
    /// 保存先のフォルダー / where to keep them
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// 受信箱にあるすべて / everything in the inbox
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    #[command(flatten)]
    speech: Speech,
    /// 受け渡しの番号 / ids of passages
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<String>,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> Exit {
    let (ended, lang) = match &arguments.verb {
        Verb::List(asked) => (list(asked).await, asked.speech.lang),
        Verb::Get(asked) => (get(asked).await, asked.speech.lang),
    };
    ended.unwrap_or_else(|trouble| complain(&trouble, lang)).into()
}

async fn list(asked: &List) -> Result<End, Trouble> {
    let remote = asked.whom.open(asked.speech.lang)?;
    for passage in everything(&remote).await? {
        if asked.speech.json {
            say(&passage.to_string());
            continue;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        say(&format!(
            "{}  {}  {}",
            text(&passage["id"]),
            text(&passage["delivered_at"]),
            state(&passage, asked.speech.lang)
        ));
        for line in removed(&passage, asked.speech.lang) {
            say(&format!("    {line}"));
        }
    }
    Ok(End::Done)
}

async fn everything(remote: &Remote) -> Result<Vec<Value>, Trouble> {
    let mut all = Vec::new();
    let mut path = "/api/v1/passages?box=inbox".to_owned();
    loop {
        let page = remote.json(Method::GET, &path).await?;
        all.extend(page["items"].as_array().into_iter().flatten().cloned());
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/passages?box=inbox&after={next}"),
            None => return Ok(all),
        }
    }
}

async fn get(asked: &Get) -> Result<End, Trouble> {
    let remote = asked.whom.open(asked.speech.lang)?;
    let out = std::fs::canonicalize(&asked.out).map_err(|error| {
        let shown = asked.out.display();
        Trouble::Usage(anyhow::anyhow!("{shown}: フォルダーがありません / no such folder: {error}"))
    })?;
    let ids = if asked.all {
        let all = everything(&remote).await?;
        all.iter().filter_map(|passage| passage["id"].as_str().map(str::to_owned)).collect()
    } else {
        asked.ids.clone()
    };
    let mut end = End::Done;
    for id in &ids {
        match one(&remote, id, &out).await {
            Ok(file) if asked.speech.json => say(&json!({ "id": id, "file": file }).to_string()),
            Ok(file) => say(&file.display().to_string()),
            Err(Trouble::Refused(refusal)) if matches!(refusal.status, 404 | 409) => {
                eprintln!("× {id}: {}", refusal.said);
                end = End::Some;
            }
            Err(other) => return Err(other),
        }
    }
    Ok(end)
}

async fn one(remote: &Remote, id: &str, out: &Path) -> Result<PathBuf, Trouble> {
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_id {
        return Err(Trouble::Usage(anyhow::anyhow!("{id}: 番号ではありません / that is no id")));
    }
    let passage = remote.json(Method::GET, &format!("/api/v1/passages/{id}")).await?;
    let answer = remote.file(&format!("/api/v1/passages/{id}/content")).await?;
    let name = passage["decided"]["name"].as_str().unwrap_or("file");
    let hash = passage["decided"]["sha256"].as_str().unwrap_or_default();
    write::keep(answer, out, name, hash).await
}
