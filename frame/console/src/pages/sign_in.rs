//! Signing in: the first factor, the second, and out again.

use axum::http::{HeaderValue, StatusCode};
use base::Secret;
use i18n::{Key, Message, key};
use identity::sessions::EndReason;
use identity::{Caller, FactorKind, set_up, sign_in};
use sign_in::{First, Halfway, Second, SignedIn};

use super::means;
use super::sheet::{Send, Sheet};
use super::trouble::spoken;
use crate::cookie::Cookie;
use crate::failure::Failure;
use crate::form::Fields;
use crate::parts::{Button, Form, Link, Notice, Tone};
use crate::routes::Answer;
use crate::visit::{Visit, clear_cookie, local, set_cookie};

/// The script that speaks to security keys.
pub(crate) const PASSKEY_SCRIPT: &str = "passkey.js";

/// Shows the first step.
pub(super) async fn show(visit: Visit) -> Answer {
    if visit.view.caller.is_some() {
        return visit.go("/");
    }
    if set_up::is_needed(&visit.state.store).await? {
        return visit.go("/set-up");
    }
    let fields = Fields::empty().with("to", visit.query().value("to"));
    first_page(&visit, &fields, StatusCode::OK)
}

fn first_page(visit: &Visit, fields: &Fields, status: StatusCode) -> Answer {
    let view = &visit.view;
    let form = Form::new(view, fields);
    let to = local(fields.value("to")).unwrap_or("/");
    let password = Send::to("/sign-in")
        .hidden("to", to)
        .field(&form.line("login", view.t("sign-in-login")).autocomplete("username"))
        .field(
            &form.password("password", view.t("sign-in-password")).autocomplete("current-password"),
        )
        .button(&Button::main(view.t("sign-in-next")));
    let passkey = Send::to("/sign-in")
        .island("passkey-get", "/api/v1/passkey-challenges")
        .island_only()
        .hidden("to", to)
        .hidden("challenge", "")
        .hidden("answer", "")
        .button(&Button::second(view.t("sign-in-passkey")));
    let sheet = Sheet::new(view, view.t("sign-in-title"))
        .wrong(fields)
        .lead(view.t("sign-in-lead"))
        .form(password)
        .form(passkey);
    let sheet = match means::provider(&visit.state) {
        Some(provider) => {
            let label = view.t("sign-in-provider").with("name", provider.name().as_str());
            let send = Send::to("/sign-in/provider").hidden("to", to);
            sheet.form(send.button(&Button::second(label)))
        }
        None => sheet,
    };
    let sheet = sheet
        .text(view.t("sign-in-lost"))
        .heading(view.t("sign-in-enrol"))
        .links([Link::new("/enrol", view.t("sign-in-enrol-link")).second()]);
    let page = view.page(key!("sign-in-title")).form(fields).script(PASSKEY_SCRIPT);
    let page = if status == StatusCode::OK { page } else { page.status(status) };
    let page = match EndReason::parse(visit.query().value("ended")) {
        Some(why) => {
            let why = view.t(Key::under("end-reason-", why.name()));
            page.notice(Notice::new(Tone::Info, why))
        }
        None => page,
    };
    page.render(&sheet)
}

/// Takes the first factor and asks for the second.
pub(super) async fn first(mut visit: Visit) -> Answer {
    let mut fields = visit.fields();
    let Some(shown) = read_first(&mut fields) else {
        return first_page(&visit, &fields, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let gate = means::gate(&visit.state)?;
    let visitor = means::visitor(&visit);
    match sign_in::first(&visit.state.store, gate, &visitor, &shown).await {
        Ok(halfway) => {
            let to = local(fields.value("to")).unwrap_or("/").to_owned();
            halfway_page(&visit, &halfway, to)
        }
        Err(error) => {
            fields.complain("login", spoken(error.into())?);
            first_page(&visit, &fields, StatusCode::FORBIDDEN)
        }
    }
}

/// Asks for the second factor, however the first was shown.
pub(super) fn halfway_page(visit: &Visit, halfway: &Halfway, to: String) -> Answer {
    let to = local(&to).unwrap_or("/").to_owned();
    let asked = Asked::from(halfway, &means::visitor(visit), to);
    let page = second_page(visit, &asked, &Fields::empty())?;
    Ok(set_cookie(page, Cookie::Step, halfway.token.show().reveal()))
}

fn read_first(fields: &mut Fields) -> Option<First> {
    let (challenge, answer) = (fields.value("challenge"), fields.value("answer"));
    if !answer.is_empty() {
        return Some(First::Passkey { challenge: challenge.to_owned(), answer: answer.to_owned() });
    }
    let login = fields.text::<100>("login", key!("sign-in-login"));
    let password = fields.secret("password", key!("sign-in-password"));
    Some(First::Password { login: login?.to_string(), password: password? })
}

/// What the second page asks for. The browser sends it back with a wrong code,
/// so that the page can be shown again; what it claims opens nothing.
struct Asked {
    has_code: bool,
    has_certificate: bool,
    passkey: Option<String>,
    to: String,
}

impl Asked {
    fn from(halfway: &Halfway, visitor: &identity::Visitor, to: String) -> Self {
        let is_offered = |kind| halfway.choices.contains(&kind);
        Self {
            // A temporary code may be typed by everybody who has one.
            has_code: true,
            has_certificate: is_offered(FactorKind::Certificate) && visitor.certificate.is_some(),
            passkey: halfway.passkey.clone(),
            to,
        }
    }

    fn sent(fields: &Fields) -> Self {
        let options = fields.value("options");
        Self {
            has_code: true,
            has_certificate: fields.value("certificate-offered") == "yes",
            passkey: (!options.is_empty()).then(|| options.to_owned()),
            to: local(fields.value("to")).unwrap_or("/").to_owned(),
        }
    }

    fn carry(&self, form: Send) -> Send {
        let certificate = if self.has_certificate { "yes" } else { "" };
        form.hidden("to", &self.to)
            .hidden("options", self.passkey.as_deref().unwrap_or_default())
            .hidden("certificate-offered", certificate)
    }
}

fn second_page(visit: &Visit, asked: &Asked, fields: &Fields) -> Answer {
    let view = &visit.view;
    let form = Form::new(view, fields);
    let mut sheet =
        Sheet::new(view, view.t("second-title")).wrong(fields).lead(view.t("second-lead"));
    if asked.has_code {
        let code = form
            .line("code", view.t("second-code"))
            .hint(view.t("second-code-hint"))
            .autocomplete("one-time-code")
            .short();
        let send = asked.carry(Send::to("/sign-in/second")).field(&code);
        sheet = sheet.form(send.button(&Button::main(view.t("second-send"))));
    }
    if let Some(options) = &asked.passkey {
        let send = asked
            .carry(Send::to("/sign-in/second"))
            .island("passkey-get", options)
            .island_only()
            .hidden("answer", "")
            .button(&Button::second(view.t("second-passkey")));
        sheet = sheet.form(send);
    }
    if asked.has_certificate {
        let send = asked.carry(Send::to("/sign-in/second")).hidden("certificate", "yes");
        sheet = sheet.form(send.button(&Button::second(view.t("second-certificate"))));
    }
    let sheet = sheet.links([Link::new("/sign-in", view.t("second-again"))]);
    view.page(key!("second-title")).form(fields).script(PASSKEY_SCRIPT).render(&sheet)
}

/// Takes the second factor and opens the session.
pub(super) async fn second(mut visit: Visit) -> Answer {
    let mut fields = visit.fields();
    let asked = Asked::sent(&fields);
    let Some(shown) = read_second(&mut fields) else {
        return second_page(&visit, &asked, &fields);
    };
    let Some(halfway) = visit.cookie(Cookie::Step).map(str::to_owned) else {
        return begin_again(&visit, &asked, key!("failure-too-late"));
    };
    let gate = means::gate(&visit.state)?;
    let visitor = means::visitor(&visit);
    match sign_in::second(&visit.state.store, gate, &visitor, &halfway, &shown).await {
        Ok(signed_in) => Ok(opened(visit.go(&asked.to)?, &signed_in)),
        Err(identity::SignInError::TooLate) => {
            begin_again(&visit, &asked, key!("failure-too-late"))
        }
        Err(error) => {
            fields.complain("code", spoken(error.into())?);
            second_page(&visit, &asked, &fields)
        }
    }
}

fn begin_again(visit: &Visit, asked: &Asked, why: impl Into<Message>) -> Answer {
    let mut fields = Fields::empty().with("to", asked.to.as_str());
    fields.complain("login", why);
    let page = first_page(visit, &fields, StatusCode::UNPROCESSABLE_ENTITY)?;
    Ok(clear_cookie(page, Cookie::Step))
}

pub(super) fn read_second(fields: &mut Fields) -> Option<Second> {
    if fields.value("certificate") == "yes" {
        return Some(Second::Certificate);
    }
    let answer = fields.value("answer");
    if !answer.is_empty() {
        return Some(Second::Passkey(answer.to_owned()));
    }
    Some(typed(fields.secret("code", key!("second-code"))?))
}

/// A code as it was typed: an app's, or one of a permit.
pub(crate) fn typed(code: Secret<String>) -> Second {
    // The typed code is looked at to see which of the two kinds it is.
    let is_long = code.reveal().chars().filter(|letter| letter.is_alphanumeric()).count() > 8;
    if is_long { Second::Code(code) } else { Second::Totp(code) }
}

/// Hands the new session to the browser.
pub(crate) fn opened(
    response: axum::response::Response,
    signed_in: &SignedIn,
) -> axum::response::Response {
    let response = set_cookie(response, Cookie::Session, signed_in.token.show().reveal());
    let response = set_cookie(response, Cookie::Device, signed_in.device.show().reveal());
    clear_cookie(response, Cookie::Step)
}

/// Ends the session.
pub(super) async fn out(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.work(&caller).await?;
    identity::sessions::sign_out(&mut work, &caller).await?;
    work.commit().await.map_err(Failure::from)?;
    let mut response = visit.done("/sign-in", key!("done-signed-out"))?;
    // Not cookies: the device and the language stay.
    let all = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert("clear-site-data", all);
    Ok(clear_cookie(response, Cookie::Session))
}
