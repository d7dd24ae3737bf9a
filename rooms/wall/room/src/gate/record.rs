//! Writes into the ledger what opened and what closed.

use base::{BodyId, Timestamp};
use permits::PermitId;
use records::{Action, Entry, Filter, Origin, Subject};
use store::{Store, Work};

use super::{ACTOR, OpenFlow, Opened, Settled};
use crate::error::WallError;
use crate::flows::{Stand, Standing};
use crate::tables;

const OPENED: Action = Action::new("flow.opened");
const CLOSED: Action = Action::new("flow.closed");
/// It stays open, by another permit.
const CARRIED_ON: Action = Action::new("flow.carried-on");
/// Why a flow closed whose applicant left.
pub(crate) const APPLICANT_LEFT: &str = "applicant-left";
/// Entries about one permit that are looked through.
const ENTRIES_MAX: u32 = 100;

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
        if let Some(new) = carried_on(opened, old) {
            let entry = Entry::new(ACTOR, CARRIED_ON, Subject::new("flow", &old.flow), Origin::Job)
                .on_permit(new.permit)
                .with("before", old.permit)
                .with("ends", new.until);
            records::append(&mut work, &entry).await?;
            tables::open(&mut work, &row(opened, new, old.opened_at)).await?;
            done.carried_on.push(old.flow.clone());
            continue;
        }
        let stand = opened
            .declared
            .place(&old.flow)
            .and_then(|place| stands.iter().find(|stand| stand.place == place));
        let mut why = why_closed(old, stand, opened.told_at.unwrap_or_default());
        if why == GONE && is_left(&mut work, old.permit).await? {
            why = APPLICANT_LEFT;
        }
        let entry = Entry::new(ACTOR, CLOSED, Subject::new("flow", &old.flow), Origin::Job)
            .on_permit(old.permit)
            .with("why", why)
            .with("opened", old.opened_at)
            .with("ends", old.ends_at);
        records::append(&mut work, &entry).await?;
        done.closed.push(old.flow.clone());
    }
    for new in &opened.flows {
        let is_known = |old: &tables::Opened| {
            old.flow == new.name && (is_now(old) || carried_on(opened, old).is_some())
        };
        if before.iter().any(is_known) {
            continue;
        }
        let row = row(opened, new, opened.told_at.unwrap_or_else(|| work.now()));
        tables::open(&mut work, &row).await?;
        let entry = Entry::new(ACTOR, OPENED, Subject::new("flow", &new.name), Origin::Job)
            .on_permit(new.permit)
            .with("ends", new.until)
            .with("path", opened.declared.line(new.flow))
            .with("declaration", row.declaration);
        records::append(&mut work, &entry).await?;
        done.opened.push(new.name.clone());
    }
    if !(done.opened.is_empty() && done.closed.is_empty() && done.carried_on.is_empty()) {
        work.commit().await?;
    }
    Ok(())
}

/// The flow as it is open now by another permit, with the same declaration.
fn carried_on<'o>(opened: &'o Opened, old: &tables::Opened) -> Option<&'o OpenFlow> {
    let is_same = |new: &&OpenFlow| {
        new.name == old.flow
            && new.permit != old.permit
            && opened.declared.declaration(new.flow) == old.declaration
    };
    opened.flows.iter().find(is_same)
}

fn row(opened: &Opened, new: &OpenFlow, opened_at: Timestamp) -> tables::Opened {
    tables::Opened {
        flow: new.name.clone(),
        permit: new.permit,
        declaration: opened.declared.declaration(new.flow).to_owned(),
        ends_at: new.until,
        opened_at,
    }
}

/// True where a permit was taken away because somebody left.
async fn is_left(work: &mut Work, permit: PermitId) -> Result<bool, WallError> {
    let filter = Filter {
        subject_kind: Some("permit".to_owned()),
        subject: Some(permit.to_string()),
        ..Filter::default()
    };
    let entries = records::search(work, &filter, None, ENTRIES_MAX).await?.entries;
    Ok(entries.iter().any(|entry| entry.details.text("left").is_some()))
}

const GONE: &str = "permit-gone";

fn why_closed(old: &tables::Opened, stand: Option<&Stand>, now: Timestamp) -> &'static str {
    match stand.map(|stand| stand.standing) {
        None => "undeclared",
        Some(Standing::Cut) => "cut-off",
        Some(Standing::Incomplete) => "check-withdrawn",
        Some(Standing::Changed) => "declaration-changed",
        Some(Standing::Open | Standing::Closed | Standing::Asked | Standing::Over) => {
            if old.ends_at <= now { "ended" } else { GONE }
        }
    }
}
