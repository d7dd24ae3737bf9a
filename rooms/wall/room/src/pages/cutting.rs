//! Cutting a zone off and restoring it: how every zone stands, the order with
//! what it closes, the restoring, the report, and every time before.

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Cell, Form, Link, Notice, Table, Tag, Tone};
use console::{Answer, Failure, View, Visit};
use i18n::{Key, Message, key};
use identity::{Caller, Duty};
use permits::{Application, PermitError};
use store::Work;
use zones::Zone;

use super::STYLE;
use super::flow::person;
use super::map::zone_name;
use super::off::off;
use super::scene::{Seen, gate, permits, see};
use crate::cutoff::service::{REPORTERS, RESTORERS, alarms, list, report, restore};
use crate::cutoff::{Alarm, CUTOFF, Cutoff};
use crate::error::WallError;
use crate::flows::Standing;
use crate::room::Behind;
use crate::service::NOTE_CHARACTERS_MAX;

/// A cut-off is asked for this long unless something else is said.
const USUAL: Duration = Duration::from_secs(7 * 24 * 3_600);

#[derive(Template)]
#[template(path = "cutoffs.html")]
struct Cutoffs<'a> {
    view: &'a View,
    dry: Option<Notice>,
    zones: Vec<Card>,
    history: Table<'a>,
}

/// How a zone stands.
struct Card {
    name: String,
    tag: Tag,
    texts: Vec<String>,
    links: Vec<Link>,
}

#[derive(Template)]
#[template(path = "cutoff.html")]
struct Cutting<'a> {
    view: &'a View,
    form: Form<'a>,
    title: String,
    lead: String,
    texts: Vec<String>,
    action: String,
    deed: Deed,
    buttons: Vec<Button>,
}

/// What the form is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Cut,
    Restore,
    Report,
}

impl Deed {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "cut" => Some(Self::Cut),
            "restore" => Some(Self::Restore),
            "report" => Some(Self::Report),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Restore => "restore",
            Self::Report => "report",
        }
    }
}

/// Shows how every zone stands.
pub(crate) async fn show(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let Some(gate) = gate(&behind, &caller) else { return off(&visit, key!("wall-cutoff")) };
    let view = &visit.view;
    let mut work = visit.read(&caller).await?;
    let seen = see(gate, &visit, &caller, &mut work).await?;
    let all = list(&mut work, &caller, gate).await?;
    let history = history(view, &mut work, &all).await?;
    drop(work);
    let dry = (!seen.is_applied()).then(|| {
        Notice::new(Tone::Warning, view.t("wall-proof-dry")).text(view.t("wall-cutoff-dry"))
    });
    let zones = Zone::ALL.into_iter().rev().map(|zone| card(view, &caller, &all, zone)).collect();
    let content = Cutoffs { view, dry, zones, history };
    view.page(key!("wall-cutoff")).under("/wall", key!("wall-map")).style(STYLE).render(&content)
}

fn card(view: &View, caller: &Caller, all: &[Cutoff], zone: Zone) -> Card {
    let name = view.say(zone_name(zone)).to_string();
    let held = all.iter().find(|one| one.zone == zone && one.is_in_force());
    let to = |deed: Deed| format!("/wall/cutoff/{}/{}", zone.name(), deed.name());
    let mut links = Vec::new();
    let Some(held) = held else {
        links.push(Link::new(to(Deed::Cut), view.t("wall-cutoff-cut")).about(&name).second());
        let tag = Tag::good(view.t("wall-cutoff-joined"));
        return Card { tag, texts: Vec::new(), links, name };
    };
    let mut texts = vec![
        view.t("wall-cutoff-since").with("at", view.moment(&held.begun_at)).to_string(),
        held.reason.clone(),
    ];
    let alarm = held.alarm(view.now);
    if alarm != Alarm::Quiet {
        texts.push(alarm_words(view, alarm, held));
    }
    if RESTORERS.iter().any(|duty| caller.duties.has(*duty)) {
        links.push(Link::new(to(Deed::Restore), view.t("wall-cutoff-restore")).about(&name).main());
    }
    if is_owed(held) && REPORTERS.iter().any(|duty| caller.duties.has(*duty)) {
        links.push(Link::new(to(Deed::Report), view.t("wall-cutoff-report")).about(&name).second());
    }
    if let Some(permit) = held.permit {
        links.push(Link::new(format!("/permits/{permit}"), view.t("wall-cutoff-permit")));
    }
    Card { tag: Tag::wrong(view.t("wall-map-cut")), texts, links, name }
}

fn is_owed(one: &Cutoff) -> bool {
    one.report_due_at.is_some() && one.reported_at.is_none()
}

/// What somebody has to look at, in a sentence.
fn alarm_words(view: &View, alarm: Alarm, one: &Cutoff) -> String {
    let due = one.report_due_at.map(|due| view.moment(&due)).unwrap_or_default();
    view.t(Key::under("wall-cutoff-alarm-", alarm.name())).with("due", due).to_string()
}

async fn history<'a>(
    view: &'a View,
    work: &mut Work,
    all: &[Cutoff],
) -> Result<Table<'a>, Failure> {
    let mut table = Table::new(view, view.t("wall-cutoff-history"))
        .column(view.t("wall-cutoff-zone"))
        .column(view.t("wall-cutoff-begun"))
        .column(view.t("wall-cutoff-ordered"))
        .column(view.t("wall-cutoff-who"))
        .column(view.t("wall-cutoff-reason"))
        .column(view.t("wall-cutoff-took"))
        .column(view.t("wall-cutoff-restored"))
        .column(view.t("wall-cutoff-state"))
        .empty(view.t("wall-cutoff-none"));
    for one in all {
        let who = match one.person {
            Some(id) => Some(person(work, id).await?),
            None => one.operator.clone(),
        };
        let took = |millis: Option<i64>| {
            millis.map(|millis| view.t("wall-proof-millis").with("millis", millis).to_string())
        };
        table.row([
            Cell::text(view.say(zone_name(one.zone))),
            Cell::moment(view, one.begun_at),
            Cell::text(view.t(Key::under("cutoff-ordered-", one.ordered.name()))),
            Cell::text_if_any(who),
            Cell::text(&one.reason),
            Cell::text_if_any(took(one.cut_ms)),
            match one.restored_at {
                Some(at) => Cell::moment(view, at),
                None => Cell::text("—"),
            },
            Cell::tag(&state(view, one)),
        ]);
    }
    Ok(table)
}

fn state(view: &View, one: &Cutoff) -> Tag {
    let label = view.t(Key::under("wall-cutoff-mark-", one.alarm(view.now).name()));
    match one.alarm(view.now) {
        Alarm::ReportLate | Alarm::Lapsed => Tag::wrong(label),
        Alarm::ReportDue => Tag::warning(label),
        Alarm::Quiet if one.is_in_force() => Tag::warning(view.t("wall-map-cut")),
        Alarm::Quiet => Tag::quiet(label),
    }
}

/// Shows the form of a deed.
pub(crate) async fn form(behind: Behind, visit: Visit, caller: Caller) -> Answer {
    let Some(gate) = gate(&behind, &caller) else { return off(&visit, key!("wall-cutoff")) };
    let mut work = visit.read(&caller).await?;
    let seen = see(gate, &visit, &caller, &mut work).await?;
    let all = list(&mut work, &caller, gate).await?;
    drop(work);
    let ends = visit.view.now.plus(USUAL).jst().strftime("%Y-%m-%dT%H:%M").to_string();
    page(&visit, &caller, &seen, &all, &Fields::empty().with("ends", ends))
}

fn asked(visit: &Visit) -> Result<(Zone, Deed), Failure> {
    let zone = Zone::parse(visit.path("zone"));
    zone.zip(Deed::parse(visit.path("deed"))).ok_or(Failure::NotFound)
}

fn page(visit: &Visit, caller: &Caller, seen: &Seen, all: &[Cutoff], fields: &Fields) -> Answer {
    let view = &visit.view;
    let (zone, deed) = asked(visit)?;
    let name = view.say(zone_name(zone)).to_string();
    let held = all.iter().find(|one| one.zone == zone && one.is_in_force());
    let fits = match deed {
        Deed::Cut => held.is_none(),
        Deed::Restore => held.is_some(),
        Deed::Report => held.is_some_and(is_owed),
    };
    if !fits {
        return Err(Failure::conflict(key!("wall-before")));
    }
    let (title, lead, buttons) = match deed {
        Deed::Cut => {
            let mut buttons = Vec::new();
            if caller.duties.has(Duty::Emergency) {
                let now = Button::danger(view.t("wall-cutoff-now")).sends("how", "emergency");
                buttons.push(now);
            }
            buttons.push(Button::second(view.t("wall-cutoff-apply")).sends("how", "apply"));
            (view.t("wall-cutoff-cut-title"), view.t("wall-cutoff-cut-lead"), buttons)
        }
        Deed::Restore => {
            let button = Button::main(view.t("wall-cutoff-restore"));
            let title = view.t("wall-cutoff-restore-title");
            (title, view.t("wall-cutoff-restore-lead"), vec![button])
        }
        Deed::Report => {
            let button = Button::main(view.t("wall-cutoff-report"));
            let title = view.t("wall-cutoff-report-title");
            (title, view.t("wall-cutoff-report-lead"), vec![button])
        }
    };
    let content = Cutting {
        view,
        form: Form::new(view, fields),
        title: title.with("zone", name).to_string(),
        lead: lead.to_string(),
        texts: texts(view, caller, seen, zone, deed),
        action: format!("/wall/cutoff/{}/{}", zone.name(), deed.name()),
        deed,
        buttons,
    };
    view.page(key!("wall-cutoff"))
        .under("/wall", key!("wall-map"))
        .under("/wall/cutoff", key!("wall-cutoff"))
        .form(fields)
        .style(STYLE)
        .render(&content)
}

/// What the deed does: how many flows close or open.
fn texts(view: &View, caller: &Caller, seen: &Seen, zone: Zone, deed: Deed) -> Vec<String> {
    let touches = |place: usize| {
        seen.site()
            .flows
            .get(place)
            .is_some_and(|flow| [flow.crossing.from(), flow.crossing.to()].contains(&zone))
    };
    let count = |standing: Standing| {
        let stands = seen.stands.iter();
        stands.filter(|stand| stand.standing == standing && touches(stand.place)).count()
    };
    let mut texts = Vec::new();
    match deed {
        Deed::Cut => {
            let words = view.t("wall-cutoff-closes").with("count", count(Standing::Open));
            texts.push(words.to_string());
            let stays: Vec<&str> = seen
                .site()
                .services
                .iter()
                .filter(|service| service.stays_in_cutoff && service.zone == zone)
                .map(|service| service.name.as_str())
                .collect();
            if !stays.is_empty() {
                let words = view.t("wall-cutoff-stays").with("names", stays.join(", "));
                texts.push(words.to_string());
            }
            if caller.duties.has(Duty::Emergency) {
                texts.push(view.t("wall-cutoff-now-text").to_string());
            }
            texts.push(view.t("wall-cutoff-apply-text").to_string());
        }
        Deed::Restore => {
            let words = view.t("wall-cutoff-opens").with("count", count(Standing::Cut));
            texts.push(words.to_string());
        }
        Deed::Report => {}
    }
    texts
}

/// Carries a deed out.
pub(crate) async fn send(behind: Behind, mut visit: Visit, caller: Caller) -> Answer {
    let gate = behind.gate(caller.body)?;
    let mut fields = visit.fields();
    let (zone, deed) = asked(&visit)?;
    let done = match deed {
        Deed::Cut => cut(&visit, &caller, zone, &mut fields).await?,
        Deed::Restore => {
            match fields.text::<NOTE_CHARACTERS_MAX>("reason", key!("wall-cutoff-reason")) {
                None => None,
                Some(reason) => {
                    let mut work = visit.work(&caller).await?;
                    let permits = permits(&visit)?;
                    restore(&mut work, &caller, gate, permits, zone, reason.as_str()).await?;
                    work.commit().await?;
                    Some(key!("done-wall-restored"))
                }
            }
        }
        Deed::Report => {
            match fields.text::<NOTE_CHARACTERS_MAX>("reason", key!("wall-cutoff-reported")) {
                None => None,
                Some(text) => {
                    let mut work = visit.work(&caller).await?;
                    let all = list(&mut work, &caller, gate).await?;
                    let owed = all.iter().find(|one| one.zone == zone && is_owed(one));
                    let id = owed.ok_or(WallError::Before)?.id;
                    report(&mut work, &caller, gate, id, text.as_str()).await?;
                    work.commit().await?;
                    Some(key!("done-wall-reported"))
                }
            }
        }
    };
    if let Some(done) = done {
        gate.bell().notify_one();
        return visit.done("/wall/cutoff", done);
    }
    let mut work = visit.read(&caller).await?;
    let seen = see(gate, &visit, &caller, &mut work).await?;
    let all = list(&mut work, &caller, gate).await?;
    drop(work);
    page(&visit, &caller, &seen, &all, &fields)
}

/// Orders that a zone be cut off: at once, or with another person's approval.
async fn cut(
    visit: &Visit,
    caller: &Caller,
    zone: Zone,
    fields: &mut Fields,
) -> Result<Option<Key>, Failure> {
    let reason = fields.text::<NOTE_CHARACTERS_MAX>("reason", key!("wall-cutoff-reason"));
    let ends = fields.moment("ends", key!("wall-cutoff-ends"));
    let (Some(reason), Some(ends_at)) = (reason, ends) else { return Ok(None) };
    let application = Application {
        kind: CUTOFF.name.to_owned(),
        beneficiary: None,
        purpose: reason.as_str().to_owned(),
        scope: BTreeMap::from([("zone".to_owned(), zone.name().to_owned())]),
        starts_at: None,
        ends_at,
    };
    let permits = permits(visit)?;
    let mut work = visit.work(caller).await?;
    let is_emergency = fields.value("how") == "emergency";
    let made = if is_emergency {
        permits.start_at_once(&mut work, caller, &application).await
    } else {
        permits.apply_now(&mut work, caller, &application).await
    };
    match made {
        Ok(_) => {
            work.commit().await?;
            let done =
                if is_emergency { key!("done-wall-cut") } else { key!("done-wall-cut-asked") };
            Ok(Some(done))
        }
        Err(PermitError::TooLong { .. } | PermitError::NotAhead | PermitError::EndBeforeStart) => {
            fields.complain("ends", Message::new("wall-cutoff-ends-wrong"));
            Ok(None)
        }
        Err(error) => Err(WallError::from(error).into()),
    }
}

impl Cutting<'_> {
    fn question(&self) -> String {
        let words = match self.deed {
            Deed::Cut | Deed::Restore => self.view.t("wall-cutoff-reason"),
            Deed::Report => self.view.t("wall-cutoff-reported"),
        };
        words.to_string()
    }

    fn hint(&self) -> String {
        let words = match self.deed {
            Deed::Cut => self.view.t("wall-cutoff-reason-hint"),
            Deed::Restore => self.view.t("wall-cutoff-restore-hint"),
            Deed::Report => self.view.t("wall-cutoff-report-hint"),
        };
        words.to_string()
    }
}

/// What stands on the first page of whoever answers for it: each zone that is
/// cut off, and what is owed.
pub(crate) async fn news(visit: &Visit, caller: &Caller) -> Result<Vec<Notice>, Failure> {
    let view = &visit.view;
    if !REPORTERS.iter().any(|duty| caller.duties.has(*duty)) {
        return Ok(Vec::new());
    }
    let mut work = visit.read(caller).await?;
    let all = alarms(&mut work, view.now).await?;
    drop(work);
    let notice = |(alarm, one): (Alarm, Cutoff)| {
        let tone = match alarm {
            Alarm::ReportLate | Alarm::Lapsed => Tone::Wrong,
            Alarm::Quiet | Alarm::ReportDue => Tone::Warning,
        };
        let zone = view.say(zone_name(one.zone)).to_string();
        let since = view.t("wall-cutoff-since").with("at", view.moment(&one.begun_at));
        let mut text = format!("{since} {}", one.reason);
        if alarm != Alarm::Quiet {
            text = format!("{text}\n{}", alarm_words(view, alarm, &one));
        }
        Notice::new(tone, view.t("wall-news-cut").with("zone", zone))
            .text(text)
            .link(Link::new("/wall/cutoff", view.t("wall-news-cut-link")))
    };
    Ok(all.into_iter().map(notice).collect())
}
