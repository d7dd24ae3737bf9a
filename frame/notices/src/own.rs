//! A person's own address: asked for, proved by a code that was sent there,
//! used, taken away. The ledger learns that and when, never the address.

use std::fmt;
use std::time::Duration;

use base::Timestamp;
use factors::{Code, Hashed};
use jobs::NewJob;
use records::{Action, Entry, Subject};
use serde::{Deserialize, Serialize};
use store::Work;

use crate::address::Address;
use crate::error::NoticeError;
use crate::sending::CODE_JOB;
use crate::tables::{self, Asked};

/// Between two codes that one person asks for.
pub const ASK_PAUSE: Duration = Duration::from_secs(60);
/// Codes that one person asks for in a day: a mailbox of somebody else's is not
/// to be filled from here.
pub const ASKS_A_DAY_MAX: u32 = 10;
/// How long a code holds after it was sent.
pub const CODE_LASTS: Duration = Duration::from_secs(24 * 3_600);
/// Wrong codes until a new one is needed.
pub const TRIES_MAX: u32 = 10;

const ASKED: Action = Action::new("notice-address.asked");
const CONFIRMED: Action = Action::new("notice-address.confirmed");
const REMOVED: Action = Action::new("notice-address.removed");
const SUBJECT: &str = "person";

/// Begins an entry of whoever acts.
type By<'a> = &'a (dyn Fn(Action, Subject) -> Entry + Sync);

/// What a person sees of their own.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// The address that is used, and since when.
    pub used: Option<(String, Timestamp)>,
    /// The address that waits for its code, and when that was sent.
    pub asked: Option<(String, Option<Timestamp>)>,
}

/// What came of a typed code. Commit in each case: wrong ones are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// The address is used from now on.
    Yes,
    /// Another code was sent.
    Wrong,
    /// No code was sent, or it is too old, or was guessed at too often.
    Over,
}

/// What the job of a code remembers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Asking {
    pub(crate) person: String,
    pub(crate) asked_at: i64,
}

/// What a person has set and asked for.
///
/// # Errors
/// As the store says.
pub async fn own(work: &mut Work, person: impl fmt::Display + Send) -> Result<Own, NoticeError> {
    let person = person.to_string();
    let used = tables::address(work, &person).await?;
    let asked = tables::asked(work, &person).await?.filter(|asked| !asked.address.is_empty());
    Ok(Own { used, asked: asked.map(|asked| (asked.address, asked.sent_at)) })
}

/// True where a person is told by mail; more than that is nobody else's.
///
/// # Errors
/// As the store says.
pub async fn is_set(
    work: &mut Work,
    person: impl fmt::Display + Send,
) -> Result<bool, NoticeError> {
    let person = person.to_string();
    Ok(tables::address(work, &person).await?.is_some())
}

/// True where anybody of the body is told by mail.
///
/// # Errors
/// As the store says.
pub async fn is_used(work: &mut Work) -> Result<bool, NoticeError> {
    Ok(tables::is_used(work).await?)
}

/// Has a code sent to an address. What was used before goes on being used.
///
/// # Errors
/// [`NoticeError::TooOften`], or as the store says.
pub async fn ask(
    work: &mut Work,
    by: By<'_>,
    person: impl fmt::Display + Send,
    address: &Address,
) -> Result<(), NoticeError> {
    let (person, now) = (person.to_string(), work.now());
    let day = now.day_start_jst();
    let before = tables::asked(work, &person).await?;
    let asks = match &before {
        Some(before) if before.day == day => {
            let pause = before.asked_at <= now && now.since(before.asked_at) < ASK_PAUSE;
            if pause || before.asks >= ASKS_A_DAY_MAX {
                return Err(NoticeError::TooOften);
            }
            before.asks.saturating_add(1)
        }
        Some(_) | None => 1,
    };
    let address = address.as_str().to_owned();
    let asked = Asked { address, asked_at: now, code: None, sent_at: None, tries: 0, asks, day };
    tables::keep_asked(work, &person, &asked).await?;
    let asking = Asking { person: person.clone(), asked_at: now.millis() };
    let key = format!("{person}/{}", now.millis());
    jobs::schedule(work, &NewJob::new(CODE_JOB, key, now).with(&asking)?).await?;
    records::append(work, &by(ASKED, Subject::new(SUBJECT, &person))).await?;
    Ok(())
}

/// Holds a typed code against the one that was sent.
///
/// # Errors
/// As the store says.
pub async fn confirm(
    work: &mut Work,
    by: By<'_>,
    person: impl fmt::Display + Send,
    typed: &str,
) -> Result<Confirmed, NoticeError> {
    let (person, now) = (person.to_string(), work.now());
    let Some(mut asked) = tables::asked(work, &person).await? else { return Ok(Confirmed::Over) };
    let lasts = |sent: Timestamp| sent <= now && now.since(sent) <= CODE_LASTS;
    let code = asked.code.as_deref().and_then(|code| Hashed::<Code>::parse(code).ok());
    let code = code.filter(|_| asked.sent_at.is_some_and(lasts) && asked.tries < TRIES_MAX);
    let Some(code) = code else { return Ok(Confirmed::Over) };
    if !Code::parse(typed).is_ok_and(|typed| typed.hashed() == code) {
        asked.tries = asked.tries.saturating_add(1);
        tables::keep_asked(work, &person, &asked).await?;
        return Ok(Confirmed::Wrong);
    }
    tables::set_address(work, &person, &asked.address).await?;
    tables::keep_asked(work, &person, &given_up(asked)).await?;
    records::append(work, &by(CONFIRMED, Subject::new(SUBJECT, &person))).await?;
    Ok(Confirmed::Yes)
}

/// Takes a person's address away, with what waits for its code. Says whether
/// there was one.
///
/// # Errors
/// As the store says.
pub async fn remove(
    work: &mut Work,
    by: By<'_>,
    person: impl fmt::Display + Send,
) -> Result<bool, NoticeError> {
    let person = person.to_string();
    let was_used = tables::drop_address(work, &person).await?;
    let asked = tables::asked(work, &person).await?.filter(|asked| !asked.address.is_empty());
    let was_asked = asked.is_some();
    if let Some(asked) = asked {
        tables::keep_asked(work, &person, &given_up(asked)).await?;
    }
    if was_used || was_asked {
        records::append(work, &by(REMOVED, Subject::new(SUBJECT, &person))).await?;
    }
    Ok(was_used || was_asked)
}

/// Forgets whoever has left, in the work that sees them off.
///
/// # Errors
/// As the store says.
pub async fn forget(work: &mut Work, person: impl fmt::Display + Send) -> Result<(), NoticeError> {
    let person = person.to_string();
    tables::drop_address(work, &person).await?;
    tables::drop_asked(work, &person).await?;
    tables::drop_turns(work, &person).await?;
    Ok(())
}

/// How often one was asked for today is remembered.
fn given_up(asked: Asked) -> Asked {
    Asked { address: String::new(), code: None, sent_at: None, ..asked }
}
