//! The room's work without requests: what it needs, whose mailbox is whose,
//! which rules hold.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base::BodyId;
use identity::{BodyCode, Caller, Duty, people, sections};
use records::{Action, Subject};
use sanitize_room::Workers;
use store::{Store, Work};
use tokio::sync::Semaphore;

use crate::dns::Resolver;
use crate::error::MailError;
use crate::outside::{Judge, Postfix, Queues, Scanner};
use crate::outward::Outward;
use crate::readers::Readers;
use crate::rules::{self, Complaint, DEFAULT, Rules};
use crate::tables::deliveries::{self, Delivery, Handing};
use crate::tables::mailboxes::{self, Mailbox, Owner};
use crate::tables::rules as rows;
use passages::{Vault, sha256};

/// The largest mail that is taken, in bytes.
pub const MAIL_BYTES_MAX: usize = 100 << 20;
/// The most receivers of one mail.
pub const RECEIVERS_MAX: usize = 100;
/// How long a job of mail is held without a sign of life. Who waits for a mail
/// waits so long for one that was in hand when the program was killed; signs come
/// every third of it, and a lease that runs out under a slow store only has work
/// done again that is not kept.
pub(crate) const LEASE: Duration = Duration::from_secs(15);
/// Mails that are treated at the same time may have so much together, in MiB.
const SPACE_MIB: usize = 200;

const MAILBOX_SET: Action = Action::new("mail.mailbox-set");
const MAILBOX_REMOVED: Action = Action::new("mail.mailbox-removed");
const RULES_ADOPTED: Action = Action::new("mail.rules-adopted");

/// What the operator says about mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateSettings {
    /// Our name in headers: `mail.midori.lg.jp`.
    pub hostname: String,
    /// What addresses of pages begin with: `https://sekisho.midori.lg.jp`.
    pub origin: String,
    /// Which domain is whose, in lower case.
    pub domains: Vec<(String, BodyCode)>,
    /// Domains of neighbours and partners that others may imitate.
    pub known_domains: Vec<String>,
    /// The resolver that senders are checked by; without one they are not.
    pub resolver: Option<std::net::SocketAddr>,
}

/// What the room works with.
#[derive(Clone)]
pub struct Service {
    pub(crate) settings: Arc<GateSettings>,
    pub(crate) readers: Readers,
    pub(crate) workers: Workers,
    pub(crate) scanner: Arc<dyn Scanner>,
    pub(crate) judge: Arc<dyn Judge>,
    pub(crate) postfix: Arc<dyn Postfix>,
    pub(crate) queues: Arc<dyn Queues>,
    /// The way outward, where there is one.
    pub(crate) outward: Option<Arc<Outward>>,
    pub(crate) resolver: Option<Resolver>,
    pub(crate) vault: Vault,
    pub(crate) space: Arc<Semaphore>,
}

/// The outside world as the room sees it.
#[derive(Clone)]
pub struct Outside {
    /// Takes what is delivered.
    pub postfix: Arc<dyn Postfix>,
    /// Know what is harmful.
    pub scanner: Arc<dyn Scanner>,
    /// Knows what is spam.
    pub judge: Arc<dyn Judge>,
    /// What waits in Postfix.
    pub queues: Arc<dyn Queues>,
}

impl Service {
    /// Puts the service together.
    #[must_use]
    pub fn new(
        settings: GateSettings,
        workers: Workers,
        (blobs, sealer): (store::Blobs, factors::Sealer),
        outside: Outside,
    ) -> Self {
        const READERS: usize = 4;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            resolver: settings.resolver.map(Resolver::new),
            settings: Arc::new(settings),
            readers: Readers::start(cores.min(READERS)),
            workers,
            scanner: outside.scanner,
            judge: outside.judge,
            postfix: outside.postfix,
            queues: outside.queues,
            outward: None,
            vault: Vault::new(blobs, sealer, crate::vault::PURPOSE),
            space: Arc::new(Semaphore::new(SPACE_MIB)),
        }
    }

    /// The body of a domain, where the configuration names it.
    pub(crate) fn body_of(&self, domain: &str) -> Option<BodyCode> {
        let named = self.settings.domains.iter().find(|(name, _)| name == domain);
        named.map(|(_, body)| *body)
    }

    /// The domains of a body.
    pub(crate) async fn domains(
        &self,
        store: &Store,
        body: BodyId,
    ) -> Result<Vec<String>, MailError> {
        let all = identity::bodies::all(store).await?;
        let Some(own) = all.iter().find(|one| one.id == body) else { return Ok(Vec::new()) };
        let named = self.settings.domains.iter().filter(|(_, code)| *code == own.code);
        Ok(named.map(|(domain, _)| domain.clone()).collect())
    }

    /// Lets a mailbox be somebody's, under a domain of the caller's body.
    ///
    /// # Errors
    /// [`MailError::Address`]; if the caller may not, or there is no such owner.
    pub async fn set_mailbox(
        &self,
        work: &mut Work,
        caller: &Caller,
        mailbox: &Mailbox,
    ) -> Result<(), MailError> {
        caller.demand_body(work)?;
        caller.demand(Duty::ManageSystem)?;
        let address = address(&mailbox.address).ok_or(MailError::Address)?;
        let own = identity::bodies::own(work).await?;
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        if self.body_of(domain) != Some(own.code) {
            return Err(MailError::Address);
        }
        if !rules::CLASSES.contains(&mailbox.class.as_str()) {
            return Err(MailError::Row("class"));
        }
        let owner = match mailbox.owner {
            Owner::Person(person) => people::find(work, person).await?.id.to_string(),
            Owner::Section(section) => sections::find(work, section).await?.id.to_string(),
        };
        let mailbox = Mailbox { address, ..mailbox.clone() };
        mailboxes::set(work, &mailbox).await?;
        let entry = caller
            .entry(MAILBOX_SET, Subject::new("mailbox", &mailbox.address))
            .with("owner", owner)
            .with("class", mailbox.class.clone());
        records::append(work, &entry).await?;
        Ok(())
    }

    /// Takes a mailbox away; what came for it stays with its owner.
    ///
    /// # Errors
    /// [`MailError::NotThere`]; if the caller may not.
    pub async fn remove_mailbox(
        &self,
        work: &mut Work,
        caller: &Caller,
        address: &str,
    ) -> Result<(), MailError> {
        caller.demand_body(work)?;
        caller.demand(Duty::ManageSystem)?;
        if !mailboxes::remove(work, address).await? {
            return Err(MailError::NotThere);
        }
        let entry = caller.entry(MAILBOX_REMOVED, Subject::new("mailbox", address));
        records::append(work, &entry).await?;
        Ok(())
    }
}

/// Mailboxes of the caller's body, in the order of their addresses; for those
/// who manage or operate the system.
///
/// # Errors
/// If the caller may not.
pub async fn mailboxes(
    work: &mut Work,
    caller: &Caller,
    after: &str,
    limit: u32,
) -> Result<Vec<Mailbox>, MailError> {
    caller.demand_body(work)?;
    if !caller.duties.has(Duty::OperateSystem) {
        caller.demand(Duty::ManageSystem)?;
    }
    Ok(mailboxes::list(work, after, limit.clamp(1, 1_000)).await?)
}

/// The mailboxes that are the caller's own or their sections'.
///
/// # Errors
/// If the store cannot be read.
pub async fn own_mailboxes(work: &mut Work, caller: &Caller) -> Result<Vec<Mailbox>, MailError> {
    caller.demand_body(work)?;
    let mut found = mailboxes::of(work, Owner::Person(caller.person)).await?;
    for section in &caller.sections {
        found.extend(mailboxes::of(work, Owner::Section(*section)).await?);
    }
    Ok(found)
}

/// Mails that Postfix refused for good, oldest first; for those who operate the
/// system.
///
/// # Errors
/// If the caller may not.
pub async fn not_carried(work: &mut Work, caller: &Caller) -> Result<Vec<Delivery>, MailError> {
    const MOST: u32 = 200;
    caller.demand_body(work)?;
    if !caller.duties.has(Duty::OperateSystem) {
        caller.demand(Duty::ManageSystem)?;
    }
    Ok(deliveries::in_state(work, Handing::Refused, MOST).await?)
}

/// An address as rows hold it: the domain in lower case, the local part too, as
/// no town has two people whose addresses differ in that.
#[must_use]
pub fn address(text: &str) -> Option<String> {
    let read = notices::Address::parse(text).ok()?;
    Some(read.as_str().to_ascii_lowercase())
}

/// The text of the rules that hold in a body, and who wrote it.
///
/// # Errors
/// If the store cannot be read.
pub async fn rules_text(work: &mut Work) -> Result<(String, Option<rows::Version>), MailError> {
    let newest = rows::newest(work).await?;
    let text = newest.as_ref().map_or_else(|| DEFAULT.to_owned(), |version| version.text.clone());
    Ok((text, newest))
}

/// The rules that hold. A text that an older program took and this one does not
/// is an error: mails wait until somebody mends it.
pub(crate) async fn rules_of(work: &mut Work) -> Result<Arc<Rules>, MailError> {
    let (text, _) = rules_text(work).await?;
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, rules)) = last.as_ref().filter(|(known, _)| *known == text) {
        return Ok(rules.clone());
    }
    let read = Arc::new(rules::parse(&text).map_err(|_| MailError::Rules)?);
    *last = Some((text, read.clone()));
    Ok(read)
}

/// The text that was read last, with what it says: every mail asks for it.
static LAST: Mutex<Option<(String, Arc<Rules>)>> = Mutex::new(None);

/// Makes a text the rules of the caller's body.
///
/// # Errors
/// The inner error says what is wrong with the text.
pub async fn adopt_rules(
    work: &mut Work,
    caller: &Caller,
    text: &str,
) -> Result<Result<(), Vec<Complaint>>, MailError> {
    caller.demand_body(work)?;
    caller.demand(Duty::ManageSystem)?;
    if let Err(complaints) = rules::parse(text) {
        return Ok(Err(complaints));
    }
    let version = rows::Version {
        id: work.new_id(),
        text: text.to_owned(),
        person: caller.person,
        made_at: work.now(),
    };
    rows::add(work, &version).await?;
    let entry = caller
        .entry(RULES_ADOPTED, Subject::new("mail-rules", version.id))
        .with("sha256", sha256(text.as_bytes()));
    records::append(work, &entry).await?;
    Ok(Ok(()))
}

/// The span of so many days.
pub(crate) fn days(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 24 * 3_600)
}
