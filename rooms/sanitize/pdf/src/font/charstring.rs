//! Checks glyph programs of Type 1 and Type 2 by running them without drawing:
//! known operators only, numbers where numbers belong, bounded depth and work.

/// What a check needs and finds.
pub struct Check<'s> {
    global: &'s [&'s [u8]],
    local: &'s [&'s [u8]],
    /// Which global subroutines were called.
    pub used_global: Vec<bool>,
    /// Which local subroutines were called.
    pub used_local: Vec<bool>,
    /// Calls of the glyph at hand; they count once it turns out good.
    calls: Vec<(bool, usize)>,
    stack: Vec<f64>,
    stems: usize,
    work: usize,
}

/// How a program or subroutine ended.
#[derive(PartialEq, Eq)]
enum End {
    Glyph,
    Return,
}

impl<'s> Check<'s> {
    /// Starts with the subroutines that glyphs may call.
    #[must_use]
    pub fn new(global: &'s [&'s [u8]], local: &'s [&'s [u8]]) -> Self {
        Self {
            global,
            local,
            used_global: vec![false; global.len()],
            used_local: vec![false; local.len()],
            calls: Vec::new(),
            stack: Vec::with_capacity(STACK_MAX),
            stems: 0,
            work: 0,
        }
    }

    /// Checks a Type 2 glyph (Adobe technical note 5177).
    pub fn type2(&mut self, program: &[u8]) -> bool {
        self.stack.clear();
        self.calls.clear();
        self.stems = 0;
        self.work = 0;
        let is_good = self.run2(program, 0).is_some();
        self.count_calls(is_good);
        is_good
    }

    fn count_calls(&mut self, is_good: bool) {
        for (global, index) in self.calls.drain(..).filter(|_| is_good) {
            let used = if global { &mut self.used_global } else { &mut self.used_local };
            used[index] = true;
        }
    }

    fn push(&mut self, value: f64) -> Option<()> {
        if self.stack.len() >= STACK_MAX {
            return None;
        }
        self.stack.push(value);
        Some(())
    }

    fn run2(&mut self, program: &[u8], depth: u32) -> Option<End> {
        let mut at = 0;
        while let Some(&byte) = program.get(at) {
            at += 1;
            self.work += 1;
            if self.work > WORK_MAX {
                return None;
            }
            match byte {
                32..=246 => self.push(f64::from(byte) - 139.0)?,
                247..=254 => {
                    let low = f64::from(*program.get(at)?);
                    at += 1;
                    let value = if byte < 251 {
                        (f64::from(byte) - 247.0) * 256.0 + low + 108.0
                    } else {
                        -(f64::from(byte) - 251.0) * 256.0 - low - 108.0
                    };
                    self.push(value)?;
                }
                28 => {
                    let pair = program.get(at..at + 2)?;
                    at += 2;
                    self.push(f64::from(i16::from_be_bytes([pair[0], pair[1]])))?;
                }
                255 => {
                    let four = program.get(at..at + 4)?;
                    at += 4;
                    let fixed = i32::from_be_bytes([four[0], four[1], four[2], four[3]]);
                    self.push(f64::from(fixed) / 65_536.0)?;
                }
                1 | 3 | 18 | 23 => {
                    self.stems += self.stack.len() / 2;
                    self.stack.clear();
                }
                19 | 20 => {
                    self.stems += self.stack.len() / 2;
                    self.stack.clear();
                    at += self.stems.div_ceil(8);
                    if at > program.len() || self.stems > STEMS_MAX {
                        return None;
                    }
                }
                4..=8 | 21 | 22 | 24..=27 | 30 | 31 => self.stack.clear(),
                10 | 29 => {
                    let end = self.call(byte == 29, depth)?;
                    if end == End::Glyph {
                        return Some(End::Glyph);
                    }
                }
                11 => return Some(End::Return),
                14 => return Some(End::Glyph),
                12 => {
                    let second = *program.get(at)?;
                    at += 1;
                    self.escape2(second)?;
                }
                _ => return None,
            }
        }
        // Some producers leave the last operator out; readers do not mind.
        Some(if depth > 0 { End::Return } else { End::Glyph })
    }

    fn call(&mut self, global: bool, depth: u32) -> Option<End> {
        if depth >= CALLS_MAX {
            return None;
        }
        let subroutines = if global { self.global } else { self.local };
        let bias = match subroutines.len() {
            0..1240 => 107.0,
            1240..33_900 => 1131.0,
            _ => 32_768.0,
        };
        let number = self.stack.pop()? + bias;
        if number < 0.0 || number.fract() != 0.0 {
            return None;
        }
        let index = number as usize;
        let program = *subroutines.get(index)?;
        self.calls.push((global, index));
        self.run2(program, depth + 1)
    }

    /// Flex and arithmetic; a computed number never names a subroutine here.
    fn escape2(&mut self, second: u8) -> Option<()> {
        let (takes, gives) = match second {
            34..=37 => {
                self.stack.clear();
                return Some(());
            }
            0 => return Some(()),
            3 | 4 | 10 | 11 | 12 | 15 | 24 => (2, 1),
            5 | 9 | 14 | 26 | 21 | 29 => (1, 1),
            18 => (1, 0),
            20 => (2, 0),
            22 => (4, 1),
            23 => (0, 1),
            27 => (1, 2),
            28 => (2, 2),
            30 => (2, 0),
            _ => return None,
        };
        let left = self.stack.len().checked_sub(takes)?;
        self.stack.truncate(left);
        for _ in 0..gives {
            self.push(f64::NAN)?;
        }
        Some(())
    }

    /// Checks a Type 1 glyph (Adobe Type 1 font format, chapter 6). Local
    /// subroutines are the font's `Subrs`.
    pub fn type1(&mut self, program: &[u8]) -> bool {
        self.stack.clear();
        self.calls.clear();
        self.work = 0;
        let is_good = self.run1(program, 0).is_some();
        self.count_calls(is_good);
        is_good
    }

    fn run1(&mut self, program: &[u8], depth: u32) -> Option<End> {
        let mut at = 0;
        while let Some(&byte) = program.get(at) {
            at += 1;
            self.work += 1;
            if self.work > WORK_MAX {
                return None;
            }
            match byte {
                32..=246 => self.push(f64::from(byte) - 139.0)?,
                247..=254 => {
                    let low = f64::from(*program.get(at)?);
                    at += 1;
                    let value = if byte < 251 {
                        (f64::from(byte) - 247.0) * 256.0 + low + 108.0
                    } else {
                        -(f64::from(byte) - 251.0) * 256.0 - low - 108.0
                    };
                    self.push(value)?;
                }
                255 => {
                    let four = program.get(at..at + 4)?;
                    at += 4;
                    self.push(f64::from(i32::from_be_bytes([four[0], four[1], four[2], four[3]])))?;
                }
                1 | 3..=9 | 13 | 15 | 21 | 22 | 30 | 31 => self.stack.clear(),
                10 => {
                    let number = self.stack.pop()?;
                    // A number that a program computed is taken on trust: the
                    // hint-replacement idiom ends in such a call of number 3.
                    if number.is_nan() {
                        continue;
                    }
                    let index = (number >= 0.0).then_some(number as usize)?;
                    let subroutine = *self.local.get(index)?;
                    self.calls.push((false, index));
                    if depth >= CALLS_MAX {
                        return None;
                    }
                    if self.run1(subroutine, depth + 1)? == End::Glyph {
                        return Some(End::Glyph);
                    }
                }
                11 => return Some(End::Return),
                14 => return Some(End::Glyph),
                12 => {
                    let second = *program.get(at)?;
                    at += 1;
                    self.escape1(second)?;
                }
                _ => return None,
            }
        }
        Some(if depth > 0 { End::Return } else { End::Glyph })
    }

    fn escape1(&mut self, second: u8) -> Option<()> {
        match second {
            0 | 1 | 2 | 6 | 7 | 33 => self.stack.clear(),
            12 => {
                let left = self.stack.len().checked_sub(2)?;
                self.stack.truncate(left);
                self.push(f64::NAN)?;
            }
            16 => {
                let number = self.stack.pop()?;
                let count = self.stack.pop()?;
                if !(0.0..=OTHER_MAX).contains(&number) || !(0.0..=24.0).contains(&count) {
                    return None;
                }
                let left = self.stack.len().checked_sub(count as usize)?;
                self.stack.truncate(left);
            }
            17 => self.push(f64::NAN)?,
            _ => return None,
        }
        Some(())
    }
}

/// Operands at once: twice what the format allows, as readers do.
const STACK_MAX: usize = 192;
/// Calls within calls; the format allows ten.
const CALLS_MAX: u32 = 10;
/// Bytes run for one glyph.
const WORK_MAX: usize = 500_000;
const STEMS_MAX: usize = 512;
/// Known other subroutines: flex, hint replacement, multiple masters.
const OTHER_MAX: f64 = 30.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_calls_are_refused() {
        let local: [&[u8]; 1] = [&[32, 10]];
        let mut check = Check::new(&[], &local);
        assert!(!check.type2(&[32, 10]));
        assert!(check.type2(&[139, 139, 21, 14]));
        assert!(!check.type2(&[2]));
        assert!(!check.type2(&[255, 0]));
    }
}
