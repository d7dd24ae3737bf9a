//! Rows of permits as the program writes them over a life: most are closed, a
//! few in a hundred are drafts, wait, are in force, were refused or taken back.

use std::time::Duration;

use anyhow::{Context, Result};
use base::Timestamp;
use jobs::NewJob;
use permits::{API_TOKEN, DEPUTY, EXCEPTION, EXPORT, Kind, LOST_FACTOR, State};
use store::{Store, Value, Work, args};

use super::fill::{City, Goal, Progress};
use super::plan::{busy, chance};
use super::rows;
use super::town::People;

/// Permits of one unit of work.
const BATCH: i64 = 20_000;
/// Rows that are written at once.
const AT_ONCE: usize = 4_000;

const HOUR: Duration = Duration::from_secs(3_600);

const COLUMNS: [&str; 25] = [
    "id",
    "number",
    "kind",
    "state",
    "version",
    "applicant",
    "beneficiary",
    "section",
    "purpose",
    "scope",
    "scope_key",
    "starts_at",
    "ends_at",
    "span_ms_max",
    "is_emergency",
    "decided_by",
    "decided_at",
    "outcome",
    "report",
    "made_at",
    "applied_at",
    "started_at",
    "finished_at",
    "used_at",
    "due_at",
];

/// Adds permits up to a size; false if there are as many.
pub(super) async fn fill(store: &Store, city: &City, people: &People, goal: Goal) -> Result<bool> {
    let mut work = store.begin(city.body).await?;
    let head = "SELECT number FROM permit_heads WHERE body = $1";
    let there: i64 = work.row(head, args![]).await?.context("a demo has permits")?.take(0)?;
    drop(work);
    if there >= goal.permits {
        return Ok(false);
    }
    let mut progress = Progress::new("permits", there, goal.permits);
    for first in (there + 1..=goal.permits).step_by(usize::try_from(BATCH)?) {
        let last = (first + BATCH - 1).min(goal.permits);
        work = store.begin(city.body).await?;
        let mut new = Vec::with_capacity(AT_ONCE);
        for number in first..=last {
            let permit = Drawn::new(city, people, number);
            permit.watch(&mut work).await?;
            new.push(permit.row());
            if new.len() == AT_ONCE {
                rows::insert(&mut work, "permits", &COLUMNS, std::mem::take(&mut new)).await?;
            }
        }
        rows::insert(&mut work, "permits", &COLUMNS, new).await?;
        let head = "UPDATE permit_heads SET number = $2 WHERE body = $1";
        work.run(head, args![last]).await?;
        work.commit().await?;
        progress.at(last);
    }
    Ok(true)
}

/// One permit of the story.
pub(super) struct Drawn<'a> {
    city: &'a City,
    people: &'a People,
    number: i64,
    kind: &'static Kind,
    state: State,
    applicant: usize,
    made: Timestamp,
    starts: Timestamp,
    pub(super) ends: Timestamp,
}

impl<'a> Drawn<'a> {
    pub(super) fn new(city: &'a City, people: &'a People, number: i64) -> Self {
        let kind = match chance(number, 5, 100) {
            0..=74 => &EXPORT,
            75..=86 => &LOST_FACTOR,
            87..=94 => &EXCEPTION,
            95..=97 => &DEPUTY,
            _ => &API_TOKEN,
        };
        let state = match chance(number, 6, 1_000) {
            0..=2 => State::Applied,
            3..=7 => State::Active,
            8 if kind.name == EXPORT.name => State::Ended,
            9 => State::Draft,
            10..=14 => State::Refused,
            15 => State::Approved,
            _ => State::Closed,
        };
        let made = city.years.made(number);
        let starts = match state {
            State::Draft | State::Applied | State::Approved => city.now.plus(HOUR * 20),
            State::Active => city.now.minus(HOUR),
            State::Refused | State::Ended | State::Revoked | State::Closed => made.plus(HOUR),
        };
        let ends = starts.plus(HOUR * 7);
        let applicant = busy(number, people.all.len());
        Self { city, people, number, kind, state, applicant, made, starts, ends }
    }

    pub(super) fn applicant(&self) -> identity::PersonId {
        self.people.all[self.applicant].0
    }

    pub(super) fn decider(&self) -> identity::PersonId {
        let (person, section) = self.people.all[self.applicant];
        self.people.decider(section, person)
    }

    pub(super) const fn kind(&self) -> &'static str {
        self.kind.name
    }

    pub(super) const fn purpose() -> &'static str {
        "住民票の写しを交付するための名簿を委託先へ渡す"
    }

    /// The scope, its names in order, as the program writes it.
    pub(super) fn scope(&self) -> String {
        match self.kind.name {
            "export" => r#"{"destination":"緑印刷株式会社","medium":"registered-medium","personal-data":"personal","what":"発送先の名簿 120件"}"#.to_owned(),
            "lost-factor" => r#"{"factor":"one-time-code","identified-by":"職員証"}"#.to_owned(),
            "exception" => r#"{"limit":["export-hours"],"mitigation":"二人で確認する","value":72}"#.to_owned(),
            "deputy" => format!(r#"{{"holder":"{}"}}"#, self.people.ciso),
            _ => r#"{"scopes":["apply","read-permits"],"system":"文書管理"}"#.to_owned(),
        }
    }

    fn scope_key(&self) -> Option<String> {
        match self.kind.name {
            "exception" => Some("export-hours".to_owned()),
            "deputy" => Some(self.people.ciso.to_string()),
            _ => None,
        }
    }

    const fn due(&self) -> Option<Timestamp> {
        match self.state {
            State::Draft | State::Applied | State::Active => Some(self.ends),
            State::Approved => Some(self.starts),
            State::Refused | State::Ended | State::Revoked | State::Closed => None,
        }
    }

    /// Plans its next step as the program does.
    async fn watch(&self, work: &mut Work) -> Result<()> {
        let Some(due) = self.due() else { return Ok(()) };
        let id = self.city.years.permit(self.number);
        let key = format!("{id}:{}", due.millis());
        let job = NewJob::new(permits::DUE_JOB, key, due).with(&id)?;
        jobs::schedule(work, &job).await?;
        Ok(())
    }

    fn row(&self) -> Vec<Value> {
        let (person, section) = self.people.all[self.applicant];
        let is_decided = !matches!(self.state, State::Draft | State::Applied);
        let has_run =
            matches!(self.state, State::Active | State::Ended | State::Revoked | State::Closed);
        let is_over =
            matches!(self.state, State::Refused | State::Ended | State::Revoked | State::Closed);
        let outcome = match self.state {
            State::Refused => Some("refused"),
            State::Ended => Some("expired"),
            State::Closed if self.number % 3 == 0 => Some("returned"),
            State::Closed => Some("expired"),
            State::Revoked => Some("revoked"),
            State::Draft | State::Applied | State::Approved | State::Active => None,
        };
        let beneficiary = (self.kind.name != EXCEPTION.name).then_some(person);
        let span = i64::try_from(self.kind.span_max.as_millis()).unwrap_or(i64::MAX);
        let report = (self.state == State::Closed).then_some("渡して受領書を受け取った");
        args![
            self.city.years.permit(self.number),
            self.number,
            self.kind.name,
            self.state.name(),
            4_i64,
            person,
            beneficiary,
            section,
            Self::purpose(),
            self.scope().as_str(),
            self.scope_key(),
            self.starts,
            self.ends,
            span,
            0_i64,
            is_decided.then(|| self.decider()),
            is_decided.then(|| self.made.plus(HOUR / 2)),
            outcome,
            report,
            self.made,
            (self.state != State::Draft).then_some(self.made),
            has_run.then_some(self.starts),
            is_over.then_some(self.ends),
            has_run.then_some(self.starts),
            self.due(),
        ]
    }
}
