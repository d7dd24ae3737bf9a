//! Has a mail sent, in the unit of work of the deed that it is about. Asks the
//! store a small question and sends nothing: a relay that is down, a wrong
//! address or mail that is switched off cannot touch the deed.

use std::fmt;
use std::time::Duration;

use base::Timestamp;
use jobs::NewJob;
use store::Work;

use crate::error::NoticeError;
use crate::notice::{Notice, Waiting};
use crate::sending::MAIL_JOB;
use crate::tables;

/// A mail waits so long for what follows closely, as files sent together do.
pub const GATHER: Duration = Duration::from_secs(20);
/// Two mails of one kind to one person are at least so far apart; what comes
/// between them is in the second.
pub const FOLD: Duration = Duration::from_secs(600);
/// People that one deed tells at most.
const PEOPLE_MAX: usize = 200;

/// Tells one person, if they have an address.
///
/// # Errors
/// Only where the store does not answer; the deed fails then as well.
pub async fn tell(
    work: &mut Work,
    person: impl fmt::Display + Send,
    notice: &Notice,
) -> Result<(), NoticeError> {
    let person = person.to_string();
    tell_all(work, [person], notice).await
}

/// Tells several people, each once, the first [`PEOPLE_MAX`] of them.
///
/// # Errors
/// As [`tell`].
pub async fn tell_all(
    work: &mut Work,
    people: impl IntoIterator<Item = impl fmt::Display> + Send,
    notice: &Notice,
) -> Result<(), NoticeError> {
    // In one order, so that two deeds never wait for each other's rows.
    let mut people: Vec<String> = people.into_iter().map(|person| person.to_string()).collect();
    people.sort_unstable();
    people.dedup();
    people.truncate(PEOPLE_MAX);
    for person in tables::addressed(work, &people).await? {
        take(work, &person, notice).await?;
    }
    Ok(())
}

/// Takes the next turn of a person who has an address.
async fn take(work: &mut Work, person: &str, notice: &Notice) -> Result<(), NoticeError> {
    let (now, kind) = (work.now(), notice.what.as_str());
    let before = tables::turn(work, person, kind).await?;
    let Some(due) = next_turn(before, now) else { return Ok(()) };
    if !tables::take_turn(work, person, kind, due, before).await? {
        // Another deed took it a moment ago; its mail stands for this one.
        return Ok(());
    }
    let key = format!("{person}/{kind}/{}", due.millis());
    let job = NewJob::new(MAIL_JOB, key, due).with(&Waiting::of(person, notice, due))?;
    jobs::schedule(work, &job).await?;
    Ok(())
}

/// When the next mail goes; nothing where one that is not sent yet stands for
/// what has just happened. A moment that lies further ahead than any could was
/// written before the clock went back.
fn next_turn(before: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let soon = now.plus(GATHER);
    let Some(before) = before else { return Some(soon) };
    if before > now.plus(FOLD).plus(GATHER) {
        return Some(soon);
    }
    if before > now { None } else { Some(before.plus(FOLD).max(soon)) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_burst_is_one_mail_and_the_next_comes_after_the_pause() {
        let noon = Timestamp::parse("2026-04-01T03:00:00Z").unwrap();
        let seconds = |count| noon.plus(Duration::from_secs(count));
        let first = next_turn(None, noon);
        assert_eq!(first, Some(seconds(20)));
        assert_eq!(next_turn(first, seconds(19)), None, "the first stands for it");
        assert_eq!(next_turn(first, seconds(20)), Some(seconds(620)), "it may be on its way");
        assert_eq!(next_turn(Some(seconds(620)), seconds(600)), None);
        assert_eq!(next_turn(first, seconds(4_000)), Some(seconds(4_020)), "long after: soon");
        assert_eq!(next_turn(Some(seconds(9_000)), noon), Some(seconds(20)), "the clock went back");
    }
}
