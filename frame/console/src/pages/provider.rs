//! Another identity provider at the door: to it and back, for a sign-in, for a
//! link that a person makes to themselves, and for an enrolment. What went wrong
//! is said in our own words; nothing that the provider writes is shown.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use i18n::{Key, Message, key};
use identity::provider::{self, Arrived, Away, Errand, Provider, ProviderError, Returned};
use identity::{Caller, FactorKind, own};

use super::means;
use super::sheet::{Send, Sheet};
use super::sign_in;
use super::trouble::spoken;
use crate::cookie::Cookie;
use crate::failure::Failure;
use crate::form::Fields;
use crate::parts::{Button, Facts, Link, Notice, Tone};
use crate::routes::Answer;
use crate::visit::{Visit, clear_cookie, local, set_cookie};

/// Where a provider sends browsers back to; it must know this address.
pub const PROVIDER_BACK: &str = "/sign-in/provider/back";

/// Sends somebody who is not known yet to the provider.
pub(super) async fn start(mut visit: Visit) -> Answer {
    let fields = visit.fields();
    let back = local(fields.value("to")).unwrap_or("/").to_owned();
    go(&visit, Errand::SignIn { back: &back }).await
}

/// Sends somebody who enrols.
pub(super) async fn start_enrolling(visit: Visit) -> Answer {
    let Some(token) = visit.cookie(Cookie::Step).map(str::to_owned) else {
        return visit.go("/enrol");
    };
    go(&visit, Errand::Enrol { token: &token }).await
}

/// Sends somebody signed in, who wants to link themselves.
pub(super) async fn start_linking(visit: Visit, caller: Caller) -> Answer {
    go(&visit, Errand::Link(&caller)).await
}

async fn go(visit: &Visit, errand: Errand<'_>) -> Answer {
    let provider = known(visit)?;
    match provider::begin(&visit.state.store, provider, errand).await {
        Ok(Away { token, address }) => {
            let page = passing(visit, &address, key!("provider-leave-title"))?;
            Ok(set_cookie(page, Cookie::Provider, token.show().reveal()))
        }
        Err(error) => refused(visit, provider, error),
    }
}

/// A page that goes on by itself, and by a link where a browser does not. The
/// address is not sent as a redirection: browsers hold a form's redirections to
/// `form-action` (CSP 3 §6.3.2.1), and hold back our strict cookies on the way
/// from another site until a page of ours asks for the next.
fn passing(visit: &Visit, address: &str, title: Key) -> Answer {
    let view = &visit.view;
    let sheet = Sheet::new(view, view.t(&title))
        .text(view.t("provider-passing"))
        .links([Link::new(address, view.t("provider-on")).main()]);
    let mut page = view.page(title).render(&sheet)?;
    let refresh = HeaderValue::from_str(&format!("0; url={address}")).map_err(Failure::internal)?;
    page.headers_mut().insert(HeaderName::from_static("refresh"), refresh);
    Ok(page)
}

/// Takes a browser back in.
pub(super) async fn back(visit: Visit) -> Answer {
    let provider = known(&visit)?;
    let outcome = match (visit.cookie(Cookie::Provider), returned(&visit.query())) {
        (Some(cookie), Some(returned)) => {
            let (store, gate) = (&visit.state.store, means::gate(&visit.state)?);
            let visitor = means::visitor(&visit);
            provider::finish(store, gate, provider, &visitor, cookie, &returned).await
        }
        _ => Err(ProviderError::NoTrip),
    };
    let page = match outcome {
        Ok(Arrived::Halfway { halfway, back }) => sign_in::halfway_page(&visit, &halfway, back),
        Ok(Arrived::ToLink) => passing(&visit, "/me/provider/confirm", key!("provider-back-title")),
        Ok(Arrived::ToEnrol) => passing(&visit, "/enrol/factors", key!("provider-back-title")),
        // The cookie stays: another trip of this browser may be under way.
        Err(error @ ProviderError::NoTrip) => return refused(&visit, provider, error),
        Err(error) => refused(&visit, provider, error),
    };
    Ok(clear_cookie(page?, Cookie::Provider))
}

/// Reads the query; a value that stands there twice makes it nobody's answer
/// (RFC 6749 §3.1).
fn returned(query: &Fields) -> Option<Returned> {
    let one = |name: &str| match query.values(name) {
        [] => Some(String::new()),
        [one] => Some(one.clone()),
        _ => None,
    };
    Some(Returned {
        code: one("code")?,
        state: one("state")?,
        issuer: one("iss")?,
        error: one("error")?,
    })
}

fn known(visit: &Visit) -> Result<&Provider, Failure> {
    means::provider(&visit.state).ok_or(Failure::NotFound)
}

/// Says what went wrong and how to go on: other ways in are open.
fn refused(visit: &Visit, provider: &Provider, error: ProviderError) -> Answer {
    let (status, what) = match error {
        ProviderError::Away(why) => {
            tracing::warn!(why, "the identity provider cannot be used");
            (StatusCode::SERVICE_UNAVAILABLE, "away")
        }
        ProviderError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        ProviderError::Declined => (StatusCode::FORBIDDEN, "declined"),
        ProviderError::Disbelieved(why) => {
            tracing::warn!(why = why.name(), "the identity provider's answer is not believed");
            (StatusCode::FORBIDDEN, "disbelieved")
        }
        ProviderError::Unlinked => (StatusCode::FORBIDDEN, "unlinked"),
        ProviderError::NoTrip => (StatusCode::BAD_REQUEST, "no-trip"),
        ProviderError::Failed(error) => return Err(error.into()),
    };
    let view = &visit.view;
    let title = Key::under("provider-", what);
    let text = view.t(Key::under("provider-text-", what)).with("name", provider.name().as_str());
    let sheet = Sheet::new(view, view.t(&title))
        .part(&Notice::new(Tone::Warning, text))
        .text(view.t("provider-safe"))
        .links([Link::new("/sign-in", view.t("provider-other-ways")).main()]);
    view.page(title).status(status).render(&sheet)
}

/// Shows whether the caller may come in through the provider.
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    let provider = known(&visit)?;
    let mut work = visit.read(&caller).await?;
    let mine = own::factors(&mut work, caller.person).await?;
    let is_linked = mine.iter().any(|factor| factor.kind == FactorKind::Provider);
    let view = &visit.view;
    let name = provider.name().as_str();
    let start = Button::main(view.t("me-provider-start").with("name", name));
    let send = Send::to("/me/provider").button(&start);
    let sheet = Sheet::new(view, view.t("me-provider-title"))
        .lead(view.t("me-provider-lead").with("name", name))
        .when(is_linked, |sheet| sheet.text(view.t("me-provider-linked")))
        .text(view.t("me-provider-second"))
        .form(send);
    view.page(key!("me-provider-title")).under("/me", key!("me-title")).render(&sheet)
}

/// Shows whom the provider knows, before it becomes a way in.
pub(super) async fn confirming(visit: Visit, caller: Caller) -> Answer {
    let provider = known(&visit)?;
    let mut work = visit.read(&caller).await?;
    let Some(offered) = provider::offered(&mut work, &caller).await? else {
        return visit.go("/me/provider");
    };
    confirm_page(&visit, provider, &offered.shown, None)
}

fn confirm_page(visit: &Visit, provider: &Provider, shown: &str, wrong: Option<Message>) -> Answer {
    let view = &visit.view;
    let facts = Facts::new()
        .text(view.t("me-provider-which"), provider.name())
        .text(view.t("me-provider-who"), shown);
    let send = Send::to("/me/provider/confirm").button(&Button::main(view.t("me-provider-yes")));
    let is_wrong = wrong.is_some();
    let mut sheet = Sheet::new(view, view.t("me-provider-confirm-title"));
    if let Some(wrong) = wrong {
        sheet = sheet.part(&Notice::new(Tone::Wrong, view.say(wrong)));
    }
    let sheet = sheet
        .lead(view.t("me-provider-confirm-lead"))
        .part(&facts)
        .when(!is_wrong, |sheet| sheet.form(send))
        .links([Link::new("/me", view.t("me-provider-no")).second()]);
    let page = view.page(key!("me-provider-confirm-title")).under("/me", key!("me-title"));
    let page = if is_wrong { page.wrong() } else { page };
    page.render(&sheet)
}

/// Links the caller.
pub(super) async fn confirm(visit: Visit, caller: Caller) -> Answer {
    let provider = known(&visit)?;
    let mut work = visit.work(&caller).await?;
    let offered = provider::offered(&mut work, &caller).await?;
    match provider::accept(&mut work, &caller, provider).await {
        Ok(()) => {
            work.commit().await?;
            visit.done("/me", key!("done-factor-added"))
        }
        Err(error) => {
            drop(work);
            let wrong = spoken(error.into())?;
            let shown = offered.map(|offered| offered.shown).unwrap_or_default();
            confirm_page(&visit, provider, &shown, Some(wrong))
        }
    }
}
