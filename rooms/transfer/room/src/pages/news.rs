//! What stands on the reader's first page: decisions that have waited too long,
//! and questions that they have not answered.

use console::parts::{Link, Notice, Tone};
use console::{Failure, Visit};
use i18n::key;
use identity::Caller;

use crate::desk;
use crate::error::TransferError;
use crate::pages::permits;
use crate::tables::asking;

/// Questions that are named one by one.
const ASKED_MAX: u32 = 5;

/// Says what the reader should do.
pub(crate) async fn news(visit: &Visit, caller: &Caller) -> Result<Vec<Notice>, Failure> {
    let view = &visit.view;
    let mut work = visit.read(caller).await?;
    let mut news = Vec::new();
    let mut reminded = Vec::new();
    for one in desk::waiting(&mut work, permits(visit)?, caller).await? {
        let before = asking::reminded(&mut work, one.passage.id).await;
        if before.map_err(TransferError::from)?.is_some() {
            reminded.push(one.passage.ends_at);
        }
    }
    if let Some(first) = reminded.iter().min() {
        let text = view
            .t("transfer-news-waiting-text")
            .with("count", i64::try_from(reminded.len()).unwrap_or(i64::MAX))
            .with("until", view.moment(first));
        let link = Link::new("/transfer/held", view.t("transfer-news-waiting-link"));
        let title = view.t(key!("transfer-news-waiting"));
        news.push(Notice::new(Tone::Warning, title).text(text).link(link));
    }
    let asked = asking::unanswered(&mut work, caller.person, ASKED_MAX).await;
    for one in asked.map_err(TransferError::from)? {
        let link =
            Link::new(format!("/transfer/{}", one.passage), view.t("transfer-news-asked-link"));
        let title = view.t("transfer-news-asked");
        news.push(Notice::new(Tone::Warning, title).text(one.question).link(link));
    }
    Ok(news)
}
