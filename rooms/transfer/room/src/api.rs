//! The room's endpoints: the same as its screens, for programs.

use axum::http::StatusCode;
use console::files::Content;
use console::{Answer, Failure, Fields, Visit};
use i18n::{Key, key};
use identity::Caller;
use passages::{Filter, Passage, PassageId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use transfer_engine::Way;
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};
use utoipa::{OpenApi, ToSchema};

use crate::desk::api as desk;
use crate::error::TransferError;
use crate::fields;
use crate::pages::{self, handed_over, permits, statistics};
use crate::rights;
use crate::service::{Service, ring, take_in};
use crate::uploads::api as uploads;

/// What the room's endpoints look like.
#[derive(OpenApi)]
#[openapi(
    info(title = "transfer", version = "1"),
    paths(
        list,
        send,
        show,
        fetch,
        fetch_all,
        uploads::options,
        uploads::list,
        uploads::begin,
        uploads::show,
        uploads::append,
        uploads::discard,
        desk::questions,
        desk::ask,
        desk::answer,
        desk::page,
        desk::passphrase,
        desk::recipient,
        desk::register,
        statistics::interface,
    ),
    components(schemas(
        Shown,
        Listed,
        uploads::UploadShown,
        uploads::Uploads,
        desk::QuestionShown,
        desk::Questions,
        desk::QuestionAsked,
        desk::AnswerGiven,
        desk::PassphraseShown,
        desk::RecipientShown,
        statistics::StatisticsShown,
    ))
)]
pub(crate) struct Description;

/// One file that crosses a boundary.
#[derive(Serialize, ToSchema)]
pub(crate) struct Shown {
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    id: String,
    /// What was sent together has the same.
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2J")]
    batch: String,
    /// `received`, `locked`, `held`, `delivered`, `refused`, `quarantined`, `ended`.
    #[schema(example = "delivered")]
    state: &'static str,
    /// `internet`, `lgwan`, `mynumber`.
    #[schema(example = "internet")]
    from: &'static str,
    #[schema(example = "lgwan")]
    to: &'static str,
    /// What it was called when it was sent.
    #[schema(example = "申請書.docm")]
    name: String,
    #[schema(example = "申請の受付")]
    purpose: String,
    #[schema(example = 20480)]
    bytes: u64,
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    sha256: String,
    /// What was decided; null until then.
    decided: Option<Decided>,
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T08:15:00.000Z")]
    made_at: base::Timestamp,
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-01T08:15:02.000Z")]
    delivered_at: Option<base::Timestamp>,
    #[schema(value_type = String, format = DateTime, example = "2026-12-15T08:15:00.000Z")]
    ends_at: base::Timestamp,
}

/// A verdict with the rules that spoke.
#[derive(Serialize, ToSchema)]
pub(crate) struct Decided {
    /// `clean`, `disarmed`, `inspected`, `unchanged`, `refused`, `quarantined`.
    #[schema(example = "disarmed")]
    verdict: &'static str,
    #[schema(example = "inward-is-rebuilt")]
    treat_rule: String,
    #[schema(example = "inward")]
    release_rule: String,
    /// The name under which it is handed over; null where it is not.
    #[schema(example = "申請書.docx")]
    name: Option<String>,
    /// The SHA-256 of what is handed over.
    sha256: Option<String>,
    /// How many people it tells of; null if nobody looked.
    #[schema(example = 0)]
    persons: Option<u64>,
    /// True while somebody must look at it.
    #[schema(example = false)]
    wants_look: bool,
    /// How many people must still approve.
    #[schema(example = 0)]
    wants_approvals: u8,
    /// Everything that was found.
    #[schema(schema_with = report)]
    report: Box<RawValue>,
}

/// A page of passages.
#[derive(Serialize, ToSchema)]
pub(crate) struct Listed {
    pub(crate) items: Vec<Shown>,
    /// What `after` is for the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    pub(crate) next: Option<String>,
}

/// What was found and taken out.
fn report() -> Object {
    let shown = json!({ "reasons": [], "removed": [{ "code": "ooxml-macro", "count": 1 }] });
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::Object)).examples([shown]).build()
}

fn purpose() -> Object {
    console::text_schema(200, "申請の受付")
}

/// Fields of a send; no others are taken.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes a form that is read field by field")]
pub(crate) struct Form {
    /// `internet-lgwan`, `lgwan-internet`, `lgwan-mynumber` or `mynumber-lgwan`.
    #[schema(
        example = "internet-lgwan",
        pattern = "^(internet-lgwan|lgwan-internet|lgwan-mynumber|mynumber-lgwan)$"
    )]
    crossing: String,
    /// A section's code or a person's login.
    #[schema(example = "zeimu")]
    to: String,
    #[schema(schema_with = purpose)]
    purpose: String,
    /// `1`, `2`, `3c`, `3b` or `3a`.
    #[schema(example = "2", pattern = "^(1|2|3c|3b|3a)$")]
    class: String,
    /// The files, at most 50 with the uploads.
    #[schema(value_type = Vec<String>, format = Binary, max_items = 50, required = false)]
    files: Vec<Vec<u8>>,
    /// Ids of finished uploads, a field each. All are sent on, or none.
    #[schema(max_items = 50, required = false)]
    uploads: Vec<String>,
}

const LINES: u32 = 100;

/// What lies with the caller (`box=inbox`), or what they sent (`box=outbox`).
#[utoipa::path(
    get, path = "/api/v1/passages", tag = "passages",
    params(
        ("box" = Option<String>, Query, pattern = "^(inbox|outbox)$", example = "inbox"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, body = Listed)),
)]
pub(crate) async fn list(visit: Visit, caller: Caller) -> Answer {
    let query = visit.query();
    let after = query.values("after").first().map(|text| PassageId::parse(text)).transpose();
    let after = after.map_err(|_| unprocessable("after", key!("transfer-wrong-after")))?;
    let filter = Filter { state: None, after, limit: LINES };
    let mut work = visit.read(&caller).await?;
    let page = match query.values("box").first().map(String::as_str) {
        None | Some("inbox") => passages::inbox(&mut work, &caller, &filter).await,
        Some("outbox") => passages::outbox(&mut work, caller.person, &filter).await,
        Some(_) => return Err(unprocessable("box", key!("transfer-wrong-box"))),
    };
    let page = page.map_err(TransferError::from)?;
    let items = page.rows.iter().map(shown).collect::<Result<_, _>>()?;
    let next = page.next.map(|id| id.to_string());
    visit.answer_json(StatusCode::OK, &Listed { items, next })
}

/// Sends files; each becomes a passage, made harmless within moments.
#[utoipa::path(
    post, path = "/api/v1/passages", tag = "passages",
    request_body(content = inline(Form), content_type = "multipart/form-data"),
    responses((status = 201, body = Listed)),
)]
pub(crate) async fn send(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let upload = visit.upload().await?;
    let (mut fields, files) = fields::receive(upload).await?;
    let mut work = visit.read(&caller).await?;
    let sending = fields::sending(&mut work, &mut fields, files, Way::Interface).await?;
    let uploads = fields::uploads(&mut work, &mut fields, caller.person).await?;
    drop(work);
    let Some(sending) = sending.filter(|_| fields.is_good()) else { return Err(wrong(&fields)) };
    let uploads: Vec<_> = uploads.iter().map(|upload| upload.id).collect();
    let sealed = service.seal(&visit.state.store, &caller, sending, &uploads).await?;
    let mut work = visit.work(&caller).await?;
    let passages = take_in(&mut work, &caller, sealed).await?;
    work.commit().await.map_err(TransferError::from)?;
    ring(&visit);
    let items = passages.iter().map(shown).collect::<Result<_, _>>()?;
    visit.answer_json(StatusCode::CREATED, &Listed { items, next: None })
}

/// One passage, for its sender, its receiver and whoever decides on it.
#[utoipa::path(
    get, path = "/api/v1/passages/{id}", tag = "passages", params(("id" = String, Path)),
    responses((status = 200, body = Shown)),
)]
pub(crate) async fn show(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let (passage, _) = rights::seen(&mut work, permits(&visit)?, &caller, visit.id("id")?).await?;
    visit.answer_json(StatusCode::OK, &shown(&passage)?)
}

/// Gives its receiver the file, and records it.
#[utoipa::path(
    post, path = "/api/v1/passages/{id}/content", tag = "passages", params(("id" = String, Path)),
    responses((status = 200, body = inline(Content), content_type = "application/octet-stream")),
)]
pub(crate) async fn fetch(service: Service, visit: Visit, caller: Caller) -> Answer {
    let id: PassageId = visit.id("id")?;
    let work = visit.work(&caller).await?;
    let (kept, opened) = service.fetch(work, &caller, id).await?;
    Ok(handed_over(&kept, opened))
}

/// Gives its receiver every delivered file that was sent with this one, as one
/// ZIP in which folders keep their shape, and records each.
#[utoipa::path(
    post, path = "/api/v1/passages/{id}/all", tag = "passages", params(("id" = String, Path)),
    responses((status = 200, body = inline(Content), content_type = "application/octet-stream")),
)]
pub(crate) async fn fetch_all(service: Service, visit: Visit, caller: Caller) -> Answer {
    pages::fetch_all(service, visit, caller).await
}

pub(crate) fn shown(passage: &Passage) -> Result<Shown, Failure> {
    let new = &passage.new;
    let wanted = passage.still_wanted();
    let decided = passage.outcome.as_ref().map(|outcome| {
        let output = outcome.output.as_ref();
        Ok::<_, Failure>(Decided {
            verdict: outcome.verdict.name(),
            treat_rule: outcome.treat_rule.clone(),
            release_rule: outcome.release_rule.clone(),
            name: output.map(|kept| kept.name.clone()),
            sha256: output.map(|kept| kept.sha256.clone()),
            persons: outcome.persons,
            wants_look: wanted.look,
            wants_approvals: wanted.approvals,
            report: RawValue::from_string(outcome.report.clone()).map_err(Failure::internal)?,
        })
    });
    Ok(Shown {
        id: passage.id.to_string(),
        batch: new.batch.to_string(),
        state: passage.state.name(),
        from: new.crossing.from().name(),
        to: new.crossing.to().name(),
        name: new.name.clone(),
        purpose: new.purpose.clone(),
        bytes: new.bytes,
        sha256: new.sha256.clone(),
        decided: decided.transpose()?,
        made_at: passage.made_at,
        delivered_at: passage.delivered_at,
        ends_at: passage.ends_at,
    })
}

fn wrong(fields: &Fields) -> Failure {
    Failure::Unprocessable(fields.all_wrong().to_vec())
}

fn unprocessable(field: &str, why: Key) -> Failure {
    Failure::Unprocessable(vec![(field.to_owned(), why.into())])
}
