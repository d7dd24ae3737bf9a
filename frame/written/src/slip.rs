//! What can be wrong with a text, and where.

/// One fault of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint<F> {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong: a [`Slip`], or what only the reader of this text knows.
    pub fault: F,
}

/// What can be wrong with any text. Its words are Japanese first, then English.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Slip {
    /// More bytes or entries than the reader takes.
    #[error("長すぎます / too long")]
    TooLong,
    /// Not TOML: the parser's own words.
    #[error("TOMLとして読めません / not TOML: {0}")]
    Syntax(String),
    /// A key that there is not.
    #[error("知らないキーです / unknown key: {word}{}", meant(nearest.as_deref()))]
    Key {
        /// What is written.
        word: String,
        /// The key that may have been meant.
        nearest: Option<String>,
    },
    /// A key that must be there is not.
    #[error("{0} が要ります / {0} is missing")]
    Missing(&'static str),
    /// Another kind of value is needed: which.
    #[error("ほかの形で書いてください / write it as: {0}")]
    Shape(&'static str),
    /// A word that there is not, or with characters that it may not have.
    #[error("ここに書けない語です / not a word of this place: {0}")]
    Word(String),
    /// None of the words that a key may have.
    #[error(
        "{key} に書けない語です / {key} cannot be: {word}（{}）{}",
        allowed.join(" | "),
        meant(nearest.as_deref())
    )]
    Choice {
        /// The key.
        key: &'static str,
        /// What is written.
        word: String,
        /// All that may be.
        allowed: &'static [&'static str],
        /// The one that may have been meant.
        nearest: Option<String>,
    },
    /// A number beyond its bounds.
    #[error("{min} から {max} までの数を書いてください / write a number from {min} to {max}")]
    Range {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A name that is used twice, or is none.
    #[error(
        "名前は英小文字・数字・ハイフンで、一度だけ使います / a name has a-z, 0-9 and -, and is used once: {0}"
    )]
    Name(String),
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |word| format!(" → {word} ?"))
}
