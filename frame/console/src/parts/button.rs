//! Buttons that send a form, and links.

use std::fmt::Display;

use askama::Template;

/// A button that sends its form.
#[derive(Template)]
#[template(
    source = "<button type=\"submit\" class=\"button {{ class }}\"\
        {% if let Some((name, value)) = sends %} name=\"{{ name }}\" value=\"{{ value }}\"{% endif %}>\
        {{ label }}</button>",
    ext = "html"
)]
pub struct Button {
    label: String,
    class: &'static str,
    sends: Option<(&'static str, String)>,
}

impl Button {
    /// The one thing that a page is for.
    #[must_use]
    pub fn main(label: impl Display) -> Self {
        Self { label: label.to_string(), class: "button-main", sends: None }
    }

    /// Something else that can be done.
    #[must_use]
    pub fn second(label: impl Display) -> Self {
        Self { label: label.to_string(), class: "button-second", sends: None }
    }

    /// Something that takes away or refuses.
    #[must_use]
    pub fn danger(label: impl Display) -> Self {
        Self { label: label.to_string(), class: "button-danger", sends: None }
    }

    /// Sends a value of its own, where a form has several buttons.
    #[must_use]
    pub fn sends(mut self, name: &'static str, value: impl Display) -> Self {
        self.sends = Some((name, value.to_string()));
        self
    }
}

/// A link that looks like a button, or like text.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<a href=\"{{ href }}\"{% if !class.is_empty() %} class=\"{{ class }}\"{% endif %}>\
        {{ label }}{% if !about.is_empty() %}<span class=\"unseen\"> {{ about }}</span>{% endif %}</a>",
    ext = "html"
)]
pub struct Link {
    href: String,
    pub(crate) label: String,
    about: String,
    class: &'static str,
}

impl Link {
    /// A link in the text.
    #[must_use]
    pub fn new(href: impl Into<String>, label: impl Display) -> Self {
        Self { href: href.into(), label: label.to_string(), about: String::new(), class: "" }
    }

    /// Adds what only a screen reader says: which row a repeated link is about.
    #[must_use]
    pub fn about(mut self, what: impl Display) -> Self {
        self.about = what.to_string();
        self
    }

    /// Looks like the page's main button.
    #[must_use]
    pub const fn main(mut self) -> Self {
        self.class = "button button-main";
        self
    }

    /// Looks like a second button.
    #[must_use]
    pub const fn second(mut self) -> Self {
        self.class = "button button-second";
        self
    }
}

super::escaped!(Button, Link);
