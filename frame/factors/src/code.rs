//! One-time codes that one person reads out and another types: enrolment and
//! lost factors. Knows neither whom a code is for nor how long it lasts.

use base::{Random, Secret, random};

use crate::Hashed;

/// 80 random bits in Crockford's base 32.
#[derive(Clone, Debug)]
pub struct Code(Secret<String>);

/// A text that is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not 16 symbols once spaces and hyphens are left out.
    #[error("a code has {SYMBOLS} letters and digits")]
    Length,
    /// A character that no code has.
    #[error("the character {0:?} is in no code")]
    Symbol(char),
}

/// Symbols of a code, five bits each.
const SYMBOLS: usize = 16;

/// Symbols between two hyphens.
const GROUP: usize = 4;

/// Characters that are looked at before a text is given up, separators included.
const TEXT_MAX: usize = 64;

/// Crockford's base 32: no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Code {
    /// Makes a new code.
    #[must_use]
    pub fn new(source: &dyn Random) -> Self {
        let bits: [u8; SYMBOLS * 5 / 8] = random::bytes(source);
        let bits = Secret::new(bits.iter().fold(0_u128, |sum, &byte| sum << 8 | u128::from(byte)));
        let symbols = (0..SYMBOLS).rev().map(|place| {
            let index = usize::try_from(*bits.reveal() >> (place * 5) & 31).unwrap_or(0);
            ALPHABET.get(index).map_or('0', |&symbol| char::from(symbol))
        });
        Self(Secret::new(symbols.collect()))
    }

    /// Reads what a person typed: any case, full-width or not, with or without
    /// hyphens and spaces, with O for 0 and I or L for 1.
    ///
    /// # Errors
    /// Says which rule failed.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let mut code = Secret::new(String::with_capacity(SYMBOLS));
        for character in text.chars().take(TEXT_MAX).map(half_width) {
            if character.is_whitespace() || matches!(character, '-' | '‐' | '−' | 'ー' | '–')
            {
                continue;
            }
            code = Secret::new(format!("{}{}", code.reveal(), symbol(character)?));
        }
        let is_whole = code.reveal().len() == SYMBOLS && text.chars().count() <= TEXT_MAX;
        if is_whole { Ok(Self(code)) } else { Err(CodeError::Length) }
    }

    /// Shows the code to the one person who may read it, as `XXXX-XXXX-XXXX-XXXX`.
    #[must_use]
    pub fn show(&self) -> Secret<String> {
        let mut shown = String::with_capacity(SYMBOLS + SYMBOLS / GROUP);
        for (place, symbol) in self.0.reveal().chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                shown.push('-');
            }
            shown.push(symbol);
        }
        Secret::new(shown)
    }

    /// What is stored.
    #[must_use]
    pub fn hashed(&self) -> Hashed<Self> {
        Hashed::of("sekisho one-time code 1", self.0.reveal().as_bytes())
    }
}

/// Full-width ASCII, as an input method leaves it, in its usual width.
fn half_width(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        other => other,
    }
}

fn symbol(character: char) -> Result<char, CodeError> {
    let symbol = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let is_symbol = u8::try_from(symbol).is_ok_and(|symbol| ALPHABET.contains(&symbol));
    if is_symbol { Ok(symbol) } else { Err(CodeError::Symbol(character)) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use base::SeededRandom;

    #[test]
    fn a_code_reads_back_however_it_is_typed() {
        let code = Code::parse("0123-4567-89AB-CDEF").unwrap();
        for typed in [
            "0123456789abcdef",
            " o i23 4567 89ab cdef",
            "０１２３ー４５６７ー８９ＡＢーＣＤＥＦ",
            "OL23−4567‐89AB–CDEF",
        ] {
            assert!(Code::parse(typed).unwrap().hashed() == code.hashed(), "{typed}");
        }
    }

    #[test]
    fn new_codes_show_four_groups_and_read_back() {
        let random = SeededRandom::new(7);
        for _ in 0..200 {
            let code = Code::new(&random);
            let shown = code.show();
            assert_eq!(shown.reveal().split('-').map(str::len).collect::<Vec<_>>(), [4; 4]);
            assert!(Code::parse(shown.reveal()).unwrap().hashed() == code.hashed());
        }
    }

    #[test]
    fn every_bit_counts() {
        struct Fixed([u8; 10]);
        impl Random for Fixed {
            fn fill(&self, buffer: &mut [u8]) {
                buffer.copy_from_slice(&self.0);
            }
        }
        assert_eq!(Code::new(&Fixed([0xff; 10])).show().reveal(), "ZZZZ-ZZZZ-ZZZZ-ZZZZ");
        let mut seen = std::collections::BTreeSet::new();
        for bit in 0..80 {
            let mut bytes = [0; 10];
            bytes[bit / 8] = 1 << (bit % 8);
            seen.insert(Code::new(&Fixed(bytes)).show().reveal().clone());
        }
        assert_eq!(seen.len(), 80);
    }

    #[test]
    fn what_is_no_code_is_refused() {
        assert_eq!(Code::parse("").err(), Some(CodeError::Length));
        assert_eq!(Code::parse("0123-4567-89AB-CDE").err(), Some(CodeError::Length));
        assert_eq!(Code::parse("0123-4567-89AB-CDEFG").err(), Some(CodeError::Length));
        assert_eq!(Code::parse("0123-4567-89AB-CDEU").err(), Some(CodeError::Symbol('U')));
        assert_eq!(Code::parse(&" ".repeat(1 << 20)).err(), Some(CodeError::Length));
    }
}
