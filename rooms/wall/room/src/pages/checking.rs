//! One item of a flow's list: recorded as checked with what was seen, or
//! withdrawn with a reason, which closes the flow.

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Form, Link, Tag};
use console::{Answer, Failure, View, Visit};
use i18n::{Key, Message, key};
use identity::{Caller, Duty};
use store::Work;

use super::STYLE;
use super::flow::person;
use super::flows::{asked, crumb};
use super::off::off;
use super::scene::{Seen, gate, see};
use crate::error::WallError;
use crate::flows::{Stand, items as all};
use crate::room::Behind;
use crate::service::{self, CHECKERS, NOTE_CHARACTERS_MAX};
use crate::tables::Check;

/// An item as a flow's page shows it.
pub(crate) struct Item {
    pub(crate) label: String,
    pub(crate) about: String,
    pub(crate) tag: Tag,
    /// Who checked it and when, and what they wrote.
    pub(crate) done: Option<(String, String)>,
    /// Where the reader may check or withdraw it.
    pub(crate) link: Option<Link>,
}

#[derive(Template)]
#[template(path = "checking.html")]
struct Checking<'a> {
    view: &'a View,
    form: Form<'a>,
    title: String,
    about: String,
    action: String,
    /// Who checked it and when, and what they wrote.
    done: Option<(String, String)>,
    send: Button,
}

/// The list of a flow, with what the reader may do.
pub(crate) async fn items(
    view: &View,
    work: &mut Work,
    caller: &Caller,
    stand: &Stand,
    flow: &str,
) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::new();
    for item in all().filter(|_| stand.needs_checks) {
        let check = stand.checks.iter().find(|check| check.item == item);
        let done = match check {
            Some(check) => Some(done(view, work, check).await?),
            None => None,
        };
        let (tag, words) = match check {
            Some(_) => (Tag::good(view.t("wall-check-done")), view.t("wall-check-withdraw")),
            None => (Tag::waiting(view.t("wall-check-open")), view.t("wall-check-complete")),
        };
        let label = label(view, item);
        let link = Link::new(format!("/wall/flows/{flow}/checks/{item}"), words).about(&label);
        items.push(Item {
            about: view.t(Key::under("wall-item-about-", item)).to_string(),
            link: may(caller, check.is_some()).then_some(link),
            label,
            tag,
            done,
        });
    }
    Ok(items)
}

fn label(view: &View, item: &str) -> String {
    view.t(Key::under("wall-item-", item)).to_string()
}

async fn done(view: &View, work: &mut Work, check: &Check) -> Result<(String, String), Failure> {
    let name = person(work, check.person).await?;
    let at = view.moment(&check.made_at);
    let who = view.t("wall-check-by").with("name", name).with("at", at).to_string();
    Ok((who, check.note.clone()))
}

/// True where the service would take it from the reader.
fn may(caller: &Caller, is_checked: bool) -> bool {
    let is_checker = CHECKERS.iter().any(|duty| caller.duties.has(*duty));
    is_checker || (is_checked && caller.duties.has(Duty::Emergency))
}

/// Shows one item's form.
pub(crate) async fn show(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let Some(gate) = gate(&behind, &caller) else { return off(&visit, key!("wall-flows")) };
    let mut work = visit.read(&caller).await?;
    let seen = see(gate, &visit, &caller, &mut work).await?;
    page(&visit, &mut work, &caller, &seen, &Fields::empty()).await
}

async fn page(
    visit: &Visit,
    work: &mut Work,
    caller: &Caller,
    seen: &Seen,
    fields: &Fields,
) -> Answer {
    let view = &visit.view;
    let (stand, item) = find(visit, seen)?;
    let name = seen.site().flows.get(stand.place).map_or("", |flow| flow.name.as_str());
    let check = stand.checks.iter().find(|check| check.item == item);
    if !may(caller, check.is_some()) {
        return Err(Failure::Forbidden(None));
    }
    let done = match check {
        Some(check) => Some(done(view, work, check).await?),
        None => None,
    };
    let label = label(view, item);
    let (title, send) = match check {
        Some(check) => (
            view.t("wall-check-withdraw-title").with("item", label).to_string(),
            Button::danger(view.t("wall-check-withdraw")).sends("check", check.id),
        ),
        None => (
            view.t("wall-check-title").with("item", label).to_string(),
            Button::main(view.t("wall-check-complete")),
        ),
    };
    let content = Checking {
        view,
        form: Form::new(view, fields),
        title,
        about: view.t(Key::under("wall-item-about-", item)).to_string(),
        action: format!("/wall/flows/{name}/checks/{item}"),
        done,
        send,
    };
    let (href, crumb) = crumb();
    view.page(Key::under("wall-item-", item))
        .under("/wall", key!("wall-map"))
        .under(href, crumb)
        .under(format!("/wall/flows/{name}"), Message::new("wall-flow-title").with("name", name))
        .form(fields)
        .style(STYLE)
        .render(&content)
}

/// The flow and the item that the path names, if the flow needs a list.
fn find<'s>(visit: &Visit, seen: &'s Seen) -> Result<(&'s Stand, &'static str), Failure> {
    let place = asked(visit, seen)?;
    let stand = seen.stands.get(place).filter(|stand| stand.needs_checks);
    let item = all().find(|item| *item == visit.path("item"));
    stand.zip(item).ok_or(Failure::NotFound)
}

/// Records that it was checked, or withdraws it.
pub(crate) async fn send(behind: Behind, mut visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let mut fields = visit.fields();
    let name = visit.path("flow").to_owned();
    let is_withdrawn = !fields.value("check").is_empty();
    let (field, words) = if is_withdrawn {
        ("reason", key!("wall-check-reason"))
    } else {
        ("note", key!("wall-check-note"))
    };
    let Some(text) = fields.text::<NOTE_CHARACTERS_MAX>(field, words) else {
        let mut work = visit.read(&caller).await?;
        let seen = see(gate, &visit, &caller, &mut work).await?;
        return page(&visit, &mut work, &caller, &seen, &fields).await;
    };
    let mut work = visit.work(&caller).await?;
    let done = if is_withdrawn {
        let id = fields.id("check", key!("wall-check-done")).ok_or(WallError::Before)?;
        service::withdraw_check(&mut work, &caller, gate, id, text.as_str()).await?;
        key!("done-wall-withdrawn")
    } else {
        let item = visit.path("item");
        service::check(&mut work, &caller, gate, &name, item, text.as_str()).await?;
        key!("done-wall-checked")
    };
    work.commit().await?;
    visit.done(&format!("/wall/flows/{name}"), done)
}
