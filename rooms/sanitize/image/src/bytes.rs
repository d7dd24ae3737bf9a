//! A cursor over bytes in either byte order. Knows no format.

/// Reads numbers and slices from front to back; never past the end.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    data: &'a [u8],
    at: usize,
    is_big: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn little(data: &'a [u8]) -> Self {
        Self { data, at: 0, is_big: false }
    }

    pub(crate) fn big(data: &'a [u8]) -> Self {
        Self { data, at: 0, is_big: true }
    }

    pub(crate) fn with_order(data: &'a [u8], is_big: bool) -> Self {
        Self { data, at: 0, is_big }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn seek(&mut self, at: usize) -> Option<()> {
        if at > self.data.len() {
            return None;
        }
        self.at = at;
        Some(())
    }

    pub(crate) fn left(&self) -> usize {
        self.data.len() - self.at
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.data[self.at..]
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.data.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    pub(crate) fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(|_| ())
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        let bytes: [u8; 2] = self.take(2)?.try_into().ok()?;
        Some(if self.is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        let bytes: [u8; 4] = self.take(4)?.try_into().ok()?;
        Some(if self.is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    pub(crate) fn i16(&mut self) -> Option<i16> {
        self.u16().map(|value| value.cast_signed())
    }

    pub(crate) fn i32(&mut self) -> Option<i32> {
        self.u32().map(|value| value.cast_signed())
    }
}
