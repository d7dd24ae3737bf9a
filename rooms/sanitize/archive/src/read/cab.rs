//! Members of a Cabinet. Folders are unpacked once each, block by block.
//!
//! Source: [MS-CAB] 2; LZX by the lzxd crate.

use std::io::Read;

use flate2::read::DeflateDecoder;
use lzxd::{Lzxd, WindowSize};
use sanitize_core::{Job, Stop, reasons};

use super::{Content, Member, Sink, decode_name};
use crate::codes;

const HEADER: usize = 36;
const HAS_PREVIOUS: u16 = 1;
const HAS_NEXT: u16 = 2;
const HAS_RESERVE: u16 = 4;
/// Attribute of a file: its name is UTF-8.
const NAME_IS_UTF8: u16 = 0x80;
/// From this folder index on, a file continues on another volume.
const FOLDER_ELSEWHERE: u16 = 0xFFFD;
/// A block unpacks to at most this many bytes.
const BLOCK_BYTES_MAX: usize = 32 << 10;

pub(crate) fn members(bytes: &[u8], job: &mut Job<'_>, sink: &mut dyn Sink) -> Result<(), Stop> {
    let cabinet = Cabinet::read(bytes, job)?;
    for (index, folder) in cabinet.folders.iter().enumerate() {
        let data = folder.unpack(bytes, cabinet.block_reserve, job)?;
        for file in cabinet.files.iter().filter(|file| usize::from(file.folder) == index) {
            let content = match &data {
                Ok(data) => file.content(data, job)?,
                Err(stop) => Content::Unreadable(stop.clone()),
            };
            sink.take(Member { name: file.name.clone(), content }, job)?;
        }
    }
    if cabinet.bytes < bytes.len() {
        job.removed(&codes::HIDDEN_DATA, "");
    }
    Ok(())
}

struct Cabinet {
    bytes: usize,
    block_reserve: usize,
    folders: Vec<Folder>,
    files: Vec<File>,
}

struct Folder {
    start: usize,
    blocks: u16,
    packing: u16,
}

struct File {
    name: String,
    folder: u16,
    start: usize,
    bytes: usize,
}

impl Cabinet {
    fn read(bytes: &[u8], job: &mut Job<'_>) -> Result<Self, Stop> {
        let broken = || Stop::blocked(&reasons::BROKEN, "");
        let flags = u16_at(bytes, 30).ok_or_else(broken)?;
        if flags & (HAS_PREVIOUS | HAS_NEXT) != 0 {
            return Err(Stop::blocked(&codes::VOLUMES, ""));
        }
        let files = u16_at(bytes, 28).ok_or_else(broken)?;
        job.budget.take_entries(u64::from(files))?;
        let cabinet = Self::parse(bytes, flags, files).ok_or_else(broken)?;
        if cabinet.files.iter().any(|file| file.folder >= FOLDER_ELSEWHERE) {
            return Err(Stop::blocked(&codes::VOLUMES, ""));
        }
        let is_homeless = |file: &File| usize::from(file.folder) >= cabinet.folders.len();
        if cabinet.files.iter().any(is_homeless) {
            return Err(broken());
        }
        Ok(cabinet)
    }

    /// Reads header, folders and files ([MS-CAB] 2.1 to 2.3).
    fn parse(bytes: &[u8], flags: u16, files: u16) -> Option<Self> {
        let mut at = HEADER;
        let (mut folder_reserve, mut block_reserve) = (0, 0);
        if flags & HAS_RESERVE != 0 {
            let header_reserve = usize::from(u16_at(bytes, at)?);
            folder_reserve = usize::from(*bytes.get(at + 2)?);
            block_reserve = usize::from(*bytes.get(at + 3)?);
            at += 4 + header_reserve;
        }
        let mut folders = Vec::new();
        for _ in 0..u16_at(bytes, 26)? {
            let start = usize::try_from(u32_at(bytes, at)?).ok()?;
            let (blocks, packing) = (u16_at(bytes, at + 4)?, u16_at(bytes, at + 6)?);
            folders.push(Folder { start, blocks, packing });
            at += 8 + folder_reserve;
        }
        let mut at = usize::try_from(u32_at(bytes, 16)?).ok()?;
        let mut list = Vec::new();
        for _ in 0..files {
            let record = bytes.get(at..)?;
            let raw = record.get(16..)?.split(|&byte| byte == 0).next()?;
            let attributes = u16_at(record, 14)?;
            let utf8 =
                (attributes & NAME_IS_UTF8 != 0).then(|| String::from_utf8(raw.to_vec()).ok());
            let name = utf8.flatten().unwrap_or_else(|| decode_name(raw));
            list.push(File {
                name: name.replace('\\', "/"),
                folder: u16_at(record, 8)?,
                start: usize::try_from(u32_at(record, 4)?).ok()?,
                bytes: usize::try_from(u32_at(record, 0)?).ok()?,
            });
            at += 16 + raw.len() + 1;
        }
        let size = usize::try_from(u32_at(bytes, 8)?).ok()?;
        Some(Self { bytes: size.min(bytes.len()), block_reserve, folders, files: list })
    }
}

impl File {
    fn content(&self, folder: &[u8], job: &mut Job<'_>) -> Result<Content, Stop> {
        let end = self.start.checked_add(self.bytes);
        let Some(data) = end.and_then(|end| folder.get(self.start..end)) else {
            return Ok(Content::Unreadable(Stop::blocked(&reasons::BROKEN, self.name.as_str())));
        };
        // Files may share bytes of their folder, so that each counts anew.
        job.budget.take_bytes(data.len() as u64)?;
        Ok(Content::File { data: data.to_vec(), password: None })
    }
}

impl Folder {
    /// Unpacks all blocks. The outer error is a limit, the inner one the reason
    /// why the files in this folder cannot be read.
    fn unpack(
        &self,
        bytes: &[u8],
        reserve: usize,
        job: &mut Job<'_>,
    ) -> Result<Result<Vec<u8>, Stop>, Stop> {
        let broken = Stop::blocked(&reasons::BROKEN, "");
        let Some(mut unpacker) = Unpacker::new(self.packing) else {
            return Ok(Err(Stop::blocked(&codes::METHOD_UNKNOWN, "")));
        };
        let mut data = Vec::new();
        let mut at = self.start;
        for _ in 0..self.blocks {
            let sizes = (u16_at(bytes, at.saturating_add(4)), u16_at(bytes, at.saturating_add(6)));
            let (Some(packed), Some(size)) = sizes else { return Ok(Err(broken)) };
            let start = at.saturating_add(8 + reserve);
            let end = start.saturating_add(usize::from(packed));
            let Some(block) = bytes.get(start..end) else { return Ok(Err(broken)) };
            job.budget.take_bytes(u64::from(size))?;
            if unpacker.block(block, usize::from(size), &mut data).is_none() {
                return Ok(Err(broken));
            }
            at = end;
        }
        Ok(Ok(data))
    }
}

enum Unpacker {
    Stored,
    MsZip,
    Lzx(Box<Lzxd>),
}

impl Unpacker {
    /// Chooses by the folder's type ([MS-CAB] 2.2); Quantum is not known here.
    fn new(packing: u16) -> Option<Self> {
        match packing & 0x0F {
            0 => Some(Self::Stored),
            1 => Some(Self::MsZip),
            3 => Some(Self::Lzx(Box::new(Lzxd::new(window(packing >> 8)?)))),
            _ => None,
        }
    }

    /// Appends one block to `data`; `None` where it is damaged.
    fn block(&mut self, block: &[u8], size: usize, data: &mut Vec<u8>) -> Option<()> {
        let before = data.len();
        match self {
            Self::Stored => data.extend_from_slice(block),
            Self::MsZip => ms_zip(block, size, data)?,
            Self::Lzx(decoder) => {
                data.extend_from_slice(decoder.decompress_next(block, size).ok()?)
            }
        }
        (data.len() - before == size && size <= BLOCK_BYTES_MAX).then_some(())
    }
}

/// Inflates a block that may refer back into the one before it: what came
/// before is fed in first as a stored block, and skipped in what comes out.
fn ms_zip(block: &[u8], size: usize, data: &mut Vec<u8>) -> Option<()> {
    let deflated = block.strip_prefix(b"CK")?;
    // A stored block holds one byte less than the window.
    let known = data.len().min(BLOCK_BYTES_MAX);
    let length = u16::try_from(known).ok()?;
    let mut prelude = vec![0];
    prelude.extend_from_slice(&length.to_le_bytes());
    prelude.extend_from_slice(&(!length).to_le_bytes());
    prelude.extend_from_slice(&data[data.len() - known..]);
    let mut out = Vec::with_capacity(known + size);
    let reader = DeflateDecoder::new(prelude.chain(deflated));
    reader.take((known + size) as u64).read_to_end(&mut out).ok()?;
    data.extend_from_slice(out.get(known..)?);
    Some(())
}

/// The window is two to this power.
fn window(exponent: u16) -> Option<WindowSize> {
    Some(match exponent & 0x1F {
        15 => WindowSize::KB32,
        16 => WindowSize::KB64,
        17 => WindowSize::KB128,
        18 => WindowSize::KB256,
        19 => WindowSize::KB512,
        20 => WindowSize::MB1,
        21 => WindowSize::MB2,
        _ => return None,
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let field = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(field.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(field.try_into().ok()?))
}
