//! Writes characters so that they read back the same, and reads the few
//! entities that XML has without a document type.

use super::Malformed;

/// Resolves an entity between `&` and `;`.
///
/// # Errors
/// Fails on every name but the five predefined ones (XML 1.0, 4.6) and on
/// references to characters that XML does not allow.
pub(crate) fn entity(name: &str) -> Result<char, Malformed> {
    Ok(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let digits = name.strip_prefix('#').ok_or(Malformed)?;
            let number = match digits.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            let letter = char::from_u32(number.map_err(|_| Malformed)?).ok_or(Malformed)?;
            let is_allowed = matches!(letter, '\t' | '\n' | '\r') || letter >= ' ';
            if is_allowed && !matches!(letter, '\u{FFFE}' | '\u{FFFF}') {
                letter
            } else {
                return Err(Malformed);
            }
        }
    })
}

/// Writes one character of text.
pub(crate) fn put_text_char(out: &mut Vec<u8>, letter: char) {
    match letter {
        '&' => out.extend_from_slice(b"&amp;"),
        '<' => out.extend_from_slice(b"&lt;"),
        '>' => out.extend_from_slice(b"&gt;"),
        '\r' => out.extend_from_slice(b"&#13;"),
        _ => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Writes text that holds no entities; what stands in character data as it is
/// needs only the end of a CDATA section escaped (XML 1.0, 2.4).
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escaped: &[u8] = match byte {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            _ => continue,
        };
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice(escaped);
        from = at + 1;
    }
    out.extend_from_slice(&bytes[from..]);
}

/// Writes an attribute value that stands as written in the source: entities
/// are resolved and written in one normal form.
pub(crate) fn put_raw_value(out: &mut Vec<u8>, raw: &str) -> Result<(), Malformed> {
    let special = |byte: &u8| matches!(byte, b'&' | b'<' | b'"' | b'\t' | b'\n' | b'\r');
    if !raw.as_bytes().iter().any(special) {
        out.extend_from_slice(raw.as_bytes());
        return Ok(());
    }
    let mut rest = raw;
    while let Some(at) = rest.as_bytes().iter().position(special) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let found = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        match found {
            b'&' => {
                let end = rest.find(';').ok_or(Malformed)?;
                put_value_char(out, entity(&rest[..end])?);
                rest = &rest[end + 1..];
            }
            b'<' => return Err(Malformed),
            b'"' => out.extend_from_slice(b"&quot;"),
            // XML 1.0, 3.3.3: white space in a value reads as a space.
            _ => out.push(b' '),
        }
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(())
}

/// Writes an attribute value.
pub(crate) fn put_value(out: &mut Vec<u8>, value: &str) {
    for letter in value.chars() {
        put_value_char(out, letter);
    }
}

fn put_value_char(out: &mut Vec<u8>, letter: char) {
    match letter {
        '&' => out.extend_from_slice(b"&amp;"),
        '<' => out.extend_from_slice(b"&lt;"),
        '>' => out.extend_from_slice(b"&gt;"),
        '"' => out.extend_from_slice(b"&quot;"),
        '\t' => out.extend_from_slice(b"&#9;"),
        '\n' => out.extend_from_slice(b"&#10;"),
        '\r' => out.extend_from_slice(b"&#13;"),
        _ => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Resolves the entities of text that this crate wrote.
pub(crate) fn plain(written: &[u8]) -> String {
    let text = String::from_utf8_lossy(written);
    super::attributes::resolve(&text).map(std::borrow::Cow::into_owned).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_written_in_one_form() {
        let mut out = Vec::new();
        assert_eq!(put_raw_value(&mut out, "a\"b&#xA;c&apos;d\ne"), Ok(()));
        assert_eq!(out, b"a&quot;b&#10;c'd e");
        let mut again = Vec::new();
        assert_eq!(put_raw_value(&mut again, "a&quot;b&#10;c'd e"), Ok(()));
        assert_eq!(out, again);
    }

    #[test]
    fn forbidden_characters_cannot_be_referred_to() {
        for name in ["#0", "#x1F", "#xD800", "#xFFFF", "#x110000", "xxe", "#"] {
            assert_eq!(entity(name), Err(Malformed), "{name}");
        }
    }
}
