//! What a person and a section are. One account is one natural person; there
//! is no other kind of account. Knows no row.

use std::fmt;

use base::{Id, Text, Timestamp};

use crate::body::NAME_MAX;
use crate::role::named;

/// The id of a person.
pub type PersonId = Id<Person>;
/// The id of a section.
pub type SectionId = Id<Section>;

/// What a person types to say who they are: unique over the whole store.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Login(Box<str>);

/// Why a login was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// Too short or too long.
    #[error("a login has {LOGIN_MIN} to {LOGIN_MAX} characters")]
    Length,
    /// Not a small letter, a digit, or one of `.`, `_`, `-`, `@` inside.
    #[error("a login has small letters, digits, and . _ - @ inside")]
    Character,
    /// A word that names a desk or a post and not a person.
    #[error("a login names one person, not a desk or a post")]
    Shared,
}

const LOGIN_MIN: usize = 3;
/// Longest login, in characters.
pub const LOGIN_MAX: usize = 64;

/// Words that shared accounts are called by. Whoever wants one can still find
/// a word that is not here; the point is to be told.
const SHARED: &[&str] = &[
    "admin",
    "administrator",
    "all",
    "common",
    "guest",
    "info",
    "kanri",
    "kyotsu",
    "kyoyu",
    "manager",
    "office",
    "operator",
    "root",
    "share",
    "shared",
    "staff",
    "system",
    "temp",
    "test",
    "user",
];

impl Login {
    /// Reads a login; capital letters become small.
    ///
    /// # Errors
    /// Says which rule failed.
    pub fn parse(text: &str) -> Result<Self, LoginError> {
        let text = text.trim();
        if !(LOGIN_MIN..=LOGIN_MAX).contains(&text.len()) {
            return Err(LoginError::Length);
        }
        let login = text.to_ascii_lowercase();
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_inner = |byte: u8| is_word(byte) || matches!(byte, b'.' | b'_' | b'-' | b'@');
        let has_ends = login.bytes().next().is_some_and(is_word)
            && login.bytes().next_back().is_some_and(is_word);
        if !has_ends || !login.bytes().all(is_inner) {
            return Err(LoginError::Character);
        }
        let stem = login.trim_end_matches(|last: char| last.is_ascii_digit());
        let stem = stem.trim_end_matches(['-', '_', '.']);
        if SHARED.contains(&stem) { Err(LoginError::Shared) } else { Ok(Self(login.into())) }
    }

    /// The login.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

named! {
    /// Where a person stands between coming and going.
    PersonState {
        /// Known, but without factors: cannot sign in.
        Invited = "invited",
        /// Has two factors.
        Active = "active",
        /// Gone: nothing opens any more, the record stays.
        Left = "left",
    }
}

/// A person as they stand in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// What they sign in with.
    pub login: Login,
    /// Their name.
    pub name: Text<NAME_MAX>,
    /// Their name's reading; lists are sorted by it.
    pub kana: Text<NAME_MAX>,
    /// Where they work.
    pub section: SectionId,
    /// Where they stand.
    pub state: PersonState,
    /// Since when they are here.
    pub joined_at: Timestamp,
    /// Since when they are gone.
    pub left_at: Option<Timestamp>,
    /// Counts changes; a change names the one it was made from.
    pub version: i64,
}

/// A person to be invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerson {
    /// What they will sign in with.
    pub login: Login,
    /// Their name.
    pub name: Text<NAME_MAX>,
    /// Their name's reading.
    pub kana: Text<NAME_MAX>,
    /// Where they work.
    pub section: SectionId,
}

/// A section (課) or bureau (部局).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its id.
    pub id: SectionId,
    /// Its short code, unique in the body: the key in files of joiners.
    pub code: Text<SECTION_CODE_MAX>,
    /// Its name.
    pub name: Text<NAME_MAX>,
    /// The bureau above it.
    pub above: Option<SectionId>,
    /// Since when nobody works there any more.
    pub closed_at: Option<Timestamp>,
    /// Counts changes.
    pub version: i64,
}

/// A section to be opened, or what one is changed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSection {
    /// Its short code.
    pub code: Text<SECTION_CODE_MAX>,
    /// Its name.
    pub name: Text<NAME_MAX>,
    /// The bureau above it.
    pub above: Option<SectionId>,
}

/// Longest code of a section, in characters.
pub const SECTION_CODE_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_has_one_spelling() {
        let login = Login::parse(" Yamada.Hanako@midori ").map(|login| login.to_string());
        assert_eq!(login.as_deref(), Ok("yamada.hanako@midori"));
    }

    #[test]
    fn a_login_that_names_no_person_is_refused() {
        for text in ["admin", "KYOYU", "guest01", "staff-2", "test_"] {
            assert!(Login::parse(text).is_err(), "{text}");
        }
        assert_eq!(Login::parse("shared.3"), Err(LoginError::Shared));
        assert!(Login::parse("testa.taro").is_ok());
    }

    #[test]
    fn hostile_logins_are_refused() {
        assert_eq!(Login::parse("a"), Err(LoginError::Length));
        assert_eq!(Login::parse(&"a".repeat(65)), Err(LoginError::Length));
        for text in ["' or 1=1", "山田花子", "a\0b", ".ab", "ab-", "ｙａｍａ"] {
            assert_eq!(Login::parse(text), Err(LoginError::Character), "{text}");
        }
    }
}
