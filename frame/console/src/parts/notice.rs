//! A notice above or inside a page's content.

use std::fmt::Display;

use askama::Template;

/// What kind of news it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Good to know.
    Info,
    /// Something was done.
    Done,
    /// Something needs care.
    Warning,
    /// Something is wrong.
    Wrong,
}

impl Tone {
    /// The end of a CSS class.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Done => "done",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }
}

/// A notice.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/notice.html")]
pub struct Notice {
    tone: Tone,
    title: String,
    text: String,
    link: Option<super::Link>,
}

impl Notice {
    /// A notice with a title.
    #[must_use]
    pub fn new(tone: Tone, title: impl Display) -> Self {
        Self { tone, title: title.to_string(), text: String::new(), link: None }
    }

    /// Something was done.
    #[must_use]
    pub fn done(title: impl Display) -> Self {
        Self::new(Tone::Done, title)
    }

    /// Adds a sentence below the title.
    #[must_use]
    pub fn text(mut self, text: impl Display) -> Self {
        self.text = text.to_string();
        self
    }

    /// Adds where to go on.
    #[must_use]
    pub fn link(mut self, link: super::Link) -> Self {
        self.link = Some(link);
        self
    }
}

super::escaped!(Notice);
