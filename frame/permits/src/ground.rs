//! The ground of a permit: what the ledger says was granted, by whom. A row
//! alone opens nothing. Whoever writes the database can write a row, but not
//! the entry that grants it without breaking the ledger's chain.

use records::{Entry, Filter, Recorded};
use sha2::{Digest, Sha256};
use store::Work;

use crate::error::PermitError;
use crate::permit::{Permit, PermitId};
use crate::service::{APPROVED, CONFIRMED, EMERGENCY, Permits, SUBJECT};
use crate::tables;

/// The detail of an entry that says what was granted.
const ESSENCE: &str = "granted";
/// Entries about one permit that are looked through; none has so many.
const ENTRIES_MAX: u32 = 1_000;

/// Adds to an entry that grants a permit what it grants.
pub(crate) fn granting(entry: Entry, permit: &Permit) -> Entry {
    entry.with(ESSENCE, essence(permit))
}

/// Whether the ledger grants the permit just as the row tells it. An emergency
/// that counts as confirmed needs that entry too.
pub(crate) async fn is_grounded(work: &mut Work, permit: &Permit) -> Result<bool, PermitError> {
    let filter = Filter {
        subject_kind: Some(SUBJECT.to_owned()),
        subject: Some(permit.id.to_string()),
        ..Filter::default()
    };
    let entries = records::search(work, &filter, None, ENTRIES_MAX).await?.entries;
    let by = permit.decided_by.map(|person| person.to_string());
    let by_decider = |entry: &Recorded| by.as_deref() == Some(&entry.actor);
    let wanted = essence(permit);
    let grants = |entry: &Recorded| entry.details.text(ESSENCE) == Some(&wanted);
    let is_there = |action: records::Action, fits: &dyn Fn(&Recorded) -> bool| {
        entries.iter().any(|entry| entry.action == action.name() && fits(entry))
    };
    if !permit.is_emergency {
        return Ok(is_there(APPROVED, &|entry| grants(entry) && by_decider(entry)));
    }
    let is_confirmed = permit.decided_by.is_none() || is_there(CONFIRMED, &by_decider);
    Ok(is_confirmed && is_there(EMERGENCY, &grants))
}

/// Everything that is granted with a permit and never changes afterwards.
fn essence(permit: &Permit) -> String {
    let people = [Some(permit.applicant), permit.applicant_for, permit.beneficiary];
    let words = (
        (permit.id, permit.number, &permit.kind, permit.is_emergency),
        people,
        (permit.section, permit.exception),
        &permit.scope,
        (permit.starts_at.millis(), permit.ends_at.millis()),
        permit.confirm_by.map(base::Timestamp::millis),
    );
    // Ids, words and numbers are always written.
    let text = serde_json::to_vec(&words).unwrap_or_default();
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Permits {
    /// The permits of the body that stand as granted in their rows while the
    /// ledger does not grant them: somebody wrote past the program. None of
    /// them opens anything.
    ///
    /// # Errors
    /// As the store says.
    pub async fn unfounded(&self, work: &mut Work) -> Result<Vec<PermitId>, PermitError> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = tables::granted(work, after).await?;
            let Some(last) = page.last() else { return Ok(found) };
            after = Some(last.id);
            for permit in page {
                if !is_grounded(work, &permit).await? {
                    found.push(permit.id);
                }
            }
        }
    }
}
