//! The page of an attachment behind a link, for whoever has its address: what it
//! is, from whom, until when. To open the page gives nothing; its button does.

use askama::Template;
use axum::http::StatusCode;
use console::parts::{Button, Facts, Notice, Tone};
use console::{Answer, Visit, files};
use i18n::key;
use records::Origin;

use crate::outward::Parcel;
use crate::service::Service;

#[derive(Template)]
#[template(path = "parcel.html")]
struct Page {
    title: String,
    lead: String,
    facts: Option<Facts>,
    notice: Option<Notice>,
    token: String,
    fetch: Button,
}

/// Shows it.
pub(super) async fn show(service: Service, visit: Visit) -> Answer {
    let found = service.parcel(&visit.state.store, visit.path("code")).await?;
    page(&visit, found)
}

/// Gives it.
pub(super) async fn fetch(service: Service, visit: Visit) -> Answer {
    let origin = visit.approach.address.map_or(Origin::Named("link"), Origin::Address);
    let code = visit.path("code").to_owned();
    match service.fetch_parcel(&visit.state.store, &code, origin).await? {
        Some((name, bytes)) => Ok(files::download(&name, bytes)),
        None => page(&visit, None),
    }
}

fn page(visit: &Visit, found: Option<Parcel>) -> Answer {
    let view = &visit.view;
    let title = view.t("mail-parcel").to_string();
    let fetch = Button::main(view.t("mail-parcel-fetch"));
    let token = view.csrf.clone();
    let Some(parcel) = found else {
        let gone = Notice::new(Tone::Warning, view.t("mail-parcel-gone"));
        let notice = Some(gone.text(view.t("mail-parcel-gone-text")));
        let lead = String::new();
        let content = Page { title, lead, facts: None, notice, token, fetch };
        return view.page(key!("mail-parcel")).status(StatusCode::NOT_FOUND).render(&content);
    };
    let facts = Facts::new()
        .text(view.t("mail-parcel-from"), &parcel.body)
        .text(view.t("mail-parcel-name"), &parcel.name)
        .text(view.t("mail-parcel-size"), i18n::bytes(parcel.bytes))
        .text(view.t("mail-until"), view.moment(&parcel.ends_at))
        .text(view.t("mail-parcel-left"), view.number(i64::from(parcel.left)));
    let lead = view.t("mail-parcel-lead").with("body", parcel.body.clone()).to_string();
    let content = Page { title, lead, facts: Some(facts), notice: None, token, fetch };
    view.page(key!("mail-parcel")).render(&content)
}
