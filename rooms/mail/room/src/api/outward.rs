//! The endpoints of mail that leaves: what its screens do, for programs of its
//! senders.

use axum::http::StatusCode;
use console::{Answer, Failure, Routes, Verb, Visit};
use identity::{Caller, Duty};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{permits, unprocessable};
use crate::outward::{self, Confirmed};
use crate::service::Service;
use crate::tables::letters::LetterId;
use crate::tables::outgoing::Leaving;

/// What the endpoints look like.
#[derive(OpenApi)]
#[openapi(
    paths(outgoing, outgoing_mail, cancel, send, confirm, ask),
    components(schemas(
        OutgoingListed,
        OutgoingList,
        OutgoingShown,
        OutgoingPeople,
        OutgoingHanded,
        OutgoingHow,
        OutgoingSettled
    ))
)]
pub(crate) struct Description;

/// A mail that leaves.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutgoingListed {
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    id: String,
    /// `reading`, `waiting`, `confirm`, `ask`, `asked`, `leaving` (it has left),
    /// `cancelled`, `stopped`, `ended`.
    #[schema(example = "waiting")]
    state: &'static str,
    #[schema(example = "zeimu@city.midori.lg.jp")]
    mailbox: String,
    #[schema(example = 2)]
    receivers: i64,
    #[schema(example = "見積書の送付")]
    subject: Option<String>,
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T08:15:00.000Z")]
    received_at: base::Timestamp,
    /// When it leaves, or could first leave.
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T08:16:00.000Z")]
    leaves_at: base::Timestamp,
}

/// A page of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutgoingList {
    items: Vec<OutgoingListed>,
    /// What `after` is for the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    next: Option<String>,
}

/// One of them with what was found in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutgoingShown {
    #[serde(flatten)]
    mail: OutgoingListed,
    #[schema(example = json!(["citizen@example.jp"]))]
    to: Vec<String>,
    /// True where receivers do not see each other.
    is_hidden: bool,
    /// Addresses outside that every receiver would see.
    seen: Vec<String>,
    /// Why another person is asked: `personal-number`, `credit-card`, `persons`,
    /// `unread`, `unchanged`, `sender`.
    approve: Vec<String>,
    /// Why it does not leave, where it does not.
    #[schema(example = "unreadable")]
    stopped: Option<String>,
    /// Counts of personal data, never the data.
    people: Vec<OutgoingPeople>,
    handed: Vec<OutgoingHanded>,
}

/// Personal data of one kind.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutgoingPeople {
    #[schema(example = "personal-number")]
    kind: String,
    #[schema(example = 3)]
    count: u64,
}

/// What became of it for one receiver.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutgoingHanded {
    #[schema(example = "citizen@example.jp")]
    receiver: String,
    /// `to-do`, `offered`, `taken`, `refused`.
    #[schema(example = "taken")]
    state: &'static str,
}

/// OutgoingHow a mail with many receivers is sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutgoingHow {
    /// True for Bcc: none of them sees another.
    #[schema(example = true)]
    bcc: bool,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutgoingSettled {
    /// `cancelled`, `leaves`, `confirmed`, `needs-approval`, `asked`.
    #[schema(example = "cancelled")]
    done: &'static str,
}

const LINES: u32 = 100;

/// Every endpoint; without a service nothing changes.
pub(super) fn routes(service: Option<&Service>) -> Routes {
    let with = || service.cloned();
    let (cancelling, sending, confirming, asking) = (with(), with(), with(), with());
    Routes::new()
        .token(Verb::Get, "/api/v1/mails/outward", Duty::Apply, outgoing)
        .token(Verb::Get, "/api/v1/mails/outward/{id}", Duty::Apply, outgoing_mail)
        .token(
            Verb::Post,
            "/api/v1/mails/outward/{id}/cancel",
            Duty::Apply,
            move |visit, caller| cancel(cancelling.clone(), visit, caller),
        )
        .token(Verb::Post, "/api/v1/mails/outward/{id}/send", Duty::Apply, move |visit, caller| {
            send(sending.clone(), visit, caller)
        })
        .token(
            Verb::Post,
            "/api/v1/mails/outward/{id}/confirm",
            Duty::Apply,
            move |visit, caller| confirm(confirming.clone(), visit, caller),
        )
        .token(Verb::Post, "/api/v1/mails/outward/{id}/ask", Duty::Apply, move |visit, caller| {
            ask(asking.clone(), visit, caller)
        })
}

/// Mails of the caller's mailboxes that left or are to leave, newest first.
#[utoipa::path(
    get, path = "/api/v1/mails/outward", tag = "mail",
    params(
        ("state" = Option<String>, Query, example = "waiting"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, body = OutgoingList)),
)]
pub(crate) async fn outgoing(visit: Visit, caller: Caller) -> Answer {
    let query = visit.query();
    let after = query.values("after").first().map(|text| LetterId::parse(text)).transpose();
    let after = after.map_err(|_| unprocessable("after"))?;
    let state = match query.values("state").first() {
        None => None,
        Some(text) => Some(Leaving::parse(text).ok_or_else(|| unprocessable("state"))?),
    };
    let mut work = visit.read(&caller).await?;
    let lines = outward::list(&mut work, &caller, false, (state, after), LINES).await?;
    let is_full = lines.len() >= LINES as usize;
    let next = lines.last().filter(|_| is_full).map(|line| line.row.letter.to_string());
    let items = lines.into_iter().map(|line| OutgoingListed {
        id: line.row.letter.to_string(),
        state: line.row.state.name(),
        mailbox: line.row.mailbox,
        receivers: line.receivers,
        subject: line.subject,
        received_at: line.received_at,
        leaves_at: line.row.leaves_at,
    });
    visit.answer_json(StatusCode::OK, &OutgoingList { items: items.collect(), next })
}

/// One mail, for its sender and whoever was asked to approve it.
#[utoipa::path(
    get, path = "/api/v1/mails/outward/{id}", tag = "mail", params(("id" = String, Path)),
    responses((status = 200, body = OutgoingShown)),
)]
pub(crate) async fn outgoing_mail(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let found = outward::show(&mut work, permits(&visit)?, &caller, visit.id("id")?).await?;
    let weighed = found.weighed.unwrap_or_default();
    let people = weighed.people.into_iter().map(|(kind, count)| OutgoingPeople { kind, count });
    let handed = found
        .deliveries
        .into_iter()
        .map(|one| OutgoingHanded { state: one.state.name(), receiver: one.receiver });
    let shown = OutgoingShown {
        mail: OutgoingListed {
            id: found.row.letter.to_string(),
            state: found.row.state.name(),
            mailbox: found.row.mailbox,
            receivers: i64::try_from(found.receivers.len()).unwrap_or(i64::MAX),
            subject: found.letter.subject.filter(|_| found.is_mine),
            received_at: found.letter.received_at,
            leaves_at: found.row.leaves_at,
        },
        to: found.receivers,
        is_hidden: found.row.is_hidden,
        seen: weighed.seen,
        approve: weighed.approve,
        stopped: weighed.stopped,
        people: people.collect(),
        handed: handed.collect(),
    };
    visit.answer_json(StatusCode::OK, &shown)
}

/// Calls a mail back that has not left: it never leaves.
#[utoipa::path(
    post, path = "/api/v1/mails/outward/{id}/cancel", tag = "mail", params(("id" = String, Path)),
    responses((status = 200, body = OutgoingSettled)),
)]
pub(crate) async fn cancel(service: Option<Service>, visit: Visit, caller: Caller) -> Answer {
    let service = service.ok_or(Failure::NotFound)?;
    let (id, store) = (visit.id("id")?, &visit.state.store);
    visit.once(&caller, service.cancel(store, permits(&visit)?, &caller, id)).await?;
    visit.answer_json(StatusCode::OK, &OutgoingSettled { done: "cancelled" })
}

/// Lets a waiting mail leave without waiting on.
#[utoipa::path(
    post, path = "/api/v1/mails/outward/{id}/send", tag = "mail", params(("id" = String, Path)),
    responses((status = 200, body = OutgoingSettled)),
)]
pub(crate) async fn send(service: Option<Service>, visit: Visit, caller: Caller) -> Answer {
    let service = service.ok_or(Failure::NotFound)?;
    let (id, store) = (visit.id("id")?, &visit.state.store);
    visit.once(&caller, service.send_now(store, &caller, id)).await?;
    visit.answer_json(StatusCode::OK, &OutgoingSettled { done: "leaves" })
}

/// Confirms a mail that shows many addresses to everybody.
#[utoipa::path(
    post, path = "/api/v1/mails/outward/{id}/confirm", tag = "mail", params(("id" = String, Path)),
    request_body = OutgoingHow, responses((status = 200, body = OutgoingSettled)),
)]
pub(crate) async fn confirm(service: Option<Service>, visit: Visit, caller: Caller) -> Answer {
    let service = service.ok_or(Failure::NotFound)?;
    let how: OutgoingHow = visit.json()?;
    let (id, store) = (visit.id("id")?, &visit.state.store);
    let confirmed = visit.once(&caller, service.confirm(store, &caller, id, how.bcc)).await?;
    let done = match confirmed {
        Confirmed::Waits => "confirmed",
        Confirmed::NeedsApproval => "needs-approval",
    };
    visit.answer_json(StatusCode::OK, &OutgoingSettled { done })
}

/// Asks another person to approve a mail.
#[utoipa::path(
    post, path = "/api/v1/mails/outward/{id}/ask", tag = "mail", params(("id" = String, Path)),
    responses((status = 200, body = OutgoingSettled)),
)]
pub(crate) async fn ask(service: Option<Service>, visit: Visit, caller: Caller) -> Answer {
    let service = service.ok_or(Failure::NotFound)?;
    let (id, store) = (visit.id("id")?, &visit.state.store);
    visit.once(&caller, service.ask_for(store, permits(&visit)?, &caller, id)).await?;
    visit.answer_json(StatusCode::OK, &OutgoingSettled { done: "asked" })
}
