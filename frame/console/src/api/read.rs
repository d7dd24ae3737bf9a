//! Reads single values of a call; what is wrong names its field.

use base::{Id, Text, Timestamp};
use i18n::{Message, key};

use crate::failure::Failure;

fn wrong(field: &str, message: impl Into<Message>) -> Failure {
    Failure::Unprocessable(vec![(field.to_owned(), message.into())])
}

/// An id.
pub(super) fn id<T>(field: &str, text: &str) -> Result<Id<T>, Failure> {
    Id::parse(text).map_err(|_| wrong(field, key!("api-id-wrong")))
}

/// An id that may be left out.
pub(super) fn id_if_any<T>(field: &str, text: Option<&str>) -> Result<Option<Id<T>>, Failure> {
    text.map(|text| id(field, text)).transpose()
}

/// A moment, RFC 3339 with any offset.
pub(super) fn moment(field: &str, text: &str) -> Result<Timestamp, Failure> {
    Timestamp::parse(text).ok_or_else(|| wrong(field, key!("api-moment-wrong")))
}

/// A text.
pub(super) fn text<const MAX: usize>(field: &str, given: &str) -> Result<Text<MAX>, Failure> {
    Text::parse(given).map_err(|error| match error {
        base::TextError::Empty => wrong(field, key!("permit-text-empty")),
        base::TextError::TooLong { max } => {
            wrong(field, Message::new(key!("permit-text-long")).with("max", max))
        }
        base::TextError::Character(_) => wrong(field, key!("permit-text-character")),
    })
}

/// A word of ours.
pub(super) fn word<T>(
    field: &str,
    given: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, Failure> {
    read(given).ok_or_else(|| wrong(field, key!("permit-choice-wrong")))
}
