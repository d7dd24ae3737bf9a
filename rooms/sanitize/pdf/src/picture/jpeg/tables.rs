//! Huffman tables of JPEG (ITU-T T.81 annex C, F and K.2).

/// A table for decoding.
pub struct Decoder {
    /// For each 9-bit prefix: code length << 8 | symbol; zero where longer.
    fast: Vec<u16>,
    /// Largest code of each length, or -1.
    max_code: [i32; 17],
    offset: [i32; 17],
    symbols: Vec<u8>,
}

/// Prefix bits that are looked up at once.
pub const FAST_BITS: u32 = 9;

impl Decoder {
    /// Builds a table from code counts and symbols.
    #[must_use]
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut fast = vec![0_u16; 1 << FAST_BITS];
        let mut max_code = [-1_i32; 17];
        let mut offset = [0_i32; 17];
        let (mut code, mut index) = (0_i32, 0_usize);
        for length in 1..=16_usize {
            let count = usize::from(counts[length - 1]);
            offset[length] = index as i32 - code;
            for _ in 0..count {
                let symbol = *symbols.get(index)?;
                if code >= 1 << length {
                    return None;
                }
                if length as u32 <= FAST_BITS {
                    let shift = FAST_BITS - length as u32;
                    let start = (code as usize) << shift;
                    let entry = (length as u16) << 8 | u16::from(symbol);
                    fast[start..start + (1 << shift)].fill(entry);
                }
                code += 1;
                index += 1;
            }
            if count > 0 {
                max_code[length] = code - 1;
            }
            code <<= 1;
        }
        Some(Self { fast, max_code, offset, symbols: symbols.to_vec() })
    }

    /// Looks up the next symbol in 16 bits of look-ahead; gives it with its
    /// code length.
    pub fn find(&self, bits: u32) -> Option<(u8, u32)> {
        let entry = self.fast[(bits >> (16 - FAST_BITS)) as usize & ((1 << FAST_BITS) - 1)];
        if entry != 0 {
            return Some((entry as u8, u32::from(entry >> 8)));
        }
        for length in FAST_BITS as usize + 1..=16 {
            let code = (bits >> (16 - length)) as i32;
            if code <= self.max_code[length] {
                let index = usize::try_from(code + self.offset[length]).ok()?;
                return Some((*self.symbols.get(index)?, length as u32));
            }
        }
        None
    }
}

/// A table for encoding: code and length of each symbol.
pub struct Encoder {
    /// How many codes of each length.
    pub counts: [u8; 16],
    /// Symbols by code.
    pub symbols: Vec<u8>,
    codes: [(u16, u8); 256],
}

impl Encoder {
    /// Builds the best table for symbols of the given frequencies (annex K.2).
    #[must_use]
    pub fn best(frequencies: &[u64; 256]) -> Self {
        let lengths = code_lengths(frequencies);
        let mut order: Vec<usize> = (0..256).filter(|s| lengths[*s] > 0).collect();
        order.sort_by_key(|symbol| (lengths[*symbol], *symbol));
        let mut counts = [0_u8; 16];
        let mut codes = [(0, 0); 256];
        let (mut code, mut last) = (0_u32, 0_u8);
        for symbol in &order {
            let length = lengths[*symbol];
            code <<= length - last;
            codes[*symbol] = (code as u16, length);
            counts[usize::from(length) - 1] += 1;
            code += 1;
            last = length;
        }
        Self { counts, symbols: order.iter().map(|s| *s as u8).collect(), codes }
    }

    /// Returns a symbol's code and length.
    #[must_use]
    pub fn code(&self, symbol: u8) -> (u16, u8) {
        self.codes[usize::from(symbol)]
    }
}

/// Annex K.2: code lengths of at most 16 bits with no code of all ones.
fn code_lengths(frequencies: &[u64; 256]) -> [u8; 256] {
    let mut weights = [0_u64; 257];
    weights[..256].copy_from_slice(frequencies);
    // The reserved symbol takes the code of all ones.
    weights[256] = 1;
    let mut size = [0_usize; 257];
    let mut other: [Option<usize>; 257] = [None; 257];
    loop {
        let least = |except: Option<usize>| {
            (0..257)
                .filter(|i| weights[*i] > 0 && Some(*i) != except)
                .min_by_key(|i| (weights[*i], usize::MAX - *i))
        };
        let Some(first) = least(None) else { break };
        let Some(second) = least(Some(first)) else { break };
        weights[first] += weights[second];
        weights[second] = 0;
        let mut at = first;
        size[at] += 1;
        while let Some(next) = other[at] {
            at = next;
            size[at] += 1;
        }
        other[at] = Some(second);
        at = second;
        size[at] += 1;
        while let Some(next) = other[at] {
            at = next;
            size[at] += 1;
        }
    }
    limit_lengths(&size)
}

fn limit_lengths(size: &[usize; 257]) -> [u8; 256] {
    let mut bits = [0_usize; 260];
    for length in size.iter().filter(|s| **s > 0) {
        bits[*length] += 1;
    }
    for length in (17..260).rev() {
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
    // The reserved symbol has the longest code.
    if let Some(longest) = (1..=16).rev().find(|length| bits[*length] > 0) {
        bits[longest] -= 1;
    }
    let mut order: Vec<usize> = (0..256).filter(|s| size[*s] > 0).collect();
    order.sort_by_key(|symbol| (size[*symbol], *symbol));
    let mut lengths = [0_u8; 256];
    let mut next = order.into_iter();
    for (length, count) in bits.iter().enumerate().take(17) {
        for symbol in next.by_ref().take(*count) {
            lengths[symbol] = length as u8;
        }
    }
    lengths
}
