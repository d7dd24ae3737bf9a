//! The room's screens: what came, what was sent, what waits, one passage.

mod lists;
mod look;
mod policies;
mod send;
mod show;

pub(crate) use lists::{inbox, outbox};
pub(crate) use look::look;
pub(crate) use policies::{adopt, policies};
pub(crate) use send::{form, send};
pub(crate) use show::{as_download, fetch, seen, show, unlock};
