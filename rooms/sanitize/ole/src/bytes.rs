//! Little-endian reading that cannot leave its slice. Knows no format.

/// Reads a byte, zero past the end.
pub(crate) fn u8_at(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// Reads 16 bits, zero past the end.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    slice(bytes, at, 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]))
}

/// Reads 32 bits, zero past the end.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    slice(bytes, at, 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

/// Reads 32 bits as an index, zero past the end.
pub(crate) fn index_at(bytes: &[u8], at: usize) -> usize {
    usize::try_from(u32_at(bytes, at)).unwrap_or(usize::MAX)
}

/// Returns `len` bytes from `at`, or nothing where they are not all there.
pub(crate) fn slice(bytes: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(len)?)
}

/// Overwrites bytes at `at` where they are all there.
pub(crate) fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(end) = at.checked_add(value.len())
        && let Some(place) = bytes.get_mut(at..end)
    {
        place.copy_from_slice(value);
    }
}

/// Decodes UTF-16LE; halves without their other half become U+FFFD.
/// Says whether anything but zeros stands outside of the spans.
pub(crate) fn has_gap(bytes: &[u8], mut spans: Vec<(usize, usize)>) -> bool {
    let is_filled = |from: usize, to: usize| {
        bytes.get(from..to).is_some_and(|gap| gap.iter().any(|&byte| byte != 0))
    };
    spans.sort_unstable();
    let mut at = 0;
    for (from, to) in spans {
        if is_filled(at, from) {
            return true;
        }
        at = at.max(to);
    }
    is_filled(at, bytes.len())
}

pub(crate) fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Encodes UTF-16LE.
pub(crate) fn utf16_bytes(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
