//! What stands on the reader's first page: the filter does something else than
//! what was approved, or nobody can say; flows that wait for a list.

use console::parts::{Link, Notice, Tone};
use console::{Failure, Visit};
use i18n::Message;
use identity::{Caller, Duty};

use super::scene::say;
use super::told::told;
use crate::room::Behind;
use crate::watch::Verdict;

/// Whose business it is.
const TOLD: [Duty; 4] =
    [Duty::ManageSystem, Duty::OperateSystem, Duty::ApproveFlow, Duty::HandleIncidents];

/// Says what the reader should do.
pub(crate) fn news(
    behind: &Behind,
    visit: &Visit,
    caller: &Caller,
) -> Result<Vec<Notice>, Failure> {
    let Ok(gate) = behind.gate(caller.body) else { return Ok(Vec::new()) };
    let is_told = TOLD.iter().any(|duty| caller.duties.has(*duty));
    // Where the kernel is not told, it does something else by intent.
    if !is_told || !gate.settings().apply {
        return Ok(Vec::new());
    }
    let (view, watched) = (&visit.view, gate.watched().borrow().clone());
    let link = || Link::new("/wall/proof", view.t("wall-news-link"));
    let wrong = |title, text: Message| {
        vec![Notice::new(Tone::Wrong, view.t(title)).text(view.say(text)).link(link())]
    };
    if watched.trouble.is_some() {
        return Ok(wrong("wall-news-failed", Message::new("wall-news-failed-text")));
    }
    let (violations, unproven) = (&watched.proof.violations, &watched.proof.unproven);
    Ok(match watched.verdict {
        Verdict::Unknown | Verdict::Proven => Vec::new(),
        Verdict::Violated => {
            let site = &gate.declared().site;
            let first = violations.first().map(|one| told(site, one, true, &say(view)).witness);
            let since = watched.since.or(watched.at).unwrap_or(view.now);
            let text = Message::new("wall-news-wrong-text")
                .with("at", view.moment(&since))
                .with("count", violations.len())
                .with("first", first.unwrap_or_default());
            wrong("wall-news-wrong", text)
        }
        Verdict::Unproven => {
            let text = Message::new("wall-news-unproven-text").with("count", unproven.len());
            wrong("wall-news-unproven", text)
        }
    })
}
