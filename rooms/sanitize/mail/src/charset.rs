//! Text from bytes whose label may be absent or wrong, as it often is in
//! Japanese mail. Knows nothing of headers and parts.

mod jis;
mod mangled;
mod utf7;

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, WINDOWS_1252};

/// Decodes text. The label is believed where the bytes fit it and what they say
/// looks like writing.
#[must_use]
pub fn decode(bytes: &[u8], label: Option<&str>) -> String {
    let text = as_labelled(bytes, label.map(Label::read).unwrap_or(Label::Nothing));
    if text.is_ascii() { text } else { mangled::mend(text) }
}

/// What a charset's label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    /// Nothing about bytes beyond ASCII.
    Nothing,
    /// The family of ISO-2022-JP, under any of its names.
    Jis,
    /// UTF-7, which no decoder of the web knows any more.
    Utf7,
    Other(&'static Encoding),
}

impl Label {
    /// Reads a label with the names that mail uses beside the registered ones.
    fn read(label: &str) -> Self {
        let label = label.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
        let label =
            label.strip_prefix("x-").filter(|rest| !rest.starts_with("user")).unwrap_or(&label);
        let label = label.split(['*', ' ', ';']).next().unwrap_or_default();
        match label {
            "cp932" | "ms932" | "ms-cp932" | "windows-932" | "windows-31j" | "shift-jis"
            | "shift-jis-2004" | "shift_jisx0213" | "shift_jis-2004" | "sjis" | "sjis-win"
            | "mac-japanese" | "macjapanese" => Self::Other(SHIFT_JIS),
            "eucjp" | "ujis" | "cp51932" | "eucjp-ms" | "eucjp-win" | "euc-jisx0213"
            | "euc-jis-2004" | "euc" => Self::Other(EUC_JP),
            "utf8" | "utf-8-mac" | "utf8mb4" | "unicode-1-1-utf-8" => Self::Other(UTF_8),
            "utf-7" | "utf7" | "unicode-1-1-utf-7" | "unicode-2-0-utf-7" => Self::Utf7,
            "jis" | "iso2022jp" | "iso2022-jp" | "csiso2022jp" | "cp50220" | "cp50221"
            | "cp50222" => Self::Jis,
            // -1 to -3, -2004, -ms and what else was put behind it.
            jis if jis.starts_with("iso-2022-jp") => Self::Jis,
            "us-ascii" | "ascii" | "ansi_x3.4-1968" | "unknown-8bit" | "unknown" | "default"
            | "8bit" | "7bit" | "binary" | "none" | "" => Self::Nothing,
            other => Encoding::for_label(other.as_bytes()).map_or(Self::Nothing, |encoding| {
                if encoding == ISO_2022_JP { Self::Jis } else { Self::Other(encoding) }
            }),
        }
    }
}

fn as_labelled(bytes: &[u8], label: Label) -> String {
    let has_mark = matches!(bytes, [0xEF, 0xBB, 0xBF, ..] | [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]);
    // No other text holds these escape sequences, and many mailers that write
    // them say nothing, "us-ascii" or what their next line is written in.
    if !has_mark && jis::has_escape(bytes) {
        return jis::decode(bytes);
    }
    match label {
        Label::Utf7 if bytes.is_ascii() => utf7::decode(bytes),
        Label::Jis if jis::lost_its_escapes(bytes) => jis::decode(&jis::with_escapes(bytes)),
        Label::Jis if jis::has_shift(bytes) || jis::is_katakana(bytes) => jis::decode(bytes),
        Label::Nothing if jis::lost_its_escapes(bytes) => {
            // Without a label, what comes back must be writing and nothing else.
            let text = jis::decode(&jis::with_escapes(bytes));
            let wide = text.chars().filter(|c| !c.is_ascii()).count();
            if wide > 1 && !text.contains('〓') { text } else { guess(bytes) }
        }
        Label::Utf7 | Label::Jis | Label::Nothing => guess(bytes),
        Label::Other(encoding) => settled(encoding, bytes),
    }
}

/// Decodes by a label, unless another charset makes far more of the bytes.
fn settled(encoding: &'static Encoding, bytes: &[u8]) -> String {
    let (text, has_errors) = plain(encoding, bytes);
    if bytes.is_ascii() || (encoding == UTF_8 && !has_errors) {
        return text;
    }
    if !has_errors && !encoding.is_single_byte() && !is_japanese(encoding) && encoding != UTF_8 {
        return text;
    }
    let other = guess(bytes);
    let is_better = if has_errors {
        points(&other) >= points(&text)
    } else {
        // Half-width katakana are written on purpose too: the other reading must
        // be plain writing, not only less strange.
        points(&other) > points(&text) * 2 + 2 && points(&other) > 0 && has_japanese(&other)
    };
    if is_better { other } else { text }
}

fn is_japanese(encoding: &'static Encoding) -> bool {
    encoding == SHIFT_JIS || encoding == EUC_JP
}

fn has_japanese(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}'))
}

/// Guesses between what Japanese mail is written in, then Western European.
fn guess(bytes: &[u8]) -> String {
    let (utf8, has_errors) = plain(UTF_8, bytes);
    if !has_errors && !is_half_width_katakana(bytes) {
        return utf8;
    }
    let candidates = [utf8, plain(SHIFT_JIS, bytes).0, plain(EUC_JP, bytes).0];
    let best = candidates.into_iter().max_by_key(|text| points(text)).unwrap_or_default();
    // A text of two signs may well be Western.
    if points(&best) <= 0 { plain(WINDOWS_1252, bytes).0 } else { best }
}

/// Pairs of half-width katakana in CP932 can look like two-byte UTF-8. Letters
/// with accents stand beside plain letters, katakana beside their own.
fn is_half_width_katakana(bytes: &[u8]) -> bool {
    let is_kana = |byte: &u8| (0xA1..=0xDF).contains(byte);
    let mut runs = bytes.split(u8::is_ascii).filter(|run| !run.is_empty()).peekable();
    runs.peek().is_some() && runs.all(|run| run.len() >= 4 && run.iter().all(is_kana))
}

/// Weighs how Japanese a text looks: kana most, everyday kanji next; half-width
/// katakana and rare signs, which wrong decoding brings forth, count against it.
fn points(text: &str) -> i64 {
    let mut points = 0;
    let mut was_half = false;
    for c in text.chars().filter(|c| !c.is_ascii()) {
        let is_half = ('\u{FF61}'..='\u{FF9F}').contains(&c);
        points += match c {
            '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FC}' => 6,
            '、' | '。' | '\u{3000}' | '「' | '」' => 6,
            '\u{FF01}'..='\u{FF5E}' => 4,
            '\u{4E00}'..='\u{9FFF}' => 3,
            '\u{1F000}'..='\u{1FAFF}' => 3,
            // Runs of half-width katakana are words; single ones are chance.
            '\u{FF61}'..='\u{FF9F}' if was_half => 1,
            '\u{FF61}'..='\u{FF9F}' => -1,
            '\u{E000}'..='\u{F8FF}' => -2,
            '\u{80}'..='\u{9F}' => -5,
            '\u{FFFD}' => -12,
            _ => 1,
        };
        was_half = is_half;
    }
    points
}

fn plain(encoding: &'static Encoding, bytes: &[u8]) -> (String, bool) {
    let (text, has_errors) = encoding.decode_with_bom_removal(bytes);
    (text.into_owned(), has_errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_label_does_not_spoil_japanese_text() {
        let text = "住民票の写し①ｶﾅ";
        let (sjis, _, _) = SHIFT_JIS.encode(text);
        let (euc, _, _) = EUC_JP.encode(text);
        let (jis, _, _) = ISO_2022_JP.encode("住民票の写し");
        assert_eq!(decode(&sjis, Some("iso-2022-jp")), text);
        assert_eq!(decode(&sjis, None), text);
        assert_eq!(decode(&euc, Some("us-ascii")), text);
        assert_eq!(decode(&jis, Some("utf-8")), "住民票の写し");
        let joined = [&jis[..], &jis[..]].concat();
        assert_eq!(decode(&joined, Some("iso-2022-jp")), "住民票の写し住民票の写し");
        assert_eq!(decode(text.as_bytes(), Some("shift_jis")), text);
        assert_eq!(decode(b"caf\xE9 au lait", Some("iso-8859-1")), "café au lait");
    }

    #[test]
    fn each_charset_under_each_japanese_label_is_read() {
        let text = "令和八年度の防災訓練について、ご案内します。";
        for encoding in [SHIFT_JIS, EUC_JP, ISO_2022_JP, UTF_8] {
            let (bytes, _, _) = encoding.encode(text);
            for label in ["shift_jis", "euc-jp", "iso-2022-jp", "utf-8", "iso-8859-1", "x-no-such"]
            {
                assert_eq!(decode(&bytes, Some(label)), text, "{} as {label}", encoding.name());
            }
        }
    }

    #[test]
    fn other_languages_keep_their_labels() {
        let (greek, _, _) = encoding_rs::ISO_8859_7.encode("Καλημέρα κόσμε");
        assert_eq!(decode(&greek, Some("iso-8859-7")), "Καλημέρα κόσμε");
        let (chinese, _, _) = encoding_rs::GBK.encode("您的邮件已经收到");
        assert_eq!(decode(&chinese, Some("gb2312")), "您的邮件已经收到");
        let (korean, _, _) = encoding_rs::EUC_KR.encode("안녕하세요");
        assert_eq!(decode(&korean, Some("euc-kr")), "안녕하세요");
        let (russian, _, _) = encoding_rs::KOI8_R.encode("Добрый день");
        assert_eq!(decode(&russian, Some("koi8-r")), "Добрый день");
        assert_eq!(decode("Žluťoučký kůň".as_bytes(), Some("utf-8")), "Žluťoučký kůň");
    }
}
