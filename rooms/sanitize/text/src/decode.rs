//! Finds out in which charset a text stands, with Japanese in mind, and
//! decodes it. Changes nothing and refuses nothing; it says what it had to guess.

use encoding_rs::Encoding;

use crate::charset::Charset;

/// A text and how it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The characters, without a byte order mark.
    pub text: String,
    /// The charset in which they stood.
    pub encoding: Charset,
    /// Whether a byte order mark stood first.
    pub had_bom: bool,
    /// How many bytes stood for no character; each became U+FFFD or 〓.
    pub undecodable: u64,
}

/// Decodes `bytes` in the charset that fits best.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    let source = Source::read(bytes);
    Decoded {
        text: source.text,
        encoding: source.charset,
        had_bom: source.bom > 0,
        undecodable: source.undecodable,
    }
}

/// A text with the bytes that it was read from, repaired where need be.
pub(crate) struct Source {
    pub(crate) text: String,
    pub(crate) charset: Charset,
    /// Bytes of the mark.
    pub(crate) bom: usize,
    /// The bytes after the mark where some had to be replaced.
    pub(crate) repaired: Option<Vec<u8>>,
    pub(crate) undecodable: u64,
}

impl Source {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let (charset, bom) = match bytes {
            [0xEF, 0xBB, 0xBF, ..] => (Charset::Utf8, 3),
            [0xFF, 0xFE, ..] => (Charset::Utf16Le, 2),
            [0xFE, 0xFF, ..] => (Charset::Utf16Be, 2),
            _ => (detect(bytes), 0),
        };
        Self::read_as(bytes, charset, bom)
    }

    /// Decodes in a known charset, after `bom` bytes of a mark.
    pub(crate) fn read_as(bytes: &[u8], charset: Charset, bom: usize) -> Self {
        let body = bytes.get(bom..).unwrap_or_default();
        if let Some(text) = charset.decode_strict(body) {
            return Self { text, charset, bom, repaired: None, undecodable: 0 };
        }
        let (fixed, undecodable) = charset.repair(body);
        let text = charset.decode_strict(&fixed);
        // A charset whose repair does not decode is not worth keeping.
        let (text, charset) = text.map_or_else(
            || (String::from_utf8_lossy(body).into_owned(), Charset::Utf8),
            |text| (text, charset),
        );
        let fixed = if charset == Charset::Utf8 { text.clone().into_bytes() } else { fixed };
        Self { text, charset, bom, repaired: Some(fixed), undecodable }
    }

    /// The bytes after the mark that `text` stands for.
    pub(crate) fn body<'b>(&'b self, bytes: &'b [u8]) -> &'b [u8] {
        match &self.repaired {
            Some(fixed) => fixed,
            None => bytes.get(self.bom..).unwrap_or_default(),
        }
    }
}

/// How much of a text is looked at to tell charsets apart, in bytes.
const SAMPLE_BYTES: usize = 64 << 10;

fn detect(bytes: &[u8]) -> Charset {
    if let Some(charset) = detect_utf16(bytes) {
        return charset;
    }
    if looks_like_jis(bytes) {
        return Charset::Iso2022Jp;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return if is_half_width_katakana(text) { Charset::Cp932 } else { Charset::Utf8 };
    }
    detect_legacy(bytes)
}

/// UTF-16 without a mark shows zero bytes on one side only, and makes sense.
fn detect_utf16(bytes: &[u8]) -> Option<Charset> {
    /// Share of characters that must be everyday ones.
    const PLAUSIBLE_PERCENT: usize = 90;
    if bytes.len() < 4 || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let (mut even, mut odd) = (0_usize, 0_usize);
    for pair in sample.chunks_exact(2) {
        even += usize::from(pair[0] == 0);
        odd += usize::from(pair[1] == 0);
    }
    let by_zeros = match (even, odd) {
        (0, 0) if std::str::from_utf8(bytes).is_ok() => return None,
        (0, 0) => None,
        (even, odd) if odd > even => Some(Charset::Utf16Le),
        _ => Some(Charset::Utf16Be),
    };
    let candidates = match by_zeros {
        Some(charset) => vec![charset],
        // Japanese without one line end or digit: only where nothing else fits.
        None if Charset::Cp932.decode_strict(bytes).is_none()
            && Charset::EucJp.decode_strict(bytes).is_none() =>
        {
            vec![Charset::Utf16Le, Charset::Utf16Be]
        }
        None => return None,
    };
    candidates.into_iter().find(|charset| {
        let Some(text) = charset.decode_strict(sample) else { return false };
        let all = text.chars().count();
        let good = text.chars().filter(|&c| is_everyday(c)).count();
        good * 100 >= all * PLAUSIBLE_PERCENT
    })
}

fn is_everyday(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{A0}'..='\u{24F}'
        | '\u{2010}'..='\u{2026}' | '\u{2460}'..='\u{24FF}' | '\u{2500}'..='\u{25FF}'
        | '\u{3000}'..='\u{30FF}' | '\u{3220}'..='\u{33FF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{E000}'..='\u{FAFF}' | '\u{FF01}'..='\u{FF9F}' | '\u{FFE0}'..='\u{FFE6}'
        | '\u{20000}'..='\u{3FFFF}')
}

fn looks_like_jis(bytes: &[u8]) -> bool {
    let shifts: [&[u8]; 4] = [b"\x1B$B", b"\x1B$@", b"\x1B(J", b"\x1B(I"];
    bytes.contains(&0x1B)
        && bytes.is_ascii()
        && shifts.iter().any(|shift| bytes.windows(3).any(|window| window == *shift))
        && Charset::Iso2022Jp.decode_strict(bytes).is_some()
}

/// Pairs of half-width katakana in CP932 can look like two-byte UTF-8. Two such
/// pairs side by side are hardly ever Latin words; a lone one (é) is.
fn is_half_width_katakana(text: &str) -> bool {
    let wide = |c: char| !c.is_ascii();
    if text.is_ascii() || text.chars().any(|c| c.len_utf8() > 2) {
        return false;
    }
    let bytes_fit = text.bytes().all(|byte| byte < 0x80 || (0xA1..=0xDF).contains(&byte));
    // Letters with accents stand beside plain letters, katakana beside its own.
    let mut runs = text.split(|c| !wide(c)).filter(|run| !run.is_empty());
    bytes_fit && runs.all(|run| run.chars().count() >= 2)
}

/// Tells CP932, EUC-JP and other legacy charsets apart.
fn detect_legacy(bytes: &[u8]) -> Charset {
    let sample = &bytes[..bytes.len().min(SAMPLE_BYTES)];
    let cp932 = score(Charset::Cp932, sample);
    let euc = score(Charset::EucJp, sample);
    let utf8 = score(Charset::Utf8, sample);
    // A broken UTF-8 file: long sequences that fit are no coincidence.
    if utf8.good > 0 && utf8.bad * 4 <= utf8.good && utf8.points > cp932.points.max(euc.points) {
        return Charset::Utf8;
    }
    let (best, charset) =
        if euc.points > cp932.points { (euc, Charset::EucJp) } else { (cp932, Charset::Cp932) };
    if best.bad == 0 && best.points > 0 {
        return charset;
    }
    let guess = guess(sample);
    if best.points > 0 && best.bad * 10 <= best.good || guess.is_none() {
        return charset;
    }
    guess.unwrap_or(charset)
}

fn guess(sample: &[u8]) -> Option<Charset> {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let encoding: &'static Encoding = detector.guess(None, chardetng::Utf8Detection::Deny);
    if encoding == encoding_rs::SHIFT_JIS {
        Some(Charset::Cp932)
    } else if encoding == encoding_rs::EUC_JP {
        Some(Charset::EucJp)
    } else {
        Charset::Other(encoding).decode_strict(sample).map(|_| Charset::Other(encoding))
    }
}

#[derive(Debug, Clone, Copy)]
struct Score {
    /// Characters beyond ASCII.
    good: u64,
    bad: u64,
    points: i64,
}

/// Weighs how Japanese a text looks in a charset: kana most, everyday kanji
/// next; half-width katakana and user-defined characters are suspicious.
fn score(charset: Charset, sample: &[u8]) -> Score {
    let (text, bad) = match charset.decode_strict(sample) {
        Some(text) => (text, 0),
        None => {
            let (fixed, mut bad) = charset.repair(sample);
            // A character cut by the end of the sample is no error.
            bad = bad.saturating_sub(u64::from(sample.len() == SAMPLE_BYTES));
            (charset.decode_strict(&fixed).unwrap_or_default(), bad)
        }
    };
    let mut score =
        Score { good: 0, bad, points: -20 * i64::try_from(bad).unwrap_or(i64::MAX / 40) };
    let mut before_is_half = false;
    for c in text.chars().filter(|c| !c.is_ascii()) {
        let is_half = ('\u{FF61}'..='\u{FF9F}').contains(&c);
        score.good += 1;
        score.points += match c {
            '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FC}' => 6,
            '、' | '。' | '\u{3000}' | '「' | '」' => 6,
            '\u{FF01}'..='\u{FF5E}' => 4,
            '\u{4E00}'..='\u{9FFF}' => 3,
            // Runs of half-width katakana are words; single ones are chance.
            '\u{FF61}'..='\u{FF9F}' if before_is_half => 1,
            '\u{FF61}'..='\u{FF9F}' => -1,
            '\u{E000}'..='\u{F8FF}' => -2,
            '\u{80}'..='\u{9F}' => -5,
            _ => 1,
        };
        before_is_half = is_half;
    }
    score
}
