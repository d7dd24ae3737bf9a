//! Remembers who was refused what, so that each is told once and then summed
//! up: whoever is refused a thousand times fills no ledger and no log.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use identity::Caller;
use records::{Action, Subject};

use crate::failure::Failure;
use crate::routes::Route;
use crate::state::State;

/// Somebody asked for what they may not have.
pub(crate) const ACCESS_REFUSED: Action = Action::new("access.refused");

/// Refusals of one person and one reason are summed up for so long.
const TELL_EVERY: Duration = Duration::from_secs(300);
/// People and reasons that are remembered; past it, old ones are forgotten,
/// then all.
const KEPT_MAX: usize = 10_000;

/// Who was refused, and when that was last told.
#[derive(Default)]
pub(crate) struct Watch {
    kept: Mutex<BTreeMap<(String, &'static str), Kept>>,
}

struct Kept {
    told: Duration,
    since: u32,
}

/// Why somebody was refused, as the ledger names it; nothing for what happens
/// to everybody.
pub(crate) fn reason(route: &Route, failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::BadRequest(Some(why)) => match why.key().as_str() {
            "failure-form-token" => Some("forged-form"),
            "failure-origin" => Some("foreign-page"),
            "failure-host" => Some("foreign-host"),
            _ => None,
        },
        Failure::Forbidden(_) => Some("not-allowed"),
        // What is not there, or is not for this person: the two look alike.
        Failure::NotFound if route.path.contains('{') => Some("not-there"),
        Failure::TooMany { .. } => Some("too-many"),
        Failure::BadRequest(None)
        | Failure::SignInNeeded { .. }
        | Failure::ProofNeeded { .. }
        | Failure::NotFound
        | Failure::WrongMethod
        | Failure::WrongVersion
        | Failure::Conflict(_)
        | Failure::TooLarge { .. }
        | Failure::WrongType
        | Failure::Unprocessable(_)
        | Failure::Internal(_)
        | Failure::Full(_)
        | Failure::Unavailable(_) => None,
    }
}

impl Watch {
    /// Counts a refusal; says how many there were since the last that was told
    /// if this one is to be told. `now` is time that never goes back.
    pub(crate) fn note(&self, who: &str, why: &'static str, now: Duration) -> Option<u32> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, one| now.saturating_sub(one.told) < TELL_EVERY);
            if kept.len() >= KEPT_MAX {
                kept.clear();
            }
        }
        match kept.get_mut(&(who.to_owned(), why)) {
            Some(one) if now.saturating_sub(one.told) < TELL_EVERY => {
                one.since = one.since.saturating_add(1);
                None
            }
            Some(one) => {
                one.told = now;
                Some(std::mem::take(&mut one.since))
            }
            None => {
                kept.insert((who.to_owned(), why), Kept { told: now, since: 0 });
                Some(0)
            }
        }
    }
}

/// Tells of a refusal: with the person in the ledger of their body, without
/// anybody in the log. The answer does not depend on it.
pub(crate) async fn refused(
    state: &State,
    route: &Route,
    caller: Option<&Caller>,
    failure: &Failure,
) {
    let Some(why) = reason(route, failure) else { return };
    state.metrics.refusals().count(why);
    let who = caller.map(|caller| caller.person.to_string()).unwrap_or_default();
    let Some(before) = state.watch.note(&who, why, state.clock().elapsed()) else { return };
    let Some(caller) = caller else {
        tracing::info!(why, before, route = route.path, "refused somebody unknown");
        return;
    };
    let told = async {
        let mut work = state.store.begin(caller.body).await?;
        let entry = caller
            .entry(ACCESS_REFUSED, Subject::new("route", route.path))
            .with("why", why)
            .with("method", route.verb.name())
            .with("before", before);
        records::append(&mut work, &entry).await.map_err(Failure::from)?;
        work.commit().await.map_err(Failure::from)
    };
    if let Err(error) = told.await {
        tracing::warn!(%error, why, "a refusal could not be written into the ledger");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn many_refusals_are_told_once_and_then_summed_up() {
        let watch = Watch::default();
        assert_eq!(watch.note("tanaka", "not-allowed", at(0)), Some(0));
        for second in 0..299 {
            assert_eq!(watch.note("tanaka", "not-allowed", at(second)), None);
        }
        assert_eq!(watch.note("tanaka", "forged-form", at(1)), Some(0), "another reason");
        assert_eq!(watch.note("suzuki", "not-allowed", at(1)), Some(0), "another person");
        assert_eq!(watch.note("tanaka", "not-allowed", at(300)), Some(299));
        assert_eq!(watch.note("tanaka", "not-allowed", at(301)), None);
    }

    #[test]
    fn whoever_invents_people_fills_no_memory() {
        let watch = Watch::default();
        for number in 0..3 * KEPT_MAX {
            watch.note(&number.to_string(), "not-allowed", at(0));
        }
        assert!(watch.kept.lock().unwrap().len() <= KEPT_MAX);
    }
}
