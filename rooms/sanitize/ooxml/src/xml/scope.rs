//! Which prefix stands for which namespace at a place, and whether the output
//! has said so there. Knows prefixes and numbers only.

use crate::names::{Names, Space};

use super::Malformed;

/// Prefix declarations open at once; more are a flood.
const BINDINGS_MAX: usize = 4096;

/// One prefix declaration.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    prefix: String,
    key: u64,
    /// The namespace; `None` when the tables do not know it.
    pub(crate) space: Option<Space>,
    /// The address as it is written; kept for known namespaces only.
    pub(crate) uri: String,
    /// Whether the output has declared it around the current place.
    pub(crate) is_written: bool,
    /// Whether readers are told to pass over it (`mc:Ignorable`).
    pub(crate) is_ignorable: bool,
}

impl Binding {
    /// The prefix; empty for the default namespace.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// The declarations around the current place, innermost last.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    bindings: Vec<Binding>,
}

impl Scope {
    /// Returns how many declarations are open, to close back to.
    pub(crate) fn mark(&self) -> usize {
        self.bindings.len()
    }

    /// Closes all declarations after `mark`.
    pub(crate) fn close(&mut self, mark: usize) {
        self.bindings.truncate(mark);
    }

    /// Opens a declaration.
    pub(crate) fn open(&mut self, prefix: &str, uri: &str, names: &Names) -> Result<(), Malformed> {
        if self.bindings.len() >= BINDINGS_MAX {
            return Err(Malformed);
        }
        let space = names.space(uri);
        self.bindings.push(Binding {
            key: key(prefix),
            prefix: prefix.to_owned(),
            space,
            uri: if space.is_some() { uri.to_owned() } else { String::new() },
            is_written: false,
            is_ignorable: false,
        });
        Ok(())
    }

    /// Finds the declaration of a prefix, by index.
    pub(crate) fn find(&self, prefix: &str) -> Option<usize> {
        let wanted = key(prefix);
        let fits = |binding: &Binding| {
            binding.key == wanted && (wanted >> 56 != LONG || binding.prefix == prefix)
        };
        self.bindings.iter().rposition(fits)
    }

    /// Returns a declaration.
    pub(crate) fn get(&self, at: usize) -> Option<&Binding> {
        self.bindings.get(at)
    }

    /// Returns the address under which a namespace is declared here.
    pub(crate) fn uri_of(&self, space: Space) -> Option<&str> {
        let found = self.bindings.iter().rfind(|binding| binding.space == Some(space))?;
        Some(&found.uri)
    }

    /// Returns the declarations after `mark`.
    pub(crate) fn since(&mut self, mark: usize) -> &mut [Binding] {
        self.bindings.get_mut(mark..).unwrap_or_default()
    }

    /// Opens a copy of a declaration at the current place and returns it.
    pub(crate) fn repeat(&mut self, at: usize) -> Option<usize> {
        let mut copy = self.bindings.get(at)?.clone();
        copy.is_written = true;
        self.bindings.push(copy);
        self.bindings.len().checked_sub(1)
    }
}

/// Marks keys of prefixes that do not fit into one word.
const LONG: u64 = 0xFF;

/// A prefix as one word: up to seven bytes and the length.
fn key(prefix: &str) -> u64 {
    let bytes = prefix.as_bytes();
    let mut word = [0; 8];
    let fits = bytes.len() <= 7;
    let length = bytes.len().min(7);
    word[..length].copy_from_slice(&bytes[..length]);
    word[7] = if fits { u8::try_from(length).unwrap_or(0) } else { 0xFF };
    u64::from_le_bytes(word)
}
