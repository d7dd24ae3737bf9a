//! BIFF12 records, [MS-XLSB] 2.1.4: a number of one or two bytes, a size of one
//! to four, a body; and the fields inside a body.

/// The records of a part, up to the first that does not fit.
pub(crate) struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What stands behind the records read so far.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, rest) = packed(self.rest, 2)?;
        let (size, rest) = packed(rest, 4)?;
        let (body, rest) = rest.split_at_checked(size as usize)?;
        self.rest = rest;
        Some((kind, body))
    }
}

/// Reads seven bits a byte; the highest bit says that more follow.
fn packed(bytes: &[u8], bytes_max: usize) -> Option<(u32, &[u8])> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(bytes_max).enumerate() {
        value |= u32::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

/// Appends a record.
pub(crate) fn put(kind: u32, body: &[u8], out: &mut Vec<u8>) {
    put_packed(kind, out);
    put_packed(u32::try_from(body.len()).unwrap_or(u32::MAX), out);
    out.extend_from_slice(body);
}

fn put_packed(mut value: u32, out: &mut Vec<u8>) {
    while value > 0x7F {
        out.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads fields from front to back; never past the end.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(*self.take(2)?.first_chunk()?))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(*self.take(4)?.first_chunk()?))
    }

    pub(crate) fn f64(&mut self) -> Option<f64> {
        Some(f64::from_le_bytes(*self.take(8)?.first_chunk()?))
    }

    /// Reads an XLWideString, 2.5.168; none for a null one.
    pub(crate) fn string(&mut self) -> Option<Option<String>> {
        let count = self.u32()?;
        if count == u32::MAX {
            return Some(None);
        }
        let units = self.take((count as usize).checked_mul(2)?)?.as_chunks::<2>().0;
        let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
        Some(Some(char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')).collect()))
    }

    /// Reads a formula, 2.2.2.1: its tokens and the data behind them.
    pub(crate) fn formula(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let size = self.u32()? as usize;
        let tokens = self.take(size)?;
        let size = self.u32()? as usize;
        Some((tokens, self.take(size)?))
    }
}

/// Appends an XLWideString.
pub(crate) fn put_string(text: &str, out: &mut Vec<u8>) {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    out.extend(((units.len() / 2) as u32).to_le_bytes());
    out.extend(units);
}
