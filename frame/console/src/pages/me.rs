//! One's own factors and sessions: look, add, change, remove.

use base::Text;
use i18n::{Key, key};
use identity::enrol::{LABEL_MAX, NewPasskey};
use identity::own::{self, FactorId};
use identity::sessions::SessionId;
use identity::{Caller, FactorKind, sessions};

use super::enrol::{Picture, read_new_password};
use super::mail;
use super::means;
use super::sheet::{Send, Sheet};
use super::sign_in::PASSKEY_SCRIPT;
use super::trouble::complain;
use crate::failure::Failure;
use crate::form::Fields;
use crate::parts::{Button, Cell, Form, Link, Table};
use crate::routes::Answer;
use crate::visit::Visit;

/// Shows one's own factors.
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    page(&visit, &caller, &Fields::empty()).await
}

/// The page, perhaps with what was wrong with a form on it.
pub(super) async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(caller).await?;
    let mine = own::factors(&mut work, caller.person).await?;
    let mut table = Table::new(view, view.t("factors-title"))
        .column(view.t("factors-kind"))
        .column(view.t("factors-label"))
        .column(view.t("factors-added"))
        .column(view.t("factors-used"));
    for factor in &mine {
        table.row([
            Cell::text(view.t(Key::under("factor-", factor.kind.name()))),
            Cell::text(&factor.label),
            Cell::moment(view, factor.added_at),
            Cell::text_if_any(factor.used_at.map(|at| view.moment_short(&at))),
        ]);
    }
    let mut sheet = Sheet::new(view, view.t("me-title"))
        .wrong(fields)
        .lead(view.t("me-lead"))
        .part(&table)
        .links([Link::new("/me/add", view.t("me-add")).main()])
        .when(means::provider(&visit.state).is_some(), |sheet| {
            sheet.links([Link::new("/me/provider", view.t("me-provider-title")).second()])
        });
    for factor in mine.iter().filter(|factor| factor.kind != FactorKind::Password) {
        let label = view.t("me-remove").with("label", factor.label.as_str());
        let send = Send::to(format!("/me/factors/{}/remove", factor.id));
        sheet = sheet.form(send.button(&Button::danger(label)));
    }
    let form = Form::new(view, fields);
    let password = Send::to("/me/password")
        .field(&form.password("current", view.t("me-current")).autocomplete("current-password"))
        .field(
            &form
                .password("password", view.t("enrol-password"))
                .hint(view.t("enrol-password-hint"))
                .autocomplete("new-password"),
        )
        .field(
            &form
                .password("password-again", view.t("enrol-password-again"))
                .autocomplete("new-password"),
        )
        .button(&Button::main(view.t("me-password")));
    let mut now = Table::new(view, view.t("sessions-title"))
        .column(view.t("sessions-source"))
        .column(view.t("sessions-opened"))
        .column(view.t("sessions-until"));
    let live = sessions::live(&mut work, caller.person).await?;
    for session in &live {
        now.row([
            Cell::text(session.source),
            Cell::moment(view, session.opened_at),
            Cell::moment(view, session.until),
        ]);
    }
    let end = Send::to("/me/sessions/end").button(&Button::danger(view.t("me-sessions-end")));
    let has_password = mine.iter().any(|factor| factor.kind == FactorKind::Password);
    let sheet =
        sheet.when(has_password, |sheet| sheet.heading(view.t("me-password")).form(password));
    let sheet = mail::part(visit, &mut work, caller, fields, sheet).await?;
    let sheet = sheet.heading(view.t("sessions-title")).part(&now);
    let others = live.iter().filter(|session| Some(session.id) != caller.session);
    let sheet = others.fold(sheet, |sheet, session| {
        let label = view
            .t("me-session-end")
            .with("opened", view.moment(&session.opened_at))
            .with("source", session.source.to_string());
        let send = Send::to(format!("/me/sessions/{}/end", session.id));
        sheet.form(send.button(&Button::danger(label)))
    });
    let sheet = sheet.form(end);
    view.page(key!("me-title")).form(fields).render(&sheet)
}

/// Changes the password.
pub(super) async fn password(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let current = fields.secret("current", key!("me-current"));
    let new = read_new_password(&mut fields);
    let (Some(current), Some(new)) = (current, new) else {
        return page(&visit, &caller, &fields).await;
    };
    let (store, gate) = (&visit.state.store, means::gate(&visit.state)?);
    match own::change_password(store, gate, &caller, &current, &new).await {
        Ok(()) => visit.done("/me", key!("done-password-changed")),
        Err(error) => {
            complain(&mut fields, "current", error)?;
            page(&visit, &caller, &fields).await
        }
    }
}

/// Shows what can be added.
pub(super) async fn adding(visit: Visit, caller: Caller) -> Answer {
    if caller.demand_fresh(visit.view.now).is_err() {
        return Err(Failure::ProofNeeded { back: Some("/me/add".to_owned()) });
    }
    add_page(&visit, &caller, &Fields::empty()).await
}

async fn add_page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let (store, gate) = (&visit.state.store, means::gate(&visit.state)?);
    let (offer, options) = own::begin_adding(store, gate, caller).await?;
    let form = Form::new(view, fields);
    let app = Send::to("/me/totp")
        .field(&Picture::of(visit, &offer))
        .field(
            &form
                .line("one-time-code", view.t("enrol-one-time-code"))
                .autocomplete("one-time-code")
                .numeric(),
        )
        .button(&Button::main(view.t("me-add-app")));
    let mut sheet = Sheet::new(view, view.t("me-add"))
        .wrong(fields)
        .heading(view.t("factor-totp"))
        .text(view.t("me-add-app-text"))
        .form(app);
    if let Some(options) = options {
        let label = form.line("key-label", view.t("factors-label"));
        let key = Send::to("/me/passkey")
            .island("passkey-create", options)
            .island_only()
            .hidden("answer", "")
            .field(&label.hint(view.t("factors-label-hint")).max(LABEL_MAX))
            .button(&Button::main(view.t("me-add-key")));
        sheet = sheet.heading(view.t("factor-passkey")).text(view.t("me-add-key-text")).form(key);
    }
    if visit.approach.certificate.is_some() {
        let label = form.line("certificate-label", view.t("factors-label")).max(LABEL_MAX);
        let send = Send::to("/me/certificate").field(&label);
        sheet = sheet
            .heading(view.t("factor-certificate"))
            .form(send.button(&Button::main(view.t("me-add-certificate"))));
    }
    view.page(key!("me-add"))
        .under("/me", key!("me-title"))
        .form(fields)
        .script(PASSKEY_SCRIPT)
        .render(&sheet)
}

/// Adds an authenticator app.
pub(super) async fn totp(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let Some(code) = fields.secret("one-time-code", key!("enrol-one-time-code")) else {
        return add_page(&visit, &caller, &fields).await;
    };
    let (store, gate) = (&visit.state.store, means::gate(&visit.state)?);
    // The typed code is checked against the offered secret.
    match own::add_totp(store, gate, &caller, code.reveal()).await {
        Ok(()) => visit.done("/me", key!("done-factor-added")),
        Err(error) => {
            complain(&mut fields, "one-time-code", error)?;
            add_page(&visit, &caller, &fields).await
        }
    }
}

/// Adds a security key or passkey.
pub(super) async fn passkey(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let label: Option<Text<LABEL_MAX>> = fields.text("key-label", key!("factors-label"));
    let answer = fields.value("answer").to_owned();
    let Some(label) = label.filter(|_| !answer.is_empty()) else {
        return add_page(&visit, &caller, &fields).await;
    };
    let (store, gate) = (&visit.state.store, means::gate(&visit.state)?);
    match own::add_passkey(store, gate, &caller, &NewPasskey { label, answer }).await {
        Ok(()) => visit.done("/me", key!("done-factor-added")),
        Err(error) => {
            complain(&mut fields, "key-label", error)?;
            add_page(&visit, &caller, &fields).await
        }
    }
}

/// Binds the client certificate of this connection.
pub(super) async fn certificate(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let Some(label) = fields.text("certificate-label", key!("factors-label")) else {
        return add_page(&visit, &caller, &fields).await;
    };
    let visitor = means::visitor(&visit);
    let mut work = visit.work(&caller).await?;
    own::add_certificate(&mut work, &caller, &visitor, &label).await?;
    work.commit().await?;
    visit.done("/me", key!("done-factor-added"))
}

/// Removes a factor; two different ones remain.
pub(super) async fn remove(visit: Visit, caller: Caller) -> Answer {
    let factor: FactorId = visit.id("factor")?;
    let mut work = visit.work(&caller).await?;
    let mine = own::factors(&mut work, caller.person).await?;
    if mine.iter().all(|known| known.id != factor) {
        return Err(Failure::NotFound);
    }
    own::remove(&mut work, &caller, factor).await?;
    work.commit().await?;
    visit.done("/me", key!("done-factor-removed"))
}

/// Ends one other session of one's own.
pub(super) async fn end_session(visit: Visit, caller: Caller) -> Answer {
    let session: SessionId = visit.id("session")?;
    let mut work = visit.work(&caller).await?;
    sessions::revoke_one(&mut work, &caller, session).await?;
    work.commit().await?;
    visit.done("/me", key!("done-my-sessions-ended"))
}

/// Ends all other sessions of one's own.
pub(super) async fn end_sessions(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.work(&caller).await?;
    sessions::revoke_all(&mut work, &caller, caller.person).await?;
    work.commit().await?;
    visit.done("/me", key!("done-my-sessions-ended"))
}
