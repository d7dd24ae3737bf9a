//! Text that was decoded wrongly and encoded again before it came here: UTF-8
//! read as Latin or as CP932 by some gateway. Mended only where nothing is lost
//! and the result is plainly Japanese.

use encoding_rs::{SHIFT_JIS, UTF_8, WINDOWS_1252};

/// Mends a text where one of the usual mistakes explains every character.
pub(super) fn mend(text: String) -> String {
    let mended = from_latin(&text).or_else(|| from_cp932(&text));
    mended.filter(|mended| super::points(mended) > super::points(&text)).unwrap_or(text)
}

/// UTF-8 or CP932 that was taken for Latin: every sign beyond ASCII is one of
/// Latin-1 or Windows-1252.
fn from_latin(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        bytes.push(latin_byte(c)?);
    }
    let (utf8, _, has_errors) = UTF_8.decode(&bytes);
    if !has_errors {
        return super::has_japanese(&utf8).then(|| utf8.into_owned());
    }
    // Letters with accents do pair up to kanji by chance; kana in a row do not.
    let (cp932, has_errors) = SHIFT_JIS.decode_without_bom_handling(&bytes);
    let kana = cp932.chars().filter(|c| ('\u{3041}'..='\u{30FC}').contains(c)).count();
    let high = bytes.iter().filter(|byte| **byte >= 0x80).count();
    (!has_errors && kana >= 3 && kana * 4 >= high).then(|| cp932.into_owned())
}

fn latin_byte(c: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(c)) {
        return Some(byte);
    }
    let mut buffer = [0_u8; 4];
    let (bytes, _, has_errors) = WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
    match (bytes.as_ref(), has_errors) {
        ([byte], false) => Some(*byte),
        _ => None,
    }
}

/// UTF-8 that was taken for CP932: rare kanji and half-width katakana in turns.
fn from_cp932(text: &str) -> Option<String> {
    const CHARS_MIN: usize = 3;
    let wide = text.chars().filter(|c| !c.is_ascii()).count();
    if wide < CHARS_MIN || text.contains('\u{FFFD}') {
        return None;
    }
    let (bytes, _, has_errors) = SHIFT_JIS.encode(text);
    let utf8 = std::str::from_utf8(&bytes).ok().filter(|_| !has_errors)?;
    super::has_japanese(utf8).then(|| utf8.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_mistakes_are_mended() {
        let text = "住民票の写しについて";
        let latin: String = text.bytes().map(char::from).collect();
        assert_eq!(mend(latin), text);
        let (windows, _) = WINDOWS_1252.decode_without_bom_handling(text.as_bytes());
        assert_eq!(mend(windows.into_owned()), text);
        let (sjis, _, _) = SHIFT_JIS.encode("こんにちは、かすみです");
        let latin: String = sjis.iter().map(|byte| char::from(*byte)).collect();
        assert_eq!(mend(latin), "こんにちは、かすみです");
    }

    #[test]
    fn sound_text_stays() {
        for text in ["café crème", "住民票の写し", "ｶﾅだけ", "Ærøskøbing", "繧ｱ", "Ünïcödé §5"]
        {
            assert_eq!(mend(text.to_owned()), text);
        }
    }
}
