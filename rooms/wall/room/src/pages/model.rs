//! The model, what it asks, what that adds since the standards were looked at
//! last, and the review itself.

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Cell, Facts, Form, Link, Notice, Table, Tag, Tone};
use console::{Answer, Failure, View, Visit};
use i18n::{Key, Language, key};
use identity::Caller;
use store::Work;
use zones::catalogue::{Words, catalogue};
use zones::site::Model;

use super::STYLE;
use super::flow::person;
use super::off::off;
use super::scene::gate;
use crate::review::{REVIEWERS, Review, Reviewed, finish, is_late, reviewed};
use crate::room::Behind;
use crate::service::NOTE_CHARACTERS_MAX;

#[derive(Template)]
#[template(path = "model.html")]
struct Page<'a> {
    view: &'a View,
    form: Form<'a>,
    notice: Notice,
    facts: Facts,
    duties: Table<'a>,
    gone: Vec<String>,
    finish: Option<Button>,
}

/// Shows the page.
pub(crate) async fn show(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    page(&behind, &visit, &caller, &mut work, &Fields::empty()).await
}

/// Takes what was decided.
pub(crate) async fn send(behind: Behind, mut visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let mut fields = visit.fields();
    let note = fields.text::<NOTE_CHARACTERS_MAX>("note", key!("wall-review-note"));
    let id = fields.id("review", key!("wall-review"));
    let (Some(note), Some(id)) = (note, id) else {
        let mut work = visit.read(&caller).await?;
        return page(&behind, &visit, &caller, &mut work, &fields).await;
    };
    let mut work = visit.work(&caller).await?;
    finish(&mut work, &caller, gate, id, note.as_str()).await?;
    work.commit().await?;
    visit.done("/wall/model", key!("done-wall-reviewed"))
}

async fn page(
    behind: &Behind,
    visit: &Visit,
    caller: &Caller,
    work: &mut Work,
    fields: &Fields,
) -> Answer {
    let Some(gate) = gate(behind, caller) else { return off(visit, key!("wall-duties")) };
    let view = &visit.view;
    let model = gate.declared().site.model;
    let stands = reviewed(work).await?;
    let mut facts = Facts::new()
        .text(view.t("wall-map-model"), view.t(Key::under("wall-model-", model.name())));
    if let Some(placed) = catalogue().placed(model) {
        facts = facts.text(view.t("wall-duties-place"), said(view, &placed.place));
    }
    if let Some(last) = &stands.last {
        facts = facts.text(view.t("wall-review-last"), told(view, work, last).await?);
    }
    let owed = stands.owed();
    let may = REVIEWERS.iter().any(|duty| caller.duties.has(*duty));
    let content = Page {
        view,
        form: Form::new(view, fields),
        notice: notice(view, &stands),
        facts,
        duties: duties(view, &stands, model),
        gone: gone(view, &stands, model),
        finish: owed
            .filter(|_| may)
            .map(|owed| Button::main(view.t("wall-review-finish")).sends("review", owed.id)),
    };
    view.page(key!("wall-duties"))
        .under("/wall", key!("wall-map"))
        .form(fields)
        .style(STYLE)
        .render(&content)
}

async fn told(view: &View, work: &mut Work, last: &Review) -> Result<String, Failure> {
    let (Some(by), Some(at)) = (last.reviewed_by, last.reviewed_at) else {
        return Ok(String::new());
    };
    let name = person(work, by).await?;
    let line = view.t("wall-review-by").with("name", name).with("at", view.moment(&at));
    Ok(format!("{line}\n{}", last.note.as_deref().unwrap_or_default()))
}

/// Whether a review is owed, and until when.
fn notice(view: &View, stands: &Reviewed) -> Notice {
    let Some(owed) = stands.owed() else {
        let key = if stands.newest.is_some() {
            key!("wall-review-good")
        } else {
            key!("wall-review-soon")
        };
        return Notice::new(Tone::Info, view.t(key));
    };
    let text = view
        .t("wall-review-owed-text")
        .with("seen", view.date(&owed.seen_at))
        .with("due", view.date_with_era(&owed.due_at));
    if is_late(owed, view.now) {
        Notice::new(Tone::Wrong, view.t("wall-review-late")).text(text)
    } else {
        Notice::new(Tone::Warning, view.t("wall-review-owed")).text(text)
    }
}

fn duties<'a>(view: &'a View, stands: &Reviewed, model: Model) -> Table<'a> {
    let mut table = Table::new(view, view.t("wall-duties"))
        .column(view.t("wall-duties-duty"))
        .column(view.t("wall-duties-kind"))
        .column(view.t("wall-duties-ground"))
        .column(view.t("wall-duties-change"));
    for duty in catalogue().duties_of(model) {
        let ground = if duty.ground.is_verified {
            Tag::good(view.t("wall-duties-verified"))
        } else {
            Tag::quiet(view.t("wall-duties-unverified"))
        };
        let is_new =
            stands.last.as_ref().is_none_or(|last| !last.edition.duties.contains(&duty.id));
        let change = if is_new {
            Tag::warning(view.t("wall-duties-added"))
        } else {
            Tag::quiet(view.t("wall-duties-same"))
        };
        table.row([
            Cell::text(said(view, &duty.words)),
            Cell::text(view.t(Key::under("wall-duties-kind-", duty.kind.name()))),
            Cell::tag(&ground),
            Cell::tag(&change),
        ]);
    }
    table
}

/// What the model asked when the standards were looked at last, and does not any
/// more.
fn gone(view: &View, stands: &Reviewed, model: Model) -> Vec<String> {
    let Some(last) = &stands.last else { return Vec::new() };
    let now = catalogue().duties_of(model);
    let is_gone = |id: &&String| now.iter().all(|duty| duty.id != **id);
    let words = |id: &String| {
        let known = catalogue().duties.iter().find(|duty| duty.id == *id);
        known.map_or_else(|| id.clone(), |duty| said(view, &duty.words))
    };
    last.edition.duties.iter().filter(is_gone).map(words).collect()
}

fn said(view: &View, words: &Words) -> String {
    match view.language {
        Language::Japanese => words.ja.clone(),
        Language::English => words.en.clone(),
    }
}

/// What stands on the first page of whoever decides: a review that is owed.
pub(crate) async fn news(visit: &Visit, caller: &Caller) -> Result<Option<Notice>, Failure> {
    let view = &visit.view;
    let mut work = visit.read(caller).await?;
    let stands = reviewed(&mut work).await?;
    if stands.owed().is_none() {
        return Ok(None);
    }
    let link = Link::new("/wall/model", view.t("wall-review-link"));
    Ok(Some(notice(view, &stands).link(link)))
}
