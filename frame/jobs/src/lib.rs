//! A queue and a schedule in the store: no broker. A job is done at least once
//! and its effect kept once: whoever works on it holds a lease with a fencing
//! token, and a write under an old token is refused. Knows no domain word.

mod claim;
mod error;
mod job;
mod pace;
mod recurring;
mod runner;
mod schedule;
mod tables;

pub use claim::{Claimed, claim, fail, release, renew};
pub use error::JobError;
pub use job::{JobId, JobTag, Kind, Listed, NewJob, Policy, State};
pub use pace::{Jump, Watch};
pub use recurring::{Every, Recurring};
pub use runner::{Handler, Outcome, Ran, Runner, RunnerSettings};
pub use schedule::{
    Scheduled, cancel, failed, failed_of_all, move_to, pending, retry, retry_of_all, schedule,
    schedule_across, sweep,
};
pub use tables::MIGRATIONS;
