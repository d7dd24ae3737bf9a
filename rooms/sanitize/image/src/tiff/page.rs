//! One directory of a TIFF: which tags pass (TIFF 6.0 parts 1 and 2), and what
//! they say of the page's size and chunks.

use sanitize_core::{Code, Job};

use super::File;
use crate::bytes::Reader;
use crate::codes;
use crate::exif::Exif;

pub(super) const WIDTH: u16 = 256;
pub(super) const HEIGHT: u16 = 257;
pub(super) const BITS: u16 = 258;
pub(super) const COMPRESSION: u16 = 259;
pub(super) const FILL_ORDER: u16 = 266;
pub(super) const STRIPS: u16 = 273;
pub(super) const SAMPLES: u16 = 277;
pub(super) const STRIP_ROWS: u16 = 278;
pub(super) const STRIP_BYTES: u16 = 279;
pub(super) const PLANES: u16 = 284;
pub(super) const T4_OPTIONS: u16 = 292;
pub(super) const T6_OPTIONS: u16 = 293;
pub(super) const TILE_WIDTH: u16 = 322;
pub(super) const TILE_HEIGHT: u16 = 323;
pub(super) const TILES: u16 = 324;
pub(super) const TILE_BYTES: u16 = 325;
pub(super) const JPEG_TABLES: u16 = 347;
const PHOTOMETRIC: u16 = 262;
const SUBSAMPLING: u16 = 530;
const YCC: u32 = 6;

/// A tag's values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values {
    Numbers(Vec<u32>),
    Ratios(Vec<(u32, u32)>),
}

/// A page's tags and how its pixels are cut.
pub(super) struct Page<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Tags that are written as they are, in order.
    pub(super) kept: Vec<(u16, Values)>,
    pub(super) compression: u32,
    pub(super) is_reversed: bool,
    pub(super) t4_options: u32,
    pub(super) jpeg_tables: Option<&'a [u8]>,
    /// Chunk sides in pixels; the last strip may be lower.
    pub(super) chunk: (u32, u32),
    pub(super) is_tiled: bool,
    /// Offsets and sizes of the chunks.
    pub(super) chunks: Vec<(u32, u32)>,
    bits: u64,
    planes: u32,
    /// Pixels that share one pair of colour samples, for unpacked YCbCr.
    shared: Option<(u32, u32)>,
}

/// Chunks of one page; a strip for each row of a very high page.
const CHUNKS_MAX: u64 = 1 << 20;
const ENTRIES_MAX: u16 = 1024;

/// Tags that pass as they are. Sizes, places and packing are computed.
const KEPT: &[u16] = &[
    254,
    BITS,
    262,
    274,
    SAMPLES,
    282,
    283,
    PLANES,
    286,
    287,
    296,
    297,
    301,
    317,
    318,
    319,
    320,
    332,
    338,
    339,
    529,
    SUBSAMPLING,
    531,
    532,
];

/// Tags that change nothing seen and say nothing, or that are computed anew.
const SILENT: &[u16] = &[
    255,
    WIDTH,
    HEIGHT,
    COMPRESSION,
    263,
    264,
    265,
    FILL_ORDER,
    STRIPS,
    STRIP_ROWS,
    STRIP_BYTES,
    280,
    281,
    288,
    289,
    290,
    291,
    T4_OPTIONS,
    T6_OPTIONS,
    TILE_WIDTH,
    TILE_HEIGHT,
    TILES,
    TILE_BYTES,
    326,
    327,
    328,
    JPEG_TABLES,
];

impl<'a> Page<'a> {
    /// Reads a directory; returns the page and where the next one stands.
    pub(super) fn read(
        file: &File<'a>,
        at: u32,
        place: &str,
        job: &mut Job<'_>,
    ) -> Option<(Self, u32)> {
        let mut reader = file.reader(at)?;
        let count = reader.u16().filter(|&count| count <= ENTRIES_MAX)?;
        // The count, the entries, the place of the next directory.
        file.own(at, 2 + 12 * usize::from(count) + 4);
        let mut tags = Tags { all: Vec::new() };
        let mut jpeg_tables = None;
        for _ in 0..count {
            let entry = Entry::read(&mut reader)?;
            entry.own(file);
            if entry.tag == JPEG_TABLES {
                jpeg_tables = entry.bytes(file);
            }
            match entry.values(file) {
                Some(values) if KEPT.contains(&entry.tag) || SILENT.contains(&entry.tag) => {
                    tags.all.push((entry.tag, values));
                }
                _ if SILENT.contains(&entry.tag) => {}
                _ => entry.report(file, place, job),
            }
        }
        let next = reader.u32().unwrap_or(0);
        tags.all.sort_by_key(|(tag, _)| *tag);
        tags.all.dedup_by_key(|(tag, _)| *tag);
        Some((tags.into_page(jpeg_tables)?, next))
    }

    /// Returns how many bytes a chunk of `rows` rows unpacks to.
    pub(super) fn chunk_bytes(&self, rows: u32) -> Option<usize> {
        let (width, rows) = (u64::from(self.chunk.0), u64::from(rows));
        let bytes = match self.shared {
            Some((across, down)) => {
                let (across, down) = (u64::from(across), u64::from(down));
                let groups = width.div_ceil(across).checked_mul(rows.div_ceil(down))?;
                groups.checked_mul(across * down + 2)?
            }
            None => width.checked_mul(self.bits)?.div_ceil(8).checked_mul(rows)?,
        };
        usize::try_from(bytes).ok()
    }

    /// Returns the rows of chunk `index`.
    pub(super) fn chunk_rows(&self, index: usize) -> u32 {
        if self.is_tiled {
            return self.chunk.1;
        }
        let in_plane = self.chunks.len() / self.planes as usize;
        let above = (index % in_plane.max(1)) as u32 * self.chunk.1;
        self.chunk.1.min(self.height.saturating_sub(above))
    }
}

struct Tags {
    all: Vec<(u16, Values)>,
}

impl Tags {
    fn numbers(&self, tag: u16) -> Option<&[u32]> {
        self.all.iter().find_map(|(known, values)| match values {
            Values::Numbers(numbers) if *known == tag => Some(numbers.as_slice()),
            _ => None,
        })
    }

    fn number(&self, tag: u16) -> Option<u32> {
        self.numbers(tag)?.first().copied()
    }

    fn into_page<'a>(self, jpeg_tables: Option<&'a [u8]>) -> Option<Page<'a>> {
        let sides = 1..=1u32 << 24;
        let width = self.number(WIDTH).filter(|side| sides.contains(side))?;
        let height = self.number(HEIGHT).filter(|side| sides.contains(side))?;
        let compression = self.number(COMPRESSION).unwrap_or(1);
        let samples = self.number(SAMPLES).unwrap_or(1).clamp(1, 64);
        let is_planar = self.number(PLANES) == Some(2);
        let depths = self.numbers(BITS).unwrap_or(&[1]);
        let depth = |sample: u32| depths.get(sample as usize).or(depths.first()).copied();
        let mut bits = 0u64;
        for sample in 0..samples {
            bits += u64::from(depth(sample).filter(|depth| (1..=64).contains(depth))?);
        }
        let planes = if is_planar { samples } else { 1 };
        if is_planar {
            bits = u64::from(depth(0)?);
        }
        let is_tiled = self.numbers(TILES).is_some();
        let chunk = if is_tiled {
            let side = |tag| self.number(tag).filter(|side| (1..=1 << 20).contains(side));
            (side(TILE_WIDTH)?, side(TILE_HEIGHT)?)
        } else {
            (width, self.number(STRIP_ROWS).unwrap_or(height).clamp(1, height))
        };
        let across = if is_tiled { width.div_ceil(chunk.0) } else { 1 };
        let expected = u64::from(across)
            .checked_mul(height.div_ceil(chunk.1).into())?
            .checked_mul(planes.into())?;
        let starts = self.numbers(if is_tiled { TILES } else { STRIPS })?;
        let sizes = self.numbers(if is_tiled { TILE_BYTES } else { STRIP_BYTES });
        if expected > CHUNKS_MAX || (starts.len() as u64) < expected {
            return None;
        }
        // Without sizes (5.6 of the old readers' habits) a strip reaches as far as it may.
        let size = |index: usize| sizes.and_then(|sizes| sizes.get(index)).copied();
        let chunks = (0..expected as usize)
            .map(|index| (starts[index], size(index).filter(|&s| s > 0).unwrap_or(u32::MAX)))
            .collect();
        let shares = self.number(PHOTOMETRIC) == Some(YCC) && compression != 7 && !is_planar;
        let shared = shares.then(|| match self.numbers(SUBSAMPLING) {
            Some(&[across @ 1..=4, down @ 1..=4, ..]) => (across, down),
            _ => (2, 2),
        });
        Some(Page {
            width,
            height,
            compression,
            is_reversed: self.number(FILL_ORDER) == Some(2),
            t4_options: self.number(T4_OPTIONS).unwrap_or(0),
            jpeg_tables,
            chunk,
            is_tiled,
            chunks,
            bits,
            planes,
            shared,
            kept: self.all.into_iter().filter(|(tag, _)| KEPT.contains(tag)).collect(),
        })
    }
}

/// A directory entry, TIFF 6.0 section 2.
struct Entry {
    tag: u16,
    kind: u16,
    count: u32,
    /// The value itself or where it stands.
    field: [u8; 4],
}

impl Entry {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (tag, kind, count) = (reader.u16()?, reader.u16()?, reader.u32()?);
        Some(Self { tag, kind, count, field: *reader.take(4)?.first_chunk()? })
    }

    /// Notes where the values stand, if not in the entry itself.
    fn own(&self, file: &File<'_>) {
        // Units by type: bytes and letters, then two, four and eight bytes.
        let unit = match self.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 => 8,
            _ => return,
        };
        let size = (self.count as usize).saturating_mul(unit);
        if size > self.field.len()
            && let Some(at) = Reader::with_order(&self.field, file.is_big).u32()
        {
            file.own(at, size);
        }
    }

    fn bytes<'a>(&self, file: &File<'a>) -> Option<&'a [u8]> {
        let at = Reader::with_order(&self.field, file.is_big).u32()?;
        file.reader(at)?.take(self.count as usize)
    }

    fn values(&self, file: &File<'_>) -> Option<Values> {
        let unit = match self.kind {
            1 => 1,
            3 => 2,
            4 => 4,
            5 => 8,
            _ => return None,
        };
        let size = (self.count as usize).checked_mul(unit)?;
        let mut inside = Reader::with_order(&self.field, file.is_big);
        let mut reader = if size <= 4 { inside } else { file.reader(inside.u32()?)? };
        let mut source = Reader::with_order(reader.take(size)?, file.is_big);
        if unit == 8 {
            let ratios = (0..self.count).map(|_| Some((source.u32()?, source.u32()?)));
            return ratios.collect::<Option<_>>().map(Values::Ratios);
        }
        let mut one = || match unit {
            1 => source.u8().map(u32::from),
            2 => source.u16().map(u32::from),
            _ => source.u32(),
        };
        (0..self.count).map(|_| one()).collect::<Option<_>>().map(Values::Numbers)
    }

    /// Reports a tag that is not written.
    fn report(&self, file: &File<'_>, place: &str, job: &mut Job<'_>) {
        let code: &Code = match self.tag {
            269 | 270..=272 | 285 | 305 | 306 | 315 | 316 | 33432 => &codes::COMMENT,
            330 | 37724 => &codes::EXTRA_PICTURE,
            700 => &codes::XMP,
            33723 | 34377 => &codes::IPTC,
            34665 => &codes::EXIF,
            34675 => &codes::ICC_DROPPED,
            34853 => &codes::GPS,
            other => {
                job.removed(&codes::APP_DATA, &format!("{place}, tag {other}"));
                return;
            }
        };
        // The camera's block may hold more than its name says.
        let at = Reader::with_order(&self.field, file.is_big).u32();
        if let (34665, Some(at)) = (self.tag, at) {
            let has_maker_note = Exif::directory_has_maker_note(file.bytes, file.is_big, at);
            job.removed_times(&codes::MAKER_NOTE, place, u64::from(has_maker_note));
        }
        job.removed(code, place);
    }
}
