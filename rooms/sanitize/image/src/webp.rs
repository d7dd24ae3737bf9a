//! WebP, RFC 9649: decodes to pixels and writes them anew without loss, since
//! only that stays the same on every later pass. Frames of animations are
//! written whole; orientation is applied to the pixels.

use std::io::Cursor;

use image_webp::{ColorType, LoopCount, WebPDecoder, WebPEncoder};
use sanitize_core::{Job, Stop, reasons};

use crate::bytes::Reader;
use crate::codes;
use crate::exif::Exif;

/// Frames of one animation.
const FRAMES_MAX: u32 = 10_000;

/// Writes a WebP anew.
///
/// # Errors
/// Stops when it cannot be decoded, or at a limit.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let broken = || Stop::blocked(&reasons::BROKEN, "");
    let orientation = report(bytes, job).ok_or_else(broken)?;
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(|_| broken())?;
    let (width, height) = decoder.dimensions();
    let frames = if decoder.is_animated() { decoder.num_frames() } else { 1 };
    if frames > FRAMES_MAX {
        return Err(broken());
    }
    job.budget.take_pixels(width.into(), height.into())?;
    for _ in 1..frames {
        job.budget.take_pixels(width.into(), height.into())?;
    }
    let size = decoder.output_buffer_size().ok_or_else(broken)?;
    let mut pixels = Pixels { width, height, has_alpha: decoder.has_alpha(), bytes: vec![0; size] };
    if !decoder.is_animated() {
        decoder.read_image(&mut pixels.bytes).map_err(|_| broken())?;
        return pixels.turned(orientation).encode().ok_or_else(broken);
    }
    animation(&mut decoder, &mut pixels, frames).ok_or_else(broken)
}

/// One picture in memory: three or four bytes a pixel.
struct Pixels {
    width: u32,
    height: u32,
    has_alpha: bool,
    bytes: Vec<u8>,
}

impl Pixels {
    /// Returns a whole file: RIFF header and one VP8L chunk.
    fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let colour = if self.has_alpha { ColorType::Rgba8 } else { ColorType::Rgb8 };
        let encoder = WebPEncoder::new(&mut out);
        encoder.encode(&self.bytes, self.width, self.height, colour).ok()?;
        Some(out)
    }

    /// Applies an Exif orientation, CIPA DC-008 4.6.4.
    fn turned(self, orientation: u16) -> Self {
        if orientation == 1 {
            return self;
        }
        let (is_mirrored, turns) = match orientation {
            2 => (true, 0),
            3 => (false, 2),
            4 => (true, 2),
            5 => (true, 3),
            6 => (false, 1),
            7 => (true, 1),
            _ => (false, 3),
        };
        let each = if self.has_alpha { 4 } else { 3 };
        let (width, height) = (self.width as usize, self.height as usize);
        let is_sideways = turns % 2 == 1;
        let (wide, high) = if is_sideways { (height, width) } else { (width, height) };
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for y in 0..high {
            for x in 0..wide {
                // Where the pixel that is shown at (x, y) is stored.
                let (mut from_x, from_y) = match turns {
                    0 => (x, y),
                    1 => (y, height - 1 - x),
                    2 => (width - 1 - x, height - 1 - y),
                    _ => (width - 1 - y, x),
                };
                if is_mirrored {
                    from_x = width - 1 - from_x;
                }
                let at = (from_y * width + from_x) * each;
                bytes.extend(&self.bytes[at..at + each]);
            }
        }
        Self { width: wide as u32, height: high as u32, has_alpha: self.has_alpha, bytes }
    }
}

fn animation(
    decoder: &mut WebPDecoder<Cursor<&[u8]>>,
    pixels: &mut Pixels,
    frames: u32,
) -> Option<Vec<u8>> {
    const ANIMATED: u8 = 0x02;
    const ALPHA: u8 = 0x10;
    /// The frame replaces what was there.
    const REPLACE: u8 = 0x02;
    let sides = [three(pixels.width - 1), three(pixels.height - 1)].concat();
    let mut body = b"WEBP".to_vec();
    let flags = ANIMATED | if pixels.has_alpha { ALPHA } else { 0 };
    chunk(b"VP8X", &[&[flags, 0, 0, 0], sides.as_slice()].concat(), &mut body);
    let loops = match decoder.loop_count() {
        LoopCount::Forever => 0,
        LoopCount::Times(times) => times.get(),
    };
    // In the order of the file: blue, green, red, alpha.
    let ground = decoder.background_color_hint().unwrap_or([0; 4]);
    // Viewers clear to nothing, whatever colour the file states (2.7.1.1).
    decoder.set_background_color([0; 4]).ok()?;
    chunk(b"ANIM", &[&ground[..], &loops.to_le_bytes()].concat(), &mut body);
    for _ in 0..frames {
        let milliseconds = decoder.read_frame(&mut pixels.bytes).ok()?;
        let file = pixels.encode()?;
        let mut frame = vec![0; 6];
        frame.extend(&sides);
        frame.extend(three(milliseconds));
        frame.push(REPLACE);
        frame.extend(file.get(12..)?);
        chunk(b"ANMF", &frame, &mut body);
    }
    let mut out = b"RIFF".to_vec();
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
    Some(out)
}

fn three(value: u32) -> [u8; 3] {
    let [low, middle, high, _] = value.to_le_bytes();
    [low, middle, high]
}

fn chunk(name: &[u8; 4], data: &[u8], out: &mut Vec<u8>) {
    out.extend(name);
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out.resize(out.len().next_multiple_of(2), 0);
}

/// Reports what the file carries beside its pixels; returns the orientation.
fn report(bytes: &[u8], job: &mut Job<'_>) -> Option<u16> {
    let mut reader = Reader::little(bytes);
    let riff = reader.take(4)?;
    let size = reader.u32()? as usize;
    if riff != b"RIFF" || reader.take(4)? != b"WEBP" {
        return None;
    }
    let end = size.saturating_add(8).min(bytes.len());
    let has_more = bytes.get(end.next_multiple_of(2).min(bytes.len())..)?.iter().any(|&b| b != 0);
    job.removed_times(&codes::TRAILING, "", u64::from(has_more));
    let mut reader = Reader::little(&bytes[..end]);
    reader.skip(12)?;
    let mut orientation = 1;
    while let (Some(name), Some(size)) = (reader.take(4), reader.u32()) {
        let Some(data) = reader.take(size as usize) else { break };
        let _ = reader.skip(data.len() % 2);
        match name {
            b"EXIF" => {
                let block = data.strip_prefix(b"Exif\0\0").unwrap_or(data);
                let exif = Exif::read(block);
                exif.report(block, job);
                orientation = exif.orientation;
            }
            b"XMP " => job.removed(&codes::XMP, ""),
            b"ICCP" => job.removed(&codes::ICC_DROPPED, ""),
            b"ANMF" => is_sound_frame(data).then_some(())?,
            b"VP8 " | b"VP8L" | b"VP8X" | b"ALPH" | b"ANIM" => {}
            _ => job.removed(&codes::APP_DATA, &String::from_utf8_lossy(name)),
        }
    }
    Some(orientation)
}

/// Says whether a frame's lossy picture is as large as the frame; the decoder
/// lays its alpha plane over it and takes that for granted.
fn is_sound_frame(frame: &[u8]) -> bool {
    let side = |at: usize| {
        let bytes = frame.get(at..at + 3)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]) + 1)
    };
    let (Some(width), Some(height)) = (side(6), side(9)) else { return false };
    let mut reader = Reader::little(frame.get(16..).unwrap_or_default());
    while let (Some(name), Some(size)) = (reader.take(4), reader.u32()) {
        let Some(data) = reader.take(size as usize) else { return false };
        let _ = reader.skip(data.len() % 2);
        if name == b"VP8 " {
            // RFC 6386 9.1: three bytes of tag, three of start code, two sides.
            let mut sides = Reader::little(data.get(6..).unwrap_or_default());
            let (wide, high) = (sides.u16().unwrap_or(0), sides.u16().unwrap_or(0));
            let fits = u32::from(wide & 0x3FFF) == width && u32::from(high & 0x3FFF) == height;
            if !fits {
                return false;
            }
        }
    }
    true
}

#[cfg(test)]
mod tests;
