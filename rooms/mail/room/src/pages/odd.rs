//! The operator's queue of odd mails, and one of them with what was found.

use askama::Template;
use base::Text;
use console::form::Fields;
use console::parts::{Button, Cell, Link, Table, Tag};
use console::{Answer, Visit};
use i18n::{Key, key};
use identity::{Caller, people};

use super::{named, show};
use crate::MailError;
use crate::odd as reports;
use crate::release;
use crate::service::Service;
use crate::tables::odd::OddId;

/// Characters of a note.
pub(super) const NOTE_CHARS_MAX: usize = 500;

#[derive(Template)]
#[template(path = "mail-list.html")]
struct Queue<'a> {
    title: String,
    lead: String,
    table: Table<'a>,
}

/// Shows the queue.
pub(super) async fn queue(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(&caller).await?;
    let mut table = Table::new(view, view.t("mail-odd-queue"))
        .column(view.t("mail-subject-and-sender"))
        .column(view.t("mail-state"))
        .column(view.t("mail-odd-by"))
        .column(view.t("mail-odd-at"))
        .column(view.t("mail-odd-finding"))
        .empty(view.t("mail-odd-none"));
    for report in reports::queue(&mut work, &caller).await? {
        let shown = release::shown(&mut work, report.passage).await?;
        let subject = named::subject(view, shown.letter.subject.as_deref());
        let by = people::find(&mut work, report.person).await.map_err(MailError::from)?;
        let finding = report.finding.as_deref().unwrap_or("open");
        let label = view.t(Key::under("mail-finding-", finding));
        let finding = match finding {
            "bad" => Tag::wrong(label),
            "harmless" => Tag::good(label),
            "open" => Tag::waiting(label),
            _ => Tag::quiet(label),
        };
        table.row([
            Cell::link(&Link::new(format!("/mail/odd/{}", report.id), subject)),
            Cell::tag(&named::state(view, shown.passage.state)),
            Cell::text(&by.name),
            Cell::moment(view, report.made_at),
            Cell::tag(&finding),
        ]);
    }
    let title = view.t("mail-odd-queue").to_string();
    let lead = view.t("mail-odd-queue-lead").to_string();
    view.page(key!("mail-odd-queue")).render(&Queue { title, lead, table })
}

/// Shows a reported mail.
pub(super) async fn show(visit: Visit, caller: Caller) -> Answer {
    page(&visit, &caller, &Fields::empty()).await
}

async fn page(visit: &Visit, caller: &Caller, fields: &Fields) -> Answer {
    let view = &visit.view;
    let id: OddId = visit.id("id")?;
    let mut work = visit.read(caller).await?;
    let (report, shown) = reports::show(&mut work, caller, id).await?;
    let by = people::find(&mut work, report.person).await.map_err(MailError::from)?;
    let mut content = show::content(view, fields, &shown)?;
    let said = view
        .t("mail-odd-said")
        .with("name", by.name.to_string())
        .with("at", view.moment(&report.made_at));
    let mut reported = vec![said.to_string()];
    reported.extend(report.note);
    let found = report.finding.map(|finding| {
        let word = view.t(Key::under("mail-finding-", &finding)).to_string();
        report.finding_note.map_or(word.clone(), |note| format!("{word}: {note}"))
    });
    content.closing = Some(show::Closing {
        action: format!("/mail/odd/{id}"),
        reported,
        found,
        send: Button::main(view.t("mail-odd-close")),
    });
    view.page(key!("mail-odd-report"))
        .under("/mail/odd", key!("mail-odd-queue"))
        .form(fields)
        .style("mails.css")
        .render(&content)
}

/// Writes what was found.
pub(super) async fn close(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let finding = fields.choice("finding", key!("mail-odd-finding"), |given| {
        reports::FINDINGS.into_iter().find(|known| *known == given)
    });
    let note: Option<Text<NOTE_CHARS_MAX>> = fields.text_if_any("note", key!("mail-odd-note"));
    let (Some(finding), true) = (finding, fields.is_good()) else {
        return page(&visit, &caller, &fields).await;
    };
    let id: OddId = visit.id("id")?;
    let note = note.as_ref().map(Text::as_str);
    service.close_odd(&visit.state.store, &caller, id, (finding, note)).await?;
    visit.done("/mail/odd", key!("done-mails-odd-closed"))
}
