//! The model, what it asks, and the review for programs.

use axum::http::StatusCode;
use base::Timestamp;
use console::{Answer, Visit};
use i18n::Language;
use identity::Caller;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};
use zones::catalogue::{ModelDuty, catalogue};

use super::{Review, ReviewId, finish, reviewed};
use crate::error::WallError;
use crate::room::Behind;
use crate::service::{NOTE_CHARACTERS_MAX, own};

/// What the endpoints look like.
#[derive(OpenApi)]
#[openapi(
    info(title = "model", version = "1"),
    paths(model, review),
    components(schemas(ModelShown, ModelDutyShown, ReviewShown, ReviewAsked))
)]
pub(crate) struct Description;

/// A body's model and what it asks.
#[derive(Serialize, ToSchema)]
pub(crate) struct ModelShown {
    /// `alpha`, `alpha-prime`, `beta` or `beta-prime`.
    #[schema(example = "alpha")]
    model: &'static str,
    duties: Vec<ModelDutyShown>,
    /// The review of the model as it is now; null until the program has seen it.
    review: Option<ReviewShown>,
}

/// Something that a model asks.
#[derive(Serialize, ToSchema)]
pub(crate) struct ModelDutyShown {
    /// Ours, never the guideline's number.
    #[schema(example = "numbers-apart")]
    id: String,
    #[schema(example = "technical")]
    kind: &'static str,
    #[schema(example = "マイナンバー利用事務系を他の領域から分離する")]
    words: String,
    /// True once a person held it against the guideline's text.
    #[schema(example = true)]
    is_verified: bool,
}

/// A review of the body's standards.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReviewShown {
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    id: String,
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T08:20:00.000Z")]
    seen_at: Timestamp,
    #[schema(value_type = String, format = DateTime, example = "2027-03-01T08:20:00.000Z")]
    due_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime, example = json!(null))]
    reviewed_at: Option<Timestamp>,
    #[schema(example = json!(null))]
    reviewed_by: Option<String>,
    #[schema(example = json!(null))]
    note: Option<String>,
}

/// What was decided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewAsked {
    /// The new standards' name and day, or why they need no change.
    #[schema(schema_with = note)]
    note: String,
}

fn note() -> utoipa::openapi::Object {
    console::text_schema(NOTE_CHARACTERS_MAX, "対策基準を2026年12月1日に改定した")
}

/// The body's model, what it asks, and the review of its standards.
#[utoipa::path(
    get, path = "/api/v1/wall/model", tag = "wall",
    responses((status = 200, body = ModelShown)),
)]
pub(crate) async fn model(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    own(&caller, gate)?;
    let mut work = visit.read(&caller).await?;
    let stands = reviewed(&mut work).await?;
    let model = gate.declared().site.model;
    let duty = |duty: &ModelDuty| ModelDutyShown {
        id: duty.id.clone(),
        kind: duty.kind.name(),
        words: match visit.view.language {
            Language::Japanese => duty.words.ja.clone(),
            Language::English => duty.words.en.clone(),
        },
        is_verified: duty.ground.is_verified,
    };
    let shown = ModelShown {
        model: model.name(),
        duties: catalogue().duties_of(model).into_iter().map(duty).collect(),
        review: stands.newest.as_ref().map(shown),
    };
    visit.answer_json(StatusCode::OK, &shown)
}

/// Finishes the review that is owed, with what was decided.
#[utoipa::path(
    post, path = "/api/v1/wall/reviews/{review}/finish", tag = "wall",
    request_body = ReviewAsked, params(("review" = String, Path)),
    responses((status = 200, body = ReviewShown)),
)]
pub(crate) async fn review(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let asked: ReviewAsked = visit.json()?;
    let id: ReviewId = visit.id("review")?;
    let mut work = visit.work(&caller).await?;
    let done = finish(&mut work, &caller, gate, id, &asked.note).await?;
    work.commit().await.map_err(WallError::from)?;
    visit.answer_json(StatusCode::OK, &shown(&done))
}

fn shown(review: &Review) -> ReviewShown {
    ReviewShown {
        id: review.id.to_string(),
        seen_at: review.seen_at,
        due_at: review.due_at,
        reviewed_at: review.reviewed_at,
        reviewed_by: review.reviewed_by.map(|person| person.to_string()),
        note: review.note.clone(),
    }
}
