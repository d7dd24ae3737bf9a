//! The frame of a JPEG, ISO/IEC 10918-1 B.2.2: its size, components and how
//! they divide into blocks. Knows no entropy coding.

use crate::bytes::Reader;

/// One colour component.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Sampling factors, 1 to 4.
    pub(super) across: u32,
    pub(super) down: u32,
    pub(super) quantiser: usize,
    /// Its table as it stood at the component's first scan.
    pub(super) table: Option<[u16; 64]>,
    /// Blocks that carry picture.
    pub(super) blocks_wide: u32,
    pub(super) blocks_high: u32,
    /// Blocks with those that only fill the last units.
    pub(super) padded_wide: u32,
    pub(super) padded_high: u32,
}

/// How the coefficients are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    Sequential,
    Progressive,
}

/// The frame header.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) process: Process,
    /// Bits of a sample: 8 or 12.
    pub(super) precision: u8,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) components: Vec<Component>,
    pub(super) units_wide: u32,
    pub(super) units_high: u32,
}

/// B.2.3: blocks in one unit of an interleaved scan.
const UNIT_BLOCKS_MAX: u32 = 10;

impl Frame {
    /// Reads the body of a SOF segment. `height_late` is the height a DNL
    /// segment gives where the header says zero.
    pub(super) fn read(body: &[u8], process: Process, height_late: u32) -> Option<Self> {
        let mut reader = Reader::big(body);
        let precision = reader.u8()?;
        let (mut height, width) = (u32::from(reader.u16()?), u32::from(reader.u16()?));
        if height == 0 {
            height = height_late;
        }
        let count = reader.u8()?;
        let known = matches!(precision, 8 | 12) && matches!(count, 1 | 3 | 4);
        if !known || width == 0 || height == 0 {
            return None;
        }
        let mut components = Vec::new();
        for _ in 0..count {
            components.push(Component::read(&mut reader)?);
        }
        if count == 1 {
            // A.2.2: one component is never interleaved, so its factors mean nothing.
            (components[0].across, components[0].down) = (1, 1);
        }
        let mut frame =
            Self { process, precision, width, height, components, units_wide: 0, units_high: 0 };
        frame.measure()?;
        Some(frame)
    }

    fn measure(&mut self) -> Option<()> {
        let across_max = self.components.iter().map(|c| c.across).max()?;
        let down_max = self.components.iter().map(|c| c.down).max()?;
        let blocks: u32 = self.components.iter().map(|c| c.across * c.down).sum();
        if self.components.len() > 1 && blocks > UNIT_BLOCKS_MAX {
            return None;
        }
        self.units_wide = self.width.div_ceil(8 * across_max);
        self.units_high = self.height.div_ceil(8 * down_max);
        for component in &mut self.components {
            component.blocks_wide =
                (self.width * component.across).div_ceil(across_max).div_ceil(8);
            component.blocks_high = (self.height * component.down).div_ceil(down_max).div_ceil(8);
            component.padded_wide = self.units_wide * component.across;
            component.padded_high = self.units_high * component.down;
        }
        Some(())
    }

    /// Returns how many bits a DC difference may have.
    pub(super) fn dc_bits_max(&self) -> u32 {
        u32::from(self.precision) + 3
    }

    /// Returns how many bits an AC coefficient may have.
    pub(super) fn ac_bits_max(&self) -> u32 {
        u32::from(self.precision) + 2
    }
}

impl Component {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (id, factors, quantiser) = (reader.u8()?, reader.u8()?, reader.u8()?);
        let (across, down) = (u32::from(factors >> 4), u32::from(factors & 15));
        let fits = (1..=4).contains(&across) && (1..=4).contains(&down) && quantiser < 4;
        fits.then_some(Self {
            id,
            across,
            down,
            quantiser: usize::from(quantiser),
            table: None,
            blocks_wide: 0,
            blocks_high: 0,
            padded_wide: 0,
            padded_high: 0,
        })
    }
}

/// One component's part in a scan, B.2.3.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScanPart {
    pub(super) component: usize,
    pub(super) dc: usize,
    pub(super) ac: usize,
}

/// A scan header.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    pub(super) parts: Vec<ScanPart>,
    /// First and last coefficient, and the bit positions of G.1.
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) high: u32,
    pub(super) low: u32,
}

impl Scan {
    pub(super) fn read(body: &[u8], frame: &Frame) -> Option<Self> {
        let mut reader = Reader::big(body);
        let count = usize::from(reader.u8()?);
        if count == 0 || count > frame.components.len() {
            return None;
        }
        let mut parts: Vec<ScanPart> = Vec::new();
        for _ in 0..count {
            let (id, tables) = (reader.u8()?, reader.u8()?);
            let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
            let taken = |index: usize| parts.iter().any(|part| part.component == index);
            let component = (0..frame.components.len())
                .find(|&index| frame.components[index].id == id && !taken(index))?;
            if dc > 3 || ac > 3 {
                return None;
            }
            parts.push(ScanPart { component, dc, ac });
        }
        let (first, last, bits) = (reader.u8()?, reader.u8()?, reader.u8()?);
        let mut scan = Self {
            parts,
            first: usize::from(first),
            last: usize::from(last),
            high: u32::from(bits >> 4),
            low: u32::from(bits & 15),
        };
        match frame.process {
            // Some writers leave nonsense here; sequential scans have no choice.
            Process::Sequential => (scan.first, scan.last, scan.high, scan.low) = (0, 63, 0, 0),
            Process::Progressive => {
                let is_dc = scan.first == 0 && scan.last == 0;
                let is_ac = scan.first > 0
                    && scan.first <= scan.last
                    && scan.last <= 63
                    && scan.parts.len() == 1;
                if !(is_dc || is_ac) || scan.low > 13 {
                    return None;
                }
            }
        }
        Some(scan)
    }

    /// Says whether the scan holds all components in the frame's order.
    pub(super) fn is_whole(&self, frame: &Frame) -> bool {
        self.parts.len() == frame.components.len()
            && self.parts.iter().enumerate().all(|(index, part)| part.component == index)
    }
}
