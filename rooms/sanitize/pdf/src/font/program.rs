//! Embedded font programs: tells the formats apart by their bytes and hands
//! each to its own parser and writer.

use super::{cff, sfnt, type1};
use crate::model::{self, Obj};

/// A font program, written anew.
pub struct Program {
    /// Its format.
    pub kind: Kind,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// `Length1` to `Length3` as far as the format has them.
    pub lengths: Vec<usize>,
    /// Whether its matrix held something else than numbers.
    pub odd_matrix: bool,
}

/// The formats of font programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Type 1.
    Type1,
    /// TrueType outlines.
    TrueType,
    /// Bare CFF; CID-keyed or not.
    Cff {
        /// Whether glyphs go by CID.
        cid: bool,
    },
    /// OpenType with CFF outlines.
    OpenType,
}

impl Kind {
    /// Returns the descriptor's key for it and the start of its dictionary.
    #[must_use]
    pub fn place(self) -> (&'static str, model::Dict) {
        let mut dict = model::Dict::new();
        let key = match self {
            Self::Type1 => "FontFile",
            Self::TrueType => "FontFile2",
            Self::Cff { cid: true } => {
                dict.put("Subtype", Obj::name("CIDFontType0C"));
                "FontFile3"
            }
            Self::Cff { cid: false } => {
                dict.put("Subtype", Obj::name("Type1C"));
                "FontFile3"
            }
            Self::OpenType => {
                dict.put("Subtype", Obj::name("OpenType"));
                "FontFile3"
            }
        };
        (key, dict)
    }
}

/// Rebuilds a font program; `None` where it cannot be checked.
#[must_use]
pub fn rebuild(data: &[u8]) -> Option<Program> {
    match data.get(..4)? {
        [0, 1, 0, 0] | b"true" | b"OTTO" | b"ttcf" => sfnt::rebuild(data),
        [1, 0..=2, 4..=16, 1..=4] => cff::rebuild(data).map(|font| Program {
            kind: Kind::Cff { cid: font.cid },
            bytes: font.bytes,
            lengths: Vec::new(),
            odd_matrix: false,
        }),
        _ => type1::rebuild(data),
    }
}
