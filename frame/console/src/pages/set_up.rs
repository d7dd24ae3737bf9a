//! The first body and its first officer, with the code that the terminal
//! shows.

use base::Text;
use i18n::{Key, key};
use identity::bodies::FirstOfficer;
use identity::{BodyCode, BodyCodeError, Login, LoginError, NewBody, NewSection, enrol, set_up};

use super::means;
use super::sheet::{Send, Sheet};
use super::trouble::complain;
use crate::cookie::Cookie;
use crate::form::Fields;
use crate::parts::{Button, Form};
use crate::routes::Answer;
use crate::visit::{Visit, set_cookie};

/// Shows the form, once in the life of a store.
pub(super) async fn show(visit: Visit) -> Answer {
    if !set_up::is_needed(&visit.state.store).await? {
        return visit.go("/sign-in");
    }
    page(&visit, &Fields::empty())
}

fn page(visit: &Visit, fields: &Fields) -> Answer {
    let view = &visit.view;
    let form = Form::new(view, fields);
    let send = Send::to("/set-up")
        .field(&form.line("code", view.t("set-up-code")).hint(view.t("set-up-code-hint")))
        .field(
            &form
                .line("body-code", view.t("set-up-body-code"))
                .hint(view.t("set-up-body-code-hint"))
                .numeric(),
        )
        .field(&form.line("body-name", view.t("set-up-body-name")))
        .field(&form.line("body-kana", view.t("set-up-body-kana")))
        .field(&form.line("section-name", view.t("set-up-section-name")))
        .field(
            &form
                .line("section-code", view.t("set-up-section-code"))
                .hint(view.t("set-up-section-code-hint"))
                .short(),
        )
        .field(&form.line("name", view.t("person-name")).autocomplete("name"))
        .field(&form.line("kana", view.t("person-kana")))
        .field(
            &form
                .line("login", view.t("sign-in-login"))
                .hint(view.t("login-hint"))
                .autocomplete("username"),
        )
        .button(&Button::main(view.t("set-up-send")));
    let sheet = Sheet::new(view, view.t("set-up-title"))
        .wrong(fields)
        .lead(view.t("set-up-lead"))
        .text(view.t("set-up-officer-text"))
        .form(send);
    view.page(key!("set-up-title")).form(fields).render(&sheet)
}

/// Founds the body and goes on to the officer's factors.
pub(super) async fn save(mut visit: Visit) -> Answer {
    let mut fields = visit.fields();
    let code = fields.text::<100>("code", key!("set-up-code"));
    let body = read_body(&mut fields, "body-code", "body-name", "body-kana");
    let officer = read_officer(&mut fields);
    let (Some(code), Some(body), Some(officer)) = (code, body, officer) else {
        return page(&visit, &fields);
    };
    let (store, visitor) = (&visit.state.store, means::visitor(&visit));
    let founded = match set_up::finish(store, &visitor, code.as_str(), &body, &officer).await {
        Ok(founded) => founded,
        Err(error) => {
            complain(&mut fields, "code", error)?;
            return page(&visit, &fields);
        }
    };
    let code = founded.code.show();
    // The officer sits at this browser: their enrolment goes on at once.
    let opened = enrol::open(store, means::gate(&visit.state)?, &visitor, code.reveal()).await?;
    let response = visit.done("/enrol/factors", key!("done-set-up"))?;
    Ok(set_cookie(response, Cookie::Step, opened.token.show().reveal()))
}

/// Reads a body to be founded.
pub(super) fn read_body(
    fields: &mut Fields,
    code: &str,
    name: &str,
    kana: &str,
) -> Option<NewBody> {
    let label = key!("set-up-body-code");
    let code = fields.parse(code, label, |text| {
        BodyCode::parse(text).map_err(|error| match error {
            BodyCodeError::Digits | BodyCodeError::Prefecture | BodyCodeError::Check => {
                key!("set-up-body-code-wrong")
            }
        })
    });
    let name = fields.text(name, key!("set-up-body-name"));
    let kana = fields.text(kana, key!("set-up-body-kana"));
    Some(NewBody { code: code?, name: name?, kana: kana? })
}

/// Reads a body's first officer.
pub(super) fn read_officer(fields: &mut Fields) -> Option<FirstOfficer> {
    let section_name = fields.text("section-name", key!("set-up-section-name"));
    let section_code = fields.text("section-code", key!("set-up-section-code"));
    let name = fields.text("name", key!("person-name"));
    let kana: Option<Text<80>> = fields.text("kana", key!("person-kana"));
    let login = read_login(fields);
    let section = NewSection { code: section_code?, name: section_name?, above: None };
    Some(FirstOfficer { login: login?, name: name?, kana: kana?, section })
}

/// Reads a login.
pub(super) fn read_login(fields: &mut Fields) -> Option<Login> {
    fields.parse("login", key!("sign-in-login"), |text| Login::parse(text).map_err(login_words))
}

const fn login_words(error: LoginError) -> Key {
    match error {
        LoginError::Length => key!("login-wrong-length"),
        LoginError::Character => key!("login-wrong-character"),
        LoginError::Shared => key!("login-wrong-shared"),
    }
}
