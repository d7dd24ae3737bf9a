//! What the room needs of others, as traits on plain values: Postfix that takes
//! mails, scanners that know harmful ones, a judge of spam.

use std::collections::BTreeSet;

use base::{BodyId, Task, Timestamp};
use mail_engine::Report;
use store::Store;

use crate::report::Opinion;

/// The envelope of a mail that is handed over; always one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Empty for what nobody answers.
    pub sender: String,
    /// The one receiver.
    pub receiver: String,
}

/// What Postfix said to a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    /// It has it.
    Taken,
    /// It certainly has it not; later it may.
    Later(String),
    /// Nobody knows: the witness is asked before anything is offered again.
    Unclear(String),
    /// It never will.
    Never(String),
}

/// What Postfix's log and queue say about a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// It has, or had, it.
    Yes,
    /// It never had it, and does not take it any more from an earlier offer.
    No,
    /// Nothing certain can be said yet.
    Unknown,
}

/// The Postfix that carries delivered mails on.
pub trait Postfix: Send + Sync + 'static {
    /// Hands a mail over under our name for the delivery.
    fn hand_over<'a>(
        &'a self,
        delivery: &'a str,
        envelope: &'a Envelope,
        bytes: &'a [u8],
    ) -> Task<'a, Handed>;

    /// Says whether a delivery was taken that was offered at a moment.
    fn took<'a>(&'a self, delivery: &'a str, offered: Timestamp) -> Task<'a, Witness>;
}

/// Which of both Postfix instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueSide {
    /// Towards the internet.
    Outside,
    /// Towards the body's own server.
    Inside,
}

impl QueueSide {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Outside, Self::Inside];

    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Inside => "inside",
        }
    }

    /// Reads [`QueueSide::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.name() == name)
    }
}

/// A mail in a queue of Postfix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedMail {
    /// The queue's name for it.
    pub id: String,
    /// `incoming`, `active`, `deferred`, `hold`.
    pub queue: String,
    /// When it came.
    pub arrived_at: Timestamp,
    /// Its size.
    pub bytes: u64,
    /// The sender of the envelope; empty for reports of failure.
    pub sender: String,
    /// Who still waits for it, with what the next server said.
    pub receivers: Vec<(String, Option<String>)>,
}

/// What waits in one queue.
#[derive(Clone, Debug, Default)]
pub struct QueueShown {
    /// Mails, as many as are read.
    pub mails: Vec<QueuedMail>,
    /// There are more.
    pub is_cut: bool,
}

/// The queues of both Postfix instances, for those who operate them.
pub trait Queues: Send + Sync + 'static {
    /// What waits.
    fn look<'a>(&'a self, side: QueueSide) -> Task<'a, std::io::Result<QueueShown>>;

    /// Tries one mail now, or all.
    fn try_now<'a>(&'a self, side: QueueSide, id: Option<&'a str>)
    -> Task<'a, std::io::Result<()>>;

    /// Ends a mail's waiting: its sender is told that it could not be delivered.
    fn give_back<'a>(&'a self, side: QueueSide, id: &'a str) -> Task<'a, std::io::Result<()>>;
}

/// There is no Postfix to look at.
pub struct NoQueues;

impl Queues for NoQueues {
    fn look<'a>(&'a self, _side: QueueSide) -> Task<'a, std::io::Result<QueueShown>> {
        Box::pin(async { Ok(QueueShown::default()) })
    }

    fn try_now<'a>(
        &'a self,
        _side: QueueSide,
        _id: Option<&'a str>,
    ) -> Task<'a, std::io::Result<()>> {
        Box::pin(async { Err(std::io::ErrorKind::NotFound.into()) })
    }

    fn give_back<'a>(&'a self, _side: QueueSide, _id: &'a str) -> Task<'a, std::io::Result<()>> {
        Box::pin(async { Err(std::io::ErrorKind::NotFound.into()) })
    }
}

/// What scanners said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// All have looked; the names of what they know.
    Looked(BTreeSet<String>),
    /// One does not take so much: its name.
    TooLarge(String),
}

/// The scanners of the house.
pub trait Scanner: Send + Sync + 'static {
    /// Shows them a file of a body. An error means that one could not be asked.
    fn scan<'a>(&'a self, body: BodyId, bytes: &'a [u8]) -> Task<'a, std::io::Result<Scanned>>;
}

/// No scanner is configured.
pub struct NoScanner;

impl Scanner for NoScanner {
    fn scan<'a>(&'a self, _body: BodyId, _bytes: &'a [u8]) -> Task<'a, std::io::Result<Scanned>> {
        Box::pin(async { Ok(Scanned::Looked(BTreeSet::new())) })
    }
}

/// What a judge of spam is shown.
pub struct Judged<'a> {
    /// What the reader said, with its text.
    pub report: &'a Report,
    /// The mail as it came: for a judge that reads by itself.
    pub raw: &'a [u8],
    /// The sender of the envelope.
    pub sender: &'a str,
    /// The address that delivered it.
    pub client: Option<&'a str>,
    /// What that called itself.
    pub helo: Option<&'a str>,
    /// The receivers in this body.
    pub receivers: &'a [String],
    /// The outer queue's name for it.
    pub ident: &'a str,
}

/// Says how much of spam a mail is. Silence, and every failure of its own, is no
/// opinion: it never keeps a mail from being treated.
pub trait Judge: Send + Sync + 'static {
    /// Judges a mail.
    fn judge<'a>(
        &'a self,
        store: &'a Store,
        body: BodyId,
        mail: &'a Judged<'a>,
    ) -> Task<'a, Option<Opinion>>;

    /// Learns from what a receiver said: `is_spam`, or that it was none.
    fn learn<'a>(
        &'a self,
        store: &'a Store,
        body: BodyId,
        mail: &'a Judged<'a>,
        is_spam: bool,
    ) -> Task<'a, ()>;
}

/// The way to an rspamd.
pub trait SpamServer: Send + Sync + 'static {
    /// Asks it about a mail, with what it is told beside; gives its answer as it
    /// came. How long it may take is the asker's affair.
    fn check<'a>(
        &'a self,
        headers: Vec<(&'static str, String)>,
        mail: &'a [u8],
    ) -> Task<'a, std::io::Result<Vec<u8>>>;
}

/// Has no opinion.
pub struct NoJudge;

impl Judge for NoJudge {
    fn judge<'a>(
        &'a self,
        _store: &'a Store,
        _body: BodyId,
        _mail: &'a Judged<'a>,
    ) -> Task<'a, Option<Opinion>> {
        Box::pin(async { None })
    }

    fn learn<'a>(
        &'a self,
        _store: &'a Store,
        _body: BodyId,
        _mail: &'a Judged<'a>,
        _is_spam: bool,
    ) -> Task<'a, ()> {
        Box::pin(async {})
    }
}
