//! What waits for me: decisions, my permits and when they end, reports that are
//! due, and what somebody should look at.

use i18n::{Key, key};
use identity::alerts::{self, Alert, AlertId};
use identity::{Caller, Duty};
use permits::{Filter, Part, Permit, State};
use store::Work;

use super::means;
use super::names::{Names, permit_tag};
use super::permits::title;
use super::sheet::{Send, Sheet};
use crate::failure::Failure;
use crate::parts::{Button, Cell, Link, Notice, Table, Tone};
use crate::routes::Answer;
use crate::view::View;
use crate::visit::Visit;

/// Lines of each list on the first page; the lists themselves go on.
const LINES: u32 = 10;

/// Who is told of alerts.
const ALERTED: [Duty; 3] = [Duty::ManagePeople, Duty::HandleIncidents, Duty::OperateSystem];

/// Shows the page.
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let permits = means::permits(&visit.state)?;
    let mut work = visit.read(&caller).await?;
    let mut names = Names::default();
    let mut sheet = Sheet::new(view, view.t("home-title").with("name", caller.name.as_str()));
    if demand_alerted(&caller).is_ok() {
        for alert in alerts::unseen(&mut work, LINES).await? {
            sheet = alert_block(view, &mut work, &mut names, &caller, &alert, sheet).await?;
        }
    }
    if caller.duties.has(Duty::OperateSystem) && !jobs::failed(&mut work, None, 1).await?.is_empty()
    {
        let link = Link::new("/system", view.t("home-jobs-link"));
        sheet = sheet.part(&Notice::new(Tone::Wrong, view.t("home-jobs-failed")).link(link));
    }
    for room in &visit.state.rooms {
        for notice in room.news(&visit, &caller).await? {
            sheet = sheet.part(&notice);
        }
    }
    let waiting = permits.waiting(&mut work, &caller, LINES).await?;
    let applied = list(view, &mut work, &mut names, &waiting, view.t("home-waiting")).await?;
    let more = Link::new("/permits/waiting", view.t("home-waiting-all"));
    sheet = sheet
        .heading(view.t("home-waiting"))
        .part(&applied.empty(view.t("waiting-empty")))
        .links((!waiting.is_empty()).then_some(more));
    let mine = permits.mine_in_force(&mut work, &caller).await?;
    for permit in mine.iter().filter(|permit| permit.reminded_at.is_some()) {
        let text = view.t("permit-in-force-text").with("span", view.remaining(&permit.until()));
        let link = Link::new(format!("/permits/{}", permit.id), title(view, permit));
        let notice = Notice::new(Tone::Warning, view.t("home-ends-soon")).text(text).link(link);
        sheet = sheet.part(&notice);
    }
    let mine: Vec<Permit> = mine.into_iter().take(LINES as usize).collect();
    let own = list(view, &mut work, &mut names, &mine, view.t("home-mine")).await?;
    sheet = sheet
        .heading(view.t("home-mine"))
        .part(&own.empty(view.t("home-mine-empty")))
        .links([Link::new("/permits/new", view.t("permits-new")).main()]);
    let asked = Filter {
        state: Some(State::Applied),
        person: Some((caller.person, Part::Applicant)),
        ..Filter::default()
    };
    let asked = permits.search(&mut work, &caller, &asked, None, LINES).await?.permits;
    if !asked.is_empty() {
        let table = list(view, &mut work, &mut names, &asked, view.t("home-asked")).await?;
        sheet = sheet.heading(view.t("home-asked")).part(&table);
    }
    let owed = Filter {
        state: Some(State::Ended),
        person: Some((caller.person, Part::Applicant)),
        ..Filter::default()
    };
    let owed = permits.search(&mut work, &caller, &owed, None, LINES).await?.permits;
    if !owed.is_empty() {
        let table = list(view, &mut work, &mut names, &owed, view.t("home-owed")).await?;
        sheet = sheet.heading(view.t("home-owed")).text(view.t("home-owed-text")).part(&table);
    }
    view.page(key!("home-page")).render(&sheet)
}

async fn list<'a>(
    view: &'a View,
    work: &mut Work,
    names: &mut Names,
    permits: &[Permit],
    caption: impl std::fmt::Display,
) -> Result<Table<'a>, Failure> {
    let mut table = Table::new(view, caption)
        .column(view.t("permit-what"))
        .column(view.t("permit-applicant"))
        .column(view.t("permit-state"))
        .column(view.t("permit-ends"));
    for permit in permits {
        let applicant = names.person(work, permit.applicant).await?;
        let link = Link::new(format!("/permits/{}", permit.id), title(view, permit));
        table.row([
            Cell::link(&link),
            Cell::text(applicant),
            Cell::tag(&permit_tag(view, permit)),
            Cell::moment(view, permit.until()),
        ]);
    }
    Ok(table)
}

async fn alert_block<'a>(
    view: &'a View,
    work: &mut Work,
    names: &mut Names,
    caller: &Caller,
    alert: &Alert,
    sheet: Sheet<'a>,
) -> Result<Sheet<'a>, Failure> {
    let person = names.person(work, alert.person).await?;
    let text = view
        .t("home-alert-text")
        .with("person", person)
        .with("source", alert.source.as_str())
        .with("at", view.moment(&alert.at));
    let link = Link::new(format!("/people/{}", alert.person), view.t("home-alert-person"));
    let label = view.t(Key::under("alert-", alert.kind.name()));
    let sheet = sheet.part(&Notice::new(Tone::Wrong, label).text(text).link(link));
    if alert.person == caller.person {
        return Ok(sheet);
    }
    let send = Send::to(format!("/alerts/{}/seen", alert.id));
    Ok(sheet.form(send.button(&Button::second(view.t("home-alert-seen")))))
}

/// Demands that alerts are the caller's business.
pub(crate) fn demand_alerted(caller: &Caller) -> Result<(), Failure> {
    let is_alerted = ALERTED.iter().any(|duty| caller.duties.has(*duty));
    if is_alerted { Ok(()) } else { Err(Failure::Forbidden(None)) }
}

/// Marks an alert as seen.
pub(super) async fn see(visit: Visit, caller: Caller) -> Answer {
    demand_alerted(&caller)?;
    let alert: AlertId = visit.id("alert")?;
    let mut work = visit.work(&caller).await?;
    alerts::see(&mut work, &caller, alert).await?;
    work.commit().await?;
    visit.done("/", key!("done-alert-seen"))
}
