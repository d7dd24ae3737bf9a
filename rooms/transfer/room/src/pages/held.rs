//! What waits for the reader to approve or to look at, the oldest first; and
//! several approved at once, where the rule allows it.

use askama::Template;
use askama::filters::HtmlSafe;
use console::parts::{Button, Cell, Link, Table, Tag};
use console::{Answer, View, Visit};
use i18n::{Key, Message, key};
use identity::Caller;
use passages::{Passage, PassageId};
use permits::PermitError;
use transfer_engine::{Floor, Policy};

use crate::desk::{self, Waiting};
use crate::error::TransferError;
use crate::names::Names;
use crate::pages::lists::name;
use crate::pages::show::{permits, report};
use crate::policy;

#[derive(Template)]
#[template(path = "held.html")]
struct Held<'a> {
    view: &'a View,
    table: Table<'a>,
    /// Approves what is ticked; there where something can be.
    approve: Option<Button>,
}

/// A box in front of what can be approved together with others.
#[derive(Template)]
#[template(
    source = "<input type=\"checkbox\" class=\"pick\" name=\"pick\" value=\"{{ value }}\" \
        aria-label=\"{{ label }}\">",
    ext = "html"
)]
struct Pick {
    value: String,
    label: String,
}

impl HtmlSafe for Pick {}

/// A file with who sent it and what for.
#[derive(Template)]
#[template(
    source = "{{ link }}<span class=\"cell-more\">{{ sender }}</span>\
        <span class=\"cell-more\">{{ purpose }}</span>",
    ext = "html"
)]
struct File<'a> {
    link: Link,
    sender: &'a str,
    purpose: &'a str,
}

impl HtmlSafe for File<'_> {}

fn file(passage: &Passage, sender: &str) -> Cell {
    let link = Link::new(format!("/transfer/{}", passage.id), name(passage));
    Cell::part(&File { link, sender, purpose: &passage.new.purpose }, name(passage))
}

/// Shows the list.
pub(crate) async fn held(visit: Visit, caller: Caller) -> Answer {
    let view = &visit.view;
    let mut work = visit.read(&caller).await?;
    let policy = policy::holding(&mut work).await?;
    let waiting = desk::waiting(&mut work, permits(&visit)?, &caller).await?;
    let mut names = Names::default();
    let mut table = Table::new(view, view.t("transfer-held-table"))
        .column(view.t("transfer-file"))
        .column(view.t("transfer-crossing"))
        .column(view.t("transfer-found"))
        .column(view.t("transfer-waits-for"))
        .column(view.t("transfer-until"))
        .empty(view.t("transfer-held-none"));
    let mut is_any_bulk = false;
    for one in &waiting {
        is_any_bulk |= is_bulk(&policy, one)?;
    }
    if is_any_bulk {
        table = table.column(view.t("transfer-pick"));
    }
    for one in &waiting {
        let passage = &one.passage;
        let sender = names.sender(&mut work, passage).await?;
        let sender = sender.unwrap_or_else(|| view.t("transfer-sender-link").to_string());
        let mut cells = vec![
            file(passage, &sender),
            Cell::text(short(view, passage)),
            Cell::text(found(view, passage)),
            Cell::tag(&wants(view, one)),
            Cell::moment(view, passage.ends_at),
        ];
        if is_any_bulk {
            cells.push(pick(view, &policy, one)?);
        }
        table.row(cells);
    }
    let approve = is_any_bulk.then(|| Button::main(view.t("transfer-approve-picked")));
    view.page(key!("transfer-held"))
        .under("/transfer", key!("transfer-inbox"))
        .style("passages.css")
        .render(&Held { view, table, approve })
}

/// The boundary in a few letters: the list is read across.
fn short(view: &View, passage: &Passage) -> String {
    let crossing = passage.new.crossing;
    let word = format!("{}-{}", crossing.from().name(), crossing.to().name());
    view.t(Key::under("transfer-short-", &word)).to_string()
}

fn pick(view: &View, policy: &Policy, one: &Waiting) -> Result<Cell, TransferError> {
    if !is_bulk(policy, one)? {
        return Ok(Cell::text(view.t("transfer-pick-alone")));
    }
    let label = view.t("transfer-pick-label").with("file", name(&one.passage)).to_string();
    let value = one.passage.id.to_string();
    Ok(Cell::part(&Pick { value, label }, ""))
}

/// True where the rule that asked allows to approve several at once, the
/// reader does so in their own right, and nobody has to look first.
fn is_bulk(policy: &Policy, one: &Waiting) -> Result<bool, TransferError> {
    let Some(outcome) = &one.passage.outcome else { return Ok(false) };
    let report = report(&one.passage)?;
    let floors: Vec<Floor> = report.floors.iter().filter_map(|name| Floor::parse(name)).collect();
    let is_known = floors.len() == report.floors.len();
    Ok(is_known
        && one.permit.is_some()
        && !one.passage.still_wanted().look
        && policy.is_bulk(&outcome.release_rule, &floors))
}

/// What was found in it, in a few words.
fn found(view: &View, passage: &Passage) -> String {
    let Some(outcome) = &passage.outcome else { return "—".to_owned() };
    let number = |count: u64| view.number(i64::try_from(count).unwrap_or(i64::MAX));
    let mut words = Vec::new();
    match outcome.persons {
        Some(0) => {}
        Some(persons) => {
            words.push(view.t("transfer-found-persons").with("count", number(persons)).to_string());
        }
        None if passage.new.crossing.is_outward() => {
            words.push(view.t("transfer-found-unknown").to_string());
        }
        None => {}
    }
    if outcome.removed > 0 {
        let removed = view.t("transfer-found-removed").with("count", number(outcome.removed));
        words.push(removed.to_string());
    }
    if words.is_empty() { "—".to_owned() } else { words.join(" / ") }
}

fn wants(view: &View, one: &Waiting) -> Tag {
    let wanted = one.passage.still_wanted();
    match (wanted.look, one.permit.is_some()) {
        (true, true) => Tag::warning(view.t("transfer-wants-both")),
        (true, false) => Tag::warning(view.t("transfer-wants-look")),
        (false, _) => Tag::waiting(view.t("transfer-wants-approval")),
    }
}

/// Approves what was ticked, each on its own permit; what cannot be approved
/// stays where it is.
pub(crate) async fn approve_picked(mut visit: Visit, caller: Caller) -> Answer {
    let fields = visit.fields();
    let permits = permits(&visit)?.clone();
    let picked: Vec<PassageId> =
        fields.values("pick").iter().filter_map(|id| PassageId::parse(id).ok()).collect();
    let mut reading = visit.read(&caller).await?;
    let policy = policy::holding(&mut reading).await?;
    let waiting = desk::waiting(&mut reading, &permits, &caller).await?;
    drop(reading);
    let (mut done, mut left) = (0_i64, 0_i64);
    for id in picked {
        let one = waiting.iter().find(|one| one.passage.id == id);
        let Some((one, permit)) = one.and_then(|one| Some((one, one.permit.as_ref()?))) else {
            left += 1;
            continue;
        };
        if !is_bulk(&policy, one)? {
            left += 1;
            continue;
        }
        let mut work = visit.work(&caller).await?;
        match permits.approve(&mut work, &caller, permit.id, permit.version, None).await {
            Ok(_) => {
                work.commit().await?;
                done += 1;
            }
            Err(PermitError::Store(error)) => return Err(error.into()),
            Err(_) => left += 1,
        }
    }
    let said = Message::from(key!("done-transfer-approved-picked"));
    visit.done("/transfer/held", said.with("done", done).with("left", left))
}
