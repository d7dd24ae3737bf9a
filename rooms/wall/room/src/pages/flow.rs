//! One flow: how it stands and why, what was declared, its list, and everything
//! that was asked and decided about it.

use askama::Template;
use console::parts::{Cell, Facts, Link, Notice, Table, Tag, Tone};
use console::{Answer, Failure, View, Visit};
use i18n::{Key, Message, key};
use identity::{Caller, Duty, IdentityError, PersonId, people};
use permits::{Outcome, Permit, State};
use store::Work;
use wall_engine::Used;
use zones::site::Flow;

use super::STYLE;
use super::checking::{Item, items};
use super::flows::{asked, crumb};
use super::map::zone_name;
use super::mark::Mark;
use super::off::off;
use super::scene::{Seen, gate, permits_of, see};
use super::table::protocol;
use crate::error::WallError;
use crate::flows::{Stand, Standing};
use crate::room::Behind;
use crate::uses::Use;

/// Who is told who applied: they see it on the permit too, or see people off.
pub(crate) const SEES_APPLICANTS: [Duty; 3] =
    [Duty::ReadPermits, Duty::ApproveFlow, Duty::ManagePeople];

#[derive(Template)]
#[template(path = "flow.html")]
struct Page<'a> {
    view: &'a View,
    name: String,
    notice: Notice,
    waiting: Option<Notice>,
    rests: Option<Notice>,
    unused: Option<Notice>,
    apply: Option<Link>,
    facts: Facts,
    checks: Option<Checks>,
    declaration: Facts,
    permits: Table<'a>,
}

/// The list of a flow that needs one.
struct Checks {
    summary: String,
    items: Vec<Item>,
}

/// Shows one flow.
pub(crate) async fn show(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let Some(gate) = gate(&behind, &caller) else { return off(&visit, key!("wall-flows")) };
    let view = &visit.view;
    let mut work = visit.read(&caller).await?;
    let seen = see(gate, &visit, &caller, &mut work).await?;
    let place = asked(&visit, &seen)?;
    let flow = seen.site().flows.get(place).ok_or(Failure::NotFound)?;
    let stand = seen.stands.get(place).ok_or(Failure::NotFound)?;
    let permits = permits_of(&visit, &mut work, &caller, &flow.name).await?;
    let table = table(view, &mut work, &permits).await?;
    let rests = rests(view, &mut work, &caller, stand).await?;
    let items = items(view, &mut work, &caller, stand, &flow.name).await?;
    drop(work);
    let mark = seen.mark(place);
    let content = Page {
        view,
        name: flow.name.clone(),
        notice: notice(view, stand, mark),
        waiting: waiting(view, stand),
        rests,
        unused: unused(view, &seen, stand),
        apply: apply(view, stand, &flow.name),
        facts: facts(view, &seen, flow, stand, mark),
        checks: stand.needs_checks.then(|| Checks { summary: summary(view, stand), items }),
        declaration: declaration(view, &seen, flow, place),
        permits: table,
    };
    let (href, label) = crumb();
    view.page(Message::new("wall-flow-title").with("name", flow.name.as_str()))
        .under("/wall", key!("wall-map"))
        .under(href, label)
        .style(STYLE)
        .render(&content)
}

/// What its standing means, and what to do.
fn notice(view: &View, stand: &Stand, mark: Mark) -> Notice {
    let tone = match mark {
        Mark::Drifted => Tone::Wrong,
        Mark::CutOff | Mark::EndsSoon | Mark::Refused => Tone::Warning,
        Mark::Waiting | Mark::Closed => Tone::Info,
        Mark::Open => Tone::Done,
    };
    let notice = Notice::new(tone, view.t(mark.label()));
    if mark == Mark::Drifted {
        let link = Link::new("/wall/proof", view.t("wall-proof-open"));
        return notice.text(view.t("wall-drifted-text")).link(link);
    }
    notice.text(view.t(Key::under("wall-standing-", stand.standing.name())))
}

fn waiting(view: &View, stand: &Stand) -> Option<Notice> {
    let asked = stand.asked.as_ref()?;
    let link = Link::new(format!("/permits/{}", asked.id), view.t("wall-flow-asked-link"));
    Some(Notice::new(Tone::Info, view.t("wall-flow-asked")).link(link))
}

/// Where to apply, where an application would be taken.
fn apply(view: &View, stand: &Stand, name: &str) -> Option<Link> {
    if stand.asked.is_some() {
        return None;
    }
    let label = match stand.standing {
        Standing::Over => return None,
        Standing::Open | Standing::Cut | Standing::Incomplete => view.t("wall-flow-apply-again"),
        Standing::Changed | Standing::Asked | Standing::Closed => view.t("wall-flow-apply"),
    };
    let link = Link::new(format!("/wall/flows/{name}/apply"), label);
    let is_granted =
        matches!(stand.standing, Standing::Open | Standing::Cut | Standing::Incomplete);
    Some(if is_granted { link.second() } else { link.main() })
}

fn summary(view: &View, stand: &Stand) -> String {
    match stand.missing.len() {
        0 => view.t("wall-checks-complete").to_string(),
        count => view.t("wall-checks-missing").with("count", count).to_string(),
    }
}

fn facts(view: &View, seen: &Seen, flow: &Flow, stand: &Stand, mark: Mark) -> Facts {
    let until = stand.until.filter(|until| *until > seen.now);
    Facts::new()
        .tag(view.t("wall-flow-state"), &mark.tag(view))
        .text(view.t("wall-flow-from"), end(view, seen, flow.from))
        .text(view.t("wall-flow-to"), end(view, seen, flow.to))
        .text(view.t("wall-flow-protocol"), protocol(flow))
        .text(view.t("wall-flow-purpose"), &flow.purpose)
        .text(view.t("wall-flow-owner"), &flow.owner)
        .text_if_any(view.t("wall-flow-ends"), until.map(|until| view.moment(&until)))
        .text_if_any(view.t("wall-flow-used"), seen.used(stand).map(|one| used(view, one)))
        .text_if_any(view.t("wall-flow-used-last"), seen.used(stand).map(|one| last(view, one)))
}

/// What was counted, in a sentence.
fn used(view: &View, one: &Use) -> String {
    let Used { begun, packets_out, bytes_out, packets_back, bytes_back } = one.used;
    view.t("wall-flow-used-text")
        .with("begun", begun)
        .with("packets-out", packets_out)
        .with("bytes-out", size(bytes_out))
        .with("packets-back", packets_back)
        .with("bytes-back", size(bytes_back))
        .with("since", view.moment(&one.since))
        .to_string()
}

/// Bytes in a unit that leaves a few digits.
fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.into_iter().find(|(size, _)| bytes >= *size) {
        Some((size, unit)) => {
            let tenths = bytes / (size / 10);
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} B"),
    }
}

/// When packets were seen last.
pub(crate) fn last(view: &View, one: &Use) -> String {
    match one.used_at {
        Some(at) => view.moment(&at),
        None => view.t("wall-flow-used-never").to_string(),
    }
}

/// Nobody uses it: it may be given back.
fn unused(view: &View, seen: &Seen, stand: &Stand) -> Option<Notice> {
    let since = seen.unused_since(stand)?;
    let text = view.t("wall-flow-unused-text").with("since", view.moment(&since));
    Some(Notice::new(Tone::Warning, view.t("wall-flow-unused")).text(text))
}

/// Whose leaving closes it, before they do.
async fn rests(
    view: &View,
    work: &mut Work,
    caller: &Caller,
    stand: &Stand,
) -> Result<Option<Notice>, Failure> {
    let Some(holder) = stand.rests_on() else { return Ok(None) };
    let text = if holder == caller.person {
        view.t("wall-flow-rests-own")
    } else if SEES_APPLICANTS.iter().any(|duty| caller.duties.has(*duty)) {
        view.t("wall-flow-rests").with("name", person(work, holder).await?)
    } else {
        view.t("wall-flow-rests-somebody")
    };
    Ok(Some(Notice::new(Tone::Info, view.t("wall-flow-rests-title")).text(text)))
}

/// A host: its zone, addresses and hardware address.
fn end(view: &View, seen: &Seen, place: usize) -> String {
    let Some(host) = seen.site().hosts.get(place) else { return String::new() };
    let zones: Vec<String> = seen
        .site()
        .zones_of(host)
        .into_iter()
        .map(|zone| view.say(zone_name(zone)).to_string())
        .collect();
    let addresses: Vec<String> = host.addresses.iter().map(ToString::to_string).collect();
    let mac = match host.mac {
        Some(mac) => view.t("wall-flow-mac").with("mac", mac.to_string()),
        None => view.t("wall-flow-no-mac"),
    };
    let who = view
        .t("wall-flow-end")
        .with("host", host.name.as_str())
        .with("owner", host.owner.as_str())
        .with("zone", zones.join(" "));
    format!("{who}\n{}\n{mac}", addresses.join("\n"))
}

fn declaration(view: &View, seen: &Seen, flow: &Flow, place: usize) -> Facts {
    let site = seen.site();
    let relay = flow.relay.and_then(|place| site.relays.get(place)).map(|relay| {
        let kind = view.t(Key::under("wall-relay-", relay.kind.name()));
        format!("{} ({kind})", relay.name)
    });
    let servers = (!flow.servers.is_empty()).then(|| flow.servers.join(", "));
    Facts::new()
        .text_if_any(view.t("wall-flow-application"), flow.application.map(|one| one.name()))
        .text_if_any(view.t("wall-flow-servers"), servers)
        .text_if_any(view.t("wall-flow-relay"), relay)
        .text(view.t("wall-flow-last-day"), flow.ends)
        .text(view.t("wall-flow-hash"), seen.declared.declaration(place))
}

/// Everything that was asked and decided, as far as the reader may see it.
async fn table<'a>(
    view: &'a View,
    work: &mut Work,
    permits: &[Permit],
) -> Result<Table<'a>, Failure> {
    let mut table = Table::new(view, view.t("wall-flow-permits"))
        .column(view.t("wall-flow-permit"))
        .column(view.t("wall-flow-permit-state"))
        .column(view.t("wall-flow-applicant"))
        .column(view.t("wall-flow-decided-by"))
        .column(view.t("wall-flow-starts"))
        .column(view.t("wall-flow-ends"))
        .empty(view.t("wall-flow-permits-none"));
    for permit in permits {
        let name = view.t("wall-flow-permit-name").with("number", permit.number);
        let applicant = person(work, permit.applicant).await?;
        let decided = match permit.decided_by {
            Some(id) => Some(person(work, id).await?),
            None => None,
        };
        table.row([
            Cell::link(&Link::new(format!("/permits/{}", permit.id), name)),
            Cell::tag(&permit_tag(view, permit)),
            Cell::text(applicant),
            Cell::text_if_any(decided),
            Cell::moment(view, permit.starts_at),
            Cell::moment(view, permit.until()),
        ]);
    }
    Ok(table)
}

/// What a person is called; their id where nobody of this body has it.
pub(crate) async fn person(work: &mut Work, id: PersonId) -> Result<String, Failure> {
    match people::find(work, id).await {
        Ok(person) => Ok(person.name.to_string()),
        Err(IdentityError::NotThere(_)) => Ok(id.to_string()),
        Err(error) => Err(WallError::from(error).into()),
    }
}

/// Where a permit stands, in a word.
fn permit_tag(view: &View, permit: &Permit) -> Tag {
    if let Some(outcome @ (Outcome::Refused | Outcome::Withdrawn | Outcome::Lapsed)) =
        permit.outcome
    {
        return Tag::quiet(view.t(Key::under("permit-outcome-", outcome.name())));
    }
    let label = view.t(Key::under("permit-state-", permit.state.name()));
    match permit.state {
        State::Applied => Tag::waiting(label),
        State::Approved | State::Active => Tag::good(label),
        State::Refused | State::Revoked => Tag::wrong(label),
        State::Draft | State::Ended | State::Closed => Tag::quiet(label),
    }
}
