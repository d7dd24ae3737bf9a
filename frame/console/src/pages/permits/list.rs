//! What waits for the caller, and the register with its filters.

use i18n::{Key, key};
use identity::Caller;
use permits::{Filter, Part, Permit, PermitId, State};
use store::Work;

use super::title;
use crate::failure::Failure;
use crate::form::Fields;
use crate::pages::means;
use crate::pages::names::{Names, permit_tag};
use crate::pages::sheet::{Send, Sheet};
use crate::parts::{Cell, Form, Link, Pager, Table};
use crate::routes::Answer;
use crate::view::View;
use crate::visit::Visit;

/// Lines on a page.
const LINES: u32 = 50;

/// What others have applied for and the caller may decide.
pub(crate) async fn waiting(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let permits = means::permits(&visit.state)?;
    let mut work = visit.read(&caller).await?;
    let found = permits.waiting(&mut work, &caller, 200).await?;
    let table = table(view, &mut work, &found, view.t("waiting-caption").to_string()).await?;
    let table = table.empty(view.t("waiting-empty"));
    let sheet = Sheet::new(view, view.t("waiting-title")).lead(view.t("waiting-lead")).part(&table);
    view.page(key!("waiting-title")).render(&sheet)
}

/// The register as far as the caller may see it.
pub(crate) async fn register(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let permits = means::permits(&visit.state)?;
    let mut fields = visit.query();
    let filter = read_filter(&mut fields, &caller);
    let after = Pager::asked(&fields).and_then(|text| PermitId::parse(text).ok());
    let mut work = visit.read(&caller).await?;
    let page = permits.search(&mut work, &caller, &filter, after, LINES).await?;
    let caption = view.t("permits-caption").to_string();
    let table = table(view, &mut work, &page.permits, caption)
        .await?
        .empty(view.t("permits-empty"))
        .pager(Pager::new(&fields, page.next));
    let sheet = Sheet::new(view, view.t("permits-title"))
        .wrong(&fields)
        .lead(view.t("permits-lead"))
        .links([Link::new("/permits/new", view.t("permits-new")).main()])
        .form(filters(&visit, &fields)?)
        .part(&table);
    view.page(key!("permits-title")).form(&fields).render(&sheet)
}

fn filters(visit: &Visit, fields: &Fields) -> Result<Send, Failure> {
    let view = &visit.view;
    let form = Form::new(view, fields);
    let mut kinds = form.select("kind", view.t("permit-kind")).optional();
    for kind in means::permits(&visit.state)?.kinds().iter() {
        kinds = kinds.choice(kind.name, view.t(Key::under("permit-kind-", kind.name)));
    }
    let mut states = form.select("state", view.t("permit-state")).optional();
    for state in State::ALL {
        states = states.choice(state.name(), view.t(Key::under("permit-state-", state.name())));
    }
    let whose = form
        .select("whose", view.t("permits-whose"))
        .optional()
        .choice("mine", view.t("permits-whose-mine"))
        .choice("decided", view.t("permits-whose-decided"));
    Ok(Send::search(view, "/permits")
        .field(&kinds)
        .field(&states)
        .field(&whose)
        .field(&form.search("number", view.t("permit-number")).short())
        .field(&form.day("since", view.t("list-since")).optional())
        .field(&form.day("before", view.t("list-until")).optional()))
}

/// Reads the filters; what cannot be read is said and left out.
fn read_filter(fields: &mut Fields, caller: &Caller) -> Filter {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let person = match fields.value("whose") {
        "mine" => Some((caller.person, Part::Any)),
        "decided" => Some((caller.person, Part::Decider)),
        _ => None,
    };
    let (kind, state) = (some(fields.value("kind")), State::parse(fields.value("state")));
    let number = match fields.value("number").trim() {
        "" => None,
        _ => fields.number("number", key!("permit-number"), 1, i64::from(u32::MAX)),
    };
    let since = fields.day_if_any("since", key!("list-since"));
    let before = fields.day_if_any("before", key!("list-until"));
    Filter {
        kind,
        state,
        section: None,
        person,
        number: number.and_then(|number| u32::try_from(number).ok()),
        since,
        before: before.map(|day| day.plus(std::time::Duration::from_secs(86_400))),
    }
}

/// A table of permits.
pub(crate) async fn table<'a>(
    view: &'a View,
    work: &mut Work,
    permits: &[Permit],
    caption: String,
) -> Result<Table<'a>, Failure> {
    let mut names = Names::default();
    let mut table = Table::new(view, caption)
        .column(view.t("permit-what"))
        .column(view.t("permit-applicant"))
        .column(view.t("permit-purpose"))
        .column(view.t("permit-state"))
        .column(view.t("permit-ends"));
    for permit in permits {
        let applicant = names.person(work, permit.applicant).await?;
        let link = Link::new(format!("/permits/{}", permit.id), title(view, permit));
        table.row([
            Cell::link(&link),
            Cell::text(applicant),
            Cell::text(short(&permit.purpose)),
            Cell::tag(&permit_tag(view, permit)),
            Cell::moment(view, permit.until()),
        ]);
    }
    Ok(table)
}

/// The beginning of a text, for a table.
fn short(text: &str) -> String {
    const LENGTH: usize = 40;
    let mut short: String = text.chars().take(LENGTH).collect();
    if text.chars().count() > LENGTH {
        short.push('…');
    }
    short
}
