//! The ledger on the screen: search, one entry, proof, and taking it out.

mod export;
mod search;
mod show;
mod verify;

use i18n::{Key, Message};

pub(crate) use export::{Taken, export_days};
pub(super) use export::{ask as export_form, send as export};
pub(super) use search::search;
pub(crate) use search::take_out;
pub(super) use show::{origin_words, show};
pub(super) use verify::{run as verify, show as verify_form};

use crate::view::View;

/// What an action is called; rooms' actions without words show their names.
pub(super) fn action_words(view: &View, action: &str) -> String {
    let key = Key::under("action-", action);
    if view.state.messages.has(view.language, &key) {
        view.t(key).to_string()
    } else {
        action.to_owned()
    }
}

/// The breadcrumb above the ledger's pages.
fn crumb() -> (&'static str, Message) {
    ("/ledger", i18n::key!("ledger-title").into())
}
