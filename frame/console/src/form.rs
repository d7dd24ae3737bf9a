//! What a person filled in, read field by field into types that cannot be
//! wrong. What is wrong stays beside its field, with what was written.

use std::collections::BTreeMap;

use base::{Id, Text, TextError, Timestamp};
use i18n::{Key, Message};

/// A form's fields with their values and what is wrong with them.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    values: BTreeMap<String, Vec<String>>,
    wrong: Vec<(String, Message)>,
}

/// Fields of one form that are read.
pub const FIELDS_MAX: usize = 1_000;

impl Fields {
    /// An empty form, as it is first shown.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// A form as it was sent.
    #[must_use]
    pub fn sent(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut fields = Self::default();
        for (name, value) in pairs.into_iter().take(FIELDS_MAX) {
            fields.values.entry(name).or_default().push(value);
        }
        fields
    }

    /// Fills a field, as a form for a change is first shown.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.entry(name.to_owned()).or_default().push(value.into());
        self
    }

    /// What was written in a field; empty if nothing was.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// Everything that was ticked under a name.
    #[must_use]
    pub fn values(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// True where a value was chosen.
    #[must_use]
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.values(name).iter().any(|given| given == value)
    }

    /// Says that a field is wrong; the first complaint about each is shown.
    pub fn complain(&mut self, name: &str, message: impl Into<Message>) {
        if self.wrong(name).is_none() {
            self.wrong.push((name.to_owned(), message.into()));
        }
    }

    /// What is wrong with a field.
    #[must_use]
    pub fn wrong(&self, name: &str) -> Option<&Message> {
        self.wrong.iter().find(|(wrong, _)| wrong == name).map(|(_, message)| message)
    }

    /// Everything that is wrong, in the order of reading.
    #[must_use]
    pub fn all_wrong(&self) -> &[(String, Message)] {
        &self.wrong
    }

    /// True where nothing is wrong so far.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.wrong.is_empty()
    }

    /// Reads a text that must be there. `label` names the field in the message.
    pub fn text<const MAX: usize>(&mut self, name: &str, label: Key) -> Option<Text<MAX>> {
        self.read(name, label, Text::parse)
    }

    /// Reads a text that may be left out.
    pub fn text_if_any<const MAX: usize>(&mut self, name: &str, label: Key) -> Option<Text<MAX>> {
        if self.value(name).trim().is_empty() { None } else { self.text(name, label) }
    }

    /// Reads a secret as it was written: not trimmed, at most 1,000 bytes; the
    /// field is empty when the form is shown again.
    pub fn secret(&mut self, name: &str, label: Key) -> Option<base::Secret<String>> {
        let given = self.values.remove(name).and_then(|mut values| values.pop());
        let given = given.map(base::Secret::new);
        match given {
            Some(value) if value.reveal().len() > SECRET_MAX_BYTES => {
                self.complain(
                    name,
                    Message::new("field-long").with("label", label).with("max", SECRET_MAX_BYTES),
                );
                None
            }
            Some(value) if !value.reveal().is_empty() => Some(value),
            Some(_) | None => {
                self.complain(name, Message::new("field-empty").with("label", label));
                None
            }
        }
    }

    /// Reads a value with any parser; its error becomes the message.
    pub fn parse<T, E: Into<Message>>(
        &mut self,
        name: &str,
        label: Key,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.value(name).trim().to_owned();
        if value.is_empty() {
            self.complain(name, Message::new("field-empty").with("label", label));
            return None;
        }
        match parse(&value) {
            Ok(read) => Some(read),
            Err(error) => {
                self.complain(name, error);
                None
            }
        }
    }

    /// Reads one of several values; anything else was not offered.
    pub fn choice<T>(
        &mut self,
        name: &str,
        label: Key,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let chosen = read(self.value(name));
        if chosen.is_none() {
            self.complain(name, Message::new("field-choice").with("label", label));
        }
        chosen
    }

    /// Reads everything that was ticked; what was not offered is a complaint.
    pub fn choices<T>(
        &mut self,
        name: &str,
        label: Key,
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let read: Option<Vec<T>> = self.values(name).iter().map(|value| read(value)).collect();
        if read.is_none() {
            self.complain(name, Message::new("field-choice").with("label", label));
        }
        read.unwrap_or_default()
    }

    /// True where a single box is ticked.
    #[must_use]
    pub fn is_ticked(&self, name: &str) -> bool {
        self.value(name) == "yes"
    }

    /// Reads a moment in Japan, as a `datetime-local` field sends it.
    pub fn moment(&mut self, name: &str, label: Key) -> Option<Timestamp> {
        let wrong = Message::new("field-moment").with("label", label.clone());
        self.parse(name, label, |text| Timestamp::parse_jst(text).ok_or(wrong))
    }

    /// Reads a day, as a `date` field sends it: its first moment in Japan.
    pub fn day(&mut self, name: &str, label: Key) -> Option<Timestamp> {
        let wrong = Message::new("field-day").with("label", label.clone());
        self.parse(name, label, |text| {
            let is_day = text.len() == "2026-04-01".len();
            is_day.then(|| Timestamp::parse_jst(&format!("{text}T00:00"))).flatten().ok_or(wrong)
        })
    }

    /// Reads a day that may be left out, as filters do.
    pub fn day_if_any(&mut self, name: &str, label: Key) -> Option<Timestamp> {
        if self.value(name).trim().is_empty() { None } else { self.day(name, label) }
    }

    /// Reads a whole number within limits.
    pub fn number(&mut self, name: &str, label: Key, min: i64, max: i64) -> Option<i64> {
        let wrong = Message::new("field-number")
            .with("label", label.clone())
            .with("min", min)
            .with("max", max);
        self.parse(name, label, |text| {
            let number = half_width(text).parse().ok();
            number.filter(|number| (min..=max).contains(number)).ok_or(wrong)
        })
    }

    /// Reads an id, as a hidden or a chosen field sends it.
    pub fn id<T>(&mut self, name: &str, label: Key) -> Option<Id<T>> {
        self.choice(name, label, |text| Id::parse(text).ok())
    }

    fn read<const MAX: usize>(
        &mut self,
        name: &str,
        label: Key,
        parse: impl FnOnce(&str) -> Result<Text<MAX>, TextError>,
    ) -> Option<Text<MAX>> {
        match parse(self.value(name)) {
            Ok(text) => Some(text),
            Err(error) => {
                let message = match error {
                    TextError::Empty => Message::new("field-empty"),
                    TextError::TooLong { max } => Message::new("field-long").with("max", max),
                    TextError::Character(_) => Message::new("field-character"),
                };
                self.complain(name, message.with("label", label));
                None
            }
        }
    }
}

const SECRET_MAX_BYTES: usize = 1_000;

/// Digits as Japanese keyboards write them, made plain.
fn half_width(text: &str) -> String {
    let plain = |digit: char| match digit {
        '０'..='９' => char::from_u32(u32::from(digit) - 0xfee0).unwrap_or(digit),
        '－' | 'ー' | '−' => '-',
        other => other,
    };
    text.chars().filter(|character| *character != ',').map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::sent(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    const LABEL: Key = Key::fixed("label");

    #[test]
    fn a_wrong_field_keeps_its_value_and_says_why() {
        let mut form = fields(&[("name", "緑ヶ丘市役所")]);
        assert!(form.text::<3>("name", LABEL).is_none());
        assert_eq!(form.value("name"), "緑ヶ丘市役所");
        let expected = Message::new("field-long").with("max", 3_usize).with("label", LABEL);
        assert_eq!(form.wrong("name"), Some(&expected));
        assert!(!form.is_good());
    }

    #[test]
    fn the_first_complaint_stays() {
        let mut form = fields(&[]);
        assert!(form.text::<3>("name", LABEL).is_none());
        form.complain("name", Key::fixed("other"));
        assert_eq!(form.all_wrong().len(), 1);
    }

    #[test]
    fn a_secret_is_not_shown_again() {
        let mut form = fields(&[("password", "  himitsu ")]);
        assert_eq!(form.secret("password", LABEL).unwrap().reveal(), "  himitsu ");
        assert_eq!(form.value("password"), "");
    }

    #[test]
    fn numbers_may_be_wide() {
        let mut form = fields(&[("hours", "２４"), ("many", "99"), ("sum", "１,０００")]);
        assert_eq!(form.number("hours", LABEL, 1, 24), Some(24));
        assert_eq!(form.number("sum", LABEL, 1, 9_999), Some(1_000));
        assert_eq!(form.number("many", LABEL, 1, 24), None);
    }

    #[test]
    fn times_are_japans() {
        let mut form = fields(&[("from", "2026-04-01T09:00"), ("on", "2026-04-01"), ("bad", "x")]);
        assert_eq!(form.moment("from", LABEL), Timestamp::parse("2026-04-01T00:00:00Z"));
        assert_eq!(form.day("on", LABEL), Timestamp::parse("2026-03-31T15:00:00Z"));
        assert_eq!(form.day("from", LABEL), None);
        assert_eq!(form.moment("bad", LABEL), None);
    }

    #[test]
    fn what_was_not_offered_is_refused() {
        let mut form = fields(&[("kind", "root"), ("role", "a"), ("role", "zz")]);
        let read = |text: &str| (text == "a").then_some(text.len());
        assert_eq!(form.choice("kind", LABEL, read), None);
        assert_eq!(form.choices("role", LABEL, read), Vec::<usize>::new());
        assert_eq!(form.all_wrong().len(), 2);
    }
}
