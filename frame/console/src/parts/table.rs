//! A table with a caption, headers, paging by key, and a row for nothing.

use std::fmt::Display;

use askama::Template;
use askama::filters::HtmlSafe;
use base::Timestamp;

use super::{Link, Tag};
use crate::view::View;

/// A table of one page of rows.
#[derive(Template)]
#[template(path = "parts/table.html")]
pub struct Table<'a> {
    view: &'a View,
    pub(crate) caption: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    empty: String,
    pager: Pager,
    has_downloads: bool,
}

pub(crate) struct Column {
    pub(crate) label: String,
    pub(crate) is_number: bool,
}

/// One cell: what a page shows, and the same as plain text for a download.
#[derive(Clone, Debug)]
pub struct Cell {
    html: Option<String>,
    pub(crate) text: String,
    pub(crate) number: Option<i64>,
}

/// Where the page stands in the whole: opaque keys that the service gave.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    /// The key after which the next page begins, if there is one.
    pub next: Option<String>,
    /// True where this is not the first page.
    pub is_later: bool,
}

/// The name in the query that carries the key.
pub const AFTER: &str = "after";

impl Cell {
    /// Text.
    #[must_use]
    pub fn text(text: impl Display) -> Self {
        Self { html: None, text: text.to_string(), number: None }
    }

    /// Text, or a dash where there is none.
    #[must_use]
    pub fn text_if_any(text: Option<impl Display>) -> Self {
        text.map_or_else(|| Self::text("—"), Self::text)
    }

    /// A whole number, aligned to the right.
    #[must_use]
    pub fn number(value: i64) -> Self {
        Self { html: None, text: i18n::number(value), number: Some(value) }
    }

    /// A link.
    #[must_use]
    pub fn link(link: &Link) -> Self {
        Self { html: Some(link.to_string()), text: link.label.clone(), number: None }
    }

    /// A state.
    #[must_use]
    pub fn tag(tag: &Tag) -> Self {
        Self { html: Some(tag.to_string()), text: tag.label.clone(), number: None }
    }

    /// A moment in Japan.
    #[must_use]
    pub fn moment(view: &View, at: Timestamp) -> Self {
        let text = view.moment_short(&at);
        let html = format!("<time datetime=\"{at}\">{text}</time>");
        Self { html: Some(html), text, number: None }
    }

    /// Any part that escapes what it writes, and its plain text.
    #[must_use]
    pub fn part(part: &impl HtmlSafe, text: impl Display) -> Self {
        Self { html: Some(part.to_string()), text: text.to_string(), number: None }
    }
}

impl Pager {
    /// The key that this request asks to go on after.
    #[must_use]
    pub fn asked(query: &crate::form::Fields) -> Option<&str> {
        Some(query.value(AFTER)).filter(|after| !after.is_empty())
    }

    /// The pager of a page: `next` is the key of its last row if more follow.
    #[must_use]
    pub fn new(query: &crate::form::Fields, next: Option<impl Display>) -> Self {
        let next = next.map(|next| next.to_string());
        Self { next, is_later: Self::asked(query).is_some() }
    }
}

impl<'a> Table<'a> {
    /// A table with its caption, which also names it to a screen reader.
    #[must_use]
    pub fn new(view: &'a View, caption: impl Display) -> Self {
        Self {
            view,
            caption: caption.to_string(),
            columns: Vec::new(),
            rows: Vec::new(),
            empty: view.t("table-empty").to_string(),
            pager: Pager::default(),
            has_downloads: false,
        }
    }

    /// Adds a column. The first one's cells are the headers of their rows.
    #[must_use]
    pub fn column(mut self, label: impl Display) -> Self {
        self.columns.push(Column { label: label.to_string(), is_number: false });
        self
    }

    /// Adds a column of numbers.
    #[must_use]
    pub fn number_column(mut self, label: impl Display) -> Self {
        self.columns.push(Column { label: label.to_string(), is_number: true });
        self
    }

    /// Adds a row with a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Says what an empty table means, and what to do.
    #[must_use]
    pub fn empty(mut self, text: impl Display) -> Self {
        self.empty = text.to_string();
        self
    }

    /// Adds paging.
    #[must_use]
    pub fn pager(mut self, pager: Pager) -> Self {
        self.pager = pager;
        self
    }

    /// Offers the whole list as CSV and xlsx: the handler answers them where
    /// [`super::Format::asked`] says so.
    #[must_use]
    pub const fn downloads(mut self) -> Self {
        self.has_downloads = true;
        self
    }

    fn first_page(&self) -> String {
        self.view.here_with(AFTER, None)
    }

    fn next_page(&self) -> Option<String> {
        self.pager.next.as_deref().map(|next| self.view.here_with(AFTER, Some(next)))
    }

    fn download(&self, format: &str) -> String {
        self.view.here_with(super::download::FORMAT, Some(format))
    }

    fn cells<'t>(&'t self, row: &'t [Cell]) -> impl Iterator<Item = (&'t Column, &'t Cell)> {
        self.columns.iter().zip(row)
    }
}

super::escaped!(Table<'_>);
