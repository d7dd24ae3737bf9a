//! Writes a document anew, group by group. Every token is spelled here; the
//! order of text is the input's.

use sanitize_core::{Code, Job, Stop};

use super::field::Instruction;
use super::picture::Picture;
use super::rules::{self, Role};
use super::token::{Token, Tokens};
use crate::codes;

/// Where the report says things were.
const PLACE: &str = "RTF";

/// Writes the whole document.
pub(super) fn document(tokens: &Tokens<'_>, job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let mut writer = Writer { out: Vec::new(), is_word_open: false, job };
    if tokens.has_trailing {
        writer.removed(&codes::RTF_TRAILING);
    }
    let inside = tokens.list.get(1..tokens.list.len().saturating_sub(1)).unwrap_or_default();
    // `\rt`, `\rtf` and `\rtf2` are all read as version 1.
    let start = inside.iter().position(|token| matches!(token, Token::Word(..)));
    writer.out.push(b'{');
    writer.word("rtf", Some(1));
    let body = start.and_then(|start| inside.get(start + 1..)).unwrap_or_default();
    let base = tokens.list.len().saturating_sub(1).saturating_sub(body.len());
    writer.content(body, base)?;
    writer.out.extend_from_slice(b"}\n");
    Ok(writer.out)
}

struct Writer<'w, 'j> {
    out: Vec<u8>,
    /// Whether a control word was written last: text after it needs a space.
    is_word_open: bool,
    job: &'w mut Job<'j>,
}

impl Writer<'_, '_> {
    fn removed(&mut self, code: &'static Code) {
        self.job.removed(code, PLACE);
    }

    /// Writes the tokens of a group. `base` is the number of the first one in
    /// the document, as group ends are numbered.
    fn content(&mut self, tokens: &[Token<'_>], base: usize) -> Result<(), Stop> {
        let mut at = 0;
        let mut is_starred = false;
        while let Some(&token) = tokens.get(at) {
            at += 1;
            match token {
                Token::Open(end) => {
                    let end = end.saturating_sub(base).min(tokens.len());
                    self.group(tokens.get(at..end).unwrap_or_default(), base + at)?;
                    at = end + 1;
                }
                Token::Symbol(b'*') => {
                    is_starred = true;
                    continue;
                }
                Token::Word(word, parameter) => {
                    let rest = tokens.get(at..).unwrap_or_default();
                    match rules::role(word, is_starred) {
                        Role::Keep => {
                            if is_starred {
                                self.symbol(b'*');
                            }
                            self.word(word, parameter);
                        }
                        Role::Unknown if rules::is_silent(word) => {}
                        Role::Unknown => self.removed(&codes::RTF_WORD),
                        Role::Drop(code) => {
                            self.removed(code);
                            return Ok(());
                        }
                        Role::Silent => return Ok(()),
                        Role::Field => return self.field(rest, base + at),
                        Role::Generator => {
                            self.generator(rest);
                            return Ok(());
                        }
                        Role::Picture => return self.picture(rest),
                        Role::Object => return self.object(rest, base + at),
                        Role::ShapeProperty => return self.shape_property(rest, base + at),
                    }
                }
                Token::Symbol(symbol) => self.symbol(symbol),
                Token::Hex(byte) => self.hex(byte),
                Token::Text(bytes) => self.text(bytes),
                Token::Binary(_) => self.removed(&codes::RTF_DATA),
                Token::Line => {
                    if !self.out.ends_with(b"\n") {
                        self.out.push(b'\n');
                    }
                    self.is_word_open = false;
                }
                Token::Close => {}
            }
            is_starred = false;
        }
        Ok(())
    }

    /// Writes a group, or nothing where nothing of it stays.
    fn group(&mut self, tokens: &[Token<'_>], base: usize) -> Result<(), Stop> {
        let start = self.out.len();
        let was_open = self.is_word_open;
        self.out.push(b'{');
        self.is_word_open = false;
        self.content(tokens, base)?;
        let is_blank =
            self.out.get(start + 1..).is_none_or(|inside| inside.iter().all(|&byte| byte == b'\n'));
        if is_blank {
            self.out.truncate(start);
            self.is_word_open = was_open;
            return Ok(());
        }
        self.out.push(b'}');
        self.is_word_open = false;
        Ok(())
    }

    fn word(&mut self, word: &str, parameter: Option<i32>) {
        self.out.push(b'\\');
        self.out.extend_from_slice(word.as_bytes());
        if let Some(parameter) = parameter {
            self.out.extend_from_slice(parameter.to_string().as_bytes());
        }
        self.is_word_open = true;
    }

    fn symbol(&mut self, symbol: u8) {
        if matches!(symbol, b'~' | b'-' | b'_' | b':' | b'|' | b'{' | b'}' | b'\\' | b'*') {
            self.out.extend_from_slice(&[b'\\', symbol]);
            self.is_word_open = false;
        } else if matches!(symbol, b'\r' | b'\n') {
            self.word("par", None);
        } else if symbol == b'\t' {
            self.word("tab", None);
        }
    }

    fn hex(&mut self, byte: u8) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        self.out.extend_from_slice(b"\\'");
        self.out.extend_from_slice(&digits);
        self.is_word_open = false;
    }

    fn text(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                b'\t' => self.word("tab", None),
                // The second bytes of pairs; a reader must not see braces.
                b'\\' | b'{' | b'}' | 0x80.. => self.hex(byte),
                0..=0x1F | 0x7F => {}
                byte => {
                    if self.is_word_open
                        && (byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-'))
                    {
                        self.out.push(b' ');
                    }
                    self.out.push(byte);
                    self.is_word_open = false;
                }
            }
        }
    }

    /// Writes a field that may stay, or only its result.
    fn field(&mut self, tokens: &[Token<'_>], base: usize) -> Result<(), Stop> {
        let groups = groups(tokens, base);
        let named =
            |name: &str| groups.iter().find(|(_, inside)| opens_with(inside, name)).copied();
        let result = named("fldrslt");
        let finding = match named("fldinst") {
            Some((_, inside)) => {
                let instruction = Instruction::gather(inside);
                let finding = instruction.finding(self.job.policy);
                if finding.is_none() {
                    self.word("field", None);
                    self.out.extend_from_slice(b"{\\*");
                    self.word("fldinst", None);
                    // The instruction's words are text; the space ends the word.
                    self.out.push(b' ');
                    self.is_word_open = false;
                    self.content(&instruction.text, 0)?;
                    self.out.push(b'}');
                    self.is_word_open = false;
                }
                finding
            }
            None => Some(&codes::RTF_FIELD),
        };
        if let Some(code) = finding {
            self.removed(code);
        }
        if let Some((start, inside)) = result {
            if finding.is_none() {
                return self.group(inside, start);
            }
            // Without its field a result is plain text.
            let skip = inside.iter().position(|token| matches!(token, Token::Word("fldrslt", _)));
            let skip = skip.map_or(0, |at| at + 1);
            return self.content(inside.get(skip..).unwrap_or_default(), start + skip);
        }
        Ok(())
    }

    /// Writes which program made the document, without its version.
    fn generator(&mut self, tokens: &[Token<'_>]) {
        const KNOWN: &[&str] = &["LibreOffice", "Riched20", "Msftedit", "Microsoft Word"];
        let words = Instruction::gather(tokens);
        if let Some(known) = KNOWN.iter().find(|known| words.starts_with(known)) {
            self.symbol(b'*');
            self.word("generator", None);
            self.text(format!("{known};").as_bytes());
        } else {
            self.removed(&codes::RTF_METADATA);
        }
    }

    /// Writes a picture's rebuilt data.
    fn picture(&mut self, tokens: &[Token<'_>]) -> Result<(), Stop> {
        let picture = Picture::gather(tokens);
        let measures = picture.measures.clone();
        let Some(rebuilt) = picture.rebuild(self.job)? else {
            self.removed(&codes::RTF_PICTURE);
            return Ok(());
        };
        self.word("pict", None);
        for (word, value) in measures {
            self.word(word, Some(value));
        }
        self.out.push(b'\\');
        self.out.extend_from_slice(rebuilt.kind.as_bytes());
        for (index, byte) in rebuilt.data.iter().enumerate() {
            if index % 64 == 0 {
                self.out.push(b'\n');
            }
            self.out.extend_from_slice(format!("{byte:02x}").as_bytes());
        }
        self.is_word_open = false;
        Ok(())
    }

    /// Writes what an object showed; the object itself goes.
    fn object(&mut self, tokens: &[Token<'_>], base: usize) -> Result<(), Stop> {
        self.removed(&codes::RTF_OBJECT);
        for (start, inside) in groups(tokens, base) {
            if opens_with(inside, "result") {
                let skip =
                    inside.iter().position(|token| matches!(token, Token::Word("result", _)));
                let skip = skip.map_or(0, |at| at + 1);
                self.content(inside.get(skip..).unwrap_or_default(), start + skip)?;
            }
        }
        Ok(())
    }

    /// Writes a shape's property where its value is a number, a list of
    /// numbers or a picture; names of files and links are texts.
    fn shape_property(&mut self, tokens: &[Token<'_>], base: usize) -> Result<(), Stop> {
        let groups = groups(tokens, base);
        let value = groups.iter().find(|(_, inside)| opens_with(inside, "sv")).copied();
        let name = groups.iter().find(|(_, inside)| opens_with(inside, "sn")).copied();
        let (Some((name_start, name)), Some((value_start, value))) = (name, value) else {
            return Ok(());
        };
        let words = Instruction::gather(name);
        let is_picture = is_picture(value, value_start);
        let is_shown =
            matches!(words.text.as_slice(), [Token::Text(b"gtextUNICODE" | b"gtextFont")]);
        if !is_picture && !is_shown && !is_numbers(value) {
            // Descriptions and names of shapes say nothing on the page.
            let is_plain = matches!(
                words.text.as_slice(),
                [Token::Text(b"wzName" | b"wzDescription" | b"metroBlob")]
            );
            self.removed(if is_plain { &codes::RTF_METADATA } else { &codes::RTF_DATA });
            return Ok(());
        }
        self.word("sp", None);
        self.group(name, name_start)?;
        self.group(value, value_start)
    }
}

/// Says whether a value is one picture and no text beside it.
fn is_picture(value: &[Token<'_>], base: usize) -> bool {
    let groups = groups(value, base);
    let [(start, picture)] = groups.as_slice() else { return false };
    let start = start.saturating_sub(base);
    let before = value.get(..start.saturating_sub(1)).unwrap_or_default();
    let behind = value.get(start + picture.len() + 1..).unwrap_or_default();
    opens_with(picture, "pict") && is_numbers(before) && is_numbers(behind)
}

/// Says whether a value is made of numbers.
fn is_numbers(tokens: &[Token<'_>]) -> bool {
    tokens.iter().all(|token| match token {
        Token::Text(bytes) => {
            bytes.iter().all(|byte| byte.is_ascii_digit() || b" -+.,;()".contains(byte))
        }
        Token::Word("sv", _) | Token::Line => true,
        _ => false,
    })
}

/// The groups right inside, each with the number of its first token.
fn groups<'t, 'b>(tokens: &'t [Token<'b>], base: usize) -> Vec<(usize, &'t [Token<'b>])> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&token) = tokens.get(at) {
        at += 1;
        if let Token::Open(end) = token {
            let end = end.saturating_sub(base).min(tokens.len());
            found.push((base + at, tokens.get(at..end).unwrap_or_default()));
            at = end.max(at) + 1;
        }
    }
    found
}

/// Says whether a group starts with that word, starred or not.
fn opens_with(tokens: &[Token<'_>], name: &str) -> bool {
    let first = tokens.iter().find(|token| !matches!(token, Token::Line | Token::Symbol(b'*')));
    matches!(first, Some(Token::Word(word, _)) if *word == name)
}
