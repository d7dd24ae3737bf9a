//! Cutting a zone off from the others (遮断), and restoring it. Cut off it stays
//! until a person restores it, whatever becomes of the permit behind it: an
//! order that nobody confirmed opens nothing by running out. See
//! `docs/adr/0012-cutoff.md`.

pub(crate) mod api;
mod keep;
mod kind;
pub mod local;
pub mod note;
pub mod service;
pub mod tables;

pub use keep::Cutoffs;
pub use kind::{CUTOFF, CutoffGate};
pub use tables::{Alarm, Cutoff, CutoffId, Ordered, zones_cut};

use std::time::Duration;

/// A report is due this long after one person alone cut a zone off.
pub const REPORT_WITHIN: Duration = Duration::from_secs(24 * 3_600);
