//! `sekisho demo`: who can sign in to a demo, with the one-time code of this
//! moment, for people who look around without an app for codes.

use anyhow::{Context, Result};
use base::{Clock, SystemClock};
use clap::Args;
use factors::TotpSecret;
use serde_json::json;

use super::Speech;
use crate::config::Told;
use crate::demo::{self, Account};
use crate::exit::Exit;
use crate::folder::Folder;

/// What `sekisho demo` takes.
#[derive(Debug, Args)]
#[command(after_help = "コードは30秒ごとに変わり、1回だけ使えます。
Codes change every 30 seconds and open once.

例 / examples:
  sekisho demo
  sekisho demo section-manager --json")]
pub(crate) struct Arguments {
    /// 役割か利用者名で絞る / a role or a login
    who: Option<String>,
    /// 見本の町のデータフォルダー / the demo's data folder
    #[arg(long, value_name = "DIR")]
    data: Option<std::path::PathBuf>,
    #[command(flatten)]
    speech: Speech,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<Exit> {
    let Arguments { who, data, speech } = arguments;
    let told = Told { data: data.clone(), is_demo: true, ..Told::default() };
    let config = super::load(&told, speech.lang)?;
    let demo = demo::read(&Folder::open(&config.data)?)?;
    let now = SystemClock::default().now();
    let is_wanted = |account: &&Account| {
        who.as_ref().is_none_or(|who| account.person == *who || account.roles.contains(who))
    };
    let mut list = Vec::new();
    for account in demo.accounts.iter().filter(is_wanted) {
        let bytes = base32(&account.totp_secret).context(demo::FILE)?;
        let code = TotpSecret::from_bytes(&bytes).context(demo::FILE)?.code_at(now);
        list.push((account, code));
    }
    if speech.json {
        let accounts: Vec<_> = list
            .iter()
            .map(|(account, code)| {
                json!({
                    "person": account.person, "password": account.password,
                    "one_time_code": code.reveal(), "role": account.role, "body": account.body,
                })
            })
            .collect();
        println!("{}", json!({ "base_url": demo.base_url, "accounts": accounts }));
    } else {
        println!("{}/sign-in", demo.base_url);
        for (account, code) in list {
            println!(
                "{}  {}  {}  {} {} {} ({})",
                account.person,
                account.password,
                code.reveal(),
                account.body,
                account.section,
                account.name,
                account.roles.join(", ")
            );
        }
    }
    Ok(Exit::Done)
}

/// RFC 4648, section 6, without padding.
fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut window, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let digit = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        window = (window << 5) | u32::from(digit);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((window >> bits) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_through_its_text() {
        let secret = TotpSecret::new(&base::SeededRandom::new(5));
        assert_eq!(base32(secret.base32().reveal()).as_deref(), Some(secret.reveal()));
        assert_eq!(base32("a"), None);
    }
}
