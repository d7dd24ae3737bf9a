//! The statistics as an endpoint answers them.

use axum::http::StatusCode;
use base::Timestamp;
use console::{Answer, Failure, Visit};
use i18n::{Message, key};
use identity::Caller;
use passages::Took;
use serde::Serialize;
use utoipa::ToSchema;

use super::{asked, millis, numbers};

/// Counts over passages of a span of days.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatisticsShown {
    /// The first moment.
    #[schema(value_type = String, format = DateTime, example = "2026-11-01T15:00:00.000Z")]
    from: Timestamp,
    /// The first moment after it.
    #[schema(value_type = String, format = DateTime, example = "2026-12-01T15:00:00.000Z")]
    until: Timestamp,
    crossed: Vec<CrossedShown>,
    removed: Vec<RemovedShown>,
    /// From arrival to the inbox, where nobody was asked.
    straight: TookShown,
    /// From arrival to the decision, where people were asked.
    held: TookShown,
    /// How many are on their way or wait.
    #[schema(example = 2)]
    waiting: u64,
}

/// So many passages of one day over one boundary that came out alike.
#[derive(Serialize, ToSchema)]
pub(crate) struct CrossedShown {
    /// Midnight in Japan, when the day begins.
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T15:00:00.000Z")]
    day: Timestamp,
    /// `internet`, `lgwan`, `mynumber`.
    #[schema(example = "internet")]
    from: &'static str,
    #[schema(example = "lgwan")]
    to: &'static str,
    /// `through`, `refused`, `quarantined`, `open`.
    #[schema(example = "through")]
    fate: &'static str,
    #[schema(example = 41)]
    count: u64,
}

/// A kind of thing that was taken out.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemovedShown {
    /// The name of the finding.
    #[schema(example = "ooxml-macro")]
    kind: String,
    /// Out of how many passages.
    #[schema(example = 3)]
    passages: u64,
    /// How many in all.
    #[schema(example = 5)]
    count: u64,
}

/// How long something took, in milliseconds.
#[derive(Serialize, ToSchema)]
pub(crate) struct TookShown {
    #[schema(example = 120)]
    count: u64,
    #[schema(example = 840)]
    p50_ms: u64,
    #[schema(example = 2900)]
    p95_ms: u64,
}

/// What crossed, what was taken out and how long it took, over whole days in
/// Japan; the last 30 unless others are asked for, 366 at most.
#[utoipa::path(
    get, path = "/api/v1/passage-statistics", tag = "passages",
    params(
        ("since" = Option<String>, Query, description = "the first day in Japan, as 2026-04-01"),
        ("before" = Option<String>, Query, description = "the last day in Japan, included"),
    ),
    responses((status = 200, body = StatisticsShown)),
)]
pub(crate) async fn interface(visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.query();
    for (name, label) in
        [("since", key!("transfer-stats-from")), ("before", key!("transfer-stats-until"))]
    {
        // A page leaves a field empty; a program leaves it out.
        if fields.has(name, "") {
            fields.day(name, label);
        }
    }
    let span = asked(&visit.view, &mut fields);
    if !fields.is_good() {
        let wrong: Vec<(String, Message)> = fields.all_wrong().to_vec();
        return Err(Failure::Unprocessable(wrong));
    }
    let mut work = visit.read(&caller).await?;
    let numbers = numbers(&mut work, span).await?;
    let shown = |took: Took| TookShown {
        count: took.count,
        p50_ms: millis(took.p50),
        p95_ms: millis(took.p95),
    };
    let crossed = numbers.crossed.iter().map(|one| CrossedShown {
        day: one.day,
        from: one.crossing.from().name(),
        to: one.crossing.to().name(),
        fate: one.fate.name(),
        count: one.count,
    });
    let removed = numbers.removed.iter().map(|one| RemovedShown {
        kind: one.code.clone(),
        passages: one.passages,
        count: one.count,
    });
    let shown = StatisticsShown {
        from: numbers.span.from,
        until: numbers.span.until,
        crossed: crossed.collect(),
        removed: removed.collect(),
        straight: shown(numbers.straight),
        held: shown(numbers.held),
        waiting: numbers.waiting,
    };
    visit.answer_json(StatusCode::OK, &shown)
}
