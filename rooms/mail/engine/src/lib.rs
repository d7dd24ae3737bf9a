//! A mail read, explained and judged: its text, its links and what is behind
//! them, who sent it and how sure that is, what to look at before trusting it.
//! Knows no network, files, clock or database; nothing here delivers anything.

#![forbid(unsafe_code)]

mod attachment;
pub mod auth;
mod body;
mod codes;
pub mod compose;
pub mod deliver;
pub mod dkim;
pub mod hints;
mod limits;
mod links;
mod message;
pub mod names;
pub mod outgoing;
mod picture;
mod report;
pub mod smtp;

pub use attachment::{Attachment, Kind};
pub use codes::CODES;
pub use limits::Limits;
pub use links::{Flag, Link, Origin, defang};
pub use message::{Mailbox, Message, Removed, read};
pub use report::{Report, ReportedAttachment, ReportedHint, ReportedMailbox, reported_hint};
