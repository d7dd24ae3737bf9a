//! The frame's screens: their routes and their places in the menu.

mod about;
mod language;

use i18n::key;

use crate::access::Verb;
use crate::room::{Group, Place};
use crate::routes::Routes;

/// All screens.
pub(crate) fn routes() -> Routes {
    Routes::new()
        .public(
            Verb::Get,
            "/about",
            "names the product, its licence and how accessible it is",
            about::show,
        )
        .public(
            Verb::Get,
            "/language/{tag}",
            "changes only in which language this browser reads",
            language::choose,
        )
}

/// The menu's entries.
pub(crate) fn navigation() -> Vec<Place> {
    vec![Place { href: "/about", label: key!("about-title"), group: Group::System, duties: &[] }]
}
