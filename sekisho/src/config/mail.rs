//! The part about notices by mail: its keys, their shapes and their advice.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use notices::{Address, AddressError, Domains, Tls};
use serde::Deserialize;
use toml::Spanned;

use super::read::Said;

/// Where mails go out; there are none unless the file has this part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mail {
    /// The relay's name or address.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// How the connection is covered.
    pub(crate) tls: Tls,
    /// Whose certificates are believed beside the system's.
    pub(crate) trust: Option<PathBuf>,
    /// The account there, and the file with its password.
    pub(crate) login: Option<(String, PathBuf)>,
    /// In whose name mails go out.
    pub(crate) from: Address,
    /// Under which domains people may have addresses.
    pub(crate) domains: Domains,
}

impl Mail {
    /// As the file says it.
    pub(crate) fn relay(&self) -> String {
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V6(host)) => format!("[{host}]:{}", self.port),
            Ok(IpAddr::V4(_)) | Err(_) => format!("{}:{}", self.host, self.port),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Written {
    relay: Spanned<String>,
    #[serde(default)]
    tls: Option<Spanned<Choice>>,
    trust: Option<PathBuf>,
    username: Option<Spanned<String>>,
    password_file: Option<PathBuf>,
    from: Spanned<String>,
    domains: Spanned<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Choice {
    Starttls,
    Tls,
    None,
    NoneOutside,
}

/// RFC 1035 §2.3.4.
const HOST_BYTES_MAX: usize = 253;
const USER_BYTES_MAX: usize = 200;

impl Written {
    /// Reads it, or tells each mistake with its place. Paths are taken from the
    /// file's folder.
    pub(super) fn read(self, folder: &Path, mut complain: impl FnMut(usize, Said)) -> Option<Mail> {
        let relay = relay(self.relay.get_ref());
        if relay.is_none() {
            complain(self.relay.span().start, wrong_relay());
        }
        let (at, choice) = match &self.tls {
            Some(tls) => (tls.span().start, *tls.get_ref()),
            None => (self.relay.span().start, Choice::Starttls),
        };
        let is_here = relay.as_ref().is_some_and(|(host, _)| is_here(host));
        let tls = match choice {
            Choice::Starttls => Some(Tls::StartTls),
            Choice::Tls => Some(Tls::Wrapped),
            Choice::None if is_here || relay.is_none() => Some(Tls::None),
            Choice::None => {
                complain(at, in_the_clear());
                None
            }
            Choice::NoneOutside => Some(Tls::None),
        };
        let login = match (self.username, self.password_file) {
            (None, None) => Some(None),
            (Some(user), Some(file)) => {
                let name = user.get_ref();
                let is_name = (1..=USER_BYTES_MAX).contains(&name.len())
                    && name.bytes().all(|byte| byte.is_ascii_graphic());
                if !is_name {
                    complain(user.span().start, wrong_user());
                } else if tls == Some(Tls::None) && !is_here {
                    complain(user.span().start, password_in_the_clear());
                }
                let is_fine = is_name && (tls != Some(Tls::None) || is_here);
                is_fine.then(|| Some((user.into_inner(), folder.join(file))))
            }
            (Some(user), None) => {
                complain(user.span().start, half_a_login());
                None
            }
            (None, Some(_)) => {
                complain(self.relay.span().start, half_a_login());
                None
            }
        };
        let from = Address::parse(self.from.get_ref());
        if let Err(error) = from {
            complain(self.from.span().start, wrong_from(error));
        }
        let domains = Domains::parse(self.domains.get_ref());
        if let Err(which) = &domains {
            complain(self.domains.span().start, wrong_domains(which));
        }
        let ((host, port), tls, login) = (relay?, tls?, login?);
        let trust = self.trust.map(|file| folder.join(file));
        Some(Mail { host, port, tls, trust, login, from: from.ok()?, domains: domains.ok()? })
    }
}

/// `host:port`; an IPv6 address stands in brackets.
fn relay(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if let Some(inner) = inner {
        return inner.parse::<std::net::Ipv6Addr>().ok().map(|host| (host.to_string(), port));
    }
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    let is_host = (1..=HOST_BYTES_MAX).contains(&host.len())
        && host.bytes().all(is_letter)
        && !host.starts_with(['-', '.']);
    is_host.then(|| (host.to_ascii_lowercase(), port))
}

/// True for this machine itself, where nobody listens on the wire.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn wrong_relay() -> Said {
    Said::new(
        "mail: relay は「名前:ポート」です。\"mail.city.example.lg.jp:587\" のように書いてください",
        "mail: relay is NAME:PORT: write it like \"mail.city.example.lg.jp:587\"",
    )
}

fn in_the_clear() -> Said {
    Said::new(
        "mail: tls = \"none\" は、この機械の中の中継(127.0.0.1 か ::1)だけに使えます。\"starttls\" か \"tls\" にしてください。経路が閉じていると確かめた中継なら \"none-outside\" と書けます",
        "mail: tls = \"none\" is for a relay on this machine (127.0.0.1 or ::1): write \"starttls\" or \"tls\"; where you know that nobody else is on the wire, \"none-outside\"",
    )
}

fn wrong_user() -> Said {
    Said::new(
        "mail: username は英数字と記号で、200文字までです",
        "mail: username is up to 200 letters, digits and signs",
    )
}

fn password_in_the_clear() -> Said {
    Said::new(
        "mail: パスワードを平文の経路に流せません。tls を \"starttls\" か \"tls\" にしてください",
        "mail: a password does not go over a line in the clear: set tls to \"starttls\" or \"tls\"",
    )
}

fn half_a_login() -> Said {
    Said::new(
        "mail: username と password-file は、両方書くか、両方消してください",
        "mail: write both username and password-file, or neither",
    )
}

fn wrong_from(error: AddressError) -> Said {
    Said::new(
        "mail: from は、差出人のアドレスです。\"sekisho@city.example.lg.jp\" のように書いてください",
        format!("mail: from is the sender's address, like \"sekisho@city.example.lg.jp\": {error}"),
    )
}

fn wrong_domains(which: &str) -> Said {
    if which.is_empty() {
        return Said::new(
            "mail: domains が空です。お知らせを送ってよいドメインを書いてください",
            "mail: domains is empty: name the domains to which notices may go",
        );
    }
    Said::new(
        format!(
            "mail: domains の「{which}」がドメインではありません。\"city.example.lg.jp\" のように書いてください"
        ),
        format!("mail: {which:?} in domains is no domain: write it like \"city.example.lg.jp\""),
    )
}
