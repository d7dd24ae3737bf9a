//! The records that a presentation keeps, [MS-PPT] 2.13.24, and what is said of
//! those that go.

use sanitize_core::Code;

use crate::codes;

/// What happens to a record that no rule rewrites.
pub(super) enum Fate {
    /// A container whose children are decided on one by one.
    Enter,
    /// Stays as it is.
    Keep,
    /// Goes without a word: what the program looked at last.
    Forget,
    /// Goes, with a line in the report.
    Drop(&'static Code),
}

/// Longest text or style run, in bytes.
const TEXT_LEN_MAX: usize = 4 << 20;

/// Decides on a record by its type and length.
pub(super) fn fate(kind: u16, len: usize) -> Fate {
    if is_container(kind) {
        return Fate::Enter;
    }
    if let Some(len_max) = len_max(kind) {
        return if len <= len_max { Fate::Keep } else { Fate::Drop(&codes::RECORD) };
    }
    match kind {
        // Views, guides, grids, seeds, checksums.
        0x03FA..=0x03FE | 0x0407 | 0x0408 | 0x0412..=0x0419 | 0x0400 | 0x0429..=0x042F => {
            Fate::Forget
        }
        0x040D | 0x1784 | 0x2EEB | 0x2B00..=0x2B10 | 0x36B0..=0x36BF => Fate::Forget,
        0x0800 | 0x1786..=0x1788 => Fate::Forget,
        // A mail's envelope.
        0x1785 => Fate::Drop(&codes::METADATA),
        0x03FF => Fate::Drop(&codes::MACROS),
        0x07E4 | 0x07E5..=0x07E7 | 0x1004..=0x1007 | 0x100E..=0x1010 => Fate::Drop(&codes::MEDIA),
        0x0FCB..=0x0FCE | 0x0FC1 | 0x0FC3 | 0x0BC1 | 0x0FEA | 0x1011 => Fate::Drop(&codes::OBJECT),
        0x0FEE | 0x0FFB => Fate::Drop(&codes::CONTROL),
        0x0FB8 => Fate::Drop(&codes::FONTS),
        0x0402 | 0x0406 => Fate::Drop(&codes::METADATA),
        // What newer versions want to find again.
        0x040E | 0x040F | 0x041A..=0x0428 | 0x0410 | 0x0411 => Fate::Drop(&codes::EXTENSION),
        0xF100..=0xF14F => Fate::Drop(&codes::EXTENSION),
        0x0FD0 | 0x07E3 | 0x07E9 | 0x0FA7 => Fate::Drop(&codes::EXTENSION),
        0x1016..=0x1018 | 0x177A | 0x177B | 0x177E..=0x1783 => Fate::Drop(&codes::DATA_SOURCE),
        _ => Fate::Drop(&codes::RECORD),
    }
}

fn is_container(kind: u16) -> bool {
    matches!(
        kind,
        0x03F2 // environment: fonts, default styles
            | 0x07D0 // document information
            | 0x07D5 // fonts
            | 0x0FC8 // line breaking of Japanese
            | 0x0FD9 // headers and footers
            | 0x0FF0 // list of slides
            | 0x1014 // animation of one shape
            | 0x1388 // tags
            | 0x138A // binary tag
            | 0x2EE0 // comment
            | 0x0FAE | 0x0FB3 | 0x0FB5 // styles of the outline
            | 0x07F8 // pictures of bullets
    )
}

/// Longest body of an atom that is kept as it is, in bytes.
fn len_max(kind: u16) -> Option<usize> {
    Some(match kind {
        0x03E9 => 40,
        0x03EA => 0,
        0x03EF => 24,
        0x03F1 => 8,
        0x03F3 => 20,
        0x0401 => 80,
        0x07F0 => 32,
        0x0BC3 => 8,
        0x0BDC | 0x0BDD => 4,
        0x0F9E | 0x0F9F => 4,
        0x0FA0..=0x0FA6 | 0x0FA8..=0x0FAA | 0x0FAC..=0x0FAD | 0x0FAF..=0x0FB2 | 0x0FB4 => {
            TEXT_LEN_MAX
        }
        0x0FB6 => TEXT_LEN_MAX,
        0x0FB7 => 68,
        0x0FBA => TEXT_LEN_MAX,
        0x0FD2 => 4,
        0x0FD8 => 4,
        0x0FDA => 4,
        0x0FE7 => 1 << 16,
        0x0FF7 => 8,
        0x0FF8..=0x0FFA => 4,
        0x1015 => 132,
        0x1770 => 5,
        0x2EE1 => 28,
        _ => return None,
    })
}
