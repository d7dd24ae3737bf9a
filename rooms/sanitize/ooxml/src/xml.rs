//! The small XML tools that every part needs: decoding to UTF-8, attributes
//! with their entities, namespace scopes, escaping. Knows no element.

pub(crate) mod attributes;
pub(crate) mod decode;
pub(crate) mod escape;
pub(crate) mod scope;

pub(crate) use attributes::{Attributes, split_name, value_of};
pub(crate) use decode::decode;
pub(crate) use scope::Scope;

/// The XML is not well-formed, or uses what no Office file may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl From<quick_xml::Error> for Malformed {
    fn from(_: quick_xml::Error) -> Self {
        Self
    }
}
