//! Coefficients between two codings: a run of symbols and magnitude bits in the
//! order of one interleaved baseline scan, with a count of each symbol. Every
//! token is legal for its precision by construction.

/// Symbols and magnitudes: one byte of symbol, then none, one or two bytes.
pub(super) struct Tokens {
    pub(super) bytes: Vec<u8>,
    /// How often each symbol occurs: luma DC, luma AC, chroma DC, chroma AC.
    pub(super) uses: Box<[[u32; 256]; 4]>,
}

/// End of block, F.1.2.2.1.
pub(super) const END: u8 = 0;
/// Sixteen zeros.
pub(super) const ZEROS: u8 = 0xF0;

impl Tokens {
    pub(super) fn new(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), uses: Box::new([[0; 256]; 4]) }
    }

    #[inline]
    fn push(&mut self, table: usize, symbol: u8, bits: u32, size: u32) {
        self.uses[table][usize::from(symbol)] += 1;
        let word = if size > 8 {
            [symbol, (bits >> 8) as u8, bits as u8]
        } else {
            [symbol, bits as u8, 0]
        };
        // Three bytes and a cut cost less than a copy of unknown length.
        let length = self.bytes.len() + 1 + size.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&word);
        self.bytes.truncate(length);
    }

    /// Appends a DC difference. `pair` is 0 for luma tables, 1 for chroma.
    #[inline]
    pub(super) fn dc(&mut self, pair: usize, difference: i32) {
        let (size, bits) = magnitude(difference);
        self.push(2 * pair, size as u8, bits, size);
    }

    /// Appends an AC coefficient behind `run` (0 to 15) zeros.
    #[inline]
    pub(super) fn ac(&mut self, pair: usize, run: u32, bits: u32, size: u32) {
        self.push(2 * pair + 1, (run << 4 | size) as u8, bits, size);
    }

    /// Appends a symbol without magnitude: [`END`] or [`ZEROS`].
    #[inline]
    pub(super) fn mark(&mut self, pair: usize, symbol: u8) {
        self.uses[2 * pair + 1][usize::from(symbol)] += 1;
        self.bytes.push(symbol);
    }

    /// Appends a block given as coefficients in zigzag order, DC as difference.
    pub(super) fn block(&mut self, pair: usize, difference: i32, zigzag: &[i16], limit: i32) {
        self.dc(pair, difference);
        let mut run = 0;
        for &value in zigzag.iter().skip(1) {
            if value == 0 {
                run += 1;
                continue;
            }
            while run > 15 {
                self.mark(pair, ZEROS);
                run -= 16;
            }
            let (size, bits) = magnitude(i32::from(value).clamp(-limit, limit));
            self.ac(pair, run, bits, size);
            run = 0;
        }
        if run > 0 {
            self.mark(pair, END);
        }
    }
}

/// Returns a value's size category and its magnitude bits, F.1.2.1.
#[inline]
fn magnitude(value: i32) -> (u32, u32) {
    let size = 32 - value.unsigned_abs().leading_zeros();
    let bits = if value < 0 { value - 1 } else { value };
    (size, bits.cast_unsigned() & ((1 << size) - 1))
}

/// Returns the value that `size` magnitude bits stand for, F.2.2.1.
#[inline]
pub(super) fn extend(bits: u32, size: u32) -> i32 {
    if size == 0 {
        return 0;
    }
    let value = bits.cast_signed();
    if bits < 1 << (size - 1) { value - (1 << size) + 1 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_come_back() {
        for value in -2047..=2047 {
            let (size, bits) = magnitude(value);
            assert_eq!(extend(bits, size), value);
        }
    }
}
