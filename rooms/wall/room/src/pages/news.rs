//! What stands on the reader's first page: the filter does something else than
//! what was approved, or nobody can say; a review that is owed.

use console::parts::{Link, Notice, Tone};
use console::{Failure, Visit};
use i18n::{Key, Message, key};
use identity::{Caller, Duty};

use super::scene::say;
use super::told::told;
use super::{cutting, model};
use crate::gate::Gate;
use crate::review::REVIEWERS;
use crate::room::Behind;
use crate::watch::Verdict;

/// Whose business it is.
const TOLD: [Duty; 4] =
    [Duty::ManageSystem, Duty::OperateSystem, Duty::ApproveFlow, Duty::HandleIncidents];

/// Says what the reader should do.
pub(crate) async fn news(
    behind: &Behind,
    visit: &Visit,
    caller: &Caller,
) -> Result<Vec<Notice>, Failure> {
    let Ok(gate) = behind.gate(caller.body) else { return Ok(Vec::new()) };
    let mut news = filter(gate, visit, caller);
    news.extend(cutting::news(visit, caller).await?);
    if REVIEWERS.iter().any(|duty| caller.duties.has(*duty)) {
        news.extend(model::news(visit, caller).await?);
    }
    Ok(news)
}

/// What the packet filter does, where it is not what was approved.
fn filter(gate: &Gate, visit: &Visit, caller: &Caller) -> Vec<Notice> {
    let is_told = TOLD.iter().any(|duty| caller.duties.has(*duty));
    // Where the kernel is not told, it does something else by intent.
    if !is_told || !gate.settings().apply {
        return Vec::new();
    }
    let (view, watched) = (&visit.view, gate.watched().borrow().clone());
    let link = || Link::new("/wall/proof", view.t("wall-news-link"));
    let wrong = |title: Key, text: Message| {
        vec![Notice::new(Tone::Wrong, view.t(title)).text(view.say(text)).link(link())]
    };
    if watched.trouble.is_some() {
        return wrong(key!("wall-news-failed"), Message::new("wall-news-failed-text"));
    }
    let (violations, unproven) = (&watched.proof.violations, &watched.proof.unproven);
    match watched.verdict {
        Verdict::Unknown | Verdict::Proven => Vec::new(),
        Verdict::Violated => {
            let declared = gate.declared();
            let tell = |one| told(&declared.site, one, true, &say(view)).witness;
            let first = violations.first().map(tell);
            let since = watched.since.or(watched.at).unwrap_or(view.now);
            let text = Message::new("wall-news-wrong-text")
                .with("at", view.moment(&since))
                .with("count", violations.len())
                .with("first", first.unwrap_or_default());
            wrong(key!("wall-news-wrong"), text)
        }
        Verdict::Unproven => {
            let text = Message::new("wall-news-unproven-text").with("count", unproven.len());
            wrong(key!("wall-news-unproven"), text)
        }
    }
}
