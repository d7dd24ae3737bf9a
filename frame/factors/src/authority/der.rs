//! Writes DER (ITU-T X.690), as far as a key package needs it.

/// An object identifier's arcs.
pub(super) type Oid = &'static [u32];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
pub(super) const BIT_STRING: u8 = 0x03;
const OCTETS: u8 = 0x04;
pub(super) const BMP_STRING: u8 = 0x1e;
const INTEGER: u8 = 0x02;
const NULL: u8 = 0x05;
const OBJECT: u8 = 0x06;

/// The context tag `[0]` around whole values.
pub(super) const EXPLICIT_0: u8 = 0xa0;

/// The context tag `[0]` in place of an octet string's own.
pub(super) const IMPLICIT_0: u8 = 0x80;

/// A value: tag, length, content (X.690 §8.1).
pub(super) fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|&byte| byte == 0).collect();
    let mut written = vec![tag];
    match significant.as_slice() {
        [] => written.push(0),
        [short] if *short < 0x80 => written.push(*short),
        long => {
            written.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            written.extend_from_slice(long);
        }
    }
    written.extend_from_slice(&content);
    written
}

/// A sequence of written values.
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(SEQUENCE, parts)
}

/// A set of written values, in DER's order (X.690 §11.6).
pub(super) fn set(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    value(SET, &[&parts.concat()])
}

/// An octet string.
pub(super) fn octets(bytes: &[u8]) -> Vec<u8> {
    value(OCTETS, &[bytes])
}

/// Null.
pub(super) fn null() -> Vec<u8> {
    value(NULL, &[])
}

/// A number that is not negative.
pub(super) fn number(number: u32) -> Vec<u8> {
    let mut bytes: Vec<u8> =
        number.to_be_bytes().into_iter().skip_while(|&byte| byte == 0).collect();
    if bytes.first().is_none_or(|&first| first >= 0x80) {
        bytes.insert(0, 0);
    }
    value(INTEGER, &[&bytes])
}

/// An object identifier (X.690 §8.19).
pub(super) fn object(oid: Oid) -> Vec<u8> {
    let mut content = Vec::new();
    if let [first, second, rest @ ..] = oid {
        push_arc(&mut content, first * 40 + second);
        rest.iter().for_each(|&arc| push_arc(&mut content, arc));
    }
    value(OBJECT, &[&content])
}

/// Seven bits a byte, the highest first, all but the last marked.
fn push_arc(content: &mut Vec<u8>, arc: u32) {
    for place in (1..5).rev().filter(|place| arc >> (place * 7) != 0) {
        content.push(0x80 | u8::try_from(arc >> (place * 7) & 0x7f).unwrap_or(0));
    }
    content.push(u8::try_from(arc & 0x7f).unwrap_or(0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_x690_says() {
        assert_eq!(object(&[1, 2, 840, 113_549]), [6, 6, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]);
        assert_eq!(number(0), [2, 1, 0]);
        assert_eq!(number(128), [2, 2, 0, 128]);
        assert_eq!(number(50_000), [2, 3, 0, 0xc3, 0x50]);
        assert_eq!(octets(&[7; 127])[..3], [4, 127, 7]);
        assert_eq!(octets(&[7; 128])[..4], [4, 0x81, 128, 7]);
        assert_eq!(octets(&[7; 256])[..5], [4, 0x82, 1, 0, 7]);
        assert_eq!(set(vec![number(2), number(1)]), [0x31, 6, 2, 1, 1, 2, 1, 2]);
    }
}
