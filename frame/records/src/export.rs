//! Writes a stretch of the ledger as JSON Lines that anybody can verify with
//! the public key alone: a header, the entries, and a signed seal.

use std::fmt::Write as _;

use base::Timestamp;
use store::Work;

use crate::append::{Head, head};
use crate::canonical::{Columns, Hash, Object, hex};
use crate::entry::{Action, Sequence};
use crate::error::RecordError;
use crate::key::Key;
use crate::search::{Filter, newest};
use crate::tables;

/// The action with which a daily export enters the ledger; its details `first`
/// and `last` say which places it took.
pub const EXPORTED: Action = Action::new("ledger.exported");

/// What the header calls the format.
pub(crate) const FORMAT: &str = "sekisho-ledger-1";

/// How many entries are in memory at once.
const CHUNK: u32 = 1_000;

/// A stretch of the ledger, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Its first place.
    pub first: Sequence,
    /// Its last place.
    pub last: Sequence,
}

/// An export under way: ask for chunks until there is none.
pub struct Export {
    work: Work,
    key: Key,
    range: Range,
    previous: Hash,
    reached: Head,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    Header,
    Entries,
    Sealed,
}

impl Export {
    /// Begins the export of a stretch that must exist; `work` comes from
    /// [`store::Store::read`] and stays open, one unchanging picture.
    ///
    /// # Errors
    /// [`RecordError::Empty`] if the ledger does not hold the stretch; else as
    /// the store says.
    pub async fn begin(mut work: Work, range: Range, key: Key) -> Result<Self, RecordError> {
        let end = head(&mut work).await?;
        let is_there = Sequence::FIRST <= range.first
            && range.first <= range.last
            && range.last <= end.sequence;
        if !is_there {
            return Err(RecordError::Empty);
        }
        let place = Sequence::new(range.first.number() - 1);
        let before = tables::range(&mut work, place, place, 1).await?;
        let previous = before.first().map_or(Hash::ZERO, |raw| raw.hash);
        let reached = Head { sequence: place, hash: previous };
        Ok(Self { work, key, range, previous, reached, stage: Stage::Header })
    }

    /// The next lines; nothing after the seal.
    ///
    /// # Errors
    /// [`RecordError::Unreadable`] where an entry is missing; else as the store
    /// says.
    pub async fn chunk(&mut self) -> Result<Option<String>, RecordError> {
        match self.stage {
            Stage::Header => {
                self.stage = Stage::Entries;
                Ok(Some(self.header()))
            }
            Stage::Entries if self.reached.sequence < self.range.last => {
                self.entries().await.map(Some)
            }
            Stage::Entries => {
                self.stage = Stage::Sealed;
                Ok(Some(self.seal()))
            }
            Stage::Sealed => Ok(None),
        }
    }

    fn header(&self) -> String {
        let mut out = String::new();
        let mut object = Object::open(&mut out);
        object.plain("body", self.work.body());
        object.number("first", self.range.first.number());
        object.plain("format", FORMAT);
        object.plain("previous", self.previous);
        object.close();
        out.push('\n');
        out
    }

    async fn entries(&mut self) -> Result<String, RecordError> {
        let next = self.reached.sequence.next();
        let links = tables::links(&mut self.work, next, self.range.last, CHUNK).await?;
        let unreadable =
            |sequence: Sequence| RecordError::Unreadable { sequence: sequence.number() };
        let Some(last) = links.last() else { return Err(unreadable(next)) };
        self.reached = Head { sequence: last.sequence, hash: last.hash };
        let mut out = String::with_capacity(links.len() * 640);
        for link in &links {
            let columns = link.columns(self.work.body());
            line(&mut out, &columns.ok_or_else(|| unreadable(link.sequence))?, link.hash);
        }
        Ok(out)
    }

    fn seal(&self) -> String {
        let seal = Seal {
            at: self.work.now(),
            body: &self.work.body().to_string(),
            first: self.range.first,
            hash: self.reached.hash,
            key: &self.key.public().to_string(),
            last: self.range.last,
            previous: self.previous,
        };
        let message = seal.message();
        let signature = hex(&self.key.sign(&message));
        format!("{{\"seal\":{message},\"signature\":\"{signature}\"}}\n")
    }
}

fn line(out: &mut String, columns: &Columns<'_>, hash: Hash) {
    out.push_str("{\"entry\":");
    columns.write(out);
    let _ = writeln!(out, ",\"hash\":\"{hash}\"}}");
}

/// What the last line signs: that the file holds this stretch and no other.
pub(crate) struct Seal<'a> {
    pub(crate) at: Timestamp,
    pub(crate) body: &'a str,
    pub(crate) first: Sequence,
    pub(crate) hash: Hash,
    pub(crate) key: &'a str,
    pub(crate) last: Sequence,
    pub(crate) previous: Hash,
}

impl Seal<'_> {
    pub(crate) fn message(&self) -> String {
        let mut out = String::with_capacity(480);
        let mut object = Object::open(&mut out);
        object.plain("at", self.at);
        object.plain("body", self.body);
        object.number("first", self.first.number());
        object.plain("hash", self.hash);
        object.plain("key", self.key);
        object.number("last", self.last.number());
        object.plain("previous", self.previous);
        object.plain("what", "sekisho-export-1");
        object.close();
        out
    }
}

/// The stretch that holds all entries of a span of time, its end not included;
/// nothing if there are none. Where the clock went back, entries of another
/// time stand among them.
///
/// # Errors
/// As the store says.
pub async fn range_of_day(
    work: &mut Work,
    from: Timestamp,
    until: Timestamp,
) -> Result<Option<Range>, RecordError> {
    let places = tables::places_between(work, from, until).await?;
    Ok(places.map(|(first, last)| Range { first, last }))
}

/// The stretch from the end of the newest daily export to the head: what the
/// next one takes. Nothing if the ledger is empty.
///
/// # Errors
/// As the store says.
pub async fn range_since_export(work: &mut Work) -> Result<Option<Range>, RecordError> {
    let filter = Filter { action: Some(EXPORTED.name().to_owned()), ..Filter::default() };
    let before = newest(work, &filter).await?;
    let last = before.and_then(|entry| entry.details.number("last")).unwrap_or(0);
    let range = Range { first: Sequence::new(last).next(), last: head(work).await?.sequence };
    Ok((range.first <= range.last).then_some(range))
}
