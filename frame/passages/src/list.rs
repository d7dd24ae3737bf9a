//! Lists that people work from, newest first, page by page after an id.

use base::Timestamp;
use identity::{Caller, PersonId};
use permits::PermitId;
use store::{IntoValue, Work, args};

use crate::error::PassageError;
use crate::life::State;
use crate::passage::{Passage, PassageId, Receiver, Sender};
use crate::tables::{self, receiver_words, sender_words};

/// The room whose passages the lists show. A room that has lists of its own,
/// as mail has, names its passages otherwise: what people fetch, look at and
/// count as files holds none of them.
pub const FILES: &str = "transfer";

/// The most rows of one page.
const PAGE_MAX: u32 = 200;

/// Where a page of a list goes on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only what stands there.
    pub state: Option<State>,
    /// After this one.
    pub after: Option<PassageId>,
    /// So many, at most 200.
    pub limit: u32,
}

/// One page of a list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Newest first.
    pub rows: Vec<Passage>,
    /// The next page goes on after this one; none on the last.
    pub next: Option<PassageId>,
}

/// What lies with the caller, or with one of their sections.
///
/// # Errors
/// If the store cannot be read.
pub async fn inbox(
    work: &mut Work,
    caller: &Caller,
    filter: &Filter,
) -> Result<Page, PassageError> {
    let mut receivers = vec![Receiver::Person(caller.person)];
    receivers.extend(caller.sections.iter().copied().map(Receiver::Section));
    let mut rows = Vec::new();
    for receiver in receivers {
        let (kind, id) = receiver_words(receiver);
        let condition = "receiver_kind = $2 AND receiver = $3 AND state = 'delivered'";
        rows.extend(one_more(work, condition, args![kind, id], filter).await?);
    }
    rows.sort_unstable_by_key(|passage| std::cmp::Reverse(passage.id));
    Ok(cut(rows, filter))
}

/// What lies with a receiver and was fetched by nobody yet.
///
/// # Errors
/// If the store cannot be read.
pub async fn unfetched(
    work: &mut Work,
    receiver: Receiver,
    filter: &Filter,
) -> Result<Page, PassageError> {
    let (kind, id) = receiver_words(receiver);
    let condition =
        "receiver_kind = $2 AND receiver = $3 AND state = 'delivered' AND fetched_at IS NULL";
    Ok(cut(one_more(work, condition, args![kind, id], filter).await?, filter))
}

/// What a person sent.
///
/// # Errors
/// If the store cannot be read.
pub async fn outbox(
    work: &mut Work,
    person: PersonId,
    filter: &Filter,
) -> Result<Page, PassageError> {
    let (kind, id) = sender_words(&Sender::Person(person));
    let condition = "sender_kind = $2 AND sender = $3";
    Ok(cut(one_more(work, condition, args![kind, id], filter).await?, filter))
}

/// What came by a link.
///
/// # Errors
/// If the store cannot be read.
pub async fn by_link(
    work: &mut Work,
    link: PermitId,
    filter: &Filter,
) -> Result<Page, PassageError> {
    let (kind, id) = sender_words(&Sender::Link(link));
    let condition = "sender_kind = $2 AND sender = $3";
    Ok(cut(one_more(work, condition, args![kind, id], filter).await?, filter))
}

/// What waits for people, in the whole body.
///
/// # Errors
/// If the store cannot be read.
pub async fn held(work: &mut Work, filter: &Filter) -> Result<Page, PassageError> {
    let held = Filter { state: Some(State::Held), ..*filter };
    past(work, None, &held).await
}

/// Every passage of the body, or of one state; only made since then.
///
/// # Errors
/// If the store cannot be read.
pub async fn past(
    work: &mut Work,
    since: Option<Timestamp>,
    filter: &Filter,
) -> Result<Page, PassageError> {
    let rows = one_more(work, "made_at >= $2", args![since.unwrap_or_default()], filter).await?;
    Ok(cut(rows, filter))
}

/// What was delivered, fetched by nobody, and ends after one moment and by
/// another, soonest first.
///
/// # Errors
/// If the store cannot be read.
pub async fn uncollected(
    work: &mut Work,
    (after, until): (Timestamp, Timestamp),
    limit: u32,
) -> Result<Vec<Passage>, PassageError> {
    tables::uncollected(work, (after, until), limit).await
}

/// Passages whose time is over.
///
/// # Errors
/// If the store cannot be read.
pub async fn overdue(
    work: &mut Work,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<PassageId>, PassageError> {
    tables::overdue(work, FILES, now, limit).await
}

/// As [`overdue`], of another room than that of files.
///
/// # Errors
/// If the store cannot be read.
pub async fn overdue_in(
    work: &mut Work,
    room: &str,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<PassageId>, PassageError> {
    tables::overdue(work, room, now, limit).await
}

async fn one_more(
    work: &mut Work,
    condition: &str,
    mut values: Vec<store::Value>,
    filter: &Filter,
) -> Result<Vec<Passage>, PassageError> {
    let mut condition = condition.to_owned();
    if let Some(state) = filter.state {
        values.push(state.name().into_value());
        condition.push_str(&format!(" AND state = ${}", values.len() + 1));
    }
    tables::list(work, &condition, values, filter.after, size(filter).saturating_add(1)).await
}

fn cut(mut rows: Vec<Passage>, filter: &Filter) -> Page {
    let size = size(filter) as usize;
    let has_more = rows.len() > size;
    rows.truncate(size);
    let next = rows.last().filter(|_| has_more).map(|passage| passage.id);
    Page { rows, next }
}

fn size(filter: &Filter) -> u32 {
    filter.limit.clamp(1, PAGE_MAX)
}
