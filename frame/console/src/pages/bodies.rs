//! Bodies: a prefecture sees the municipalities under it and registers new
//! ones; a municipality sees itself.

use i18n::{Key, Message, key};
use identity::{BodyKind, Caller, Duty, bodies};

use super::set_up::{read_body, read_officer};
use super::sheet::{Send, Sheet};
use super::trouble::complain;
use crate::form::Fields;
use crate::parts::{Button, Cell, Form, Notice, Table, Tone};
use crate::routes::Answer;
use crate::visit::Visit;

/// Lists the bodies that the caller's body may see.
pub(super) async fn list(visit: Visit, caller: Caller) -> Answer {
    list_page(&visit, &caller, &Fields::empty()).await
}

async fn list_page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let all = bodies::under(&visit.state.store, caller).await?;
    let mut table = Table::new(view, view.t("bodies-caption"))
        .column(view.t("set-up-body-name"))
        .column(view.t("bodies-code"))
        .column(view.t("bodies-kind"))
        .column(view.t("bodies-founded"));
    for body in &all {
        table.row([
            Cell::text(&body.name),
            Cell::text(body.code),
            Cell::text(view.t(Key::under("body-kind-", body.kind().name()))),
            Cell::text(view.date(&body.founded_at)),
        ]);
    }
    let is_prefecture =
        all.iter().any(|body| body.id == caller.body && body.kind() == BodyKind::Prefecture);
    let founds = is_prefecture && caller.duties.has(Duty::FoundBodies);
    let sheet = Sheet::new(view, view.t("bodies-title"))
        .wrong(fields)
        .lead(view.t("bodies-lead"))
        .part(&table)
        .when(founds, |sheet| {
            sheet
                .heading(view.t("bodies-new"))
                .text(view.t("bodies-new-lead"))
                .form(new_form(visit, fields))
        });
    view.page(key!("bodies-title")).form(fields).render(&sheet)
}

fn new_form(visit: &Visit, fields: &Fields) -> Send {
    let view = &visit.view;
    let form = Form::new(view, fields);
    let code = form.line("code", view.t("set-up-body-code")).hint(view.t("set-up-body-code-hint"));
    let section = form.line("section-code", view.t("set-up-section-code"));
    let login = form.line("login", view.t("sign-in-login")).hint(view.t("login-hint"));
    Send::to("/bodies")
        .field(&code.numeric())
        .field(&form.line("body-name", view.t("set-up-body-name")).max(80))
        .field(&form.line("body-kana", view.t("set-up-body-kana")).max(80))
        .field(&form.line("section-name", view.t("set-up-section-name")).max(80))
        .field(&section.hint(view.t("set-up-section-code-hint")).short())
        .field(&form.line("name", view.t("person-name")).max(80))
        .field(&form.line("kana", view.t("person-kana")).max(80))
        .field(&login)
        .button(&Button::main(view.t("bodies-new")))
}

/// Registers a municipality and shows its officer's code once.
pub(super) async fn found(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let body = read_body(&mut fields, "code", "body-name", "body-kana");
    let officer = read_officer(&mut fields);
    let (Some(body), Some(officer)) = (body, officer) else {
        return list_page(&visit, &caller, &fields).await;
    };
    match bodies::found(&visit.state.store, &caller, &body, &officer).await {
        Ok(founded) => {
            let view = &visit.view;
            let shown = founded.code.show();
            let name = founded.officer.name.as_str();
            let notice = Notice::new(Tone::Warning, view.t("permit-secret-once"))
                .text(view.t("code-hand-over").with("name", name));
            let title = view.t("bodies-code-title").with("name", founded.body.name.as_str());
            let sheet = Sheet::new(view, title)
                .part(&notice)
                // Whoever registers a body reads the code out to its officer.
                .secret(view.t("enrol-code"), shown.reveal())
                .text(view.t("code-where").with("until", view.moment(&founded.until)));
            let title = Message::new("bodies-code-title").with("name", founded.body.name.as_str());
            view.page(title).under("/bodies", key!("bodies-title")).render(&sheet)
        }
        Err(error) => {
            complain(&mut fields, "code", error)?;
            list_page(&visit, &caller, &fields).await
        }
    }
}
