//! The map of the zones, with the same in a table below.

use askama::Template;
use console::parts::{Cell, Facts, Link, Table};
use console::{Answer, View, Visit};
use i18n::{Key, key};
use identity::Caller;

use super::STYLE;
use super::map::{Drawing, HALVES, Legend, WHOLE, draw, legend, zone_name};
use super::off::off;
use super::proof::{Verdict, verdict};
use super::scene::{Seen, gate, say, see};
use super::table::table;
use crate::room::Behind;

/// Flows that are drawn; more would be a thicket.
const DRAWN_MAX: usize = 300;

#[derive(Template)]
#[template(path = "zones.html")]
struct Zones<'a> {
    view: &'a View,
    verdict: Verdict,
    facts: Facts,
    drawings: Vec<Drawing>,
    legend: Option<Legend>,
    large: Option<String>,
    flows: Table<'a>,
    services: Option<Table<'a>>,
}

/// Shows the page.
pub(crate) async fn show(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let Some(gate) = gate(&behind, &caller) else { return off(&visit, key!("wall-map")) };
    let view = &visit.view;
    let mut work = visit.read(&caller).await?;
    let seen = see(gate, &visit, &caller, &mut work).await?;
    drop(work);
    let count = seen.site().flows.len();
    let is_drawn = count <= DRAWN_MAX;
    let say = say(view);
    let scene = seen.scene();
    let drawings = if is_drawn {
        [WHOLE].iter().chain(&HALVES).map(|frame| draw(&scene, frame, &say)).collect()
    } else {
        Vec::new()
    };
    let content = Zones {
        view,
        verdict: verdict(view, &seen),
        facts: facts(view, &seen),
        drawings,
        legend: is_drawn.then(|| legend(&scene, &say)),
        large: (!is_drawn).then(|| view.t("wall-map-large").with("count", count).to_string()),
        flows: table(view, &seen, view.t("wall-flows").to_string(), &|_, _, _| true),
        services: services(view, &seen),
    };
    view.page(key!("wall-map")).style(STYLE).render(&content)
}

fn facts(view: &View, seen: &Seen) -> Facts {
    let site = seen.site();
    let counts = view
        .t("wall-map-counts")
        .with("networks", site.networks.len())
        .with("hosts", site.hosts.len())
        .with("flows", site.flows.len());
    Facts::new()
        .text(view.t("wall-map-body"), &site.body)
        .text(view.t("wall-map-model"), view.t(Key::under("wall-model-", site.model.name())))
        .text(view.t("wall-map-declared"), counts)
}

/// What the gateway itself answers.
fn services<'a>(view: &'a View, seen: &Seen) -> Option<Table<'a>> {
    let site = seen.site();
    if site.services.is_empty() {
        return None;
    }
    let mut table = Table::new(view, view.t("wall-services"))
        .column(view.t("wall-service-name"))
        .column(view.t("wall-service-from"))
        .column(view.t("wall-flow-protocol"))
        .column(view.t("wall-flow-purpose"))
        .column(view.t("wall-flow-owner"))
        .column(view.t("wall-flow-last-day"));
    for service in &site.services {
        let from: Vec<&str> = service
            .from
            .iter()
            .filter_map(|place| site.hosts.get(*place))
            .map(|host| host.name.as_str())
            .collect();
        let zone = view.say(zone_name(service.zone));
        table.row([
            Cell::text(&service.name),
            Cell::text(format!("{zone}: {}", from.join(", "))),
            Cell::text(format!("{}/{}", service.transport.name(), service.port)),
            Cell::text(&service.purpose),
            Cell::text(&service.owner),
            Cell::text(service.ends),
        ]);
    }
    Some(table)
}

impl Zones<'_> {
    fn proof(&self) -> Link {
        Link::new("/wall/proof", self.view.t("wall-proof-open"))
    }
}
