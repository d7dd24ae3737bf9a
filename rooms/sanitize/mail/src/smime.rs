//! Finds the message inside an opaque S/MIME signature. Checks no signature:
//! the rebuilt message could not carry one anyway.
//!
//! Source: RFC 5652 3 and 5; X.690 8.1.

/// 1.2.840.113549.1.7.2, SignedData.
const SIGNED_DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
/// The bit of a tag that says that the content is elements.
const CONSTRUCTED: u8 = 0x20;
const CONTEXT_0: u8 = 0xA0;
/// How deep elements may be nested before this is no message.
const DEPTH_MAX: u32 = 16;

/// Returns the signed content; `None` for anything else, encrypted or broken.
pub(crate) fn signed_content(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut info = Elements(expect(&mut Elements(bytes), SEQUENCE)?);
    if expect(&mut info, OBJECT_IDENTIFIER)? != SIGNED_DATA {
        return None;
    }
    let mut explicit = Elements(expect(&mut info, CONTEXT_0)?);
    let mut signed = Elements(expect(&mut explicit, SEQUENCE)?);
    expect(&mut signed, INTEGER)?;
    expect(&mut signed, SET)?;
    let mut encapsulated = Elements(expect(&mut signed, SEQUENCE)?);
    expect(&mut encapsulated, OBJECT_IDENTIFIER)?;
    let mut content = Elements(expect(&mut encapsulated, CONTEXT_0)?);
    let mut out = Vec::new();
    let (tag, data) = content.next(0)?;
    octets(tag, data, 0, &mut out)?;
    Some(out)
}

/// Collects an octet string, which may come in pieces.
fn octets(tag: u8, data: &[u8], depth: u32, out: &mut Vec<u8>) -> Option<()> {
    if tag & !CONSTRUCTED != OCTET_STRING || depth > DEPTH_MAX {
        return None;
    }
    if tag & CONSTRUCTED == 0 {
        out.extend_from_slice(data);
        return Some(());
    }
    let mut elements = Elements(data);
    while !elements.0.is_empty() && !elements.0.starts_with(&[0, 0]) {
        let (tag, data) = elements.next(depth)?;
        octets(tag, data, depth + 1, out)?;
    }
    Some(())
}

fn expect<'a>(elements: &mut Elements<'a>, wanted: u8) -> Option<&'a [u8]> {
    let (tag, data) = elements.next(0)?;
    (tag == wanted).then_some(data)
}

/// A run of BER elements.
struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    /// Takes the next element's tag and content.
    fn next(&mut self, depth: u32) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        if first == 0x80 {
            let length = indefinite(rest, depth)?;
            let (data, rest) = rest.split_at_checked(length)?;
            self.0 = rest.get(2..)?;
            return Some((tag, data));
        }
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            let length = digits.iter().try_fold(0_usize, |length, &digit| {
                length.checked_mul(256)?.checked_add(usize::from(digit))
            });
            (length?, rest)
        };
        let (data, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, data))
    }
}

/// Measures content of unknown length up to its two closing zeros.
fn indefinite(bytes: &[u8], depth: u32) -> Option<usize> {
    if depth > DEPTH_MAX {
        return None;
    }
    let mut elements = Elements(bytes);
    loop {
        if elements.0.starts_with(&[0, 0]) {
            return Some(bytes.len() - elements.0.len());
        }
        elements.next(depth + 1)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).expect("short");
        assert!(length < 0x80);
        [&[tag, length], content].concat()
    }

    #[test]
    fn signed_content_is_found_in_one_piece_or_many() {
        let whole = element(OCTET_STRING, b"Subject");
        let pieces =
            [&[0x24, 0x80][..], &element(4, b"Sub"), &element(4, b"ject"), &[0, 0]].concat();
        for octets in [whole, pieces] {
            let inner = [element(OBJECT_IDENTIFIER, &[1]), element(CONTEXT_0, &octets)].concat();
            let signed =
                [element(INTEGER, &[1]), element(SET, &[]), element(SEQUENCE, &inner)].concat();
            let explicit = element(CONTEXT_0, &element(SEQUENCE, &signed));
            let info =
                element(SEQUENCE, &[element(OBJECT_IDENTIFIER, SIGNED_DATA), explicit].concat());
            assert_eq!(signed_content(&info).as_deref(), Some(&b"Subject"[..]));
            assert_eq!(signed_content(&info[..info.len() - 1]), None);
        }
    }
}
