//! Text from people, with a length that was checked once.

use std::fmt;

/// One or more lines without control characters, trimmed, not empty, at most
/// `MAX` characters (Unicode scalar values).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(Box<str>);

/// Why a text was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("text is empty")]
    Empty,
    /// More characters than the field takes.
    #[error("text is longer than {max} characters")]
    TooLong {
        /// How many it takes.
        max: usize,
    },
    /// A control or direction-changing character.
    #[error("text holds the character U+{0:04X}")]
    Character(u32),
}

impl<const MAX: usize> Text<MAX> {
    /// Reads a text: line ends become LF, the ends are trimmed.
    ///
    /// # Errors
    /// Says which rule failed.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.chars().count() > MAX {
            return Err(TextError::TooLong { max: MAX });
        }
        match text.chars().find(|&character| is_unwanted(character)) {
            Some(character) => Err(TextError::Character(u32::from(character))),
            None => Ok(Self(text.into())),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Control characters hide text; the bidirectional ones show it in another
/// order than it is read (Unicode TR 36, section 3.1).
fn is_unwanted(character: char) -> bool {
    let is_bidirectional = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    is_bidirectional || (character.is_control() && !matches!(character, '\n' | '\t'))
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_characters() {
        assert!(Text::<3>::parse("緑ヶ丘").is_ok());
        assert_eq!(Text::<3>::parse("緑ヶ丘市"), Err(TextError::TooLong { max: 3 }));
    }

    #[test]
    fn hidden_and_empty_text_is_refused() {
        assert_eq!(Text::<9>::parse(" \u{3000}\n"), Err(TextError::Empty));
        assert_eq!(Text::<9>::parse("a\u{202e}b"), Err(TextError::Character(0x202e)));
        assert_eq!(Text::<9>::parse("a\0b"), Err(TextError::Character(0)));
    }
}
