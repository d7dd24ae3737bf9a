//! Words of headers: names, subjects, addresses, ids. What a header cannot
//! hold becomes an encoded word or goes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::ISO_2022_JP;

use super::Letters;
use crate::deliver::iso_2022_jp;
use crate::message::Mailbox;

/// RFC 5322 2.1.1: a line of a header should have so many characters.
const LINE_CHARS: usize = 76;
/// A header's value that is kept, in bytes.
const VALUE_BYTES_MAX: usize = 4_000;
/// A subject or a name that is kept, in characters.
const TEXT_CHARS_MAX: usize = 500;
/// An id of a message, in bytes.
const ID_BYTES_MAX: usize = 250;

/// A value of plain ASCII, folded at its blanks.
pub(super) fn folded(value: &str) -> String {
    let mut out = String::new();
    let mut column = 24;
    let clean: String = value
        .chars()
        .map(|c| if c.is_ascii_graphic() { c } else { ' ' })
        .take(VALUE_BYTES_MAX)
        .collect();
    for word in clean.split_ascii_whitespace() {
        if !out.is_empty() {
            let fits = column + 1 + word.len() <= LINE_CHARS;
            out.push_str(if fits { " " } else { "\r\n " });
            column = if fits { column + 1 } else { 1 };
        }
        // RFC 5322 2.1.1: 998 at most; no word of ours is so long.
        let word = word.get(..word.len().min(900)).unwrap_or_default();
        out.push_str(word);
        column += word.len();
    }
    out
}

/// Letters, digits, dots and hyphens; everything else goes.
pub(super) fn token(text: &str) -> String {
    let is_letter = |c: &char| c.is_ascii_alphanumeric() || ".-_".contains(*c);
    text.chars().filter(is_letter).take(200).collect()
}

/// An id in its brackets, if it can be one.
pub(super) fn message_id(id: &str) -> Option<String> {
    let is_letter = |byte: u8| byte.is_ascii_graphic() && !b"<>\"\\(),;:[]".contains(&byte);
    let is_id = (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(is_letter);
    is_id.then(|| format!("<{id}>"))
}

/// Free text: as it is where every program shows it so, else encoded words.
pub(super) fn unstructured(text: &str, letters: Letters) -> String {
    let text = one_line(text);
    let is_plain = text.len() <= LINE_CHARS
        && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && !text.contains("=?")
        && !text.contains("  ");
    if is_plain { text } else { encoded(&text, letters) }
}

/// A name and an address. An address that no server takes stands as text.
pub(super) fn mailbox(mailbox: &Mailbox, letters: Letters) -> Option<String> {
    let name = one_line(&mailbox.display);
    let address = mailbox.address.trim();
    if is_address(address) {
        return Some(match phrase(&name, letters) {
            phrase if phrase.is_empty() => address.to_owned(),
            phrase => format!("{phrase} <{address}>"),
        });
    }
    let shown = one_line(&[name.as_str(), address].join(" "));
    let phrase = phrase(&shown, letters);
    // RFC 2606 2: nobody has an address there.
    (!phrase.is_empty()).then(|| format!("{phrase} <unknown@address.invalid>"))
}

/// RFC 5322 3.4.1 without quoted locals and comments, RFC 5321 4.5.3.1.
fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let is_atom =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    let is_domain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (1..=64).contains(&local.len())
        && (1..=255).contains(&domain.len())
        && local.bytes().all(is_atom)
        && domain.bytes().all(is_domain)
}

fn phrase(name: &str, letters: Letters) -> String {
    let is_quotable = name.len() <= 60
        && name.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && !name.contains("=?");
    if name.is_empty() {
        return String::new();
    }
    if !is_quotable {
        return encoded(name, letters);
    }
    let is_atoms = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -_".contains(&byte));
    if is_atoms {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// One line without what turns or hides letters.
fn one_line(text: &str) -> String {
    let shown = text.chars().filter(|c| !crate::names::is_unseen(*c));
    let blank = shown.map(|c| if c.is_control() { ' ' } else { c });
    blank.take(TEXT_CHARS_MAX).collect::<String>().trim().to_owned()
}

/// Encoded words of whole characters, one a line (RFC 2047 2: at most 75).
fn encoded(text: &str, letters: Letters) -> String {
    /// Characters of one word: in ISO-2022-JP two bytes each and its two escapes.
    const CHARS_MAX: usize = 12;
    const BYTES_MAX: usize = 39;
    let mut words = Vec::new();
    let mut chunk = String::new();
    let mut push = |chunk: &mut String| {
        if chunk.is_empty() {
            return;
        }
        words.push(match letters {
            Letters::Utf8 => format!("=?UTF-8?B?{}?=", STANDARD.encode(chunk.as_bytes())),
            Letters::Iso2022Jp => {
                let bytes = if ISO_2022_JP.encode(chunk).2 {
                    iso_2022_jp(chunk).0
                } else {
                    ISO_2022_JP.encode(chunk).0.into_owned()
                };
                format!("=?ISO-2022-JP?B?{}?=", STANDARD.encode(bytes))
            }
        });
        chunk.clear();
    };
    for (count, c) in text.chars().enumerate() {
        let is_full = chunk.len() + c.len_utf8() > BYTES_MAX
            || (letters == Letters::Iso2022Jp && count % CHARS_MAX == 0);
        if is_full {
            push(&mut chunk);
        }
        chunk.push(c);
    }
    push(&mut chunk);
    words.join("\r\n ")
}

/// The file name as two generations of programs read it: RFC 2231, and an
/// encoded word in quotes for those who know nothing of it.
pub(super) fn file_name(name: &str) -> String {
    const SECTION_CHARS_MAX: usize = 54;
    let name = one_line(name);
    let is_plain = |byte: u8| byte == b' ' || (byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
    if name.len() <= 60 && name.bytes().all(is_plain) && !name.contains("=?") {
        return format!(";\r\n filename=\"{name}\"");
    }
    let mut sections = vec![String::from("UTF-8''")];
    for byte in name.bytes() {
        if sections.last().is_some_and(|section| section.len() >= SECTION_CHARS_MAX) {
            sections.push(String::new());
        }
        if let Some(section) = sections.last_mut() {
            if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
                section.push(char::from(byte));
            } else {
                section.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    if let [only] = sections.as_slice() {
        return format!(";\r\n filename*={only}");
    }
    let lines = sections.iter().enumerate();
    lines.map(|(at, section)| format!(";\r\n filename*{at}*={section}")).collect()
}
