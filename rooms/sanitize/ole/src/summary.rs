//! Document properties, [MS-OLEPS]: keeps title, subject, author, keywords,
//! comments and dates where policy says so, and nothing else. No thumbnails, no
//! links, no properties of a program's own.

use sanitize_core::{Choice, Job, Stop};

use crate::bytes::{index_at, slice, u16_at, u32_at};
use crate::package::Package;

/// Name of the stream.
pub(crate) const STREAM: &str = "\u{5}SummaryInformation";

/// {F29F85E0-4FF9-1068-AB91-08002B27B3D9}
const FORMAT: [u8; 16] = [
    0xE0, 0x85, 0x9F, 0xF2, 0xF9, 0x4F, 0x68, 0x10, 0xAB, 0x91, 0x08, 0x00, 0x2B, 0x27, 0xB3, 0xD9,
];
const CODE_PAGE: u32 = 1;
/// Title, subject, author, keywords, comments, last author, printed, created,
/// saved ([MS-OLEPS] 2.25.1).
const KEPT: [u32; 9] = [2, 3, 4, 5, 6, 8, 11, 12, 13];
const TYPE_SHORT: u16 = 0x02;
const TYPE_TEXT: u16 = 0x1E;
const TYPE_TIME: u16 = 0x40;
/// Longest text of one property, in bytes.
const TEXT_LEN_MAX: usize = 64 << 10;

/// Returns the stream to write, where policy keeps properties and there are
/// any.
pub(crate) fn kept(package: &Package<'_>, job: &mut Job<'_>) -> Result<Option<Vec<u8>>, Stop> {
    if job.policy.office.metadata != Choice::Keep {
        return Ok(None);
    }
    let stream = package.stream(STREAM, job)?;
    Ok(stream.and_then(|stream| rebuild(&stream)))
}

fn rebuild(stream: &[u8]) -> Option<Vec<u8>> {
    if u16_at(stream, 0) != 0xFFFE || slice(stream, 28, 16)? != FORMAT {
        return None;
    }
    let section = stream.get(index_at(stream, 44)..)?;
    let mut values = Vec::new();
    for index in 0..index_at(section, 4).min(PROPERTIES_MAX) {
        let Some(entry) = slice(section, 8 + 8 * index, 8) else { break };
        let id = u32_at(entry, 0);
        let Some(value) = section.get(index_at(entry, 4)..) else { continue };
        let is_new = values.iter().all(|(known, _)| *known != id);
        if let Some(value) = self::value(id, value).filter(|_| is_new) {
            values.push((id, value));
        }
    }
    values.sort_by_key(|(id, _)| *id);
    (values.len() > 1).then(|| write(&values))
}

/// Most properties that are looked at.
const PROPERTIES_MAX: usize = 64;

fn value(id: u32, raw: &[u8]) -> Option<Vec<u8>> {
    let len = match (id, u16_at(raw, 0)) {
        (CODE_PAGE, TYPE_SHORT) => 6,
        (id, TYPE_TIME) if KEPT.contains(&id) => 12,
        (id, TYPE_TEXT) if KEPT.contains(&id) => 8 + index_at(raw, 4).min(TEXT_LEN_MAX),
        _ => return None,
    };
    let mut value = slice(raw, 0, len)?.to_vec();
    value[2..4].fill(0);
    value.resize(len.next_multiple_of(4), 0);
    Some(value)
}

fn write(values: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut out = vec![0xFE, 0xFF];
    out.resize(24, 0);
    out.extend_from_slice(&1_u32.to_le_bytes());
    out.extend_from_slice(&FORMAT);
    out.extend_from_slice(&48_u32.to_le_bytes());
    let head = 8 + 8 * values.len();
    let size = head + values.iter().map(|(_, value)| value.len()).sum::<usize>();
    let number = |count: usize| u32::try_from(count).unwrap_or(0).to_le_bytes();
    out.extend_from_slice(&number(size));
    out.extend_from_slice(&number(values.len()));
    let mut at = head;
    for (id, value) in values {
        out.extend_from_slice(&id.to_le_bytes());
        out.extend_from_slice(&number(at));
        at += value.len();
    }
    for (_, value) in values {
        out.extend_from_slice(value);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{CODE_PAGE, rebuild, write};

    fn text(text: &str) -> Vec<u8> {
        let mut value = vec![0x1E, 0, 0, 0];
        value.extend_from_slice(&(text.len() as u32).to_le_bytes());
        value.extend_from_slice(text.as_bytes());
        value.resize(value.len().next_multiple_of(4), 0);
        value
    }

    #[test]
    fn only_named_properties_stay() {
        let thumbnail = vec![0x47, 0, 0, 0, 4, 0, 0, 0, 9, 9, 9, 9];
        let values = [
            (CODE_PAGE, vec![2, 0, 0, 0, 0xA4, 3, 0, 0]),
            (2, text("title")),
            (7, text("\\\\host\\template")),
            (17, thumbnail),
        ];
        let new = rebuild(&write(&values)).unwrap();
        let contains = |needle: &[u8]| new.windows(needle.len()).any(|w| w == needle);
        assert!(contains(b"title") && !contains(b"host") && !contains(&[9, 9, 9, 9]));
        assert_eq!(rebuild(&new), Some(new.clone()));
    }

    #[test]
    fn lengths_that_lie_are_no_trouble() {
        let mut stream = write(&[(CODE_PAGE, vec![2, 0, 0, 0, 0xA4, 3, 0, 0]), (2, text("t"))]);
        let len = stream.len();
        stream[len - 8..len - 4].fill(0xFF);
        assert_eq!(rebuild(&stream), None);
        assert_eq!(rebuild(&stream[..60]), None);
        assert_eq!(rebuild(&[]), None);
    }
}
