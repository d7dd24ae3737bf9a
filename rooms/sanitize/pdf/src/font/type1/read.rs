//! Reads Type 1: finds the values by name in the clear and the private part,
//! as the common readers do. Runs no PostScript.

use super::{Font, HINTS, KEY_GLYPH, KEY_PROGRAM, cipher};
use crate::content::{Lexer, Token};
use crate::font::charstring::Check;
use crate::source::find;

/// Parses a program.
pub fn parse(data: &[u8]) -> Option<Font> {
    let joined = segments(data);
    let data = joined.as_deref().unwrap_or(data);
    let split = find(data, b"eexec").unwrap_or(data.len());
    let (clear, rest) = data.split_at(split);
    let private = private(rest.get(5..).unwrap_or_default());
    // A few programs keep the private part in the clear.
    let private = if find(&private, b"/CharStrings").is_some() { private } else { data.to_vec() };
    let mut font = Font::default();
    header(clear, &mut font);
    body(&private, &mut font);
    check(&mut font).then_some(font)
}

/// Joins the segments of a PFB file.
fn segments(mut data: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    while let [0x80, kind @ (1 | 2), a, b, c, d, rest @ ..] = data {
        let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        let segment = &rest[..length.min(rest.len())];
        out.extend_from_slice(segment);
        data = &rest[segment.len()..];
        let _ = kind;
    }
    (!out.is_empty()).then_some(out)
}

/// Decrypts what follows `eexec`, binary or hexadecimal (§7.2).
fn private(rest: &[u8]) -> Vec<u8> {
    let skip = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
    // One white-space byte ends the word; more of them may be data.
    let rest = match rest {
        [b'\r', b'\n', tail @ ..] => tail,
        _ => &rest[skip.min(1)..],
    };
    let hex = rest.iter().take(8).filter(|b| !b.is_ascii_whitespace()).all(u8::is_ascii_hexdigit);
    let plain = if hex && rest.len() >= 8 {
        let digits: Vec<u8> =
            rest.iter().filter_map(|b| (*b as char).to_digit(16)).map(|d| d as u8).collect();
        let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        cipher(&bytes, KEY_PROGRAM, true)
    } else {
        cipher(rest, KEY_PROGRAM, true)
    };
    plain.get(4..).unwrap_or_default().to_vec()
}

fn after<'d>(data: &'d [u8], key: &str) -> Option<&'d [u8]> {
    let mut at = 0;
    loop {
        at += find(data.get(at..)?, key.as_bytes())? + key.len();
        let rest = &data[at..];
        // A longer name that starts alike is another one.
        if !rest.first().is_some_and(|b| b.is_ascii_alphanumeric()) {
            return Some(rest);
        }
    }
}

/// Numbers between brackets or braces; `Err` where there is anything else.
fn numbers(data: &[u8], max: usize) -> Result<Vec<f64>, ()> {
    let data = data.trim_ascii_start();
    let (Some(b'[' | b'{'), Some(end)) =
        (data.first(), data.iter().take(4096).position(|b| matches!(b, b']' | b'}')))
    else {
        return Err(());
    };
    let mut lexer = Lexer::new(&data[1..end]);
    let mut values = Vec::new();
    while let Some(token) = lexer.next_token() {
        let value = match token {
            Token::Num(number) => number.value(),
            Token::Word(range) => {
                // Exponents are PostScript, not PDF.
                let text = std::str::from_utf8(lexer.word(&range)).map_err(|_| ())?;
                text.parse::<f64>().ok().filter(|v| v.is_finite()).ok_or(())?
            }
            _ => return Err(()),
        };
        if values.len() < max {
            values.push(value);
        }
    }
    Ok(values)
}

fn number(data: &[u8]) -> Option<f64> {
    let mut lexer = Lexer::new(&data[..data.len().min(64)]);
    match lexer.next_token()? {
        Token::Num(number) => Some(number.value()),
        _ => None,
    }
}

fn header(clear: &[u8], font: &mut Font) {
    if let Some(rest) = after(clear, "/FontMatrix") {
        font.matrix = numbers(rest, 6).ok().and_then(|values| values.try_into().ok());
        font.odd_matrix = font.matrix.is_none();
    }
    if let Some(rest) = after(clear, "/FontBBox") {
        font.bbox = numbers(rest, 4).ok().and_then(|values| values.try_into().ok());
    }
    if let Some(value) = after(clear, "/PaintType").and_then(number) {
        font.paint_type = if value == 2.0 { 2 } else { 0 };
    }
    font.encoding = after(clear, "/Encoding").and_then(encoding);
}

/// `dup 65 /A put` for each code; `None` for the standard encoding.
fn encoding(rest: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
    let mut lexer = Lexer::new(rest);
    let mut tokens = Vec::new();
    let mut codes = Vec::new();
    for _ in 0..ENCODING_TOKENS_MAX {
        let Some(token) = lexer.next_token() else { break };
        if let Token::Word(range) = &token {
            match lexer.word(range) {
                b"StandardEncoding" if tokens.is_empty() => return None,
                b"put" => {
                    if let [.., Token::Num(code), Token::Name(name)] = tokens.as_slice()
                        && (0.0..256.0).contains(&code.value())
                    {
                        codes.push((code.value() as u8, lexer.text(name).to_vec()));
                    }
                    tokens.clear();
                    lexer.scratch.clear();
                }
                b"def" | b"readonly" if !codes.is_empty() => break,
                b"def" => break,
                word if word.contains(&b'#') => {
                    // A radix number such as 8#101.
                    if let Some(code) = radix(word) {
                        tokens.push(Token::Num(crate::model::Num::int(code)));
                    }
                }
                _ => {}
            }
            continue;
        }
        tokens.push(token);
    }
    codes.retain(|(_, name)| name != b".notdef");
    Some(codes)
}

fn radix(word: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(word).ok()?;
    let (base, digits) = text.split_once('#')?;
    let base = base.parse::<u32>().ok().filter(|base| (2..=36).contains(base))?;
    i64::from_str_radix(digits, base).ok()
}

fn body(private: &[u8], font: &mut Font) {
    let extra = after(private, "/lenIV").and_then(number).unwrap_or(4.0);
    let extra = if extra < 0.0 { None } else { Some(extra.min(64.0) as usize) };
    let glyphs_at = find(private, b"/CharStrings").unwrap_or(private.len());
    let head = &private[..glyphs_at];
    let subroutines_at = find(head, b"/Subrs").unwrap_or(head.len());
    let values = &head[..subroutines_at];
    for (key, is_array) in HINTS {
        // Most producers put hints before the subroutines, some after.
        let Some(rest) = after(values, &format!("/{key}")) else { continue };
        let found = if *is_array { numbers(rest, 24).ok() } else { number(rest).map(|v| vec![v]) };
        if let Some(found) = found.filter(|found| !found.is_empty()) {
            font.hints.push((key, found));
        }
    }
    if let Some(rest) = after(values, "/ForceBold") {
        font.force_bold = rest.trim_ascii_start().starts_with(b"true");
    }
    read_subroutines(&head[subroutines_at..], extra, font);
    read_glyphs(&private[glyphs_at..], extra, font);
}

/// `dup 5 23 RD ~23~bytes~ NP` for each.
fn read_subroutines(data: &[u8], extra: Option<usize>, font: &mut Font) {
    let mut rest = data;
    while let Some(at) = find(rest, b"dup") {
        rest = &rest[at + 3..];
        let mut lexer = Lexer::new(rest);
        let (Some(Token::Num(index)), Some(Token::Num(length)), Some(Token::Word(_))) =
            (lexer.next_token(), lexer.next_token(), lexer.next_token())
        else {
            continue;
        };
        let Some((program, tail)) = binary(lexer.rest(), length.value(), extra) else { continue };
        let index = index.value();
        if (0.0..SUBROUTINES_MAX).contains(&index) {
            let index = index as usize;
            if font.subroutines.len() <= index {
                font.subroutines.resize(index + 1, vec![RETURN]);
            }
            font.subroutines[index] = program;
        }
        rest = tail;
    }
}

/// `/A 120 RD ~120~bytes~ ND` for each.
fn read_glyphs(data: &[u8], extra: Option<usize>, font: &mut Font) {
    let mut rest = data.get(b"/CharStrings".len()..).unwrap_or_default();
    while let Some(at) = rest.iter().position(|byte| *byte == b'/') {
        // What follows the dictionary is no glyph, whatever it looks like: the
        // zeros behind the encrypted part read as noise.
        let mut words = rest[..at].split(u8::is_ascii_whitespace);
        if !font.glyphs.is_empty() && words.any(|word| word == b"end") {
            break;
        }
        rest = &rest[at..];
        let mut lexer = Lexer::new(rest);
        let name = match lexer.next_token() {
            Some(Token::Name(name)) => lexer.text(&name).to_vec(),
            _ => Vec::new(),
        };
        let (Some(Token::Num(length)), Some(Token::Word(_))) =
            (lexer.next_token(), lexer.next_token())
        else {
            rest = &rest[1..];
            continue;
        };
        match binary(lexer.rest(), length.value(), extra) {
            Some((program, tail)) => {
                let known = font.glyphs.len() >= GLYPHS_MAX || name.len() > NAME_BYTES_MAX;
                if !known {
                    font.glyphs.push((name, program));
                }
                rest = tail;
            }
            None => rest = &rest[1..],
        }
    }
}

/// Takes `length` bytes after one space and deciphers them.
fn binary(rest: &[u8], length: f64, extra: Option<usize>) -> Option<(Vec<u8>, &[u8])> {
    let length = (0.0..65_536.0).contains(&length).then_some(length as usize)?;
    let coded = rest.get(1..1 + length)?;
    let tail = &rest[1 + length..];
    let program = match extra {
        Some(extra) => cipher(coded, KEY_GLYPH, true).get(extra..)?.to_vec(),
        None => coded.to_vec(),
    };
    Some((program, tail))
}

/// Checks every glyph; a bad one becomes empty, unused subroutines go.
fn check(font: &mut Font) -> bool {
    if font.glyphs.is_empty() {
        return false;
    }
    let subroutines: Vec<&[u8]> = font.subroutines.iter().map(Vec::as_slice).collect();
    let mut check = Check::new(&[], &subroutines);
    let fine: Vec<bool> = font.glyphs.iter().map(|(_, program)| check.type1(program)).collect();
    let used = check.used_local;
    for (index, program) in font.subroutines.iter_mut().enumerate() {
        // The first four belong to flex and hint replacement.
        if index >= 4 && !used[index] {
            *program = vec![RETURN];
        }
    }
    for ((_, program), fine) in font.glyphs.iter_mut().zip(&fine) {
        if !fine {
            *program = EMPTY.to_vec();
        }
    }
    let good = fine.iter().filter(|fine| **fine).count();
    let mut seen = std::collections::HashSet::new();
    font.glyphs.retain(|(name, _)| seen.insert(name.clone()));
    good * 2 >= fine.len()
}

const RETURN: u8 = 11;
/// No width, no side bearing, the end.
const EMPTY: &[u8] = &[139, 139, 13, 14];
const SUBROUTINES_MAX: f64 = 65_536.0;
const GLYPHS_MAX: usize = 65_535;
const NAME_BYTES_MAX: usize = 127;
const ENCODING_TOKENS_MAX: usize = 8192;
