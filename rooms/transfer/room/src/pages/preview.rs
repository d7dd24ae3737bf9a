//! The preview on a page: pictures of the first pages, the text with its
//! places; and the pictures themselves.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use base::BodyId;
use console::{Answer, Failure, View, Visit};
use identity::Caller;
use passages::{Passage, PassageId};
use sanitize_core::{Mark, Marked, marked_lines};
use store::Work;

use crate::error::TransferError;
use crate::pages::show::permits;
use crate::preview::FIRST_BYTES;
use crate::rights;
use crate::service::Service;

/// What a page shows of a file.
pub(crate) struct Shown {
    /// It is still being made.
    pub(crate) is_awaited: bool,
    /// Where each picture is, from the first page on.
    pub(crate) pages: Vec<Picture>,
    /// Says that there are more pages than pictures.
    pub(crate) more: Option<String>,
    /// The text in blocks.
    pub(crate) text: Vec<Block>,
    /// Its first bytes, where there is neither.
    pub(crate) first: Option<String>,
}

/// A picture of a page.
pub(crate) struct Picture {
    pub(crate) source: String,
    /// What it shows, for those who do not see it, and below it.
    pub(crate) label: String,
}

/// A piece of a text.
pub(crate) struct Block {
    /// The sheet, the page, the file it stands in.
    pub(crate) heading: String,
    pub(crate) lines: String,
}

impl Shown {
    /// What there is to see of a passage that waits or was delivered; nothing
    /// where nothing was drawn of it.
    pub(crate) async fn of(
        service: &Service,
        view: &View,
        work: &mut Work,
        body: BodyId,
        passage: &Passage,
    ) -> Result<Option<Self>, TransferError> {
        let seen = service.seen(work, body, passage).await?;
        if !seen.is_made && passage.state != passages::State::Held {
            return Ok(None);
        }
        let total = seen.pages.max(seen.drawn);
        let picture = |page: u32| Picture {
            source: format!("/transfer/{}/pages/{page}", passage.id),
            label: view
                .t("transfer-preview-page")
                .with("page", i64::from(page))
                .with("pages", i64::from(total))
                .to_string(),
        };
        let mut text = blocks(view, &seen.text);
        let is_nothing = seen.is_made
            && seen.drawn == 0
            && text.first().is_none_or(|block| block.heading == FIRST_BYTES);
        let first = is_nothing.then(|| text.drain(..).map(|block| block.lines).collect());
        let more = (seen.pages > seen.drawn && seen.drawn > 0).then(|| {
            view.t("transfer-preview-more")
                .with("drawn", i64::from(seen.drawn))
                .with("pages", i64::from(seen.pages))
                .to_string()
        });
        Ok(Some(Self {
            is_awaited: !seen.is_made,
            pages: (1..=seen.drawn).map(picture).collect(),
            more,
            text,
            first,
        }))
    }
}

/// A text with its marks in blocks that have a heading each.
fn blocks(view: &View, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut heading = String::new();
    for line in marked_lines(text) {
        let line = match line {
            Marked::Line(line) => line,
            Marked::Mark(mark) => {
                if let Some(new) = heading_of(view, &mark) {
                    heading = new;
                    blocks.push(Block { heading: heading.clone(), lines: String::new() });
                }
                continue;
            }
        };
        if blocks.is_empty() {
            blocks.push(Block { heading: heading.clone(), lines: String::new() });
        }
        if let Some(block) = blocks.last_mut() {
            block.lines.push_str(line);
            block.lines.push('\n');
        }
    }
    blocks.retain(|block| !block.lines.trim().is_empty());
    blocks
}

fn heading_of(view: &View, mark: &Mark<'_>) -> Option<String> {
    let numbered = |key: &'static str, number: u32| {
        view.t(i18n::Key::fixed(key)).with("number", i64::from(number)).to_string()
    };
    Some(match mark {
        Mark::File(name) | Mark::Sheet(name) | Mark::Part(name) => (*name).to_owned(),
        Mark::Page(number) => numbered("transfer-preview-on-page", *number),
        Mark::Slide(number) => numbered("transfer-preview-on-slide", *number),
        Mark::FileEnd => String::new(),
        Mark::Row(_) | Mark::Picture(_) => return None,
    })
}

/// Shows one picture to whoever may see what is in the passage.
pub(crate) async fn picture(service: Service, visit: Visit, caller: Caller) -> Answer {
    let id: PassageId = visit.id("id")?;
    let page: i64 = visit.path("page").parse().map_err(|_| Failure::NotFound)?;
    let mut work = visit.read(&caller).await?;
    let (passage, standing) = rights::seen(&mut work, permits(&visit)?, &caller, id).await?;
    if !standing.sees_content(&passage) {
        return Err(Failure::NotFound);
    }
    let (kind, bytes) = service.page(&mut work, caller.body, (&passage, page)).await?;
    // `nosniff` and a policy that runs nothing come with every answer.
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("inline")),
    ];
    Ok((StatusCode::OK, headers, bytes).into_response())
}
