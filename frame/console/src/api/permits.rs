//! Permits: kinds, the register, applying, deciding, ending.

use ::permits::{Application, Filter, Part, Permit, PermitError, PermitId, Permits, State};
use axum::http::StatusCode;
use identity::{Caller, PersonId};

use super::lists::{LINES, Query, page, whole};
use super::read::{self, moment};
use super::shapes::{
    DeedAsked, EntryShape, KindShape, Many, PermitAsked, PermitShape, SecretShape, StepAsked,
};
use crate::failure::Failure;
use crate::pages::means;
use crate::pages::permits::history_of;
use crate::routes::Answer;
use crate::visit::Visit;

/// The kinds of permits, and what an application of each says.
#[utoipa::path(
    get, path = "/api/v1/permit-kinds", tag = "permits",
    responses((status = 200, body = Many<KindShape>)),
)]
pub(super) async fn kinds(visit: Visit, _caller: Caller) -> Answer {
    whole(&visit, means::permits(&visit.state)?.kinds().iter().map(KindShape::of))
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
    responses((status = 200, body = Many<PermitShape>)),
)]
pub(super) async fn search(visit: Visit, caller: Caller) -> Answer {
    let query = Query::of(&visit);
    let whose = query.word("whose", |word| match word {
        "mine" => Some((caller.person, Part::Any)),
        "decided" => Some((caller.person, Part::Decider)),
        _ => None,
    })?;
    let filter = Filter {
        kind: read::name_if_any("kind", query.asked("kind"), "-", 40)?,
        state: query.word("state", State::parse)?,
        section: None,
        person: whose,
        number: query.word("number", |text| text.parse().ok().filter(|number| *number > 0))?,
        since: query.asked("since").map(|text| read::day("since", text)).transpose()?,
        before: query.asked("before").map(|text| read::day_end("before", text)).transpose()?,
    };
    let after: Option<PermitId> = query.after(|text| PermitId::parse(text).ok())?;
    let mut work = visit.read(&caller).await?;
    let permits = means::permits(&visit.state)?;
    let found = permits.search(&mut work, &caller, &filter, after, LINES).await?;
    let now = visit.view.now;
    page(&visit, found.permits.iter().map(|one| PermitShape::of(one, now)), found.next)
}

/// What waits for the caller's decision, the oldest first.
#[utoipa::path(
    get, path = "/api/v1/approvals", tag = "permits",
    responses((status = 200, body = Many<PermitShape>)),
)]
pub(super) async fn waiting(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let found = means::permits(&visit.state)?.waiting(&mut work, &caller, LINES).await?;
    whole(&visit, found.iter().map(|one| PermitShape::of(one, visit.view.now)))
}

/// One permit.
#[utoipa::path(
    get, path = "/api/v1/permits/{permit}", tag = "permits",
    params(("permit" = String, Path)),
    responses((status = 200, body = PermitShape)),
)]
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let permits = means::permits(&visit.state)?;
    let permit = permits.find(&mut work, &caller, visit.id("permit")?).await?;
    visit.answer_json(StatusCode::OK, &PermitShape::of(&permit, visit.view.now))
}

/// What the ledger says of a permit, the newest first.
#[utoipa::path(
    get, path = "/api/v1/permits/{permit}/history", tag = "permits",
    params(("permit" = String, Path)),
    responses((status = 200, body = Many<EntryShape>)),
)]
pub(super) async fn history(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let permits = means::permits(&visit.state)?;
    let permit = permits.find(&mut work, &caller, visit.id("permit")?).await?;
    whole(&visit, history_of(&mut work, &permit).await?.iter().map(EntryShape::of))
}

/// Applies for a permit, keeps a draft, or begins at once in an emergency.
#[utoipa::path(
    post, path = "/api/v1/permits", tag = "permits", request_body = PermitAsked,
    responses((status = 201, body = PermitShape)),
)]
pub(super) async fn apply(visit: Visit, caller: Caller) -> Answer {
    let asked: PermitAsked = visit.json()?;
    let application = application(&asked)?;
    let permits = means::permits(&visit.state)?;
    let mut work = visit.work(&caller).await?;
    let permit = match asked.step {
        None | Some(StepAsked::Apply) => {
            permits.apply_now(&mut work, &caller, &application).await?
        }
        Some(StepAsked::Draft) => permits.draft(&mut work, &caller, &application).await?,
        Some(StepAsked::Emergency) => {
            permits.start_at_once(&mut work, &caller, &application).await?
        }
    };
    // It may have begun after this call came in.
    let now = work.now();
    work.commit().await?;
    visit.answer_json(StatusCode::CREATED, &PermitShape::of(&permit, now))
}

/// Changes a draft; `version` is the one that was shown. It stays a draft until
/// it is handed in.
#[utoipa::path(
    put, path = "/api/v1/permits/{permit}", tag = "permits", request_body = PermitAsked,
    params(("permit" = String, Path)),
    responses((status = 200, body = PermitShape)),
)]
pub(super) async fn amend(visit: Visit, caller: Caller) -> Answer {
    let id: PermitId = visit.id("permit")?;
    let permits = means::permits(&visit.state)?;
    let mut work = visit.work(&caller).await?;
    permits.find(&mut work, &caller, id).await?;
    let asked: PermitAsked = visit.json()?;
    let application = application(&asked)?;
    let version = asked.version.unwrap_or(0);
    let permit = permits.amend(&mut work, &caller, id, version, &application).await?;
    work.commit().await?;
    visit.answer_json(StatusCode::OK, &PermitShape::of(&permit, visit.view.now))
}

fn application(asked: &PermitAsked) -> Result<Application, Failure> {
    let scope = asked.scope.iter().map(|(name, value)| (name.clone(), value.as_sent()));
    Ok(Application {
        kind: asked.kind.clone(),
        beneficiary: read::id_if_any("beneficiary", asked.beneficiary.as_deref())?,
        purpose: read::text::<{ ::permits::WORDS_CHARACTERS_MAX }>("purpose", &asked.purpose)?
            .to_string(),
        scope: scope.collect(),
        starts_at: read::moment_if_any("starts_at", asked.starts_at.as_deref())?,
        ends_at: moment("ends_at", &asked.ends_at)?,
    })
}

/// What is done with a permit; the caller may stand in for another.
struct Deed {
    permits: Permits,
    work: store::Work,
    caller: Caller,
    id: PermitId,
    asked: DeedAsked,
}

fn check_words(field: &str, given: Option<&str>) -> Result<(), Failure> {
    let read = read::text::<{ ::permits::WORDS_CHARACTERS_MAX }>;
    given.map_or(Ok(()), |text| read(field, text).map(|_| ()))
}

impl Deed {
    async fn begin(visit: &Visit, caller: &Caller) -> Result<Self, Failure> {
        let asked: DeedAsked = visit.json_if_any()?;
        check_words("note", asked.note.as_deref())?;
        check_words("report", asked.report.as_deref())?;
        let id = visit.id("permit")?;
        let permits = means::permits(&visit.state)?.clone();
        let mut work = visit.work(caller).await?;
        // Whoever may not see a permit is told that there is none.
        permits.find(&mut work, caller, id).await?;
        let caller = match &asked.acting_for {
            Some(holder) => {
                let holder: PersonId = read::id("for", holder)?;
                permits.act_for(&mut work, caller, holder).await?
            }
            None => caller.clone(),
        };
        Ok(Self { permits, work, caller, id, asked })
    }

    async fn finish(self, visit: &Visit, made: Result<Permit, PermitError>) -> Answer {
        let permit = made?;
        // It may have begun after this call came in.
        let now = self.work.now();
        self.work.commit().await?;
        visit.answer_json(StatusCode::OK, &PermitShape::of(&permit, now))
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
    responses((status = 200, body = SecretShape)),
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
