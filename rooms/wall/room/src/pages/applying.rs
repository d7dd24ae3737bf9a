//! Applying for a flow: the declaration as it will be approved, why it is needed
//! now, and until when.

use std::time::Duration;

use askama::Template;
use base::Timestamp;
use console::form::Fields;
use console::parts::{Button, Facts, Form};
use console::{Answer, Failure, View, Visit};
use i18n::{Message, key};
use identity::Caller;
use permits::{PermitError, SPAN_MAX};

use super::STYLE;
use super::flows::{asked, crumb};
use super::off::off;
use super::scene::{Seen, gate, permits, see};
use crate::error::WallError;
use crate::room::Behind;
use crate::service::{self, Asked};

#[derive(Template)]
#[template(path = "applying.html")]
struct Applying<'a> {
    view: &'a View,
    form: Form<'a>,
    name: String,
    action: String,
    facts: Facts,
    last: String,
    send: Button,
}

/// Shows the form, filled in as far as the site says it.
pub(crate) async fn form(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let Some(gate) = gate(&behind, &caller) else { return off(&visit, key!("wall-flows")) };
    let mut work = visit.read(&caller).await?;
    let seen = see(gate, &visit, &caller, &mut work).await?;
    drop(work);
    let place = asked(&visit, &seen)?;
    let purpose = seen.site().flows.get(place).map_or("", |flow| flow.purpose.as_str());
    let last = last(&seen, place);
    let ends = last.jst().strftime("%Y-%m-%dT%H:%M").to_string();
    page(&visit, &seen, place, &Fields::empty().with("purpose", purpose).with("ends", ends))
}

/// The last moment that may be asked for: whole minutes, as the field takes it.
fn last(seen: &Seen, place: usize) -> Timestamp {
    const MINUTE: Duration = Duration::from_secs(60);
    // What is sent a while after the form was shown must not be too long.
    const ASIDE: Duration = Duration::from_secs(3_600);
    let longest = seen.now.plus(SPAN_MAX).minus(ASIDE);
    seen.declared.ends_at(place).minus(MINUTE).min(longest)
}

fn page(visit: &Visit, seen: &Seen, place: usize, fields: &Fields) -> Answer {
    let view = &visit.view;
    let flow = seen.site().flows.get(place).ok_or(Failure::NotFound)?;
    let content = Applying {
        view,
        form: Form::new(view, fields),
        name: flow.name.clone(),
        action: format!("/wall/flows/{}/apply", flow.name),
        facts: Facts::new()
            .text(view.t("wall-flow-path"), seen.declared.line(place))
            .text(view.t("wall-flow-owner"), &flow.owner)
            .text(view.t("wall-flow-last-day"), flow.ends),
        last: view.moment(&last(seen, place)),
        send: Button::main(view.t("wall-flow-apply-send")),
    };
    let (href, label) = crumb();
    view.page(key!("wall-flow-apply"))
        .under("/wall", key!("wall-map"))
        .under(href, label)
        .under(
            format!("/wall/flows/{}", flow.name),
            Message::new("wall-flow-title").with("name", flow.name.as_str()),
        )
        .form(fields)
        .style(STYLE)
        .render(&content)
}

/// Takes the application.
pub(crate) async fn send(behind: Behind, mut visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let mut fields = visit.fields();
    let purpose = fields.text::<1_000>("purpose", key!("wall-flow-apply-purpose"));
    let ends = fields.moment("ends", key!("wall-flow-apply-ends"));
    let name = visit.path("flow").to_owned();
    let mut why = None;
    if let (Some(purpose), Some(ends_at)) = (purpose, ends) {
        let mut work = visit.work(&caller).await?;
        let asked = Asked { purpose: purpose.as_str(), ends_at };
        match service::apply(&mut work, &caller, gate, permits(&visit)?, &name, &asked).await {
            Ok(_) => {
                work.commit().await?;
                return visit.done(&format!("/wall/flows/{name}"), key!("done-wall-applied"));
            }
            Err(error) => why = Some(error),
        }
    }
    match why {
        None => {}
        Some(WallError::TooLate) => fields.complain("ends", key!("wall-too-late")),
        Some(WallError::AskedBefore) => fields.complain("ends", key!("wall-asked-before")),
        Some(WallError::Permit(
            PermitError::TooLong { .. } | PermitError::NotAhead | PermitError::EndBeforeStart,
        )) => fields.complain("ends", key!("wall-flow-apply-ends-wrong")),
        Some(error) => return Err(error.into()),
    }
    let mut work = visit.read(&caller).await?;
    let seen = see(gate, &visit, &caller, &mut work).await?;
    drop(work);
    page(&visit, &seen, asked(&visit, &seen)?, &fields)
}
