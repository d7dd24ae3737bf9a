//! Finds entries by who, what, on which permit and when; a page at a time,
//! newest first, without counting.

use base::Timestamp;
use store::Work;

use crate::entry::Sequence;
use crate::error::RecordError;
use crate::recorded::{Raw, Recorded};
use crate::tables::{self, Select};

/// What to look for; empty means everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
    /// The actor's id or name.
    pub actor: Option<String>,
    /// An action; with a dot at its end, as `permit.`, all of that area.
    pub action: Option<String>,
    /// The kind of subject.
    pub subject_kind: Option<String>,
    /// The subject's id, given with its kind.
    pub subject: Option<String>,
    /// The permit's id: what was done on it, and what was done to it.
    pub permit: Option<String>,
}

/// Where a page ended; the next begins there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    at: Timestamp,
    sequence: Sequence,
}

impl Cursor {
    /// Reads what [`Cursor`]'s text form says.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (at, sequence) = text.split_once('-')?;
        let number = |text: &str| text.parse::<u64>().ok().and_then(|n| i64::try_from(n).ok());
        Some(Self {
            at: Timestamp::from_millis(number(at)?),
            sequence: Sequence::new(number(sequence)?),
        })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.at.millis(), self.sequence)
    }
}

/// One page of entries.
#[derive(Clone, Debug)]
pub struct Page {
    /// The entries, newest first: by time, then by place.
    pub entries: Vec<Recorded>,
    /// Where older ones begin, if there are any.
    pub older: Option<Cursor>,
}

/// How many entries a page holds at most.
const PAGE_MAX: u32 = 1_000;
/// How many different actions a ledger may hold.
const ACTIONS_MAX: usize = 1_000;

/// Finds a page of entries, newest first; `after` is where the page before
/// ended.
///
/// # Errors
/// [`RecordError::Unreadable`] if a row cannot be what was written; else as the
/// store says.
pub async fn search(
    work: &mut Work,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page, RecordError> {
    let limit = limit.clamp(1, PAGE_MAX);
    let mut raws = newest_of(work, filter, after, limit + 1).await?;
    if let Some(to_it) = done_to_permit(filter) {
        raws.extend(newest_of(work, &to_it, after, limit + 1).await?);
    }
    raws.sort_by_key(|raw| std::cmp::Reverse((raw.at, raw.sequence)));
    raws.dedup_by_key(|raw| raw.sequence);
    let limit = limit as usize;
    let has_more = raws.len() > limit;
    raws.truncate(limit);
    let older = raws.last().filter(|_| has_more).map(Raw::cursor);
    let entries = raws.into_iter().map(Recorded::try_from).collect::<Result<_, _>>()?;
    Ok(Page { entries, older })
}

/// The newest entries of a filter, each along an index.
async fn newest_of(
    work: &mut Work,
    filter: &Filter,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<Raw>, RecordError> {
    let Some(wanted) = wanted_actions(filter) else {
        return Ok(tables::page(work, &select(filter, None, after, limit)).await?);
    };
    let mut all = Vec::new();
    for action in actions(work, wanted).await? {
        let select = select(filter, Some(&action), after, limit);
        all.extend(tables::page(work, &select).await?);
    }
    Ok(all)
}

/// What was done to the permit that a filter names, where it asks for no other
/// subject.
fn done_to_permit(filter: &Filter) -> Option<Filter> {
    let permit = filter.permit.clone()?;
    let is_free = filter.subject.is_none() && filter.subject_kind.is_none();
    is_free.then(|| Filter {
        permit: None,
        subject_kind: Some(PERMIT.to_owned()),
        subject: Some(permit),
        ..filter.clone()
    })
}

/// The kind of subject that a permit is.
const PERMIT: &str = "permit";

/// The entry at one place.
///
/// # Errors
/// As [`search`].
pub async fn find(work: &mut Work, place: Sequence) -> Result<Option<Recorded>, RecordError> {
    let raw = tables::range(work, place, place, 1).await?.into_iter().next();
    raw.map(Recorded::try_from).transpose()
}

/// The newest entry of a selection.
pub(crate) async fn newest(
    work: &mut Work,
    filter: &Filter,
) -> Result<Option<Recorded>, RecordError> {
    Ok(search(work, filter, None, 1).await?.entries.into_iter().next())
}

/// The action by which entries are looked up: the one or the area that is asked
/// for, or every one where a kind of subject is all there is to go by.
fn wanted_actions(filter: &Filter) -> Option<&str> {
    let has_kind = filter.subject_kind.is_some() && filter.subject.is_none();
    let is_narrow = filter.actor.is_some() || filter.permit.is_some();
    filter.action.as_deref().or_else(|| (has_kind && !is_narrow).then_some(EVERY))
}

/// The beginning of every action.
const EVERY: &str = "";

/// The actions that a filter means: one, or all of an area, each found by one
/// look into the index.
async fn actions(work: &mut Work, wanted: &str) -> Result<Vec<String>, RecordError> {
    if wanted != EVERY && !wanted.ends_with('.') {
        return Ok(vec![wanted.to_owned()]);
    }
    let (mut found, mut after) = (Vec::new(), String::new());
    for _ in 0..ACTIONS_MAX {
        let Some(action) = tables::action_after(work, &after).await? else { break };
        after.clone_from(&action);
        if action.starts_with(wanted) {
            found.push(action);
        }
    }
    Ok(found)
}

fn select<'a>(
    filter: &'a Filter,
    action: Option<&'a str>,
    after: Option<Cursor>,
    limit: u32,
) -> Select<'a> {
    let end = Cursor { at: filter.until.unwrap_or(END), sequence: Sequence::NONE };
    let before = after.filter(|after| after.at < end.at).unwrap_or(end);
    let from = filter.from.unwrap_or_default();
    let before = (before.at, before.sequence.number());
    Select { from, before, filters: filters(filter, action), limit }
}

/// The filters that are set.
fn filters<'a>(filter: &'a Filter, action: Option<&'a str>) -> Vec<(&'static str, &'a str)> {
    let all = [
        ("permit", filter.permit.as_deref()),
        ("subject_kind", filter.subject_kind.as_deref()),
        ("subject", filter.subject.as_deref()),
        ("actor", filter.actor.as_deref()),
        ("action", action),
    ];
    all.into_iter().filter_map(|(column, value)| Some((column, value?))).collect()
}

/// After every moment that an entry can have.
const END: Timestamp = Timestamp::from_millis(i64::MAX);

impl Raw {
    const fn cursor(&self) -> Cursor {
        Cursor { at: self.at, sequence: self.sequence }
    }
}
