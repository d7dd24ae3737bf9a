//! The objects of the PDF that is being written: numbers, names, strings,
//! arrays, dictionaries and references, and how each is spelt. Knows nothing
//! of the PDF that was read.

use std::borrow::Cow;

/// A number as a decimal fraction: `digits` × 10^-`scale`. Spelling it and
/// reading it again gives the same number, so a second rebuild changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Num {
    digits: i64,
    scale: u8,
}

impl Num {
    /// The number zero.
    pub const ZERO: Self = Self { digits: 0, scale: 0 };

    /// Makes a whole number.
    #[must_use]
    pub const fn int(value: i64) -> Self {
        Self { digits: value, scale: 0 }
    }

    /// Makes a number from `digits` × 10^-`scale` in its shortest form.
    #[must_use]
    pub fn decimal(mut digits: i64, mut scale: u8) -> Self {
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        Self { digits, scale }
    }

    /// Makes the nearest number that can be spelt; not-a-number becomes zero.
    #[must_use]
    pub fn real(value: f64) -> Self {
        if !value.is_finite() {
            return Self::ZERO;
        }
        let value = value.clamp(-NUMBER_MAX, NUMBER_MAX);
        let mut scale = FRACTION_DIGITS_MAX;
        while scale > 0 && (value * POWERS[usize::from(scale)]).abs() >= DIGITS_LIMIT {
            scale -= 1;
        }
        let digits = (value * POWERS[usize::from(scale)]).round();
        Self::decimal(digits as i64, scale)
    }

    /// Returns the number's value.
    #[must_use]
    pub fn value(self) -> f64 {
        self.digits as f64 / POWERS[usize::from(self.scale.min(FRACTION_DIGITS_MAX))]
    }

    /// Spells the number.
    pub fn spell(self, out: &mut Vec<u8>) {
        let mut buffer = [0_u8; 24];
        let mut at = buffer.len();
        let mut rest = self.digits.unsigned_abs();
        let mut place = 0_u8;
        loop {
            if place == self.scale && place > 0 {
                at -= 1;
                buffer[at] = b'.';
            }
            if rest == 0 && place >= self.scale && (place > 0 || self.digits != 0) {
                break;
            }
            at -= 1;
            buffer[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            place += 1;
            if self.digits == 0 {
                break;
            }
        }
        if self.digits < 0 {
            out.push(b'-');
        }
        out.extend_from_slice(&buffer[at..]);
    }
}

/// Largest number that is written; readers keep single precision.
const NUMBER_MAX: f64 = 1e14;
/// Digits after the point.
pub const FRACTION_DIGITS_MAX: u8 = 10;
/// Digits that a double holds exactly.
const DIGITS_LIMIT: f64 = 1e15;
const POWERS: [f64; 11] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];

/// A name's bytes, without the solidus and without escapes.
pub type Name = Cow<'static, [u8]>;

/// One object of the new file.
#[derive(Debug, Clone, PartialEq)]
pub enum Obj {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Num(Num),
    /// A name.
    Name(Name),
    /// A string; always spelt in hexadecimal where it holds odd bytes.
    Str(Vec<u8>),
    /// An array.
    Array(Vec<Obj>),
    /// A dictionary.
    Dict(Dict),
    /// A reference to an object of the new file.
    Ref(u32),
}

impl Obj {
    /// Makes a name that is known when the program is built.
    #[must_use]
    pub const fn name(text: &'static str) -> Self {
        Self::Name(Cow::Borrowed(text.as_bytes()))
    }

    /// Makes a name from bytes of the source.
    #[must_use]
    pub fn name_of(bytes: &[u8]) -> Self {
        Self::Name(Cow::Owned(bytes.to_vec()))
    }

    /// Makes a whole number.
    #[must_use]
    pub const fn int(value: i64) -> Self {
        Self::Num(Num::int(value))
    }

    /// Makes a number.
    #[must_use]
    pub fn real(value: f64) -> Self {
        Self::Num(Num::real(value))
    }

    /// Makes an array of numbers.
    #[must_use]
    pub fn reals(values: &[f64]) -> Self {
        Self::Array(values.iter().map(|value| Self::real(*value)).collect())
    }

    /// Calls `each` with every reference, in order.
    pub fn references(&self, each: &mut impl FnMut(u32)) {
        match self {
            Self::Ref(id) => each(*id),
            Self::Array(items) => items.iter().for_each(|item| item.references(each)),
            Self::Dict(dict) => dict.references(each),
            Self::Null | Self::Bool(_) | Self::Num(_) | Self::Name(_) | Self::Str(_) => {}
        }
    }

    /// Puts new numbers into all references; zero makes them null.
    pub fn renumber(&mut self, numbers: &[u32]) {
        match self {
            Self::Ref(id) => match numbers.get(*id as usize) {
                Some(0) | None => *self = Self::Null,
                Some(number) => *id = *number,
            },
            Self::Array(items) => items.iter_mut().for_each(|item| item.renumber(numbers)),
            Self::Dict(dict) => dict.renumber(numbers),
            Self::Null | Self::Bool(_) | Self::Num(_) | Self::Name(_) | Self::Str(_) => {}
        }
    }

    /// Spells the object (ISO 32000-2 §7.3).
    pub fn spell(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Num(number) => number.spell(out),
            Self::Name(name) => spell_name(name, out),
            Self::Str(bytes) => spell_string(bytes, out),
            Self::Array(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b' ');
                    }
                    item.spell(out);
                }
                out.push(b']');
            }
            Self::Dict(dict) => dict.spell(out),
            Self::Ref(id) => {
                Num::int(i64::from(*id)).spell(out);
                out.extend_from_slice(b" 0 R");
            }
        }
    }
}

/// A dictionary in the order in which it was put together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dict(Vec<(Name, Obj)>);

impl Dict {
    /// Makes an empty dictionary.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Puts an entry under a key that is known when the program is built.
    pub fn put(&mut self, key: &'static str, value: Obj) {
        self.0.push((Cow::Borrowed(key.as_bytes()), value));
    }

    /// Puts an entry where there is one.
    pub fn put_some(&mut self, key: &'static str, value: Option<Obj>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    /// Puts an entry under a key made by the caller.
    pub fn put_named(&mut self, key: Vec<u8>, value: Obj) {
        self.0.push((Cow::Owned(key), value));
    }

    /// Returns an entry.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Obj> {
        self.0.iter().find(|(name, _)| name.as_ref() == key.as_bytes()).map(|(_, value)| value)
    }

    /// Calls `each` with every reference, in order.
    pub fn references(&self, each: &mut impl FnMut(u32)) {
        self.0.iter().for_each(|(_, value)| value.references(each));
    }

    /// Puts new numbers into all references; zero makes them null.
    pub fn renumber(&mut self, numbers: &[u32]) {
        self.0.iter_mut().for_each(|(_, value)| value.renumber(numbers));
    }

    /// Says whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Spells the dictionary (ISO 32000-2 §7.3.7).
    pub fn spell(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<<");
        for (key, value) in &self.0 {
            spell_name(key, out);
            if !matches!(value, Obj::Name(_) | Obj::Array(_) | Obj::Dict(_) | Obj::Str(_)) {
                out.push(b' ');
            }
            value.spell(out);
        }
        out.extend_from_slice(b">>");
    }
}

/// Spells a name (ISO 32000-2 §7.3.5).
pub fn spell_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for &byte in name {
        let plain = byte.is_ascii_graphic() && !b"#()<>[]{}/%".contains(&byte);
        if plain {
            out.push(byte);
        } else {
            out.push(b'#');
            push_hex(byte, out);
        }
    }
}

/// Spells a string: in brackets where that is short, else in hexadecimal.
pub fn spell_string(bytes: &[u8], out: &mut Vec<u8>) {
    let odd = bytes.iter().filter(|byte| !byte.is_ascii_graphic() && **byte != b' ').count();
    if odd * 4 > bytes.len() {
        out.push(b'<');
        for &byte in bytes {
            push_hex(byte, out);
        }
        out.push(b'>');
        return;
    }
    out.push(b'(');
    for &byte in bytes {
        match byte {
            b'(' | b')' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b' '..=b'~' => out.push(byte),
            _ => out.extend_from_slice(&[
                b'\\',
                b'0' + (byte >> 6),
                b'0' + ((byte >> 3) & 7),
                b'0' + (byte & 7),
            ]),
        }
    }
    out.push(b')');
}

/// Pushes a byte as two hexadecimal digits.
pub fn push_hex(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push(DIGITS[usize::from(byte >> 4)]);
    out.push(DIGITS[usize::from(byte & 15)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(number: Num) -> String {
        let mut out = Vec::new();
        number.spell(&mut out);
        String::from_utf8(out).expect("numbers are ASCII")
    }

    #[test]
    fn numbers_are_spelt_shortly() {
        assert_eq!(spelt(Num::ZERO), "0");
        assert_eq!(spelt(Num::int(-10)), "-10");
        assert_eq!(spelt(Num::decimal(1250, 3)), "1.25");
        assert_eq!(spelt(Num::decimal(-5, 1)), "-.5");
        assert_eq!(spelt(Num::decimal(5, 3)), ".005");
        assert_eq!(spelt(Num::real(0.00048828125)), ".0004882813");
        assert_eq!(spelt(Num::real(1e30)), "100000000000000");
        assert_eq!(spelt(Num::real(f64::NAN)), "0");
    }

    #[test]
    fn strings_and_names_are_escaped() {
        let mut out = Vec::new();
        Obj::Str(b"a(b\n".to_vec()).spell(&mut out);
        Obj::name_of(b"A B#").spell(&mut out);
        Obj::Str(vec![0, 255]).spell(&mut out);
        assert_eq!(out, b"(a\\(b\\012)/A#20B#23<00FF>");
    }
}
