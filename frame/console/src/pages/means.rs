//! What the screens reach beyond the store: permits, the gate of sign-in, the
//! ledger's keys, and what is known of the machine. Whoever starts the console
//! puts them into its [`Means`](crate::Means).

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use base::{Secret, Timestamp};
use identity::provider::Provider;
use identity::{Gate, Visitor};
use permits::Permits;
use sha2::{Digest, Sha256};

use crate::cookie::Cookie;
use crate::failure::Failure;
use crate::state::Shell;
use crate::visit::Visit;

/// The ledger's keys: the one that signs exports, and all that may have signed.
pub struct LedgerKeys {
    /// Signs what is taken out.
    pub signing: records::Key,
    /// May have signed what is there.
    pub trusted: Vec<records::PublicKey>,
}

/// What is known of the machine, for the page about the system's state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineState {
    /// The database: `SQLite` or `PostgreSQL`.
    pub database: String,
    /// When the server's certificate ends.
    pub certificate_ends_at: Option<Timestamp>,
    /// Since when the program runs.
    pub started_at: Option<Timestamp>,
    /// Bytes that are free where the data lies.
    pub disk_free_bytes: Option<u64>,
    /// Bytes that the disk has in all.
    pub disk_total_bytes: Option<u64>,
    /// What else is wrong now and wants somebody.
    pub alarms: Vec<Alarm>,
}

/// Something that is wrong until somebody mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Whose operators see it; those of every body if it is nobody's.
    pub body: Option<base::BodyId>,
    /// What is wrong, what is safe and what to do: one sentence or two.
    pub message: i18n::Message,
}

impl MachineState {
    /// The alarms that concern a body.
    pub(crate) fn alarms_of(&self, body: base::BodyId) -> impl Iterator<Item = &i18n::Message> {
        let theirs = move |alarm: &&Alarm| alarm.body.is_none_or(|one| one == body);
        self.alarms.iter().filter(theirs).map(|alarm| &alarm.message)
    }
}

/// Looks at the machine; cheap enough for each view of the page.
pub trait Machine: Send + Sync + 'static {
    /// The state now.
    fn look(&self) -> MachineState;
}

/// The machine, as means hold it.
pub type MachineMeans = Arc<dyn Machine>;

#[derive(Debug, thiserror::Error)]
#[error("the program was started without {0}")]
struct Missing(&'static str);

pub(crate) fn permits(shell: &Shell) -> Result<&Permits, Failure> {
    shell.means.find().ok_or_else(|| Failure::internal(Missing("permits")))
}

pub(crate) fn gate(shell: &Shell) -> Result<&Gate, Failure> {
    shell.means.find().ok_or_else(|| Failure::internal(Missing("a gate of sign-in")))
}

/// The identity provider, where one is configured.
pub(crate) fn provider(shell: &Shell) -> Option<&Provider> {
    shell.means.find()
}

pub(crate) fn keys(shell: &Shell) -> Result<&LedgerKeys, Failure> {
    shell.means.find().ok_or_else(|| Failure::internal(Missing("the ledger's keys")))
}

pub(crate) fn machine(shell: &Shell) -> Option<MachineState> {
    shell.means.find::<MachineMeans>().map(|machine| machine.look())
}

/// Where a request comes from; this machine where no network lies between.
pub(crate) fn source(visit: &Visit) -> IpAddr {
    visit.approach.address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// Who knocks.
pub(crate) fn visitor(visit: &Visit) -> Visitor {
    let certificate = visit
        .approach
        .certificate
        .as_ref()
        .map(|der| Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect());
    Visitor {
        session: visit.cookie(Cookie::Session).map(|text| Secret::new(text.to_owned())),
        source: source(visit),
        device: visit.cookie(Cookie::Device).map(|text| Secret::new(text.to_owned())),
        certificate,
    }
}
