//! The ledger on the screen: search, one entry, proof, and taking it out.

use i18n::Key;

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
