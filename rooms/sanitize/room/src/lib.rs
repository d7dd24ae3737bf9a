//! The sanitising room: runs the engine in caged workers, reads and writes
//! files, and speaks to people. Decides nothing about formats.

mod api;
pub mod commands;
mod inputs;
mod office;
mod pages;
mod pictures;
mod policy_file;
mod pool;
mod report;
mod room;
mod screen;
mod service;
mod tables;
mod wire;
mod worker;
mod workers;

pub use pictures::Preview;
pub use policy_file::{PolicyError, parse as parse_policy};
pub use pool::{Pool, PoolError, Treatment};
pub use report::{ReasonLine, RemovedLine, ReportLine};
pub use room::{SanitizeRoom, interface};
pub use service::output_name;
pub use tables::MIGRATIONS;
pub use worker::{CageArguments, serve_cage};
pub use workers::{WorkError, Workers};

/// Iterates over the reasons that only the room can give: a worker that broke,
/// a program that is missing.
pub fn codes() -> impl Iterator<Item = &'static sanitize_core::Code> {
    [&pool::CRASHED, &pool::FORBIDDEN, &pictures::OFFICE_MISSING, &pictures::OFFICE_FAILED]
        .into_iter()
}
