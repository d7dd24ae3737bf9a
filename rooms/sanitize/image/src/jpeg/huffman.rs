//! Huffman codes of JPEG, ISO/IEC 10918-1 annexes C and K.2: reading a table,
//! decoding with it, and making the best one for counted symbols.

use super::bits::BitReader;

/// Bits that one look-up decides.
const FAST_BITS: u32 = 10;

/// A code table as a file defines it, checked.
pub(super) struct Decoder {
    /// For each prefix: length in the high byte, symbol in the low one; 0 is long.
    fast: Box<[u16; 1 << FAST_BITS]>,
    /// First code after those of each length, left-aligned in 16 bits.
    limit: [u32; 18],
    /// What to add to a code of each length to find its symbol.
    offset: [i32; 17],
    symbols: Vec<u8>,
}

impl Decoder {
    /// Builds a table from the numbers of codes of length 1 to 16 and the
    /// symbols; none when the lengths over-fill the code space.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut fast = Box::new([0u16; 1 << FAST_BITS]);
        let (mut limit, mut offset) = ([0u32; 18], [0i32; 17]);
        let (mut code, mut index) = (0u32, 0usize);
        for length in 1..=16u32 {
            let count = u32::from(counts[length as usize - 1]);
            offset[length as usize] = index as i32 - code as i32;
            for _ in 0..count {
                let symbol = *symbols.get(index)?;
                if code >= 1 << length {
                    return None;
                }
                if length <= FAST_BITS {
                    let from = (code << (FAST_BITS - length)) as usize;
                    let span = 1 << (FAST_BITS - length);
                    fast.get_mut(from..from + span)?.fill((length as u16) << 8 | u16::from(symbol));
                }
                code += 1;
                index += 1;
            }
            limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        limit[17] = u32::MAX;
        Some(Self { fast, limit, offset, symbols: symbols[..index].to_vec() })
    }

    /// Decodes one symbol; the reader was refilled. None for an unused code.
    #[inline]
    pub(super) fn decode(&self, bits: &mut BitReader<'_>) -> Option<u8> {
        let entry = self.fast[bits.peek(FAST_BITS) as usize];
        if entry != 0 {
            bits.drop(u32::from(entry >> 8));
            return Some(entry as u8);
        }
        self.decode_long(bits)
    }

    #[inline(never)]
    fn decode_long(&self, bits: &mut BitReader<'_>) -> Option<u8> {
        let ahead = bits.peek(16);
        let length = (FAST_BITS as usize + 1..=16).find(|&length| ahead < self.limit[length])?;
        let code = (ahead >> (16 - length)) as i32;
        let symbol = *self.symbols.get(usize::try_from(code + self.offset[length]).ok()?)?;
        bits.drop(length as u32);
        Some(symbol)
    }
}

/// A code table made here.
pub(super) struct Encoder {
    pub(super) counts: [u8; 16],
    pub(super) symbols: Vec<u8>,
    /// Code and length of each symbol; length 0 is unused.
    codes: [(u32, u32); 256],
}

impl Encoder {
    /// Makes the best table for symbols that occur `uses` times each, K.2.
    pub(super) fn best_for(uses: &[u32; 256]) -> Self {
        let lengths = code_lengths(uses);
        let mut counts = [0u8; 16];
        let mut symbols = Vec::new();
        for length in 1..=16u8 {
            for symbol in 0..=255u8 {
                if lengths[usize::from(symbol)] == length {
                    counts[usize::from(length) - 1] += 1;
                    symbols.push(symbol);
                }
            }
        }
        let mut codes = [(0, 0); 256];
        let mut code = 0u32;
        let mut next = symbols.iter();
        for (index, &count) in counts.iter().enumerate() {
            for _ in 0..count {
                if let Some(&symbol) = next.next() {
                    codes[usize::from(symbol)] = (code, index as u32 + 1);
                }
                code += 1;
            }
            code <<= 1;
        }
        Self { counts, symbols, codes }
    }

    /// Returns the code of a symbol and its length.
    #[inline]
    pub(super) fn code(&self, symbol: u8) -> (u32, u32) {
        self.codes[usize::from(symbol)]
    }
}

/// Finds code lengths of at most 16 bits, keeping the code of all ones free.
fn code_lengths(uses: &[u32; 256]) -> [u8; 256] {
    // Symbol 256 stands for the code of all ones, which JPEG must not use.
    let mut weight: Vec<u64> = uses.iter().map(|&u| u64::from(u)).collect();
    weight.push(1);
    let mut size = [0u32; 257];
    let mut next: [Option<usize>; 257] = [None; 257];
    let two_lightest = |weight: &[u64]| {
        let low = lightest(weight, None)?;
        Some((low, lightest(weight, Some(low))?))
    };
    while let Some((low, second)) = two_lightest(&weight) {
        weight[low] += weight[second];
        weight[second] = 0;
        let mut at = low;
        size[at] += 1;
        while let Some(link) = next[at] {
            at = link;
            size[at] += 1;
        }
        next[at] = Some(second);
        at = second;
        size[at] += 1;
        while let Some(link) = next[at] {
            at = link;
            size[at] += 1;
        }
    }
    shorten(uses, &size)
}

/// Finds the used entry of least weight; of equals, the one of highest number.
fn lightest(weight: &[u64], except: Option<usize>) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (index, &value) in weight.iter().enumerate() {
        let is_lighter = best.is_none_or(|b| value <= weight[b]);
        if value != 0 && Some(index) != except && is_lighter {
            best = Some(index);
        }
    }
    best
}

/// Brings lengths down to 16 (figure K.3) and hands them out by use.
fn shorten(uses: &[u32; 256], size: &[u32; 257]) -> [u8; 256] {
    let mut bits = [0i32; 258];
    for &length in size.iter().filter(|&&length| length > 0) {
        bits[length as usize] += 1;
    }
    for length in (17..258).rev() {
        while bits[length] > 0 {
            let mut shorter = length - 2;
            while shorter > 0 && bits[shorter] == 0 {
                shorter -= 1;
            }
            bits[length] -= 2;
            bits[length - 1] += 1;
            bits[shorter + 1] += 2;
            bits[shorter] -= 1;
        }
    }
    let longest = (1..=16).rev().find(|&length| bits[length] > 0);
    if let Some(longest) = longest {
        bits[longest] -= 1;
    }
    let mut order: Vec<usize> = (0..256).filter(|&symbol| uses[symbol] > 0).collect();
    order.sort_by_key(|&symbol| (size[symbol], symbol));
    let mut lengths = [0u8; 256];
    let mut order = order.into_iter();
    for length in 1..=16u8 {
        for _ in 0..bits[usize::from(length)] {
            if let Some(symbol) = order.next() {
                lengths[symbol] = length;
            }
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_never_pass_sixteen_bits_and_all_ones_stays_free() {
        let mut uses = [0u32; 256];
        let (mut a, mut b) = (1u32, 1u32);
        for slot in uses.iter_mut().take(40) {
            *slot = a;
            (a, b) = (b, a.saturating_add(b));
        }
        let table = Encoder::best_for(&uses);
        assert_eq!(table.symbols.len(), 40);
        let filled: u32 =
            table.counts.iter().enumerate().map(|(i, &c)| u32::from(c) << (15 - i)).sum();
        assert!(filled < 1 << 16);
        assert!(Decoder::new(&table.counts, &table.symbols).is_some());
    }

    #[test]
    fn an_overfull_table_is_no_table() {
        let mut counts = [0u8; 16];
        counts[0] = 3;
        assert!(Decoder::new(&counts, &[1, 2, 3]).is_none());
    }
}
