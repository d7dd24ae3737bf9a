//! PNG, ISO/IEC 15948: inflates the scan lines, checks them and packs them anew
//! with the few chunks that change the look. Pixels stay bit for bit; colour
//! type, depth and interlacing stay as they were.

mod lines;

use sanitize_core::{Job, Stop, reasons};

use crate::bytes::Reader;
use crate::codes;
use crate::exif::{self, Exif};
use crate::icc;
use crate::zlib;
use lines::{Header, Palette};

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
/// What one iCCP or zTXt may unpack to.
const PROFILE_BYTES_MAX: u64 = 4 << 20;

/// Writes a PNG anew.
///
/// # Errors
/// Stops when there is no header or no picture data, or at a limit.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let file = File::read(bytes, job)?;
    let broken = || Stop::blocked(&reasons::BROKEN, "");
    let header = file.header.ok_or_else(broken)?;
    if file.data.is_empty() || (header.is_indexed() && file.palette.is_none()) {
        return Err(broken());
    }
    let packed = lines::repack(&header, &file.data);
    Ok(file.write(&header, packed))
}

#[derive(Default)]
struct File<'a> {
    header: Option<Header>,
    palette: Option<Palette>,
    /// tRNS, 11.3.2.1, cut to what the colour type has.
    transparency: Option<Vec<u8>>,
    /// pHYs: pixels a unit across, down, unit (1 metre).
    density: Option<(u32, u32, u8)>,
    gamma: Option<u32>,
    chromaticities: Option<[u32; 8]>,
    srgb: Option<u8>,
    orientation: u16,
    /// Whether the animation was reported.
    is_animated: bool,
    profile: Option<Vec<u8>>,
    data: Vec<&'a [u8]>,
}

impl<'a> File<'a> {
    fn read(bytes: &'a [u8], job: &mut Job<'_>) -> Result<Self, Stop> {
        let broken = || Stop::blocked(&reasons::BROKEN, "");
        let mut file = File { orientation: 1, ..File::default() };
        let mut reader = Reader::big(bytes);
        if reader.take(8) != Some(SIGNATURE) {
            return Err(broken());
        }
        while let Some((kind, body)) = chunk(&mut reader) {
            match kind {
                b"IHDR" => {
                    let header = Header::read(body).ok_or_else(broken)?;
                    if file.header.is_some() {
                        return Err(broken());
                    }
                    job.budget.take_pixels(header.width.into(), header.height.into())?;
                    file.header = Some(header);
                }
                b"CgBI" => return Err(Stop::blocked(&reasons::UNSUPPORTED, "CgBI")),
                b"IDAT" => file.data.push(body),
                b"IEND" => {
                    let has_more = reader.rest().iter().any(|&byte| byte != 0);
                    job.removed_times(&codes::TRAILING, "", u64::from(has_more));
                    break;
                }
                _ => file.ancillary(kind, body, job),
            }
        }
        Ok(file)
    }

    fn ancillary(&mut self, kind: &[u8; 4], body: &[u8], job: &mut Job<'_>) {
        match kind {
            b"PLTE" => self.palette = self.palette.take().or_else(|| Palette::read(body)),
            b"tRNS" => self.transparency = Some(body.to_vec()),
            b"pHYs" => self.density = read_density(body),
            b"gAMA" => self.gamma = Reader::big(body).u32().filter(|&gamma| gamma > 0),
            b"cHRM" => self.chromaticities = read_chromaticities(body),
            b"sRGB" => self.srgb = body.first().copied().filter(|&intent| intent < 4),
            b"iCCP" => {
                if let Some(profile) = unpack_profile(body) {
                    self.profile = icc::replace(&profile, job);
                } else {
                    job.removed(&codes::ICC_DROPPED, "");
                }
            }
            b"eXIf" => {
                let exif = Exif::read(body);
                exif.report(body, job);
                self.orientation = exif.orientation;
            }
            b"iTXt" if body.starts_with(b"XML:com.adobe.xmp") => job.removed(&codes::XMP, ""),
            b"tEXt" | b"zTXt" | b"iTXt" | b"tIME" => job.removed(&codes::COMMENT, ""),
            b"acTL" => {
                self.is_animated = true;
                job.removed(&codes::ANIMATION, "");
            }
            // Frames of the animation that was just reported.
            b"fcTL" | b"fdAT" if self.is_animated => {}
            b"fcTL" | b"fdAT" => {
                self.is_animated = true;
                job.removed(&codes::ANIMATION, "");
            }
            // Hints that change no pixel: significant bits, backdrop, histogram.
            b"sBIT" | b"bKGD" | b"hIST" => {}
            _ => {
                let name: String = kind.iter().map(|&b| char::from(b)).collect();
                job.removed(&codes::APP_DATA, &name);
            }
        }
    }

    fn write(&self, header: &Header, packed: Vec<u8>) -> Vec<u8> {
        let mut out = Vec::with_capacity(packed.len() + 512);
        out.extend(SIGNATURE);
        put(&mut out, b"IHDR", &header.bytes());
        if let Some(profile) = &self.profile {
            let body = [b"ICC\0\0", zlib::deflate(profile).as_slice()].concat();
            put(&mut out, b"iCCP", &body);
        } else if let Some(intent) = self.srgb {
            put(&mut out, b"sRGB", &[intent]);
        }
        if let Some(gamma) = self.gamma {
            put(&mut out, b"gAMA", &gamma.to_be_bytes());
        }
        if let Some(values) = self.chromaticities {
            put(&mut out, b"cHRM", &values.map(u32::to_be_bytes).concat());
        }
        let mut colours = 0;
        if let (true, Some(palette)) = (header.is_indexed(), &self.palette) {
            let bytes = palette.bytes(header, &self.data);
            colours = bytes.len() / 3;
            put(&mut out, b"PLTE", &bytes);
        }
        let transparency = self.transparency.as_deref();
        if let Some(values) = transparency.and_then(|values| cut(header, values, colours)) {
            put(&mut out, b"tRNS", values);
        }
        if let Some((x, y, unit)) = self.density {
            put(&mut out, b"pHYs", &[&x.to_be_bytes()[..], &y.to_be_bytes(), &[unit]].concat());
        }
        if self.orientation != 1 {
            put(&mut out, b"eXIf", &exif::orientation_only(self.orientation));
        }
        put(&mut out, b"IDAT", &packed);
        put(&mut out, b"IEND", &[]);
        out
    }
}

/// Returns as much of a tRNS as the colour type has, 11.3.2.1.
fn cut<'t>(header: &Header, values: &'t [u8], colours: usize) -> Option<&'t [u8]> {
    let count = match header.colour {
        0 => 2,
        2 => 6,
        3 => values.len().min(colours),
        _ => return None,
    };
    values.get(..count).filter(|cut| !cut.is_empty())
}

/// Reads one chunk; the checksum is not asked for, since damage in it hurts
/// nobody and other viewers pass over it too.
fn chunk<'a>(reader: &mut Reader<'a>) -> Option<(&'a [u8; 4], &'a [u8])> {
    let length = reader.u32()? as usize;
    let kind = reader.take(4)?.first_chunk()?;
    // The last chunk of a cut-off file is used as far as it goes.
    let body = reader.take(length.min(reader.left()))?;
    let _checksum = reader.take(4);
    Some((kind, body))
}

fn put(out: &mut Vec<u8>, kind: &[u8; 4], body: &[u8]) {
    out.extend((body.len() as u32).to_be_bytes());
    let start = out.len();
    out.extend(kind);
    out.extend(body);
    let mut crc = flate2::Crc::new();
    crc.update(&out[start..]);
    out.extend(crc.sum().to_be_bytes());
}

fn read_density(body: &[u8]) -> Option<(u32, u32, u8)> {
    let mut reader = Reader::big(body);
    let density = (reader.u32()?, reader.u32()?, reader.u8()?);
    (density.0 > 0 && density.1 > 0 && density.2 <= 1).then_some(density)
}

fn read_chromaticities(body: &[u8]) -> Option<[u32; 8]> {
    let mut reader = Reader::big(body);
    let mut values = [0; 8];
    for value in &mut values {
        *value = reader.u32()?;
    }
    Some(values)
}

fn unpack_profile(body: &[u8]) -> Option<Vec<u8>> {
    let name_end = body.iter().take(80).position(|&byte| byte == 0)?;
    let packed = body.get(name_end + 2..)?;
    zlib::inflate(packed, PROFILE_BYTES_MAX)
}

#[cfg(test)]
mod tests;
