//! The RTF in Outlook messages: unpacks it, and takes the HTML or text out that
//! it wraps. Reads no formatting.
//!
//! Source: [MS-OXRTFCP], [MS-OXRTFEX].

use std::collections::BTreeMap;

use sanitize_core::{Job, Stop};

use crate::charset;
use crate::mapi::label;

/// Marks of the two ways to store it ([MS-OXRTFCP] 2.1.3.1.1).
const PACKED: u32 = 0x7546_5A4C;
const STORED: u32 = 0x414C_454D;
const HEADER: usize = 16;
/// What the dictionary holds at the start ([MS-OXRTFCP] 2.1.3.1.2).
const START: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \
\\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\
\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const DICTIONARY: usize = 4096;

/// Unpacks compressed RTF; `None` where it is none.
///
/// # Errors
/// Stops at the limits.
pub(crate) fn decompress(bytes: &[u8], job: &mut Job<'_>) -> Result<Option<Vec<u8>>, Stop> {
    let field = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (Some(size), Some(kind)) = (field(4), field(8)) else { return Ok(None) };
    let body = bytes.get(HEADER..).unwrap_or_default();
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    match kind {
        STORED => {
            job.budget.take_bytes(body.len() as u64)?;
            Ok(Some(body[..size.min(body.len())].to_vec()))
        }
        PACKED => {
            // Two bytes give at most seventeen.
            let size = size.min(body.len().saturating_mul(9));
            job.budget.take_bytes(size as u64)?;
            Ok(Some(unpack(body, size)))
        }
        _ => Ok(None),
    }
}

/// Unpacks up to `size` bytes ([MS-OXRTFCP] 2.2.2); damaged data gives what came
/// before the damage.
fn unpack(body: &[u8], size: usize) -> Vec<u8> {
    let mut dictionary = [0; DICTIONARY];
    dictionary[..START.len()].copy_from_slice(START);
    let mut write = START.len();
    let mut out = Vec::with_capacity(size);
    let mut input = body.iter().copied();
    'runs: while let Some(control) = input.next() {
        for bit in 0..8 {
            let Some(first) = input.next() else { break 'runs };
            let mut put = |byte: u8, out: &mut Vec<u8>| {
                out.push(byte);
                dictionary[write] = byte;
                write = (write + 1) % DICTIONARY;
            };
            if control & (1 << bit) == 0 {
                put(first, &mut out);
            } else {
                let Some(second) = input.next() else { break 'runs };
                let reference = u16::from_be_bytes([first, second]);
                let (offset, length) =
                    (usize::from(reference >> 4), usize::from(reference & 0xF) + 2);
                if offset == write {
                    break 'runs;
                }
                for step in 0..length {
                    let byte = dictionary[(offset + step) % DICTIONARY];
                    out.push(byte);
                    dictionary[write] = byte;
                    write = (write + 1) % DICTIONARY;
                }
            }
            if out.len() >= size {
                break 'runs;
            }
        }
    }
    out.truncate(size);
    out
}

/// What RTF wraps.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Encapsulated {
    Html(String),
    Text(String),
}

/// Takes out what is wrapped; `None` where the RTF stands for itself.
pub(crate) fn encapsulated(rtf: &[u8]) -> Option<Encapsulated> {
    /// The mark stands within the first tokens ([MS-OXRTFEX] 2.1.3.1).
    const START_BYTES: usize = 512;
    let start = &rtf[..rtf.len().min(START_BYTES)];
    let has = |mark: &[u8]| start.windows(mark.len()).any(|window| window == mark);
    let is_html = has(b"\\fromhtml1");
    if !is_html && !has(b"\\fromtext") {
        return None;
    }
    let mut extractor = Extractor::default();
    extractor.run(rtf);
    let text = extractor.finish();
    Some(if is_html { Encapsulated::Html(text) } else { Encapsulated::Text(text) })
}

/// What a group inherits and its end takes back.
#[derive(Debug, Clone, Default)]
struct Group {
    /// Between `\htmlrtf` and `\htmlrtf0`: the RTF's own doubling of the HTML.
    is_doubled: bool,
    /// A destination that is not shown.
    is_skipped: bool,
    is_tag: bool,
    is_font_table: bool,
    font: i32,
    /// Characters that stand for one `\u` in older programs (`\uc`).
    fallback: u32,
}

#[derive(Default)]
struct Extractor {
    out: String,
    pending: Vec<u8>,
    groups: Vec<Group>,
    group: Group,
    codepage: u32,
    /// Code pages of the fonts, by number.
    fonts: BTreeMap<i32, u32>,
    defined_font: i32,
    is_ignorable: bool,
    /// Fallback characters still to be passed over.
    skip: u32,
    high_surrogate: Option<u16>,
}

/// Groups inside groups; deeper ones are passed over.
const GROUPS_MAX: usize = 1_000;

impl Extractor {
    fn run(&mut self, rtf: &[u8]) {
        self.group.fallback = 1;
        let mut at = 0;
        while let Some(&byte) = rtf.get(at) {
            at += 1;
            match byte {
                b'{' => self.open(),
                b'}' => self.close(),
                b'\\' => at = self.control(rtf, at),
                b'\r' | b'\n' => {}
                byte => self.byte(byte),
            }
        }
    }

    fn finish(mut self) -> String {
        self.flush();
        self.out
    }

    fn open(&mut self) {
        self.flush();
        self.skip = 0;
        if self.groups.len() < GROUPS_MAX {
            self.groups.push(self.group.clone());
        }
    }

    fn close(&mut self) {
        self.flush();
        self.skip = 0;
        self.is_ignorable = false;
        if let Some(group) = self.groups.pop() {
            // Doubling is switched, not grouped ([MS-OXRTFEX] 2.1.3.1.2 allows
            // both; writers end it in the group in which it began).
            self.group = group;
        }
    }

    fn is_shown(&self) -> bool {
        !self.group.is_skipped
            && !self.group.is_font_table
            && (self.group.is_tag || !self.group.is_doubled)
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.is_shown() {
            self.high_surrogate = None;
            self.pending.push(byte);
        }
    }

    fn text(&mut self, text: &str) {
        if self.is_shown() {
            self.flush();
            self.out.push_str(text);
        }
    }

    /// Decodes the bytes so far in their font's charset.
    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let codepage = self.fonts.get(&self.group.font).copied().filter(|&page| page != 0);
        let label = label(codepage.unwrap_or(self.codepage));
        self.out.push_str(&charset::decode(&self.pending, label.as_deref()));
        self.pending.clear();
    }

    /// Reads a control word or symbol; returns where it ends.
    fn control(&mut self, rtf: &[u8], at: usize) -> usize {
        let Some(&first) = rtf.get(at) else { return at };
        if !first.is_ascii_alphabetic() {
            return self.symbol(first, rtf, at);
        }
        let rest = &rtf[at..];
        let word_len = rest.iter().take(32).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let number = &rest[word_len..];
        let sign = usize::from(number.first() == Some(&b'-'));
        let digits =
            number[sign..].iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
        let number_len = if digits == 0 { 0 } else { sign + digits };
        let number =
            std::str::from_utf8(&number[..number_len]).ok().and_then(|text| text.parse().ok());
        let mut end = at + word_len + number_len;
        if rtf.get(end) == Some(&b' ') {
            end += 1;
        }
        let word = String::from_utf8_lossy(&rest[..word_len]).into_owned();
        self.word(&word, number);
        end
    }

    fn symbol(&mut self, symbol: u8, rtf: &[u8], at: usize) -> usize {
        match symbol {
            b'\'' => {
                let hex = |at: usize| rtf.get(at).and_then(|&digit| char::from(digit).to_digit(16));
                let (Some(high), Some(low)) = (hex(at + 1), hex(at + 2)) else { return at + 1 };
                self.byte((high * 16 + low) as u8);
                return at + 3;
            }
            b'*' => self.is_ignorable = true,
            b'{' | b'}' | b'\\' => self.byte(symbol),
            b'~' => self.text("\u{A0}"),
            b'_' => self.text("\u{2011}"),
            b'\r' | b'\n' => self.text("\n"),
            _ => {}
        }
        at + 1
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        let is_ignorable = std::mem::take(&mut self.is_ignorable);
        match word {
            "htmltag" if is_ignorable => self.group.is_tag = true,
            _ if is_ignorable => self.group.is_skipped = true,
            "htmlrtf" => {
                self.flush();
                self.group.is_doubled = number != Some(0);
            }
            "fonttbl" => self.group.is_font_table = true,
            "colortbl" | "stylesheet" | "info" | "pntext" | "pict" | "object" => {
                self.group.is_skipped = true
            }
            "ansicpg" => {
                self.codepage = number.and_then(|page| u32::try_from(page).ok()).unwrap_or(0)
            }
            "f" => {
                self.flush();
                self.group.font = number.unwrap_or(0);
                self.defined_font = self.group.font;
            }
            "fcharset" if self.group.is_font_table => {
                self.fonts.insert(self.defined_font, codepage_of(number.unwrap_or(0)));
            }
            "uc" => {
                self.group.fallback =
                    number.and_then(|n| u32::try_from(n).ok()).unwrap_or(1).min(16)
            }
            "u" => self.unicode(number.unwrap_or(0)),
            "par" | "line" => self.text("\n"),
            "tab" => self.text("\t"),
            "lquote" => self.text("\u{2018}"),
            "rquote" => self.text("\u{2019}"),
            "ldblquote" => self.text("\u{201C}"),
            "rdblquote" => self.text("\u{201D}"),
            "bullet" => self.text("\u{2022}"),
            "endash" => self.text("\u{2013}"),
            "emdash" => self.text("\u{2014}"),
            _ => {}
        }
    }

    /// A UTF-16 unit, written as a signed number.
    fn unicode(&mut self, number: i32) {
        let unit = number as u16;
        self.skip = 0;
        if self.is_shown() {
            self.flush();
            match (self.high_surrogate.take(), unit) {
                (Some(high), 0xDC00..=0xDFFF) => {
                    let pair = char::decode_utf16([high, unit]).next();
                    self.out.extend(pair.and_then(Result::ok));
                }
                (_, 0xD800..=0xDBFF) => self.high_surrogate = Some(unit),
                (_, unit) => self.out.extend(char::from_u32(u32::from(unit))),
            }
        }
        self.skip = self.group.fallback;
    }
}

/// The code page of a font's charset number (RTF 1.9.1, `\fcharset`).
fn codepage_of(charset: i32) -> u32 {
    match charset {
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dictionary_starts_as_the_specification_says() {
        assert_eq!(START.len(), 207);
    }

    #[test]
    fn the_example_of_the_specification_unpacks() {
        // [MS-OXRTFCP] 3.1.1: the body behind the header.
        let body = [
            0x03, 0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a,
            0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64,
            0x7d, 0x0a, 0x80, 0x0f, 0xa0,
        ];
        assert_eq!(unpack(&body, 43), b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
    }

    #[test]
    fn wrapped_html_comes_out_in_its_charset() {
        let rtf = b"{\\rtf1\\ansi\\ansicpg932\\fromhtml1 \\deff0{\\fonttbl{\\f0\\fcharset0 A;}{\\f1\\fcharset128 B;}}\
            {\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 \\f1 \\'8f\\'5a\\u27665 ?\\'81\\'69{\\*\\htmltag84 &nbsp;}\\htmlrtf \\'a0}\\htmlrtf0 \
            {\\*\\mhtmltag64 x}{\\*\\htmltag72 </p>}}";
        assert_eq!(encapsulated(rtf), Some(Encapsulated::Html("<p>住民（&nbsp;</p>".into())));
        assert_eq!(
            encapsulated(b"{\\rtf1\\fromtext a\\par b}"),
            Some(Encapsulated::Text("a\nb".into()))
        );
        assert_eq!(encapsulated(b"{\\rtf1 a}"), None);
    }
}
