//! Reads values from bytes (7.2 and 7.3). Strict: no comments, no generation
//! but zero, no dictionary key twice.

use std::borrow::Cow;

use super::object::{Dict, Value};
use crate::url::hex;

/// A place in a byte string.
pub(super) struct Reader<'a> {
    /// All bytes.
    pub bytes: &'a [u8],
    /// Where the next value starts.
    pub at: usize,
}

/// What is wrong.
pub(super) type Complaint = &'static str;

impl<'a> Reader<'a> {
    /// Starts at an offset.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Passes over white space (7.2.3).
    pub(super) fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// Passes over `mark` or says that it is not there.
    pub(super) fn expect(&mut self, mark: &[u8]) -> Result<(), Complaint> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if !rest.starts_with(mark) {
            return Err("something stands where an object's frame should be");
        }
        self.at += mark.len();
        Ok(())
    }

    /// Reads an unsigned whole number.
    pub(super) fn whole(&mut self) -> Result<usize, Complaint> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = self.bytes.get(start..self.at).unwrap_or_default();
        let text = std::str::from_utf8(digits).map_err(|_| "an odd number")?;
        text.parse().map_err(|_| "an odd number")
    }

    /// Reads a value.
    pub(super) fn value(&mut self, depth: u32) -> Result<Value<'a>, Complaint> {
        if depth > DEPTH_MAX {
            return Err("values nested too deep");
        }
        self.skip_space();
        match self.peek().ok_or("a value is missing")? {
            b'/' => self.name().map(Value::Name),
            b'(' => self.literal().map(Value::Text),
            b'<' if self.bytes.get(self.at + 1) == Some(&b'<') => self.dict(depth).map(Value::Dict),
            b'<' => self.hexadecimal().map(Value::Text),
            b'[' => self.array(depth),
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.number_or_reference(),
            b'a'..=b'z' => self.keyword(),
            _ => Err("an odd character"),
        }
    }

    fn keyword(&mut self) -> Result<Value<'a>, Complaint> {
        for (word, value) in
            [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))]
        {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let ends = rest.get(word.len()).is_none_or(|&next| !is_regular(next));
            if rest.starts_with(word.as_bytes()) && ends {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err("an unknown word")
    }

    fn array(&mut self, depth: u32) -> Result<Value<'a>, Complaint> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Value::Array(items));
            }
            items.push(self.value(depth + 1)?);
        }
    }

    fn dict(&mut self, depth: u32) -> Result<Dict<'a>, Complaint> {
        self.at += 2;
        let mut entries: Vec<(Cow<'a, [u8]>, Value<'a>)> = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'/') => {}
                Some(b'>') if self.bytes.get(self.at + 1) == Some(&b'>') => {
                    self.at += 2;
                    break;
                }
                Some(_) | None => return Err("an odd dictionary"),
            }
            let key = self.name()?;
            entries.push((key, self.value(depth + 1)?));
        }
        // Two readers may choose differently between two entries of one key.
        let has_twins = if entries.len() <= PAIRWISE_MAX {
            entries
                .iter()
                .enumerate()
                .any(|(index, (key, _))| entries[..index].iter().any(|(other, _)| other == key))
        } else {
            let mut keys: Vec<&[u8]> = entries.iter().map(|(key, _)| key.as_ref()).collect();
            keys.sort_unstable();
            keys.windows(2).any(|pair| pair[0] == pair[1])
        };
        if has_twins { Err("a dictionary key that stands twice") } else { Ok(Dict(entries)) }
    }

    /// 7.3.5.
    fn name(&mut self) -> Result<Cow<'a, [u8]>, Complaint> {
        self.at += 1;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|&byte| !is_regular(byte)).unwrap_or(rest.len());
        let raw = &rest[..length];
        self.at += length;
        if !raw.contains(&b'#') {
            return Ok(Cow::Borrowed(raw));
        }
        let mut out = Vec::with_capacity(raw.len());
        let mut bytes = raw.iter();
        while let Some(&byte) = bytes.next() {
            if byte != b'#' {
                out.push(byte);
                continue;
            }
            let pair = bytes.next().and_then(|&high| Some((hex(high)?, hex(*bytes.next()?)?)));
            let (high, low) = pair.ok_or("an odd escape in a name")?;
            out.push(high << 4 | low);
        }
        Ok(Cow::Owned(out))
    }

    /// 7.3.4.2.
    fn literal(&mut self) -> Result<Cow<'a, [u8]>, Complaint> {
        self.at += 1;
        let (mut out, mut depth) = (Vec::new(), 1u32);
        loop {
            let byte = self.peek().ok_or("an open string")?;
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(Cow::Owned(out));
                    }
                }
                b'\\' => {
                    self.escape(&mut out)?;
                    continue;
                }
                _ => {}
            }
            out.push(byte);
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Complaint> {
        let byte = self.peek().ok_or("an open string")?;
        self.at += 1;
        match byte {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    value = value * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                out.push((value & 0xFF) as u8);
            }
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            b'\n' => {}
            other => out.push(other),
        }
        Ok(())
    }

    /// 7.3.4.3.
    fn hexadecimal(&mut self) -> Result<Cow<'a, [u8]>, Complaint> {
        self.at += 1;
        let (mut out, mut half) = (Vec::new(), None);
        loop {
            let byte = self.peek().ok_or("an open string")?;
            self.at += 1;
            if byte == b'>' {
                out.extend(half.map(|high: u8| high << 4));
                return Ok(Cow::Owned(out));
            }
            if is_space(byte) {
                continue;
            }
            let digit = hex(byte).ok_or("an odd digit")?;
            match half.take() {
                Some(high) => out.push(high << 4 | digit),
                None => half = Some(digit),
            }
        }
    }

    fn number_or_reference(&mut self) -> Result<Value<'a>, Complaint> {
        let number = self.number()?;
        let after = self.at;
        if let Value::Number(first) = &number
            && first.fract() == 0.0
            && (0.0..4_294_967_296.0).contains(first)
            && self.bytes.get(after..).is_some_and(|rest| rest.starts_with(b" 0 R"))
            && self.bytes.get(after + 4).is_none_or(|&next| !is_regular(next))
        {
            self.at = after + 4;
            return Ok(Value::Reference(*first as u32));
        }
        Ok(number)
    }

    fn number(&mut self) -> Result<Value<'a>, Complaint> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.'))
        {
            self.at += 1;
        }
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        let text = std::str::from_utf8(raw).map_err(|_| "an odd number")?;
        let is_spelt_out = self.peek().is_none_or(|next| !is_regular(next));
        let value: f64 = text.parse().map_err(|_| "an odd number")?;
        if is_spelt_out && value.is_finite() {
            Ok(Value::Number(value))
        } else {
            Err("an odd number")
        }
    }
}

/// 7.2.3, table 1.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

/// Says whether a byte can stand in a name, number or word.
pub(super) fn is_regular(byte: u8) -> bool {
    !is_space(byte)
        && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

const DEPTH_MAX: u32 = 64;
/// Entries up to which pairs are compared one by one.
const PAIRWISE_MAX: usize = 24;
