//! The endpoints of the desk: questions and answers, the preview, the
//! passphrase, one's own age recipient. Approving is the permits' own.

use axum::http::StatusCode;
use console::files::Content;
use console::{Answer, Failure, Visit};
use i18n::key;
use identity::Caller;
use passages::PassageId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{QUESTIONS_MAX, WORDS_CHARACTERS_MAX, Words};
use crate::container;
use crate::error::TransferError;
use crate::pages;
use crate::pages::permits;
use crate::rights;
use crate::service::Service;
use crate::tables::asking::{self, Asked, QuestionId};
use crate::tables::containers;

/// A question to whoever sent a passage, and their answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuestionShown {
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2M")]
    id: String,
    /// Who asks.
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2N")]
    asker: String,
    #[schema(example = "送り主に電話で確かめましたか")]
    question: String,
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T08:20:00.000Z")]
    asked_at: base::Timestamp,
    /// Null until it is answered.
    #[schema(example = "代表番号にかけて確かめました")]
    answer: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-01T08:30:00.000Z")]
    answered_at: Option<base::Timestamp>,
}

/// What was asked about a passage, the oldest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Questions {
    items: Vec<QuestionShown>,
}

/// A question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuestionAsked {
    #[schema(schema_with = spoken)]
    question: String,
}

/// An answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerGiven {
    #[schema(schema_with = spoken)]
    answer: String,
}

/// Words of a question or an answer.
fn spoken() -> utoipa::openapi::Object {
    console::text_schema(WORDS_CHARACTERS_MAX, "代表番号にかけて確かめました")
}

/// What opens a container; it is kept no more.
#[derive(Serialize, ToSchema)]
pub(crate) struct PassphraseShown {
    #[schema(example = "7KQ2M-XB4ND-9RT3V-H6WYC-P8FGJ")]
    passphrase: String,
}

/// Somebody's own age recipient.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecipientShown {
    /// `age1…`; null where containers get a passphrase instead.
    #[schema(
        example = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
        max_length = 100
    )]
    recipient: Option<String>,
}

/// What was asked about a passage: for its sender and whoever decides on it.
#[utoipa::path(
    get, path = "/api/v1/passages/{id}/questions", tag = "passages",
    params(("id" = String, Path)),
    responses((status = 200, body = Questions)),
)]
pub(crate) async fn questions(visit: Visit, caller: Caller) -> Answer {
    let id: PassageId = visit.id("id")?;
    let mut work = visit.read(&caller).await?;
    let (_, standing) = rights::seen(&mut work, permits(&visit)?, &caller, id).await?;
    if !standing.is_sender && !standing.decides() {
        return Err(Failure::NotFound);
    }
    let found = asking::questions(&mut work, id, QUESTIONS_MAX).await?;
    let items = found.into_iter().map(shown).collect();
    visit.answer_json(StatusCode::OK, &Questions { items })
}

/// Asks whoever sent a held passage; it stays held.
#[utoipa::path(
    post, path = "/api/v1/passages/{id}/questions", tag = "passages",
    params(("id" = String, Path)), request_body = QuestionAsked,
    responses((status = 201, body = QuestionShown)),
)]
pub(crate) async fn ask(visit: Visit, caller: Caller) -> Answer {
    let asked: QuestionAsked = visit.json()?;
    let question = words("question", &asked.question)?;
    let id: PassageId = visit.id("id")?;
    let mut work = visit.work(&caller).await?;
    let (passage, standing) = rights::seen(&mut work, permits(&visit)?, &caller, id).await?;
    let question = super::ask(&mut work, &caller, (&passage, &standing), &question).await?;
    let found = asking::questions(&mut work, id, QUESTIONS_MAX).await?;
    work.commit().await?;
    let one = found.into_iter().find(|one| one.id == question).ok_or(Failure::NotFound)?;
    visit.answer_json(StatusCode::CREATED, &shown(one))
}

/// Answers a question that was asked of the caller.
#[utoipa::path(
    post, path = "/api/v1/passages/{id}/questions/{question}/answer", tag = "passages",
    params(("id" = String, Path), ("question" = String, Path)), request_body = AnswerGiven,
    responses((status = 200, body = Questions)),
)]
pub(crate) async fn answer(visit: Visit, caller: Caller) -> Answer {
    let given: AnswerGiven = visit.json()?;
    let text = words("answer", &given.answer)?;
    let id: PassageId = visit.id("id")?;
    let question: QuestionId = visit.id("question")?;
    let mut work = visit.work(&caller).await?;
    rights::seen(&mut work, permits(&visit)?, &caller, id).await?;
    super::answer(&mut work, &caller, (id, question), &text).await?;
    let found = asking::questions(&mut work, id, QUESTIONS_MAX).await?;
    work.commit().await?;
    let items = found.into_iter().map(shown).collect();
    visit.answer_json(StatusCode::OK, &Questions { items })
}

/// A picture of a page, JPEG or PNG: for the sender, whoever decides, and the
/// receiver once it is theirs.
#[utoipa::path(
    get, path = "/api/v1/passages/{id}/pages/{page}", tag = "passages",
    params(("id" = String, Path), ("page" = u32, Path, description = "from 1")),
    responses((status = 200, body = inline(Content), content_type = "image/jpeg")),
)]
pub(crate) async fn page(service: Service, visit: Visit, caller: Caller) -> Answer {
    pages::picture(service, visit, caller).await
}

/// Hands over what opens the container of a delivered passage, once: to whoever
/// sent it.
#[utoipa::path(
    post, path = "/api/v1/passages/{id}/passphrase", tag = "passages",
    params(("id" = String, Path)),
    responses((status = 200, body = PassphraseShown)),
)]
pub(crate) async fn passphrase(service: Service, visit: Visit, caller: Caller) -> Answer {
    let id: PassageId = visit.id("id")?;
    caller.demand_fresh(visit.view.now)?;
    let mut work = visit.work(&caller).await?;
    let (passage, standing) = rights::seen(&mut work, permits(&visit)?, &caller, id).await?;
    let secret = service.show_passphrase(&mut work, &caller, (&passage, &standing)).await?;
    work.commit().await?;
    let shown = PassphraseShown { passphrase: secret.reveal().clone() };
    visit.answer_json(StatusCode::OK, &shown)
}

/// The caller's own age recipient.
#[utoipa::path(
    get, path = "/api/v1/me/age-recipient", tag = "passages",
    responses((status = 200, body = RecipientShown)),
)]
pub(crate) async fn recipient(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let recipient = containers::recipient(&mut work, caller.person).await?;
    visit.answer_json(StatusCode::OK, &RecipientShown { recipient })
}

/// Registers the caller's own age recipient: age containers for them need no
/// passphrase any more.
#[utoipa::path(
    put, path = "/api/v1/me/age-recipient", tag = "passages", request_body = RecipientShown,
    responses((status = 200, body = RecipientShown)),
)]
pub(crate) async fn register(visit: Visit, caller: Caller) -> Answer {
    let asked: RecipientShown = visit.json()?;
    let recipient = match asked.recipient.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(text) => match container::read_recipient(text) {
            Some(recipient) => Some(recipient.to_string()),
            None => {
                let wrong = ("recipient".to_owned(), key!("transfer-recipient-wrong").into());
                return Err(Failure::Unprocessable(vec![wrong]));
            }
        },
    };
    // Whoever comes by an open session is not to read what comes later.
    caller.demand_fresh(visit.view.now)?;
    let mut work = visit.work(&caller).await?;
    super::register(&mut work, &caller, recipient.as_deref()).await?;
    work.commit().await.map_err(TransferError::from)?;
    visit.answer_json(StatusCode::OK, &RecipientShown { recipient })
}

fn shown(one: Asked) -> QuestionShown {
    QuestionShown {
        id: one.id.to_string(),
        asker: one.asker.to_string(),
        question: one.question,
        asked_at: one.asked_at,
        answer: one.answer,
        answered_at: one.answered_at,
    }
}

fn words(field: &str, text: &str) -> Result<Words, Failure> {
    Words::parse(text).map_err(|_| {
        Failure::Unprocessable(vec![(field.to_owned(), key!("transfer-wrong-words").into())])
    })
}
