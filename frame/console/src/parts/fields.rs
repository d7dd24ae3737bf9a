//! The fields themselves: label, hint, what is wrong, and the control, tied
//! together for a screen reader.

use std::fmt::Display;

use askama::Template;

use crate::form::Fields;
use crate::view::View;

/// One line: text, numbers, days, files.
#[derive(Template)]
#[template(path = "parts/line.html")]
pub struct Line<'a> {
    view: &'a View,
    name: &'static str,
    kind: &'static str,
    label: String,
    hint: String,
    value: &'a str,
    wrong: Option<String>,
    is_optional: bool,
    is_numeric: bool,
    autocomplete: &'static str,
    accept: &'static str,
    is_several: bool,
    width: &'static str,
    max: Option<usize>,
}

impl<'a> Line<'a> {
    pub(super) fn new(
        view: &'a View,
        fields: &'a Fields,
        name: &'static str,
        kind: &'static str,
        label: impl Display,
    ) -> Self {
        let is_kept = kind != "password" && kind != "file";
        Self {
            view,
            name,
            kind,
            label: label.to_string(),
            hint: String::new(),
            value: if is_kept { fields.value(name) } else { "" },
            wrong: wrong(view, fields, name),
            is_optional: false,
            is_numeric: false,
            autocomplete: "",
            accept: "",
            is_several: false,
            width: if matches!(kind, "date" | "datetime-local") { "short" } else { "" },
            max: None,
        }
    }

    /// Adds what helps to fill it in.
    #[must_use]
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = hint.to_string();
        self
    }

    /// May be left empty.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Brings up a keyboard of digits.
    #[must_use]
    pub const fn numeric(mut self) -> Self {
        self.is_numeric = true;
        self.width = "short";
        self
    }

    /// What the browser may fill in (HTML, section 4.10.18.7): `username`,
    /// `current-password`, `one-time-code`.
    #[must_use]
    pub const fn autocomplete(mut self, what: &'static str) -> Self {
        self.autocomplete = what;
        self
    }

    /// Takes several files at once.
    #[must_use]
    pub const fn several(mut self) -> Self {
        self.is_several = true;
        self
    }

    /// Which files are offered: `.csv`.
    #[must_use]
    pub const fn accept(mut self, endings: &'static str) -> Self {
        self.accept = endings;
        self
    }

    /// Stops typing after so many characters.
    #[must_use]
    pub const fn max(mut self, characters: usize) -> Self {
        self.max = Some(characters);
        self
    }

    /// As wide as a code or a number.
    #[must_use]
    pub const fn short(mut self) -> Self {
        self.width = "short";
        self
    }

    fn described_by(&self) -> String {
        described_by(self.name, &self.hint, self.wrong.as_deref())
    }
}

/// Several lines of text.
#[derive(Template)]
#[template(path = "parts/area.html")]
pub struct Area<'a> {
    view: &'a View,
    name: &'static str,
    label: String,
    hint: String,
    value: &'a str,
    wrong: Option<String>,
    is_optional: bool,
    rows: u8,
    max: Option<usize>,
}

impl<'a> Area<'a> {
    pub(super) fn new(
        view: &'a View,
        fields: &'a Fields,
        name: &'static str,
        label: impl Display,
    ) -> Self {
        Self {
            view,
            name,
            label: label.to_string(),
            hint: String::new(),
            value: fields.value(name),
            wrong: wrong(view, fields, name),
            is_optional: false,
            rows: 4,
            max: None,
        }
    }

    /// Adds what helps to fill it in.
    #[must_use]
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = hint.to_string();
        self
    }

    /// May be left empty.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Shows so many lines.
    #[must_use]
    pub const fn rows(mut self, rows: u8) -> Self {
        self.rows = rows;
        self
    }

    /// Stops typing after so many characters.
    #[must_use]
    pub const fn max(mut self, characters: usize) -> Self {
        self.max = Some(characters);
        self
    }

    fn described_by(&self) -> String {
        described_by(self.name, &self.hint, self.wrong.as_deref())
    }
}

/// Something that can be chosen.
#[derive(Clone, Debug)]
pub struct Choice {
    value: String,
    label: String,
    hint: String,
}

impl Choice {
    /// A value and what it is called.
    #[must_use]
    pub fn new(value: impl Display, label: impl Display) -> Self {
        Self { value: value.to_string(), label: label.to_string(), hint: String::new() }
    }

    /// Adds what helps to choose.
    #[must_use]
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = hint.to_string();
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Radios,
    Checks,
    Select,
}

/// Radio buttons, boxes or a list.
#[derive(Template)]
#[template(path = "parts/choices.html")]
pub struct Choices<'a> {
    view: &'a View,
    fields: &'a Fields,
    name: &'static str,
    label: String,
    hint: String,
    wrong: Option<String>,
    is_optional: bool,
    look: Look,
    choices: Vec<Choice>,
}

impl<'a> Choices<'a> {
    pub(super) fn radios(
        view: &'a View,
        fields: &'a Fields,
        name: &'static str,
        label: impl Display,
    ) -> Self {
        Self::new(view, fields, name, label, Look::Radios)
    }

    pub(super) fn checks(
        view: &'a View,
        fields: &'a Fields,
        name: &'static str,
        label: impl Display,
    ) -> Self {
        Self::new(view, fields, name, label, Look::Checks)
    }

    pub(super) fn select(
        view: &'a View,
        fields: &'a Fields,
        name: &'static str,
        label: impl Display,
    ) -> Self {
        Self::new(view, fields, name, label, Look::Select)
    }

    fn new(
        view: &'a View,
        fields: &'a Fields,
        name: &'static str,
        label: impl Display,
        look: Look,
    ) -> Self {
        Self {
            view,
            fields,
            name,
            label: label.to_string(),
            hint: String::new(),
            wrong: wrong(view, fields, name),
            is_optional: false,
            look,
            choices: Vec::new(),
        }
    }

    /// Adds what helps to choose.
    #[must_use]
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = hint.to_string();
        self
    }

    /// May be left open.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Adds something that can be chosen.
    #[must_use]
    pub fn choice(mut self, value: impl Display, label: impl Display) -> Self {
        self.choices.push(Choice::new(value, label));
        self
    }

    /// Adds many.
    #[must_use]
    pub fn choices(mut self, choices: &[Choice]) -> Self {
        self.choices.extend_from_slice(choices);
        self
    }

    fn described_by(&self) -> String {
        described_by(self.name, &self.hint, self.wrong.as_deref())
    }

    fn is_select(&self) -> bool {
        self.look == Look::Select
    }

    fn kind(&self) -> &'static str {
        match self.look {
            Look::Radios => "radio",
            Look::Checks | Look::Select => "checkbox",
        }
    }

    /// The summary's link leads to the first control of the group.
    fn id(&self, index: &usize) -> String {
        if *index == 0 { self.name.to_owned() } else { format!("{}-{index}", self.name) }
    }

    fn is_chosen(&self, choice: &Choice) -> bool {
        self.fields.has(self.name, &choice.value)
    }
}

/// A single box.
#[derive(Template)]
#[template(path = "parts/tick.html")]
pub struct Tick<'a> {
    view: &'a View,
    name: &'static str,
    label: String,
    hint: String,
    wrong: Option<String>,
    is_ticked: bool,
}

impl<'a> Tick<'a> {
    pub(super) fn new(
        view: &'a View,
        fields: &'a Fields,
        name: &'static str,
        label: impl Display,
    ) -> Self {
        Self {
            view,
            name,
            label: label.to_string(),
            hint: String::new(),
            wrong: wrong(view, fields, name),
            is_ticked: fields.is_ticked(name),
        }
    }

    /// Adds what helps to decide.
    #[must_use]
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = hint.to_string();
        self
    }

    fn described_by(&self) -> String {
        described_by(self.name, &self.hint, self.wrong.as_deref())
    }
}

fn wrong(view: &View, fields: &Fields, name: &str) -> Option<String> {
    fields.wrong(name).map(|message| view.say(message).to_string())
}

fn described_by(name: &str, hint: &str, wrong: Option<&str>) -> String {
    let hint = (!hint.is_empty()).then(|| format!("{name}-hint"));
    let wrong = wrong.map(|_| format!("{name}-wrong"));
    [hint, wrong].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

super::escaped!(Line<'_>, Area<'_>, Choices<'_>, Tick<'_>);
