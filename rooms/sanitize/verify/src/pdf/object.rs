//! The objects of a PDF as values (7.3). Resolves no reference.

use std::borrow::Cow;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number of either kind.
    Number(f64),
    /// A name, its escapes resolved.
    Name(Cow<'a, [u8]>),
    /// A string, its escapes resolved.
    Text(Cow<'a, [u8]>),
    /// An array.
    Array(Vec<Value<'a>>),
    /// A dictionary.
    Dict(Dict<'a>),
    /// A reference by object number; generations are always zero.
    Reference(u32),
}

impl<'a> Value<'a> {
    /// Returns a name's bytes.
    pub(super) fn as_name(&self) -> Option<&[u8]> {
        if let Self::Name(name) = self { Some(name) } else { None }
    }

    /// Returns a dictionary.
    pub(super) fn as_dict(&self) -> Option<&Dict<'a>> {
        if let Self::Dict(dict) = self { Some(dict) } else { None }
    }

    /// Returns a number that is a whole one.
    pub(super) fn as_whole(&self) -> Option<u64> {
        match self {
            Self::Number(value) if *value >= 0.0 && value.fract() == 0.0 && *value < 9e15 => {
                Some(*value as u64)
            }
            _ => None,
        }
    }
}

/// A dictionary in file order.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Dict<'a>(pub Vec<(Cow<'a, [u8]>, Value<'a>)>);

impl<'a> Dict<'a> {
    /// Returns an entry.
    pub(super) fn value(&self, key: &str) -> Option<&Value<'a>> {
        self.0.iter().find(|(name, _)| name.as_ref() == key.as_bytes()).map(|(_, value)| value)
    }

    /// Returns an entry that is a name.
    pub(super) fn name(&self, key: &str) -> Option<&[u8]> {
        self.value(key)?.as_name()
    }
}

/// An indirect object.
#[derive(Debug, Clone)]
pub(super) struct Object<'a> {
    /// Its number.
    pub id: u32,
    /// Its value; a stream's dictionary.
    pub value: Value<'a>,
    /// A stream's bytes as they stand in the file.
    pub stream: Option<Cow<'a, [u8]>>,
}

/// Returns a name or key for a report.
pub(super) fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
