//! Enrolment: the code that somebody else handed over opens it, two factors
//! finish it.

use askama::Template;
use base::{Secret, Text};
use i18n::key;
use identity::enrol::{self, Chosen, NewPasskey, Opened, TotpOffer};

use super::means;
use super::sheet::{Send, Sheet};
use super::sign_in::PASSKEY_SCRIPT;
use super::trouble::complain;
use crate::cookie::Cookie;
use crate::failure::Failure;
use crate::form::Fields;
use crate::parts::{Button, Facts, Form, Link};
use crate::routes::Answer;
use crate::visit::{Visit, clear_cookie, set_cookie};

/// Asks for the code.
pub(super) async fn show(visit: Visit) -> Answer {
    code_page(&visit, &Fields::empty())
}

fn code_page(visit: &Visit, fields: &Fields) -> Answer {
    let view = &visit.view;
    let form = Form::new(view, fields);
    let code = form.line("code", view.t("enrol-code")).hint(view.t("enrol-code-hint"));
    let send = Send::to("/enrol").field(&code).button(&Button::main(view.t("enrol-open")));
    let sheet = Sheet::new(view, view.t("enrol-title"))
        .wrong(fields)
        .lead(view.t("enrol-lead"))
        .form(send)
        .links([Link::new("/sign-in", view.t("sign-in-title"))]);
    view.page(key!("enrol-title")).form(fields).render(&sheet)
}

/// Opens the enrolment.
pub(super) async fn open(mut visit: Visit) -> Answer {
    let mut fields = visit.fields();
    let Some(code) = fields.text::<100>("code", key!("enrol-code")) else {
        return code_page(&visit, &fields);
    };
    let gate = means::gate(&visit.state)?;
    let visitor = means::visitor(&visit);
    match enrol::open(&visit.state.store, gate, &visitor, code.as_str()).await {
        Ok(opened) => {
            let response = visit.go("/enrol/factors")?;
            Ok(set_cookie(response, Cookie::Step, opened.token.show().reveal()))
        }
        Err(error) => {
            complain(&mut fields, "code", error)?;
            code_page(&visit, &fields)
        }
    }
}

/// Shows what can be chosen.
pub(super) async fn factors(visit: Visit) -> Answer {
    let Some(token) = visit.cookie(Cookie::Step).map(str::to_owned) else {
        return visit.go("/enrol");
    };
    let is_by_password = visit.query().value("way") == "password";
    let way = if is_by_password { "" } else { "yes" };
    factors_page(&visit, &token, &Fields::empty().with("provider", way)).await
}

async fn factors_page(visit: &Visit, token: &str, fields: &Fields) -> Answer {
    let (store, gate) = (&visit.state.store, means::gate(&visit.state)?);
    let opened = match enrol::reopen(store, gate, token).await {
        Ok(opened) => opened,
        Err(error) => {
            let mut fields = Fields::empty();
            complain(&mut fields, "code", error)?;
            return Ok(clear_cookie(code_page(visit, &fields)?, Cookie::Step));
        }
    };
    let view = &visit.view;
    let form = Form::new(view, fields);
    let facts = Facts::new()
        .text(view.t("enrol-who"), who(&opened))
        .text(view.t("enrol-body"), &opened.body)
        .text(view.t("enrol-until"), view.moment(&opened.until));
    let provider = means::provider(&visit.state);
    if let Some(provider) = provider.filter(|_| fields.value("provider") == "yes")
        && let Some(found) = enrol::provider_found(store, token).await?
    {
        let facts = facts
            .text(view.t("me-provider-which"), provider.name())
            .text(view.t("me-provider-who"), found.shown);
        return provider_page(visit, &opened, &facts, fields);
    }
    let passkey = enrol::passkey_offer(store, gate, token).await.ok();
    let with_app = password_fields(visit, &form, Send::to("/enrol/factors"))
        .field(&Picture::of(visit, &opened.totp))
        .field(
            &form
                .line("one-time-code", view.t("enrol-one-time-code"))
                .autocomplete("one-time-code")
                .numeric(),
        )
        .button(&Button::main(view.t("enrol-finish")));
    let mut sheet = Sheet::new(view, view.t("enrol-title"))
        .wrong(fields)
        .part(&facts)
        .heading(view.t("enrol-password-heading"))
        .text(view.t("enrol-totp-text"))
        .form(with_app);
    if let Some(options) = passkey {
        let with_key = Send::to("/enrol/factors")
            .island("passkey-create", options)
            .island_only()
            .field(
                &form
                    .password("key-password", view.t("enrol-password"))
                    .hint(view.t("enrol-password-hint"))
                    .autocomplete("new-password"),
            )
            .field(
                &form.line("key-label", view.t("factors-label")).hint(view.t("factors-label-hint")),
            )
            .hidden("answer", "")
            .button(&Button::second(view.t("enrol-passkey-finish")));
        sheet = sheet
            .heading(view.t("enrol-passkey-heading"))
            .text(view.t("enrol-passkey-text"))
            .form(with_key);
    }
    if let Some(provider) = provider {
        let name = provider.name().as_str();
        let start = Button::second(view.t("enrol-provider-start").with("name", name));
        sheet = sheet
            .heading(view.t("enrol-provider-heading"))
            .text(view.t("enrol-provider-text").with("name", name))
            .form(Send::to("/enrol/provider").button(&start));
    }
    let sheet =
        sheet.text(view.t("enrol-kept-secret")).links([Link::new("/enrol", view.t("enrol-again"))]);
    view.page(key!("enrol-title")).form(fields).script(PASSKEY_SCRIPT).render(&sheet)
}

/// Asks for the app's code alone: the provider has shown who it is.
fn provider_page(visit: &Visit, opened: &Opened, facts: &Facts, fields: &Fields) -> Answer {
    let view = &visit.view;
    let form = Form::new(view, fields);
    let code = form.line("one-time-code", view.t("enrol-one-time-code"));
    let send = Send::to("/enrol/factors")
        .hidden("provider", "yes")
        .field(&Picture::of(visit, &opened.totp))
        .field(&code.autocomplete("one-time-code").numeric())
        .button(&Button::main(view.t("enrol-provider-finish")));
    let sheet = Sheet::new(view, view.t("enrol-title"))
        .wrong(fields)
        .part(facts)
        .heading(view.t("enrol-provider-code"))
        .text(view.t("enrol-totp-text"))
        .form(send)
        .links([Link::new("/enrol/factors?way=password", view.t("enrol-provider-not")).second()]);
    view.page(key!("enrol-title")).form(fields).render(&sheet)
}

fn who(opened: &Opened) -> String {
    format!("{} ({})", opened.name, opened.login)
}

fn password_fields(visit: &Visit, form: &Form<'_>, send: Send) -> Send {
    let view = &visit.view;
    let password = form.password("password", view.t("enrol-password"));
    let again = form.password("password-again", view.t("enrol-password-again"));
    send.field(&password.hint(view.t("enrol-password-hint")).autocomplete("new-password"))
        .field(&again.autocomplete("new-password"))
}

/// A secret that an app reads: as a picture, and as letters.
#[derive(Template)]
#[template(
    source = "<div class=\"qr\" role=\"img\" aria-label=\"{{ label }}\">{{ picture|safe }}</div>\
        <p class=\"field-hint\">{{ typed_label }}</p><p class=\"secret-value\"><code>{{ typed }}</code></p>",
    ext = "html"
)]
pub(super) struct Picture {
    label: String,
    picture: String,
    typed_label: String,
    typed: String,
}

impl askama::filters::HtmlSafe for Picture {}

impl Picture {
    /// The picture is made by our own code from an alphabet without mark-up.
    pub(super) fn of(visit: &Visit, offer: &TotpOffer) -> Self {
        let view = &visit.view;
        Self {
            label: view.t("enrol-totp-picture").to_string(),
            // Shown to the one person whose secret it is, on their own page.
            picture: offer.picture.reveal().clone(),
            typed_label: view.t("enrol-totp-key").to_string(),
            typed: offer.base32.reveal().clone(),
        }
    }
}

/// Finishes the enrolment.
pub(super) async fn finish(mut visit: Visit) -> Answer {
    let mut fields = visit.fields();
    let Some(token) = visit.cookie(Cookie::Step).map(str::to_owned) else {
        return visit.go("/enrol");
    };
    let name = means::provider(&visit.state).map(identity::provider::Provider::name);
    let name = name.and_then(|name| Text::parse(name.as_str()).ok());
    let Some(chosen) = read_chosen(&mut fields, name) else {
        return factors_page(&visit, &token, &fields).await;
    };
    let (store, gate) = (&visit.state.store, means::gate(&visit.state)?);
    match enrol::finish(store, gate, &means::visitor(&visit), &token, &chosen).await {
        Ok(_) => {
            let response = visit.done("/sign-in", key!("done-enrolled"))?;
            Ok(clear_cookie(response, Cookie::Step))
        }
        Err(error) => {
            let field = if chosen.totp.is_some() { "one-time-code" } else { "key-label" };
            complain(&mut fields, field, Failure::from(error))?;
            factors_page(&visit, &token, &fields).await
        }
    }
}

fn read_chosen(
    fields: &mut Fields,
    provider: Option<Text<{ enrol::LABEL_MAX }>>,
) -> Option<Chosen> {
    if fields.value("provider") == "yes" {
        let totp = Some(read_totp(fields)?);
        return Some(Chosen { totp, provider, ..Chosen::default() });
    }
    let answer = fields.value("answer").to_owned();
    if answer.is_empty() {
        let (password, totp) = (read_new_password(fields), read_totp(fields));
        let chosen = Chosen { password: Some(password?), totp: Some(totp?), ..Chosen::default() };
        return Some(chosen);
    }
    let password = fields.secret("key-password", key!("enrol-password"));
    let label: Option<Text<{ enrol::LABEL_MAX }>> = fields.text("key-label", key!("factors-label"));
    let passkeys = vec![NewPasskey { label: label?, answer }];
    Some(Chosen { password: Some(password?), passkeys, ..Chosen::default() })
}

fn read_totp(fields: &mut Fields) -> Option<Secret<String>> {
    fields.secret("one-time-code", key!("enrol-one-time-code"))
}

/// Reads a new password that was typed twice.
pub(super) fn read_new_password(fields: &mut Fields) -> Option<Secret<String>> {
    let password = fields.secret("password", key!("enrol-password"));
    let again = fields.secret("password-again", key!("enrol-password-again"));
    let (password, again) = (password?, again?);
    // Two typed secrets are compared with each other, not with a stored one.
    if password.reveal() == again.reveal() {
        return Some(password);
    }
    fields.complain("password-again", key!("enrol-password-differs"));
    None
}
