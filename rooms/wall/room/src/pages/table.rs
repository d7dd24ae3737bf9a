//! The table of flows: below the map, in the register, and as a file, which has
//! more columns than a screen.

use askama::Template;
use askama::filters::HtmlSafe;
use console::View;
use console::parts::{Cell, Link, Table, Tag};
use i18n::{Message, key};
use zones::site::Flow;

use super::map::zone_name;
use super::mark::Mark;
use super::scene::Seen;
use crate::flows::Stand;

/// From where to where: hosts, and their zones below.
#[derive(Template)]
#[template(source = "{{ hosts }}<span class=\"cell-more\">{{ zones }}</span>", ext = "html")]
struct Way {
    hosts: String,
    zones: String,
}

impl HtmlSafe for Way {}

/// The flows that a table shows.
pub(crate) type Wanted<'w> = dyn Fn(&Stand, &Flow, Mark) -> bool + 'w;

/// A table of some flows of a site, for a screen.
pub(crate) fn table<'a>(
    view: &'a View,
    seen: &Seen,
    caption: String,
    is_wanted: &Wanted<'_>,
) -> Table<'a> {
    let names = [
        key!("wall-flow-name"),
        key!("wall-flow-state"),
        key!("wall-flow-path"),
        key!("wall-flow-protocol"),
        key!("wall-flow-purpose"),
        key!("wall-flow-ends"),
    ];
    // Where nothing was ever counted there is nothing to say of it.
    let counted = (!seen.uses.is_empty()).then(|| key!("wall-flow-used-last"));
    let all = names.into_iter().chain(counted.clone());
    let table = all.fold(Table::new(view, caption), |all, name| all.column(view.t(name)));
    let mut table = table.empty(view.t("wall-flows-none"));
    for (stand, flow, mark) in rows(seen, is_wanted) {
        let label = format!("{} {}", stand.place + 1, flow.name);
        let (from, to) = (host(view, seen, flow.from), host(view, seen, flow.to));
        let way = Way {
            hosts: format!("{} → {}", from.0, to.0),
            zones: format!("{} → {}", from.1, to.1),
        };
        let text = format!("{} ({})", way.hosts, way.zones);
        let counted = counted.is_some().then(|| used(view, seen, stand));
        let cells = [
            Cell::link(&Link::new(format!("/wall/flows/{}", flow.name), label)),
            Cell::tag(&mark.tag(view)),
            Cell::part(&way, text),
            Cell::text(protocol(flow)),
            Cell::text(&flow.purpose),
            until(view, seen, stand),
        ];
        table.row(cells.into_iter().chain(counted));
    }
    table
}

/// The same with everything that the site declares, for a file.
pub(crate) fn whole<'a>(
    view: &'a View,
    seen: &Seen,
    caption: String,
    is_wanted: &Wanted<'_>,
) -> Table<'a> {
    let table = Table::new(view, caption).column(view.t("wall-flow-name"));
    let table = table.number_column(view.t("wall-flow-number"));
    let names = [
        key!("wall-flow-state"),
        key!("wall-flow-from"),
        key!("wall-flow-to"),
        key!("wall-flow-protocol"),
        key!("wall-flow-purpose"),
        key!("wall-flow-owner"),
        key!("wall-flow-last-day"),
        key!("wall-flow-ends"),
        key!("wall-flow-hash"),
        key!("wall-flow-used-last"),
    ];
    let table = names.into_iter().fold(table, |all, name| all.column(view.t(name)));
    let mut table = [key!("wall-flow-packets"), key!("wall-flow-bytes")]
        .into_iter()
        .fold(table, |all, name| all.number_column(view.t(name)));
    for (stand, flow, mark) in rows(seen, is_wanted) {
        let end = |place: usize| {
            let (host, zone) = host(view, seen, place);
            let words = Message::new("wall-flow-host").with("host", host).with("zone", zone);
            view.say(words).to_string()
        };
        let counted = seen.used(stand).map(|one| one.used).unwrap_or_default();
        let number = |count: u64| Cell::number(i64::try_from(count).unwrap_or(i64::MAX));
        table.row([
            Cell::text(&flow.name),
            Cell::number(i64::try_from(stand.place + 1).unwrap_or(i64::MAX)),
            Cell::tag(&mark.tag(view)),
            Cell::text(end(flow.from)),
            Cell::text(end(flow.to)),
            Cell::text(protocol(flow)),
            Cell::text(&flow.purpose),
            Cell::text(&flow.owner),
            Cell::text(flow.ends),
            until(view, seen, stand),
            Cell::text(seen.declared.declaration(stand.place)),
            used(view, seen, stand),
            number(counted.packets_out.saturating_add(counted.packets_back)),
            number(counted.bytes_out.saturating_add(counted.bytes_back)),
        ]);
    }
    table
}

/// When packets were seen last, and whether that is long ago.
fn used(view: &View, seen: &Seen, stand: &Stand) -> Cell {
    let Some(one) = seen.used(stand) else { return Cell::text("—") };
    if seen.unused_since(stand).is_some() {
        return Cell::tag(&Tag::warning(view.t("wall-flow-unused")));
    }
    match one.used_at {
        Some(at) => Cell::moment(view, at),
        None => Cell::text(view.t("wall-flow-used-never")),
    }
}

fn rows<'s>(
    seen: &'s Seen,
    is_wanted: &'s Wanted<'_>,
) -> impl Iterator<Item = (&'s Stand, &'s Flow, Mark)> {
    seen.stands.iter().filter_map(move |stand| {
        let flow = seen.site().flows.get(stand.place)?;
        let mark = seen.mark(stand.place);
        is_wanted(stand, flow, mark).then_some((stand, flow, mark))
    })
}

fn until(view: &View, seen: &Seen, stand: &Stand) -> Cell {
    match stand.until.filter(|until| *until > seen.now) {
        Some(until) => Cell::moment(view, until),
        None => Cell::text("—"),
    }
}

/// `tcp/443 (tls)`.
pub(crate) fn protocol(flow: &Flow) -> String {
    let application = flow.application.map(|one| format!(" ({})", one.name())).unwrap_or_default();
    format!("{}/{}{application}", flow.transport.name(), flow.port)
}

/// A host and its zone.
fn host(view: &View, seen: &Seen, place: usize) -> (String, String) {
    let Some(host) = seen.site().hosts.get(place) else { return Default::default() };
    let zones: Vec<String> = seen
        .site()
        .zones_of(host)
        .into_iter()
        .map(|zone| view.say(zone_name(zone)).to_string())
        .collect();
    (host.name.clone(), zones.join(" "))
}
