//! `sekisho mail`: the room's own commands, and `stop`, which ends the Postfix of
//! a gate whose program has ended.

use std::sync::Arc;

use anyhow::{Result, bail};
use base::{Clock, SystemClock};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Speech, Where, tell};
use crate::exit::Exit;
use crate::folder::Folder;
use crate::mails::Mails;

/// What `sekisho mail` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    #[command(flatten)]
    Room(mail_room::commands::Verb),
    /// 関所を終えたあとも動くPostfixを止める / stop the Postfix that goes on after Sekisho
    #[command(after_help = "例 / examples:
  systemctl stop sekisho && sekisho mail stop
  sekisho mail stop --config /etc/sekisho/sekisho.toml --json

関所が終わっても、Postfixは動き続けてメールを受け取り、待たせます。これはそれを止めます。
待っているメールは残り、次に関所を始めたときに進みます。止めているあいだ、相手はあとで送り直します。
Postfix goes on without Sekisho; this stops it. What waits stays and goes on with the next start.

終了コード / Exit code: 0 stopped or not running, 1 failed, 2 usage")]
    Stop {
        #[command(flatten)]
        place: Where,
        #[command(flatten)]
        speech: Speech,
    },
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Exit {
    match &arguments.verb {
        Verb::Room(verb) => mail_room::commands::run(verb).into(),
        Verb::Stop { place, speech } => crate::wait(stop(place, speech)),
    }
}

async fn stop(place: &Where, speech: &Speech) -> Result<Exit> {
    let config = place.load(speech.lang)?;
    let Some(gate) = config.mail_gate else {
        bail!(
            "設定に [mail-gate] がありません。関所を動かした設定を --config で示してください / \
             there is no [mail-gate] in the configuration: name it with --config"
        );
    };
    // A program that runs would start them again at once.
    let _lock = if config.data.exists() { Some(Folder::open(&config.data)?.lock()?) } else { None };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let mut stopped = Vec::new();
    for (name, ended) in Mails::new(gate, &clock).stop().await {
        if ended? {
            stopped.push(name);
        }
    }
    let (ja, en) = if stopped.is_empty() {
        ("動いているPostfixはありません", "no Postfix was running")
    } else {
        (
            "Postfixを止めました。待っているメールは残り、次に関所を始めたときに進みます",
            "Postfix is stopped; what waits stays and goes on with the next start of Sekisho",
        )
    };
    tell(speech, &json!({ "stopped": stopped }), ja, en);
    Ok(Exit::Done)
}
