//! The proof for somebody who is no network engineer: what was asked, what
//! holds, what does not with a packet in a sentence, which rules nobody
//! understands, and when it was otherwise.

use askama::Template;
use console::parts::{Button, Cell, Facts, Table, Tag};
use console::{Answer, Failure, View, Visit};
use i18n::{Key, Message, key};
use identity::{Caller, Duty};
use records::{Filter, Recorded};
use store::Work;
use wall_engine::Unproven;

use super::STYLE;
use super::off::off;
use super::scene::{Seen, gate, permits, say, see};
use super::told::{ASKED, Told, told};
use crate::room::Behind;
use crate::watch::{Verdict as Outcome, rule_line};

/// Violations that are told one by one.
const TOLD_MAX: usize = 20;
/// Lines of the history.
const DRIFTS_MAX: u32 = 50;
/// Who sees which packets pass, by which rule, and who was logged in: whoever
/// could mend it, not everybody who could use it.
pub(crate) const SEES_HOLES: [Duty; 4] =
    [Duty::ReadPermits, Duty::ManageSystem, Duty::OperateSystem, Duty::HandleIncidents];

#[derive(Template)]
#[template(path = "proof.html")]
struct Proof<'a> {
    view: &'a View,
    verdict: Verdict,
    facts: Facts,
    now: Option<Button>,
    asked: Table<'a>,
    found: Vec<Told>,
    more: Option<String>,
    unproven: Option<Table<'a>>,
    hidden: bool,
    drifts: Table<'a>,
}

/// The proof's outcome in a box.
#[derive(Template)]
#[template(path = "verdict.html")]
pub(crate) struct Verdict {
    class: &'static str,
    title: String,
    texts: Vec<String>,
}

/// Shows the page.
pub(crate) async fn show(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let Some(gate) = gate(&behind, &caller) else { return off(&visit, key!("wall-proof")) };
    let view = &visit.view;
    let mut work = visit.read(&caller).await?;
    let seen = see(gate, &visit, &caller, &mut work).await?;
    let history = history(&mut work).await?;
    drop(work);
    let proof = &seen.watched.proof;
    let sees_holes = SEES_HOLES.iter().any(|duty| caller.duties.has(*duty));
    let (say, is_kept) = (say(view), seen.is_applied());
    let shown = if sees_holes { proof.violations.as_slice() } else { &[] };
    let found = shown.iter().take(TOLD_MAX);
    let more = shown.len().saturating_sub(TOLD_MAX);
    let content = Proof {
        view,
        verdict: verdict(view, &seen),
        facts: facts(view, &seen),
        now: is_asked(&seen).then(|| Button::second(view.t("wall-proof-now"))),
        asked: asked(view, &seen),
        found: found.map(|one| told(seen.site(), one, is_kept, &say)).collect(),
        more: (more > 0).then(|| view.t("wall-more").with("count", more).to_string()),
        unproven: unproven(view, &seen).filter(|_| sees_holes),
        hidden: !sees_holes,
        drifts: drifts(view, &history, sees_holes),
    };
    view.page(key!("wall-proof")).under("/wall", key!("wall-map")).style(STYLE).render(&content)
}

/// Reads the rules and proves them, at once.
pub(crate) async fn prove_now(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let permits = permits(&visit)?;
    gate.look(&visit.state.store, permits, &[]).await?;
    visit.done("/wall/proof", key!("done-wall-proved"))
}

/// What came of the last proof, in a box.
pub(crate) fn verdict(view: &View, seen: &Seen) -> Verdict {
    let watched = &seen.watched;
    let (violations, unproven) = (watched.proof.violations.len(), watched.proof.unproven.len());
    let mut texts = Vec::new();
    let mut say = |message: Message| texts.push(view.say(message).to_string());
    let (class, title) = if let Some(why) = &watched.trouble {
        say(Message::new("wall-proof-failed-text").with("why", why.as_str()));
        ("verdict-wrong", view.t("wall-proof-failed"))
    } else {
        match watched.verdict {
            Outcome::Unknown => {
                say(Message::new("wall-proof-none-text"));
                ("verdict-warning", view.t("wall-proof-none"))
            }
            Outcome::Proven => {
                let flows = seen.opened.flows.len();
                say(Message::new("wall-proof-good-text").with("flows", flows));
                ("verdict-good", view.t("wall-proof-good"))
            }
            Outcome::Unproven => {
                say(Message::new("wall-proof-unproven-text"));
                ("verdict-warning", view.t("wall-proof-unproven").with("count", unproven))
            }
            Outcome::Violated => {
                say(Message::new("wall-proof-wrong-text"));
                ("verdict-wrong", view.t("wall-proof-wrong").with("count", violations))
            }
        }
    };
    let title = title.to_string();
    if let Some(at) = watched.at {
        let at = view.moment(&at);
        say(Message::new("wall-proof-at").with("at", at).with("millis", watched.took_ms));
    }
    if !seen.is_applied() {
        let title = view.t("wall-proof-dry").to_string();
        let texts = vec![view.t("wall-proof-dry-text").to_string()];
        return Verdict { class: "verdict-warning", title, texts };
    }
    Verdict { class, title, texts }
}

fn facts(view: &View, seen: &Seen) -> Facts {
    let watched = &seen.watched;
    let is_wrong = matches!(watched.verdict, Outcome::Violated | Outcome::Unproven);
    let since = watched.since.filter(|_| is_wrong && seen.is_applied()).map(|since| {
        let span = view.span(seen.now.since(since));
        view.t("wall-proof-since-text").with("at", view.moment(&since)).with("span", span)
    });
    let place = match seen.gate.kernel().netns() {
        Some(netns) => view.t("wall-proof-netns").with("name", netns),
        None => view.t("wall-proof-here"),
    };
    let listening = if watched.is_listening {
        view.t("wall-proof-listens")
    } else {
        view.t("wall-proof-polls")
    };
    Facts::new()
        .text(view.t("wall-proof-where"), place)
        .text_if_any(view.t("wall-proof-at-name"), watched.at.map(|at| view.moment(&at)))
        .text_if_any(
            view.t("wall-proof-took"),
            watched.at.map(|_| view.t("wall-proof-millis").with("millis", watched.took_ms)),
        )
        .text_if_any(view.t("wall-proof-since"), since)
        .text_if_any(view.t("wall-proof-watch"), is_asked(seen).then_some(listening))
        .text_if_any(view.t("wall-proof-site-trouble"), watched.site_trouble.as_deref())
}

/// True where the kernel is asked at all.
fn is_asked(seen: &Seen) -> bool {
    seen.is_applied() || seen.watched.at.is_some()
}

/// Every question with its answer.
fn asked<'a>(view: &'a View, seen: &Seen) -> Table<'a> {
    let mut table = Table::new(view, view.t("wall-proof-asked"))
        .column(view.t("wall-proof-asked-what"))
        .column(view.t("wall-proof-asked-result"));
    let proof = &seen.watched.proof;
    let is_known = seen.watched.at.is_some() && seen.watched.trouble.is_none();
    for id in ASKED {
        let count = proof.violations.iter().filter(|one| one.invariant.id() == id).count();
        let tag = match (is_known, count, proof.unproven.is_empty()) {
            (false, ..) => Tag::quiet(view.t("wall-proof-unknown")),
            (true, 0, true) => Tag::good(view.t("wall-proof-holds")),
            (true, 0, false) => Tag::warning(view.t("wall-proof-unknown")),
            (true, ..) => Tag::wrong(view.t("wall-proof-fails").with("count", count)),
        };
        table.row([Cell::text(view.t(Key::under("wall-asked-", id))), Cell::tag(&tag)]);
    }
    table
}

fn unproven<'a>(view: &'a View, seen: &Seen) -> Option<Table<'a>> {
    let unproven = &seen.watched.proof.unproven;
    if unproven.is_empty() {
        return None;
    }
    let mut table = Table::new(view, view.t("wall-unproven"))
        .column(view.t("wall-unproven-where"))
        .column(view.t("wall-unproven-what"));
    for one in unproven {
        table.row([Cell::text(rule_line(&one.rule)), Cell::text(not_understood(view, one))]);
    }
    Some(table)
}

/// What is not understood; of the machine beside its filter, what is wrong with it
/// and what to do.
fn not_understood(view: &View, one: &Unproven) -> String {
    let words = match (one.rule.family.as_str(), one.rule.table.as_str()) {
        ("link", _) => key!("wall-beside-bridge"),
        ("sysctl", name) if name.starts_with("net.bridge.") => key!("wall-beside-calls"),
        ("sysctl", _) => key!("wall-beside-forward"),
        (_, _) => return one.what.clone(),
    };
    view.t(words).with("what", one.what.as_str()).to_string()
}

/// What the ledger says of the wall, the newest first.
async fn history(work: &mut Work) -> Result<Vec<Recorded>, Failure> {
    let filter = Filter {
        action: Some("wall.".to_owned()),
        subject_kind: Some("wall".to_owned()),
        ..Filter::default()
    };
    Ok(records::search(work, &filter, None, DRIFTS_MAX).await?.entries)
}

fn drifts<'a>(view: &'a View, history: &[Recorded], sees_holes: bool) -> Table<'a> {
    let mut table = Table::new(view, view.t("wall-drifts"))
        .column(view.t("wall-drift-at"))
        .column(view.t("wall-drift-what"))
        .empty(view.t("wall-drifts-none"));
    if sees_holes {
        table = table
            .column(view.t("wall-drift-packet"))
            .column(view.t("wall-drift-by"))
            .column(view.t("wall-drift-who"));
    }
    for entry in history {
        let text = |name: &str| entry.details.text(name);
        let witness = text("witness-1").or_else(|| text("unproven-1")).or_else(|| text("site"));
        let count = entry.details.number("violations").unwrap_or(0);
        let words = Key::under("action-", &entry.action);
        let what = match count {
            0 => view.t(words).to_string(),
            count => view
                .t("wall-drift-count")
                .with("what", view.t(words).to_string())
                .with("count", count)
                .to_string(),
        };
        let mut cells = vec![Cell::moment(view, entry.at), Cell::text(what)];
        if sees_holes {
            cells.push(Cell::text_if_any(witness));
            cells.push(Cell::text_if_any(text("changed-by")));
            cells.push(Cell::text_if_any(text("logged-in")));
        }
        table.row(cells);
    }
    table
}
