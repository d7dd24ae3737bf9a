//! A page that asks once more before something that cannot be undone.

use std::fmt::Display;

use askama::Template;

use super::{Button, Facts};
use crate::view::View;

/// The content of such a page: what will happen, what it concerns, and two
/// ways on. Rendered with [`crate::Page::render`].
#[derive(Template)]
#[template(path = "parts/confirm.html")]
pub struct Confirm<'a> {
    view: &'a View,
    title: String,
    text: String,
    facts: Option<Facts>,
    action: String,
    button: Button,
    back: String,
    hidden: Vec<(&'static str, String)>,
}

impl<'a> Confirm<'a> {
    /// Asks `title`; the button posts to `action`, the other way leads `back`.
    #[must_use]
    pub fn new(
        view: &'a View,
        title: impl Display,
        action: impl Into<String>,
        button: Button,
        back: impl Into<String>,
    ) -> Self {
        Self {
            view,
            title: title.to_string(),
            text: String::new(),
            facts: None,
            action: action.into(),
            button,
            back: back.into(),
            hidden: Vec::new(),
        }
    }

    /// Says what will happen.
    #[must_use]
    pub fn text(mut self, text: impl Display) -> Self {
        self.text = text.to_string();
        self
    }

    /// Shows what it concerns.
    #[must_use]
    pub fn facts(mut self, facts: Facts) -> Self {
        self.facts = Some(facts);
        self
    }

    /// Sends a value along, as the version of what is changed.
    #[must_use]
    pub fn hidden(mut self, name: &'static str, value: impl Display) -> Self {
        self.hidden.push((name, value.to_string()));
        self
    }
}
