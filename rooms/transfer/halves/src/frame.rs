//! The words that the two ends say: a type byte, a length of four bytes, a
//! payload of one shape. No length is believed before its type's limit was
//! looked at. Pure: bytes in, frames or refusals out.

use crate::limits::{LINKS_MAX, NAME_BYTES_MAX, PIECE_BYTES, TAG_BYTES, WORDS_BYTES_MAX};
use crate::link::{ItemId, LinkHash, OpenLink};

/// Bytes before a payload.
pub const HEAD_BYTES: usize = 5;

/// What the inner end says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToOuter {
    /// First, and once.
    Hello {
        /// The version it speaks.
        version: u16,
        /// Its clock, in milliseconds since 1970.
        now_ms: i64,
    },
    /// The whole set of open links follows: so many.
    Links {
        /// How many.
        count: u32,
    },
    /// One of them.
    Link(OpenLink),
    /// Asks for the next item.
    Pull,
    /// Wants the content of the item that was just offered.
    Accept(ItemId),
    /// An item is answered for: the outer end needs it no longer.
    Answer(ItemId, Verdict),
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is written down; forget it.
    Taken,
    /// It is not wanted, and never will be; forget it.
    Refused,
    /// What came cannot be opened; keep it aside for a person.
    Broken,
}

/// What the outer end says, and only when asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToInner {
    /// First, and once.
    Hello {
        /// The version it speaks.
        version: u16,
        /// How it is.
        says: OuterSays,
    },
    /// Nothing waits.
    Nothing(OuterSays),
    /// An item is offered.
    Item(Head),
    /// A piece of the item that was accepted.
    Piece(Vec<u8>),
}

/// How the outer end is. Its word only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OuterSays {
    /// Its clock, in milliseconds since 1970.
    pub now_ms: i64,
    /// Items that wait.
    pub waiting: u32,
    /// Their bytes.
    pub waiting_bytes: u64,
    /// Bytes that are free on its disk.
    pub free_bytes: u64,
}

/// An item that is offered. Its name is sealed like its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its id.
    pub item: ItemId,
    /// By which link it came.
    pub link: LinkHash,
    /// How many bytes it has.
    pub bytes: u64,
    /// The encapsulated key (RFC 9180 §4.1) of its seal.
    pub key: [u8; 32],
    /// Its sealed name.
    pub name: Vec<u8>,
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// No such type in this direction.
    #[error("a frame of the unknown type {0}")]
    Type(u8),
    /// Longer than this type may be.
    #[error("a frame of the type {kind} with {length} bytes")]
    Length {
        /// The type.
        kind: u8,
        /// How long it claims to be.
        length: u32,
    },
    /// Its payload has another shape.
    #[error("a frame of the type {0} with a payload that cannot be read")]
    Shape(u8),
}

/// A direction of the protocol.
pub trait Frame: Sized {
    /// The longest payload of a type, in bytes; nothing for an unknown type.
    fn bytes_max(kind: u8) -> Option<usize>;
    /// Reads a payload.
    ///
    /// # Errors
    /// [`FrameError::Shape`].
    fn read(kind: u8, payload: &[u8]) -> Result<Self, FrameError>;
    /// The type, and the payload appended to `out`.
    fn write(&self, out: &mut Vec<u8>) -> u8;
}

/// Looks at what stands before a payload: its type and how long it is.
///
/// # Errors
/// For an unknown type, and for a length that the type does not have.
pub fn head<F: Frame>(bytes: [u8; HEAD_BYTES]) -> Result<(u8, usize), FrameError> {
    let [kind, a, b, c, d] = bytes;
    let length = u32::from_be_bytes([a, b, c, d]);
    let max = F::bytes_max(kind).ok_or(FrameError::Type(kind))?;
    match usize::try_from(length) {
        Ok(count) if count <= max => Ok((kind, count)),
        Ok(_) | Err(_) => Err(FrameError::Length { kind, length }),
    }
}

/// Reads a frame from the beginning of bytes, with how many it took; nothing
/// if it is not whole.
///
/// # Errors
/// As [`head`] and [`Frame::read`].
pub fn decode<F: Frame>(bytes: &[u8]) -> Result<Option<(F, usize)>, FrameError> {
    let Some((start, rest)) = bytes.split_first_chunk::<HEAD_BYTES>() else { return Ok(None) };
    let (kind, length) = head::<F>(*start)?;
    let Some(payload) = rest.get(..length) else { return Ok(None) };
    Ok(Some((F::read(kind, payload)?, HEAD_BYTES + length)))
}

/// Writes a frame.
#[must_use]
pub fn encode<F: Frame>(frame: &F) -> Vec<u8> {
    let mut out = vec![0; HEAD_BYTES];
    let kind = frame.write(&mut out);
    let length = u32::try_from(out.len() - HEAD_BYTES).unwrap_or(u32::MAX).to_be_bytes();
    let [first, rest @ ..] = &mut out[..HEAD_BYTES] else { return out };
    *first = kind;
    rest.copy_from_slice(&length);
    out
}

const SAYS_BYTES: usize = 8 + 4 + 8 + 8;
const LINK_BYTES_MAX: usize = 32 + 8 + 8 + 8 + 4 + 8 + 3 * (2 + WORDS_BYTES_MAX);
const ITEM_BYTES_MAX: usize = 16 + 32 + 8 + 32 + 2 + NAME_BYTES_MAX + TAG_BYTES;

impl Frame for ToOuter {
    fn bytes_max(kind: u8) -> Option<usize> {
        match kind {
            1 => Some(2 + 8),
            2 => Some(4),
            3 => Some(LINK_BYTES_MAX),
            4 => Some(0),
            5 => Some(16),
            6 => Some(17),
            _ => None,
        }
    }

    fn read(kind: u8, payload: &[u8]) -> Result<Self, FrameError> {
        let mut reader = Reader(payload);
        let frame = (|| {
            Some(match kind {
                1 => Self::Hello { version: reader.u16()?, now_ms: reader.i64()? },
                2 => {
                    let count = reader.u32().filter(|count| *count <= LINKS_MAX)?;
                    Self::Links { count }
                }
                3 => Self::Link(reader.link()?),
                4 => Self::Pull,
                5 => Self::Accept(ItemId(reader.array()?)),
                6 => {
                    let item = ItemId(reader.array()?);
                    let [verdict] = reader.array()?;
                    Self::Answer(item, Verdict::of(verdict)?)
                }
                _ => return None,
            })
        })();
        frame.filter(|_| reader.0.is_empty()).ok_or(FrameError::Shape(kind))
    }

    fn write(&self, out: &mut Vec<u8>) -> u8 {
        match self {
            Self::Hello { version, now_ms } => {
                out.extend(version.to_be_bytes());
                out.extend(now_ms.to_be_bytes());
                1
            }
            Self::Links { count } => {
                out.extend(count.to_be_bytes());
                2
            }
            Self::Link(link) => {
                write_link(link, out);
                3
            }
            Self::Pull => 4,
            Self::Accept(item) => {
                out.extend(item.0);
                5
            }
            Self::Answer(item, verdict) => {
                out.extend(item.0);
                out.push(verdict.byte());
                6
            }
        }
    }
}

impl Frame for ToInner {
    fn bytes_max(kind: u8) -> Option<usize> {
        match kind {
            1 => Some(2 + SAYS_BYTES),
            2 => Some(SAYS_BYTES),
            3 => Some(ITEM_BYTES_MAX),
            4 => Some(PIECE_BYTES + TAG_BYTES),
            _ => None,
        }
    }

    fn read(kind: u8, payload: &[u8]) -> Result<Self, FrameError> {
        let mut reader = Reader(payload);
        let frame = (|| {
            Some(match kind {
                1 => Self::Hello { version: reader.u16()?, says: reader.says()? },
                2 => Self::Nothing(reader.says()?),
                3 => Self::Item(Head {
                    item: ItemId(reader.array()?),
                    link: LinkHash(reader.array()?),
                    bytes: reader.u64()?,
                    key: reader.array()?,
                    name: reader.counted(NAME_BYTES_MAX + TAG_BYTES)?.to_vec(),
                }),
                4 => Self::Piece(reader.rest().to_vec()),
                _ => return None,
            })
        })();
        frame.filter(|_| reader.0.is_empty()).ok_or(FrameError::Shape(kind))
    }

    fn write(&self, out: &mut Vec<u8>) -> u8 {
        match self {
            Self::Hello { version, says } => {
                out.extend(version.to_be_bytes());
                write_says(says, out);
                1
            }
            Self::Nothing(says) => {
                write_says(says, out);
                2
            }
            Self::Item(head) => {
                out.extend(head.item.0);
                out.extend(head.link.0);
                out.extend(head.bytes.to_be_bytes());
                out.extend(head.key);
                write_counted(&head.name, NAME_BYTES_MAX + TAG_BYTES, out);
                3
            }
            Self::Piece(sealed) => {
                out.extend(sealed);
                4
            }
        }
    }
}

impl Verdict {
    const fn byte(self) -> u8 {
        match self {
            Self::Taken => 1,
            Self::Refused => 2,
            Self::Broken => 3,
        }
    }

    const fn of(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Taken),
            2 => Some(Self::Refused),
            3 => Some(Self::Broken),
            _ => None,
        }
    }
}

fn write_says(says: &OuterSays, out: &mut Vec<u8>) {
    out.extend(says.now_ms.to_be_bytes());
    out.extend(says.waiting.to_be_bytes());
    out.extend(says.waiting_bytes.to_be_bytes());
    out.extend(says.free_bytes.to_be_bytes());
}

fn write_link(link: &OpenLink, out: &mut Vec<u8>) {
    out.extend(link.hash.0);
    out.extend(link.ends_in_seconds.to_be_bytes());
    out.extend(link.ends_at_ms.to_be_bytes());
    out.extend(link.bytes_left.to_be_bytes());
    out.extend(link.files_left.to_be_bytes());
    out.extend(link.file_bytes_max.to_be_bytes());
    for words in [&link.body, &link.receiver, &link.purpose] {
        write_counted(cut(words, WORDS_BYTES_MAX).as_bytes(), WORDS_BYTES_MAX, out);
    }
}

/// Writes bytes after their count; what is beyond the limit is left out, which
/// whoever seals or shortens has seen to before.
fn write_counted(bytes: &[u8], max: usize, out: &mut Vec<u8>) {
    let bytes = bytes.get(..max).unwrap_or(bytes);
    out.extend(u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend(bytes);
}

/// The beginning of a text, of whole characters.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max {
        return text;
    }
    let end = (0..=bytes_max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// Takes values off the beginning of a payload.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        let (taken, rest) = self.0.split_first_chunk::<LENGTH>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    fn counted(&mut self, max: usize) -> Option<&'a [u8]> {
        let length = usize::from(self.u16()?);
        if length > max {
            return None;
        }
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn words(&mut self) -> Option<String> {
        std::str::from_utf8(self.counted(WORDS_BYTES_MAX)?).ok().map(str::to_owned)
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    fn says(&mut self) -> Option<OuterSays> {
        Some(OuterSays {
            now_ms: self.i64()?,
            waiting: self.u32()?,
            waiting_bytes: self.u64()?,
            free_bytes: self.u64()?,
        })
    }

    fn link(&mut self) -> Option<OpenLink> {
        Some(OpenLink {
            hash: LinkHash(self.array()?),
            ends_in_seconds: self.u64()?,
            ends_at_ms: self.i64()?,
            bytes_left: self.u64()?,
            files_left: self.u32()?,
            file_bytes_max: self.u64()?,
            body: self.words()?,
            receiver: self.words()?,
            purpose: self.words()?,
        })
    }
}

#[cfg(test)]
mod tests;
