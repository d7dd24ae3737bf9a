//! Alerts and the system's state.

use identity::alerts::Alert;
use jobs::Listed;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::values;

/// Something to look at.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertShape {
    #[schema(schema_with = values::id)]
    id: String,
    #[schema(schema_with = values::alert_kind)]
    kind: String,
    #[schema(schema_with = values::id)]
    person: String,
    #[schema(example = "192.0.2.10")]
    source: String,
    #[schema(schema_with = values::moment)]
    at: String,
}

impl AlertShape {
    pub(crate) fn of(alert: &Alert) -> Self {
        Self {
            id: alert.id.to_string(),
            kind: alert.kind.name().to_owned(),
            person: alert.person.to_string(),
            source: alert.source.clone(),
            at: alert.at.to_string(),
        }
    }
}

/// The system's state.
#[derive(Serialize, ToSchema)]
pub(crate) struct SystemShape {
    #[schema(example = "0.2.0")]
    pub(crate) version: String,
    #[schema(example = "SQLite")]
    pub(crate) database: Option<String>,
    #[schema(schema_with = values::moment_or_none)]
    pub(crate) certificate_ends_at: Option<String>,
    #[schema(schema_with = values::moment_or_none)]
    pub(crate) started_at: Option<String>,
    #[schema(example = 512_000_000_000_u64)]
    pub(crate) disk_free_bytes: Option<u64>,
    #[schema(example = 1_000_000_000_000_u64)]
    pub(crate) disk_total_bytes: Option<u64>,
    /// How far the clock is behind what was seen before, in seconds.
    #[schema(example = 0)]
    pub(crate) clock_behind_seconds: u64,
    pub(crate) failed_jobs: Vec<JobShape>,
    /// What else is wrong now and wants somebody, in words.
    #[schema(example = json!(["共有フォルダー「受付」が見つかりません"]))]
    pub(crate) alarms: Vec<String>,
}

/// A job that failed.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobShape {
    #[schema(schema_with = values::id)]
    pub(crate) id: String,
    #[schema(example = "permits.due")]
    pub(crate) kind: String,
    #[schema(schema_with = values::moment)]
    pub(crate) due: String,
    #[schema(example = 8)]
    pub(crate) attempts: u32,
    #[schema(example = "the store did not answer")]
    pub(crate) error: Option<String>,
}

impl JobShape {
    pub(crate) fn of(job: Listed) -> Self {
        Self {
            id: job.id.to_string(),
            kind: job.kind,
            due: job.due.to_string(),
            attempts: job.attempts,
            error: job.error,
        }
    }
}
