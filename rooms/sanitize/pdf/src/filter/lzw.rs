//! The LZW filter (ISO 32000-2 §7.4.4), most significant bit first, codes of
//! 9 to 12 bits. Keeps what came before an error.

/// Decodes up to `ceiling` + one string of bytes.
#[must_use]
pub fn decode(input: &[u8], early: bool, ceiling: u64, damaged: &mut bool) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    // Each entry is a span of what was already put out.
    let mut table: Vec<(usize, usize)> = Vec::with_capacity(ENTRIES_MAX);
    let mut previous: Option<(usize, usize)> = None;
    let mut bits = Bits { input, at: 0, held: 0, count: 0 };
    loop {
        let next = table.len() + FIRST_CODE + usize::from(early);
        let width = match next {
            0..=511 => 9,
            512..=1023 => 10,
            1024..=2047 => 11,
            _ => 12,
        };
        let Some(code) = bits.take(width) else { break };
        if code == CLEAR {
            table.clear();
            previous = None;
            continue;
        }
        if code == END || out.len() as u64 > ceiling {
            break;
        }
        let start = out.len();
        match (code, previous) {
            (0..=255, _) => out.push(code as u8),
            (_, Some((from, length))) if code - FIRST_CODE == table.len() => {
                copy(&mut out, from, length);
                let first = out[start];
                out.push(first);
            }
            _ => match table.get(code - FIRST_CODE) {
                Some(&(from, length)) => copy(&mut out, from, length),
                None => {
                    *damaged = true;
                    break;
                }
            },
        }
        if let Some((from, length)) = previous
            && table.len() < ENTRIES_MAX
        {
            // The previous string plus the first byte of this one stand side by side.
            table.push((from, length + 1));
        }
        previous = Some((start, out.len() - start));
    }
    out
}

fn copy(out: &mut Vec<u8>, from: usize, length: usize) {
    for index in from..from + length {
        let byte = out[index];
        out.push(byte);
    }
}

struct Bits<'a> {
    input: &'a [u8],
    at: usize,
    held: u32,
    count: u32,
}

impl Bits<'_> {
    fn take(&mut self, width: u32) -> Option<usize> {
        while self.count < width {
            let byte = *self.input.get(self.at)?;
            self.at += 1;
            self.held = (self.held << 8) | u32::from(byte);
            self.count += 8;
        }
        self.count -= width;
        Some(((self.held >> self.count) & ((1 << width) - 1)) as usize)
    }
}

const CLEAR: usize = 256;
const END: usize = 257;
const FIRST_CODE: usize = 258;
const ENTRIES_MAX: usize = 4096 - FIRST_CODE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_example_decodes() {
        let packed = [0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01];
        let mut damaged = false;
        assert_eq!(
            decode(&packed, true, 1000, &mut damaged),
            [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]
        );
        assert!(!damaged);
    }
}
