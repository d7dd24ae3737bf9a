//! The map of the zones as SVG, drawn here: networks and hosts in a column for
//! each zone, and every declared flow as a line with its number in the table
//! beside it. Between personal numbers and the internet no line can be drawn.
//! Pure: a site and how its flows stand come in, a drawing comes out.

mod order;
mod shape;

use askama::Template;
use i18n::{Key, Message};
use zones::site::Site;
use zones::{Crossing, Zone};

use self::order::{Column, Placed};
use super::mark::Mark;

/// What is drawn.
pub(crate) struct Scene<'a> {
    pub(crate) site: &'a Site,
    /// How each flow of the site stands, by its place.
    pub(crate) marks: &'a [Mark],
    /// What passes and nobody approved, by networks.
    pub(crate) strays: &'a [Stray],
    /// Zones that are cut off.
    pub(crate) cut: &'a [Zone],
}

/// Something that passes from one network to another without approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stray {
    /// The network that it comes from, by place.
    pub(crate) from: usize,
    /// The network that it leads to.
    pub(crate) to: usize,
}

/// What a drawing shows, and how wide it is.
pub(crate) struct Frame {
    /// Unique on its page; ids in the drawing begin with it.
    pub(crate) id: &'static str,
    /// From left to right.
    pub(crate) zones: &'static [Zone],
    column: f64,
    gap: f64,
    /// Hosts that speak over no boundary drawn here are drawn too.
    has_idle: bool,
}

/// All zones beside each other: for screens and paper.
pub(crate) const WHOLE: Frame = Frame {
    id: "map",
    zones: &[Zone::MyNumber, Zone::Lgwan, Zone::Internet],
    column: 210.0,
    gap: 165.0,
    has_idle: true,
};
/// One boundary each, for narrow screens.
pub(crate) const HALVES: [Frame; 2] = [
    Frame {
        id: "map-mynumber",
        zones: &[Zone::MyNumber, Zone::Lgwan],
        column: 126.0,
        gap: 104.0,
        has_idle: false,
    },
    Frame {
        id: "map-internet",
        zones: &[Zone::Lgwan, Zone::Internet],
        column: 126.0,
        gap: 104.0,
        has_idle: false,
    },
];

/// Says a message in the reader's language.
pub(crate) type Say<'a> = dyn Fn(Message) -> String + 'a;

/// The drawing.
#[derive(Template)]
#[template(path = "map.html")]
pub(crate) struct Drawing {
    id: &'static str,
    width: String,
    height: String,
    title: String,
    text: String,
    bands: Vec<Band>,
    networks: Vec<Area>,
    hosts: Vec<Area>,
    lines: Vec<Line>,
    strays: Vec<Line>,
}

/// The signs that a drawing uses, each with how often.
#[derive(Template)]
#[template(path = "legend.html")]
pub(crate) struct Legend {
    signs: Vec<Sign>,
}

/// A zone.
struct Band {
    area: Area,
    zone: &'static str,
    is_cut: bool,
    cut: String,
}

/// A box with one or two lines of text.
struct Area {
    x: String,
    y: String,
    width: String,
    height: String,
    text_x: String,
    text_y: String,
    label: String,
    second_y: String,
    second: String,
    title: String,
    class: &'static str,
}

/// A flow.
struct Line {
    class: &'static str,
    path: String,
    arrow: String,
    bars: String,
    badge: String,
    hit_x: String,
    hit_y: String,
    number_x: String,
    number_y: String,
    number: String,
    title: String,
    href: String,
}

/// A line of the legend.
struct Sign {
    class: &'static str,
    line: &'static str,
    arrow: String,
    bars: String,
    badge: String,
    label: String,
    count: usize,
}

const MARGIN: f64 = 4.0;
/// Height of a zone's heading.
const HEAD: f64 = 46.0;
/// Room below, where a stray line goes round.
const ROUND: f64 = 34.0;
/// How far a line goes straight before it bends.
const STRAIGHT: f64 = 30.0;
/// Half the box that a pointer hits: 24 units wide.
const HIT: f64 = 12.0;

/// Draws it.
pub(crate) fn draw(scene: &Scene<'_>, frame: &Frame, say: &Say<'_>) -> Drawing {
    let columns = order::columns(scene.site, frame);
    let lowest = columns.iter().map(|column| column.height).fold(0.0, f64::max);
    let lines = lines(scene, frame, &columns, say);
    let round = scene.strays.iter().any(|stray| goes_round(scene.site, *stray, frame));
    let below = if round { ROUND } else { 0.0 };
    let count = frame.zones.len() as f64;
    let width = count * frame.column + (count - 1.0) * frame.gap + 2.0 * MARGIN;
    let names: Vec<String> = frame.zones.iter().map(|zone| say(zone_name(*zone))).collect();
    let open = lines.iter().filter(|line| line.class == "flow-open").count();
    Drawing {
        id: frame.id,
        width: short(width),
        height: short(lowest + below + 2.0 * MARGIN),
        title: say(Message::new("wall-map-of").with("zones", names.join(" ⇔ "))),
        text: say(Message::new("wall-map-text")
            .with("flows", lines.len())
            .with("open", open)
            .with("strays", scene.strays.len())),
        bands: bands(scene, frame, lowest, say),
        networks: networks(scene.site, &columns, say),
        hosts: hosts(scene.site, frame, &columns, say),
        strays: strays(scene, frame, &columns, lowest, say),
        lines,
    }
}

/// What a zone is called.
pub(crate) fn zone_name(zone: Zone) -> Message {
    Key::under("wall-zone-", zone.name()).into()
}

/// The left edge of a column.
fn left(frame: &Frame, place: usize) -> f64 {
    MARGIN + place as f64 * (frame.column + frame.gap)
}

fn bands(scene: &Scene<'_>, frame: &Frame, lowest: f64, say: &Say<'_>) -> Vec<Band> {
    let band = |(place, zone): (usize, &Zone)| {
        let x = left(frame, place);
        let hosts = scene.site.hosts.iter().filter(|host| scene.site.zones_of(host) == [*zone]);
        let count = Message::new("wall-map-hosts").with("count", hosts.count());
        Band {
            zone: zone.name(),
            is_cut: scene.cut.contains(zone),
            cut: say(Message::new("wall-map-cut")),
            area: Area {
                text_x: short(x + frame.column / 2.0),
                text_y: short(MARGIN + 19.0),
                second_y: short(MARGIN + 37.0),
                label: say(zone_name(*zone)),
                second: say(count),
                title: String::new(),
                class: "",
                ..area(x, MARGIN, frame.column, lowest)
            },
        }
    };
    frame.zones.iter().enumerate().map(band).collect()
}

fn area(x: f64, y: f64, width: f64, height: f64) -> Area {
    Area {
        x: short(x),
        y: short(y),
        width: short(width),
        height: short(height),
        text_x: short(x + 8.0),
        text_y: short(y + 16.0),
        label: String::new(),
        second_y: String::new(),
        second: String::new(),
        title: String::new(),
        class: "",
    }
}

fn networks(site: &Site, columns: &[Column], say: &Say<'_>) -> Vec<Area> {
    let mut areas = Vec::new();
    for (column, net) in columns.iter().flat_map(|one| one.networks.iter().map(move |n| (one, n))) {
        let Some(network) = site.networks.get(net.network) else { continue };
        let rest = if net.unseen == 0 {
            String::new()
        } else {
            say(Message::new("wall-map-unseen").with("count", net.unseen))
        };
        let prefixes: Vec<String> = network.prefixes.iter().map(ToString::to_string).collect();
        areas.push(Area {
            label: fitted(&network.name, column.width - 16.0, 12.0),
            second_y: short(net.y + net.height - 7.0),
            second: rest,
            title: format!("{} ({}) {}", network.name, network.interface, prefixes.join(", ")),
            class: "",
            ..area(column.x + 4.0, net.y, column.width - 8.0, net.height)
        });
    }
    areas
}

fn hosts(site: &Site, frame: &Frame, columns: &[Column], say: &Say<'_>) -> Vec<Area> {
    let mut areas = Vec::new();
    for column in columns {
        for placed in &column.hosts {
            let Some(host) = site.hosts.get(placed.host) else { continue };
            let relay = site.relays.iter().find(|relay| relay.host == placed.host);
            let kind = relay.map(|relay| say(Key::under("wall-relay-", relay.kind.name()).into()));
            let addresses: Vec<String> = host.addresses.iter().map(ToString::to_string).collect();
            let middle = placed.y + placed.height / 2.0;
            let (text_y, second_y) =
                if kind.is_some() { (middle - 3.0, middle + 13.0) } else { (middle + 4.5, 0.0) };
            let class = match (relay.is_some(), placed.is_idle()) {
                (true, _) => "map-relay",
                (false, true) => "map-idle",
                (false, false) => "map-host",
            };
            let inside = frame.column - 16.0;
            areas.push(Area {
                text_y: short(text_y),
                second_y: short(second_y),
                label: fitted(&host.name, inside - 16.0, 13.0),
                second: fitted(&kind.unwrap_or_default(), inside - 14.0, 12.0),
                title: format!("{} ({}) {}", host.name, host.owner, addresses.join(", ")),
                class,
                ..area(column.x + 8.0, placed.y, inside, placed.height)
            });
        }
    }
    areas
}

fn lines(scene: &Scene<'_>, frame: &Frame, columns: &[Column], say: &Say<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (place, flow) in scene.site.flows.iter().enumerate() {
        let (Some(from), Some(to)) = (end(columns, flow.from), end(columns, flow.to)) else {
            continue;
        };
        let (Some(start), Some(stop)) = (from.1.port(place), to.1.port(place)) else { continue };
        let is_rightward = from.0.x < to.0.x;
        let (x1, x2) = if is_rightward {
            (from.0.x + frame.column - 8.0, to.0.x + 8.0)
        } else {
            (from.0.x + 8.0, to.0.x + frame.column - 8.0)
        };
        let mark = scene.marks.get(place).copied().unwrap_or(Mark::Closed);
        let ahead = if is_rightward { 1.0 } else { -1.0 };
        let badge_x = x1 + ahead * (HIT + 2.0);
        let names = scene.site.hosts.get(flow.from).zip(scene.site.hosts.get(flow.to));
        let (one, other) =
            names.map_or(("", ""), |(one, other)| (one.name.as_str(), other.name.as_str()));
        let title = Message::new("wall-map-flow")
            .with("number", place + 1)
            .with("name", flow.name.as_str())
            .with("from", one)
            .with("to", other)
            .with("protocol", format!("{}/{}", flow.transport.name(), flow.port))
            .with("mark", mark.label());
        lines.push(Line {
            class: class(mark),
            path: shape::bend((x1, start), (x2, stop), STRAIGHT),
            arrow: shape::arrow(x2, stop, ahead),
            bars: match mark {
                Mark::CutOff | Mark::Refused => shape::bars((x1 + x2) / 2.0, (start + stop) / 2.0),
                Mark::Open | Mark::EndsSoon | Mark::Waiting | Mark::Closed | Mark::Drifted => {
                    String::new()
                }
            },
            badge: shape::badge(mark, badge_x, start),
            hit_x: short(badge_x - HIT),
            hit_y: short(start - HIT),
            number_x: short(badge_x),
            number_y: short(start + 4.0),
            number: (place + 1).to_string(),
            title: say(title),
            href: format!("/wall/flows/{}", flow.name),
        });
    }
    lines
}

fn end(columns: &[Column], host: usize) -> Option<(&Column, &Placed)> {
    columns.iter().find_map(|column| {
        let found = column.hosts.iter().find(|placed| placed.host == host);
        found.map(|placed| (column, placed))
    })
}

const fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Drifted => "flow-drifted",
        Mark::CutOff => "flow-cut-off",
        Mark::EndsSoon => "flow-ends-soon",
        Mark::Waiting => "flow-waiting",
        Mark::Refused => "flow-refused",
        Mark::Open => "flow-open",
        Mark::Closed => "flow-closed",
    }
}

/// True where a stray joins two zones that have no boundary: its line goes
/// round below everything.
fn goes_round(site: &Site, stray: Stray, frame: &Frame) -> bool {
    let zone = |place: usize| site.networks.get(place).map(|network| network.zone);
    let Some((from, to)) = zone(stray.from).zip(zone(stray.to)) else { return false };
    let is_seen = frame.zones.contains(&from) && frame.zones.contains(&to);
    is_seen && from != to && Crossing::between(from, to).is_none()
}

/// What passes without approval, from network to network.
fn strays(
    scene: &Scene<'_>,
    frame: &Frame,
    columns: &[Column],
    lowest: f64,
    say: &Say<'_>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for stray in scene.strays {
        let network = |place: usize| {
            columns.iter().find_map(|column| {
                let mut networks = column.networks.iter();
                networks.find(|one| one.network == place).map(|one| (column.x, one.y + 11.0))
            })
        };
        let (Some((from, start)), Some((to, stop))) = (network(stray.from), network(stray.to))
        else {
            continue;
        };
        if (from - to).abs() < 1.0 {
            continue;
        }
        let ahead = if from < to { 1.0 } else { -1.0 };
        let edge = |x: f64, is_right: bool| if is_right { x + frame.column } else { x };
        let (x1, x2) = (edge(from, ahead > 0.0), edge(to, ahead < 0.0));
        let name = |place: usize| {
            scene.site.networks.get(place).map_or("", |network| network.name.as_str())
        };
        let title = Message::new("wall-map-stray")
            .with("from", name(stray.from))
            .with("to", name(stray.to));
        let (path, (badge_x, badge_y)) = if goes_round(scene.site, *stray, frame) {
            shape::round((x1, start), (x2, stop), lowest + MARGIN + ROUND / 2.0, ahead)
        } else {
            let path = shape::bend((x1, start), (x2, stop), STRAIGHT / 2.0);
            (path, ((x1 + x2) / 2.0, (start + stop) / 2.0))
        };
        lines.push(Line {
            class: "flow-stray",
            path,
            arrow: shape::arrow(x2, stop, ahead),
            bars: String::new(),
            badge: shape::badge(Mark::Drifted, badge_x, badge_y),
            hit_x: short(badge_x - HIT),
            hit_y: short(badge_y - HIT),
            number_x: short(badge_x),
            number_y: short(badge_y + 4.5),
            number: "!".to_owned(),
            title: say(title),
            href: "/wall/proof".to_owned(),
        });
    }
    lines
}

/// Explains the signs that are used, each with how often.
pub(crate) fn legend(scene: &Scene<'_>, say: &Say<'_>) -> Legend {
    let count = |mark: Mark| scene.marks.iter().filter(|one| **one == mark).count();
    let sign = |mark: Mark| Sign {
        class: class(mark),
        line: "M 26 12 H 66",
        arrow: shape::arrow(70.0, 12.0, 1.0),
        bars: match mark {
            Mark::CutOff | Mark::Refused => shape::bars(46.0, 12.0),
            Mark::Open | Mark::EndsSoon | Mark::Waiting | Mark::Closed | Mark::Drifted => {
                String::new()
            }
        },
        badge: shape::badge(mark, 14.0, 12.0),
        label: say(mark.label().into()),
        count: count(mark),
    };
    Legend { signs: Mark::ALL.into_iter().filter(|one| count(*one) > 0).map(sign).collect() }
}

/// A text cut to a width in units; a narrow letter is about 0.58 of its size.
fn fitted(text: &str, width: f64, size: f64) -> String {
    let wide = |letter: char| if letter.is_ascii() { 0.58 * size } else { size };
    let whole: f64 = text.chars().map(wide).sum();
    if whole <= width {
        return text.to_owned();
    }
    let mut left = width - size;
    let mut kept = String::new();
    for letter in text.chars() {
        left -= wide(letter);
        if left < 0.0 {
            break;
        }
        kept.push(letter);
    }
    kept.push('…');
    kept
}

fn short(number: f64) -> String {
    format!("{number:.1}")
}

#[cfg(test)]
mod tests;
