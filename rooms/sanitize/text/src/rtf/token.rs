//! Cuts RTF into tokens and finds each group's end. Judges nothing.

use sanitize_core::{Job, Stop, reasons};

/// A piece of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'b> {
    /// A group opens; the number is the place of its end.
    Open(usize),
    Close,
    /// A control word with its parameter.
    Word(&'b str, Option<i32>),
    /// A control symbol.
    Symbol(u8),
    /// A byte of text written as `\'hh`.
    Hex(u8),
    /// Bytes of text.
    Text(&'b [u8]),
    /// Bytes after `\bin`.
    Binary(&'b [u8]),
    /// A line end that means nothing.
    Line,
}

/// The tokens of the one group that is the document.
pub(super) struct Tokens<'b> {
    /// The first is the opening, the last the closing of that group.
    pub(super) list: Vec<Token<'b>>,
    /// Whether anything but white space stood behind it.
    pub(super) has_trailing: bool,
}

/// Longest control word that any reader knows (specification, "Control word").
const WORD_BYTES_MAX: usize = 64;

/// Reads a document.
///
/// # Errors
/// Stops where it does not start as RTF and at the limits.
pub(super) fn read<'b>(bytes: &'b [u8], job: &mut Job<'_>) -> Result<Tokens<'b>, Stop> {
    let start = bytes.iter().take(64).position(|&byte| byte == b'{');
    let body = start.and_then(|start| bytes.get(start..)).unwrap_or_default();
    // Readers take anything that starts with `{\rt` for RTF.
    if !body.starts_with(b"{\\rt") {
        return Err(Stop::blocked(&reasons::BROKEN, "RTF"));
    }
    let mut reader = Reader { rest: body, is_double: is_double_byte(bytes), list: Vec::new() };
    let mut open: Vec<usize> = Vec::new();
    while let Some(token) = reader.next() {
        if reader.list.len().is_multiple_of(1024) {
            job.budget.take_objects(1024)?;
        }
        match token {
            Token::Open(_) => {
                open.push(reader.list.len());
                job.budget.check_nesting(u32::try_from(open.len()).unwrap_or(u32::MAX))?;
                reader.list.push(token);
            }
            Token::Close => {
                let end = reader.list.len();
                if let Some(start) = open.pop() {
                    reader.list[start] = Token::Open(end);
                }
                reader.list.push(token);
                if open.is_empty() {
                    break;
                }
            }
            other => reader.list.push(other),
        }
    }
    // A document that was cut off ends where it ends.
    while let Some(start) = open.pop() {
        let end = reader.list.len();
        reader.list[start] = Token::Open(end);
        reader.list.push(Token::Close);
    }
    let has_trailing =
        reader.rest.iter().any(|byte| !matches!(byte, 0 | b' ' | b'\t' | b'\r' | b'\n' | 0x1A));
    Ok(Tokens { list: reader.list, has_trailing })
}

/// Says whether raw bytes of text can be pairs: then the second of a pair is
/// no brace and no backslash.
fn is_double_byte(bytes: &[u8]) -> bool {
    const LOOK_BYTES: usize = 4096;
    let head = &bytes[..bytes.len().min(LOOK_BYTES)];
    [&b"\\ansicpg932"[..], b"\\ansicpg936", b"\\ansicpg949", b"\\ansicpg950"]
        .iter()
        .any(|word| head.windows(word.len()).any(|window| window == *word))
}

struct Reader<'b> {
    rest: &'b [u8],
    is_double: bool,
    list: Vec<Token<'b>>,
}

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> &'b [u8] {
        let (head, tail) = self.rest.split_at(count.min(self.rest.len()));
        self.rest = tail;
        head
    }

    fn next(&mut self) -> Option<Token<'b>> {
        Some(match *self.rest.first()? {
            b'{' => {
                self.take(1);
                Token::Open(0)
            }
            b'}' => {
                self.take(1);
                Token::Close
            }
            b'\r' | b'\n' => {
                let count =
                    self.rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                self.take(count);
                Token::Line
            }
            b'\\' => self.control(),
            _ => self.text(),
        })
    }

    fn text(&mut self) -> Token<'b> {
        let mut count = 0;
        while let Some(&byte) = self.rest.get(count) {
            match byte {
                b'{' | b'}' | b'\\' | b'\r' | b'\n' => break,
                0x81..=0x9F | 0xE0..=0xFC if self.is_double => count += 2,
                _ => count += 1,
            }
        }
        Token::Text(self.take(count))
    }

    fn control(&mut self) -> Token<'b> {
        self.take(1);
        let Some(&first) = self.rest.first() else { return Token::Line };
        if !first.is_ascii_alphabetic() {
            self.take(1);
            if first != b'\'' {
                return Token::Symbol(first);
            }
            let digits = self.rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
            let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            return match byte {
                Some(byte) => {
                    self.take(2);
                    Token::Hex(byte)
                }
                None => Token::Line,
            };
        }
        let letters = self.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let word = self.take(letters);
        let parameter = self.parameter();
        // One space belongs to the word.
        if self.rest.first() == Some(&b' ') {
            self.take(1);
        }
        let word = word.get(..letters.min(WORD_BYTES_MAX)).unwrap_or_default();
        let word = std::str::from_utf8(word).unwrap_or_default();
        if word == "bin" {
            let count = parameter.and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
            return Token::Binary(self.take(count));
        }
        Token::Word(word, parameter)
    }

    fn parameter(&mut self) -> Option<i32> {
        let is_negative = self.rest.first() == Some(&b'-');
        let start = usize::from(is_negative);
        let digits =
            self.rest.get(start..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            if is_negative {
                // A lone hyphen is text.
                return None;
            }
            return None;
        }
        let text = self.take(start + digits);
        let value = text[start..].iter().fold(0_i64, |value, digit| {
            (value * 10 + i64::from(digit - b'0')).min(i64::from(i32::MAX))
        });
        i32::try_from(if is_negative { -value } else { value }).ok()
    }
}
