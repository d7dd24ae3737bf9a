//! Messages in Japanese and English, dates with their era, numbers, and the
//! check that no text is missing. Knows no page and no domain word.

pub mod check;
mod date;
mod key;
mod language;
mod messages;
mod number;

pub use date::{date, date_with_era, moment, moment_short, span};
pub use key::{Argument, Key, Message};
pub use language::Language;
pub use messages::{Catalogue, CatalogueError, Messages, Sentence};
pub use number::{bytes, number};
