//! Text from bytes whose label may be absent or wrong, as it often is in
//! Japanese mail. Knows nothing of headers and parts.

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8, WINDOWS_1252};

/// Decodes text. The label is believed where the bytes fit it.
pub(crate) fn decode(bytes: &[u8], label: Option<&str>) -> String {
    // No other text holds the escape sequences of ISO-2022-JP, and many mailers
    // that write them say nothing or "us-ascii".
    if bytes.is_ascii() && has_iso_2022_jp_escape(bytes) {
        return plain(ISO_2022_JP, &without_idle_escapes(bytes)).0;
    }
    let Some(encoding) = label.and_then(encoding) else { return guess(bytes) };
    if encoding == UTF_8 || (encoding == ISO_2022_JP && !bytes.is_ascii()) {
        return guess(bytes);
    }
    match encoding.decode_with_bom_removal(bytes) {
        (text, false) => text.into_owned(),
        (_, true) => guess(bytes),
    }
}

/// Finds an encoding by its label, with the names that mail uses beside the
/// registered ones.
fn encoding(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    match label.as_str() {
        "cp932" | "ms932" | "windows-932" | "x-ms-cp932" | "shift-jis-2004" => Some(SHIFT_JIS),
        "iso-2022-jp-1" | "iso-2022-jp-2" | "iso-2022-jp-3" | "iso-2022-jp-2004"
        | "iso-2022-jp-ms" | "cp50220" | "cp50221" | "cp50222" => Some(ISO_2022_JP),
        "eucjp" | "ujis" | "cp51932" | "eucjp-ms" => Some(EUC_JP),
        // Says nothing about bytes beyond ASCII.
        "us-ascii" | "ascii" | "unknown-8bit" | "default" | "8bit" | "7bit" | "" => None,
        other => Encoding::for_label(other.as_bytes()),
    }
}

/// Drops an escape sequence that another one follows at once. They stand where
/// encoded words were joined, and a strict decoder takes them for an attack.
fn without_idle_escapes(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let is_idle =
            byte == 0x1B && bytes.get(at + 3) == Some(&0x1B) && is_escape(&bytes[at..at + 3]);
        if is_idle {
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    out
}

fn is_escape(three: &[u8]) -> bool {
    matches!(three, [0x1B, b'$', b'@' | b'B' | b'('] | [0x1B, b'(', b'B' | b'I' | b'J'])
}

fn has_iso_2022_jp_escape(bytes: &[u8]) -> bool {
    bytes
        .windows(3)
        .any(|three| matches!(three, [0x1B, b'$', b'@' | b'B' | b'('] | [0x1B, b'(', b'I' | b'J']))
}

/// Guesses between what Japanese mail is written in, then Western European.
pub(crate) fn guess(bytes: &[u8]) -> String {
    let (text, has_errors) = plain(UTF_8, bytes);
    if !has_errors {
        return text;
    }
    let (sjis, sjis_errors) = plain(SHIFT_JIS, bytes);
    let (euc, euc_errors) = plain(EUC_JP, bytes);
    match (sjis_errors, euc_errors) {
        (false, false) if strangeness(&euc) < strangeness(&sjis) => euc,
        (false, _) => sjis,
        (true, false) => euc,
        // Mostly UTF-8 with a broken character, or something Western.
        (true, true)
            if text.chars().filter(|c| c.len_utf8() > 2 && *c != '\u{FFFD}').count() > 4 =>
        {
            text
        }
        (true, true) => plain(WINDOWS_1252, bytes).0,
    }
}

/// Half-width katakana and rare signs, which wrong decoding brings forth.
fn strangeness(text: &str) -> usize {
    text.chars().filter(|&c| matches!(c, '\u{FF61}'..='\u{FF9F}' | '\u{E000}'..='\u{F8FF}')).count()
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
}
