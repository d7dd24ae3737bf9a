//! Reads what matters of an Exif block (CIPA DC-008) and writes a fresh one that
//! holds nothing but the orientation. Knows no picture format around it.

use sanitize_core::Job;

use crate::bytes::Reader;
use crate::codes;

/// Physical resolution as Exif states it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Resolution {
    pub x: f64,
    pub y: f64,
    /// TIFF ResolutionUnit: 2 inch, 3 centimetre.
    pub unit: u16,
}

/// What an Exif block said.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Exif {
    /// 1 to 8; 1 is upright.
    pub orientation: u16,
    pub resolution: Option<Resolution>,
    has_gps: bool,
    has_maker_note: bool,
    has_thumbnail: bool,
}

const ORIENTATION: u16 = 0x0112;
const X_RESOLUTION: u16 = 0x011A;
const Y_RESOLUTION: u16 = 0x011B;
const RESOLUTION_UNIT: u16 = 0x0128;
const EXIF_IFD: u16 = 0x8769;
const GPS_IFD: u16 = 0x8825;
const MAKER_NOTE: u16 = 0x927C;
const SHORT: u16 = 3;
/// Entries looked at in one directory; real ones have some dozens.
const ENTRIES_MAX: u16 = 512;

impl Exif {
    /// Reads a TIFF-framed block; anything unreadable counts as absent.
    pub(crate) fn read(block: &[u8]) -> Self {
        let mut exif = Self { orientation: 1, ..Self::default() };
        // A block that stops half-way keeps what was read up to there.
        let _ = exif.read_directories(block);
        exif
    }

    fn read_directories(&mut self, block: &[u8]) -> Option<()> {
        let is_big = match block.get(..2)? {
            b"MM" => true,
            b"II" => false,
            _ => return None,
        };
        let mut reader = Reader::with_order(block, is_big);
        reader.skip(4)?;
        let first = reader.u32()? as usize;
        reader.seek(first)?;
        let (mut x, mut y, mut unit, mut inner) = (None, None, 2, None);
        for _ in 0..reader.u16()?.min(ENTRIES_MAX) {
            let (tag, kind) = (reader.u16()?, reader.u16()?);
            let (count, value) = (reader.u32()?, reader.take(4)?);
            let mut field = Reader::with_order(value, is_big);
            match tag {
                ORIENTATION if kind == SHORT && count == 1 => self.orientation = field.u16()?,
                RESOLUTION_UNIT if kind == SHORT => unit = field.u16()?,
                X_RESOLUTION => x = rational(block, is_big, field.u32()?),
                Y_RESOLUTION => y = rational(block, is_big, field.u32()?),
                EXIF_IFD => inner = Some(field.u32()?),
                GPS_IFD => self.has_gps = true,
                _ => {}
            }
        }
        if !(1..=8).contains(&self.orientation) {
            self.orientation = 1;
        }
        if let (Some(x), Some(y), 2 | 3) = (x, y, unit) {
            self.resolution = Some(Resolution { x, y, unit });
        }
        self.has_thumbnail = reader.u32().is_some_and(|next| next != 0);
        self.has_maker_note = Self::directory_has_maker_note(block, is_big, inner?);
        Some(())
    }

    /// Says whether the camera's directory at `at` holds a MakerNote.
    pub(crate) fn directory_has_maker_note(block: &[u8], is_big: bool, at: u32) -> bool {
        let mut reader = Reader::with_order(block, is_big);
        let count = reader.seek(at as usize).and_then(|()| reader.u16()).unwrap_or(0);
        (0..count.min(ENTRIES_MAX)).any(|_| {
            let tag = reader.u16();
            tag.is_some() && reader.skip(10).is_some() && tag == Some(MAKER_NOTE)
        })
    }

    /// Reports the block, unless it is one that [`orientation_only`] wrote.
    pub(crate) fn report(&self, block: &[u8], job: &mut Job<'_>) {
        if block == orientation_only(self.orientation) {
            return;
        }
        job.removed(&codes::EXIF, "");
        job.removed_times(&codes::GPS, "", u64::from(self.has_gps));
        job.removed_times(&codes::MAKER_NOTE, "", u64::from(self.has_maker_note));
        job.removed_times(&codes::THUMBNAIL, "", u64::from(self.has_thumbnail));
    }
}

fn rational(block: &[u8], is_big: bool, at: u32) -> Option<f64> {
    let mut reader = Reader::with_order(block, is_big);
    reader.seek(at as usize)?;
    let (over, under) = (reader.u32()?, reader.u32()?);
    (over != 0 && under != 0).then(|| f64::from(over) / f64::from(under))
}

/// Writes a TIFF block with the orientation as its only entry, so that viewers
/// that turn pictures and viewers that do not both show what they did before.
pub(crate) fn orientation_only(orientation: u16) -> Vec<u8> {
    let mut block = b"MM\0\x2A\0\0\0\x08\0\x01".to_vec();
    block.extend(ORIENTATION.to_be_bytes());
    block.extend(SHORT.to_be_bytes());
    block.extend(1u32.to_be_bytes());
    block.extend(orientation.to_be_bytes());
    block.extend([0; 6]);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_block_is_read_back() {
        assert_eq!(Exif::read(&orientation_only(6)).orientation, 6);
    }

    #[test]
    fn every_truncation_is_survived() {
        let block = orientation_only(3);
        for end in 0..block.len() {
            let _ = Exif::read(&block[..end]);
        }
    }
}
