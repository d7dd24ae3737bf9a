//! Takes a stretch of the ledger out as a signed file that anybody can verify
//! without this program's database.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::Timestamp;
use i18n::key;
use identity::Caller;
use records::{Export, range_of_day};

use super::crumb;
use crate::failure::Failure;
use crate::form::Fields;
use crate::pages::sheet::{Send, Sheet};
use crate::pages::{means, taking};
use crate::parts::{Button, Form};
use crate::routes::Answer;
use crate::visit::Visit;

/// Bytes of one file: about two hundred thousand entries.
const FILE_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Asks for the days.
pub(crate) async fn ask(visit: Visit, _caller: Caller) -> Answer {
    let today = visit.view.now.jst().strftime("%Y-%m-%d").to_string();
    page(&visit, &Fields::empty().with("since", today.clone()).with("before", today))
}

fn page(visit: &Visit, fields: &Fields) -> Answer {
    let view = &visit.view;
    let form = Form::new(view, fields);
    let send = Send::to("/ledger/export")
        .field(&form.day("since", view.t("list-since")))
        .field(&form.day("before", view.t("list-until")))
        .button(&Button::main(view.t("ledger-export-send")));
    let sheet = Sheet::new(view, view.t("ledger-export"))
        .wrong(fields)
        .lead(view.t("ledger-export-lead"))
        .text(view.t("ledger-export-permit"))
        .form(send);
    let (href, label) = crumb();
    view.page(key!("ledger-export")).under(href, label).form(fields).render(&sheet)
}

/// Answers the file.
pub(crate) async fn send(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let since = fields.day("since", key!("list-since"));
    let until = fields.day("before", key!("list-until"));
    let (Some(since), Some(until)) = (since, until) else { return page(&visit, &fields) };
    let until = until.plus(std::time::Duration::from_secs(86_400));
    match export_days(&visit, &caller, since, until).await? {
        Taken::File(file) => Ok(file),
        Taken::NoPermit => taking::refused(&visit, "/ledger/export"),
        Taken::Nothing => {
            fields.complain("since", key!("ledger-export-none"));
            page(&visit, &fields)
        }
        Taken::TooMuch => {
            fields.complain("since", key!("ledger-export-long"));
            page(&visit, &fields)
        }
    }
}

/// What came of taking a stretch of the ledger out.
pub(crate) enum Taken {
    /// The file.
    File(Response),
    /// There is no export permit in force.
    NoPermit,
    /// There are no entries of those days.
    Nothing,
    /// There are more than one file holds.
    TooMuch,
}

/// Takes the entries of some days out, on an export permit in force.
pub(crate) async fn export_days(
    visit: &Visit,
    caller: &Caller,
    since: Timestamp,
    until: Timestamp,
) -> Result<Taken, Failure> {
    let mut work = visit.work(caller).await?;
    let Some(grant) = taking::grant(visit, &mut work, caller).await? else {
        return Ok(Taken::NoPermit);
    };
    let Some(range) = range_of_day(&mut work, since, until).await? else {
        return Ok(Taken::Nothing);
    };
    let count = range.last.number() - range.first.number() + 1;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    taking::record(visit, &mut work, caller, &grant, taking::LEDGER, count).await?;
    work.commit().await?;
    let key = means::keys(&visit.state)?.signing.clone();
    let mut export = Export::begin(visit.read(caller).await?, range, key).await?;
    let mut file = String::new();
    while let Some(lines) = export.chunk().await? {
        file.push_str(&lines);
        if file.len() > FILE_BYTES_MAX {
            return Ok(Taken::TooMuch);
        }
    }
    let name = format!("attachment; filename=\"ledger-{}-{}.jsonl\"", range.first, range.last);
    let name = HeaderValue::from_str(&name).map_err(Failure::internal)?;
    let kind = HeaderValue::from_static("application/jsonl; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok(Taken::File((headers, file).into_response()))
}
