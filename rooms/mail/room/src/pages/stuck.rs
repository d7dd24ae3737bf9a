//! What the operator looks after: mails that the inner server refused for good.

use askama::Template;
use console::parts::{Cell, Table};
use console::{Answer, Visit};
use i18n::key;
use identity::Caller;

use crate::service::not_carried;

#[derive(Template)]
#[template(path = "mail-list.html")]
struct Stuck<'a> {
    title: String,
    lead: String,
    table: Table<'a>,
}

/// Shows them, without what is in them.
pub(super) async fn stuck(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(&caller).await?;
    let mut table = Table::new(view, view.t("mail-stuck"))
        .column(view.t("mail-receiver"))
        .column(view.t("mail-stuck-reason"))
        .number_column(view.t("mail-stuck-tries"))
        .column(view.t("mail-stuck-made"))
        .empty(view.t("mail-stuck-none"));
    for one in not_carried(&mut work, &caller).await? {
        table.row([
            Cell::text(&one.receiver),
            Cell::text_if_any(one.reason.as_deref()),
            Cell::number(i64::from(one.tries)),
            Cell::moment(view, one.made_at),
        ]);
    }
    let title = view.t("mail-stuck").to_string();
    let lead = view.t("mail-stuck-lead").to_string();
    view.page(key!("mail-stuck")).render(&Stuck { title, lead, table })
}
