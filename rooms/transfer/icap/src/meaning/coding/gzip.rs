//! One gzip member (RFC 1952): head, deflated bytes, sum and length. The sum
//! is checked, so that what passes is what was packed.

use miniz_oxide::DataFormat;
use miniz_oxide::inflate::stream::InflateState;

use super::{CodingError, Step, inflate_step};

/// Reads one member.
pub(super) struct Gzip {
    place: Place,
    flags: u8,
    state: InflateState,
    sum: crc32fast::Hasher,
    /// Bytes unpacked, as the tail counts them: modulo 2³².
    length: u32,
}

#[derive(Clone, Debug)]
enum Place {
    /// Gathering this many bytes, then deciding.
    Fixed(Gathering, Vec<u8>),
    /// Skipping the extra field.
    Extra(usize),
    /// Skipping a text that ends in NUL; so many bytes of it so far.
    Text(Flag, usize),
    Data,
}

#[derive(Clone, Copy, Debug)]
enum Gathering {
    Head,
    ExtraLength,
    HeadSum,
    Tail,
}

#[derive(Clone, Copy, Debug)]
enum Flag {
    Name,
    Comment,
}

const FLAG_HEAD_SUM: u8 = 2;
const FLAG_EXTRA: u8 = 4;
const FLAG_NAME: u8 = 8;
const FLAG_COMMENT: u8 = 16;
const FLAGS_RESERVED: u8 = 0xe0;
/// A name or comment may be so long, in bytes.
const TEXT_BYTES_MAX: usize = 4 << 10;

impl Gathering {
    const fn bytes(self) -> usize {
        match self {
            Self::Head => 10,
            Self::ExtraLength | Self::HeadSum => 2,
            Self::Tail => 8,
        }
    }
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self {
            place: Place::Fixed(Gathering::Head, Vec::new()),
            flags: 0,
            state: InflateState::new(DataFormat::Raw),
            sum: crc32fast::Hasher::new(),
            length: 0,
        }
    }

    pub(super) fn step(&mut self, piece: &[u8], out: &mut [u8]) -> Result<Step, CodingError> {
        match &mut self.place {
            Place::Data => {
                let (used, made, is_over) = inflate_step(&mut self.state, piece, out)?;
                self.sum.update(out.get(..made).unwrap_or_default());
                self.length = self.length.wrapping_add(u32::try_from(made).unwrap_or(u32::MAX));
                if is_over {
                    self.place = Place::Fixed(Gathering::Tail, Vec::new());
                }
                Ok((used, made, false))
            }
            Place::Extra(left) => {
                let used = (*left).min(piece.len());
                *left -= used;
                if *left == 0 {
                    self.place = self.behind_extra();
                }
                Ok((used, 0, false))
            }
            Place::Text(flag, so_far) => {
                let end = piece.iter().position(|&byte| byte == 0);
                let used = end.map_or(piece.len(), |end| end + 1);
                *so_far += used;
                if *so_far > TEXT_BYTES_MAX {
                    return Err(CodingError::Broken);
                }
                let flag = *flag;
                if end.is_some() {
                    self.place = match flag {
                        Flag::Name => self.behind_name(),
                        Flag::Comment => self.behind_comment(),
                    };
                }
                Ok((used, 0, false))
            }
            Place::Fixed(what, bytes) => {
                let used = what.bytes().saturating_sub(bytes.len()).min(piece.len());
                bytes.extend_from_slice(piece.get(..used).unwrap_or_default());
                if bytes.len() < what.bytes() {
                    return Ok((used, 0, false));
                }
                let (what, bytes) = (*what, std::mem::take(bytes));
                self.gathered(what, &bytes).map(|is_over| (used, 0, is_over))
            }
        }
    }

    fn gathered(&mut self, what: Gathering, bytes: &[u8]) -> Result<bool, CodingError> {
        match (what, bytes) {
            // RFC 1952 §2.3.1: the mark, method 8, no reserved flag.
            (Gathering::Head, [0x1f, 0x8b, 8, flags, ..]) if flags & FLAGS_RESERVED == 0 => {
                self.flags = *flags;
                self.place = if self.flags & FLAG_EXTRA == 0 {
                    self.behind_extra()
                } else {
                    Place::Fixed(Gathering::ExtraLength, Vec::new())
                };
                Ok(false)
            }
            (Gathering::ExtraLength, &[low, high]) => {
                self.place = match u16::from_le_bytes([low, high]) {
                    0 => self.behind_extra(),
                    length => Place::Extra(usize::from(length)),
                };
                Ok(false)
            }
            (Gathering::HeadSum, _) => {
                self.place = Place::Data;
                Ok(false)
            }
            (Gathering::Tail, &[a, b, c, d, e, f, g, h]) => {
                let sum = std::mem::take(&mut self.sum).finalize();
                let is_good = u32::from_le_bytes([a, b, c, d]) == sum
                    && u32::from_le_bytes([e, f, g, h]) == self.length;
                if is_good { Ok(true) } else { Err(CodingError::Broken) }
            }
            (Gathering::Head | Gathering::ExtraLength | Gathering::Tail, _) => {
                Err(CodingError::Broken)
            }
        }
    }

    fn behind_extra(&self) -> Place {
        if self.flags & FLAG_NAME == 0 { self.behind_name() } else { Place::Text(Flag::Name, 0) }
    }

    fn behind_name(&self) -> Place {
        if self.flags & FLAG_COMMENT == 0 {
            self.behind_comment()
        } else {
            Place::Text(Flag::Comment, 0)
        }
    }

    fn behind_comment(&self) -> Place {
        if self.flags & FLAG_HEAD_SUM == 0 {
            Place::Data
        } else {
            Place::Fixed(Gathering::HeadSum, Vec::new())
        }
    }
}
