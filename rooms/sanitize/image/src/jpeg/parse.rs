//! Walks the markers of a JPEG (ISO/IEC 10918-1 annex B, JFIF 1.02, Exif 2.3) and
//! gathers its one picture and the little around it that changes its look.

use sanitize_core::{Job, Stop, reasons};

use super::bits::{BitReader, find_marker};
use super::frame::{Frame, Process, Scan};
use super::huffman::Decoder;
use super::scan::{self, Blocks, Tables};
use super::tokens::Tokens;
use crate::bytes::Reader;
use crate::codes;
use crate::exif::Exif;
use crate::icc;

/// Pixel density of JFIF: unit (0 only a ratio, 1 inch, 2 centimetre), x, y.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Density {
    pub(super) unit: u8,
    pub(super) x: u16,
    pub(super) y: u16,
}

/// What the component values mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Grey,
    Ycc,
    Rgb,
    /// Four components; the Adobe transform when the file named one.
    Cmyk(Option<u8>),
}

/// A picture read and ready to be written.
pub(super) struct Picture {
    pub(super) frame: Frame,
    pub(super) tokens: Tokens,
    pub(super) colour: Colour,
    pub(super) density: Option<Density>,
    pub(super) orientation: u16,
    pub(super) profile: Option<Vec<u8>>,
}

/// Scans looked at; progressive files have about ten.
const SCANS_MAX: u32 = 100;

/// Reads the first picture of a file and reports everything else in it.
pub(super) fn read(data: &[u8], job: &mut Job<'_>) -> Result<Picture, Stop> {
    let mut file = File::default();
    file.walk(data, job)?;
    file.finish(job)
}

fn broken() -> Stop {
    Stop::blocked(&reasons::BROKEN, "")
}

#[derive(Default)]
struct File {
    quantisers: [Option<[u16; 64]>; 4],
    tables: Tables,
    restart: u32,
    frame: Option<Frame>,
    tokens: Option<Tokens>,
    blocks: Option<Blocks>,
    scans: u32,
    density: Option<Density>,
    adobe: Option<u8>,
    exif: Option<Exif>,
    profile: Vec<(u8, Vec<u8>)>,
}

impl File {
    fn walk(&mut self, data: &[u8], job: &mut Job<'_>) -> Result<(), Stop> {
        let mut at = 0;
        while let Some(found) = find_marker(data, at) {
            let marker = data[found + 1];
            at = found + 2;
            match marker {
                // SOI, TEM and stray restart markers stand alone.
                0xD8 | 0x01 | 0xD0..=0xD7 => continue,
                0xD9 => {
                    let rest = data.get(at..).unwrap_or_default();
                    let has_content = rest.iter().any(|&byte| byte != 0);
                    job.removed_times(&codes::TRAILING, "", u64::from(has_content));
                    return Ok(());
                }
                _ => {}
            }
            let mut reader = Reader::big(&data[at..]);
            let Some(length) = reader.u16().and_then(|length| length.checked_sub(2)) else {
                continue;
            };
            let Some(body) = reader.take(usize::from(length)) else {
                // A cut-off segment ends the file; what is there may still show.
                return Ok(());
            };
            at += 2 + body.len();
            match marker {
                0xDA => at = self.scan(body, data, at)?,
                0xC0 | 0xC1 => self.frame(body, Process::Sequential, data, at, job)?,
                0xC2 => self.frame(body, Process::Progressive, data, at, job)?,
                0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                    return Err(Stop::blocked(&reasons::UNSUPPORTED, "JPEG"));
                }
                0xDB => self.read_quantisers(body).ok_or_else(broken)?,
                0xC4 => self.read_tables(body).ok_or_else(broken)?,
                0xDD => self.restart = Reader::big(body).u16().map_or(0, u32::from),
                0xE0..=0xEF => self.application(marker, body, job),
                0xFE => job.removed(&codes::COMMENT, ""),
                _ => {}
            }
        }
        Ok(())
    }

    fn frame(
        &mut self,
        body: &[u8],
        process: Process,
        data: &[u8],
        at: usize,
        job: &mut Job<'_>,
    ) -> Result<(), Stop> {
        if self.frame.is_some() {
            return Err(broken());
        }
        // B.2.5: DNL gives the height behind the first scan when the frame says zero.
        let late = data[at..].windows(6).find(|w| w.starts_with(&[0xFF, 0xDC, 0, 4]));
        let late = late.filter(|_| body.get(1..3) == Some(&[0, 0]));
        let height = late.map_or(0, |w| u32::from(w[4]) << 8 | u32::from(w[5]));
        let frame = Frame::read(body, process, height).ok_or_else(broken)?;
        job.budget.take_pixels(frame.width.into(), frame.height.into())?;
        self.frame = Some(frame);
        Ok(())
    }

    fn scan(&mut self, body: &[u8], data: &[u8], at: usize) -> Result<usize, Stop> {
        let frame = self.frame.as_mut().ok_or_else(broken)?;
        self.scans += 1;
        if self.scans > SCANS_MAX {
            return Err(broken());
        }
        let scan = Scan::read(body, frame).ok_or_else(broken)?;
        let mut bits = BitReader::new(data, at);
        if self.tokens.is_some() {
            // The picture is complete; a scan on top of it is damage.
            return Ok(at);
        }
        for part in &scan.parts {
            let component = &mut frame.components[part.component];
            if component.table.is_none() {
                component.table = self.quantisers[component.quantiser];
            }
        }
        let is_direct =
            frame.process == Process::Sequential && self.blocks.is_none() && scan.is_whole(frame);
        if is_direct {
            let capacity = data.len() - at;
            let tokens =
                scan::to_tokens(frame, &scan, &self.tables, self.restart, &mut bits, capacity);
            self.tokens = Some(tokens.ok_or_else(broken)?);
        } else {
            let blocks = self.blocks.get_or_insert_with(|| scan::empty_blocks(frame));
            scan::to_blocks(frame, &scan, &self.tables, self.restart, &mut bits, blocks)
                .ok_or_else(broken)?;
        }
        Ok(bits.next_marker().unwrap_or(data.len()))
    }

    /// DQT, B.2.4.1.
    fn read_quantisers(&mut self, body: &[u8]) -> Option<()> {
        let mut reader = Reader::big(body);
        while reader.left() > 0 {
            let head = reader.u8()?;
            let mut table = [0u16; 64];
            for value in &mut table {
                let read = if head >> 4 == 0 { u16::from(reader.u8()?) } else { reader.u16()? };
                // Zero is illegal and would divide by nothing somewhere.
                *value = read.max(1);
            }
            *self.quantisers.get_mut(usize::from(head & 15))? = Some(table);
        }
        Some(())
    }

    /// DHT, B.2.4.2.
    fn read_tables(&mut self, body: &[u8]) -> Option<()> {
        let mut reader = Reader::big(body);
        while reader.left() > 0 {
            let head = reader.u8()?;
            let counts: &[u8; 16] = reader.take(16)?.try_into().ok()?;
            let total: usize = counts.iter().map(|&count| usize::from(count)).sum();
            if total > 256 {
                return None;
            }
            let table = Decoder::new(counts, reader.take(total)?)?;
            let tables = if head >> 4 == 0 { &mut self.tables.dc } else { &mut self.tables.ac };
            *tables.get_mut(usize::from(head & 15))? = Some(table);
        }
        Some(())
    }

    fn application(&mut self, marker: u8, body: &[u8], job: &mut Job<'_>) {
        match marker {
            0xE0 if body.starts_with(b"JFIF\0") => self.jfif(body, job),
            0xE0 if body.starts_with(b"JFXX\0") => job.removed(&codes::THUMBNAIL, ""),
            0xE1 if body.starts_with(b"Exif\0") => {
                let block = body.get(6..).unwrap_or_default();
                let exif = Exif::read(block);
                exif.report(block, job);
                self.exif.get_or_insert(exif);
            }
            0xE1 if body.starts_with(b"http://ns.adobe.com/x") => job.removed(&codes::XMP, ""),
            0xE2 if body.starts_with(b"ICC_PROFILE\0") => {
                if let Some([number, _, part @ ..]) = body.get(12..) {
                    self.profile.push((*number, part.to_vec()));
                }
            }
            0xE2 if body.starts_with(b"MPF\0") => job.removed(&codes::EXTRA_PICTURE, ""),
            0xED if body.starts_with(b"Photoshop 3.0\0") => job.removed(&codes::IPTC, ""),
            0xEE if body.starts_with(b"Adobe") && body.len() >= 12 => self.adobe = Some(body[11]),
            _ => job.removed(&codes::APP_DATA, &format!("APP{}", marker & 15)),
        }
    }

    fn jfif(&mut self, body: &[u8], job: &mut Job<'_>) {
        let mut reader = Reader::big(&body[5..]);
        let mut read = || {
            reader.skip(2)?;
            let density = Density { unit: reader.u8()?, x: reader.u16()?, y: reader.u16()? };
            Some((density, reader.u8()? > 0 && reader.u8()? > 0))
        };
        let (density, has_thumbnail) = read().unwrap_or((Density { unit: 0, x: 1, y: 1 }, false));
        let is_sound = density.unit <= 2 && density.x > 0 && density.y > 0;
        self.density = Some(if is_sound { density } else { Density { unit: 0, x: 1, y: 1 } });
        job.removed_times(&codes::THUMBNAIL, "", u64::from(has_thumbnail));
    }

    fn finish(mut self, job: &mut Job<'_>) -> Result<Picture, Stop> {
        let frame = self.frame.ok_or_else(broken)?;
        let colour = match frame.components.len() {
            1 => Colour::Grey,
            4 => Colour::Cmyk(self.adobe),
            _ if self.density.is_some() => Colour::Ycc,
            _ => match self.adobe {
                Some(0) => Colour::Rgb,
                Some(_) => Colour::Ycc,
                None if frame.components.iter().map(|c| c.id).eq(*b"RGB") => Colour::Rgb,
                None => Colour::Ycc,
            },
        };
        let exif = self.exif.unwrap_or_else(|| Exif::read(&[]));
        let tokens = match (self.tokens, self.blocks) {
            (Some(tokens), _) => tokens,
            (None, Some(blocks)) => scan::blocks_to_tokens(&frame, &blocks),
            (None, None) => return Err(broken()),
        };
        if frame.components.iter().any(|component| component.table.is_none()) {
            return Err(broken());
        }
        self.profile.sort_by_key(|(number, _)| *number);
        let profile: Vec<u8> = self.profile.into_iter().flat_map(|(_, part)| part).collect();
        let profile = if profile.is_empty() { None } else { icc::replace(&profile, job) };
        let density = self.density.filter(|d| d.unit != 0).or_else(|| from_exif(&exif));
        let density = density.or(self.density);
        Ok(Picture { frame, tokens, colour, density, orientation: exif.orientation, profile })
    }
}

/// Office lays a picture out by the Exif resolution where JFIF states none.
fn from_exif(exif: &Exif) -> Option<Density> {
    let resolution = exif.resolution?;
    let whole = |value: f64| (1.0..=65535.0).contains(&value).then(|| value.round() as u16);
    let unit = if resolution.unit == 2 { 1 } else { 2 };
    Some(Density { unit, x: whole(resolution.x)?, y: whole(resolution.y)? })
}
