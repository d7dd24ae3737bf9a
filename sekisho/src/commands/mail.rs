//! `sekisho mail`: the room's own commands, and `stop`, which ends the Postfix of
//! a gate whose program has ended; `outbox` for mail that leaves; `dkim`, which
//! says what to publish so that others can check what we sign.

mod outbox;

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
    /// 庁外へ送るメールを見る・取り消す・すぐ送る / see, call back or hurry mail that leaves
    Outbox(outbox::Arguments),
    /// DNSに公開するDKIMの記録を示す / say what to publish in the DNS for DKIM
    #[command(after_help = "例 / examples:
  openssl genrsa -out /etc/sekisho/dkim.pem 2048 && chmod 600 /etc/sekisho/dkim.pem
  sekisho mail dkim --config /etc/sekisho/sekisho.toml
  sekisho mail dkim --config /etc/sekisho/sekisho.toml --json

鍵そのものは示しません。公開したあと、送ったメールの署名を受け手が確かめられます。
The key itself is not shown. Once published, receivers can check the signatures of what you send.

終了コード / Exit code: 0 shown, 1 failed, 2 usage")]
    Dkim {
        #[command(flatten)]
        place: Where,
        #[command(flatten)]
        speech: Speech,
    },
}

/// Says what to publish for each domain.
fn dkim(place: &Where, speech: &Speech) -> Result<Exit> {
    let config = place.load(speech.lang)?;
    let keys = config.mail_gate.and_then(|gate| gate.outgoing).map(|outgoing| outgoing.keys);
    let keys = keys.unwrap_or_default();
    if keys.is_empty() {
        bail!(
            "設定の [[mail-gate.body]] に dkim-selector と dkim-key がありません / \
             no [[mail-gate.body]] of the configuration has dkim-selector and dkim-key"
        );
    }
    for key in &keys {
        let signer = crate::mails::outward::signer(key)?;
        for domain in &key.domains {
            let (name, record) = (signer.name(domain), signer.record());
            let line = format!("{name}. IN TXT ( {} )", quoted(&record));
            tell(speech, &json!({ "name": name, "type": "TXT", "value": record }), &line, &line);
        }
    }
    Ok(Exit::Done)
}

/// A string of the DNS has 255 bytes (RFC 1035 3.3); several are one text.
fn quoted(record: &str) -> String {
    const STRING_BYTES_MAX: usize = 250;
    let pieces = record.as_bytes().chunks(STRING_BYTES_MAX);
    pieces
        .map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece)))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Exit {
    match &arguments.verb {
        Verb::Room(verb) => mail_room::commands::run(verb).into(),
        Verb::Stop { place, speech } => crate::wait(stop(place, speech)),
        Verb::Outbox(asked) => crate::wait(async { Ok(outbox::run(asked).await) }),
        Verb::Dkim { place, speech } => crate::wait(async { dkim(place, speech) }),
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
