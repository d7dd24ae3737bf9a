//! The policy of the body: read, tried on the last 30 days, adopted.

use std::time::Duration;

use askama::Template;
use console::form::Fields;
use console::parts::{Button, Cell, Form, Table};
use console::{Answer, View, Visit};
use i18n::{Key, Message, key};
use identity::{Caller, Duty};
use passages::{Filter, Passage};
use store::Work;
use transfer_engine::{Complaint, Fault, Found, Past, Persons, parse, replay};
use written::Slip;

use crate::error::TransferError;
use crate::pages::show::report;
use crate::policy;
use crate::treat::arrival;

/// How far back a change is tried.
const BACK: Duration = Duration::from_secs(30 * 24 * 3_600);
/// The most passages that it is tried on, the newest first.
const TRIED_MAX: usize = 10_000;

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyPage<'a> {
    view: &'a View,
    form: Form<'a>,
    may_change: bool,
    text: String,
    changes: Option<Table<'a>>,
    try_it: Button,
    adopt: Button,
}

/// Shows the policy that holds.
pub(crate) async fn policies(visit: Visit, caller: Caller) -> Answer {
    let mut work = visit.read(&caller).await?;
    let (text, _) = policy::text(&mut work).await?;
    drop(work);
    page(&visit, &caller, &Fields::empty().with("policy", text), None).await
}

/// Tries a text on the past, or makes it the policy.
pub(crate) async fn adopt(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let text = fields.value("policy").replace("\r\n", "\n");
    if let Err(complaints) = parse(&text) {
        for complaint in &complaints {
            fields.complain("policy", say(complaint));
        }
        return page(&visit, &caller, &fields, None).await;
    }
    if fields.value("do") != "adopt" {
        let mut work = visit.read(&caller).await?;
        let past = past(&mut work).await?;
        let (old, new) = (policy::holding(&mut work).await?, parse(&text));
        drop(work);
        let changes = new.map(|new| replay(&old, &new, &past)).unwrap_or_default();
        let table = changed(&visit.view, &changes);
        return page(&visit, &caller, &fields, Some(table)).await;
    }
    let mut work = visit.work(&caller).await?;
    // Read before: nothing is left to complain about.
    let _ = policy::adopt(&mut work, &caller, &text).await?;
    work.commit().await?;
    visit.done("/transfer/policy", key!("done-transfer-policy"))
}

async fn page(
    visit: &Visit,
    caller: &Caller,
    fields: &Fields,
    changes: Option<Table<'_>>,
) -> Answer {
    let view = &visit.view;
    let content = PolicyPage {
        view,
        form: Form::new(view, fields),
        may_change: caller.duties.has(Duty::ManageSystem),
        text: fields.value("policy").to_owned(),
        changes,
        try_it: Button::second(view.t("transfer-policy-try")).sends("do", "try"),
        adopt: Button::main(view.t("transfer-policy-adopt")).sends("do", "adopt"),
    };
    view.page(key!("transfer-policy"))
        .under("/transfer", key!("transfer-inbox"))
        .form(fields)
        .render(&content)
}

/// What was decided on in the last 30 days.
async fn past(work: &mut Work) -> Result<Vec<Past>, TransferError> {
    let since = base::Timestamp::from_millis(
        work.now().millis().saturating_sub(i64::try_from(BACK.as_millis()).unwrap_or(i64::MAX)),
    );
    let mut all = Vec::new();
    let mut filter = Filter { limit: 200, ..Filter::default() };
    loop {
        let page = passages::past(work, Some(since), &filter).await?;
        for passage in &page.rows {
            all.extend(fact(passage)?);
        }
        filter.after = page.next;
        if page.next.is_none() || all.len() >= TRIED_MAX {
            return Ok(all);
        }
    }
}

fn fact(passage: &Passage) -> Result<Option<Past>, TransferError> {
    let Some(outcome) = &passage.outcome else { return Ok(None) };
    let format = sanitize_core::Format::from_name(&outcome.format);
    let arrival = arrival(passage, format.unwrap_or(sanitize_core::Format::Unknown))?;
    let report = report(passage)?;
    let found = Found {
        removed: report.removed.into_iter().map(|item| item.code).collect(),
        persons: outcome.persons.map_or(Persons::Unknown, Persons::Counted),
        hits: Default::default(),
    };
    let was_treated = !outcome.treatment.is_empty();
    Ok(Some(Past { arrival, found: was_treated.then_some(found) }))
}

fn changed<'a>(
    view: &'a View,
    changes: &std::collections::BTreeMap<transfer_engine::Change, u64>,
) -> Table<'a> {
    let mut table = Table::new(view, view.t("transfer-policy-changes"))
        .column(view.t("transfer-policy-was"))
        .column(view.t("transfer-policy-rule-was"))
        .column(view.t("transfer-policy-now"))
        .column(view.t("transfer-policy-rule-now"))
        .number_column(view.t("transfer-count"))
        .empty(view.t("transfer-policy-same"));
    let word = |word: &str| view.t(Key::under("transfer-outcome-", word)).to_string();
    for (change, count) in changes {
        table.row([
            Cell::text(word(change.was)),
            Cell::text(&change.rule_was),
            Cell::text(word(change.now)),
            Cell::text(&change.rule_now),
            Cell::number(i64::try_from(*count).unwrap_or(i64::MAX)),
        ]);
    }
    table
}

/// A fault with its place, in the reader's words.
fn say(complaint: &Complaint) -> Message {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let (name, what) = match &complaint.fault {
        Fault::Slip(slip) => slip_words(slip),
        Fault::NoBoundary(what) => ("transfer-fault-no-boundary", what.clone()),
        Fault::NotAllowed(what) => ("transfer-fault-not-allowed", (*what).to_owned()),
        Fault::Refusal => ("transfer-fault-refusal", String::new()),
    };
    Message::new(name)
        .with("line", number(complaint.line))
        .with("column", number(complaint.column))
        .with("what", what)
}

fn slip_words(slip: &Slip) -> (&'static str, String) {
    let meant = |word: &str, nearest: Option<&str>| match nearest {
        Some(nearest) => format!("{word} → {nearest} ?"),
        None => word.to_owned(),
    };
    match slip {
        Slip::TooLong => ("transfer-fault-too-long", String::new()),
        Slip::Syntax(what) => ("transfer-fault-syntax", what.clone()),
        Slip::Key { word, nearest } => ("transfer-fault-key", meant(word, nearest.as_deref())),
        Slip::Missing(what) => ("transfer-fault-missing", (*what).to_owned()),
        Slip::Shape(what) => ("transfer-fault-shape", (*what).to_owned()),
        Slip::Word(what) => ("transfer-fault-word", what.clone()),
        Slip::Choice { word, nearest, .. } => {
            ("transfer-fault-word", meant(word, nearest.as_deref()))
        }
        Slip::Range { min, max } => ("transfer-fault-range", format!("{min}–{max}")),
        Slip::Name(what) => ("transfer-fault-name", what.clone()),
    }
}
