//! Reads single values of a call; what is wrong names its field.

use base::{Id, Text, Timestamp};
use i18n::{Message, key};
use identity::Login;

use super::values::SEARCH_MAX;
use crate::failure::Failure;
use crate::parts::Format;

fn wrong(field: &str, message: impl Into<Message>) -> Failure {
    Failure::Unprocessable(vec![(field.to_owned(), message.into())])
}

/// Something that may be left out, but is not.
pub(super) fn given<T>(field: &str, value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(|| wrong(field, key!("permit-text-empty")))
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

/// A moment that may be left out.
pub(super) fn moment_if_any(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    text.map(|text| moment(field, text)).transpose()
}

/// A moment that bounds a search: one before 1970 or after 9999 bounds it as
/// the nearest that there is.
pub(super) fn bound_if_any(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    let read = |text| Timestamp::parse_nearest(text);
    text.map(|text| read(text).ok_or_else(|| wrong(field, key!("api-moment-wrong")))).transpose()
}

/// The first moment of a day in Japan.
pub(super) fn day(field: &str, text: &str) -> Result<Timestamp, Failure> {
    Timestamp::day_nearest_jst(text).ok_or_else(|| wrong(field, key!("api-day-wrong")))
}

/// The first moment after a day in Japan.
pub(super) fn day_end(field: &str, text: &str) -> Result<Timestamp, Failure> {
    const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);
    Ok(day(field, text)?.plus(DAY))
}

/// A text.
pub(super) fn text<const MAX: usize>(field: &str, given: &str) -> Result<Text<MAX>, Failure> {
    let too_long = |max| wrong(field, Message::new(key!("permit-text-long")).with("max", max));
    // What people type is trimmed before it is counted; a program can count.
    if given.chars().count() > MAX {
        return Err(too_long(MAX));
    }
    Text::parse(given).map_err(|error| match error {
        base::TextError::Empty => wrong(field, key!("permit-text-empty")),
        base::TextError::TooLong { max } => too_long(max),
        base::TextError::Character(_) => wrong(field, key!("permit-text-character")),
    })
}

/// A part of a name to be searched for.
pub(super) fn search_if_any(field: &str, given: Option<&str>) -> Result<Option<String>, Failure> {
    match given {
        Some(text) if text.chars().count() > SEARCH_MAX => {
            let words = Message::new(key!("permit-text-long")).with("max", SEARCH_MAX);
            Err(wrong(field, words))
        }
        Some(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        None => Ok(None),
    }
}

/// A word of ours.
pub(super) fn word<T>(
    field: &str,
    given: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, Failure> {
    read(given).ok_or_else(|| wrong(field, key!("permit-choice-wrong")))
}

/// A name that the description's pattern takes: letters, digits and a few
/// signs.
pub(super) fn name_if_any(
    field: &str,
    given: Option<&str>,
    signs: &str,
    length_max: usize,
) -> Result<Option<String>, Failure> {
    let is_name = |text: &str| {
        let is_inside = |letter: char| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || signs.contains(letter)
        };
        (1..=length_max).contains(&text.len()) && text.chars().all(is_inside)
    };
    let read = |text: &str| is_name(text).then(|| text.to_owned());
    given.map(|text| word(field, text, read)).transpose()
}

/// A login.
pub(super) fn login(field: &str, given: &str) -> Result<Login, Failure> {
    word(field, given, |text| Login::parse(text).ok().filter(|_| text == text.trim()))
}

/// A kind of file.
pub(super) fn format(field: &str, given: &str) -> Result<Format, Failure> {
    word(field, given, Format::parse)
}
