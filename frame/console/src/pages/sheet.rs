//! A screen put together of parts, from top to bottom. Every screen of the
//! frame is one; only what stands on it differs.

use std::fmt::Display;

use askama::Template;
use askama::filters::HtmlSafe;

use crate::form::Fields;
use crate::parts::{Button, Form, Link};
use crate::view::View;

/// The content of a screen.
#[derive(Template)]
#[template(path = "pages/sheet.html")]
pub(crate) struct Sheet<'a> {
    view: &'a View,
    title: String,
    lead: String,
    summaries: Vec<String>,
    blocks: Vec<Block>,
}

/// A piece of a screen. Strings of parts are mark-up that the part escaped.
enum Block {
    Part(String),
    Heading(String),
    Text(String),
    Secret { label: String, value: String },
    Links(Vec<String>),
    Form(Box<Send>),
}

/// A form that sends its fields somewhere.
pub(crate) struct Send {
    action: String,
    is_search: bool,
    is_upload: bool,
    is_island_only: bool,
    island: &'static str,
    options: String,
    hidden: Vec<(&'static str, String)>,
    parts: Vec<String>,
    buttons: Vec<String>,
}

impl<'a> Sheet<'a> {
    /// A screen with its heading.
    pub(crate) fn new(view: &'a View, title: impl Display) -> Self {
        Self {
            view,
            title: title.to_string(),
            lead: String::new(),
            summaries: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// A sentence below the heading: what this screen is for.
    pub(crate) fn lead(mut self, text: impl Display) -> Self {
        self.lead = text.to_string();
        self
    }

    /// Puts what is wrong with a form at the top.
    pub(crate) fn wrong(mut self, fields: &'a Fields) -> Self {
        if !fields.is_good() {
            self.summaries.push(Form::new(self.view, fields).summary().to_string());
        }
        self
    }

    /// Any part that escapes what it writes.
    pub(crate) fn part(mut self, part: &impl HtmlSafe) -> Self
    where
        Self: Sized,
    {
        self.blocks.push(Block::Part(part.to_string()));
        self
    }

    /// A heading of a section.
    pub(crate) fn heading(mut self, text: impl Display) -> Self {
        self.blocks.push(Block::Heading(text.to_string()));
        self
    }

    /// A paragraph.
    pub(crate) fn text(mut self, text: impl Display) -> Self {
        self.blocks.push(Block::Text(text.to_string()));
        self
    }

    /// Something that is shown once.
    pub(crate) fn secret(mut self, label: impl Display, value: &str) -> Self {
        self.blocks.push(Block::Secret { label: label.to_string(), value: value.to_owned() });
        self
    }

    /// Where to go on.
    pub(crate) fn links(mut self, links: impl IntoIterator<Item = Link>) -> Self {
        let links: Vec<String> = links.into_iter().map(|link| link.to_string()).collect();
        if !links.is_empty() {
            self.blocks.push(Block::Links(links));
        }
        self
    }

    /// A form.
    pub(crate) fn form(mut self, form: Send) -> Self {
        self.blocks.push(Block::Form(Box::new(form)));
        self
    }

    /// Adds more where something is so.
    pub(crate) fn when(self, is_so: bool, more: impl FnOnce(Self) -> Self) -> Self {
        if is_so { more(self) } else { self }
    }
}

impl Send {
    /// A form that changes something.
    pub(crate) fn to(action: impl Into<String>) -> Self {
        Self {
            action: action.into(),
            is_search: false,
            is_upload: false,
            is_island_only: false,
            island: "",
            options: String::new(),
            hidden: Vec::new(),
            parts: Vec::new(),
            buttons: Vec::new(),
        }
    }

    /// A form that narrows a list.
    pub(crate) fn search(view: &View, action: impl Into<String>) -> Self {
        let button = Button::second(view.t("list-narrow"));
        Self { is_search: true, ..Self::to(action) }.button(&button)
    }

    /// Sends a file along.
    pub(crate) fn upload(mut self) -> Self {
        self.is_upload = true;
        self
    }

    /// Names the script's part that improves the form, and what it reads.
    pub(crate) fn island(mut self, name: &'static str, options: impl Into<String>) -> Self {
        self.island = name;
        self.options = options.into();
        self
    }

    /// Hides the form until its script shows it: it can do nothing without.
    pub(crate) fn island_only(mut self) -> Self {
        self.is_island_only = true;
        self
    }

    /// A value that goes along unseen.
    pub(crate) fn hidden(mut self, name: &'static str, value: impl Display) -> Self {
        self.hidden.push((name, value.to_string()));
        self
    }

    /// A field.
    pub(crate) fn field(mut self, field: &impl HtmlSafe) -> Self {
        self.parts.push(field.to_string());
        self
    }

    /// A button; the first is what return sends.
    pub(crate) fn button(mut self, button: &Button) -> Self {
        self.buttons.push(button.to_string());
        self
    }
}
