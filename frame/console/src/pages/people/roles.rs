//! A person's roles: given, taken back, and the conflicts that stand in the
//! way, each explained, with the concurrent post (兼務) that may set one aside.

use i18n::{Key, Message, key};
use identity::roles::{self, AssignmentId, NewAssignment, NewPost};
use identity::{
    Bar, Caller, Conflict, Duty, IdentityError, Person, PersonId, PersonState, Role, SectionId,
    people, sections,
};
use store::Work;

use super::person::page;
use crate::failure::Failure;
use crate::form::Fields;
use crate::pages::names::{Names, section_choices};
use crate::pages::sheet::{Send, Sheet};
use crate::pages::trouble::complain;
use crate::parts::{Button, Cell, Form, Notice, Table, Tone};
use crate::routes::Answer;
use crate::view::View;
use crate::visit::Visit;

/// The part of a person's page about roles.
pub(super) async fn section<'a>(
    view: &'a View,
    work: &mut Work,
    caller: &Caller,
    person: &Person,
    names: &mut Names,
    fields: &'a Fields,
    sheet: Sheet<'a>,
) -> Result<Sheet<'a>, Failure> {
    let held = roles::of_person(work, person.id).await?;
    let appoints = caller.duties.has(Duty::AssignRoles)
        && person.id != caller.person
        && person.state != PersonState::Left;
    let mut table = Table::new(view, view.t("roles-title"))
        .column(view.t("roles-role"))
        .column(view.t("roles-where"))
        .column(view.t("roles-from"))
        .column(view.t("roles-until"));
    for one in &held {
        let place = match one.section {
            Some(section) => names.section(work, section).await?,
            None => view.t("roles-whole-body").to_string(),
        };
        table.row([
            Cell::text(view.t(Key::under("role-", one.role.name()))),
            Cell::text(place),
            Cell::moment(view, one.from),
            Cell::text_if_any(one.until.map(|until| view.moment_short(&until))),
        ]);
    }
    let mut sheet = sheet.heading(view.t("roles-title")).part(&table.empty(view.t("roles-empty")));
    for conflict in roles::conflicts(work, person.id).await? {
        sheet = sheet.part(&explain(view, &conflict));
    }
    for post in roles::posts(work).await?.iter().filter(|post| post.person == person.id) {
        let text = view
            .t("posts-text")
            .with("reason", post.reason.as_str())
            .with("until", view.date(&post.until));
        let label = view.t(Key::under("bar-", post.bar.name())).to_string();
        let notice = Notice::new(Tone::Info, view.t("posts-one").with("bar", label));
        sheet = sheet.part(&notice.text(text));
    }
    if !appoints {
        return Ok(sheet);
    }
    for one in &held {
        let role = view.t(Key::under("role-", one.role.name())).to_string();
        let send = Send::to(format!("/people/{}/roles/{}/withdraw", person.id, one.id));
        let label = view.t("roles-withdraw").with("role", role);
        sheet = sheet.form(send.button(&Button::danger(label)));
    }
    let all = sections::list(work).await?;
    let form = Form::new(view, fields);
    let choices =
        Role::ALL.iter().fold(form.select("role", view.t("roles-role")), |select, role| {
            select.choice(role.name(), view.t(Key::under("role-", role.name())))
        });
    let place = form.select("role-section", view.t("roles-where")).optional();
    let send = Send::to(format!("/people/{}/roles", person.id))
        .field(&choices)
        .field(&place.hint(view.t("roles-where-hint")).choices(&section_choices(&all)))
        .field(&form.day("until", view.t("roles-until")).optional())
        .button(&Button::main(view.t("roles-assign")));
    let bars = Bar::ALL
        .iter()
        .filter(|bar| bar.may_be_concurrent())
        .fold(form.select("bar", view.t("posts-bar")), |select, bar| {
            select.choice(bar.name(), view.t(Key::under("bar-", bar.name())))
        });
    let post = Send::to(format!("/people/{}/posts", person.id))
        .field(&bars)
        .field(&form.area("post-reason", view.t("posts-reason")).rows(3).max(500))
        .field(&form.day("post-until", view.t("roles-until")))
        .button(&Button::second(view.t("posts-record")));
    Ok(sheet
        .heading(view.t("roles-assign"))
        .form(send)
        .heading(view.t("posts-title"))
        .text(view.t("posts-lead"))
        .form(post))
}

/// Says which rule two roles break, and what can be done.
fn explain(view: &View, conflict: &Conflict) -> Notice {
    let word = |role: Role| view.t(Key::under("role-", role.name())).to_string();
    let text = view
        .t("conflict-text")
        .with("role", word(conflict.role))
        .with("other", word(conflict.other));
    let label = view.t(Key::under("bar-", conflict.bar.name()));
    Notice::new(Tone::Wrong, label).text(text)
}

/// Gives a role.
pub(crate) async fn assign(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let person: PersonId = visit.id("person")?;
    let role = fields.choice("role", key!("roles-role"), Role::parse);
    let section = SectionId::parse(fields.value("role-section")).ok();
    let until = fields.day_if_any("until", key!("roles-until"));
    let mut work = visit.work(&caller).await?;
    people::find(&mut work, person).await?;
    let Some(role) = role.filter(|_| fields.is_good()) else {
        drop(work);
        return page(&visit, &caller, &fields).await;
    };
    let new = NewAssignment { person, role, section, from: None, until };
    match roles::assign(&mut work, &caller, &new).await {
        Ok(_) => {
            work.commit().await?;
            let said = Message::new(key!("done-role-assigned"))
                .with("role", Key::under("role-", role.name()));
            visit.done(&format!("/people/{person}"), said)
        }
        Err(error) => {
            drop(work);
            match error {
                IdentityError::Conflicts(conflicts) => {
                    let words = conflicts.first().map(conflict_words);
                    fields.complain("role", words.unwrap_or_else(|| key!("failure-term").into()));
                }
                other => complain(&mut fields, "role", other)?,
            }
            page(&visit, &caller, &fields).await
        }
    }
}

/// A conflict with the way out of it, if there is one.
fn conflict_words(conflict: &Conflict) -> Message {
    let key = if conflict.bar.may_be_concurrent() {
        key!("conflict-may-be-concurrent")
    } else {
        key!("conflict-never")
    };
    Message::new(key)
        .with("bar", Key::under("bar-", conflict.bar.name()))
        .with("role", Key::under("role-", conflict.role.name()))
        .with("other", Key::under("role-", conflict.other.name()))
}

/// Takes a role back.
pub(crate) async fn withdraw(visit: Visit, caller: Caller) -> Answer {
    let person: PersonId = visit.id("person")?;
    let assignment: AssignmentId = visit.id("assignment")?;
    let mut work = visit.work(&caller).await?;
    people::find(&mut work, person).await?;
    let held = roles::of_person(&mut work, person).await?;
    if held.iter().all(|one| one.id != assignment) {
        return Err(Failure::NotFound);
    }
    roles::withdraw(&mut work, &caller, assignment).await?;
    work.commit().await?;
    visit.done(&format!("/people/{person}"), key!("done-role-withdrawn"))
}

/// Records a concurrent post.
pub(crate) async fn post(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let person: PersonId = visit.id("person")?;
    let bar = fields.choice("bar", key!("posts-bar"), Bar::parse);
    let reason = fields.text("post-reason", key!("posts-reason"));
    let until = fields.day("post-until", key!("roles-until"));
    let mut work = visit.work(&caller).await?;
    people::find(&mut work, person).await?;
    let (Some(bar), Some(reason), Some(until)) = (bar, reason, until) else {
        drop(work);
        return page(&visit, &caller, &fields).await;
    };
    match roles::record_post(&mut work, &caller, &NewPost { person, bar, reason, until }).await {
        Ok(_) => {
            work.commit().await?;
            visit.done(&format!("/people/{person}"), key!("done-post-recorded"))
        }
        Err(error) => {
            drop(work);
            complain(&mut fields, "post-until", error)?;
            page(&visit, &caller, &fields).await
        }
    }
}
