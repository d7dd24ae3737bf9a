//! `sekisho doctor`: what this machine and this place offer, what is missing
//! and how to mend it. The rooms' own checks come first.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use base::{Clock, SystemClock, Timestamp};
use clap::Args;
use sanitize_room::commands::doctor::{self as room, Check};
use serde_json::json;
use store::{Address, Settings, Store};
use wall_room::health::Finding;

use super::{Speech, Where};
use crate::config::Config;
use crate::exit::Exit;
use crate::folder::Folder;
use crate::words::Lang;
use crate::{mails, post, tls, wiring};

/// What `sekisho doctor` takes.
#[derive(Debug, Args)]
#[command(after_help = "例 / examples:
  sekisho doctor
  sekisho doctor --data /var/lib/sekisho --json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    speech: Speech,
}

/// Less free space than this is said.
const FREE_BYTES_MIN: u64 = 2 * 1024 * 1024 * 1024;
/// An authority with less time left than this is said, in days.
const AUTHORITY_DAYS_MIN: u64 = 400;
/// A clock before this is wrong: the program did not exist.
const CLOCK_MIN: &str = "2026-01-01T00:00:00Z";

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> Exit {
    let Arguments { place, speech } = arguments;
    let mut checks = room::checks(match speech.lang {
        Lang::Ja => sanitize_room::commands::Lang::Ja,
        Lang::En => sanitize_room::commands::Lang::En,
    });
    checks.extend(own(place, speech.lang).await);
    let is_ready = checks.iter().all(|check| check.is_good || !check.is_needed);
    if speech.json {
        let list: Vec<_> = checks.iter().map(shape).collect();
        println!("{}", json!({ "ready": is_ready, "checks": list }));
    } else {
        checks.iter().for_each(show);
    }
    if is_ready { Exit::Done } else { Exit::Failed }
}

fn shape(check: &Check) -> serde_json::Value {
    json!({
        "name": check.name, "ok": check.is_good, "needed": check.is_needed,
        "found": check.found, "advice": check.advice,
    })
}

fn show(check: &Check) {
    let mark = match (check.is_good, check.is_needed) {
        (true, _) => "○",
        (false, true) => "×",
        (false, false) => "△",
    };
    println!("{mark} {}: {}", check.name, check.found);
    if !check.is_good {
        println!("    {}", check.advice);
    }
}

/// The checks of this place: its configuration first, without which nothing
/// else can be found.
async fn own(place: &Where, lang: Lang) -> Vec<Check> {
    let config = match Config::load(&place.told()) {
        Ok(config) => config,
        Err(complaints) => {
            let first = complaints.first().map(|one| one.say(lang)).unwrap_or_default();
            return vec![Check {
                name: "config",
                is_good: false,
                is_needed: true,
                found: first,
                advice: lang.pick(
                    "sekisho config check で、すべての誤りを見られます",
                    "sekisho config check shows every mistake",
                ),
            }];
        }
    };
    let mut checks = vec![clock(lang)];
    match Folder::open(&config.data) {
        Err(_) => checks.push(Check {
            name: "data-folder",
            is_good: true,
            is_needed: false,
            found: format!(
                "{}: {}",
                config.data.display(),
                lang.pick(
                    "まだありません(sekisho up が作ります)",
                    "not there yet (sekisho up makes it)"
                )
            ),
            advice: "",
        }),
        Ok(folder) => {
            checks.push(rights(&folder, lang));
            checks.push(space(folder.path(), lang));
            checks.extend(authority(&folder, &config, lang));
            checks.extend(database(&folder, &config, lang).await);
        }
    }
    checks.extend(provider(&config, lang).await);
    checks.extend(wall(&config, lang));
    checks.push(mail(&config, lang).await);
    checks.extend(mail_gate(&config, lang));
    checks.extend(dkim(&config, lang));
    checks.extend(rspamd(&config, lang).await);
    checks.extend(scanners(&config, lang).await);
    checks
}

/// Whether the scanners of the configuration would look at files; none are
/// needed, but files wait for one that is named.
async fn scanners(config: &Config, lang: Lang) -> Vec<Check> {
    let known = config.data.is_dir();
    let within = if known { config.data.clone() } else { std::env::temp_dir() };
    let examined = config.scanners.examine(&within).await;
    let check = |one: transfer_room::Examined| {
        Check {
        name: match one.name {
            "clamd" => "scanner-clamd",
            _ => "scanner-yara",
        },
        is_good: one.found.is_ok(),
        is_needed: true,
        found: one.found.unwrap_or_else(|error| error.to_string()),
        advice: lang.pick(
            "[scanners] のプログラム・ソケット・規則を確かめてください。直るまで、ファイルは渡らずに待ちます",
            "check program, socket and rules under [scanners]; until then files wait and nobody gets them",
        ),
    }
    };
    examined.into_iter().map(check).collect()
}

/// Whether the mail relay would take notices. Nothing else needs it.
async fn mail(config: &Config, lang: Lang) -> Check {
    let Some(mail) = &config.mail else {
        let found = lang.pick("使いません([mail] がありません)", "off (there is no [mail])");
        let found = found.to_owned();
        return Check { name: "mail", is_good: true, is_needed: false, found, advice: "" };
    };
    let looked = match post::relay(mail, &config.name) {
        Ok(relay) => relay.look().await.map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    Check {
        name: "mail",
        is_good: looked.is_ok(),
        is_needed: false,
        found: match &looked {
            Ok(()) => format!("{}: {}", mail.relay(), lang.pick("答えます", "answers")),
            Err(error) => format!("{}: {error:#}", mail.relay()),
        },
        advice: lang.pick(
            "[mail] の relay・tls・trust・username と、中継への経路を確かめてください。お知らせは約3日のあいだ待ち、ほかの仕事は止まりません",
            "check relay, tls, trust and username under [mail] and the way to the relay; notices wait for about three days, and nothing else does",
        ),
    }
}

/// What the gate of mail needs of this machine, where there is one.
fn mail_gate(config: &Config, lang: Lang) -> Option<Check> {
    let gate = config.mail_gate.as_ref()?;
    let missing: Vec<&str> = ["postfix", "postconf", "postqueue", "postsuper"]
        .into_iter()
        .filter(|name| {
            ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
                .iter()
                .all(|folder| !Path::new(folder).join(name).exists())
        })
        .collect();
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let domains: Vec<&str> = gate.domains.iter().map(|(domain, _)| domain.as_str()).collect();
    let found = match (missing.is_empty(), is_root) {
        (true, true) => domains.join(", "),
        (true, false) => {
            lang.pick("Postfixを動かすにはrootが要ります", "running Postfix takes root").to_owned()
        }
        (false, _) => format!("{}: {}", lang.pick("見つかりません", "missing"), missing.join(", ")),
    };
    Some(Check {
        name: "mail-gate",
        is_good: missing.is_empty() && is_root,
        is_needed: true,
        found,
        advice: lang.pick(
            "postfix パッケージを入れ、sekisho up をrootで動かしてください。直るまで、メールは送り主側で待ちます",
            "install the package postfix and run sekisho up as root; until then mail waits with its senders",
        ),
    })
}

/// Whether what leaves would be signed, where that is wanted: `up` does not start
/// without a key that it was told of.
fn dkim(config: &Config, lang: Lang) -> Option<Check> {
    let keys = &config.mail_gate.as_ref()?.outgoing.as_ref()?.keys;
    let read: Result<Vec<String>, anyhow::Error> = keys
        .iter()
        .map(|key| mails::outward::signer(key).map(|_| key.domains.join(", ")))
        .collect();
    let is_good = read.is_ok();
    let found = match read {
        Ok(domains) if domains.is_empty() => lang
            .pick("署名しません(dkim-key がありません)", "nothing is signed (no dkim-key)")
            .to_owned(),
        Ok(domains) => domains.join(", "),
        Err(error) => format!("{error:#}"),
    };
    let advice = lang.pick(
        "鍵を openssl genrsa 2048 で作り、chmod 600 してください。公開するものは sekisho mail dkim が示します",
        "make the key by `openssl genrsa 2048` and chmod 600 it; `sekisho mail dkim` says what to publish",
    );
    Some(Check { name: "dkim", is_good, is_needed: !keys.is_empty(), found, advice })
}

/// Whether rspamd answers, where one is configured. Mail does not wait for it.
async fn rspamd(config: &Config, lang: Lang) -> Option<Check> {
    const ASK_MAX: Duration = Duration::from_secs(3);
    let place = config.mail_gate.as_ref()?.rspamd?;
    let wire = mails::rspamd::Wire::new(place);
    let asked = match tokio::time::timeout(ASK_MAX, wire.ping()).await {
        Ok(asked) => asked.map_err(|error| error.to_string()),
        Err(_) => Err(lang.pick("時間内に答えません", "no answer in time").to_owned()),
    };
    Some(Check {
        name: "rspamd",
        is_good: asked.is_ok(),
        is_needed: false,
        found: match asked {
            Ok(()) => format!("{place}: {}", lang.pick("答えます", "answers")),
            Err(why) => format!("{place}: {why}"),
        },
        advice: lang.pick(
            "rspamd を起動し、[mail-gate] の rspamd を確かめてください。直るまで、メールは職員が教えた判定だけで進みます",
            "start rspamd and check rspamd under [mail-gate]; until then mail goes on, judged by what your people taught alone",
        ),
    })
}

/// What the wall needs of this machine, where there is one.
fn wall(config: &Config, lang: Lang) -> Vec<Check> {
    let Some(settings) = &config.wall else { return Vec::new() };
    let spoken = match lang {
        Lang::Ja => wall_room::commands::Lang::Ja,
        Lang::En => wall_room::commands::Lang::En,
    };
    let check = |one: Finding| Check {
        name: one.name,
        is_good: one.is_good,
        is_needed: one.is_needed,
        found: one.found,
        advice: one.advice,
    };
    wall_room::health::look(settings, spoken).into_iter().map(check).collect()
}

/// Whether the identity provider answers and would do, where one is configured.
/// Sign-in does not need it.
async fn provider(config: &Config, lang: Lang) -> Option<Check> {
    let made = wiring::provider(config.oidc.as_ref(), &config.origin(config.listen));
    let found = match made {
        Ok(provider) => {
            let looked = provider?.look(&SystemClock::default()).await;
            looked.map_err(|error| error.to_string())
        }
        Err(error) => Err(format!("{error:#}")),
    };
    Some(Check {
        name: "identity-provider",
        is_good: found.is_ok(),
        is_needed: false,
        found: match found {
            Ok(()) => lang.pick("答えます", "answers").to_owned(),
            Err(error) => error,
        },
        advice: lang.pick(
            "[oidc] の issuer・trust と、認証基盤への経路を確かめてください。パスワードとパスキーは使えます",
            "check issuer and trust under [oidc] and the way to the provider; passwords and passkeys go on",
        ),
    })
}

fn clock(lang: Lang) -> Check {
    let now = SystemClock::default().now();
    Check {
        name: "clock",
        is_good: Timestamp::parse(CLOCK_MIN).is_some_and(|min| now >= min),
        is_needed: true,
        found: now.to_string(),
        advice: lang.pick(
            "時計を合わせてください(chrony か systemd-timesyncd)",
            "set the clock (chrony or systemd-timesyncd)",
        ),
    }
}

fn rights(folder: &Folder, lang: Lang) -> Check {
    let (is_good, found) = match folder.foreign_rights() {
        Ok(0) => (true, lang.pick("自分だけが読めます", "only we can read it").to_owned()),
        Ok(rights) => (
            false,
            format!(
                "{} ({rights:03o})",
                lang.pick("他の利用者も読めます", "others can look into it")
            ),
        ),
        Err(error) => (false, error.to_string()),
    };
    Check {
        name: "data-folder",
        is_good,
        is_needed: true,
        found: format!("{}: {found}", folder.path().display()),
        advice: lang.pick("chmod 700 してください", "chmod 700 it"),
    }
}

fn space(path: &Path, lang: Lang) -> Check {
    let (is_good, found) = match platform::space(path) {
        Ok(space) => (
            space.free_bytes >= FREE_BYTES_MIN,
            format!("{} MiB / {} MiB", space.free_bytes >> 20, space.total_bytes >> 20),
        ),
        Err(error) => (false, error.to_string()),
    };
    Check {
        name: "disk-space",
        is_good,
        is_needed: false,
        found,
        advice: lang.pick(
            "空きが2 GiBより少なくなっています。古いバックアップや書き出しを移してください",
            "less than 2 GiB are free: move old backups and exports away",
        ),
    }
}

/// The age of our authority, where it is there.
fn authority(folder: &Folder, config: &Config, lang: Lang) -> Option<Check> {
    if !folder.join(tls::AUTHORITY_KEY).exists() {
        return None;
    }
    let now = SystemClock::default().now();
    let opened = tls::authority(folder, &config.name, now, &base::SystemRandom);
    let (is_good, found) = match opened {
        Ok(authority) => {
            let certificate = authority.certificate();
            let days = certificate.not_after.since(now).as_secs() / 86_400;
            let is_begun = certificate.not_before <= now;
            (
                is_begun && days >= AUTHORITY_DAYS_MIN,
                format!("{} ({days} d)", certificate.not_after),
            )
        }
        Err(error) => (false, format!("{error:#}")),
    };
    Some(Check {
        name: "authority",
        is_good,
        is_needed: false,
        found,
        advice: lang.pick(
            "認証局の期限が近いか、読めません。tls フォルダーを退けると作り直します(端末への再登録が必要です)",
            "the authority ends soon or cannot be read: move the folder tls away and a new one is made (terminals must be told)",
        ),
    })
}

async fn database(folder: &Folder, config: &Config, lang: Lang) -> Option<Check> {
    let address = match &config.database {
        None if !folder.database().exists() => return None,
        Some(_) | None => crate::place::database(config, folder).ok()?,
    };
    let kind = match &address {
        Address::Sqlite(_) => "SQLite",
        Address::Postgres(_) => "PostgreSQL",
    };
    let clock = std::sync::Arc::new(SystemClock::default());
    let random = std::sync::Arc::new(base::SystemRandom);
    let opened = Store::open(Settings { address, clock, random }).await;
    let found = match opened {
        Err(error) => Err(error),
        Ok(store) => {
            let looked = store.read_across("the doctor asks whether it answers").await.map(drop);
            store.close().await;
            looked
        }
    };
    Some(Check {
        name: "database",
        is_good: found.is_ok(),
        is_needed: true,
        found: match &found {
            Ok(()) => format!("{kind}: {}", lang.pick("答えます", "answers")),
            Err(error) => format!("{kind}: {error}"),
        },
        advice: lang.pick(
            "データベースを起動し、アドレス・利用者・権限を確かめてください",
            "start the database, and check address, user and rights",
        ),
    })
}
