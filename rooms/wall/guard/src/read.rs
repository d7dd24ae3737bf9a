//! Takes numbers and vectors off the front of bytes, and nothing that is not
//! there.

/// Bytes that are taken from the front. Nothing is where they end too soon.
#[derive(Clone, Copy)]
pub(crate) struct Bytes<'b>(pub(crate) &'b [u8]);

impl<'b> Bytes<'b> {
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    pub(crate) fn u24(&mut self) -> Option<usize> {
        let [a, b, c] = self.take(3)?.try_into().ok()?;
        usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()
    }

    pub(crate) fn u16_little(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    pub(crate) fn u32_little(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    /// A vector with its length in one byte (RFC 8446 3.4).
    pub(crate) fn short(&mut self) -> Option<Self> {
        let count = self.u8()?;
        self.take(count.into()).map(Self)
    }

    /// A vector with its length in two.
    pub(crate) fn long(&mut self) -> Option<Self> {
        let count = self.u16()?;
        self.take(count.into()).map(Self)
    }
}
