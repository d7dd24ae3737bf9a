//! What the service is told: whom to serve, under which name, within which
//! limits.

use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::clients::Clients;
use crate::meaning::Rules;
use crate::protocol::{Limits, Transfers};

/// The service's tag (RFC 3507 §4.7): another one makes clients forget every
/// verdict that they keep. It must change with the policy and the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    /// Makes a tag from everything that a verdict depends on.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut sum = Sha256::new();
        for part in parts {
            sum.update((part.len() as u64).to_be_bytes());
            sum.update(part);
        }
        // At most 32 bytes with its quotes.
        Self(sum.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect())
    }

    /// The tag without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// A TLS handshake.
    pub handshake_max: Duration,
    /// Silence between two requests.
    pub idle_max: Duration,
    /// A head, from its first byte.
    pub head_max: Duration,
    /// Silence within a body.
    pub silence_max: Duration,
    /// A whole body.
    pub body_max: Duration,
    /// A body's wait for its turn.
    pub wait_max: Duration,
    /// A write that does not move.
    pub write_max: Duration,
    /// Running requests, once told to stop.
    pub drain_max: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            handshake_max: Duration::from_secs(10),
            idle_max: Duration::from_secs(300),
            head_max: Duration::from_secs(20),
            silence_max: Duration::from_secs(60),
            body_max: Duration::from_secs(3_600),
            wait_max: Duration::from_secs(60),
            write_max: Duration::from_secs(60),
            drain_max: Duration::from_secs(40),
        }
    }
}

/// Everything that the service is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who is served.
    pub clients: Clients,
    /// The path of the service; below it stand `reqmod` and `respmod` for
    /// clients that want one method a service (RFC 3507 §6.4).
    pub service: String,
    /// What verdicts depend on.
    pub tag: Tag,
    /// What a request may cost.
    pub limits: Limits,
    /// What is treated.
    pub rules: Rules,
    /// Which files clients are to preview.
    pub transfers: Transfers,
    /// How much is to be sent ahead, in bytes; none for no previews.
    pub preview_bytes: Option<u64>,
    /// How long clients may keep the answer to OPTIONS.
    pub options_ttl: Duration,
    /// Connections at once; more are told that it is too much.
    pub connections_max: usize,
    /// Files treated at once. Each is in memory while it is.
    pub jobs_max: usize,
    /// Files that wait for their turn; more are told that it is too much.
    pub waiting_max: usize,
    /// Bytes of one body that stay in memory; the rest goes to a file without
    /// a name.
    pub memory_bytes_max: usize,
    /// Where such files lie.
    pub spool_folder: PathBuf,
    /// Bytes that a content coding may unpack to.
    pub unpacked_bytes_max: u64,
    /// Bytes unpacked for one packed byte, past 32 MiB.
    pub ratio_max: u64,
    /// How long things may take.
    pub times: Times,
}

impl Settings {
    /// The usual settings.
    #[must_use]
    pub fn new(clients: Clients, tag: Tag, spool_folder: PathBuf) -> Self {
        let limits = Limits::default();
        Self {
            clients,
            service: "disarm".to_owned(),
            tag,
            limits,
            rules: Rules::default(),
            transfers: Transfers::default(),
            preview_bytes: Some(4_096),
            options_ttl: Duration::from_secs(3_600),
            connections_max: 512,
            jobs_max: 4,
            waiting_max: 256,
            memory_bytes_max: 256 << 10,
            spool_folder,
            unpacked_bytes_max: limits.body_bytes_max,
            ratio_max: 200,
            times: Times::default(),
        }
    }
}
