//! A form: its hidden token, its summary of what is wrong, and its fields with
//! their values filled in.

use std::fmt::Display;

use askama::Template;

use super::{Area, Choices, Line, Tick};
use crate::form::Fields;
use crate::view::View;

/// The hidden field that ties a form to its session.
#[derive(Template)]
#[template(source = "<input type=\"hidden\" name=\"csrf\" value=\"{{ self.0 }}\">", ext = "html")]
pub struct FormToken<'a>(pub(crate) &'a str);

/// What is wrong with a form, at its top, each with a link to its field.
#[derive(Template)]
#[template(path = "parts/summary.html")]
pub struct Summary<'a> {
    view: &'a View,
    fields: &'a Fields,
}

/// Hands out the fields of a form to its template.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    view: &'a View,
    fields: &'a Fields,
}

impl<'a> Form<'a> {
    /// A form with values.
    #[must_use]
    pub const fn new(view: &'a View, fields: &'a Fields) -> Self {
        Self { view, fields }
    }

    /// The summary; nothing if nothing is wrong. Stands above the `<h1>`.
    #[must_use]
    pub const fn summary(&self) -> Summary<'a> {
        Summary { view: self.view, fields: self.fields }
    }

    /// The hidden token; the first thing inside `<form method="post">`.
    #[must_use]
    pub fn token(&self) -> FormToken<'a> {
        FormToken(&self.view.csrf)
    }

    /// One line of text.
    #[must_use]
    pub fn line(&self, name: &'static str, label: impl Display) -> Line<'a> {
        Line::new(self.view, self.fields, name, "text", label)
    }

    /// A password, which is never filled in.
    #[must_use]
    pub fn password(&self, name: &'static str, label: impl Display) -> Line<'a> {
        Line::new(self.view, self.fields, name, "password", label)
    }

    /// A whole number.
    #[must_use]
    pub fn number(&self, name: &'static str, label: impl Display) -> Line<'a> {
        self.line(name, label).numeric()
    }

    /// A day.
    #[must_use]
    pub fn day(&self, name: &'static str, label: impl Display) -> Line<'a> {
        Line::new(self.view, self.fields, name, "date", label)
    }

    /// A moment in Japan.
    #[must_use]
    pub fn moment(&self, name: &'static str, label: impl Display) -> Line<'a> {
        Line::new(self.view, self.fields, name, "datetime-local", label)
    }

    /// Words to look for.
    #[must_use]
    pub fn search(&self, name: &'static str, label: impl Display) -> Line<'a> {
        Line::new(self.view, self.fields, name, "search", label).optional()
    }

    /// A file. The form needs `enctype="multipart/form-data"`.
    #[must_use]
    pub fn file(&self, name: &'static str, label: impl Display) -> Line<'a> {
        Line::new(self.view, self.fields, name, "file", label)
    }

    /// Several lines of text.
    #[must_use]
    pub fn area(&self, name: &'static str, label: impl Display) -> Area<'a> {
        Area::new(self.view, self.fields, name, label)
    }

    /// One of a few, all of them seen.
    #[must_use]
    pub fn radios(&self, name: &'static str, label: impl Display) -> Choices<'a> {
        Choices::radios(self.view, self.fields, name, label)
    }

    /// Any of a few.
    #[must_use]
    pub fn checks(&self, name: &'static str, label: impl Display) -> Choices<'a> {
        Choices::checks(self.view, self.fields, name, label)
    }

    /// One of many, in a list that opens.
    #[must_use]
    pub fn select(&self, name: &'static str, label: impl Display) -> Choices<'a> {
        Choices::select(self.view, self.fields, name, label)
    }

    /// A single box; [`Fields::is_ticked`] reads it.
    #[must_use]
    pub fn tick(&self, name: &'static str, label: impl Display) -> Tick<'a> {
        Tick::new(self.view, self.fields, name, label)
    }

    /// A value that goes along unseen, as it was sent or filled.
    #[must_use]
    pub fn hidden(&self, name: &'static str) -> Hidden<'a> {
        Hidden { name, value: self.fields.value(name) }
    }
}

/// A hidden field.
#[derive(Template)]
#[template(
    source = "<input type=\"hidden\" name=\"{{ name }}\" value=\"{{ value }}\">",
    ext = "html"
)]
pub struct Hidden<'a> {
    name: &'static str,
    value: &'a str,
}

super::escaped!(FormToken<'_>, Summary<'_>, Hidden<'_>);
