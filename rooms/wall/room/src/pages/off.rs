//! What stands on every screen of the wall where there is none: what that
//! means, and how to switch it on.

use askama::Template;
use console::{Answer, View, Visit};
use i18n::Key;

use super::STYLE;

#[derive(Template)]
#[template(path = "off.html")]
struct Off<'a> {
    view: &'a View,
    title: String,
}

/// Shows it, under the title of the screen that was asked for.
pub(crate) fn off(visit: &Visit, title: Key) -> Answer {
    let view = &visit.view;
    let content = Off { view, title: view.t(&title).to_string() };
    view.page(title).style(STYLE).render(&content)
}
