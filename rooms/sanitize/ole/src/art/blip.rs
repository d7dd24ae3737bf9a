//! Pictures of drawings, [MS-ODRAW] 2.2.23 and on: each is taken out of its
//! record, rebuilt by its own engine and put into a fresh record.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use md5::{Digest, Md5};
use sanitize_core::{Format, Job, Stop};

use super::{HEADER, Header, push};
use crate::bytes::{index_at, slice, u8_at, u32_at};
use crate::codes::IMAGE;

/// Where an entry's picture stands.
pub(crate) enum Store<'a> {
    /// In the entry itself.
    Embedded,
    /// In another stream; new ones are collected in `out`, which will begin
    /// at `base` there.
    Delayed { source: &'a [u8], out: Vec<u8>, base: usize },
}

/// The pictures of one document.
pub(crate) struct Blips<'a> {
    pub store: Store<'a>,
    done: BTreeMap<usize, (Image, usize)>,
    count: u32,
}

/// A picture in its new record.
#[derive(Clone)]
pub(crate) struct Image {
    /// The record with its header.
    pub record: Vec<u8>,
    /// Type as an entry names it (2.4.1).
    kind: u8,
    uid: [u8; 16],
}

impl Image {
    /// Returns the picture's type as an entry names it.
    pub fn kind(&self) -> u8 {
        self.kind
    }
}

impl<'a> Blips<'a> {
    pub fn new(store: Store<'a>) -> Self {
        Self { store, done: BTreeMap::new(), count: 0 }
    }

    /// Says whether the other stream holds bytes of no picture that is shown.
    pub fn has_leftovers(&self) -> bool {
        let Store::Delayed { source, .. } = self.store else { return false };
        crate::bytes::has_gap(source, self.spans())
    }

    /// Returns where the pictures that were taken stand in the other stream.
    pub fn spans(&self) -> Vec<(usize, usize)> {
        let Store::Delayed { source, .. } = self.store else { return Vec::new() };
        let end = |at: usize| Header::read(source, at).map_or(at, |h| at + HEADER + h.len);
        self.done.keys().map(|&at| (at, end(at))).collect()
    }

    /// Returns the pictures collected for the other stream.
    pub fn into_delayed(self) -> Vec<u8> {
        match self.store {
            Store::Embedded => Vec::new(),
            Store::Delayed { out, .. } => out,
        }
    }

    /// Rebuilds a store entry (2.2.32) with the picture it names.
    pub fn entry(
        &mut self,
        header: Header,
        body: &[u8],
        job: &mut Job<'_>,
    ) -> Result<Vec<u8>, Stop> {
        let name_len = usize::from(u8_at(body, 33));
        let embedded = body.get(ENTRY_LEN + name_len..).unwrap_or_default();
        let mut found = None;
        if let Some(inner) = Header::read(embedded, 0) {
            let image = self.blip(inner, &embedded[HEADER..HEADER + inner.len], job)?;
            found = Some((image, None));
        } else if let Store::Delayed { source, .. } = self.store
            && u32_at(body, 28) != u32::MAX
            && let Some(inner) = Header::read(source, index_at(body, 28))
            && (0xF018..=0xF117).contains(&inner.kind)
        {
            let at = index_at(body, 28);
            let (image, place) = self.delayed(at, inner, source, job)?;
            found = Some((image, Some(place)));
        }
        Ok(write_entry(header, body, found))
    }

    fn delayed(
        &mut self,
        at: usize,
        inner: Header,
        source: &[u8],
        job: &mut Job<'_>,
    ) -> Result<(Image, usize), Stop> {
        if let Some(done) = self.done.get(&at) {
            return Ok(done.clone());
        }
        let start = at + HEADER;
        let image = self.blip(inner, &source[start..start + inner.len], job)?;
        let mut place = 0;
        if let Store::Delayed { out, base, .. } = &mut self.store {
            place = *base + out.len();
            out.extend_from_slice(&image.record);
        }
        self.done.insert(at, (image.clone(), place));
        Ok((image, place))
    }

    /// Rebuilds the picture in a picture record.
    pub fn blip(&mut self, header: Header, body: &[u8], job: &mut Job<'_>) -> Result<Image, Stop> {
        self.count = self.count.saturating_add(1);
        let name = format!("picture {}", self.count);
        let Some(raw) = extract(header, body, job)? else {
            job.removed(&IMAGE, &name);
            return blank(&name, job);
        };
        match job.rebuild_nested(&name, &raw.bytes) {
            Ok(output) => match pack(output.format, &output.bytes, raw.frame) {
                Some(image) => Ok(image),
                None => {
                    job.removed(&IMAGE, &name);
                    blank(&name, job)
                }
            },
            Err(stop) if stop.is_limit() => Err(stop),
            Err(_) => {
                job.removed(&IMAGE, &name);
                blank(&name, job)
            }
        }
    }
}

/// Bytes of a store entry before its name.
const ENTRY_LEN: usize = 36;

fn write_entry(header: Header, body: &[u8], found: Option<(Image, Option<usize>)>) -> Vec<u8> {
    let mut entry = vec![0; ENTRY_LEN];
    let uses = slice(body, 24, 4).unwrap_or(&[0; 4]);
    entry[24..28].copy_from_slice(uses);
    let mut version_instance = header.version_instance & 0xF;
    let mut embedded = Vec::new();
    if let Some((image, place)) = found {
        entry[0] = image.kind;
        entry[1] = image.kind;
        entry[2..18].copy_from_slice(&image.uid);
        entry[18] = 0xFF;
        let size = u32::try_from(image.record.len()).unwrap_or(0);
        entry[20..24].copy_from_slice(&size.to_le_bytes());
        let place_number = place.and_then(|p| u32::try_from(p).ok()).unwrap_or(0);
        entry[28..32].copy_from_slice(&place_number.to_le_bytes());
        version_instance |= u16::from(image.kind) << 4;
        if place.is_none() {
            embedded = image.record;
        }
    } else {
        // An entry without a picture keeps the numbers of the others right.
        entry[28..32].fill(0xFF);
    }
    entry.extend_from_slice(&embedded);
    let mut out = Vec::new();
    push(&mut out, version_instance, header.kind, &entry);
    out
}

/// A picture as a file, and the frame that a metafile record keeps beside it.
struct Raw {
    bytes: Vec<u8>,
    frame: [u8; 24],
}

/// Length of the metafile header behind the identifiers (2.2.31).
const METAFILE_HEADER: usize = 34;

fn extract(header: Header, body: &[u8], job: &mut Job<'_>) -> Result<Option<Raw>, Stop> {
    let ids = if header.instance() & 1 == 1 { 32 } else { 16 };
    let mut frame = [0; 24];
    let bytes = match header.kind {
        0xF01A | 0xF01B => {
            let Some(head) = slice(body, ids, METAFILE_HEADER) else { return Ok(None) };
            frame.copy_from_slice(&head[4..28]);
            let data = &body[ids + METAFILE_HEADER..];
            if head[32] == 0 { inflate(data, job)? } else { Some(data.to_vec()) }
        }
        0xF01D | 0xF01E | 0xF029 | 0xF02A => body.get(ids + 1..).map(<[u8]>::to_vec),
        0xF01F => body.get(ids + 1..).and_then(bitmap_file),
        _ => None,
    };
    Ok(bytes.filter(|bytes| !bytes.is_empty()).map(|bytes| Raw { bytes, frame }))
}

fn inflate(data: &[u8], job: &mut Job<'_>) -> Result<Option<Vec<u8>>, Stop> {
    let limit = job.budget.bytes_left();
    let mut out = Vec::new();
    let read = ZlibDecoder::new(data).take(limit.saturating_add(1)).read_to_end(&mut out);
    job.budget.take_bytes(out.len() as u64)?;
    Ok((read.is_ok() && !out.is_empty()).then_some(out))
}

/// Puts the file header before a bitmap that stands without it.
fn bitmap_file(dib: &[u8]) -> Option<Vec<u8>> {
    let header = u32_at(dib, 0);
    let bits = u32::from(u8_at(dib, 14));
    let colours = match u32_at(dib, 32) {
        0 if bits <= 8 => 1_u32 << bits,
        count => count.min(256),
    };
    let masks = if header == 40 && u32_at(dib, 16) == 3 { 12 } else { 0 };
    let pixels = 14_u32.checked_add(header)?.checked_add(colours * 4)?.checked_add(masks)?;
    let size = u32::try_from(dib.len()).ok()?.checked_add(14)?;
    let mut out = Vec::with_capacity(dib.len() + 14);
    out.extend_from_slice(b"BM");
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&pixels.to_le_bytes());
    out.extend_from_slice(dib);
    Some(out)
}

/// Puts a harmless picture into a fresh record.
fn pack(format: Format, bytes: &[u8], frame: [u8; 24]) -> Option<Image> {
    let uid: [u8; 16] = Md5::digest(bytes).into();
    let (kind, instance, record_kind) = match format {
        Format::Emf => (2, 0x3D4, 0xF01A),
        Format::Wmf => (3, 0x216, 0xF01B),
        Format::Jpeg => (5, 0x46A, 0xF01D),
        Format::Png => (6, 0x6E0, 0xF01E),
        Format::Bmp => (7, 0x7A8, 0xF01F),
        Format::Tiff => (0x11, 0x6E4, 0xF029),
        _ => return None,
    };
    let mut body = uid.to_vec();
    if kind <= 3 {
        let packed = deflate(bytes);
        body.extend_from_slice(&u32::try_from(bytes.len()).ok()?.to_le_bytes());
        body.extend_from_slice(&frame);
        body.extend_from_slice(&u32::try_from(packed.len()).ok()?.to_le_bytes());
        body.extend_from_slice(&[0, 0xFE]);
        body.extend_from_slice(&packed);
    } else {
        body.push(0xFF);
        let skip = if format == Format::Bmp { 14 } else { 0 };
        body.extend_from_slice(bytes.get(skip..)?);
    }
    let mut record = Vec::with_capacity(body.len() + HEADER);
    push(&mut record, instance << 4, record_kind, &body);
    Some(Image { record, kind, uid })
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing into memory cannot fail")
}

/// A transparent pixel that stands for a picture that had to go. It passes its
/// engine too, so that rebuilding it again changes nothing.
fn blank(name: &str, job: &mut Job<'_>) -> Result<Image, Stop> {
    let bytes = match job.rebuild_nested(name, BLANK_PNG) {
        Ok(output) => output.bytes,
        Err(stop) if stop.is_limit() => return Err(stop),
        Err(_) => BLANK_PNG.to_vec(),
    };
    Ok(pack(Format::Png, &bytes, [0; 24]).expect("a picture record of fixed size fits"))
}

/// One transparent pixel, eight bits of grey and alpha.
pub(crate) const BLANK_PNG: &[u8] = &[
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x04, 0x00, 0x00, 0x00, 0xB5, 0x1C, 0x0C,
    0x02, 0x00, 0x00, 0x00, 0x0B, 0x49, 0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0x60, 0x60, 0x00, 0x00,
    0x00, 0x03, 0x00, 0x01, 0x2B, 0x09, 0x4D, 0x84, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44,
    0xAE, 0x42, 0x60, 0x82,
];
