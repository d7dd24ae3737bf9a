//! `sekisho outer`: the outer half of a gate, in the internet zone; and how it is
//! enrolled with the inner half, by two files.

mod door;
mod serve;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use base::{Clock, SystemClock, SystemRandom};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Speech, Where, tell};
use crate::config::{Host, NAME, host};
use crate::exit::Exit;
use crate::folder::Folder;
use crate::halves;

/// What `sekisho outer` takes.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "登録の手順 / how to enrol:
  1. 外側で / outside   sekisho outer request --data DIR --out request.pem
  2. 内側で / inside    sekisho outer enrol --data DIR --request request.pem --out answer.toml
  3. 外側で / outside   sekisho outer accept --data DIR --answer answer.toml
  4. 内側の設定に / in the inner configuration   [outer] address, public
  5. 外側で / outside   sekisho outer --data DIR --listen 0.0.0.0:443 --inner-listen 192.0.2.10:7443 --name up.example.lg.jp"
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    step: Option<Step>,
    #[command(flatten)]
    serving: Option<Serving>,
}

/// How the outer half serves.
#[derive(Clone, Debug, Args)]
pub(crate) struct Serving {
    /// 外側のデータフォルダー / the outer half's own folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// 庁外の方を待つところ(HTTPS)/ where people outside are waited for
    #[arg(long, value_name = "ADDR:PORT")]
    listen: SocketAddr,
    /// 内側を待つところ / where the inner half is waited for, and nobody else
    #[arg(long, value_name = "ADDR:PORT")]
    inner_listen: SocketAddr,
    /// 証明書の名前 / the name in the public certificate
    #[arg(long, value_name = "HOST", value_parser = host, default_value = NAME)]
    name: Host,
    /// 別の認証局の証明書(PEM)/ a certificate from elsewhere
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// その鍵 / its key
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// 外側で: 申請を作る / outside: make a request
    Request {
        /// 外側のデータフォルダー / the outer half's own folder
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// 申請を書くファイル / where to write it
        #[arg(long, value_name = "FILE", default_value = "outer-request.pem")]
        out: PathBuf,
        #[command(flatten)]
        speech: Speech,
    },
    /// 内側で: 申請に証明書を出す / inside: certify a request
    Enrol {
        #[command(flatten)]
        place: Where,
        /// 外側の申請 / the outer half's request
        #[arg(long, value_name = "FILE")]
        request: PathBuf,
        /// 返事を書くファイル / where to write the answer
        #[arg(long, value_name = "FILE", default_value = "outer-answer.toml")]
        out: PathBuf,
        #[command(flatten)]
        speech: Speech,
    },
    /// 外側で: 返事を受け取る / outside: take the answer
    Accept {
        /// 外側のデータフォルダー / the outer half's own folder
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// 内側の返事 / the inner half's answer
        #[arg(long, value_name = "FILE")]
        answer: PathBuf,
        #[command(flatten)]
        speech: Speech,
    },
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments) -> Result<Exit> {
    match (arguments.step, arguments.serving) {
        (Some(step), _) => enrol(step),
        (None, Some(serving)) => serve::run(serving).await,
        (None, None) => unreachable_by_clap(),
    }
}

/// Without a step the serving arguments are required.
fn unreachable_by_clap() -> Result<Exit> {
    anyhow::bail!("--data, --listen, --inner-listen")
}

fn enrol(step: Step) -> Result<Exit> {
    match step {
        Step::Request { data, out, speech } => {
            let request = halves::request(&Folder::make(&data)?)?;
            write(&out, &request)?;
            let shown = out.display().to_string();
            tell(
                &speech,
                &json!({ "request": shown }),
                &format!(
                    "申請を {shown} に書きました。内側へ運び、sekisho outer enrol に渡してください(秘密は入っていません)"
                ),
                &format!(
                    "the request is in {shown}: carry it to the inner half and give it to sekisho outer enrol (nothing in it is secret)"
                ),
            );
        }
        Step::Enrol { place, request, out, speech } => {
            let config = place.load(speech.lang)?;
            let asked = std::fs::read(&request).with_context(|| request.display().to_string())?;
            let now = SystemClock::default().now();
            let folder = Folder::make(&config.data)?;
            let (answer, pin) = halves::enrol(&folder, &asked, now, &SystemRandom)?;
            write(&out, &answer)?;
            let shown = out.display().to_string();
            tell(
                &speech,
                &json!({ "answer": shown, "certificate": pin.to_string() }),
                &format!(
                    "返事を {shown} に書きました。外側へ運び、sekisho outer accept に渡してください(秘密は入っていません)\n外側の証明書の指紋: {pin}\n動いている sekisho up は、起動し直すと新しい登録を使います"
                ),
                &format!(
                    "the answer is in {shown}: carry it to the outer half and give it to sekisho outer accept (nothing in it is secret)\nfingerprint of the outer certificate: {pin}\na running sekisho up uses it after a restart"
                ),
            );
        }
        Step::Accept { data, answer, speech } => {
            let text =
                std::fs::read_to_string(&answer).with_context(|| answer.display().to_string())?;
            let (own, inner) = halves::accept(&Folder::make(&data)?, &text)?;
            tell(
                &speech,
                &json!({ "certificate": own.to_string(), "inner": inner.to_string() }),
                &format!(
                    "登録しました。内側が示した指紋と同じかを確かめてください\nこの受付の証明書の指紋: {own}"
                ),
                &format!(
                    "enrolled. Compare with the fingerprint that the inner half has shown\nfingerprint of this certificate: {own}"
                ),
            );
        }
    }
    Ok(Exit::Done)
}

fn write(path: &std::path::Path, text: &str) -> Result<()> {
    std::fs::write(path, text)
        .with_context(|| format!("書けません / cannot write {}", path.display()))
}
