//! What is known of one thing: a list of names and values.

use std::fmt::Display;

use askama::Template;
use askama::filters::HtmlSafe;

use super::{Link, Tag};

/// Names and values, each perhaps with where to change it.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "parts/facts.html")]
pub struct Facts {
    rows: Vec<Fact>,
}

#[derive(Clone, Debug)]
struct Fact {
    name: String,
    value: Shown,
    change: Option<Link>,
}

#[derive(Clone, Debug)]
enum Shown {
    Text(String),
    /// Mark-up of a part, already escaped.
    Part(String),
}

impl Facts {
    /// No facts yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value as text; line ends are kept.
    #[must_use]
    pub fn text(self, name: impl Display, value: impl Display) -> Self {
        let value = Shown::Text(value.to_string());
        self.add(name, value)
    }

    /// Adds a value if there is one.
    #[must_use]
    pub fn text_if_any(self, name: impl Display, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Adds a state.
    #[must_use]
    pub fn tag(self, name: impl Display, tag: &Tag) -> Self {
        self.part(name, tag)
    }

    /// Adds a link.
    #[must_use]
    pub fn link(self, name: impl Display, link: &Link) -> Self {
        self.part(name, link)
    }

    /// Adds any part that escapes what it writes.
    #[must_use]
    pub fn part(self, name: impl Display, part: &impl HtmlSafe) -> Self {
        let value = Shown::Part(part.to_string());
        self.add(name, value)
    }

    /// Adds where the fact added last can be changed.
    #[must_use]
    pub fn change(mut self, link: Link) -> Self {
        if let Some(last) = self.rows.last_mut() {
            last.change = Some(link.about(&last.name));
        }
        self
    }

    fn add(mut self, name: impl Display, value: Shown) -> Self {
        self.rows.push(Fact { name: name.to_string(), value, change: None });
        self
    }
}

super::escaped!(Facts);
