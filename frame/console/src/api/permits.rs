//! Permits: kinds, the register, applying, deciding, ending.

use std::collections::BTreeMap;

use ::permits::{Application, Permit, PermitError, PermitId, Permits};
use axum::http::StatusCode;
use i18n::key;
use identity::{Caller, PersonId};
use serde_json::Value;

use super::read::{id, moment};
use super::shapes::{DeedAsked, KindShape, Many, PermitAsked, PermitShape, Problem, SecretShape};
use crate::failure::Failure;
use crate::pages::means;
use crate::pages::permits::read_filter;
use crate::parts::Pager;
use crate::routes::Answer;
use crate::visit::Visit;

/// Lines on a page.
const LINES: u32 = 100;

/// The kinds of permits, and what an application of each says.
#[utoipa::path(
    get, path = "/api/v1/permit-kinds", tag = "permits",
    responses(
        (status = 200, body = Many<KindShape>),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn kinds(visit: Visit, _caller: Caller) -> Answer {
    let kinds = means::permits(&visit.state)?.kinds();
    let items = kinds.iter().map(KindShape::of).collect();
    visit.answer_json(StatusCode::OK, &Many { items, next: None })
}

/// A page of the register, the newest first, as far as the caller may see it.
#[utoipa::path(
    get, path = "/api/v1/permits", tag = "permits",
    params(
        ("kind" = Option<String>, Query, description = "the name of a kind"),
        ("state" = Option<String>, Query, description = "a state"),
        ("whose" = Option<String>, Query, description = "`mine` or `decided`"),
        ("number" = Option<u32>, Query, description = "the number in the register"),
        ("since" = Option<String>, Query, description = "a day in Japan, as 2026-04-01"),
        ("before" = Option<String>, Query, description = "a day in Japan, included"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, body = Many<PermitShape>),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn search(visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.query();
    let filter = read_filter(&mut fields, &caller);
    let after = match Pager::asked(&fields) {
        Some(text) => Some(id::<Permit>("after", text)?),
        None => None,
    };
    if !fields.is_good() {
        return Err(Failure::Unprocessable(fields.all_wrong().to_vec()));
    }
    let mut work = visit.read(&caller).await?;
    let permits = means::permits(&visit.state)?;
    let page = permits.search(&mut work, &caller, &filter, after, LINES).await?;
    let items = page.permits.iter().map(|one| PermitShape::of(one, visit.view.now)).collect();
    let next = page.next.map(|next| next.to_string());
    visit.answer_json(StatusCode::OK, &Many { items, next })
}

/// What waits for the caller's decision, the oldest first.
#[utoipa::path(
    get, path = "/api/v1/approvals", tag = "permits",
    responses(
        (status = 200, body = Many<PermitShape>),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn waiting(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let found = means::permits(&visit.state)?.waiting(&mut work, &caller, LINES).await?;
    let items = found.iter().map(|one| PermitShape::of(one, visit.view.now)).collect();
    visit.answer_json(StatusCode::OK, &Many { items, next: None })
}

/// One permit.
#[utoipa::path(
    get, path = "/api/v1/permits/{permit}", tag = "permits",
    params(("permit" = String, Path)),
    responses(
        (status = 200, body = PermitShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let permits = means::permits(&visit.state)?;
    let permit = permits.find(&mut work, &caller, visit.id("permit")?).await?;
    visit.answer_json(StatusCode::OK, &PermitShape::of(&permit, visit.view.now))
}

/// Applies for a permit, keeps a draft, or begins at once in an emergency.
#[utoipa::path(
    post, path = "/api/v1/permits", tag = "permits", request_body = PermitAsked,
    responses(
        (status = 201, body = PermitShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn apply(visit: Visit, caller: Caller) -> Answer {
    let asked: PermitAsked = visit.json()?;
    let step = asked.step.clone();
    let application = application(asked)?;
    let permits = means::permits(&visit.state)?;
    let mut work = visit.work(&caller).await?;
    let permit = match step.as_deref() {
        None | Some("apply") => permits.apply_now(&mut work, &caller, &application).await?,
        Some("draft") => permits.draft(&mut work, &caller, &application).await?,
        Some("emergency") => permits.start_at_once(&mut work, &caller, &application).await?,
        Some(_) => {
            let wrong = ("step".to_owned(), key!("permit-choice-wrong").into());
            return Err(Failure::Unprocessable(vec![wrong]));
        }
    };
    work.commit().await?;
    visit.answer_json(StatusCode::CREATED, &PermitShape::of(&permit, visit.view.now))
}

fn application(asked: PermitAsked) -> Result<Application, Failure> {
    let beneficiary = match &asked.beneficiary {
        Some(text) => Some(id("beneficiary", text)?),
        None => None,
    };
    let starts_at = match &asked.starts_at {
        Some(text) => Some(moment("starts_at", text)?),
        None => None,
    };
    let ends_at = moment("ends_at", &asked.ends_at)?;
    let mut scope = BTreeMap::new();
    for (name, value) in asked.scope {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Array(names) => {
                let names = names.iter().map(|name| name.as_str().unwrap_or_default());
                names.collect::<Vec<_>>().join("\n")
            }
            Value::Null => String::new(),
            Value::Bool(_) | Value::Object(_) => {
                return Err(Failure::Unprocessable(vec![(
                    name,
                    key!("permit-choice-wrong").into(),
                )]));
            }
        };
        scope.insert(name, text);
    }
    let (kind, purpose) = (asked.kind, asked.purpose);
    Ok(Application { kind, beneficiary, purpose, scope, starts_at, ends_at })
}

/// What is done with a permit; the caller may stand in for another.
struct Deed {
    permits: Permits,
    work: store::Work,
    caller: Caller,
    id: PermitId,
    asked: DeedAsked,
}

impl Deed {
    async fn begin(visit: &Visit, caller: &Caller) -> Result<Self, Failure> {
        let has_body = !visit.bytes()?.is_empty();
        let asked: DeedAsked = if has_body { visit.json()? } else { DeedAsked::default() };
        let id = visit.id("permit")?;
        let permits = means::permits(&visit.state)?.clone();
        let mut work = visit.work(caller).await?;
        // Whoever may not see a permit is told that there is none.
        permits.find(&mut work, caller, id).await?;
        let caller = match &asked.acting_for {
            Some(holder) => {
                let holder: PersonId = super::read::id("for", holder)?;
                permits.act_for(&mut work, caller, holder).await?
            }
            None => caller.clone(),
        };
        Ok(Self { permits, work, caller, id, asked })
    }

    async fn finish(self, visit: &Visit, made: Result<Permit, PermitError>) -> Answer {
        let permit = made?;
        self.work.commit().await?;
        visit.answer_json(StatusCode::OK, &PermitShape::of(&permit, visit.view.now))
    }
}

macro_rules! deeds {
    ($($(#[doc = $doc:literal])+ $name:ident at $path:literal as $deed:ident => $made:expr;)+) => {$(
        $(#[doc = $doc])+
        #[utoipa::path(
            post, path = $path, tag = "permits", request_body = DeedAsked,
            params(("permit" = String, Path)),
            responses(
                (status = 200, body = PermitShape),
                (status = "default", body = Problem, content_type = "application/problem+json"),
            ),
        )]
        pub(super) async fn $name(visit: Visit, caller: Caller) -> Answer {
            let mut $deed = Deed::begin(&visit, &caller).await?;
            let made = $made.await;
            $deed.finish(&visit, made).await
        }
    )+};
}

deeds! {
    /// Hands a draft in.
    hand_in at "/api/v1/permits/{permit}/apply" as deed =>
        deed.permits.apply(&mut deed.work, &deed.caller, deed.id, deed.asked.version);
    /// Takes a draft or an application back.
    withdraw at "/api/v1/permits/{permit}/withdraw" as deed =>
        deed.permits.withdraw(&mut deed.work, &deed.caller, deed.id);
    /// Grants an application of another person.
    approve at "/api/v1/permits/{permit}/approve" as deed =>
        deed.permits.approve(&mut deed.work, &deed.caller, deed.id, deed.asked.version, deed.asked.note.as_deref());
    /// Refuses an application or an emergency; `note` is the reason.
    refuse at "/api/v1/permits/{permit}/refuse" as deed =>
        deed.permits.refuse(&mut deed.work, &deed.caller, deed.id, deed.asked.version, deed.asked.note.as_deref().unwrap_or_default());
    /// Confirms an emergency of another person.
    confirm at "/api/v1/permits/{permit}/confirm" as deed =>
        deed.permits.confirm(&mut deed.work, &deed.caller, deed.id, deed.asked.note.as_deref());
    /// Gives an ability back before its end.
    end at "/api/v1/permits/{permit}/end" as deed =>
        deed.permits.end(&mut deed.work, &deed.caller, deed.id);
    /// Takes an ability away; `note` is the reason.
    revoke at "/api/v1/permits/{permit}/revoke" as deed =>
        deed.permits.revoke(&mut deed.work, &deed.caller, deed.id, deed.asked.note.as_deref().unwrap_or_default());
    /// Closes a permit with a report of what was done.
    close at "/api/v1/permits/{permit}/close" as deed =>
        deed.permits.close(&mut deed.work, &deed.caller, deed.id, deed.asked.report.as_deref().unwrap_or_default());
}

/// Hands over the secret that opens the ability, once: a lost-factor code to an
/// approver, a program's token to its applicant.
#[utoipa::path(
    post, path = "/api/v1/permits/{permit}/issue", tag = "permits", request_body = DeedAsked,
    params(("permit" = String, Path)),
    responses(
        (status = 200, body = SecretShape),
        (status = "default", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn issue(visit: Visit, caller: Caller) -> Answer {
    let mut deed = Deed::begin(&visit, &caller).await?;
    let permit = deed.permits.find(&mut deed.work, &caller, deed.id).await?;
    let secret = deed.permits.issue(&mut deed.work, &deed.caller, deed.id).await?;
    deed.work.commit().await?;
    // The one time that it is shown, to the one who may see it.
    let answer = SecretShape { secret: secret.reveal().clone(), until: permit.until().to_string() };
    visit.answer_json(StatusCode::OK, &answer)
}
