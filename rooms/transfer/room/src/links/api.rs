//! The register of upload links for programs. They are applied for, handed over
//! and taken away as every permit is.

use axum::http::StatusCode;
use console::{Answer, Failure, Visit};
use i18n::key;
use identity::Caller;
use passages::{Filter, PassageId, Receiver};
use permits::PermitId;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::api::{self, Listed};
use crate::error::TransferError;
use crate::links::{self, Link};

/// What the endpoint looks like.
#[derive(OpenApi)]
#[openapi(
    info(title = "links", version = "1"),
    paths(upload_links, came),
    components(schemas(ShownLink, ListedLinks))
)]
pub(crate) struct Description;

/// A link by which somebody outside sends files in.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShownLink {
    /// Its permit.
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    permit: String,
    #[schema(example = true)]
    is_open: bool,
    /// True once its address was handed over.
    #[schema(example = true)]
    is_issued: bool,
    #[schema(example = "申告書の提出")]
    purpose: String,
    /// `person` or `section`.
    #[schema(example = "section")]
    receiver_kind: &'static str,
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2M")]
    receiver: String,
    /// Files that came, and that it takes at most.
    #[schema(example = 2)]
    files: u64,
    #[schema(example = 10)]
    files_max: u64,
    /// Bytes that came, and that it takes at most.
    #[schema(example = 20480)]
    bytes: u64,
    #[schema(example = 100000000)]
    bytes_max: u64,
    /// Files that came after its end and were not taken.
    #[schema(example = 0)]
    late: u64,
    #[schema(value_type = String, format = DateTime, example = "2026-12-15T08:15:00.000Z")]
    ends_at: base::Timestamp,
}

/// A page of links.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListedLinks {
    items: Vec<ShownLink>,
    /// What `after` is for the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    next: Option<String>,
}

const LINES: u32 = 100;

/// Upload links that the caller asked for or that lead to them; all, for whoever
/// decides on them.
#[utoipa::path(
    get, path = "/api/v1/upload-links", tag = "passages",
    params(("after" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = ListedLinks)),
)]
pub(crate) async fn upload_links(visit: Visit, caller: Caller) -> Answer {
    let query = visit.query();
    let after = query.values("after").first().map(|text| PermitId::parse(text)).transpose();
    let after = after.map_err(|_| wrong_after())?;
    let mut work = visit.read(&caller).await?;
    let page = links::list(&mut work, &caller, after, LINES).await.map_err(TransferError::from)?;
    let items = page.rows.iter().map(|link| shown(&visit, link)).collect();
    let next = page.next.map(|id| id.to_string());
    visit.answer_json(StatusCode::OK, &ListedLinks { items, next })
}

/// What came by one link, the newest first, whatever became of it.
#[utoipa::path(
    get, path = "/api/v1/upload-links/{link}/passages", tag = "passages",
    params(
        ("link" = String, Path, description = "its permit"),
        ("after" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, body = Listed)),
)]
pub(crate) async fn came(visit: Visit, caller: Caller) -> Answer {
    let query = visit.query();
    let after = query.values("after").first().map(|text| PassageId::parse(text)).transpose();
    let after = after.map_err(|_| wrong_after())?;
    let mut work = visit.read(&caller).await?;
    let link = links::find(&mut work, visit.id("link")?).await?;
    let link = link.filter(|link| links::is_shown_to(link, &caller)).ok_or(Failure::NotFound)?;
    let filter = Filter { state: None, after, limit: LINES };
    let page = passages::by_link(&mut work, link.permit, &filter).await;
    let page = page.map_err(TransferError::from)?;
    let items = page.rows.iter().map(api::shown).collect::<Result<_, _>>()?;
    let next = page.next.map(|id| id.to_string());
    visit.answer_json(StatusCode::OK, &Listed { items, next })
}

fn wrong_after() -> Failure {
    Failure::Unprocessable(vec![("after".to_owned(), key!("transfer-wrong-after").into())])
}

fn shown(visit: &Visit, link: &Link) -> ShownLink {
    let (receiver_kind, receiver) = match link.receiver {
        Receiver::Person(person) => ("person", person.to_string()),
        Receiver::Section(section) => ("section", section.to_string()),
        Receiver::Asker => ("asker", String::new()),
    };
    ShownLink {
        permit: link.permit.to_string(),
        is_open: link.is_open(visit.view.now),
        is_issued: link.has_code,
        purpose: link.purpose.clone(),
        receiver_kind,
        receiver,
        files: link.files,
        files_max: link.files_max,
        bytes: link.bytes,
        bytes_max: link.bytes_max,
        late: link.late,
        ends_at: link.ends_at,
    }
}
