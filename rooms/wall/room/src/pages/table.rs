//! The table of flows: below the map, in the register, and as a file.

use console::View;
use console::parts::{Cell, Link, Table};
use i18n::Message;
use zones::site::Flow;

use super::map::zone_name;
use super::mark::Mark;
use super::scene::Seen;
use crate::flows::Stand;

/// A table of some flows of a site.
pub(crate) fn table<'a>(
    view: &'a View,
    seen: &Seen,
    caption: String,
    is_wanted: impl Fn(&Stand, &Flow, Mark) -> bool,
) -> Table<'a> {
    let mut table = Table::new(view, caption)
        .column(view.t("wall-flow-name"))
        .number_column(view.t("wall-flow-number"))
        .column(view.t("wall-flow-state"))
        .column(view.t("wall-flow-from"))
        .column(view.t("wall-flow-to"))
        .column(view.t("wall-flow-protocol"))
        .column(view.t("wall-flow-purpose"))
        .column(view.t("wall-flow-ends"))
        .empty(view.t("wall-flows-none"));
    for stand in &seen.stands {
        let Some(flow) = seen.site().flows.get(stand.place) else { continue };
        let mark = seen.mark(stand.place);
        if !is_wanted(stand, flow, mark) {
            continue;
        }
        let number = i64::try_from(stand.place + 1).unwrap_or(i64::MAX);
        table.row([
            Cell::link(&Link::new(format!("/wall/flows/{}", flow.name), &flow.name)),
            Cell::number(number),
            Cell::tag(&mark.tag(view)),
            Cell::text(host(view, seen, flow.from)),
            Cell::text(host(view, seen, flow.to)),
            Cell::text(protocol(flow)),
            Cell::text(&flow.purpose),
            match stand.until.filter(|until| *until > seen.now) {
                Some(until) => Cell::moment(view, until),
                None => Cell::text("—"),
            },
        ]);
    }
    table
}

/// `tcp/443 (tls)`.
pub(crate) fn protocol(flow: &Flow) -> String {
    let application = flow.application.map(|one| format!(" ({})", one.name())).unwrap_or_default();
    format!("{}/{}{application}", flow.transport.name(), flow.port)
}

/// A host with its zone.
pub(crate) fn host(view: &View, seen: &Seen, place: usize) -> String {
    let Some(host) = seen.site().hosts.get(place) else { return String::new() };
    let zones: Vec<String> = seen
        .site()
        .zones_of(host)
        .into_iter()
        .map(|zone| view.say(zone_name(zone)).to_string())
        .collect();
    let words = Message::new("wall-flow-host")
        .with("host", host.name.as_str())
        .with("zone", zones.join(" "));
    view.say(words).to_string()
}
