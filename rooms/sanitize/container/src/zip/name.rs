//! Member names: which characters a raw name stands for. Decides nothing about
//! whether a name is safe to use as a path.

use encoding_rs::SHIFT_JIS;

/// Extra field that carries a name in UTF-8 beside a legacy one (4.6.9).
const UNICODE_PATH: u16 = 0x7075;

/// What one unflagged name says about the charset of all; the greatest hint of
/// an archive decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hint {
    /// ASCII, or flagged.
    Nothing,
    /// Could be either: two-byte UTF-8 reads as half-width katakana in CP932.
    Katakana,
    /// Valid UTF-8 with longer sequences, or written on Unix or macOS.
    Utf8,
    /// Not UTF-8.
    Legacy,
}

/// The charset of an archive's unflagged names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    /// macOS and Linux write UTF-8, often without the flag.
    Utf8,
    /// Japanese Windows writes CP932.
    Cp932,
}

impl From<Hint> for Charset {
    fn from(hint: Hint) -> Self {
        match hint {
            Hint::Nothing | Hint::Utf8 => Self::Utf8,
            Hint::Katakana | Hint::Legacy => Self::Cp932,
        }
    }
}

/// Reads the hint of one unflagged name.
pub(super) fn hint(raw: &[u8], made_on_unix: bool) -> Hint {
    let Ok(text) = std::str::from_utf8(raw) else { return Hint::Legacy };
    if text.is_ascii() {
        Hint::Nothing
    } else if made_on_unix || text.chars().any(|c| c.len_utf8() > 2) {
        Hint::Utf8
    } else {
        Hint::Katakana
    }
}

/// Decodes a raw member name.
///
/// Order of belief: the UTF-8 flag (bit 11, 4.4.4), then the Unicode Path extra
/// field where its checksum fits the raw name, then the archive's charset.
pub(super) fn decode(raw: &[u8], utf8_flag: bool, extra: &[u8], charset: Charset) -> String {
    if !utf8_flag && let Some(name) = unicode_path(raw, extra) {
        return name;
    }
    if (utf8_flag || charset == Charset::Utf8)
        && let Ok(name) = std::str::from_utf8(raw)
    {
        return name.to_owned();
    }
    let (name, _, _) = SHIFT_JIS.decode(raw);
    name.into_owned()
}

fn unicode_path(raw: &[u8], extra: &[u8]) -> Option<String> {
    let field = field(extra, UNICODE_PATH)?;
    let (&version, rest) = field.split_first()?;
    let (checksum, name) = rest.split_first_chunk::<4>()?;
    let fits = version == 1 && u32::from_le_bytes(*checksum) == crc32fast::hash(raw);
    fits.then(|| String::from_utf8(name.to_vec()).ok())?
}

/// Finds one extra field by its tag (4.5.1).
pub(super) fn field(mut extra: &[u8], tag: u16) -> Option<&[u8]> {
    while let Some((head, rest)) = extra.split_first_chunk::<4>() {
        let found = u16::from_le_bytes([head[0], head[1]]);
        let size = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let (data, after) = rest.split_at_checked(size)?;
        if found == tag {
            return Some(data);
        }
        extra = after;
    }
    None
}

/// Fields that readers and packers know (4.5.2, 4.6): sizes, times, owners,
/// names, encryption, alignment.
const KNOWN_FIELDS: &[u16] = &[
    0x0001, 0x000A, 0x000D, 0x0017, 0x5455, 0x5855, 0x6375, 0x7075, 0x7855, 0x7875, 0x9901, 0xA220,
    0xCAFE, 0xD935,
];

/// Says whether extra fields hold one that nothing needs, or bytes that are none.
pub(super) fn has_odd_field(mut extra: &[u8]) -> bool {
    while let Some((head, rest)) = extra.split_first_chunk::<4>() {
        let tag = u16::from_le_bytes([head[0], head[1]]);
        let size = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let Some((data, after)) = rest.split_at_checked(size) else { return true };
        // Alignment is also done with empty fields of number zero.
        let is_padding = tag == 0 && data.iter().all(|&byte| byte == 0);
        if !is_padding && !KNOWN_FIELDS.contains(&tag) {
            return true;
        }
        extra = after;
    }
    extra.iter().any(|&byte| byte != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(raw: &[u8]) -> String {
        decode(raw, false, &[], Charset::from(hint(raw, false)))
    }

    #[test]
    fn windows_names_are_cp932() {
        let raw = [0x8F, 0x5A, 0x96, 0xAF, 0x95, 0x5B, b'.', b't', b'x', b't'];
        assert_eq!(guess(&raw), "住民票.txt");
    }

    #[test]
    fn mac_names_are_utf8_without_the_flag() {
        assert_eq!(guess("申請書.pdf".as_bytes()), "申請書.pdf");
    }

    #[test]
    fn half_width_katakana_is_not_taken_for_utf8() {
        assert_eq!(guess(&[0xC3, 0xB1, 0xC3, 0xBD]), "ﾃｱﾃｽ");
        assert_eq!(hint("é.txt".as_bytes(), true), Hint::Utf8);
    }

    #[test]
    fn the_unicode_path_counts_only_with_its_checksum() {
        let raw = b"a.txt";
        let mut extra = vec![0x75, 0x70, 11, 0, 1];
        extra.extend_from_slice(&crc32fast::hash(raw).to_le_bytes());
        extra.extend_from_slice("𠮷x".as_bytes());
        extra[2] = u8::try_from(extra.len() - 4).expect("a short field");
        assert_eq!(decode(raw, false, &extra, Charset::Utf8), "𠮷x");
        extra[6] ^= 1;
        assert_eq!(decode(raw, false, &extra, Charset::Utf8), "a.txt");
    }
}
