//! ISO-2022-JP as it is met: all its variants, half-width katakana, eight-bit
//! bytes between, escapes that were lost or left open. Never fails.
//!
//! Sources: RFC 1468, RFC 1554, RFC 2237; JIS X 0202; the code pages 50220 to
//! 50222 of Windows.

use encoding_rs::{EUC_JP, EUC_KR, GBK, SHIFT_JIS};

const ESCAPE: u8 = 0x1B;
/// Shift to katakana and back, in code page 50222.
const SHIFT_OUT: u8 = 0x0E;
const SHIFT_IN: u8 = 0x0F;

/// What the bytes from here on stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Ascii,
    /// JIS X 0201: a yen sign and an overline instead of two of ASCII's.
    Roman,
    Katakana,
    /// JIS X 0208, and 0213's first plane, which holds it.
    Kanji,
    /// JIS X 0212.
    MoreKanji,
    Chinese,
    Korean,
}

impl Mode {
    fn is_double(self) -> bool {
        match self {
            Self::Ascii | Self::Roman | Self::Katakana => false,
            Self::Kanji | Self::MoreKanji | Self::Chinese | Self::Korean => true,
        }
    }
}

/// Reads an escape sequence at the start: its mode and length.
fn escape(bytes: &[u8]) -> Option<(Mode, usize)> {
    Some(match bytes.strip_prefix(&[ESCAPE])? {
        [b'(', b'B' | b'H', ..] => (Mode::Ascii, 3),
        [b'(', b'J', ..] => (Mode::Roman, 3),
        [b'(', b'I', ..] => (Mode::Katakana, 3),
        [b'$', b'@' | b'B', ..] => (Mode::Kanji, 3),
        [b'$', b'A', ..] => (Mode::Chinese, 3),
        [b'$', b'(', b'@' | b'B' | b'O' | b'Q' | b'P', ..] => (Mode::Kanji, 4),
        [b'$', b'(', b'D', ..] => (Mode::MoreKanji, 4),
        [b'$', b'(', b'C', ..] => (Mode::Korean, 4),
        [b'$', b'(', b'A', ..] => (Mode::Chinese, 4),
        _ => return None,
    })
}

/// Says whether an escape sequence stands in the text that shifts away from
/// ASCII; terminal colours and the like do not.
pub(super) fn has_escape(bytes: &[u8]) -> bool {
    positions(bytes, ESCAPE)
        .any(|at| bytes.get(at..).and_then(escape).is_some_and(|(mode, _)| mode != Mode::Ascii))
}

/// Says whether katakana are shifted to without an escape sequence.
pub(super) fn has_shift(bytes: &[u8]) -> bool {
    bytes.contains(&SHIFT_OUT) && bytes.contains(&SHIFT_IN)
}

/// Says whether every byte beyond ASCII may be a half-width katakana.
pub(super) fn is_katakana(bytes: &[u8]) -> bool {
    !bytes.is_ascii() && bytes.iter().all(|byte| byte.is_ascii() || (0xA1..=0xDF).contains(byte))
}

/// Says whether `$B…(B` stands where escape sequences have lost their first
/// byte, as some gateways take out control characters.
pub(super) fn lost_its_escapes(bytes: &[u8]) -> bool {
    bytes.is_ascii() && !bytes.contains(&ESCAPE) && openings(bytes).next().is_some()
}

/// Puts lost first bytes back.
pub(super) fn with_escapes(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 16);
    let mut at = 0;
    for (start, end) in openings(bytes) {
        if start < at {
            continue;
        }
        out.extend_from_slice(bytes.get(at..start).unwrap_or_default());
        out.push(ESCAPE);
        out.extend_from_slice(bytes.get(start..end).unwrap_or_default());
        out.push(ESCAPE);
        at = end;
    }
    out.extend_from_slice(bytes.get(at..).unwrap_or_default());
    out
}

/// Finds `$B` or `$@` with pairs of a kanji set behind it, up to `(B` or `(J`.
fn openings(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    positions(bytes, b'$').filter_map(move |start| {
        let rest = bytes.get(start..)?;
        if !matches!(rest.get(1), Some(b'B' | b'@')) {
            return None;
        }
        let pairs = rest.get(2..)?.chunks_exact(2);
        let count = pairs
            .take_while(|pair| !matches!(pair, [b'(', b'B' | b'J']))
            .take_while(|pair| matches!(pair, [0x21..=0x7E, 0x21..=0x7E]))
            .count();
        let end = start + 2 + count * 2;
        let is_closed = matches!(bytes.get(end..end + 2), Some([b'(', b'B' | b'J']));
        (count > 0 && is_closed).then_some((start, end))
    })
}

fn positions(bytes: &[u8], wanted: u8) -> impl Iterator<Item = usize> {
    bytes.iter().enumerate().filter(move |(_, byte)| **byte == wanted).map(|(at, _)| at)
}

/// Decodes; what stands for nothing becomes U+FFFD.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut mode = Mode::Ascii;
    let mut before_shift = Mode::Ascii;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        if let Some((next, length)) = escape(rest) {
            (mode, at) = (next, at + length);
        } else if byte == SHIFT_OUT {
            before_shift = if mode == Mode::Katakana { before_shift } else { mode };
            (mode, at) = (Mode::Katakana, at + 1);
        } else if byte == SHIFT_IN {
            (mode, at) = (before_shift, at + 1);
        } else if byte >= 0x80 {
            // A pair's second byte may look like ASCII in CP932.
            let run = rest.iter().take_while(|byte| !matches!(**byte, ESCAPE | b'\n')).count();
            out.push_str(&eight_bit(rest.get(..run).unwrap_or(rest)));
            at += run;
        } else if mode.is_double() {
            at += double(rest, &mut mode, &mut out);
        } else {
            out.push(single(byte, mode));
            at += 1;
        }
    }
    out
}

/// Bytes with the eighth bit in a seven-bit text: half-width katakana as code
/// page 50221 has them, or a line in another charset.
fn eight_bit(run: &[u8]) -> String {
    let is_kana = |byte: &u8| byte.is_ascii() || (0xA1..=0xDF).contains(byte);
    if run.iter().all(is_kana) && std::str::from_utf8(run).is_err() {
        let katakana = SHIFT_JIS.decode_without_bom_handling(run).0.into_owned();
        let euc = EUC_JP.decode_without_bom_handling(run).0;
        // Two katakana make a kanji of EUC-JP by chance; they do not make kana.
        let has_kana = euc.chars().any(|c| ('\u{3041}'..='\u{30FC}').contains(&c));
        return if has_kana { euc.into() } else { katakana };
    }
    super::guess(run)
}

fn single(byte: u8, mode: Mode) -> char {
    match (mode, byte) {
        (Mode::Roman, b'\\') => '¥',
        (Mode::Roman, b'~') => '‾',
        (Mode::Katakana, 0x21..=0x5F) => {
            char::from_u32(0xFF61 + u32::from(byte) - 0x21).unwrap_or('\u{FFFD}')
        }
        _ => char::from(byte),
    }
}

/// Decodes what stands first in a double-byte mode; returns its length.
fn double(rest: &[u8], mode: &mut Mode, out: &mut String) -> usize {
    let Some(&lead) = rest.first() else { return 0 };
    if !(0x21..=0x7E).contains(&lead) {
        return gap(rest, mode, out);
    }
    // A header may have been folded in the middle of a character.
    let blank = rest.get(1..).unwrap_or_default();
    let blank =
        blank.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
    match rest.get(1 + blank) {
        Some(&trail) if (0x21..=0x7E).contains(&trail) && (blank == 0 || goes_on(rest)) => {
            out.push_str(&pair(lead, trail, *mode));
            2 + blank
        }
        _ => {
            out.push('\u{FFFD}');
            1
        }
    }
}

/// Handles white space and controls between double-byte characters: a text that
/// was folded goes on; one that ends its line without shifting back does not.
fn gap(rest: &[u8], mode: &mut Mode, out: &mut String) -> usize {
    let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
    if blank == 0 {
        return 1;
    }
    let is_line = rest.get(..blank).is_some_and(|blank| blank.contains(&b'\n'));
    if goes_on(rest) {
        if is_line && rest.get(blank).is_some_and(|byte| *byte == ESCAPE) {
            out.push_str(&String::from_utf8_lossy(rest.get(..blank).unwrap_or_default()));
        }
    } else {
        out.push_str(&String::from_utf8_lossy(rest.get(..blank).unwrap_or_default()));
        *mode = Mode::Ascii;
    }
    blank
}

/// Says whether double-byte characters go on: the next escape sequence, which
/// may be lines away, shifts back to ASCII, and nothing but pairs stands before.
fn goes_on(rest: &[u8]) -> bool {
    const LOOK_BYTES: usize = 2_000;
    let rest = rest.get(..rest.len().min(LOOK_BYTES)).unwrap_or_default();
    let Some(end) = rest.iter().position(|byte| *byte == ESCAPE) else { return false };
    let (inside, next) = rest.split_at(end);
    let is_back = escape(next).is_some_and(|(mode, _)| !mode.is_double());
    is_back && inside.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
}

fn pair(lead: u8, trail: u8, mode: Mode) -> String {
    let (high, low) = (lead | 0x80, trail | 0x80);
    let text = match mode {
        Mode::MoreKanji => EUC_JP.decode_without_bom_handling(&[0x8F, high, low]).0.into_owned(),
        Mode::Chinese => GBK.decode_without_bom_handling(&[high, low]).0.into_owned(),
        Mode::Korean => EUC_KR.decode_without_bom_handling(&[high, low]).0.into_owned(),
        Mode::Ascii | Mode::Roman | Mode::Katakana | Mode::Kanji => {
            EUC_JP.decode_without_bom_handling(&[high, low]).0.into_owned()
        }
    };
    // Rows past the tables hold what phones and old systems put there.
    if text.contains('\u{FFFD}') { "〓".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_read() {
        assert_eq!(decode(b"\x1B$@4A;z\x1B(J\\1\x1B(B"), "漢字¥1");
        assert_eq!(decode(b"a\x1B(I6E\x1B(Bb"), "aｶﾅb");
        assert_eq!(decode(b"\x1B$B-!\x1B(B"), "①");
        assert_eq!(decode(b"\x1B$(D0!\x1B(B"), "丂");
        assert_eq!(decode(b"\x1B$AVPND\x1B(B"), "中文");
        assert_eq!(decode(b"\x0E6E\x0Fx"), "ｶﾅx");
        assert_eq!(decode(b"\x1B$B4A;z\x1B(B\xB6\xC5!"), "漢字ｶﾅ!");
    }

    #[test]
    fn text_that_was_folded_or_left_open_is_read() {
        assert_eq!(decode(b"\x1B$B4A\r\n ;z\x1B(B"), "漢字");
        assert_eq!(decode(b"\x1B$B4\r\n A;z\x1B(B"), "漢字");
        assert_eq!(decode(b"\x1B$B4A;z\r\nplain\r\n"), "漢字\r\nplain\r\n");
        assert_eq!(decode(b"\x1B$B4A;z\n\x1B$B4A\x1B(B"), "漢字\n漢");
    }

    #[test]
    fn escapes_that_lost_their_first_byte_come_back() {
        let lost = b"Re: $B4A;z(B and $B;z(B";
        assert!(lost_its_escapes(lost));
        assert_eq!(decode(&with_escapes(lost)), "Re: 漢字 and 字");
        assert!(!lost_its_escapes(b"costs $BIG (B)"));
    }
}
