//! The list of people, and inviting somebody.

use axum::response::Response;
use i18n::key;
use identity::people::{self, After, PeopleFilter};
use identity::{Caller, NewPerson, PersonId, PersonState, SectionId, sections};
use store::Work;

use super::demand_seeing;
use crate::failure::Failure;
use crate::form::Fields;
use crate::pages::names::{Names, person_tag, section_choices};
use crate::pages::set_up::read_login;
use crate::pages::sheet::{Send, Sheet};
use crate::pages::taking;
use crate::pages::trouble::complain;
use crate::parts::{Button, Cell, Form, Format, Link, Pager, Table};
use crate::routes::Answer;
use crate::view::View;
use crate::visit::Visit;

/// Lines on a page.
const LINES: u32 = 50;
/// Lines of a file, at most.
const FILE_LINES_MAX: usize = 100_000;

/// Shows a page of people, or answers the list as a file.
pub(crate) async fn show(visit: Visit, caller: Caller) -> Answer {
    demand_seeing(&caller)?;
    let fields = visit.query();
    let filter = read_filter(&fields);
    if let Some(format) = Format::asked(&fields) {
        let file = take_out(&visit, &caller, &filter, format).await?;
        return file.map_or_else(|| taking::refused(&visit, "/people"), Ok);
    }
    let view = &visit.view;
    let mut work = visit.read(&caller).await?;
    let after = Pager::asked(&fields).and_then(parse_after);
    let page = people::list(&mut work, &filter, after.as_ref(), LINES).await?;
    let next = page.next.as_ref().map(write_after);
    let table = table(view, &mut work, &page.people)
        .await?
        .empty(view.t("people-empty"))
        .pager(Pager::new(&fields, next))
        .downloads();
    let all = sections::list(&mut work).await?;
    let form = Form::new(view, &fields);
    let mut states = form.select("state", view.t("person-state")).optional();
    for state in PersonState::ALL {
        states =
            states.choice(state.name(), view.t(i18n::Key::under("person-state-", state.name())));
    }
    let narrow = Send::search(view, "/people")
        .field(&form.search("text", view.t("people-text")).hint(view.t("people-text-hint")))
        .field(
            &form
                .select("section", view.t("person-section"))
                .optional()
                .choices(&section_choices(&all)),
        )
        .field(&states);
    let manages = caller.duties.has(identity::Duty::ManagePeople);
    let links = [
        Link::new("/people/new", view.t("people-invite")).main(),
        Link::new("/people/file", view.t("people-file")).second(),
        Link::new("/sections", view.t("sections-title")).second(),
    ];
    let sheet = Sheet::new(view, view.t("people-title"))
        .lead(view.t("people-lead"))
        .when(manages, |sheet| sheet.links(links))
        .form(narrow)
        .part(&table);
    view.page(key!("people-title")).render(&sheet)
}

fn read_filter(fields: &Fields) -> PeopleFilter {
    let text = fields.value("text").trim();
    PeopleFilter {
        text: (!text.is_empty()).then(|| text.chars().take(80).collect()),
        section: SectionId::parse(fields.value("section")).ok(),
        state: PersonState::parse(fields.value("state")),
    }
}

/// The key of a page: the id first, since it has one length.
pub(crate) fn write_after(after: &After) -> String {
    format!("{}.{}", after.id, after.kana)
}

/// Reads [`write_after`].
pub(crate) fn parse_after(text: &str) -> Option<After> {
    let (id, kana) = text.split_once('.')?;
    let kana = kana.chars().take(80).collect();
    Some(After { kana, id: PersonId::parse(id).ok()? })
}

async fn table<'a>(
    view: &'a View,
    work: &mut Work,
    people: &[identity::Person],
) -> Result<Table<'a>, Failure> {
    let mut names = Names::default();
    let mut table = Table::new(view, view.t("people-caption"))
        .column(view.t("person-name"))
        .column(view.t("person-kana"))
        .column(view.t("sign-in-login"))
        .column(view.t("person-section"))
        .column(view.t("person-state"));
    for person in people {
        let section = names.section(work, person.section).await?;
        table.row([
            Cell::link(&Link::new(format!("/people/{}", person.id), &person.name)),
            Cell::text(&person.kana),
            Cell::text(&person.login),
            Cell::text(section),
            Cell::tag(&person_tag(view, person.state)),
        ]);
    }
    Ok(table)
}

/// The people that a filter finds, as a file; none without an export permit.
pub(crate) async fn take_out(
    visit: &Visit,
    caller: &Caller,
    filter: &PeopleFilter,
    format: Format,
) -> Result<Option<Response>, Failure> {
    let mut work = visit.work(caller).await?;
    let Some(grant) = taking::grant(visit, &mut work, caller).await? else { return Ok(None) };
    let (mut all, mut after) = (Vec::new(), None);
    while all.len() < FILE_LINES_MAX {
        let page = people::list(&mut work, filter, after.as_ref(), people::PAGE_MAX).await?;
        all.extend(page.people);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let table = table(&visit.view, &mut work, &all).await?;
    let file = table.file(format, "people")?;
    taking::record(visit, &mut work, caller, &grant, taking::PEOPLE, all.len()).await?;
    work.commit().await?;
    Ok(Some(file))
}

/// Shows the form for a new person.
pub(crate) async fn new(visit: Visit, caller: Caller) -> Answer {
    new_page(&visit, &caller, &Fields::empty()).await
}

async fn new_page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(caller).await?;
    let all = sections::list(&mut work).await?;
    let form = Form::new(view, fields);
    let send = Send::to("/people/new")
        .field(&form.line("name", view.t("person-name")).max(80))
        .field(&form.line("kana", view.t("person-kana")).max(80))
        .field(&form.line("login", view.t("sign-in-login")).hint(view.t("login-hint")))
        .field(&form.select("section", view.t("person-section")).choices(&section_choices(&all)))
        .button(&Button::main(view.t("people-invite")));
    let sheet = Sheet::new(view, view.t("people-invite"))
        .wrong(fields)
        .lead(view.t("people-invite-lead"))
        .form(send);
    view.page(key!("people-invite"))
        .under("/people", key!("people-title"))
        .form(fields)
        .render(&sheet)
}

/// Invites somebody and shows the code once.
pub(crate) async fn invite(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let name = fields.text("name", key!("person-name"));
    let kana = fields.text("kana", key!("person-kana"));
    let login = read_login(&mut fields);
    let section: Option<SectionId> = fields.id("section", key!("person-section"));
    let (Some(name), Some(kana), Some(login), Some(section)) = (name, kana, login, section) else {
        return new_page(&visit, &caller, &fields).await;
    };
    let mut work = visit.work(&caller).await?;
    let new = NewPerson { login, name, kana, section };
    match people::invite(&mut work, &caller, &new).await {
        Ok(invited) => {
            work.commit().await?;
            super::codes::code_page(&visit, &invited.person, &invited.code, invited.until)
        }
        Err(error) => {
            drop(work);
            complain(&mut fields, "login", error)?;
            new_page(&visit, &caller, &fields).await
        }
    }
}
