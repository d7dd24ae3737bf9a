//! The service around the engines: connections, bodies on their way, verdicts
//! from whoever runs it. Decides nothing about files.

mod exchange;
mod link;
mod server;
mod settings;
mod spool;
mod talk;
mod treat;

pub use server::{Drained, Server, ServerError};
pub use settings::{Settings, Tag, Times};
pub use spool::Content;
