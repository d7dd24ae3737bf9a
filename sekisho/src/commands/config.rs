//! `sekisho config check`: reads the configuration and says what is wrong, with
//! file and line.

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Speech, Where};
use crate::config::Config;
use crate::exit::Exit;

/// What `sekisho config` takes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// 設定ファイルを確かめる / check the configuration
    #[command(
        after_help = "例 / examples:\n  sekisho config check\n  sekisho config check --config /etc/sekisho/sekisho.toml --json"
    )]
    Check {
        #[command(flatten)]
        place: Where,
        #[command(flatten)]
        speech: Speech,
    },
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Exit {
    let Verb::Check { place, speech } = &arguments.verb;
    let told = place.told();
    let file = told.file().map(|file| file.display().to_string());
    match Config::load(&told) {
        Ok(config) => {
            let json = json!({
                "ok": true, "file": file, "data": config.data, "listen": config.listen,
                "name": config.name.as_str(), "complaints": [],
                "mail": config.mail.as_ref().map(|mail| mail.relay()),
            });
            let shown = file.as_deref();
            let mail = config.mail.as_ref().map(|mail| mail.relay());
            super::tell(
                speech,
                &json,
                &format!(
                    "○ {}: 問題ありません\n  メールのお知らせ: {}",
                    shown.unwrap_or("設定ファイルなし(既定値)"),
                    mail.as_deref().unwrap_or("使いません"),
                ),
                &format!(
                    "○ {}: nothing wrong\n  notices by mail: {}",
                    shown.unwrap_or("no file (usual values)"),
                    mail.as_deref().unwrap_or("off"),
                ),
            );
            Exit::Done
        }
        Err(complaints) => {
            if speech.json {
                let list: Vec<_> = complaints
                    .iter()
                    .map(|one| {
                        json!({
                            "file": one.file, "line": one.line, "what": one.what.pick(speech.lang),
                        })
                    })
                    .collect();
                println!("{}", json!({ "ok": false, "file": file, "complaints": list }));
            } else {
                for one in &complaints {
                    println!("× {}", one.say(speech.lang));
                }
            }
            Exit::Failed
        }
    }
}
