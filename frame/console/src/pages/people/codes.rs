//! The enrolment code: shown to whoever hands it over, once.

use base::Timestamp;
use factors::Code;
use i18n::key;
use identity::{Caller, Person, PersonId, PersonState, enrol, people};

use super::person::page;
use crate::pages::sheet::Sheet;
use crate::pages::trouble::complain;
use crate::parts::{Link, Notice, Tone};
use crate::routes::Answer;
use crate::visit::Visit;

/// Shows a new code on this one page; the store has its hash only.
pub(super) fn code_page(visit: &Visit, person: &Person, code: &Code, until: Timestamp) -> Answer {
    let view = &visit.view;
    let shown = code.show();
    let notice = Notice::new(Tone::Warning, view.t("permit-secret-once"))
        .text(view.t("code-hand-over").with("name", person.name.as_str()));
    let sheet = Sheet::new(view, view.t("code-title"))
        .part(&notice)
        // Whoever invites reads the code out; it opens the enrolment once.
        .secret(view.t("enrol-code"), shown.reveal())
        .text(view.t("code-where").with("until", view.moment(&until)))
        .links([Link::new(format!("/people/{}", person.id), &person.name).second()]);
    view.page(key!("code-title")).under("/people", key!("people-title")).render(&sheet)
}

/// Makes a new code: for somebody who has not enrolled, or for somebody whose
/// factors are all taken away first.
pub(crate) async fn issue(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let id: PersonId = visit.id("person")?;
    let mut work = visit.work(&caller).await?;
    let person = people::find(&mut work, id).await?;
    let made = if person.state == PersonState::Invited {
        enrol::issue(&mut work, &caller, id).await
    } else {
        let Some(reason) = fields.text("reason", key!("code-reason")) else {
            drop(work);
            return page(&visit, &caller, &fields).await;
        };
        enrol::reissue(&mut work, &caller, id, &reason).await
    };
    match made {
        Ok((code, until)) => {
            work.commit().await?;
            code_page(&visit, &person, &code, until)
        }
        Err(error) => {
            drop(work);
            complain(&mut fields, "reason", error)?;
            page(&visit, &caller, &fields).await
        }
    }
}
