//! The PNG and TIFF predictors (ISO 32000-2 §7.4.4.4), both ways. Rows that
//! end early are kept as far as they go.

use hayro_syntax::object::Dict;

use crate::model::{Dict as NewDict, Obj};
use crate::source::int_of;

/// How rows were predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Predictor {
    /// Whether each row names a PNG filter; otherwise TIFF's difference.
    png: bool,
    colors: usize,
    bits: usize,
    columns: usize,
}

impl Predictor {
    /// Reads the predictor of a parameter dictionary, if it has one.
    #[must_use]
    pub fn read(params: &Dict<'_>) -> Option<Self> {
        let kind = int_of(params, "Predictor").unwrap_or(1);
        if kind < 2 {
            return None;
        }
        let number = |key: &str, default: i64, max: i64| {
            int_of(params, key).unwrap_or(default).clamp(1, max) as usize
        };
        Some(Self {
            png: kind >= 10,
            colors: number("Colors", 1, 32),
            bits: number("BitsPerComponent", 8, 16),
            columns: number("Columns", 1, 1 << 24),
        })
    }

    /// Makes the PNG predictor for rows of a picture.
    #[must_use]
    pub fn png(colors: usize, bits: usize, columns: usize) -> Self {
        Self { png: true, colors, bits, columns }
    }

    /// Spells the parameters for a new stream.
    #[must_use]
    pub fn params(&self) -> Obj {
        let mut dict = NewDict::new();
        dict.put("Predictor", Obj::int(15));
        dict.put("Colors", Obj::int(self.colors as i64));
        dict.put("BitsPerComponent", Obj::int(self.bits as i64));
        dict.put("Columns", Obj::int(self.columns as i64));
        Obj::Dict(dict)
    }

    fn pixel_bytes(&self) -> usize {
        (self.colors * self.bits).div_ceil(8).max(1)
    }

    fn row_bytes(&self) -> usize {
        (self.colors * self.bits * self.columns).div_ceil(8).max(1)
    }

    /// Turns predicted rows into plain ones.
    #[must_use]
    pub fn undo(&self, input: &[u8]) -> Vec<u8> {
        if self.png { self.undo_png(input) } else { self.undo_tiff(input) }
    }

    fn undo_png(&self, input: &[u8]) -> Vec<u8> {
        let (row, step) = (self.row_bytes(), self.pixel_bytes());
        let mut out = Vec::with_capacity(input.len());
        for packed in input.chunks(row + 1) {
            let Some((&kind, packed)) = packed.split_first() else { break };
            let start = out.len();
            out.extend_from_slice(packed);
            let (done, now) = out.split_at_mut(start);
            let above = start.checked_sub(row).map_or(&[][..], |from| &done[from..]);
            undo_row(kind, now, above, step);
        }
        out
    }

    fn undo_tiff(&self, input: &[u8]) -> Vec<u8> {
        let mut out = input.to_vec();
        let row = self.row_bytes();
        match self.bits {
            8 => {
                for line in out.chunks_mut(row) {
                    for index in self.colors..line.len() {
                        line[index] = line[index].wrapping_add(line[index - self.colors]);
                    }
                }
            }
            16 => {
                for line in out.chunks_mut(row) {
                    let step = self.colors * 2;
                    for index in (step..line.len().saturating_sub(1)).step_by(2) {
                        let left = u16::from_be_bytes([line[index - step], line[index - step + 1]]);
                        let here = u16::from_be_bytes([line[index], line[index + 1]]);
                        let sum = left.wrapping_add(here).to_be_bytes();
                        line[index] = sum[0];
                        line[index + 1] = sum[1];
                    }
                }
            }
            1 if self.colors == 1 => {
                for line in out.chunks_mut(row) {
                    let mut last = 0;
                    for byte in line {
                        let mut sum = 0;
                        for bit in (0..8).rev() {
                            last ^= (*byte >> bit) & 1;
                            sum |= last << bit;
                        }
                        *byte = sum;
                    }
                }
            }
            _ => {}
        }
        out
    }

    /// Predicts plain rows, each by the PNG filter with the smallest sum.
    #[must_use]
    pub fn apply(&self, input: &[u8]) -> Vec<u8> {
        let (row, step) = (self.row_bytes(), self.pixel_bytes());
        let mut out = Vec::with_capacity(input.len() + input.len() / row + 1);
        let blank = vec![0; row];
        let mut above: &[u8] = &blank;
        let mut trial = vec![0_u8; row];
        let mut best = vec![0_u8; row];
        for line in input.chunks(row) {
            let mut best_sum = u64::MAX;
            let mut best_kind = 0;
            for kind in [1_u8, 2, 4] {
                predict_row(kind, line, above, step, &mut trial);
                let sum: u64 =
                    trial[..line.len()].iter().map(|v| u64::from((*v as i8).unsigned_abs())).sum();
                if sum < best_sum {
                    best_sum = sum;
                    best_kind = kind;
                    std::mem::swap(&mut best, &mut trial);
                }
            }
            out.push(best_kind);
            out.extend_from_slice(&best[..line.len()]);
            above = line;
        }
        out
    }
}

fn predict_row(kind: u8, line: &[u8], above: &[u8], step: usize, out: &mut [u8]) {
    for (index, byte) in line.iter().enumerate() {
        let left = if index >= step { line[index - step] } else { 0 };
        let up = above.get(index).copied().unwrap_or(0);
        let guess = match kind {
            1 => left,
            2 => up,
            _ => {
                let corner =
                    if index >= step { above.get(index - step).copied().unwrap_or(0) } else { 0 };
                paeth(left, up, corner)
            }
        };
        out[index] = byte.wrapping_sub(guess);
    }
}

fn undo_row(kind: u8, now: &mut [u8], above: &[u8], step: usize) {
    match kind {
        1 => {
            for index in step..now.len() {
                now[index] = now[index].wrapping_add(now[index - step]);
            }
        }
        2 => {
            for (byte, up) in now.iter_mut().zip(above) {
                *byte = byte.wrapping_add(*up);
            }
        }
        3 | 4 => {
            for index in 0..now.len() {
                let left = if index >= step { now[index - step] } else { 0 };
                let up = above.get(index).copied().unwrap_or(0);
                let guess = if kind == 3 {
                    ((u16::from(left) + u16::from(up)) / 2) as u8
                } else {
                    let corner = if index >= step {
                        above.get(index - step).copied().unwrap_or(0)
                    } else {
                        0
                    };
                    paeth(left, up, corner)
                };
                now[index] = now[index].wrapping_add(guess);
            }
        }
        _ => {}
    }
}

/// PNG §9.4.
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let guess = a + b - c;
    let (da, db, dc) = ((guess - a).abs(), (guess - b).abs(), (guess - c).abs());
    if da <= db && da <= dc {
        left
    } else if db <= dc {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prediction_is_undone() {
        let predictor = Predictor::png(3, 8, 5);
        let rows: Vec<u8> = (0..45_u32).map(|i| (i * i * 7) as u8).collect();
        assert_eq!(predictor.undo(&predictor.apply(&rows)), rows);
    }
}
