//! GIF89a: every frame's indices are unpacked, checked against the palette and
//! packed anew; delays, disposal and the loop count stay, all else goes.

use sanitize_core::{Job, Stop, reasons};

use crate::bytes::Reader;
use crate::codes;
use crate::lzw::{self, Dialect};

/// Writes a GIF anew.
///
/// # Errors
/// Stops when there is no frame, or at a limit.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let broken = || Stop::blocked(&reasons::BROKEN, "");
    let mut reader = Reader::little(bytes);
    let mut file = File::read_screen(&mut reader).ok_or_else(broken)?;
    job.budget.take_pixels(file.width.into(), file.height.into())?;
    file.read_blocks(&mut reader, job)?;
    if file.frames == 0 {
        return Err(broken());
    }
    file.out.push(TRAILER);
    Ok(file.out)
}

const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2C;
const TRAILER: u8 = 0x3B;

type Colour = [u8; 3];

/// Graphic control, clause 23.
#[derive(Clone, Copy)]
struct Control {
    /// 0 to 3.
    disposal: u8,
    /// Hundredths of a second.
    delay: u16,
    transparent: Option<u8>,
}

/// What is known while the blocks are read and written.
struct File {
    width: u16,
    height: u16,
    palette: Vec<Colour>,
    control: Option<Control>,
    has_loop: bool,
    frames: usize,
    out: Vec<u8>,
}

impl File {
    fn read_screen(reader: &mut Reader<'_>) -> Option<Self> {
        let signature = reader.take(6)?;
        if signature != b"GIF89a" && signature != b"GIF87a" {
            return None;
        }
        let (width, height) = (reader.u16()?, reader.u16()?);
        let (packed, background, aspect) = (reader.u8()?, reader.u8()?, reader.u8()?);
        let palette = if packed & 0x80 == 0 { Vec::new() } else { read_palette(reader, packed)? };
        let mut out = b"GIF89a".to_vec();
        out.extend(width.to_le_bytes());
        out.extend(height.to_le_bytes());
        // Colour resolution says nothing today; it is written as 8 bits.
        out.push(palette_flags(&palette) | 0x70);
        let is_inside = usize::from(background) < palette.len();
        out.push(if is_inside { background } else { 0 });
        out.push(aspect);
        out.extend(palette.as_flattened());
        let (control, has_loop, frames) = (None, false, 0);
        Some(Self { width, height, palette, control, has_loop, frames, out })
    }

    fn read_blocks(&mut self, reader: &mut Reader<'_>, job: &mut Job<'_>) -> Result<(), Stop> {
        while let Some(kind) = reader.u8() {
            let read = match kind {
                EXTENSION => self.extension(reader, job),
                IMAGE => self.image(reader, job)?,
                // Some writers leave empty sub-blocks between blocks.
                0 => Some(()),
                TRAILER => {
                    let has_more = reader.rest().iter().any(|&byte| byte != 0);
                    job.removed_times(&codes::TRAILING, "", u64::from(has_more));
                    return Ok(());
                }
                _ => {
                    job.removed(&codes::TRAILING, "");
                    return Ok(());
                }
            };
            if read.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn extension(&mut self, reader: &mut Reader<'_>, job: &mut Job<'_>) -> Option<()> {
        match reader.u8()? {
            0xF9 => {
                self.control = read_control(&sub_blocks(reader)?);
                return Some(());
            }
            0xFE => job.removed(&codes::COMMENT, ""),
            0xFF => {
                let name_length = usize::from(reader.u8()?);
                let name = reader.take(name_length)?;
                let body = sub_blocks(reader)?;
                self.application(name, &body, job);
                return Some(());
            }
            other => job.removed(&codes::APP_DATA, &format!("{other:02X}")),
        }
        sub_blocks(reader).map(|_| ())
    }

    fn application(&mut self, name: &[u8], body: &[u8], job: &mut Job<'_>) {
        match (name, body) {
            (b"NETSCAPE2.0" | b"ANIMEXTS1.0", [1, low, high, ..]) => {
                if !self.has_loop {
                    self.out.extend([EXTENSION, 0xFF, 11]);
                    self.out.extend(b"NETSCAPE2.0");
                    self.out.extend([3, 1, *low, *high, 0]);
                    self.has_loop = true;
                }
            }
            // Buffering hints and empty ones say nothing.
            (b"NETSCAPE2.0" | b"ANIMEXTS1.0", _) => {}
            (b"XMP DataXMP", _) => job.removed(&codes::XMP, ""),
            (b"ICCRGBG1012", _) => job.removed(&codes::ICC_DROPPED, ""),
            _ => {
                let shown = name.iter().map(|&b| if b.is_ascii_graphic() { b.into() } else { '?' });
                job.removed(&codes::APP_DATA, &shown.collect::<String>());
            }
        }
    }

    fn image(&mut self, reader: &mut Reader<'_>, job: &mut Job<'_>) -> Result<Option<()>, Stop> {
        let Some(mut frame) = Frame::read(reader) else { return Ok(None) };
        job.budget.take_pixels(frame.width.into(), frame.height.into())?;
        job.budget.take_objects(1)?;
        let Some(code_size) = reader.u8() else { return Ok(None) };
        let Some(packed) = sub_blocks(reader) else { return Ok(None) };
        if frame.width == 0 || frame.height == 0 {
            return Ok(Some(()));
        }
        let control = self.control.take();
        let blank = control.and_then(|control| control.transparent).unwrap_or(0);
        let mut indices = vec![blank; usize::from(frame.width) * usize::from(frame.height)];
        // Clause 22: two to eight bits; other values cannot be unpacked.
        if (2..=8).contains(&code_size) {
            lzw::unpack(Dialect::Gif(code_size), &packed, &mut indices);
        }
        let highest = indices.iter().copied().max().unwrap_or(0);
        let palette = if frame.palette.is_empty() { &self.palette } else { &frame.palette };
        if usize::from(highest) >= palette.len() {
            // Decoders differ on indices without a colour, and some read out of bounds.
            let mut wider = palette.clone();
            wider.resize((usize::from(highest) + 1).next_power_of_two().max(2), [0; 3]);
            frame.palette = wider;
        }
        self.write_frame(&frame, control, &indices);
        self.frames += 1;
        Ok(Some(()))
    }

    fn write_frame(&mut self, frame: &Frame, control: Option<Control>, indices: &[u8]) {
        let palette = if frame.palette.is_empty() { &self.palette } else { &frame.palette };
        let code_size = (palette.len().ilog2() as u8).max(2);
        if let Some(Control { disposal, delay, transparent }) = control {
            self.out.extend([EXTENSION, 0xF9, 4]);
            self.out.push(disposal << 2 | u8::from(transparent.is_some()));
            self.out.extend(delay.to_le_bytes());
            self.out.extend([transparent.unwrap_or(0), 0]);
        }
        self.out.push(IMAGE);
        for value in [frame.left, frame.top, frame.width, frame.height] {
            self.out.extend(value.to_le_bytes());
        }
        self.out.push(palette_flags(&frame.palette) | u8::from(frame.is_interlaced) << 6);
        self.out.extend(frame.palette.as_flattened());
        self.out.push(code_size);
        for part in lzw::pack(Dialect::Gif(code_size), indices).chunks(255) {
            self.out.push(part.len() as u8);
            self.out.extend(part);
        }
        self.out.push(0);
    }
}

/// Image descriptor with its own colours, clauses 20 and 21.
struct Frame {
    left: u16,
    top: u16,
    width: u16,
    height: u16,
    is_interlaced: bool,
    palette: Vec<Colour>,
}

impl Frame {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (left, top) = (reader.u16()?, reader.u16()?);
        let (width, height, packed) = (reader.u16()?, reader.u16()?, reader.u8()?);
        let palette = if packed & 0x80 == 0 { Vec::new() } else { read_palette(reader, packed)? };
        Some(Self { left, top, width, height, is_interlaced: packed & 0x40 != 0, palette })
    }
}

fn read_palette(reader: &mut Reader<'_>, packed: u8) -> Option<Vec<Colour>> {
    let bytes = reader.take(3 << ((packed & 7) + 1))?;
    Some(bytes.as_chunks::<3>().0.to_vec())
}

/// Returns the flag and size of a palette of 2 to 256 colours; 0 without one.
fn palette_flags(palette: &[Colour]) -> u8 {
    if palette.is_empty() { 0 } else { 0x80 | (palette.len().ilog2() as u8).saturating_sub(1) }
}

fn read_control(body: &[u8]) -> Option<Control> {
    let mut reader = Reader::little(body);
    let (packed, delay, index) = (reader.u8()?, reader.u16()?, reader.u8()?);
    let disposal = packed >> 2 & 7;
    Some(Control {
        disposal: if disposal <= 3 { disposal } else { 0 },
        delay,
        transparent: (packed & 1 == 1).then_some(index),
    })
}

/// Joins sub-blocks, clause 15; a cut-off file gives what is there.
fn sub_blocks(reader: &mut Reader<'_>) -> Option<Vec<u8>> {
    let mut joined = Vec::new();
    while let Some(length) = reader.u8() {
        if length == 0 {
            break;
        }
        joined.extend(reader.take(usize::from(length).min(reader.left()))?);
    }
    Some(joined)
}

#[cfg(test)]
mod tests;
