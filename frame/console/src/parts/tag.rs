//! A state in a word, with a colour that is never the only sign.

use std::fmt::Display;

use askama::Template;

/// A state: 申請中, 有効, 期限切れ.
#[derive(Clone, Debug, Template)]
#[template(source = "<span class=\"tag tag-{{ tone }}\">{{ label }}</span>", ext = "html")]
pub struct Tag {
    tone: &'static str,
    pub(crate) label: String,
}

impl Tag {
    /// Over, or not begun.
    #[must_use]
    pub fn quiet(label: impl Display) -> Self {
        Self { tone: "quiet", label: label.to_string() }
    }

    /// Waits for somebody.
    #[must_use]
    pub fn waiting(label: impl Display) -> Self {
        Self { tone: "waiting", label: label.to_string() }
    }

    /// In force, in order.
    #[must_use]
    pub fn good(label: impl Display) -> Self {
        Self { tone: "good", label: label.to_string() }
    }

    /// Needs care soon.
    #[must_use]
    pub fn warning(label: impl Display) -> Self {
        Self { tone: "warning", label: label.to_string() }
    }

    /// Refused, broken, overdue.
    #[must_use]
    pub fn wrong(label: impl Display) -> Self {
        Self { tone: "wrong", label: label.to_string() }
    }
}

super::escaped!(Tag);
