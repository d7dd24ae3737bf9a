//! Device-independent bitmaps, [MS-WMF] 2.2.2.9: the picture inside BMP, ICO, EMF
//! and WMF. Reads every header version, checks all sizes, and writes one header
//! version with rows of exactly the right length. Knows no file around it.

use crate::bytes::Reader;

mod runs;

/// How pixels above eight bits are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// As BI_RGB fixes it.
    Plain,
    /// BI_BITFIELDS: red, green, blue and alpha masks.
    Masks([u32; 4]),
    /// BI_RLE8 or BI_RLE4.
    Runs,
}

/// A bitmap, checked.
pub(crate) struct Dib {
    pub(crate) width: u32,
    pub(crate) height: u32,
    is_top_down: bool,
    depth: u16,
    layout: Layout,
    /// Pixels a metre, across and down.
    density: (i32, i32),
    palette: Palette,
    /// Whether the header carried a colour profile.
    pub(crate) has_profile: bool,
    rows: Vec<u8>,
}

/// What indices mean.
enum Palette {
    /// Blue, green, red, zero.
    Colours(Vec<[u8; 4]>),
    /// DIB_PAL_COLORS: places in the palette that is selected when drawing.
    Places(Vec<u16>),
}

/// What stands before the rows: everything but them.
pub(crate) struct Head {
    dib: Dib,
    /// Bytes of header, masks and palette.
    pub(crate) bytes: usize,
    packed_size: u32,
}

const CORE_BYTES: u32 = 12;
const INFO_BYTES: u32 = 40;
const V4_BYTES: u32 = 108;
/// Sides above this overflow other people's arithmetic.
const SIDE_MAX: u32 = 1 << 20;

impl Head {
    /// Reads a header with its masks and palette. With `has_places` the palette
    /// is one of 16-bit places.
    pub(crate) fn read(bytes: &[u8], has_places: bool) -> Option<Self> {
        let mut reader = Reader::little(bytes);
        let size = reader.u32()?;
        if size == CORE_BYTES {
            return Self::read_core(bytes, has_places);
        }
        if !(16..=4096).contains(&size) {
            return None;
        }
        let header = bytes.get(4..size as usize)?;
        // OS/2 headers may stop anywhere behind the fourth field: the rest is zero.
        let mut full = header.to_vec();
        full.resize(full.len().max(V4_BYTES as usize), 0);
        let mut fields = Reader::little(&full);
        let (width, height) = (fields.i32()?, fields.i32()?);
        let (_planes, depth) = (fields.u16()?, fields.u16()?);
        let (compression, packed_size) = (fields.u32()?, fields.u32()?);
        let density = (fields.i32()?, fields.i32()?);
        let (used, _important) = (fields.u32()?, fields.u32()?);
        let mut masks = [fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?];
        let space = fields.take(4)?;
        reader.seek(size as usize)?;
        if size < 56 {
            masks[3] = 0;
        }
        if size == INFO_BYTES && matches!(compression, 3 | 6) {
            masks = [reader.u32()?, reader.u32()?, reader.u32()?, 0];
            if compression == 6 {
                masks[3] = reader.u32()?;
            }
        }
        let layout = match (compression, depth) {
            (0, 1 | 2 | 4 | 8 | 16 | 24 | 32) => Layout::Plain,
            (1, 8) | (2, 4) => Layout::Runs,
            (3 | 6, 16 | 32) if are_masks(masks, depth) => Layout::Masks(masks),
            _ => return None,
        };
        let count = palette_count(depth, used);
        let mut palette = Palette::read(&mut reader, count, has_places, 4)?;
        if depth > 8 {
            palette = Palette::Colours(Vec::new());
        }
        let dib = Dib {
            width: u32::try_from(width).ok()?,
            height: height.unsigned_abs(),
            is_top_down: height < 0 && layout != Layout::Runs,
            depth,
            layout,
            density: (density.0.max(0), density.1.max(0)),
            palette,
            // PROFILE_EMBEDDED and PROFILE_LINKED, [MS-WMF] 2.1.1.14.
            has_profile: size > V4_BYTES && (space == b"DEBM" || space == b"KNIL"),
            rows: Vec::new(),
        };
        Self { dib, bytes: reader.at(), packed_size }.checked()
    }

    fn read_core(bytes: &[u8], has_places: bool) -> Option<Self> {
        let mut reader = Reader::little(bytes);
        reader.skip(4)?;
        let (width, height) = (reader.u16()?, reader.u16()?);
        let (_planes, depth) = (reader.u16()?, reader.u16()?);
        if !matches!(depth, 1 | 4 | 8 | 24) {
            return None;
        }
        let palette = Palette::read(&mut reader, palette_count(depth, 0), has_places, 3)?;
        let dib = Dib {
            width: width.into(),
            height: height.into(),
            is_top_down: false,
            depth,
            layout: Layout::Plain,
            density: (0, 0),
            palette,
            has_profile: false,
            rows: Vec::new(),
        };
        Self { dib, bytes: reader.at(), packed_size: 0 }.checked()
    }

    fn checked(self) -> Option<Self> {
        let sides = 1..=SIDE_MAX;
        (sides.contains(&self.dib.width) && sides.contains(&self.dib.height)).then_some(self)
    }

    /// The picture's sides, for the budget.
    pub(crate) fn sides(&self) -> (u32, u32) {
        (self.dib.width, self.dib.height)
    }

    /// Corrects the height where it counts a mask below the picture (ICO).
    pub(crate) fn halve_height(mut self) -> Option<Self> {
        self.dib.height /= 2;
        (self.dib.height > 0).then_some(self)
    }

    /// Returns how many bytes the rows take in the source.
    pub(crate) fn row_bytes(&self) -> usize {
        match self.dib.layout {
            Layout::Runs => self.packed_size as usize,
            Layout::Plain | Layout::Masks(_) => self.dib.stride() * self.dib.height as usize,
        }
    }

    /// Takes the rows; where they end early the rest is zero.
    pub(crate) fn with_rows(self, rows: &[u8]) -> Dib {
        let mut dib = self.dib;
        let stride = dib.stride();
        dib.rows = match dib.layout {
            Layout::Runs => runs::unpack(rows, dib.width, dib.height, dib.depth == 4),
            Layout::Plain | Layout::Masks(_) => {
                let size = stride * dib.height as usize;
                let mut kept = rows[..rows.len().min(size)].to_vec();
                kept.resize(size, 0);
                kept
            }
        };
        if dib.layout != Layout::Runs {
            dib.clear_padding();
        }
        dib.widen_palette();
        dib
    }
}

impl Dib {
    fn stride(&self) -> usize {
        (self.width as usize * usize::from(self.depth)).div_ceil(32) * 4
    }

    /// Zeroes what fills rows up to four bytes: it is never shown.
    fn clear_padding(&mut self) {
        let bits = self.width as usize * usize::from(self.depth);
        let stride = self.stride();
        let whole = bits / 8;
        for row in self.rows.chunks_exact_mut(stride) {
            let (kept, padding) = row.split_at_mut(whole);
            let _ = kept;
            if let Some((first, rest)) = padding.split_first_mut() {
                *first &= !(0xFFu16 >> (bits % 8)) as u8;
                rest.fill(0);
            }
        }
    }

    /// Gives every index that occurs a colour.
    fn widen_palette(&mut self) {
        let room = if self.depth <= 8 { 1usize << self.depth } else { return };
        if self.palette.len() >= room {
            return;
        }
        let used = match (self.layout, self.depth) {
            (Layout::Runs, _) | (_, 8) => {
                self.rows.iter().copied().max().map_or(0, usize::from) + 1
            }
            _ => room,
        };
        self.palette.resize(self.palette.len().max(used.min(room)));
    }

    /// Writes the header with masks and palette.
    pub(crate) fn head(&self) -> Vec<u8> {
        let has_alpha = matches!(self.layout, Layout::Masks([.., alpha]) if alpha != 0);
        let size = if has_alpha { V4_BYTES } else { INFO_BYTES };
        let height = self.height.cast_signed();
        let compression: u32 = match self.layout {
            Layout::Plain => 0,
            Layout::Runs => {
                if self.depth == 8 {
                    1
                } else {
                    2
                }
            }
            Layout::Masks(_) => 3,
        };
        let used = self.palette.len();
        let used = if self.depth <= 8 && used == 1 << self.depth { 0 } else { used as u32 };
        let mut out = size.to_le_bytes().to_vec();
        out.extend(self.width.to_le_bytes());
        out.extend((if self.is_top_down { -height } else { height }).to_le_bytes());
        out.extend(1u16.to_le_bytes());
        out.extend(self.depth.to_le_bytes());
        out.extend(compression.to_le_bytes());
        out.extend((self.packed_rows().len() as u32).to_le_bytes());
        out.extend(self.density.0.to_le_bytes());
        out.extend(self.density.1.to_le_bytes());
        out.extend(used.to_le_bytes());
        out.extend(0u32.to_le_bytes());
        if let Layout::Masks(masks) = self.layout {
            let count = if has_alpha { 4 } else { 3 };
            masks[..count].iter().for_each(|mask| out.extend(mask.to_le_bytes()));
        }
        if has_alpha {
            // LCS_sRGB; end points and gamma are then ignored, [MS-WMF] 2.2.2.4.
            out.extend(b"BGRs");
            out.resize(V4_BYTES as usize, 0);
        }
        self.palette.write(&mut out);
        out
    }

    /// Returns the rows as they are stored.
    pub(crate) fn packed_rows(&self) -> std::borrow::Cow<'_, [u8]> {
        match self.layout {
            Layout::Runs => runs::pack(&self.rows, self.width, self.depth == 4).into(),
            Layout::Plain | Layout::Masks(_) => (&self.rows).into(),
        }
    }
}

impl Palette {
    fn read(
        reader: &mut Reader<'_>,
        count: usize,
        has_places: bool,
        colour_bytes: usize,
    ) -> Option<Self> {
        if has_places {
            return (0..count).map(|_| reader.u16()).collect::<Option<_>>().map(Self::Places);
        }
        let mut colours = Vec::new();
        for _ in 0..count {
            let Some(colour) = reader.take(colour_bytes) else { break };
            colours.push([colour[0], colour[1], colour[2], 0]);
        }
        Some(Self::Colours(colours))
    }

    fn len(&self) -> usize {
        match self {
            Self::Colours(colours) => colours.len(),
            Self::Places(places) => places.len(),
        }
    }

    fn resize(&mut self, count: usize) {
        match self {
            Self::Colours(colours) => colours.resize(count, [0; 4]),
            Self::Places(places) => places.resize(count, 0),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Colours(colours) => out.extend(colours.as_flattened()),
            Self::Places(places) => places.iter().for_each(|p| out.extend(p.to_le_bytes())),
        }
    }
}

fn palette_count(depth: u16, used: u32) -> usize {
    if depth > 8 {
        // Only a hint for displays of few colours; it is stepped over.
        return used.min(256) as usize;
    }
    let room = 1usize << depth;
    if used == 0 { room } else { room.min(used as usize) }
}

/// Masks must be runs of ones, apart from each other, inside the pixel.
fn are_masks(masks: [u32; 4], depth: u16) -> bool {
    let mut seen = 0u32;
    for mask in masks {
        let ones = mask.checked_shr(mask.trailing_zeros()).unwrap_or(0);
        let is_run = ones & ones.wrapping_add(1) == 0;
        let fits = depth == 32 || mask >> 16 == 0;
        if !is_run || !fits || seen & mask != 0 {
            return false;
        }
        seen |= mask;
    }
    masks[..3].iter().any(|&mask| mask != 0)
}
