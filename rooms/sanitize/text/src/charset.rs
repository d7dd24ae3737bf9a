//! The charsets that text may stand in, and how many bytes each character
//! takes. Lets edits keep every other byte of a file. Guesses nothing.

use std::borrow::Cow;

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS};

/// How a text's characters are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8; also pure ASCII.
    Utf8,
    /// UTF-16, little endian.
    Utf16Le,
    /// UTF-16, big endian.
    Utf16Be,
    /// CP932 (Windows-31J) with NEC and IBM extensions and user-defined
    /// characters (外字), which stand at U+E000 to U+E757.
    Cp932,
    /// EUC-JP.
    EucJp,
    /// ISO-2022-JP (JIS).
    Iso2022Jp,
    /// Another legacy charset of the web platform.
    Other(&'static Encoding),
}

/// One change to a text: at `at`, `delete` bytes of UTF-8 go, and an
/// apostrophe comes where `mark` is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) at: usize,
    pub(crate) delete: usize,
    pub(crate) mark: bool,
}

impl Charset {
    /// Returns the charset's usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Cp932 => "Shift_JIS",
            Self::EucJp => "EUC-JP",
            Self::Iso2022Jp => "ISO-2022-JP",
            Self::Other(encoding) => encoding.name(),
        }
    }

    fn encoding(self) -> &'static Encoding {
        match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
            Self::Cp932 => SHIFT_JIS,
            Self::EucJp => EUC_JP,
            Self::Iso2022Jp => ISO_2022_JP,
            Self::Other(encoding) => encoding,
        }
    }

    /// Decodes `bytes` without a mark; `None` where some byte stands for nothing.
    pub(crate) fn decode_strict(self, bytes: &[u8]) -> Option<String> {
        let encoding = self.encoding();
        encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Cow::into_owned)
    }

    /// Replaces every byte that stands for nothing; returns how many did.
    /// The result decodes strictly.
    pub(crate) fn repair(self, bytes: &[u8]) -> (Vec<u8>, u64) {
        let mut out = Vec::with_capacity(bytes.len());
        let mut bad = 0;
        let mut mode = Mode::Ascii;
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let unit = self.unit(rest, mode);
            let piece = rest.get(..unit.bytes).unwrap_or(rest);
            let is_good = match self {
                Self::Iso2022Jp => unit.mode != mode || mode.decodes(piece),
                _ => piece.len() == unit.bytes && self.decode_strict(piece).is_some(),
            };
            if is_good {
                out.extend_from_slice(piece);
                mode = unit.mode;
                at += piece.len();
            } else {
                out.extend_from_slice(self.replacement(mode));
                bad += 1;
                at += if matches!(self, Self::Utf16Le | Self::Utf16Be) { 2 } else { 1 };
            }
        }
        (out, bad)
    }

    /// What stands for a byte that means nothing: the geta mark 〓 where the
    /// charset has no U+FFFD.
    fn replacement(self, mode: Mode) -> &'static [u8] {
        match self {
            Self::Utf8 => "\u{FFFD}".as_bytes(),
            Self::Utf16Le => &[0xFD, 0xFF],
            Self::Utf16Be => &[0xFF, 0xFD],
            Self::Cp932 => &[0x81, 0xAC],
            Self::EucJp => &[0xA2, 0xAE],
            Self::Iso2022Jp if mode == Mode::Kanji => &[0x22, 0x2E],
            Self::Iso2022Jp | Self::Other(_) => b"?",
        }
    }

    /// Applies `edits`, sorted by place and not overlapping, to the bytes of
    /// `text`. Everything else keeps its bytes.
    pub(crate) fn apply(self, bytes: &[u8], text: &str, edits: &[Edit]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + edits.len());
        let mut edits = edits.iter().peekable();
        let mut mode = Mode::Ascii;
        let mut at = 0;
        let mut delete_until = 0;
        let mut skip = false;
        for (position, c) in text.char_indices() {
            if skip {
                // The second character of a unit that stands for two.
                skip = false;
                continue;
            }
            while let Some(edit) = edits.next_if(|edit| edit.at <= position) {
                delete_until = position.saturating_add(edit.delete);
                if edit.mark {
                    self.put_mark(mode, &mut out);
                }
            }
            // Shift sequences come before the character that they are for.
            while let Some(rest) = bytes.get(at..)
                && let Some(shift) = self.shift(rest)
            {
                out.extend_from_slice(rest.get(..shift.bytes).unwrap_or(rest));
                mode = shift.mode;
                at += shift.bytes;
            }
            let rest = bytes.get(at..).unwrap_or_default();
            let unit = self.unit(rest, mode);
            let piece = rest.get(..unit.bytes).unwrap_or(rest);
            at += piece.len();
            skip = self.is_pair(piece);
            if position >= delete_until {
                out.extend_from_slice(piece);
            }
            debug_assert!(!piece.is_empty(), "{c:?} has bytes");
        }
        for edit in edits {
            if edit.mark {
                self.put_mark(mode, &mut out);
            }
        }
        out.extend_from_slice(bytes.get(at..).unwrap_or_default());
        out
    }

    fn put_mark(self, mode: Mode, out: &mut Vec<u8>) {
        match self {
            Self::Utf16Le => out.extend_from_slice(b"'\0"),
            Self::Utf16Be => out.extend_from_slice(b"\0'"),
            Self::Iso2022Jp => {
                if mode != Mode::Ascii {
                    out.extend_from_slice(Mode::Ascii.sequence());
                }
                out.push(b'\'');
                if mode != Mode::Ascii {
                    out.extend_from_slice(mode.sequence());
                }
            }
            Self::Utf8 | Self::Cp932 | Self::EucJp | Self::Other(_) => out.push(b'\''),
        }
    }

    fn shift(self, rest: &[u8]) -> Option<Unit> {
        if self != Self::Iso2022Jp {
            return None;
        }
        let mode = Mode::of(rest)?;
        Some(Unit { bytes: 3, mode })
    }

    /// Measures the first character of `rest`.
    fn unit(self, rest: &[u8], mode: Mode) -> Unit {
        let Some(&lead) = rest.first() else { return Unit { bytes: 0, mode } };
        let bytes = match self {
            Self::Utf8 => match lead {
                0x00..0xC0 => 1,
                0xC0..0xE0 => 2,
                0xE0..0xF0 => 3,
                0xF0.. => 4,
            },
            Self::Utf16Le => utf16_bytes(rest.get(1)),
            Self::Utf16Be => utf16_bytes(Some(&lead)),
            Self::Cp932 => match lead {
                0x81..=0x9F | 0xE0..=0xFC => 2,
                _ => 1,
            },
            Self::EucJp => match lead {
                0x8F => 3,
                0x8E | 0xA1..=0xFE => 2,
                _ => 1,
            },
            Self::Iso2022Jp => {
                if let Some(shift) = self.shift(rest) {
                    return shift;
                }
                if mode == Mode::Kanji && lead != b'\n' && lead != b'\r' { 2 } else { 1 }
            }
            Self::Other(encoding) => other_bytes(encoding, rest),
        };
        Unit { bytes, mode }
    }

    /// Says whether one unit stands for two characters (Big5 only).
    fn is_pair(self, piece: &[u8]) -> bool {
        self == Self::Other(encoding_rs::BIG5) && matches!(piece, [0x88, 0x62 | 0x64 | 0xA3 | 0xA5])
    }
}

/// What ISO-2022-JP is shifted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Ascii,
    Roman,
    Katakana,
    Kanji,
}

impl Mode {
    fn of(rest: &[u8]) -> Option<Self> {
        match rest.get(..3)? {
            b"\x1B(B" => Some(Self::Ascii),
            b"\x1B(J" => Some(Self::Roman),
            b"\x1B(I" => Some(Self::Katakana),
            b"\x1B$@" | b"\x1B$B" => Some(Self::Kanji),
            _ => None,
        }
    }

    fn sequence(self) -> &'static [u8] {
        match self {
            Self::Ascii => b"\x1B(B",
            Self::Roman => b"\x1B(J",
            Self::Katakana => b"\x1B(I",
            Self::Kanji => b"\x1B$B",
        }
    }

    /// Says whether `piece` stands for a character in this mode.
    fn decodes(self, piece: &[u8]) -> bool {
        let whole = [self.sequence(), piece].concat();
        Charset::Iso2022Jp.decode_strict(&whole).is_some_and(|text| !text.is_empty())
    }
}

struct Unit {
    bytes: usize,
    /// The mode after it; another one only for a shift sequence.
    mode: Mode,
}

fn utf16_bytes(high: Option<&u8>) -> usize {
    if high.is_some_and(|high| (0xD8..0xDC).contains(high)) { 4 } else { 2 }
}

fn other_bytes(encoding: &'static Encoding, rest: &[u8]) -> usize {
    let lead = rest.first().copied().unwrap_or(0);
    if encoding.is_single_byte() || lead <= 0x80 || lead == 0xFF {
        return 1;
    }
    let is_four = encoding == encoding_rs::GBK || encoding == encoding_rs::GB18030;
    if is_four && rest.get(1).is_some_and(u8::is_ascii_digit) { 4 } else { 2 }
}
