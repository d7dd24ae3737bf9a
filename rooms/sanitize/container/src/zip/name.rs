//! Member names: which characters a raw name stands for. Decides nothing about
//! whether a name is safe to use as a path.

use encoding_rs::SHIFT_JIS;

/// Extra field that carries a name in UTF-8 beside a legacy one (4.6.9).
const UNICODE_PATH: u16 = 0x7075;

/// Decodes a raw member name.
///
/// Order of belief: the UTF-8 flag (bit 11, 4.4.4), then the Unicode Path extra
/// field where its checksum fits the raw name, then UTF-8 where the bytes are
/// valid UTF-8 (macOS sets no flag), then CP932, which Japanese Windows writes.
pub(super) fn decode(raw: &[u8], utf8_flag: bool, extra: &[u8]) -> String {
    if !utf8_flag
        && let Some(name) = unicode_path(raw, extra)
    {
        return name;
    }
    if let Ok(name) = std::str::from_utf8(raw) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_names_are_cp932() {
        let raw = [0x8F, 0x5A, 0x96, 0xAF, 0x95, 0x5B, b'.', b't', b'x', b't'];
        assert_eq!(decode(&raw, false, &[]), "住民票.txt");
    }

    #[test]
    fn mac_names_are_utf8_without_the_flag() {
        assert_eq!(decode("申請書.pdf".as_bytes(), false, &[]), "申請書.pdf");
    }

    #[test]
    fn the_unicode_path_counts_only_with_its_checksum() {
        let raw = b"a.txt";
        let mut extra = vec![0x75, 0x70, 11, 0, 1];
        extra.extend_from_slice(&crc32fast::hash(raw).to_le_bytes());
        extra.extend_from_slice("𠮷x".as_bytes());
        extra[2] = u8::try_from(extra.len() - 4).expect("a short field");
        assert_eq!(decode(raw, false, &extra), "𠮷x");
        extra[6] ^= 1;
        assert_eq!(decode(raw, false, &extra), "a.txt");
    }
}
