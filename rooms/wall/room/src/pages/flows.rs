//! The register of flows, narrowed by state, boundary and words, and taken out
//! as a file on an export permit.

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Choices, Form, Format, Table};
use console::{Answer, Failure, View, Visit};
use i18n::{Message, key};
use identity::Caller;
use permits::{Ask, EXPORT};
use records::{Action, Subject};
use zones::Crossing;
use zones::site::{Flow, Site};

use super::STYLE;
use super::map::zone_name;
use super::mark::Mark;
use super::off::off;
use super::scene::{Seen, gate, permits, see};
use super::table::{table, whole};
use crate::error::WallError;
use crate::flows::Stand;
use crate::room::Behind;

/// The register was taken out.
const TAKEN: Action = Action::new("flows.taken-out");

/// What is asked for where open flows that nobody uses are.
const UNUSED: &str = "unused";

#[derive(Template)]
#[template(path = "flows.html")]
struct Flows<'a> {
    view: &'a View,
    form: Form<'a>,
    states: Choices<'a>,
    crossings: Choices<'a>,
    narrow: Button,
    table: Table<'a>,
}

/// Shows the register, or answers it as a file.
pub(crate) async fn list(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let Some(gate) = gate(&behind, &caller) else { return off(&visit, key!("wall-flows")) };
    let view = &visit.view;
    let fields = visit.query();
    let format = Format::asked(&fields);
    let mut work =
        if format.is_some() { visit.work(&caller).await? } else { visit.read(&caller).await? };
    let seen = see(gate, &visit, &caller, &mut work).await?;
    let wanted = Wanted::read(&fields);
    let caption = view.t("wall-flows").to_string();
    let takes = |stand: &Stand, flow: &Flow, mark| {
        (!wanted.is_unused || seen.unused_since(stand).is_some())
            && wanted.takes(seen.site(), flow, mark)
    };
    if let Some(format) = format {
        let ask = Ask { kind: EXPORT.name, person: Some(caller.person), key: None, covers: &[] };
        let permits = permits(&visit)?;
        let granted = permits.in_force(&mut work, &ask).await.map_err(WallError::from)?;
        let Some(grant) = granted else {
            return Err(Failure::forbidden(key!("taking-needs")));
        };
        let entry = caller.entry(TAKEN, Subject::new("body", caller.body));
        permits.used(&mut work, &grant, entry).await.map_err(WallError::from)?;
        let file = whole(view, &seen, caption, &takes).file(format, "flows")?;
        work.commit().await?;
        return Ok(file);
    }
    drop(work);
    let form = Form::new(view, &fields);
    let content = Flows {
        view,
        form,
        states: states(view, form),
        crossings: crossings(view, form),
        narrow: Button::second(view.t("wall-narrow")),
        table: table(view, &seen, caption, &takes).downloads(),
    };
    view.page(key!("wall-flows")).under("/wall", key!("wall-map")).style(STYLE).render(&content)
}

fn states<'a>(view: &'a View, form: Form<'a>) -> Choices<'a> {
    let select = form.select("state", view.t("wall-flow-filter-state")).optional();
    let marks = Mark::ALL
        .into_iter()
        .fold(select, |select, mark| select.choice(mark.name(), view.t(mark.label())));
    marks.choice(UNUSED, view.t("wall-flow-unused"))
}

fn crossings<'a>(view: &'a View, form: Form<'a>) -> Choices<'a> {
    let select = form.select("crossing", view.t("wall-flow-filter-crossing")).optional();
    Crossing::ALL.into_iter().fold(select, |select, crossing| {
        let (from, to) = (view.say(zone_name(crossing.from())), view.say(zone_name(crossing.to())));
        let words =
            Message::new("wall-crossing").with("from", from.to_string()).with("to", to.to_string());
        select.choice(crossing_name(crossing), view.say(words))
    })
}

fn crossing_name(crossing: Crossing) -> String {
    format!("{}-{}", crossing.from().name(), crossing.to().name())
}

/// What the register is narrowed to.
struct Wanted {
    mark: Option<Mark>,
    is_unused: bool,
    crossing: String,
    words: Vec<String>,
}

impl Wanted {
    fn read(fields: &Fields) -> Self {
        Self {
            mark: Mark::parse(fields.value("state")),
            is_unused: fields.value("state") == UNUSED,
            crossing: fields.value("crossing").to_owned(),
            words: fields.value("words").split_whitespace().map(str::to_lowercase).collect(),
        }
    }

    fn takes(&self, site: &Site, flow: &Flow, mark: Mark) -> bool {
        let host = |place: usize| site.hosts.get(place).map_or("", |host| host.name.as_str());
        let text = format!(
            "{} {} {} {} {} {}/{}",
            flow.name,
            host(flow.from),
            host(flow.to),
            flow.purpose,
            flow.owner,
            flow.transport.name(),
            flow.port
        )
        .to_lowercase();
        self.mark.is_none_or(|wanted| wanted == mark)
            && (self.crossing.is_empty() || self.crossing == crossing_name(flow.crossing))
            && self.words.iter().all(|word| text.contains(word))
    }
}

/// The register's place in the breadcrumbs.
pub(crate) fn crumb() -> (&'static str, i18n::Key) {
    ("/wall/flows", key!("wall-flows"))
}

/// A flow of the site by the name in the path.
pub(crate) fn asked(visit: &Visit, seen: &Seen) -> Result<usize, Failure> {
    seen.declared.place(visit.path("flow")).ok_or(Failure::NotFound)
}
