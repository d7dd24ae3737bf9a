//! `sekisho send`: a program sends files over the interface, as a person does on
//! the page. Prints each passage's id; waits for the verdict when asked.

mod told;
mod upload;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::anyhow;
use axum::http::Method;
use clap::Args;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::Speech;
use crate::exit::Exit;
use crate::remote::{Remote, Trouble, Whom};
use crate::words::Lang;

pub(crate) use told::{removed, state};

/// What `sekisho send` takes.
#[derive(Debug, Args)]
#[command(after_help = "トークンは、通信連携の許可(api-token、範囲 apply)で渡されるものです。
The token is that of a permit of the kind api-token, with the scope apply.

例 / examples:
  sekisho send --server https://sekisho.example.lg.jp --token-file /etc/sekisho/token \\
    --to zei --purpose 申請の受付 申請書.docm
  SEKISHO_TOKEN=… sekisho send --server https://sekisho.example.lg.jp --ca ca.pem \\
    --to sasaki.taro --purpose 送付 --crossing lgwan-internet --wait 名簿.xlsx

出力は受け渡しの番号(1行に1つ)です。 / Prints the passages' ids, one a line.
終了コード / Exit code: 0 すべて渡した・受け付けた / all delivered, or taken in without --wait;
  1 渡されなかったものがある(保留・拒否)/ some held or refused; 2 使い方の誤り / usage;
  3 関所に届かない / cannot reach the server")]
pub(crate) struct Arguments {
    #[command(flatten)]
    whom: Whom,
    /// 送り先: 課のコードか利用者名 / a section's code, or a person's login
    #[arg(long, value_name = "PERSON|SECTION")]
    to: String,
    /// 境界 / which boundary
    #[arg(long, default_value = "internet-lgwan", value_parser = CROSSINGS)]
    crossing: String,
    /// 自治体機密性 / class of confidentiality
    #[arg(long, default_value = "2", value_parser = CLASSES)]
    class: String,
    /// 目的 / what for
    #[arg(long, value_name = "TEXT", default_value = "ファイルの送付")]
    purpose: String,
    /// 結果が出るまで待つ / wait for the verdict, and show what was taken out
    #[arg(long)]
    wait: bool,
    /// 待つ時間の上限(秒)/ how long to wait at most
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    wait_seconds: u64,
    #[command(flatten)]
    speech: Speech,
    /// 送るファイル / files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

const CROSSINGS: [&str; 4] =
    ["internet-lgwan", "lgwan-internet", "lgwan-mynumber", "mynumber-lgwan"];
const CLASSES: [&str; 5] = ["1", "2", "3c", "3b", "3a"];
/// Between two looks at a passage.
const PAUSE: Duration = Duration::from_millis(250);

/// How a command that calls ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Done = 0,
    /// Something was held or refused.
    Some = 1,
    Usage = 2,
    Away = 3,
}

impl From<End> for Exit {
    fn from(end: End) -> Self {
        Self::Room(end as u8)
    }
}

/// A file that is to be sent.
pub(crate) struct Given {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) bytes: u64,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> Exit {
    let sent = match send(arguments).await {
        Ok(sent) => sent,
        Err(trouble) => return complain(&trouble, arguments.speech.lang).into(),
    };
    let is_good = |passage: &&Value| passage["state"] == "delivered";
    if !arguments.wait || sent.iter().all(|passage| is_good(&passage)) {
        End::Done.into()
    } else {
        End::Some.into()
    }
}

async fn send(arguments: &Arguments) -> Result<Vec<Value>, Trouble> {
    let files = arguments.files.iter().map(|path| given(path)).collect::<Result<Vec<_>, _>>()?;
    let remote = arguments.whom.open(arguments.speech.lang)?;
    let fields = [
        ("crossing", arguments.crossing.as_str()),
        ("to", &arguments.to),
        ("class", &arguments.class),
        ("purpose", &arguments.purpose),
    ];
    let mut all = Vec::new();
    for together in upload::together(files)? {
        let taken = upload::send(&remote, &fields, &together).await?;
        for passage in &taken {
            tell(arguments, passage, !arguments.wait);
        }
        all.extend(taken);
    }
    if arguments.wait {
        let until = Instant::now() + Duration::from_secs(arguments.wait_seconds);
        for passage in &mut all {
            *passage = settled(&remote, passage, until).await?;
            tell_result(arguments, passage);
        }
    }
    Ok(all)
}

/// A file that can be sent: there, regular, with a name.
fn given(path: &Path) -> Result<Given, Trouble> {
    let wrong = |why: String| {
        let shown = path.display();
        Trouble::Usage(anyhow!("{shown}: 送れません({why})/ cannot be sent ({why})"))
    };
    let metadata = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
    if !metadata.is_file() {
        return Err(wrong("not a file".to_owned()));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.ok_or_else(|| wrong("no name".to_owned()))?;
    Ok(Given { path: path.to_owned(), name, bytes: metadata.len() })
}

/// The id as soon as it is taken in, so that a script has it even if waiting
/// fails.
fn tell(arguments: &Arguments, passage: &Value, is_last_word: bool) {
    if arguments.speech.json {
        if is_last_word {
            say(&passage.to_string());
        }
    } else {
        say(passage["id"].as_str().unwrap_or_default());
    }
}

fn tell_result(arguments: &Arguments, passage: &Value) {
    if arguments.speech.json {
        return say(&passage.to_string());
    }
    let lang = arguments.speech.lang;
    eprintln!("{}", state(passage, lang));
    for line in removed(passage, lang) {
        eprintln!("    {line}");
    }
}

/// A line of the result. A reader that has gone away is no error of ours.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The passage as soon as it was treated, or as it stands when time is up.
async fn settled(remote: &Remote, passage: &Value, until: Instant) -> Result<Value, Trouble> {
    let id = passage["id"].as_str().unwrap_or_default();
    let path = format!("/api/v1/passages/{id}");
    loop {
        let now = remote.json(Method::GET, &path).await?;
        if now["state"] != "received" || Instant::now() >= until {
            return Ok(now);
        }
        sleep(PAUSE).await;
    }
}

/// Says what went wrong, what is safe and what to do; gives the exit code.
pub(crate) fn complain(trouble: &Trouble, lang: Lang) -> End {
    match trouble {
        Trouble::Usage(error) => {
            eprintln!("× {error:#}");
            End::Usage
        }
        Trouble::Refused(refusal) => {
            eprintln!("× {} ({})", refusal.said, refusal.status);
            match refusal.status {
                401 => eprintln!(
                    "  {}",
                    lang.pick(
                        "トークンの許可の期限と、範囲に apply があることを確かめてください。何も送られていません。",
                        "check that the token's permit is in force and has the scope apply; nothing was sent",
                    )
                ),
                429 | 500.. => eprintln!(
                    "  {}",
                    lang.pick(
                        "何も受け付けられていません。時間をおいて、もう一度送ってください。",
                        "nothing was taken in: send it again later",
                    )
                ),
                _ => {}
            }
            if refusal.status == 429 || refusal.status >= 500 { End::Away } else { End::Usage }
        }
        Trouble::Unreachable(error) => {
            eprintln!("× {error:#}");
            eprintln!(
                "  {}",
                lang.pick(
                    "--server と経路、--ca を確かめてください。番号が表示されたものは受け付け済みです。表示されていないものは、画面の送信箱で確かめてから送り直してください。",
                    "check --server, the network and --ca; whatever has an id above was taken in, of the rest look into the outbox before sending it again",
                )
            );
            End::Away
        }
    }
}
