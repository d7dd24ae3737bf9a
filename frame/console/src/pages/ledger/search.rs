//! Finds entries by time, action, person and permit, a page at a time.

use axum::response::Response;
use i18n::key;
use identity::{Caller, Login, people};
use records::{Cursor, Filter, Recorded};
use store::Work;

use super::action_words;
use crate::failure::Failure;
use crate::form::Fields;
use crate::pages::names::Names;
use crate::pages::permits::with_deputy;
use crate::pages::sheet::{Send, Sheet};
use crate::pages::taking;
use crate::parts::{Cell, Form, Format, Link, Pager, Table};
use crate::routes::Answer;
use crate::view::View;
use crate::visit::Visit;

/// Lines on a page.
const LINES: u32 = 50;
/// Lines that a file takes from the store at once, and in all.
const CHUNK: u32 = 1_000;
const FILE_LINES_MAX: usize = 100_000;

/// Areas of actions to choose from; each is the beginning of its actions.
const AREAS: [&str; 11] = [
    "permit.",
    "person.",
    "role.",
    "concurrent-post.",
    "section.",
    "body.",
    "factor.",
    "session.",
    "sign-in.",
    "alert.",
    "ledger.",
];

/// Shows a page of entries, or answers what was found as a file.
pub(crate) async fn search(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let mut fields = visit.query();
    if let Some(format) = Format::asked(&fields) {
        let mut work = visit.work(&caller).await?;
        let Some(filter) = read_filter(&mut work, &mut fields).await? else {
            return Err(Failure::NotFound);
        };
        let file = take_out(&visit, &caller, work, &filter, format).await?;
        return file.map_or_else(|| taking::refused(&visit, "/ledger"), Ok);
    }
    let mut work = visit.read(&caller).await?;
    let filter = read_filter(&mut work, &mut fields).await?;
    let after = Pager::asked(&fields).and_then(Cursor::parse);
    let (entries, older) = match filter {
        Some(filter) => {
            let page = records::search(&mut work, &filter, after, LINES).await?;
            (page.entries, page.older)
        }
        None => (Vec::new(), None),
    };
    let table = table(view, &mut work, &entries)
        .await?
        .empty(view.t("ledger-empty"))
        .pager(Pager::new(&fields, older))
        .downloads();
    let sheet = Sheet::new(view, view.t("ledger-title"))
        .wrong(&fields)
        .lead(view.t("ledger-lead"))
        .links([
            Link::new("/ledger/verify", view.t("ledger-verify")).second(),
            Link::new("/ledger/export", view.t("ledger-export")).second(),
        ])
        .form(filters(view, &fields))
        .part(&table);
    view.page(key!("ledger-title")).form(&fields).render(&sheet)
}

fn filters(view: &View, fields: &Fields) -> Send {
    let form = Form::new(view, fields);
    let areas =
        AREAS.iter().fold(form.select("area", view.t("ledger-area")).optional(), |all, area| {
            all.choice(area, view.t(i18n::Key::under("area-", area.trim_end_matches('.'))))
        });
    Send::search(view, "/ledger")
        .field(&form.day("since", view.t("list-since")).optional())
        .field(&form.day("before", view.t("list-until")).optional())
        .field(&areas)
        .field(&form.search("who", view.t("ledger-who")).hint(view.t("ledger-who-hint")))
        .field(&form.search("permit", view.t("ledger-permit")).hint(view.t("ledger-permit-hint")))
}

/// Reads the filters; nothing where they name a person who is not here.
async fn read_filter(work: &mut Work, fields: &mut Fields) -> Result<Option<Filter>, Failure> {
    let some = |text: &str| {
        let text = text.trim();
        (!text.is_empty()).then(|| text.chars().take(200).collect::<String>())
    };
    let from = fields.day_if_any("since", key!("list-since"));
    let until = fields.day_if_any("before", key!("list-until"));
    let until = until.map(|day| day.plus(std::time::Duration::from_secs(86_400)));
    let area = some(fields.value("area")).filter(|area| AREAS.contains(&area.as_str()));
    let action = some(fields.value("action")).or(area);
    let permit = some(fields.value("permit"));
    let actor = match some(fields.value("who")) {
        None => None,
        Some(login) => match person(work, &login).await? {
            Some(person) => Some(person),
            None => {
                fields.complain("who", key!("person-unknown"));
                return Ok(None);
            }
        },
    };
    Ok(Some(Filter { from, until, actor, action, permit, ..Filter::default() }))
}

async fn person(work: &mut Work, login: &str) -> Result<Option<String>, Failure> {
    let Ok(login) = Login::parse(login) else { return Ok(None) };
    Ok(people::by_login(work, &login).await?.map(|person| person.id.to_string()))
}

async fn table<'a>(
    view: &'a View,
    work: &mut Work,
    entries: &[Recorded],
) -> Result<Table<'a>, Failure> {
    let mut names = Names::default();
    let mut table = Table::new(view, view.t("ledger-caption"))
        .column(view.t("ledger-number"))
        .column(view.t("ledger-at"))
        .column(view.t("ledger-action"))
        .column(view.t("ledger-actor"))
        .column(view.t("ledger-subject"))
        .column(view.t("ledger-origin"));
    for entry in entries {
        let actor = with_deputy(view, work, entry, &mut names).await?;
        let number = entry.sequence.number();
        let link = Link::new(format!("/ledger/{number}"), number);
        table.row([
            Cell::link(&link),
            Cell::moment(view, entry.at),
            Cell::text(action_words(view, &entry.action)),
            Cell::text(actor),
            super::show::subject(view, work, &mut names, entry).await?,
            Cell::text(super::origin_words(view, &entry.origin)),
        ]);
    }
    Ok(table)
}

/// The entries that a filter finds, as a file; none without an export permit.
/// Commits the work that was begun for it.
pub(crate) async fn take_out(
    visit: &Visit,
    caller: &Caller,
    mut work: Work,
    filter: &Filter,
    format: Format,
) -> Result<Option<Response>, Failure> {
    let Some(grant) = taking::grant(visit, &mut work, caller).await? else { return Ok(None) };
    let (mut all, mut after) = (Vec::new(), None);
    while all.len() < FILE_LINES_MAX {
        let page = records::search(&mut work, filter, after, CHUNK).await?;
        all.extend(page.entries);
        after = page.older;
        if after.is_none() {
            break;
        }
    }
    let table = table(&visit.view, &mut work, &all).await?;
    let file = table.file(format, "ledger")?;
    taking::record(visit, &mut work, caller, &grant, taking::LEDGER, all.len()).await?;
    work.commit().await?;
    Ok(Some(file))
}
