//! What a sender does with a mail that has not left.

use console::{Answer, Visit};
use i18n::key;
use identity::Caller;

use super::lists::permits;
use super::outbox::address;
use crate::outward::Confirmed;
use crate::service::Service;
use crate::tables::letters::LetterId;

/// Calls it back.
pub(super) async fn cancel(service: Service, visit: Visit, caller: Caller) -> Answer {
    let id: LetterId = visit.id("id")?;
    service.cancel(&visit.state.store, permits(&visit)?, &caller, id).await?;
    visit.done(&address(id), key!("done-mails-out-cancelled"))
}

/// Sends it now.
pub(super) async fn send(service: Service, visit: Visit, caller: Caller) -> Answer {
    let id: LetterId = visit.id("id")?;
    service.send_now(&visit.state.store, &caller, id).await?;
    visit.done(&address(id), key!("done-mails-out-sent"))
}

/// Confirms whom it is for, hidden from each other or not.
pub(super) async fn confirm(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let id: LetterId = visit.id("id")?;
    let hides = visit.fields().value("how") != "open";
    let said = match service.confirm(&visit.state.store, &caller, id, hides).await? {
        Confirmed::Waits if hides => key!("done-mails-out-hidden"),
        Confirmed::Waits => key!("done-mails-out-confirmed"),
        Confirmed::NeedsApproval => key!("done-mails-out-needs-approval"),
    };
    visit.done(&address(id), said)
}

/// Asks another person to approve.
pub(super) async fn ask(service: Service, visit: Visit, caller: Caller) -> Answer {
    let id: LetterId = visit.id("id")?;
    service.ask_for(&visit.state.store, permits(&visit)?, &caller, id).await?;
    visit.done(&address(id), key!("done-mails-out-asked"))
}
