//! `sekisho zones cutoff` and `restore` with `--server`: asks a running Sekisho
//! over its interface. A program's token applies, and another person decides.

use std::time::Duration;

use axum::http::{HeaderValue, Method, header};
use base::{Clock, SystemClock};
use serde_json::{Value, json};
use wall_room::commands::Lang as Spoken;
use wall_room::commands::cutoff::{Arguments, Verb};

use super::send::{End, complain, say};
use crate::exit::Exit;
use crate::remote::{Content, Remote, Trouble, Whom, read_json};
use crate::words::Lang;

/// How long the order is asked for.
const USUAL: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Runs the command.
pub(crate) async fn run(verb: Verb, arguments: &Arguments) -> Exit {
    let lang = match arguments.lang {
        Spoken::Ja => Lang::Ja,
        Spoken::En => Lang::En,
    };
    let asked = match verb {
        Verb::Cut => apply(arguments, lang).await,
        Verb::Restore => restore(arguments, lang).await,
    };
    asked.unwrap_or_else(|trouble| complain(&trouble, lang)).into()
}

fn open(arguments: &Arguments, lang: Lang) -> Result<Remote, Trouble> {
    let server = arguments.server.clone().unwrap_or_default();
    Whom::of(server, arguments.token_file.clone(), arguments.ca.clone()).open(lang)
}

async fn post(remote: &Remote, path: &str, asked: &Value) -> Result<Value, Trouble> {
    let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let text = asked.to_string();
    let content = || Ok(Content::of(text.clone().into()));
    read_json(remote.patiently(Method::POST, path, &json, content).await?).await
}

async fn apply(arguments: &Arguments, lang: Lang) -> Result<End, Trouble> {
    let remote = open(arguments, lang)?;
    let asked = json!({
        "kind": "cutoff", "purpose": arguments.reason,
        "scope": { "zone": arguments.zone.zone().name() },
        "ends_at": SystemClock::default().now().plus(USUAL).to_string(), "step": "apply",
    });
    let permit = post(&remote, "/api/v1/permits", &asked).await?;
    if arguments.json {
        say(&permit.to_string());
        return Ok(End::Done);
    }
    let id = permit["id"].as_str().unwrap_or_default();
    say(&format!(
        "○ {}: {} ({id})",
        lang.pick(
            "遮断を申請しました。別の人が承認すると切れます。急ぐときは、画面の「今すぐ遮断する」か、ゲートウェイの上の sekisho zones cutoff を使ってください",
            "a cut-off was applied for; it is cut once another person approves; in a hurry, use the screen, or sekisho zones cutoff at the gateway",
        ),
        arguments.zone.zone().name()
    ));
    Ok(End::Done)
}

async fn restore(arguments: &Arguments, lang: Lang) -> Result<End, Trouble> {
    let remote = open(arguments, lang)?;
    let path = format!("/api/v1/wall/zones/{}/restore", arguments.zone.zone().name());
    let restored = post(&remote, &path, &json!({ "reason": arguments.reason })).await?;
    if arguments.json {
        say(&restored.to_string());
    } else {
        say(&format!(
            "○ {}: {}",
            lang.pick("復旧を命じました", "ordered to be restored"),
            arguments.zone.zone().name()
        ));
    }
    Ok(End::Done)
}
