//! Writes into the ledger what opened and what closed.

use base::{BodyId, Timestamp};
use records::{Action, Entry, Origin, Subject};
use store::Store;

use super::{ACTOR, Opened, Settled};
use crate::error::WallError;
use crate::flows::{Stand, Standing};
use crate::tables;

const OPENED: Action = Action::new("flow.opened");
const CLOSED: Action = Action::new("flow.closed");

/// Writes down what opened and what closed since the last time, also where the
/// program was away in between.
pub(super) async fn record(
    store: &Store,
    body: BodyId,
    opened: &Opened,
    stands: &[Stand],
    done: &mut Settled,
) -> Result<(), WallError> {
    let mut work = store.begin(body).await?;
    let before = tables::opened(&mut work).await?;
    let is_now = |old: &tables::Opened| {
        opened.flows.iter().any(|new| {
            new.name == old.flow
                && new.permit == old.permit
                && opened.declared.declaration(new.flow) == old.declaration
        })
    };
    for old in before.iter().filter(|old| !is_now(old)) {
        tables::close(&mut work, &old.flow).await?;
        let stand = opened
            .declared
            .place(&old.flow)
            .and_then(|place| stands.iter().find(|stand| stand.place == place));
        let why = why_closed(old, stand, opened.told_at.unwrap_or_default());
        let entry = Entry::new(ACTOR, CLOSED, Subject::new("flow", &old.flow), Origin::Job)
            .on_permit(old.permit)
            .with("why", why)
            .with("opened", old.opened_at)
            .with("ends", old.ends_at);
        records::append(&mut work, &entry).await?;
        done.closed.push(old.flow.clone());
    }
    for new in &opened.flows {
        if before.iter().any(|old| old.flow == new.name && is_now(old)) {
            continue;
        }
        let row = tables::Opened {
            flow: new.name.clone(),
            permit: new.permit,
            declaration: opened.declared.declaration(new.flow).to_owned(),
            ends_at: new.until,
            opened_at: opened.told_at.unwrap_or_else(|| work.now()),
        };
        tables::open(&mut work, &row).await?;
        let entry = Entry::new(ACTOR, OPENED, Subject::new("flow", &new.name), Origin::Job)
            .on_permit(new.permit)
            .with("ends", new.until)
            .with("path", opened.declared.line(new.flow))
            .with("declaration", row.declaration);
        records::append(&mut work, &entry).await?;
        done.opened.push(new.name.clone());
    }
    if !(done.opened.is_empty() && done.closed.is_empty()) {
        work.commit().await?;
    }
    Ok(())
}

fn why_closed(old: &tables::Opened, stand: Option<&Stand>, now: Timestamp) -> &'static str {
    match stand.map(|stand| stand.standing) {
        None => "undeclared",
        Some(Standing::Cut) => "cut-off",
        Some(Standing::Incomplete) => "check-withdrawn",
        Some(Standing::Changed) => "declaration-changed",
        Some(Standing::Open | Standing::Closed | Standing::Asked | Standing::Over) => {
            if old.ends_at <= now { "ended" } else { "permit-gone" }
        }
    }
}
