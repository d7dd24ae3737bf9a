//! The system's state: version, database, certificate, disk, clock, and the
//! work that has failed.

use i18n::key;
use identity::{Caller, Duty};
use jobs::{JobId, Listed};
use records::{Action, Subject};
use store::Work;

use super::means;
use super::sheet::{Send, Sheet};
use crate::failure::Failure;
use crate::parts::{Button, Cell, Facts, Notice, Table, Tone};
use crate::routes::Answer;
use crate::view::View;
use crate::visit::Visit;

/// Failed jobs that the page shows.
const JOBS: u32 = 50;
/// Less than this share of the disk free is said loudly, in percent.
const DISK_FREE_PERCENT_MIN: u64 = 10;
/// A certificate that ends sooner is said loudly: 14 days.
const CERTIFICATE_WARN_SECONDS: u64 = 14 * 86_400;

const RETRIED: Action = Action::new("job.retried");

/// Shows the page.
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(&caller).await?;
    let failed = failed(&visit, &mut work, JOBS).await?;
    let behind = means::permits(&visit.state)?.clock_behind(&mut work).await?;
    let mut sheet = Sheet::new(view, view.t("system-title")).lead(view.t("system-lead"));
    for notice in warnings(view, &visit) {
        sheet = sheet.part(&notice);
    }
    if !behind.is_zero() {
        let text = view.t("system-clock-text").with("span", view.span(behind));
        sheet = sheet.part(&Notice::new(Tone::Wrong, view.t("system-clock")).text(text));
        if caller.duties.has_for(Duty::ManageSystem, None) {
            let button = Button::danger(view.t("system-clock-accept"));
            sheet = sheet.form(Send::to("/system/clock").button(&button));
        }
    }
    sheet = sheet.part(&facts(view, &visit)).heading(view.t("system-jobs"));
    let mut table = Table::new(view, view.t("system-jobs-caption"))
        .column(view.t("system-job"))
        .column(view.t("system-job-due"))
        .number_column(view.t("system-job-attempts"))
        .column(view.t("system-job-error"));
    for job in &failed {
        table.row([
            Cell::text(&job.kind),
            Cell::moment(view, job.due),
            Cell::number(job.attempts.into()),
            Cell::text_if_any(job.error.as_deref()),
        ]);
    }
    sheet = sheet.part(&table.empty(view.t("system-jobs-empty")));
    for job in &failed {
        let label = view.t("system-job-again").with("kind", job.kind.as_str());
        let send = Send::to(format!("/system/jobs/{}/retry", job.id));
        sheet = sheet.form(send.button(&Button::second(label)));
    }
    view.page(key!("system-title")).render(&sheet)
}

fn facts(view: &View, visit: &Visit) -> Facts {
    let facts = Facts::new().text(view.t("about-version"), view.version());
    let Some(machine) = means::machine(&visit.state) else { return facts };
    let disk = match (machine.disk_free_bytes, machine.disk_total_bytes) {
        (Some(free), Some(total)) => Some(
            view.t("system-disk-free")
                .with("free", i18n::bytes(free))
                .with("total", i18n::bytes(total)),
        ),
        (None, _) | (_, None) => None,
    };
    facts
        .text(view.t("system-database"), &machine.database)
        .text_if_any(view.t("system-disk"), disk)
        .text_if_any(
            view.t("system-certificate"),
            machine.certificate_ends_at.map(|at| view.moment(&at)),
        )
        .text_if_any(view.t("system-started"), machine.started_at.map(|at| view.moment(&at)))
}

fn warnings(view: &View, visit: &Visit) -> Vec<Notice> {
    let Some(machine) = means::machine(&visit.state) else { return Vec::new() };
    let mut all = Vec::new();
    if let (Some(free), Some(total)) = (machine.disk_free_bytes, machine.disk_total_bytes)
        && free.saturating_mul(100) < total.saturating_mul(DISK_FREE_PERCENT_MIN)
    {
        let notice = Notice::new(Tone::Wrong, view.t("system-disk-low"));
        all.push(notice.text(view.t("system-disk-low-text")));
    }
    let soon = view.now.plus(std::time::Duration::from_secs(CERTIFICATE_WARN_SECONDS));
    if machine.certificate_ends_at.is_some_and(|ends| ends < soon) {
        let notice = Notice::new(Tone::Warning, view.t("system-certificate-soon"));
        all.push(notice.text(view.t("system-certificate-soon-text")));
    }
    let body = view.caller.as_ref().map(|caller| caller.body);
    for alarm in body.into_iter().flat_map(|body| machine.alarms_of(body)) {
        let notice = Notice::new(Tone::Wrong, view.t("system-alarm"));
        all.push(notice.text(view.say(alarm.clone())));
    }
    all
}

/// Lets a failed job be tried again.
pub(super) async fn retry(visit: Visit, caller: Caller) -> Answer {
    job_retried(&visit, &caller, visit.id("job")?).await?;
    visit.done("/system", key!("done-job-retried"))
}

/// Lets a failed job be tried again, and records who did so.
pub(crate) async fn job_retried(visit: &Visit, caller: &Caller, job: JobId) -> Result<(), Failure> {
    let entry = caller.entry(RETRIED, Subject::new("job", job));
    let mut across = visit.state.store.across("let work of the whole store be done again").await?;
    if jobs::retry_of_all(&mut across, job).await? {
        let mut work = across.within(caller.body).await?;
        records::append(&mut work, &entry).await?;
        return Ok(work.commit().await?);
    }
    drop(across);
    let mut work = visit.work(caller).await?;
    if !jobs::retry(&mut work, job).await? {
        return Err(Failure::NotFound);
    }
    records::append(&mut work, &entry).await?;
    Ok(work.commit().await?)
}

/// Work that has failed: the body's, and that of the whole store, which belongs
/// to no body and would be nobody's to mend.
pub(crate) async fn failed(
    visit: &Visit,
    work: &mut Work,
    limit: u32,
) -> Result<Vec<Listed>, Failure> {
    let mut across = visit.state.store.read_across("the operator looks at what failed").await?;
    let mut all = jobs::failed_of_all(&mut across, limit).await?;
    all.extend(jobs::failed(work, None, limit).await?);
    all.truncate(limit.try_into().unwrap_or(usize::MAX));
    Ok(all)
}

/// Accepts the clock after it had been ahead by mistake.
pub(super) async fn accept_clock(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.work(&caller).await?;
    means::permits(&visit.state)?.accept_clock(&mut work, &caller).await?;
    work.commit().await?;
    visit.done("/system", key!("done-clock-accepted"))
}
