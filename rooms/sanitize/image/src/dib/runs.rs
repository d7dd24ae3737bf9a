//! Run-length coding of bitmaps, [MS-WMF] 2.1.1.7 (BI_RLE8 and BI_RLE4). Works on
//! one byte a pixel; pixels that a stream jumps over are index 0.

const END_OF_LINE: u8 = 0;
const END_OF_BITMAP: u8 = 1;
const JUMP: u8 = 2;
/// Equal pixels that make a run worth its two bytes.
const RUN_MIN: usize = 3;

/// Unpacks to one index a byte, bottom row first, no padding.
pub(super) fn unpack(packed: &[u8], width: u32, height: u32, is_nibbles: bool) -> Vec<u8> {
    let (width, height) = (width as usize, height as usize);
    let mut rows = vec![0; width * height];
    let (mut x, mut y) = (0usize, 0usize);
    let mut bytes = packed.iter().copied();
    while let (Some(count), Some(value)) = (bytes.next(), bytes.next()) {
        let mut put = |at: usize, index: u8| {
            if x + at < width && y < height {
                rows[y * width + x + at] = index;
            }
        };
        match (count, value) {
            (0, END_OF_LINE) => (x, y) = (0, y + 1),
            (0, END_OF_BITMAP) => break,
            (0, JUMP) => {
                x += usize::from(bytes.next().unwrap_or(0));
                y += usize::from(bytes.next().unwrap_or(0));
            }
            (0, literal) => {
                let literal = usize::from(literal);
                let length = if is_nibbles { literal.div_ceil(2) } else { literal };
                for at in 0..length {
                    let byte = bytes.next().unwrap_or(0);
                    if is_nibbles {
                        put(2 * at, byte >> 4);
                        if 2 * at + 1 < literal {
                            put(2 * at + 1, byte & 15);
                        }
                    } else {
                        put(at, byte);
                    }
                }
                if length % 2 == 1 {
                    bytes.next();
                }
                x += literal;
            }
            (count, value) => {
                let count = usize::from(count);
                for at in 0..count {
                    let nibble = if at % 2 == 0 { value >> 4 } else { value & 15 };
                    put(at, if is_nibbles { nibble } else { value });
                }
                x += count;
            }
        }
        if y >= height {
            break;
        }
    }
    rows
}

/// Packs rows of one index a byte.
pub(super) fn pack(rows: &[u8], width: u32, is_nibbles: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for row in rows.chunks_exact((width as usize).max(1)) {
        let mut rest = row;
        while !rest.is_empty() {
            let run = run_of(rest).min(255);
            if run >= RUN_MIN || rest.len() < RUN_MIN {
                let value = if is_nibbles { rest[0] << 4 | rest[0] } else { rest[0] };
                out.extend([run as u8, value]);
                rest = &rest[run..];
                continue;
            }
            let literal = (0..rest.len()).find(|&at| run_of(&rest[at..]) >= RUN_MIN);
            let literal = literal.unwrap_or(rest.len()).min(254);
            if literal < 3 {
                // Fewer than three literals would read as an escape.
                let value = if is_nibbles { rest[0] << 4 | rest[0] } else { rest[0] };
                out.extend([1, value]);
                rest = &rest[1..];
                continue;
            }
            put_literal(&rest[..literal], is_nibbles, &mut out);
            rest = &rest[literal..];
        }
        out.extend([0, END_OF_LINE]);
    }
    out.extend([0, END_OF_BITMAP]);
    out
}

fn run_of(rest: &[u8]) -> usize {
    rest.iter().take_while(|&&value| value == rest[0]).count()
}

fn put_literal(values: &[u8], is_nibbles: bool, out: &mut Vec<u8>) {
    out.extend([0, values.len() as u8]);
    let start = out.len();
    if is_nibbles {
        for pair in values.chunks(2) {
            out.push(pair[0] << 4 | pair.get(1).copied().unwrap_or(0));
        }
    } else {
        out.extend(values);
    }
    if (out.len() - start) % 2 == 1 {
        out.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let row: Vec<u8> =
            (0..300u32).map(|i| if i % 50 < 30 { 7 } else { (i % 16) as u8 }).collect();
        let rows = [row.clone(), vec![0; 300], row].concat();
        for is_nibbles in [false, true] {
            let packed = pack(&rows, 300, is_nibbles);
            assert_eq!(unpack(&packed, 300, 3, is_nibbles), rows);
        }
    }
}
