//! Block decoders of the progressive process, ISO/IEC 10918-1 annex G; with no
//! bit position the first two are also those of the sequential process.

use super::bits::BitReader;
use super::huffman::Decoder;
use super::tokens::extend;

/// First and last coefficient of a band, and its bit position.
type Band = (usize, usize, u32);

/// Reads a DC coefficient, G.1.2.1.
pub(super) fn dc_first(
    bits: &mut BitReader<'_>,
    table: &Decoder,
    predicted: &mut i32,
    low: u32,
    block: &mut [i16; 64],
) -> Option<()> {
    bits.refill();
    let size = u32::from(table.decode(bits)?);
    if size > 16 {
        return None;
    }
    let difference = extend(bits.take(size), size);
    *predicted = (*predicted + difference).clamp(i16::MIN.into(), i16::MAX.into());
    block[0] = shifted(*predicted, low);
    Some(())
}

/// Reads one more bit of a DC coefficient.
pub(super) fn dc_refine(bits: &mut BitReader<'_>, low: u32, block: &mut [i16; 64]) {
    bits.refill();
    if bits.take(1) == 1 {
        block[0] |= 1 << low;
    }
}

/// Reads a band of AC coefficients for the first time, G.1.2.2.
pub(super) fn ac_first(
    bits: &mut BitReader<'_>,
    table: &Decoder,
    end_run: &mut u32,
    (first, last, low): Band,
    block: &mut [i16; 64],
) -> Option<()> {
    if *end_run > 0 {
        *end_run -= 1;
        return Some(());
    }
    let mut at = first;
    while at <= last {
        bits.refill();
        let symbol = table.decode(bits)?;
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if run < 15 {
                *end_run = (1 << run) - 1 + bits.take(run);
                break;
            }
            at += 16;
            continue;
        }
        at += run as usize;
        *block.get_mut(at)? = shifted(extend(bits.take(size), size), low);
        at += 1;
    }
    Some(())
}

/// Reads one more bit of a band of AC coefficients, G.1.2.3.
pub(super) fn ac_refine(
    bits: &mut BitReader<'_>,
    table: &Decoder,
    end_run: &mut u32,
    (first, last, low): Band,
    block: &mut [i16; 64],
) -> Option<()> {
    let mut at = first;
    while *end_run == 0 && at <= last {
        bits.refill();
        let symbol = table.decode(bits)?;
        let (mut run, size) = (u32::from(symbol >> 4), symbol & 15);
        let mut fresh = None;
        match size {
            0 if run < 15 => {
                *end_run = (1 << run) + bits.take(run);
                break;
            }
            0 => {}
            1 => fresh = Some(if bits.take(1) == 1 { 1 } else { -1 }),
            _ => return None,
        }
        while at <= last {
            if block[at] != 0 {
                refine(bits, low, &mut block[at]);
            } else if run == 0 {
                break;
            } else {
                run -= 1;
            }
            at += 1;
        }
        if let Some(sign) = fresh {
            *block.get_mut(at)? = shifted(sign, low);
        }
        at += 1;
    }
    if *end_run > 0 {
        for value in block.iter_mut().take(last + 1).skip(at) {
            if *value != 0 {
                refine(bits, low, value);
            }
        }
        *end_run -= 1;
    }
    Some(())
}

fn refine(bits: &mut BitReader<'_>, low: u32, value: &mut i16) {
    bits.refill();
    let step = 1i16 << low;
    if bits.take(1) == 1 && *value & step == 0 {
        *value = if *value < 0 { value.saturating_sub(step) } else { value.saturating_add(step) };
    }
}

/// Shifts within the range of a coefficient.
fn shifted(value: i32, low: u32) -> i16 {
    let wide = value << low;
    wide.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}
