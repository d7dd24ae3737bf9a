//! What a body (地方公共団体) is: its official code, its kind, its name. Knows no
//! row.

use std::fmt;

use base::{BodyId, Text, Timestamp};

/// A local government code (全国地方公共団体コード): two digits of the
/// prefecture, three of the body, one check digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyCode([u8; DIGITS]);

/// A text that is no local government code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyCodeError {
    /// Not six digits.
    #[error("a local government code has {DIGITS} digits")]
    Digits,
    /// The first two digits name no prefecture (01 to 47).
    #[error("the first two digits name no prefecture")]
    Prefecture,
    /// The last digit does not follow from the others: a mistyped code.
    #[error("the check digit is wrong")]
    Check,
}

const DIGITS: usize = 6;
const PREFECTURES: u8 = 47;
const WEIGHTS: [u32; DIGITS - 1] = [6, 5, 4, 3, 2];

impl BodyCode {
    /// Reads six digits and proves the check digit (the weights 6 to 2, modulo
    /// 11, as the ministry's code table explains).
    ///
    /// # Errors
    /// Says which rule failed.
    pub fn parse(text: &str) -> Result<Self, BodyCodeError> {
        let bytes: [u8; DIGITS] = text.as_bytes().try_into().map_err(|_| BodyCodeError::Digits)?;
        if !bytes.iter().all(u8::is_ascii_digit) {
            return Err(BodyCodeError::Digits);
        }
        let code = Self(bytes.map(|byte| byte - b'0'));
        if !(1..=PREFECTURES).contains(&code.prefecture()) {
            return Err(BodyCodeError::Prefecture);
        }
        if code.0.last() == Some(&code.check_digit()) {
            Ok(code)
        } else {
            Err(BodyCodeError::Check)
        }
    }

    /// The prefecture's number, 1 (Hokkaido) to 47 (Okinawa).
    #[must_use]
    pub const fn prefecture(self) -> u8 {
        self.0[0] * 10 + self.0[1]
    }

    /// What kind of body the code names: a prefecture's own number is 000.
    #[must_use]
    pub fn kind(self) -> BodyKind {
        let [_, _, own @ .., _] = self.0;
        if own == [0; 3] { BodyKind::Prefecture } else { BodyKind::Municipality }
    }

    fn check_digit(self) -> u8 {
        let sum: u32 =
            WEIGHTS.iter().zip(self.0).map(|(weight, digit)| weight * u32::from(digit)).sum();
        u8::try_from((11 - sum % 11) % 10).unwrap_or(0)
    }
}

impl fmt::Display for BodyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}

impl fmt::Debug for BodyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Who a body is to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BodyKind {
    /// 都道府県: supports and watches the municipalities under it.
    Prefecture,
    /// 市区町村, and unions (一部事務組合) too.
    Municipality,
}

impl BodyKind {
    /// The name in rows and interfaces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prefecture => "prefecture",
            Self::Municipality => "municipality",
        }
    }
}

/// A body as it stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyRecord {
    /// Its id: the owner of its rows.
    pub id: BodyId,
    /// Its official code, unique.
    pub code: BodyCode,
    /// Its name, such as 緑市.
    pub name: Text<NAME_MAX>,
    /// Its name's reading.
    pub kana: Text<NAME_MAX>,
    /// The prefecture above it, if that uses the same store.
    pub prefecture: Option<BodyId>,
    /// Since when it is here.
    pub founded_at: Timestamp,
}

impl BodyRecord {
    /// Prefecture or municipality.
    #[must_use]
    pub fn kind(&self) -> BodyKind {
        self.code.kind()
    }
}

/// A body to be founded.
#[derive(Clone, Debug)]
pub struct NewBody {
    /// Its official code.
    pub code: BodyCode,
    /// Its name.
    pub name: Text<NAME_MAX>,
    /// Its name's reading.
    pub kana: Text<NAME_MAX>,
}

/// Longest name of a body, a section or a person, in characters.
pub const NAME_MAX: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_codes_pass_and_tell_their_kind() {
        for (text, kind) in [
            ("010006", BodyKind::Prefecture),   // 北海道
            ("011002", BodyKind::Municipality), // 札幌市
            ("130001", BodyKind::Prefecture),   // 東京都: the check digit of 1 comes from 10
            ("131016", BodyKind::Municipality), // 千代田区
            ("270008", BodyKind::Prefecture),   // 大阪府
            ("473821", BodyKind::Municipality), // 与那国町
        ] {
            let code = BodyCode::parse(text);
            assert_eq!(code.map(BodyCode::kind), Ok(kind), "{text}");
            assert_eq!(code.map(|code| code.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn every_mistyped_digit_is_found() {
        for place in 0..5 {
            for digit in b'0'..=b'9' {
                let mut typed = *b"011002";
                if typed[place] == digit {
                    continue;
                }
                typed[place] = digit;
                let typed = String::from_utf8_lossy(&typed).into_owned();
                assert!(BodyCode::parse(&typed).is_err(), "{typed}");
            }
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        assert_eq!(BodyCode::parse("01100"), Err(BodyCodeError::Digits));
        assert_eq!(BodyCode::parse("０１１００２"), Err(BodyCodeError::Digits));
        assert_eq!(BodyCode::parse("000000"), Err(BodyCodeError::Prefecture));
        assert_eq!(BodyCode::parse("480002"), Err(BodyCodeError::Prefecture));
        assert_eq!(BodyCode::parse("011003"), Err(BodyCodeError::Check));
    }
}
