//! Passwords that a person gave for encrypted files. Never printed.

use std::fmt;

/// Candidate passwords, tried in order. `Debug` shows only how many.
#[derive(Clone, Default)]
pub struct Passwords(Vec<String>);

impl Passwords {
    /// Takes the candidates, in the order in which they are to be tried.
    #[must_use]
    pub fn new(candidates: Vec<String>) -> Self {
        Self(candidates)
    }

    /// Iterates over the candidates.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Says whether no password was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passwords({} given)", self.0.len())
    }
}
