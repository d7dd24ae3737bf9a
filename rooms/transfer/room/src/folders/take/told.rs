//! What is laid beside a file that was not passed on: for whoever put it there,
//! in both languages, readable on any machine.

use std::sync::Arc;

use i18n::{Catalogue, CatalogueError, Key, Language, Message, Messages, key};
use passages::Passage;

use super::aside::Why;
use crate::report::Report;

/// The words of the room, for what no page shows.
#[derive(Clone)]
pub(in crate::folders) struct Words(Arc<Messages>);

impl Words {
    /// Reads the catalogue.
    pub(in crate::folders) fn load(catalogue: Catalogue) -> Result<Self, CatalogueError> {
        Ok(Self(Arc::new(Messages::load(&[catalogue])?)))
    }

    /// Why something is never taken.
    pub(super) fn oddity(&self, name: &str, why: Why) -> String {
        self.text(|language| {
            let refused = Message::new(key!("transfer-folder-refused")).with("name", name);
            let why = Key::under("transfer-folder-why-", why.word());
            vec![self.say(language, refused), self.say(language, why)]
        })
    }

    /// Why a passage was not let through.
    pub(super) fn refusal(&self, passage: &Passage) -> String {
        let outcome = passage.outcome.as_ref();
        let report = outcome.and_then(|outcome| serde_json::from_str(&outcome.report).ok());
        let report: Report = report.unwrap_or_default();
        self.text(|language| {
            let refused = Message::new(key!("transfer-folder-refused"));
            let number = Message::new(key!("transfer-folder-number"));
            let mut lines = vec![
                self.say(language, refused.with("name", passage.new.name.clone())),
                self.say(language, number.with("id", passage.id.to_string())),
            ];
            lines.extend(report.reasons.iter().map(|said| match language {
                Language::Japanese => said.message.clone(),
                Language::English => said.message_en.clone(),
            }));
            lines.extend(report.why.clone());
            lines.push(self.say(language, key!("transfer-folder-next")));
            lines
        })
    }

    fn say(&self, language: Language, message: impl Into<Message>) -> String {
        self.0.say(language, message).to_string()
    }

    /// Japanese, an empty line, English; with the mark and the line ends that
    /// every Windows reads.
    fn text(&self, lines: impl Fn(Language) -> Vec<String>) -> String {
        let both =
            [Language::Japanese, Language::English].map(|language| lines(language).join("\r\n"));
        format!("\u{feff}{}\r\n", both.join("\r\n\r\n"))
    }
}
