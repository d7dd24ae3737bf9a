//! The records that a workbook keeps as they are, each with the longest body
//! it can have. Whatever is not here is rewritten elsewhere or dropped.

use sanitize_core::Code;

use super::record::BODY_MAX;
use crate::codes;

/// What happens to a record that no rule rewrites.
pub(super) enum Fate {
    /// Stays, with what continues it.
    Keep,
    /// Goes without a word: pointers and caches that readers make anew.
    Forget,
    /// Goes, with a line in the report.
    Drop(&'static Code),
}

/// Decides on a record by its number and length.
pub(super) fn fate(id: u16, len: usize) -> Fate {
    if let Some(len_max) = len_max(id) {
        return if len <= len_max { Fate::Keep } else { Fate::Drop(&codes::RECORD) };
    }
    match id {
        // Offsets into the old stream, program state and padding.
        0x20B | 0xD7 | 0xFF | 0x1C2 | 0xDE | 0x00 | 0x60 | 0x897 | 0xED | 0x874 => Fate::Forget,
        // Marks of macro storages; the storages themselves are reported.
        0xD3 | 0x1BD | 0x09 => Fate::Forget,
        0x4D => Fate::Drop(&codes::PRINTER),
        // Who reserved the file for writing, and a sheet's name in programs.
        0x5B | 0x1BA => Fate::Drop(&codes::METADATA),
        0x50..=0x52 | 0xDC | 0x1AD | 0x1B5 | 0x802 | 0x803 | 0x805 | 0x806 | 0x80A | 0x876 => {
            Fate::Drop(&codes::DATA_SOURCE)
        }
        0x8A4 | 0x8A5 | 0x8A6 | 0x877..=0x87B | 0x86C | 0x868 => Fate::Drop(&codes::EXTENSION),
        0x59 | 0x5A | 0x23 | 0x16 => Fate::Forget,
        0xB0..=0xBA | 0xC5..=0xD0 | 0xD5..=0xD8 | 0xE3 | 0xF0..=0xF9 | 0x100..=0x105 => {
            Fate::Drop(&codes::PIVOT)
        }
        0x864 | 0x1048 | 0x858 | 0x859 => Fate::Drop(&codes::PIVOT),
        0x7F | 0xE9 | 0x5D | 0x866 => Fate::Drop(&codes::DRAWING),
        0xBF | 0xC0 => Fate::Drop(&codes::COMMANDS),
        _ => Fate::Drop(&codes::RECORD),
    }
}

/// Longest body of a record that is kept as it is, in bytes.
fn len_max(id: u16) -> Option<usize> {
    Some(match id {
        // Workbook: code page, windows, protection, calculation, styles.
        0x42 | 0x161 | 0x9C | 0x19 | 0x12 | 0x13 | 0x1AF | 0x1BC | 0x40 | 0x8D | 0x22 | 0x0E => 8,
        0xE1 | 0xE2 | 0xDA | 0x160 | 0x86 | 0x63 | 0xDD => 8,
        0x3D => 18,
        0x13D => BODY_MAX,
        0x31 => 600,
        0x41E => 600,
        0xE0 => 20,
        0x293 => 600,
        0x92 => 230,
        0x8C => 4,
        0xFC => BODY_MAX,
        0x1C0 | 0x1C1 => 8,
        // What Excel 2007 adds to styles.
        0x863 => 22,
        0x88C | 0x89B | 0x8A3 | 0x87C => 20,
        0x88B => 20,
        0x88E..=0x890 => 600,
        0x892 | 0x87D | 0x87F | 0x88D => 2100,
        0x8C8 => 40,
        0x89A => 24,
        0x89C => 1200,
        // Sheet: sizes, views, printing.
        0x0C | 0x0D | 0x0F | 0x11 | 0x5F | 0x2A | 0x2B | 0x82..=0x84 | 0x33 | 0x99 | 0x55 => 2,
        0x10 | 0x26..=0x29 | 0x80 => 8,
        0x81 | 0x225 => 4,
        0x200 => 14,
        0x7D => 12,
        0x14 | 0x15 => 600,
        0xA1 => 34,
        0x1A | 0x1B => 6200,
        0x23E => 18,
        0x1D => BODY_MAX,
        0x41 => 10,
        0xA0 => 4,
        0xE5 => BODY_MAX,
        0xEF => BODY_MAX,
        0x862 => 40,
        0x90 => 600,
        0x9B | 0x9D => 2,
        0x9E => 600,
        0x87E => BODY_MAX,
        0xAE | 0xAF => BODY_MAX,
        0x1A9..=0x1AB => 600,
        // Cells.
        0x208 => 16,
        0x201 => 6,
        0xBE | 0xBD => 1600,
        0x203 => 14,
        0x27E => 10,
        0xFD => 10,
        0x204 | 0xD6 => BODY_MAX,
        0x205 => 8,
        0xAB => 34,
        0x1C => 600,
        0x1B0 => BODY_MAX,
        0x1B2 => 18,
        0x867 => 64,
        // Charts; formulas and drawings in them are rewritten elsewhere.
        0x1001..=0x1047 | 0x104A..=0x1050 | 0x1054..=0x1065 | 0x1067 | 0x1068 => {
            if id == 0x100D {
                600
            } else {
                1200
            }
        }
        0x850 | 0x852..=0x857 | 0x85A | 0x85B | 0x86A | 0x86B | 0x89D | 0x89E | 0x8A7 => BODY_MAX,
        _ => return None,
    })
}
