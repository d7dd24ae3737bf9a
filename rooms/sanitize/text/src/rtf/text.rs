//! Reads the text of a document in order, in the code pages of its fonts.

use std::collections::BTreeMap;

use encoding_rs::Encoding;
use sanitize_core::{Job, Stop};

use super::token::{self, Token};

/// Extracts the text: a paragraph a line, cells with a tab between them.
pub(crate) fn extract(bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
    let clean = super::rebuild(bytes, job)?;
    let tokens = token::read(&clean, job)?;
    let mut reader =
        Reader { fonts: BTreeMap::new(), default: encoding_rs::WINDOWS_1252, ..Reader::new() };
    reader.run(&tokens.list);
    reader.flush();
    Ok(reader.out)
}

/// What formatting decides about text; groups restore it.
#[derive(Debug, Clone, Copy)]
struct State {
    encoding: &'static Encoding,
    /// Characters that stand for one `\u` (specification, "Unicode RTF").
    fallbacks: u32,
    /// Whether text is shown, or describes fonts, styles and the like.
    is_shown: bool,
    in_fonts: bool,
}

struct Reader {
    out: String,
    /// Bytes of text that are not yet decoded.
    bytes: Vec<u8>,
    units: Vec<u16>,
    fonts: BTreeMap<i32, &'static Encoding>,
    font: i32,
    default: &'static Encoding,
    skip: u32,
}

impl Reader {
    fn new() -> Self {
        Self {
            out: String::new(),
            bytes: Vec::new(),
            units: Vec::new(),
            fonts: BTreeMap::new(),
            font: 0,
            default: encoding_rs::WINDOWS_1252,
            skip: 0,
        }
    }

    fn run(&mut self, tokens: &[Token<'_>]) {
        let mut state =
            State { encoding: self.default, fallbacks: 1, is_shown: true, in_fonts: false };
        let mut states = Vec::new();
        let mut is_starred = false;
        for &token in tokens {
            match token {
                Token::Open(_) => {
                    self.decode(state);
                    states.push(state);
                    self.skip = 0;
                }
                Token::Close => {
                    self.decode(state);
                    if let Some(outer) = states.pop() {
                        state = outer;
                    }
                    self.skip = 0;
                }
                Token::Symbol(b'*') => {
                    is_starred = true;
                    continue;
                }
                Token::Word(word, parameter) => self.word(word, parameter, is_starred, &mut state),
                Token::Symbol(symbol) => {
                    let c = match symbol {
                        b'~' => Some('\u{A0}'),
                        b'_' => Some('\u{2011}'),
                        b'\\' | b'{' | b'}' => Some(char::from(symbol)),
                        _ => None,
                    };
                    if let Some(c) = c {
                        self.character(c, state);
                    }
                }
                Token::Hex(byte) => self.byte(byte, state),
                Token::Text(bytes) => {
                    for &byte in bytes {
                        self.byte(byte, state);
                    }
                }
                Token::Binary(_) | Token::Line => {}
            }
            is_starred = false;
        }
    }

    fn word(&mut self, word: &str, parameter: Option<i32>, is_starred: bool, state: &mut State) {
        let value = parameter.unwrap_or(0);
        if word == "u" {
            self.flush_bytes(*state);
            if state.is_shown {
                self.units.push((value & 0xFFFF) as u16);
            }
            self.skip = state.fallbacks;
            return;
        }
        self.decode(*state);
        match word {
            "uc" => state.fallbacks = u32::try_from(value).unwrap_or(1).min(16),
            "ansicpg" => {
                if let Some(encoding) = code_page(value) {
                    self.default = encoding;
                    state.encoding = encoding;
                }
            }
            "fonttbl" => (state.is_shown, state.in_fonts) = (false, true),
            "f" if state.in_fonts => self.font = value,
            "fcharset" if state.in_fonts => {
                if let Some(encoding) = charset(value) {
                    self.fonts.insert(self.font, encoding);
                }
            }
            "f" | "af" => state.encoding = self.fonts.get(&value).copied().unwrap_or(self.default),
            "plain" => state.encoding = self.default,
            "colortbl" | "stylesheet" | "fldinst" | "listtext" | "pntext" | "nonshppict"
            | "pict" | "sn" | "sv" | "shprslt" | "listtable" | "listoverridetable" | "revtbl"
            | "bkmkstart" | "bkmkend" | "xe" | "tc" | "atnid" | "atnauthor" | "atndate"
            | "atnref" | "annotation" => {
                state.is_shown = false;
            }
            // The second half of a pair says the same in Unicode.
            "upr" => {}
            "ud" => {}
            "shptxt" | "dptxbxtext" => state.is_shown = true,
            "par" | "line" | "sect" | "page" | "row" | "nestrow" => self.line(word, *state),
            "cell" | "nestcell" | "tab" => self.character('\t', *state),
            "emdash" => self.character('\u{2014}', *state),
            "endash" => self.character('\u{2013}', *state),
            "bullet" => self.character('\u{2022}', *state),
            "lquote" => self.character('\u{2018}', *state),
            "rquote" => self.character('\u{2019}', *state),
            "ldblquote" => self.character('\u{201C}', *state),
            "rdblquote" => self.character('\u{201D}', *state),
            "emspace" => self.character('\u{2003}', *state),
            "enspace" => self.character('\u{2002}', *state),
            _ if is_starred => {
                state.is_shown =
                    matches!(word, "shppict" | "shpinst" | "do" | "background") && state.is_shown
            }
            _ => {}
        }
    }

    fn line(&mut self, word: &str, state: State) {
        if state.is_shown {
            if matches!(word, "row" | "nestrow") {
                while self.out.ends_with('\t') {
                    self.out.pop();
                }
            }
            self.out.push('\n');
        }
    }

    fn character(&mut self, c: char, state: State) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        self.decode(state);
        if state.is_shown {
            self.out.push(c);
        }
    }

    fn byte(&mut self, byte: u8, state: State) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        self.flush_units();
        if state.is_shown {
            self.bytes.push(byte);
        }
    }

    fn decode(&mut self, state: State) {
        self.flush_units();
        self.flush_bytes(state);
    }

    fn flush_bytes(&mut self, state: State) {
        if !self.bytes.is_empty() {
            let (text, _) = state.encoding.decode_without_bom_handling(&self.bytes);
            self.out.push_str(&text);
            self.bytes.clear();
        }
    }

    fn flush_units(&mut self) {
        if !self.units.is_empty() {
            self.out.push_str(&String::from_utf16_lossy(&self.units));
            self.units.clear();
        }
    }

    fn flush(&mut self) {
        self.flush_units();
        let state = State { encoding: self.default, fallbacks: 1, is_shown: true, in_fonts: false };
        self.flush_bytes(state);
    }
}

/// The encoding of a font's character set (specification, "Font Table").
fn charset(number: i32) -> Option<&'static Encoding> {
    let page = match number {
        0 => 1252,
        77 => 10000,
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
        _ => return None,
    };
    code_page(page)
}

fn code_page(number: i32) -> Option<&'static Encoding> {
    Some(match number {
        932 => encoding_rs::SHIFT_JIS,
        936 => encoding_rs::GBK,
        949 => encoding_rs::EUC_KR,
        950 => encoding_rs::BIG5,
        874 => encoding_rs::WINDOWS_874,
        1250 => encoding_rs::WINDOWS_1250,
        1251 => encoding_rs::WINDOWS_1251,
        1252 => encoding_rs::WINDOWS_1252,
        1253 => encoding_rs::WINDOWS_1253,
        1254 => encoding_rs::WINDOWS_1254,
        1255 => encoding_rs::WINDOWS_1255,
        1256 => encoding_rs::WINDOWS_1256,
        1257 => encoding_rs::WINDOWS_1257,
        1258 => encoding_rs::WINDOWS_1258,
        10000 => encoding_rs::MACINTOSH,
        65001 => encoding_rs::UTF_8,
        _ => return None,
    })
}
