//! What the service asks of whoever runs it: to make a file harmless, and to
//! write down what was refused without looking. Holds no worker and no ledger.

use std::net::IpAddr;
use std::sync::Arc;

use base::Task;

use crate::codes::Code;
use crate::service::Content;

/// Which way a file goes through the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From a terminal to a server (REQMOD).
    Upload,
    /// From a server to a terminal (RESPMOD).
    Download,
}

impl Way {
    /// The word in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Download => "download",
        }
    }
}

/// Where a file was met. Everything but `peer` is what the proxy claims: good
/// for a search, never for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// Which way it goes.
    pub way: Way,
    /// The machine that speaks ICAP with us.
    pub peer: IpAddr,
    /// The terminal, as the proxy claims.
    pub client_ip: Option<IpAddr>,
    /// The person, as the proxy claims.
    pub user: Option<String>,
    /// The server's name; never the path, which may hold secrets.
    pub host: Option<String>,
    /// The media type that the sender claims, without parameters.
    pub declared: Option<String>,
}

/// One file to be made harmless.
#[derive(Debug)]
pub struct Sent {
    /// Its name as the sender claims; a hint, never a proof.
    pub name: String,
    /// Its bytes.
    pub content: Content,
    /// Where it was met.
    pub crossing: Crossing,
}

/// Something that was refused without a look at the file.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub code: &'static Code,
    /// Where it was met.
    pub crossing: Crossing,
}

/// A sentence of a reason, in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The reason's name.
    pub code: String,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

impl From<&Code> for Said {
    fn from(code: &Code) -> Self {
        Self { code: code.id.to_owned(), ja: code.ja.to_owned(), en: code.en.to_owned() }
    }
}

/// What became of a file. Each carries the id under which it was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The harmless file is byte for byte the one that was sent.
    Unchanged {
        /// The record.
        passage: String,
        /// Its usual name extension, without a dot.
        extension: String,
    },
    /// Another file takes its place.
    Replaced {
        /// The record.
        passage: String,
        /// The harmless file.
        bytes: Arc<[u8]>,
        /// Its usual name extension, without a dot.
        extension: String,
    },
    /// Not let through.
    Stopped {
        /// The record.
        passage: String,
        /// Why.
        reasons: Vec<Said>,
    },
}

/// Why there is no verdict. Nothing is delivered then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unable {
    /// Too much waits already; the client may ask again.
    #[error("too many files are waiting")]
    Busy,
    /// No worker or no ledger can be had.
    #[error("no verdict can be had")]
    Broken,
}

/// Makes files harmless and writes each one down before it answers.
pub trait Disarmer: Send + Sync + 'static {
    /// Treats one file. Called for at most [`crate::Settings::jobs_max`] files
    /// at once.
    fn disarm(&self, sent: Sent) -> Task<'_, Result<Verdict, Unable>>;

    /// Writes down what was refused unseen; answers with the record's id.
    fn refused(&self, refused: Refused) -> Task<'_, Result<String, Unable>>;
}
