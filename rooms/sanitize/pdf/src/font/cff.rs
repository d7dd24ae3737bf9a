//! CFF font programs (Adobe technical note 5176): parsed into dictionaries,
//! charsets and glyph programs and written anew; unused names and subroutines,
//! notices and unknown operators are left out.

mod read;
mod write;

/// A rebuilt program.
pub struct Rebuilt {
    /// Whether glyphs go by CID.
    pub cid: bool,
    /// The new bytes.
    pub bytes: Vec<u8>,
}

/// Rebuilds a CFF program; `None` where its structure cannot be followed.
#[must_use]
pub fn rebuild(data: &[u8]) -> Option<Rebuilt> {
    let font = read::parse(data)?;
    Some(Rebuilt { cid: font.cid.is_some(), bytes: write::write(&font)? })
}

/// An operand as it is written again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand {
    /// A whole number.
    Int(i32),
    /// A fraction.
    Real(f64),
}

impl Operand {
    fn int(self) -> i64 {
        match self {
            Self::Int(value) => i64::from(value),
            Self::Real(value) => value as i64,
        }
    }
}

/// A dictionary: operators with their operands; escaped ones are 1200 + n.
type Entries = Vec<(u16, Vec<Operand>)>;

/// Hints and subroutines of one part of the font.
#[derive(Default)]
struct Private<'d> {
    entries: Entries,
    subroutines: Vec<&'d [u8]>,
}

/// The parts of a CID-keyed font.
struct Cid<'d> {
    registry: Vec<u8>,
    ordering: Vec<u8>,
    supplement: i32,
    parts: Vec<(Entries, Private<'d>)>,
    /// Which part each glyph belongs to.
    select: Vec<u8>,
}

/// How glyphs are named.
enum Charset {
    /// One of the three charsets that every reader knows.
    Known(u8),
    /// Names by string number, from glyph 1 on.
    Names(Vec<Vec<u8>>),
    /// CIDs, from glyph 1 on.
    Cids(Vec<u16>),
}

/// How codes lead to glyphs.
enum Encoding {
    Known(u8),
    /// Codes of glyphs from 1 on, then codes for names.
    Own(Vec<u8>, Vec<(u8, Vec<u8>)>),
}

/// A parsed font.
struct Font<'d> {
    top: Entries,
    private: Private<'d>,
    cid: Option<Cid<'d>>,
    charset: Charset,
    encoding: Encoding,
    glyphs: Vec<&'d [u8]>,
    global: Vec<&'d [u8]>,
}

/// Operators of a top dictionary that stay as they are.
const TOP_KEPT: &[u16] = &[5, 1201, 1202, 1203, 1204, 1205, 1207, 1208, 1231, 1232, 1233, 1234];
/// Operators of a private dictionary that stay.
const PRIVATE_KEPT: &[u16] =
    &[6, 7, 8, 9, 10, 11, 20, 21, 1209, 1210, 1211, 1212, 1213, 1214, 1217, 1218, 1219];
/// Names that every reader knows by number.
const STANDARD_STRINGS: u16 = 391;

#[cfg(test)]
mod tests;
