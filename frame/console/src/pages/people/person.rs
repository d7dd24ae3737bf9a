//! One person: facts, roles with their conflicts explained, factors, sessions,
//! and leaving.

use i18n::{Key, Message, key};
use identity::people::{self, PersonChange};
use identity::{Caller, Duty, Person, PersonId, PersonState, SectionId, own, sections, sessions};
use store::Work;

use super::{demand_seeing, roles};
use crate::failure::Failure;
use crate::form::Fields;
use crate::pages::means;
use crate::pages::names::{Names, person_tag, section_choices};
use crate::pages::sheet::{Send, Sheet};
use crate::pages::trouble::complain;
use crate::parts::{Button, Cell, Confirm, Facts, Form, Link, Table};
use crate::routes::Answer;
use crate::view::View;
use crate::visit::Visit;

/// Shows one person.
pub(crate) async fn show(visit: Visit, caller: Caller) -> Answer {
    page(&visit, &caller, &Fields::empty()).await
}

/// The page, perhaps with what was wrong with a form on it.
pub(super) async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let id: PersonId = visit.id("person")?;
    if id != caller.person {
        demand_seeing(caller)?;
    }
    let mut work = visit.read(caller).await?;
    let person = people::find(&mut work, id).await?;
    let mut names = Names::default();
    let section = names.section(&mut work, person.section).await?;
    let is_told = notices::is_set(&mut work, id).await?;
    let mail = if is_told { key!("person-mail-set") } else { key!("person-mail-none") };
    let facts = Facts::new()
        .tag(view.t("person-state"), &person_tag(view, person.state))
        .text(view.t("person-kana"), &person.kana)
        .text(view.t("sign-in-login"), &person.login)
        .text(view.t("person-section"), section)
        .text(view.t("person-mail"), view.t(mail))
        .text(view.t("person-joined"), view.date(&person.joined_at))
        .text_if_any(view.t("person-left-at"), person.left_at.map(|at| view.date(&at)));
    let mut sheet = Sheet::new(view, &person.name).wrong(fields).part(&facts);
    let is_other = id != caller.person;
    let manages = caller.duties.has(Duty::ManagePeople) && person.state != PersonState::Left;
    if manages {
        let edit = Link::new(format!("/people/{id}/edit"), view.t("person-edit")).second();
        let leave = Link::new(format!("/people/{id}/leave"), view.t("person-leave")).second();
        sheet = sheet.links([edit].into_iter().chain(is_other.then_some(leave)));
    }
    sheet = roles::section(view, &mut work, caller, &person, &mut names, fields, sheet).await?;
    if manages || !is_other {
        sheet = access(view, &mut work, &person, is_other && manages, fields, sheet).await?;
    }
    let title = Message::new("person-page").with("name", person.name.as_str());
    view.page(title).under("/people", key!("people-title")).form(fields).render(&sheet)
}

/// Factors and sessions, with what can be done about them.
async fn access<'a>(
    view: &'a View,
    work: &mut Work,
    person: &Person,
    may_act: bool,
    fields: &'a Fields,
    sheet: Sheet<'a>,
) -> Result<Sheet<'a>, Failure> {
    let mut table = Table::new(view, view.t("factors-title"))
        .column(view.t("factors-kind"))
        .column(view.t("factors-added"))
        .column(view.t("factors-used"));
    for factor in own::factors(work, person.id).await? {
        table.row([
            Cell::text(view.t(Key::under("factor-", factor.kind.name()))),
            Cell::moment(view, factor.added_at),
            Cell::text_if_any(factor.used_at.map(|at| view.moment_short(&at))),
        ]);
    }
    let live = sessions::live(work, person.id).await?;
    let mut now = Table::new(view, view.t("sessions-title"))
        .column(view.t("sessions-source"))
        .column(view.t("sessions-opened"))
        .column(view.t("sessions-until"));
    for session in &live {
        now.row([
            Cell::text(session.source),
            Cell::moment(view, session.opened_at),
            Cell::moment(view, session.until),
        ]);
    }
    let mut sheet = sheet
        .heading(view.t("person-access"))
        .part(&table.empty(view.t("factors-empty")))
        .part(&now.empty(view.t("sessions-empty")));
    if may_act && !live.is_empty() {
        let send = Send::to(format!("/people/{}/sessions/end", person.id));
        sheet = sheet.form(send.button(&Button::danger(view.t("sessions-end"))));
    }
    if may_act {
        let form = Form::new(view, fields);
        let mut send = Send::to(format!("/people/{}/code", person.id));
        sheet = sheet.heading(view.t("code-new"));
        if person.state == PersonState::Active {
            let reason = form.line("reason", view.t("code-reason")).max(500);
            send = send.field(&reason.hint(view.t("code-reason-hint")));
            sheet = sheet.text(view.t("code-new-active"));
        }
        sheet = sheet.form(send.button(&Button::second(view.t("code-new"))));
    }
    Ok(sheet)
}

/// Shows the form for a change.
pub(crate) async fn edit(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let person = people::find(&mut work, visit.id("person")?).await?;
    drop(work);
    let fields = Fields::empty()
        .with("name", person.name.as_str())
        .with("kana", person.kana.as_str())
        .with("section", person.section.to_string())
        .with("version", person.version.to_string());
    edit_page(&visit, &caller, &fields).await
}

async fn edit_page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let id: PersonId = visit.id("person")?;
    let mut work = visit.read(caller).await?;
    let person = people::find(&mut work, id).await?;
    let all = sections::list(&mut work).await?;
    let form = Form::new(view, fields);
    let send = Send::to(format!("/people/{id}/edit"))
        .hidden("version", fields.value("version"))
        .field(&form.line("name", view.t("person-name")).max(80))
        .field(&form.line("kana", view.t("person-kana")).max(80))
        .field(&form.select("section", view.t("person-section")).choices(&section_choices(&all)))
        .button(&Button::main(view.t("list-save")));
    let sheet = Sheet::new(view, view.t("person-edit")).wrong(fields).form(send);
    view.page(key!("person-edit"))
        .under("/people", key!("people-title"))
        .under(
            format!("/people/{id}"),
            Message::new("person-page").with("name", person.name.as_str()),
        )
        .form(fields)
        .render(&sheet)
}

/// Changes a person.
pub(crate) async fn change(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let id: PersonId = visit.id("person")?;
    let name = fields.text("name", key!("person-name"));
    let kana = fields.text("kana", key!("person-kana"));
    let section: Option<SectionId> = fields.id("section", key!("person-section"));
    let version = fields.value("version").parse().unwrap_or(0);
    let (Some(name), Some(kana), Some(section)) = (name, kana, section) else {
        return edit_page(&visit, &caller, &fields).await;
    };
    let mut work = visit.work(&caller).await?;
    let change = PersonChange { name, kana, section };
    match people::change(&mut work, &caller, id, version, &change).await {
        Ok(_) => {
            work.commit().await?;
            visit.done(&format!("/people/{id}"), key!("done-person-changed"))
        }
        Err(error) => {
            drop(work);
            complain(&mut fields, "section", error)?;
            edit_page(&visit, &caller, &fields).await
        }
    }
}

/// Asks once more before somebody is seen off.
pub(crate) async fn leaving(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(&caller).await?;
    let person = people::find(&mut work, visit.id("person")?).await?;
    let here = format!("/people/{}", person.id);
    let button = Button::danger(view.t("person-leave"));
    let facts = Facts::new()
        .text(view.t("person-name"), &person.name)
        .text(view.t("sign-in-login"), &person.login);
    let title = view.t("person-leave-title");
    let confirm = Confirm::new(view, title, format!("{here}/leave"), button, here.clone())
        .text(view.t("person-leave-text"))
        .facts(facts);
    let name = Message::new("person-page").with("name", person.name.as_str());
    view.page(key!("person-leave"))
        .under("/people", key!("people-title"))
        .under(here, name)
        .render(&confirm)
}

/// Sees somebody off: everything that they could do ends at once.
pub(crate) async fn leave(visit: Visit, caller: Caller) -> Answer {
    let id: PersonId = visit.id("person")?;
    let mut work = visit.work(&caller).await?;
    people::find(&mut work, id).await?;
    means::permits(&visit.state)?.person_left(&mut work, &caller, id).await?;
    people::leave(&mut work, &caller, id).await?;
    work.commit().await?;
    visit.done(&format!("/people/{id}"), key!("done-person-left"))
}

/// Ends all sessions of somebody.
pub(crate) async fn end_sessions(visit: Visit, caller: Caller) -> Answer {
    let id: PersonId = visit.id("person")?;
    let mut work = visit.work(&caller).await?;
    people::find(&mut work, id).await?;
    sessions::revoke_all(&mut work, &caller, id).await?;
    work.commit().await?;
    visit.done(&format!("/people/{id}"), key!("done-sessions-ended"))
}
