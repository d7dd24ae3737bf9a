//! Cuts a content stream into tokens the way viewers do: lenient with numbers,
//! names and strings, never failing, never recursing.

use std::ops::Range;

use crate::model::{FRACTION_DIGITS_MAX, Num};

/// One token; names and strings are ranges of the lexer's scratch bytes.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A number.
    Num(Num),
    /// A name, unescaped.
    Name(Range<usize>),
    /// A string, decoded.
    Str(Range<usize>),
    /// `[`.
    ArrayStart,
    /// `]`.
    ArrayEnd,
    /// `<<`.
    DictStart,
    /// `>>`.
    DictEnd,
    /// Anything else: an operator, `true`, `false`, `null`. A range of the input.
    Word(Range<usize>),
}

/// Reads tokens from bytes.
pub struct Lexer<'b> {
    input: &'b [u8],
    at: usize,
    /// Decoded names and strings of the operands at hand.
    pub scratch: Vec<u8>,
}

impl<'b> Lexer<'b> {
    /// Starts at the beginning of `input`.
    #[must_use]
    pub fn new(input: &'b [u8]) -> Self {
        Self { input, at: 0, scratch: Vec::new() }
    }

    /// Returns the bytes that are not yet read.
    #[must_use]
    pub fn rest(&self) -> &'b [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    /// Skips bytes.
    pub fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.input.len());
    }

    /// Returns a word's bytes.
    #[must_use]
    pub fn word(&self, range: &Range<usize>) -> &'b [u8] {
        self.input.get(range.clone()).unwrap_or_default()
    }

    /// Returns the bytes of a name or string.
    #[must_use]
    pub fn text(&self, range: &Range<usize>) -> &[u8] {
        self.scratch.get(range.clone()).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    /// Reads the next token; `None` at the end.
    pub fn next_token(&mut self) -> Option<Token> {
        loop {
            let byte = self.peek()?;
            match byte {
                b'%' => {
                    while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
                        self.at += 1;
                    }
                }
                _ if is_space(byte) => self.at += 1,
                b'/' => {
                    self.at += 1;
                    return Some(self.name());
                }
                b'(' => {
                    self.at += 1;
                    return Some(self.literal());
                }
                b'<' => {
                    self.at += 1;
                    if self.peek() == Some(b'<') {
                        self.at += 1;
                        return Some(Token::DictStart);
                    }
                    return Some(self.hex());
                }
                b'>' => {
                    self.at += 1;
                    if self.peek() == Some(b'>') {
                        self.at += 1;
                        return Some(Token::DictEnd);
                    }
                }
                b'[' => {
                    self.at += 1;
                    return Some(Token::ArrayStart);
                }
                b']' => {
                    self.at += 1;
                    return Some(Token::ArrayEnd);
                }
                b'{' | b'}' | b')' => self.at += 1,
                _ => return Some(self.regular()),
            }
        }
    }

    fn regular(&mut self) -> Token {
        let start = self.at;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        let word = &self.input[start..self.at];
        match number(word) {
            Some(number) => Token::Num(number),
            None => Token::Word(start..self.at),
        }
    }

    fn name(&mut self) -> Token {
        let from = self.scratch.len();
        while let Some(byte) = self.peek().filter(|b| is_regular(*b)) {
            self.at += 1;
            let digit = |b: Option<&u8>| b.and_then(|b| (*b as char).to_digit(16));
            let pair = (digit(self.input.get(self.at)), digit(self.input.get(self.at + 1)));
            match (byte, pair) {
                (b'#', (Some(high), Some(low))) => {
                    self.scratch.push((high * 16 + low) as u8);
                    self.at += 2;
                }
                _ => self.scratch.push(byte),
            }
        }
        Token::Name(from..self.scratch.len())
    }

    /// ISO 32000-2 §7.3.4.2.
    fn literal(&mut self) -> Token {
        let from = self.scratch.len();
        let mut open = 1_u32;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        break;
                    }
                }
                b'\\' => {
                    self.escape();
                    continue;
                }
                b'\r' => {
                    if self.peek() == Some(b'\n') {
                        self.at += 1;
                    }
                    self.scratch.push(b'\n');
                    continue;
                }
                _ => {}
            }
            self.scratch.push(byte);
        }
        Token::Str(from..self.scratch.len())
    }

    fn escape(&mut self) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        let plain = match byte {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'\n' => return,
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
                return;
            }
            b'0'..=b'7' => {
                let mut code = u32::from(byte - b'0');
                for _ in 0..2 {
                    match self.peek() {
                        Some(digit @ b'0'..=b'7') => {
                            code = code * 8 + u32::from(digit - b'0');
                            self.at += 1;
                        }
                        _ => break,
                    }
                }
                code as u8
            }
            other => other,
        };
        self.scratch.push(plain);
    }

    fn hex(&mut self) -> Token {
        let from = self.scratch.len();
        let mut high: Option<u32> = None;
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'>' {
                break;
            }
            let Some(digit) = (byte as char).to_digit(16) else { continue };
            match high.take() {
                Some(first) => self.scratch.push((first * 16 + digit) as u8),
                None => high = Some(digit),
            }
        }
        if let Some(first) = high {
            self.scratch.push((first * 16) as u8);
        }
        Token::Str(from..self.scratch.len())
    }
}

/// Reads a number leniently: doubled signs, a sign in the middle and a second
/// point end it, as in the common viewers.
#[must_use]
pub fn number(word: &[u8]) -> Option<Num> {
    let mut at = 0;
    let mut negative = false;
    while let Some(sign @ (b'+' | b'-')) = word.get(at) {
        negative |= *sign == b'-';
        at += 1;
    }
    let mut digits: i64 = 0;
    let mut scale = 0_u8;
    let mut point = false;
    let mut seen = false;
    for &byte in &word[at..] {
        match byte {
            b'0'..=b'9' => {
                seen = true;
                let full = digits >= DIGITS_MAX || (point && scale >= FRACTION_DIGITS_MAX);
                if full && point {
                    continue;
                }
                if full {
                    return Some(Num::decimal(if negative { -DIGITS_MAX } else { DIGITS_MAX }, 0));
                }
                digits = digits * 10 + i64::from(byte - b'0');
                scale += u8::from(point);
            }
            b'.' if !point => point = true,
            b'-' | b'.' if seen => break,
            b'-' => {}
            _ => return None,
        }
    }
    if !seen && !point {
        return None;
    }
    Some(Num::decimal(if negative { -digits } else { digits }, scale))
}

/// White space (ISO 32000-2 table 1).
#[must_use]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte)
        && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// Digits past this are dropped: doubles cannot hold them.
const DIGITS_MAX: i64 = 100_000_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_numbers_are_read() {
        assert_eq!(number(b"-.5"), Some(Num::decimal(-5, 1)));
        assert_eq!(number(b"--12"), Some(Num::int(-12)));
        assert_eq!(number(b"4.-3"), Some(Num::int(4)));
        assert_eq!(number(b"."), Some(Num::ZERO));
        assert_eq!(number(b"1a"), None);
        assert_eq!(number(b"-"), None);
    }

    #[test]
    fn strings_are_decoded() {
        let mut lexer = Lexer::new(b"(a\\(\\101(b)) <414> /N#41x");
        let texts: Vec<Vec<u8>> = std::iter::from_fn(|| {
            lexer.next_token().map(|t| match t {
                Token::Str(range) | Token::Name(range) => lexer.text(&range).to_vec(),
                _ => Vec::new(),
            })
        })
        .collect();
        assert_eq!(texts, [b"a(A(b)".to_vec(), b"A@".to_vec(), b"NAx".to_vec()]);
    }
}
