//! The configuration: a TOML file, under what the command line says. Every
//! complaint names the line and what to write instead. Opens nothing.

mod icap;
mod mail;
mod mail_gate;
mod oidc;
mod outer;
mod read;
mod scanners;
mod transfer;
mod wall;

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};

pub(crate) use icap::Icap;
pub(crate) use mail::Mail;
pub(crate) use mail_gate::{DkimKey, Instance, MailGate};
pub(crate) use oidc::Oidc;
pub(crate) use outer::Outer;
pub(crate) use read::Complaint;
pub(crate) use transfer::Transfer;

use crate::words::Lang;

/// Everything `sekisho up` is told beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    /// Where everything lies.
    pub(crate) data: PathBuf,
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// What people type into the browser.
    pub(crate) name: Host,
    /// The port in that address, where it differs from the one listened at.
    pub(crate) public_port: Option<u16>,
    /// The database; SQLite in the data folder if none is named.
    pub(crate) database: Option<String>,
    /// Whose certificates are believed of a database on another machine,
    /// beside those that the system believes.
    pub(crate) database_trust: Option<PathBuf>,
    /// The file with the database's password, where the address has none.
    pub(crate) database_password: Option<PathBuf>,
    /// Who owns the tables, if that is another account.
    pub(crate) database_owner: Option<Account>,
    /// The blobs.
    pub(crate) blobs: BlobPlace,
    /// Where copies of the ledger go each night, beside the data folder.
    pub(crate) exports: Option<ExportPlace>,
    /// A certificate that another authority made.
    pub(crate) certificate: Option<Certificate>,
    /// Another identity provider that may vouch for the first factor.
    pub(crate) oidc: Option<Oidc>,
    /// The outer half of this gate, if it has one.
    pub(crate) outer: Option<Outer>,
    /// The service for proxies and storage; off if nothing is said.
    pub(crate) icap: Option<Icap>,
    /// Where notices go out by mail; none do if nothing is said.
    pub(crate) mail: Option<Mail>,
    /// The gate of mail; off if nothing is said.
    pub(crate) mail_gate: Option<MailGate>,
    /// Folders from which files are taken and into which they are delivered.
    pub(crate) transfer: Transfer,
    /// The wall between the networks; off if nothing is said.
    pub(crate) wall: Option<wall_room::GateSettings>,
    /// What looks at files beside the treatment.
    pub(crate) scanners: transfer_room::ScannerSettings,
    /// How often one address may call.
    pub(crate) limits: Limits,
    /// The language of what the terminal says.
    pub(crate) language: Lang,
}

/// How often one address may call; the console's own figures where nothing is
/// said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Limits {
    /// Requests of any kind.
    pub(crate) requests_a_minute: Option<NonZero<u32>>,
    /// Steps of signing in and enrolling.
    pub(crate) sign_in_steps_a_minute: Option<NonZero<u32>>,
}

/// An account of a database server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) url: String,
    /// The file with its password, where the URL has none.
    pub(crate) password_file: Option<PathBuf>,
}

/// Where blobs lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BlobPlace {
    /// In the data folder.
    Disk,
    /// In a bucket.
    S3(Bucket),
}

/// Where copies of the ledger go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExportPlace {
    /// A folder that is there, such as another machine's that is mounted.
    Folder(PathBuf),
    /// A bucket.
    S3(Bucket),
}

/// A bucket; its keys lie in files of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    pub(crate) endpoint: String,
    pub(crate) bucket: String,
    pub(crate) region: String,
    pub(crate) key_id_file: PathBuf,
    pub(crate) key_file: PathBuf,
    /// Whose certificates are believed; the system's if none is named.
    pub(crate) trust: Option<PathBuf>,
}

/// A certificate that another authority made, with its key, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
}

/// A host name that browsers take for a site of its own: no bare address, and
/// nothing under `.local`, where WebAuthn does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host(String);

/// Why a text is no host name for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HostError {
    /// A bare IP address.
    Address,
    /// Under `.local`, which belongs to multicast DNS (RFC 6762).
    Local,
    /// Not letters, digits, hyphens and dots (RFC 1123).
    Spelling,
}

/// The port that we listen at, at this machine only, unless told.
pub(crate) const LISTEN: &str = "127.0.0.1:8443";
/// Browsers know every name under `localhost` as this machine.
pub(crate) const NAME: &str = "sekisho.localhost";
const DATA: &str = "sekisho-data";
const DATA_OF_DEMO: &str = "sekisho-demo";
/// The file in the data folder, and the one of an installed package.
const FILE: &str = "sekisho.toml";
const FILE_OF_SYSTEM: &str = "/etc/sekisho/sekisho.toml";

/// What the command line says; it goes before the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) config: Option<PathBuf>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) name: Option<Host>,
    pub(crate) database: Option<String>,
    pub(crate) is_demo: bool,
}

impl Told {
    /// The file to read, if there is one.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        if self.config.is_some() {
            return self.config.clone();
        }
        let near = self.data().join(FILE);
        let system = PathBuf::from(FILE_OF_SYSTEM);
        // A demo is not to meet an installed town's settings.
        [near, system]
            .into_iter()
            .find(|file| file.exists())
            .filter(|file| !(self.is_demo && file == Path::new(FILE_OF_SYSTEM)))
    }

    fn data(&self) -> PathBuf {
        let usual = if self.is_demo { DATA_OF_DEMO } else { DATA };
        self.data.clone().unwrap_or_else(|| usual.into())
    }
}

impl Config {
    /// Reads the file, if there is one, and puts the command line over it.
    ///
    /// # Errors
    /// Everything that is wrong, in the file's order.
    pub(crate) fn load(told: &Told) -> Result<Self, Vec<Complaint>> {
        match told.file() {
            None => Self::read(Path::new(FILE), "", told),
            Some(file) => {
                let text = std::fs::read_to_string(&file)
                    .map_err(|error| vec![Complaint::unreadable(&file, &error)])?;
                Self::read(&file, &text, told)
            }
        }
    }

    /// As [`Config::load`], of a text.
    pub(crate) fn read(file: &Path, text: &str, told: &Told) -> Result<Self, Vec<Complaint>> {
        let mut config = read::read(file, text, told.data())?;
        if let Some(data) = &told.data {
            config.data.clone_from(data);
        }
        config.listen = told.listen.unwrap_or(config.listen);
        if let Some(name) = &told.name {
            config.name = name.clone();
        }
        if let Some(database) = &told.database {
            config.database = Some(database.clone());
        }
        Ok(config)
    }

    /// Where browsers reach us.
    pub(crate) fn origin(&self, listening: SocketAddr) -> String {
        match self.public_port.unwrap_or(listening.port()) {
            443 => format!("https://{}", self.name.as_str()),
            port => format!("https://{}:{port}", self.name.as_str()),
        }
    }
}

impl Host {
    /// Reads a host name; capital letters become small.
    pub(crate) fn parse(text: &str) -> Result<Self, HostError> {
        let name = text.to_ascii_lowercase();
        if name.parse::<std::net::IpAddr>().is_ok() || name.starts_with('[') {
            return Err(HostError::Address);
        }
        let is_label = |label: &str| {
            let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            (1..=63).contains(&label.len())
                && label.bytes().all(is_letter)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        // RFC 1035 §2.3.4: 255 octets on the wire, 253 as text.
        if name.len() > 253 || !name.split('.').all(is_label) {
            return Err(HostError::Spelling);
        }
        if name == "local" || name.ends_with(".local") {
            return Err(HostError::Local);
        }
        Ok(Self(name))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl HostError {
    /// What is wrong and what to write.
    pub(crate) const fn say(self, lang: Lang) -> &'static str {
        match self {
            Self::Address => lang.pick(
                "IPアドレスは使えません(ブラウザーがパスキーを拒みます)。名前を書いてください",
                "an IP address cannot be used (browsers refuse passkeys there): write a name",
            ),
            Self::Local => lang.pick(
                ".local の名前は使えません(ブラウザーがパスキーを拒みます)。sekisho.example.lg.jp のような名前を書いてください",
                "a name under .local cannot be used (browsers refuse passkeys there): write one like sekisho.example.lg.jp",
            ),
            Self::Spelling => lang.pick(
                "ホスト名ではありません。英数字・ハイフン・点だけで書いてください",
                "not a host name: write letters, digits, hyphens and dots",
            ),
        }
    }
}

/// Reads a host name for the command line.
pub(crate) fn host(text: &str) -> Result<Host, String> {
    Host::parse(text).map_err(|error| format!("{} / {}", error.say(Lang::Ja), error.say(Lang::En)))
}

#[cfg(test)]
mod tests;
