//! The catalogues, read once, and the sentences they give.

use std::fmt;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::{Argument, Key, Language, Message, number};

/// A file of messages in Fluent's syntax, in both languages.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue {
    /// What an error calls it.
    pub name: &'static str,
    /// The Japanese file's text.
    pub ja: &'static str,
    /// The English file's text.
    pub en: &'static str,
}

impl Catalogue {
    /// The text of one language.
    #[must_use]
    pub const fn text(&self, language: Language) -> &'static str {
        match language {
            Language::Japanese => self.ja,
            Language::English => self.en,
        }
    }
}

/// Why catalogues were not taken.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A file is not in Fluent's syntax.
    #[error("catalogue {name} ({language}) cannot be read: {what}")]
    Syntax {
        /// Which catalogue.
        name: &'static str,
        /// Which language.
        language: &'static str,
        /// What the parser said first.
        what: String,
    },
    /// Two files hold the same message.
    #[error("catalogue {name} ({language}): {what}")]
    Twice {
        /// The later catalogue.
        name: &'static str,
        /// Which language.
        language: &'static str,
        /// Which message.
        what: String,
    },
}

/// All messages.
pub struct Messages {
    japanese: FluentBundle<FluentResource>,
    english: FluentBundle<FluentResource>,
}

/// Messages inside messages that are followed.
const DEPTH_MAX: u8 = 3;

impl Messages {
    /// Reads all catalogues.
    ///
    /// # Errors
    /// If one cannot be read or two hold the same message.
    pub fn load(catalogues: &[Catalogue]) -> Result<Self, CatalogueError> {
        Ok(Self {
            japanese: bundle(catalogues, Language::Japanese)?,
            english: bundle(catalogues, Language::English)?,
        })
    }

    /// Says a message in a language. A message that is not there shows its
    /// key in brackets; the check keeps that from happening.
    #[must_use]
    pub fn say(&self, language: Language, message: impl Into<Message>) -> Sentence<'_> {
        Sentence { messages: self, language, message: message.into() }
    }

    /// True where the message exists in the language.
    #[must_use]
    pub fn has(&self, language: Language, key: &Key) -> bool {
        self.bundle(language).get_message(key.as_str()).is_some_and(|found| found.value().is_some())
    }

    const fn bundle(&self, language: Language) -> &FluentBundle<FluentResource> {
        match language {
            Language::Japanese => &self.japanese,
            Language::English => &self.english,
        }
    }

    fn write(
        &self,
        language: Language,
        message: &Message,
        depth: u8,
        out: &mut dyn fmt::Write,
    ) -> fmt::Result {
        let bundle = self.bundle(language);
        let found = bundle.get_message(message.key.as_str());
        let Some(pattern) = found.and_then(|found| found.value()) else {
            return write!(out, "⟦{}⟧", message.key.as_str());
        };
        let mut arguments = FluentArgs::with_capacity(message.arguments.len());
        for (name, argument) in &message.arguments {
            arguments.set(name.clone(), self.value(language, argument, depth)?);
        }
        let mut errors = Vec::new();
        out.write_str(&bundle.format_pattern(pattern, Some(&arguments), &mut errors))
    }

    fn value(
        &self,
        language: Language,
        argument: &Argument,
        depth: u8,
    ) -> Result<FluentValue<'static>, fmt::Error> {
        Ok(match argument {
            Argument::Text(text) => FluentValue::from(text.clone()),
            Argument::Number(number) => FluentValue::from(*number),
            Argument::Key(key) if depth < DEPTH_MAX => {
                let mut text = String::new();
                self.write(language, &key.into(), depth + 1, &mut text)?;
                FluentValue::from(text)
            }
            Argument::Key(key) => FluentValue::from(key.as_str().to_owned()),
        })
    }
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Messages")
    }
}

fn bundle(
    catalogues: &[Catalogue],
    language: Language,
) -> Result<FluentBundle<FluentResource>, CatalogueError> {
    let tag = language.tag();
    let locale = tag.parse().expect("the tags are valid language identifiers");
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Isolating marks (U+2068, U+2069) would be copied out of pages with names
    // and numbers, and neither language is written from right to left.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(grouped));
    for catalogue in catalogues {
        let name = catalogue.name;
        let resource = FluentResource::try_new(catalogue.text(language).to_owned()).map_err(
            |(_, errors)| {
                let what = errors.first().map(ToString::to_string).unwrap_or_default();
                CatalogueError::Syntax { name, language: tag, what }
            },
        )?;
        bundle.add_resource(resource).map_err(|errors| {
            let what = errors.first().map(ToString::to_string).unwrap_or_default();
            CatalogueError::Twice { name, language: tag, what }
        })?;
    }
    Ok(bundle)
}

fn grouped<M>(value: &FluentValue, _: &M) -> Option<String> {
    let FluentValue::Number(given) = value else { return None };
    let is_whole = given.value.fract() == 0.0 && given.value.abs() < 9e15;
    #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
    is_whole.then(|| number(given.value as i64))
}

/// A message in a language; shows itself.
#[derive(Clone, Debug)]
pub struct Sentence<'a> {
    messages: &'a Messages,
    language: Language,
    message: Message,
}

impl Sentence<'_> {
    /// Adds what stands for `{ $name }`.
    #[must_use]
    pub fn with(mut self, name: &'static str, argument: impl Into<Argument>) -> Self {
        self.message = self.message.with(name, argument);
        self
    }
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.messages.write(self.language, &self.message, 0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: Catalogue = Catalogue {
        name: "sample",
        ja: "files = ファイル { $count }件\nouter = 区分: { $inner }\ninner = 許可\n",
        en: "files = { $count ->\n    [one] one file\n   *[other] { $count } files\n}\n\
             outer = Kind: { $inner }\ninner = permit\n",
    };

    fn say(language: Language, message: Message) -> String {
        Messages::load(&[SAMPLE]).unwrap().say(language, message).to_string()
    }

    #[test]
    fn numbers_are_grouped_and_choose_forms() {
        let files = |count: i64| Message::new("files").with("count", count);
        assert_eq!(say(Language::Japanese, files(1_234_567)), "ファイル 1,234,567件");
        assert_eq!(say(Language::English, files(1)), "one file");
        assert_eq!(say(Language::English, files(2_000)), "2,000 files");
    }

    #[test]
    fn a_message_can_stand_in_another() {
        let outer = Message::new("outer").with("inner", Key::fixed("inner"));
        assert_eq!(say(Language::Japanese, outer.clone()), "区分: 許可");
        assert_eq!(say(Language::English, outer), "Kind: permit");
    }

    #[test]
    fn a_missing_message_shows_its_key() {
        assert_eq!(say(Language::English, Message::new("nowhere")), "⟦nowhere⟧");
    }

    #[test]
    fn a_message_twice_is_refused() {
        assert!(matches!(
            Messages::load(&[SAMPLE, SAMPLE]),
            Err(CatalogueError::Twice { name: "sample", .. })
        ));
    }
}
