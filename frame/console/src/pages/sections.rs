//! Sections and bureaus of a body.

use i18n::key;
use identity::{Caller, NewSection, Section, SectionId, sections};

use super::sheet::{Send, Sheet};
use super::trouble::complain;
use crate::form::Fields;
use crate::parts::{Button, Cell, Choice, Form, Link, Table, Tag};
use crate::routes::Answer;
use crate::visit::Visit;

/// Lists all sections, with the form for a new one.
pub(super) async fn list(visit: Visit, caller: Caller) -> Answer {
    list_page(&visit, &caller, &Fields::empty()).await
}

async fn list_page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(caller).await?;
    let all = sections::list(&mut work).await?;
    let mut table = Table::new(view, view.t("sections-caption"))
        .column(view.t("sections-name"))
        .column(view.t("sections-code"))
        .column(view.t("sections-above"))
        .column(view.t("sections-state"));
    for section in &all {
        let above = all.iter().find(|other| Some(other.id) == section.above);
        let state = match section.closed_at {
            None => Tag::good(view.t("sections-open")),
            Some(_) => Tag::quiet(view.t("sections-closed")),
        };
        table.row([
            Cell::link(&Link::new(format!("/sections/{}", section.id), &section.name)),
            Cell::text(&section.code),
            Cell::text_if_any(above.map(|above| &above.name)),
            Cell::tag(&state),
        ]);
    }
    let send = section_fields(visit, fields, &all, None, Send::to("/sections"))
        .button(&Button::main(view.t("sections-new")));
    let sheet = Sheet::new(view, view.t("sections-title"))
        .wrong(fields)
        .lead(view.t("sections-lead"))
        .part(&table.empty(view.t("sections-empty")))
        .heading(view.t("sections-new"))
        .form(send);
    view.page(key!("sections-title")).form(fields).render(&sheet)
}

fn section_fields(
    visit: &Visit,
    fields: &Fields,
    all: &[Section],
    own: Option<SectionId>,
    send: Send,
) -> Send {
    let view = &visit.view;
    let form = Form::new(view, fields);
    let open = all.iter().filter(|one| one.closed_at.is_none() && Some(one.id) != own);
    let above: Vec<Choice> = open
        .map(|section| Choice::new(section.id, format!("{} {}", section.code, section.name)))
        .collect();
    send.field(&form.line("section-name", view.t("sections-name")).max(80))
        .field(&form.line("section-code", view.t("sections-code")).short().max(16))
        .field(&form.select("above", view.t("sections-above")).optional().choices(&above))
}

fn read(fields: &mut Fields) -> Option<NewSection> {
    let name = fields.text("section-name", key!("sections-name"));
    let code = fields.text("section-code", key!("sections-code"));
    let above = SectionId::parse(fields.value("above")).ok();
    Some(NewSection { code: code?, name: name?, above })
}

/// Opens a section.
pub(super) async fn open(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let Some(new) = read(&mut fields) else {
        return list_page(&visit, &caller, &fields).await;
    };
    let mut work = visit.work(&caller).await?;
    match sections::open(&mut work, &caller, &new).await {
        Ok(_) => {
            work.commit().await?;
            visit.done("/sections", key!("done-section-opened"))
        }
        Err(error) => {
            drop(work);
            complain(&mut fields, "section-code", error)?;
            list_page(&visit, &caller, &fields).await
        }
    }
}

/// Shows one section's form.
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let section = sections::find(&mut work, visit.id("section")?).await?;
    drop(work);
    let above = section.above.map(|above| above.to_string()).unwrap_or_default();
    let fields = Fields::empty()
        .with("section-name", section.name.as_str())
        .with("section-code", section.code.as_str())
        .with("above", above)
        .with("version", section.version.to_string());
    page(&visit, &caller, &fields).await
}

async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let id: SectionId = visit.id("section")?;
    let mut work = visit.read(caller).await?;
    let section = sections::find(&mut work, id).await?;
    let all = sections::list(&mut work).await?;
    let to = Send::to(format!("/sections/{id}")).hidden("version", fields.value("version"));
    let send = section_fields(visit, fields, &all, Some(id), to)
        .button(&Button::main(view.t("list-save")));
    let close =
        Send::to(format!("/sections/{id}/close")).button(&Button::danger(view.t("sections-close")));
    let is_open = section.closed_at.is_none();
    let sheet = Sheet::new(view, view.t("sections-edit")).wrong(fields).when(is_open, |sheet| {
        sheet
            .form(send)
            .heading(view.t("sections-close"))
            .text(view.t("sections-close-text"))
            .form(close)
    });
    view.page(key!("sections-edit"))
        .under("/sections", key!("sections-title"))
        .form(fields)
        .render(&sheet)
}

/// Changes a section.
pub(super) async fn change(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let id: SectionId = visit.id("section")?;
    let version = fields.value("version").parse().unwrap_or(0);
    let mut work = visit.work(&caller).await?;
    sections::find(&mut work, id).await?;
    let Some(new) = read(&mut fields) else {
        drop(work);
        return page(&visit, &caller, &fields).await;
    };
    match sections::change(&mut work, &caller, id, version, &new).await {
        Ok(_) => {
            work.commit().await?;
            visit.done("/sections", key!("done-section-changed"))
        }
        Err(error) => {
            drop(work);
            complain(&mut fields, "section-code", error)?;
            page(&visit, &caller, &fields).await
        }
    }
}

/// Closes a section.
pub(super) async fn close(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.work(&caller).await?;
    sections::close(&mut work, &caller, visit.id("section")?).await?;
    work.commit().await?;
    visit.done("/sections", key!("done-section-closed"))
}
