//! Upload links on the screen: the register, how the outer half is, and the
//! public door where this program is reached directly.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::Multipart;
use axum::http::{HeaderValue, header};
use console::parts::{Cell, Facts, Link as To, Notice, Pager, Table, Tag, Tone};
use console::{Answer, BodyKind, Failure, Routes, Verb, View, Visit};
use i18n::{Message, key};
use identity::{Caller, Duty};
use passages::{Filter, Passage, PassageId, Sender};
use permits::{PermitId, Permits};
use records::Origin;

use crate::error::TransferError;
use crate::links::{self, Door, Guesses, Knock, Link, Outer, OuterState, Sent};
use crate::pages::links_door::{DoorPage, Refused, drain};
use crate::room::UPLOAD_BYTES_MAX;
use crate::service::{FILE_BYTES_MAX, Service, ring};

/// The doors of this very program.
#[derive(Clone)]
pub(crate) struct Doors {
    pub(crate) service: Service,
    pub(crate) guesses: Arc<Guesses>,
    /// False where an outer half serves the pages of links.
    pub(crate) are_here: bool,
}

impl Doors {
    /// The routes of links.
    pub(crate) fn routes(&self) -> Routes {
        const ADDRESS: &str =
            "whoever has a link's address may hand files in, and see nothing else";
        let upload = BodyKind::Upload { max_bytes: UPLOAD_BYTES_MAX };
        let (showing, taking) = (self.clone(), self.clone());
        Routes::new()
            .person(Verb::Get, "/transfer/links", Duty::Apply, register)
            .person(Verb::Get, "/transfer/links/{permit}", Duty::Apply, came)
            .token(Verb::Get, "/api/v1/upload-links/{link}/passages", Duty::Apply, links::api::came)
            .person(Verb::Get, "/transfer/outer", Duty::ManageSystem, outer)
            .token(Verb::Get, "/api/v1/upload-links", Duty::Apply, links::api::upload_links)
            .public(Verb::Get, "/drop/{code}", ADDRESS, move |visit| door(showing.clone(), visit))
            .public(Verb::Post, "/drop/{code}", ADDRESS, move |visit| {
                hand_in(taking.clone(), visit)
            })
            .body(upload)
    }
}

/// Rows of the register's page.
const ROWS: u32 = 30;
/// How often somebody who sends is looked at again while it comes.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A difference of clocks that is told, in seconds.
const CLOCK_APART_MAX: u64 = 60;
/// Certificates that end sooner are told: 30 days.
const CERTIFICATE_SOON: Duration = Duration::from_secs(30 * 86_400);

#[derive(Template)]
#[template(path = "links.html")]
struct Register<'a> {
    title: String,
    lead: String,
    new: To,
    outer: Option<To>,
    table: Table<'a>,
}

#[derive(Template)]
#[template(path = "link.html")]
struct One<'a> {
    title: &'a str,
    facts: Facts,
    permit: To,
    table: Table<'a>,
}

#[derive(Template)]
#[template(path = "outer.html")]
struct Health {
    title: String,
    lead: String,
    notices: Vec<Notice>,
    facts: Option<Facts>,
}

/// The register: one's own links and those to oneself; all for whoever decides
/// on them or reads the ledger.
pub(crate) async fn register(visit: Visit, caller: Caller) -> Answer {
    let query = visit.query();
    let after = Pager::asked(&query).and_then(|after| PermitId::parse(after).ok());
    let mut work = visit.read(&caller).await?;
    let page = links::list(&mut work, &caller, after, ROWS).await.map_err(TransferError::from)?;
    let view = &visit.view;
    let mut table = Table::new(view, view.t("transfer-links"))
        .column(view.t("transfer-link-number"))
        .column(view.t("transfer-state"))
        .column(view.t("transfer-link-to"))
        .column(view.t("transfer-link-until"))
        .column(view.t("transfer-link-files"))
        .column(view.t("transfer-link-bytes"))
        .number_column(view.t("transfer-link-late"))
        .empty(view.t("transfer-links-none"))
        .pager(Pager::new(&query, page.next));
    for link in &page.rows {
        let of = |used: String, max: String| {
            view.t("transfer-link-of").with("used", used).with("max", max).to_string()
        };
        let receiver = links::receiver(&mut work, link.receiver).await?;
        table.row([
            Cell::link(&To::new(format!("/transfer/links/{}", link.permit), &link.purpose)),
            Cell::tag(&tag(view, link)),
            Cell::text(receiver),
            Cell::moment(view, link.ends_at),
            Cell::text(of(link.files.to_string(), link.files_max.to_string())),
            Cell::text(of(i18n::bytes(link.bytes), i18n::bytes(link.bytes_max))),
            Cell::number(i64::try_from(link.late).unwrap_or(i64::MAX)),
        ]);
    }
    let may_see_outer = caller.duties.has(Duty::ManageSystem);
    let content = Register {
        title: view.t("transfer-links").to_string(),
        lead: view.t("transfer-links-lead").to_string(),
        new: To::new("/permits/new/upload-link", view.t("transfer-links-new")).main(),
        outer: may_see_outer.then(|| To::new("/transfer/outer", view.t("transfer-outer"))),
        table,
    };
    view.page(key!("transfer-links")).under("/transfer", key!("transfer-inbox")).render(&content)
}

/// One link: what it may take, what came by it and what became of that.
pub(crate) async fn came(visit: Visit, caller: Caller) -> Answer {
    let query = visit.query();
    let after = Pager::asked(&query).and_then(|after| PassageId::parse(after).ok());
    let mut work = visit.read(&caller).await?;
    let link = links::find(&mut work, visit.id("permit")?).await?;
    let link = link.filter(|link| links::is_shown_to(link, &caller)).ok_or(Failure::NotFound)?;
    let filter = Filter { state: None, after, limit: ROWS };
    let page = passages::by_link(&mut work, link.permit, &filter).await;
    let page = page.map_err(TransferError::from)?;
    let view = &visit.view;
    let mut table = Table::new(view, view.t("transfer-link-came"))
        .column(view.t("transfer-file"))
        .column(view.t("transfer-state"))
        .column(view.t("transfer-made"))
        .empty(view.t("transfer-link-came-none"))
        .pager(Pager::new(&query, page.next));
    for passage in &page.rows {
        table.row([
            Cell::link(&To::new(format!("/transfer/{}", passage.id), &passage.new.name)),
            Cell::tag(&crate::pages::lists::tag(view, passage)),
            Cell::moment(view, passage.made_at),
        ]);
    }
    let of = |used: String, max: String| {
        view.t("transfer-link-of").with("used", used).with("max", max).to_string()
    };
    let facts = Facts::new()
        .tag(view.t("transfer-state"), &tag(view, &link))
        .text(view.t("transfer-link-to"), links::receiver(&mut work, link.receiver).await?)
        .text(view.t("transfer-link-until"), view.moment(&link.ends_at))
        .text(view.t("transfer-link-files"), of(link.files.to_string(), link.files_max.to_string()))
        .text(
            view.t("transfer-link-bytes"),
            of(i18n::bytes(link.bytes), i18n::bytes(link.bytes_max)),
        )
        .text(view.t("transfer-link-late"), link.late);
    let permit = format!("/permits/{}", link.permit);
    let content = One {
        title: &link.purpose,
        facts,
        permit: To::new(permit, view.t("transfer-link-permit-page")).second(),
        table,
    };
    view.page(key!("transfer-link-number"))
        .under("/transfer/links", key!("transfer-links"))
        .render(&content)
}

/// Where a link stands, in a word and a colour.
fn tag(view: &View, link: &Link) -> Tag {
    match (link.is_open(view.now), link.has_code) {
        (false, _) => Tag::quiet(view.t("transfer-link-shut")),
        (true, false) => Tag::waiting(view.t("transfer-link-unissued")),
        (true, true) => Tag::good(view.t("transfer-link-open")),
    }
}

/// Adds by which link a passage came, if it came from outside by one.
pub(crate) fn came_by(view: &View, passage: &Passage, facts: Facts) -> Facts {
    let link = match &passage.new.sender {
        Sender::Link(link) => link.to_string(),
        Sender::Person(_) | Sender::Machine(_) => return facts,
    };
    facts
        .text(view.t("transfer-link-came-by"), view.t("transfer-link-came-by-text"))
        .link(view.t("transfer-link-permit"), &To::new(format!("/transfer/links/{link}"), &link))
}

/// How the outer half is.
pub(crate) async fn outer(visit: Visit, _caller: Caller) -> Answer {
    let view = &visit.view;
    let state = visit.state.means.find::<Outer>().map(Outer::state);
    let (notices, facts) = match &state {
        None => {
            let none = Notice::new(Tone::Info, view.t("transfer-outer-none"));
            (vec![none.text(view.t("transfer-outer-none-text"))], None)
        }
        Some(state) => (notices(view, state), Some(facts(view, state))),
    };
    let content = Health {
        title: view.t("transfer-outer").to_string(),
        lead: view.t("transfer-outer-lead").to_string(),
        notices,
        facts,
    };
    view.page(key!("transfer-outer"))
        .under("/transfer/links", key!("transfer-links"))
        .render(&content)
}

fn notices(view: &View, state: &OuterState) -> Vec<Notice> {
    let mut all = vec![match state.connected_since {
        Some(_) => Notice::done(view.t("transfer-outer-connected")),
        None => Notice::new(Tone::Wrong, view.t("transfer-outer-apart"))
            .text(view.t("transfer-outer-apart-text")),
    }];
    let apart = state.clock_ahead_seconds.unsigned_abs();
    if apart > CLOCK_APART_MAX {
        let seconds = i64::try_from(apart).unwrap_or(i64::MAX);
        let title = view.say(Message::new("transfer-outer-clock").with("seconds", seconds));
        all.push(Notice::new(Tone::Warning, title).text(view.t("transfer-outer-clock-text")));
    }
    if let Some(ends) = state.certificate_ends_at
        && ends < view.now.plus(CERTIFICATE_SOON)
    {
        let text =
            Message::new("transfer-outer-certificate-text").with("until", view.moment(&ends));
        let notice = Notice::new(Tone::Warning, view.t("transfer-outer-certificate"));
        all.push(notice.text(view.say(text)));
    }
    all
}

fn facts(view: &View, state: &OuterState) -> Facts {
    let moment = |at: base::Timestamp| view.moment(&at);
    let count = |number: u64| view.number(i64::try_from(number).unwrap_or(i64::MAX));
    let trouble = state.trouble.filter(|_| state.connected_since.is_none());
    let trouble =
        trouble.map(|name| view.t(i18n::Key::under("transfer-outer-trouble-", name)).to_string());
    Facts::new()
        .text(view.t("transfer-outer-address"), &state.address)
        .text_if_any(view.t("transfer-outer-trouble"), trouble)
        .text_if_any(view.t("transfer-outer-since"), state.connected_since.map(moment))
        .text_if_any(view.t("transfer-outer-heard"), state.heard_at.map(moment))
        .text(view.t("transfer-outer-waiting"), count(u64::from(state.waiting)))
        .text(view.t("transfer-outer-waiting-bytes"), i18n::bytes(state.waiting_bytes))
        .text(view.t("transfer-outer-free"), i18n::bytes(state.free_bytes))
        .text(view.t("transfer-outer-taken"), count(state.taken))
        .text(view.t("transfer-outer-refused"), count(state.refused))
        .text_if_any(view.t("transfer-outer-ends"), state.certificate_ends_at.map(moment))
}

/// Shows the door of a link to whoever has its address.
pub(crate) async fn door(doors: Doors, visit: Visit) -> Answer {
    match knock(&doors, &visit).await? {
        Ok(knock) => page(&visit, &DoorPage::Open(&knock.shown, None)),
        Err(refusal) => page(&visit, &refusal),
    }
}

/// Takes what somebody hands in at a door. It is cut off when the door shuts.
pub(crate) async fn hand_in(doors: Doors, mut visit: Visit) -> Answer {
    let knock = match knock(&doors, &visit).await? {
        Ok(knock) => knock,
        Err(refusal) => return page(&visit, &refusal),
    };
    let mut form = visit.upload().await?;
    let files = tokio::select! {
        files = receive(&mut form, &knock) => files,
        () = until_shut(&doors, &visit) => return page(&visit, &DoorPage::Gone),
    };
    let files = match files {
        Ok(files) => files,
        Err(why) => {
            drain(&mut form).await;
            return page(&visit, &DoorPage::Open(&knock.shown, Some(why)));
        }
    };
    let count = files.len();
    let origin = visit.approach.address.map_or(Origin::Named("link"), Origin::Address);
    let (store, permits) = (&visit.state.store, permits(&visit)?);
    let sent = Sent { origin, files };
    match doors.service.hand_in(store, permits, &knock, sent).await? {
        Door::Taken(_) => {
            ring(&visit);
            page(&visit, &DoorPage::Taken(count))
        }
        Door::Shut => page(&visit, &DoorPage::Gone),
        Door::Full => page(&visit, &DoorPage::Open(&knock.shown, Some(Refused::Full))),
    }
}

/// Looks a code up. A wrong one is counted; who has tried too many is not
/// looked at.
async fn knock(doors: &Doors, visit: &Visit) -> Result<Result<Knock, DoorPage<'static>>, Failure> {
    if !doors.are_here {
        return Err(Failure::NotFound);
    }
    let now = visit.state.clock().elapsed();
    let address = visit.approach.address;
    if let Some(wait) = address.and_then(|address| doors.guesses.wait(address, now)) {
        return Ok(Err(DoorPage::Wait(wait)));
    }
    let (store, permits) = (&visit.state.store, permits(visit)?);
    let found = doors.service.knock(store, permits, visit.path("code")).await?;
    if let (None, Some(address)) = (&found, address) {
        doors.guesses.count(address, now);
    }
    Ok(found.ok_or(DoorPage::Gone))
}

/// Waits until the door does not open any more. Trouble with the store is left
/// to whoever takes the files in.
async fn until_shut(doors: &Doors, visit: &Visit) {
    let Ok(permits) = permits(visit) else { return };
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        let store = &visit.state.store;
        if let Ok(None) = doors.service.knock(store, permits, visit.path("code")).await {
            return;
        }
    }
}

/// Reads the files of the form, no more than the door lets in.
async fn receive(form: &mut Multipart, knock: &Knock) -> Result<console::files::Files, Refused> {
    let mut files = Vec::new();
    let mut left = knock.shown.bytes_left;
    while let Some(mut field) = form.next_field().await.map_err(|_| Refused::Broken)? {
        if field.name() != Some("files") {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let mut bytes: Vec<u8> = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(|_| Refused::Broken)? {
            left = left.checked_sub(chunk.len() as u64).ok_or(Refused::Full)?;
            if bytes.len() as u64 + chunk.len() as u64 > FILE_BYTES_MAX {
                return Err(Refused::Full);
            }
            bytes.extend_from_slice(&chunk);
        }
        // A browser sends this where nothing was chosen.
        if bytes.is_empty() && name.is_empty() {
            continue;
        }
        if files.len() as u64 == knock.shown.files_left {
            return Err(Refused::Full);
        }
        files.push((console::files::file_name(&name), Arc::from(bytes)));
    }
    if files.is_empty() { Err(Refused::None) } else { Ok(files) }
}

fn permits(visit: &Visit) -> Result<&Permits, Failure> {
    visit.state.means.find::<Permits>().ok_or(Failure::NotFound)
}

fn page(visit: &Visit, door: &DoorPage<'_>) -> Answer {
    let view = &visit.view;
    let say = |message: Message| view.say(message).to_string();
    let content = door.content(&say, (view.language, &view.path), &view.csrf);
    let mut answer = view.page(door.title()).status(door.status()).render(&content)?;
    if let DoorPage::Wait(wait) = door
        && let Ok(seconds) = HeaderValue::from_str(&wait.as_secs().max(1).to_string())
    {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    Ok(answer)
}
