//! How much a mail resembles what a body called unwanted, and by which words.
//! Learns from people's own decisions and unlearns them exactly; reads what
//! rspamd says, and holds the rule by which the two become one. Knows no files,
//! network, clock or chance, and drops nothing: whoever asks decides.

#![forbid(unsafe_code)]

mod bytes;
mod judge;
mod lesson;
mod model;
pub mod rspamd;
mod text;
mod tokens;

pub use bytes::BytesError;
pub use judge::{Judgement, Rule, Standing, judge};
pub use lesson::{Class, LESSON_BYTES_MAX, Lesson};
pub use model::{
    FEATURES_MAX, KNOWN_MIN, LESSONS_MIN, MODEL_BYTES_MAX, Model, Opinion, REASONS_MAX, Reason,
    SPAM_FROM, SUSPECT_FROM, Score, Silence,
};
pub use tokens::{Context, ITEMS_MAX, Item, Kind, TEXT_CHARS_MAX, Tokens};
