//! What is to be said, before a language is chosen.

use std::borrow::Cow;

/// The name of a message in the catalogues. Written with [`key!`](crate::key)
/// so that the check finds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Cow<'static, str>);

impl Key {
    /// A key that stands in the source; use `key!("…")`.
    #[must_use]
    pub const fn fixed(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A key of a family: `Key::under("duty-", duty.name())`. The check takes
    /// every message with the prefix for used. Dots and underscores of the
    /// name become dashes.
    #[must_use]
    pub fn under(prefix: &'static str, name: &str) -> Self {
        Self(Cow::Owned(format!("{prefix}{}", name.replace(['.', '_'], "-"))))
    }

    /// A key read from elsewhere; it may name no message.
    #[must_use]
    pub const fn read(name: String) -> Self {
        Self(Cow::Owned(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names a message: `key!("about-title")`.
#[macro_export]
macro_rules! key {
    ($name:literal) => {
        $crate::Key::fixed($name)
    };
}

impl From<&&'static str> for Key {
    fn from(name: &&'static str) -> Self {
        Self::fixed(name)
    }
}

impl From<&'static str> for Key {
    /// For templates, where the check finds `t("…")`.
    fn from(name: &'static str) -> Self {
        Self::fixed(name)
    }
}

impl From<&Key> for Key {
    fn from(key: &Key) -> Self {
        key.clone()
    }
}

/// A value that stands in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Text, shown as it is.
    Text(String),
    /// A whole number, shown in groups of three digits; chooses plural forms.
    Number(i64),
    /// Another message, said in the same language.
    Key(Key),
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Argument {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<i64> for Argument {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Argument {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Argument {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<usize> for Argument {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<Key> for Argument {
    fn from(key: Key) -> Self {
        Self::Key(key)
    }
}

/// A key with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub(crate) key: Key,
    pub(crate) arguments: Vec<(Cow<'static, str>, Argument)>,
}

impl Message {
    /// A message without arguments yet.
    #[must_use]
    pub fn new(key: impl Into<Key>) -> Self {
        Self { key: key.into(), arguments: Vec::new() }
    }

    /// Adds what stands for `{ $name }`.
    #[must_use]
    pub fn with(
        mut self,
        name: impl Into<Cow<'static, str>>,
        argument: impl Into<Argument>,
    ) -> Self {
        self.arguments.push((name.into(), argument.into()));
        self
    }

    /// What stands for each placeholder.
    pub fn arguments(&self) -> impl Iterator<Item = (&str, &Argument)> {
        self.arguments.iter().map(|(name, argument)| (name.as_ref(), argument))
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &Key {
        &self.key
    }
}

impl From<Key> for Message {
    fn from(key: Key) -> Self {
        Self { key, arguments: Vec::new() }
    }
}

impl From<&Key> for Message {
    fn from(key: &Key) -> Self {
        key.clone().into()
    }
}

impl From<&Self> for Message {
    fn from(message: &Self) -> Self {
        message.clone()
    }
}

impl From<&&Self> for Message {
    fn from(message: &&Self) -> Self {
        (*message).clone()
    }
}

impl From<&&Key> for Key {
    fn from(key: &&Self) -> Self {
        (*key).clone()
    }
}
