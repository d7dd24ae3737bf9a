//! How long the records of a binary workbook are, [MS-XLSB] 2.4: what stands in
//! a record behind its last field is shown by no program.

use super::super::record::Fields;

/// Returns a record's body, or, where more stands behind its last field, the
/// part of it that has a meaning. Records of unknown length pass whole.
pub(super) fn trimmed(number: u32, body: &[u8]) -> Result<&[u8], &[u8]> {
    let mut fields = Fields(body);
    if fixed(number).is_none_or(|size| fields.take(size).is_none())
        && varied(number, &mut fields).is_none()
    {
        return Ok(body);
    }
    let used = &body[..body.len() - fields.0.len()];
    if used.len() == body.len() { Ok(body) } else { Err(used) }
}

/// Records of one length, in bytes.
fn fixed(number: u32) -> Option<usize> {
    Some(match number {
        // Brackets around others.
        129..=136 | 138 | 140 | 142..=146 | 160 | 162 | 164 | 166 | 173 | 178 => 0,
        278 | 279 | 344 | 353 | 354 | 390 | 391 | 462 | 464 | 480 | 506 | 509 | 574 => 0,
        604 | 612 | 614 | 616 | 618 | 620 | 627..=630 | 633 | 634 | 636 => 0,
        // Cells without strings: blank, RK, error, boolean, number, shared string.
        1 => 8,
        2 | 7 => 12,
        3 | 4 => 9,
        5 => 16,
        // Counts.
        177 | 505 | 603 | 611 | 613 | 615 | 617 | 619 | 626 => 4,
        // Looks: fill, border, cell format.
        45 => 68,
        46 => 51,
        47 => 16,
        60 => 18,
        // View, size, pane, filter, merged cells, calculation, window, strings.
        137 => 30,
        148 => 16,
        151 => 29,
        157 => 26,
        158 => 29,
        159 => 8,
        161 | 176 => 16,
        // Margins, print options, format of rows, phonetic text, comment.
        476 => 48,
        477 => 2,
        485 => 12,
        537 => 10,
        573 => 18,
        635 => 36,
        _ => return None,
    })
}

/// Walks a record whose length its fields tell.
fn varied(number: u32, fields: &mut Fields<'_>) -> Option<()> {
    match number {
        // A row: its head, then its spans.
        0 => {
            fields.take(13)?;
            let spans = fields.u32()? as usize;
            fields.take(spans.checked_mul(8)?)?;
        }
        // A cell with a string.
        6 => {
            fields.take(8)?;
            fields.string()?;
        }
        8..=11 => {
            fields.take(8)?;
            match number {
                8 => drop(fields.string()?),
                9 => drop(fields.take(8)?),
                _ => drop(fields.take(1)?),
            }
            fields.take(2)?;
            fields.formula()?;
        }
        // A shared string without formats.
        19 if fields.0.first() == Some(&0) => {
            fields.take(1)?;
            fields.string()?;
        }
        39 => {
            const MACRO: u32 = 0x08;
            let flags = fields.u32()?;
            fields.take(5)?;
            fields.string()?;
            fields.formula()?;
            let texts = if flags & MACRO == 0 { 1 } else { 5 };
            strings(fields, texts)?;
        }
        147 => {
            fields.take(19)?;
            fields.string()?;
        }
        152 => ranges(fields, 16)?,
        153 | 156 => {
            fields.take(8)?;
            strings(fields, if number == 153 { 1 } else { 2 })?;
        }
        426 | 427 => {
            fields.take(if number == 426 { 17 } else { 16 })?;
            fields.formula()?;
        }
        461 => ranges(fields, 8)?,
        494 => {
            fields.take(16)?;
            strings(fields, 4)?;
        }
        550..=552 | 562 | 661 => drop(fields.string()?),
        _ => return None,
    }
    Some(())
}

fn strings(fields: &mut Fields<'_>, count: usize) -> Option<()> {
    for _ in 0..count {
        fields.string()?;
    }
    Some(())
}

/// A head of `before` bytes, a count, that many ranges of cells.
fn ranges(fields: &mut Fields<'_>, before: usize) -> Option<()> {
    const RANGE_BYTES: usize = 16;
    fields.take(before)?;
    let count = fields.u32()? as usize;
    fields.take(count.checked_mul(RANGE_BYTES)?)?;
    Some(())
}
