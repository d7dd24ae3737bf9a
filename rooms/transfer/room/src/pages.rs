//! The room's screens: what came, what was sent, what waits, one passage.

pub(crate) mod desk;
mod give;
mod held;
pub(crate) mod links;
mod links_door;
mod lists;
mod look;
mod news;
mod policies;
mod preview;
mod recipient;
mod send;
mod show;
pub(crate) mod statistics;

pub(crate) use desk::{answer, ask, decide, passphrase};
pub(crate) use give::handed_over;
pub(crate) use held::{approve_picked, held};
pub use links_door::{DoorPage, LINK_WORDS, Refused, drain};
pub(crate) use lists::{inbox, outbox};
pub(crate) use look::look;
pub(crate) use news::news;
pub(crate) use policies::{adopt, policies};
pub(crate) use preview::picture;
pub(crate) use recipient::{recipient, register};
pub(crate) use send::{form, send};
pub(crate) use show::{fetch, fetch_all, permits, show, unlock};
pub(crate) use statistics::{interface as statistics_interface, statistics};
