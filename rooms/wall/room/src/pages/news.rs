//! What stands on the reader's first page: the filter does something else than
//! what was approved, or nobody can say; a review that is owed.

use std::collections::BTreeSet;
use std::time::Duration;

use console::parts::{Link, Notice, Tone};
use console::{Failure, Visit};
use i18n::{Key, Message, key};
use identity::{Caller, Duty};
use records::Filter;

use super::scene::{permits, say};
use super::told::told;
use super::{cutting, model};
use crate::flows::{Stand, Standing};
use crate::gate::Gate;
use crate::gate::record::APPLICANT_LEFT;
use crate::review::REVIEWERS;
use crate::room::Behind;
use crate::service;
use crate::watch::Verdict;

/// Whose business it is.
const TOLD: [Duty; 4] =
    [Duty::ManageSystem, Duty::OperateSystem, Duty::ApproveFlow, Duty::HandleIncidents];

/// Whose business flows are that lost their applicant.
const CARES: [Duty; 2] = [Duty::ManageSystem, Duty::ApproveFlow];
/// How long that is told.
const LEFT_SHOWN_FOR: Duration = Duration::from_secs(14 * 24 * 3_600);
/// Entries that are looked through for it.
const CLOSED_MAX: u32 = 200;

/// Says what the reader should do.
pub(crate) async fn news(
    behind: &Behind,
    visit: &Visit,
    caller: &Caller,
) -> Result<Vec<Notice>, Failure> {
    let Ok(gate) = behind.gate(caller.body) else { return Ok(Vec::new()) };
    let mut news = filter(gate, visit, caller);
    news.extend(cutting::news(visit, caller).await?);
    news.extend(left(gate, visit, caller).await?);
    if REVIEWERS.iter().any(|duty| caller.duties.has(*duty)) {
        news.extend(model::news(visit, caller).await?);
    }
    Ok(news)
}

/// Flows that closed because whoever had applied for them left, and that nobody
/// has taken over.
async fn left(gate: &Gate, visit: &Visit, caller: &Caller) -> Result<Vec<Notice>, Failure> {
    if !CARES.iter().any(|duty| caller.duties.has(*duty)) {
        return Ok(Vec::new());
    }
    let (view, mut work) = (&visit.view, visit.read(caller).await?);
    let filter = Filter {
        action: Some("flow.closed".to_owned()),
        from: Some(view.now.minus(LEFT_SHOWN_FOR)),
        ..Filter::default()
    };
    let closed = records::search(&mut work, &filter, None, CLOSED_MAX).await?.entries;
    let closed = closed.iter().filter(|one| one.details.text("why") == Some(APPLICANT_LEFT));
    let names: BTreeSet<&str> = closed.map(|one| one.subject.as_str()).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let stands = service::flows(&mut work, caller, gate, permits(visit)?).await?;
    let declared = gate.declared();
    let is_closed = |stand: &&Stand| stand.standing == Standing::Closed;
    let flows = stands.iter().filter(is_closed);
    let flows = flows.filter_map(|stand| declared.site.flows.get(stand.place));
    let still = flows.map(|flow| flow.name.as_str()).filter(|name| names.contains(name));
    let still: Vec<&str> = still.collect();
    let [first, ..] = still[..] else { return Ok(Vec::new()) };
    let text = view.t("wall-news-left-text").with("names", still.join(", "));
    let link = Link::new(format!("/wall/flows/{first}"), view.t("wall-news-left-link"));
    Ok(vec![Notice::new(Tone::Warning, view.t("wall-news-left")).text(text).link(link)])
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
