//! The SQL of this crate, one file a table family. Rows become domain types
//! here and nowhere else.

pub(crate) mod alerts;
pub(crate) mod attempts;
pub(crate) mod bodies;
pub(crate) mod codes;
pub(crate) mod factors;
pub(crate) mod people;
pub(crate) mod roles;
mod schema;
pub(crate) mod sections;
pub(crate) mod sessions;
pub(crate) mod steps;
pub(crate) mod trips;

use base::Text;
use store::Row;

pub use schema::MIGRATIONS;

use crate::error::IdentityError;

/// Reads a column of bounded text.
fn text<const MAX: usize>(row: &mut Row, column: usize) -> Result<Text<MAX>, IdentityError> {
    Text::parse(&row.take::<String>(column)?).map_err(|_| IdentityError::Unreadable("text"))
}

/// Reads a column of one of our words.
fn word<T>(
    row: &mut Row,
    column: usize,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, IdentityError> {
    parse(&row.take::<String>(column)?).ok_or(IdentityError::Unreadable("words"))
}
