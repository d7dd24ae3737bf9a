//! How much a flow was used, as the interface shows it.

use base::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::flows::Stand;
use crate::uses::Use;

/// How much a flow was used, at least: what passes between a look at the counters
/// and a change of the rules is not counted.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsedShown {
    /// Packets that began something: connections, and what was tried again.
    #[schema(example = 12)]
    pub(super) begun: u64,
    /// From the one who begins.
    #[schema(example = 340)]
    pub(super) packets_out: u64,
    #[schema(example = 51200)]
    pub(super) bytes_out: u64,
    /// Back.
    #[schema(example = 410)]
    pub(super) packets_back: u64,
    #[schema(example = 1048576)]
    pub(super) bytes_back: u64,
    /// Since when it is counted.
    #[schema(value_type = String, format = DateTime, example = "2026-10-01T00:00:00.000Z")]
    pub(super) since: Timestamp,
    /// When packets were seen last; it is looked every half minute. Null if never.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-12-01T08:20:00.000Z")]
    pub(super) used_at: Option<Timestamp>,
    /// Since when nobody uses it, where it has been open for 30 days without a
    /// packet; else null.
    #[schema(value_type = Option<String>, format = DateTime, example = json!(null))]
    pub(super) unused_since: Option<Timestamp>,
}

impl UsedShown {
    pub(super) fn of(one: &Use, stand: &Stand, now: Timestamp) -> Self {
        Self {
            begun: one.used.begun,
            packets_out: one.used.packets_out,
            bytes_out: one.used.bytes_out,
            packets_back: one.used.packets_back,
            bytes_back: one.used.bytes_back,
            since: one.since,
            used_at: one.used_at,
            unused_since: one.unused_since(stand, now),
        }
    }
}
