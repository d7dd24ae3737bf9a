//! EMF records that carry bitmaps, [MS-EMF] 2.3.1 and 2.3.7: their numbers stay,
//! the bitmap is written anew behind them and its offsets are computed.

use sanitize_core::Job;

use super::{RECORD_BYTES_MIN, State, fields};
use crate::bytes::Reader;
use crate::dib::{Dib, Head};
use crate::metafile::{Fault, OrBroken};

/// Where in a record's numbers the parts of a bitmap stand.
#[derive(Clone, Copy)]
pub(super) struct Bitmap {
    /// How many 32-bit numbers come before the bitmap.
    words: usize,
    /// Which of them are offset and size of header and rows; and which says
    /// what the palette means.
    source: (usize, Option<usize>),
    /// The same for a mask.
    mask: Option<(usize, Option<usize>)>,
    /// Whether the record makes an object at the place its first number says.
    is_object: bool,
}

/// Returns the layout of a record with bitmaps.
pub(super) fn layout(kind: u32) -> Option<Bitmap> {
    let of = |words, offsets, usage| Bitmap {
        words,
        source: (offsets, Some(usage)),
        mask: None,
        is_object: false,
    };
    Some(match kind {
        // EMR_BITBLT, EMR_STRETCHBLT
        76 => of(23, 19, 18),
        77 => of(25, 19, 18),
        // EMR_MASKBLT, EMR_PLGBLT
        78 => Bitmap { mask: Some((26, Some(25))), ..of(30, 19, 18) },
        79 => Bitmap { mask: Some((29, Some(28))), ..of(33, 22, 21) },
        // EMR_SETDIBITSTODEVICE, EMR_STRETCHDIBITS
        80 => of(17, 10, 14),
        81 => of(18, 10, 14),
        // EMR_CREATEMONOBRUSH, EMR_CREATEDIBPATTERNBRUSHPT
        93 | 94 => Bitmap { is_object: true, ..of(6, 2, 1) },
        // EMR_ALPHABLEND, EMR_TRANSPARENTBLT
        114 | 116 => of(25, 19, 18),
        _ => return None,
    })
}

/// DIB_PAL_COLORS, 2.1.9; DIB_PAL_INDICES (2) has no palette at all.
const PALETTE_PLACES: u32 = 1;

/// Writes a record with bitmaps anew.
pub(super) fn rewrite(
    layout: &Bitmap,
    data: &[u8],
    state: &mut State,
    out: &mut Vec<u8>,
    job: &mut Job<'_>,
) -> Result<(), Fault> {
    let mut numbers = read_words(data, layout.words).or_broken()?;
    let mut tail = Vec::new();
    let parts = [Some(layout.source), layout.mask];
    for (offsets, usage) in parts.into_iter().flatten() {
        let usage = usage.map_or(0, |usage| numbers[usage]);
        carry(data, &mut numbers, layout.words, offsets, usage, &mut tail, job)?;
    }
    if layout.is_object {
        let place = (numbers[0] as usize).clamp(1, 0xFFFE);
        if place != numbers[0] as usize || tail.is_empty() {
            return Err(Fault::Broken);
        }
        state.objects.create(place);
    }
    numbers.iter().for_each(|number| out.extend(number.to_le_bytes()));
    out.extend(tail);
    Ok(())
}

fn read_words(data: &[u8], count: usize) -> Option<Vec<u32>> {
    let mut reader = Reader::little(data);
    (0..count).map(|_| reader.u32()).collect()
}

/// Writes the bitmap that `numbers[offsets..]` point to into `tail`, which
/// comes behind `words` numbers, and corrects those four numbers.
fn carry(
    data: &[u8],
    numbers: &mut [u32],
    words: usize,
    offsets: usize,
    usage: u32,
    tail: &mut Vec<u8>,
    job: &mut Job<'_>,
) -> Result<(), Fault> {
    let place = numbers.get_mut(offsets..offsets + 4).or_broken()?;
    if place[1] == 0 {
        place.fill(0);
        return Ok(());
    }
    let part = |at: u32, size: u32| {
        let at = (at as usize).checked_sub(RECORD_BYTES_MIN)?;
        data.get(at..at.checked_add(size as usize)?)
    };
    let head = part(place[0], place[1]).or_broken()?;
    let rows = part(place[2], place[3]).or_broken()?;
    let dib = read_dib(head, rows, usage, job)?;
    let start = (RECORD_BYTES_MIN + words * 4 + tail.len()) as u32;
    let (head, rows) = (dib.head(), dib.packed_rows());
    place.copy_from_slice(&[
        start,
        head.len() as u32,
        start + head.len() as u32,
        rows.len() as u32,
    ]);
    tail.extend(head);
    tail.extend(rows.iter());
    tail.resize(tail.len().next_multiple_of(4), 0);
    Ok(())
}

fn read_dib(head: &[u8], rows: &[u8], usage: u32, job: &mut Job<'_>) -> Result<Dib, Fault> {
    let head = Head::read(head, usage == PALETTE_PLACES).or_broken()?;
    let (width, height) = head.sides();
    job.budget.take_pixels(width.into(), height.into())?;
    Ok(head.with_rows(rows))
}

/// EMR_EXTCREATEPEN, 2.3.7.9: place, bitmap offsets, pen, dash lengths, bitmap.
pub(super) fn pen(
    data: &[u8],
    state: &mut State,
    out: &mut Vec<u8>,
    job: &mut Job<'_>,
) -> Result<(), Fault> {
    const PEN_WORDS: usize = 11;
    const DASHES_MAX: u32 = 64;
    let dashes = Reader::little(data.get(40..).or_broken()?).u32().or_broken()?;
    if dashes > DASHES_MAX {
        return Err(Fault::Broken);
    }
    let words = PEN_WORDS + dashes as usize;
    let mut numbers = read_words(data, words).or_broken()?;
    let mut tail = Vec::new();
    // LogPenEx, 2.2.20: BS_DIBPATTERNPT says in the colour what the palette means.
    let usage = if numbers[7] == 6 { numbers[8] & 3 } else { 0 };
    carry(data, &mut numbers, words, 1, usage, &mut tail, job)?;
    let place = fields::place(&mut Reader::little(data), &mut Vec::new()).or_broken()?;
    state.objects.create(place);
    numbers.iter().for_each(|number| out.extend(number.to_le_bytes()));
    out.extend(tail);
    Ok(())
}
