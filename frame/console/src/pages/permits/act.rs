//! What people do with a permit: decide, confirm, take back, give back, revoke,
//! report, and be handed its secret once.

use i18n::{Key, Message, key};
use identity::{Caller, PersonId};
use permits::{Permit, PermitError, PermitId, Permits};
use store::Work;

use super::{crumb, title};
use crate::failure::Failure;
use crate::form::Fields;
use crate::pages::means;
use crate::pages::sheet::Sheet;
use crate::pages::trouble::complain;
use crate::parts::{Link, Notice, Tone};
use crate::routes::Answer;
use crate::visit::Visit;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Hands a draft in.
    Apply,
    /// Takes an application back.
    Withdraw,
    /// Decides on an application.
    Decide,
    /// Decides on an emergency.
    Confirm,
    /// Gives an ability back.
    End,
    /// Takes an ability away.
    Revoke,
    /// Reports what was done.
    Close,
    /// Hands its secret over.
    Issue,
}

/// Does it, and shows the permit as it stands then.
pub(crate) async fn run(mut visit: Visit, caller: Caller, deed: Deed) -> Answer {
    let mut fields = visit.fields();
    let id: PermitId = visit.id("permit")?;
    let permits = means::permits(&visit.state)?.clone();
    let mut work = visit.work(&caller).await?;
    // Whoever may not see a permit is told that there is none.
    let shown = permits.find(&mut work, &caller, id).await?;
    if deed == Deed::Issue {
        return issue(&visit, &caller, &permits, work, &shown).await;
    }
    match carry_out(&permits, &mut work, &caller, id, deed, &mut fields).await? {
        Some(permit) => {
            work.commit().await?;
            let said = Message::new(Key::under("done-permit-", done(deed, &permit)))
                .with("number", permit.number);
            visit.done(&format!("/permits/{id}"), said)
        }
        None => {
            drop(work);
            super::show::page(&visit, &caller, &fields).await
        }
    }
}

fn done(deed: Deed, permit: &Permit) -> &'static str {
    let is_refused =
        permit.decided_by.is_some() && permit.finished_at.is_some() && permit.outcome.is_some();
    match deed {
        Deed::Decide | Deed::Confirm if is_refused => "refused",
        Deed::Apply => "applied",
        Deed::Withdraw => "withdrawn",
        Deed::Decide => "approved",
        Deed::Confirm => "confirmed",
        Deed::End => "ended",
        Deed::Revoke => "revoked",
        Deed::Close => "closed",
        Deed::Issue => "issued",
    }
}

async fn carry_out(
    permits: &Permits,
    work: &mut Work,
    caller: &Caller,
    id: PermitId,
    deed: Deed,
    fields: &mut Fields,
) -> Result<Option<Permit>, Failure> {
    let caller = match PersonId::parse(fields.value("for")) {
        Ok(holder) => permits.act_for(work, caller, holder).await?,
        Err(_) => caller.clone(),
    };
    let version = fields.value("version").parse().unwrap_or(0);
    let note = fields.value("note").trim().to_owned();
    let is_no = fields.value("verdict") == "no";
    let field = match deed {
        Deed::Apply | Deed::Withdraw | Deed::End | Deed::Issue => "version",
        Deed::Decide | Deed::Confirm => "note",
        Deed::Revoke => "reason",
        Deed::Close => "report",
    };
    if is_no && note.is_empty() {
        fields.complain("note", key!("permit-refuse-needs-reason"));
        return Ok(None);
    }
    let some_note = (!note.is_empty()).then_some(note.as_str());
    let made = match deed {
        Deed::Apply => permits.apply(work, &caller, id, version).await,
        Deed::Withdraw => permits.withdraw(work, &caller, id).await,
        Deed::Decide | Deed::Confirm if is_no => {
            permits.refuse(work, &caller, id, version, &note).await
        }
        Deed::Decide => permits.approve(work, &caller, id, version, some_note).await,
        Deed::Confirm => permits.confirm(work, &caller, id, some_note).await,
        Deed::End => permits.end(work, &caller, id).await,
        Deed::Revoke => permits.revoke(work, &caller, id, fields.value("reason")).await,
        Deed::Close => permits.close(work, &caller, id, fields.value("report")).await,
        Deed::Issue => Err(PermitError::NothingToIssue),
    };
    match made {
        Ok(permit) => Ok(Some(permit)),
        // Who may not decide is refused outright, not asked to write it better.
        Err(error @ (PermitError::Approver(_) | PermitError::NotAllowed(_))) => Err(error.into()),
        Err(error) => {
            complain(fields, field, error)?;
            Ok(None)
        }
    }
}

/// Shows the secret on this one page; the store has its hash only.
async fn issue(
    visit: &Visit,
    caller: &Caller,
    permits: &Permits,
    mut work: Work,
    permit: &Permit,
) -> Answer {
    let view = &visit.view;
    let secret = permits.issue(&mut work, caller, permit.id).await?;
    work.commit().await?;
    let notice = Notice::new(Tone::Warning, view.t("permit-secret-once"))
        .text(view.t("permit-secret-once-text"));
    let sheet = Sheet::new(view, view.t("permit-secret-title"))
        .part(&notice)
        // The person in front of this page is the one whom it is for.
        .secret(view.t(Key::under("permit-secret-", &permit.kind)), secret.reveal())
        .text(view.t("permit-secret-until").with("until", view.moment(&permit.until())))
        .links([Link::new(format!("/permits/{}", permit.id), title(view, permit)).second()]);
    let (href, label) = crumb();
    view.page(key!("permit-secret-title")).under(href, label).render(&sheet)
}
