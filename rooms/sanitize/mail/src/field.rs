//! Header values: encoded words (RFC 2047) and parameters (RFC 2231), with the
//! raw ISO-2022-JP, CP932 and UTF-8 that Japanese mailers put there.

use std::collections::BTreeMap;

use crate::charset;
use crate::transfer;

/// Characters of one decoded value; longer ones are cut.
const VALUE_CHARS_MAX: usize = 20_000;

/// A value with parameters, such as a media type.
#[derive(Debug, Default, Clone)]
pub struct Parametrised {
    /// In lower case.
    pub value: String,
    parameters: BTreeMap<String, String>,
}

impl Parametrised {
    /// Returns a parameter by its lower-case name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }
}

/// Decodes an unstructured value to one line of text.
#[must_use]
pub fn text(raw: &[u8]) -> String {
    let decoded = join_words(&whole(raw), |word| word);
    one_line(&decoded)
}

/// Rewrites every encoded word in UTF-8, so that a parser of structured headers
/// meets no other charset. Encoded words stay encoded: what is in them cannot
/// become structure.
pub(crate) fn recode_words(raw: &[u8]) -> String {
    join_words(&whole(raw), |word| {
        format!("=?UTF-8?B?{}?=", transfer::base64(one_line(&word).as_bytes()))
    })
}

/// Decodes a raw value. Where it was folded between the bytes of a character,
/// the space that unfolding left there goes.
fn whole(raw: &[u8]) -> String {
    let text = charset::decode(raw, None);
    if raw.is_ascii() || !text.contains('\u{FFFD}') {
        return text;
    }
    let is_cut = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| raw.get(at));
        raw.get(at) == Some(&b' ') && before.is_some_and(|byte| *byte >= 0x80)
    };
    let bytes = raw.iter().enumerate().filter(|(at, _)| !is_cut(*at)).map(|(_, byte)| *byte);
    let joined = charset::decode(&bytes.collect::<Vec<u8>>(), None);
    let errors = |text: &str| text.matches('\u{FFFD}').count();
    if errors(&joined) < errors(&text) { joined } else { text }
}

/// Replaces control characters and line ends by spaces.
#[must_use]
pub fn one_line(text: &str) -> String {
    let spaced = text.chars().take(VALUE_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c });
    spaced.collect::<String>().trim().to_owned()
}

/// One encoded word, not yet decoded.
struct Word<'a> {
    charset: &'a str,
    is_base64: bool,
    data: &'a str,
}

/// Bytes of words of one charset that follow one another, and digits of base64
/// that wait for the rest of their quantum.
struct Run<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
    digits: String,
}

impl<'a> Run<'a> {
    fn new(word: &Word<'a>) -> Self {
        let mut run = Self { charset: word.charset, bytes: Vec::new(), digits: String::new() };
        run.add(word);
        run
    }

    /// Adds a word. Mailers cut in the middle of a character, some in the middle
    /// of a quantum of base64.
    fn add(&mut self, word: &Word<'_>) {
        if !word.is_base64 {
            self.settle();
            let data = word.data.replace('_', " ");
            transfer::escapes(data.as_bytes(), b'=', &mut self.bytes);
            return;
        }
        self.digits.extend(word.data.chars().filter(|c| !c.is_ascii_whitespace()));
        if self.digits.ends_with('=') || self.digits.len().is_multiple_of(4) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        self.bytes.extend_from_slice(&transfer::base64_decode(self.digits.as_bytes()));
        self.digits.clear();
    }

    fn text(mut self) -> String {
        self.settle();
        charset::decode(&self.bytes, Some(self.charset))
    }
}

/// Finds runs of encoded words. Words of one charset that follow one another are
/// decoded together.
fn join_words(text: &str, show: impl Fn(String) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("=?") {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let Some((word, after)) = word(found) else {
            out.push_str("=?");
            rest = found.get(2..).unwrap_or_default();
            continue;
        };
        let mut run = Run::new(&word);
        let mut decoded = String::new();
        rest = after;
        while let Some((next, after)) = self::word(rest.trim_start()) {
            if next.charset.eq_ignore_ascii_case(run.charset) {
                run.add(&next);
            } else {
                let ready = std::mem::replace(&mut run, Run::new(&next));
                decoded.push_str(&ready.text());
            }
            rest = after;
        }
        decoded.push_str(&run.text());
        out.push_str(&show(decoded));
    }
    out.push_str(rest);
    out
}

/// Reads `=?charset?encoding?data?=` at the start. The end may be missing where
/// nothing follows: long subjects are cut off.
fn word(text: &str) -> Option<(Word<'_>, &str)> {
    let inner = text.strip_prefix("=?")?;
    let (charset, inner) = inner.split_once('?')?;
    let (encoding, inner) = inner.split_once('?')?;
    // RFC 2231 5 lets a language follow the charset.
    let charset = charset.split('*').next()?;
    let is_charset = charset.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'=');
    let is_base64 = match encoding.trim() {
        "B" | "b" => true,
        "Q" | "q" => false,
        _ => return None,
    };
    // The first sign of quoted data may be an escape: `?Q?=E3…?=`.
    let (data, rest) = match end(inner, is_base64) {
        Some(at) => (inner.get(..at)?, inner.get(at + 2..)?),
        None if is_open(inner, is_base64) => (inner, ""),
        None => return None,
    };
    is_charset.then_some((Word { charset, is_base64, data }, rest))
}

/// Finds the end of a word's data. In quoted data `?` followed by an escape is
/// data that should have been escaped itself.
fn end(data: &str, is_base64: bool) -> Option<usize> {
    let is_hex = |at: usize| data.as_bytes().get(at).is_some_and(u8::is_ascii_hexdigit);
    data.match_indices("?=").map(|(at, _)| at).find(|&at| {
        is_base64
            || !(is_hex(at + 2)
                && is_hex(at + 3)
                && data.get(at + 2..).is_some_and(|rest| rest.contains("?=")))
    })
}

fn is_open(data: &str, is_base64: bool) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    let data = data.trim_end().trim_end_matches('?');
    !data.is_empty()
        && if is_base64 {
            data.bytes().all(is_digit)
        } else {
            data.contains('=') && data.bytes().all(|byte| byte.is_ascii_graphic())
        }
}

/// Reads a value and its parameters.
#[must_use]
pub fn parametrised(raw: &[u8]) -> Parametrised {
    let text = whole(raw);
    let mut pieces = pieces(&text).into_iter();
    let value = pieces.next().unwrap_or_default();
    let value = value.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let mut plain = BTreeMap::new();
    let mut sections: BTreeMap<String, BTreeMap<u32, (bool, String)>> = BTreeMap::new();
    for piece in pieces {
        let Some((name, value)) = piece.split_once('=') else { continue };
        let (name, value) = (name.trim().to_ascii_lowercase(), unquote(value.trim()));
        match section(&name) {
            Some((base, number, is_extended)) => {
                sections.entry(base).or_default().entry(number).or_insert((is_extended, value));
            }
            None => {
                plain.entry(name).or_insert_with(|| percent(self::text(value.as_bytes())));
            }
        }
    }
    // An extended value says its charset and goes before a plain one.
    for (name, sections) in sections {
        plain.insert(name, self::text(extended(&sections).as_bytes()));
    }
    Parametrised { value, parameters: plain }
}

/// Reads `name*`, `name*0` or `name*0*` (RFC 2231 3 and 4).
fn section(name: &str) -> Option<(String, u32, bool)> {
    let (base, rest) = name.split_once('*')?;
    let (number, is_extended) = match rest.strip_suffix('*') {
        Some(number) => (number, true),
        None => (rest, rest.is_empty()),
    };
    let number = if number.is_empty() { 0 } else { number.parse().ok()? };
    Some((base.to_owned(), number, is_extended))
}

fn extended(sections: &BTreeMap<u32, (bool, String)>) -> String {
    let mut charset = None;
    let mut bytes = Vec::new();
    for (position, (is_extended, value)) in sections.values().enumerate() {
        let mut value = value.as_str();
        if position == 0 && *is_extended {
            let mut parts = value.splitn(3, '\'');
            if let (Some(label), Some(_), Some(rest)) = (parts.next(), parts.next(), parts.next()) {
                charset = Some(label.to_owned());
                value = rest;
            }
        }
        if *is_extended {
            transfer::escapes(value.as_bytes(), b'%', &mut bytes);
        } else {
            bytes.extend_from_slice(value.as_bytes());
        }
    }
    charset::decode(&bytes, charset.as_deref())
}

/// Decodes a name that was escaped as in an address on the web.
fn percent(name: String) -> String {
    if !name.is_ascii() || !name.contains('%') {
        return name;
    }
    let mut bytes = Vec::new();
    transfer::escapes(name.as_bytes(), b'%', &mut bytes);
    match String::from_utf8(bytes) {
        Ok(text) if !text.is_ascii() => one_line(&text),
        Ok(_) | Err(_) => name,
    }
}

/// Splits at semicolons outside quotes; comments are not looked for, since
/// names hold more parentheses than values hold comments.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut is_quoted, mut is_escaped) = (false, false);
    for c in text.chars() {
        match c {
            ';' if !is_quoted => {
                pieces.push(String::new());
                continue;
            }
            '"' if !is_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
        if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
    }
    pieces
}

/// Takes quotes off. A backslash escapes quotes and itself only: Windows paths
/// stand in quotes unescaped.
fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else { return value.to_owned() };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    inner.replace("\\\"", "\"").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cut_in_the_middle_of_a_character_join() {
        let (head, tail) = "住民票".as_bytes().split_at(4);
        let raw = format!(
            "=?UTF-8?B?{}?=\r\n =?utf-8?B?{}?= x",
            transfer::base64(head),
            transfer::base64(tail)
        );
        assert_eq!(text(raw.as_bytes()), "住民票 x");
    }

    #[test]
    fn raw_japanese_headers_are_read() {
        let (jis, _, _) = encoding_rs::ISO_2022_JP.encode("会議の件");
        assert_eq!(text(&jis), "会議の件");
        let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode("会議の件");
        assert_eq!(text(&sjis), "会議の件");
        assert_eq!(text(b"=?ISO-2022-JP?B?GyRCMnE1RBsoQg==?="), "会議");
    }

    #[test]
    fn every_way_to_name_a_file_is_read() {
        let name =
            |raw: &[u8]| parametrised(raw).parameter("filename").unwrap_or_default().to_owned();
        assert_eq!(name(b"attachment; filename=\"a;b.txt\""), "a;b.txt");
        assert_eq!(name(b"attachment; filename*=UTF-8''%E4%BD%8F.txt; filename=x"), "住.txt");
        assert_eq!(
            name(b"attachment; filename*0*=utf-8'ja'%E4%BD; filename*1*=%8F; filename*2=\".txt\""),
            "住.txt"
        );
        assert_eq!(name(b"attachment; filename=\"=?UTF-8?B?5L2P?=.txt\""), "住.txt");
        let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode("attachment; filename=\"表.txt\"");
        assert_eq!(name(&sjis), "表.txt");
    }
}
