//! Bits of an entropy-coded segment, ISO/IEC 10918-1 F.1.2.3 and F.2.2.5: byte
//! stuffing in and out. Knows no codes and no coefficients.

/// Reads bits, most significant first, and stops before any marker.
pub(super) struct BitReader<'a> {
    data: &'a [u8],
    at: usize,
    hold: u64,
    count: u32,
    /// Zero bits that had to be made up behind the end of the segment.
    missing: u32,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at, hold: 0, count: 0, missing: 0 }
    }

    /// Makes at least 32 bits available.
    #[inline]
    pub(super) fn refill(&mut self) {
        if self.count > 32 {
            return;
        }
        if let Some(four) = self.data.get(self.at..).and_then(<[u8]>::first_chunk::<4>) {
            let word = u32::from_be_bytes(*four);
            let has_ff = (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 != 0;
            if !has_ff {
                self.hold |= u64::from(word) << (32 - self.count);
                self.count += 32;
                self.at += 4;
                return;
            }
        }
        self.refill_bytes();
    }

    #[inline(never)]
    fn refill_bytes(&mut self) {
        while self.count <= 56 {
            let byte = match (self.data.get(self.at), self.data.get(self.at + 1)) {
                (Some(0xFF), Some(0)) => {
                    self.at += 2;
                    0xFF
                }
                (Some(&byte), _) if byte != 0xFF => {
                    self.at += 1;
                    byte
                }
                _ => {
                    self.missing += 8;
                    0
                }
            };
            self.hold |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// Shows the next `count` bits (1 to 32) after a [`Self::refill`].
    #[inline]
    pub(super) fn peek(&self, count: u32) -> u32 {
        (self.hold >> (64 - count)) as u32
    }

    /// Steps over `count` bits that were refilled.
    #[inline]
    pub(super) fn drop(&mut self, count: u32) {
        self.hold <<= count;
        self.count = self.count.saturating_sub(count);
    }

    /// Takes `count` bits (0 to 16), refilled before.
    #[inline]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        let bits = self.peek(count);
        self.drop(count);
        bits
    }

    /// Says whether bits were used that the segment does not have.
    #[inline]
    pub(super) fn is_overrun(&self) -> bool {
        self.missing > self.count
    }

    /// Returns where the next marker stands, at or behind the read position.
    pub(super) fn next_marker(&self) -> Option<usize> {
        // Up to eight bytes may have been read ahead, but none behind a marker.
        find_marker(self.data, self.at)
    }

    /// Says whether the marker at `at` is RST0 to RST7.
    pub(super) fn is_restart(&self, at: usize) -> bool {
        matches!(self.data.get(at + 1), Some(0xD0..=0xD7))
    }

    /// Continues behind a restart marker.
    pub(super) fn restart_at(&mut self, at: usize) {
        *self = Self::new(self.data, at);
    }
}

/// Finds `FF xx` from `at` on, where xx is neither stuffing nor fill.
pub(super) fn find_marker(data: &[u8], mut at: usize) -> Option<usize> {
    while let Some(step) = data.get(at..)?.iter().position(|&b| b == 0xFF) {
        at += step;
        match data.get(at + 1) {
            Some(0) => at += 2,
            Some(0xFF) => at += 1,
            Some(_) => return Some(at),
            None => return None,
        }
    }
    None
}

/// Writes bits, most significant first, with byte stuffing.
#[derive(Default)]
pub(super) struct BitWriter {
    out: Vec<u8>,
    hold: u64,
    count: u32,
}

impl BitWriter {
    pub(super) fn new(out: Vec<u8>) -> Self {
        Self { out, hold: 0, count: 0 }
    }

    /// Appends the low `count` bits (0 to 32) of `bits`; higher ones are zero.
    #[inline]
    pub(super) fn put(&mut self, bits: u32, count: u32) {
        self.hold = (self.hold << count) | u64::from(bits);
        self.count += count;
        if self.count >= 32 {
            self.count -= 32;
            self.put_word((self.hold >> self.count) as u32);
        }
    }

    #[inline]
    fn put_word(&mut self, word: u32) {
        let has_ff = (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 != 0;
        if !has_ff {
            self.out.extend_from_slice(&word.to_be_bytes());
            return;
        }
        for byte in word.to_be_bytes() {
            self.put_byte(byte);
        }
    }

    fn put_byte(&mut self, byte: u8) {
        self.out.push(byte);
        if byte == 0xFF {
            self.out.push(0);
        }
    }

    /// Fills the last byte with ones, F.1.2.3, and gives the bytes back.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let pad = (8 - self.count % 8) % 8;
        self.put((1 << pad) - 1, pad);
        while self.count > 0 {
            self.count -= 8;
            self.put_byte((self.hold >> self.count) as u8);
        }
        self.out
    }
}
