//! One mail that a person decided about, as the model learns it: the keys of its
//! tokens. Kept beside the decision, it undoes exactly what was learned, even when
//! the mail is gone or a newer version would read it differently.

use crate::bytes::{BytesError, Reader, write};
use crate::tokens::{ITEMS_MAX, KEY_BITS, Tokens};

/// Bytes of one lesson.
pub const LESSON_BYTES_MAX: usize = 16 + ITEMS_MAX * 6;
/// The form in which lessons are written.
const VERSION: u8 = 1;

/// What a person said of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Wanted: released, answered, or simply not reported.
    Ham,
    /// Unwanted: reported, and found so.
    Spam,
}

/// What is learned from one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    class: Class,
    /// Ascending, each once.
    keys: Vec<u64>,
}

impl Lesson {
    /// Makes a lesson of a mail.
    #[must_use]
    pub fn new(tokens: &Tokens, class: Class) -> Self {
        Self { class, keys: tokens.items().iter().map(|item| item.key).collect() }
    }

    /// What was said of the mail.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// The keys, ascending.
    #[must_use]
    pub fn keys(&self) -> &[u64] {
        &self.keys
    }

    /// Writes the lesson: it says which words stood in a mail to whoever guesses
    /// them, so keep it as you keep the mail.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let class = match self.class {
            Class::Ham => 0,
            Class::Spam => 1,
        };
        let mut out = vec![VERSION, class];
        write(&mut out, self.keys.len() as u64);
        let mut before = 0;
        for key in &self.keys {
            write(&mut out, key - before);
            before = *key;
        }
        out
    }

    /// Reads a lesson.
    ///
    /// # Errors
    /// Of another version, over [`LESSON_BYTES_MAX`], or not as it is written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BytesError> {
        if bytes.len() > LESSON_BYTES_MAX {
            return Err(BytesError::TooLarge { max: LESSON_BYTES_MAX });
        }
        let mut reader = Reader::new(bytes);
        let version = reader.byte()?;
        if version != VERSION {
            return Err(BytesError::Version { found: version.into() });
        }
        let class = match reader.byte()? {
            0 => Class::Ham,
            1 => Class::Spam,
            _ => return Err(BytesError::Broken),
        };
        let count = reader.count(ITEMS_MAX)?;
        let mut keys = Vec::with_capacity(count);
        for _ in 0..count {
            keys.push(reader.key(keys.last().copied(), KEY_BITS)?);
        }
        reader.end()?;
        Ok(Self { class, keys })
    }
}
