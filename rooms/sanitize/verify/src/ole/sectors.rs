//! Sectors of a compound file: each belongs to one chain, none is free, and
//! what a chain does not fill is zero ([MS-CFB] 2.2 to 2.6).

use super::{u16_at, u32_at};

/// Walks every sector.
///
/// # Errors
/// Says where something could be hidden.
pub(super) fn check(bytes: &[u8]) -> Result<(), &'static str> {
    let mut map = Map::read(bytes)?;
    let directory = map.chain(u32_at(bytes, 48), usize::MAX)?;
    let mini_fat = map.chain(u32_at(bytes, 60), usize::MAX)?;
    let mini_fat: Vec<u32> = mini_fat.chunks_exact(4).map(|word| u32_at(word, 0)).collect();
    let (mut mini_stream, mut mini_owned) = (Vec::new(), vec![false; mini_fat.len()]);
    for (index, entry) in directory.chunks_exact(ENTRY).enumerate() {
        let kind = entry[66];
        let start = u32_at(entry, 116);
        let size = u32_at(entry, 120) as usize;
        match kind {
            0 => unused(entry)?,
            5 if index == 0 => mini_stream = map.chain(start, size)?,
            2 if size >= CUTOFF => {
                map.chain(start, size)?;
            }
            2 if size > 0 => mini_chain(&mini_fat, &mut mini_owned, &mini_stream, start, size)?,
            1 | 2 => {}
            _ => return Err("an odd directory entry"),
        }
        name_tail(entry, kind)?;
    }
    let is_mini_whole =
        mini_fat.iter().zip(&mini_owned).all(|(next, owned)| *owned || *next == FREE);
    if !is_mini_whole {
        return Err("a small sector that belongs to nothing");
    }
    map.finish()
}

struct Map<'b> {
    bytes: &'b [u8],
    fat: Vec<u32>,
    owned: Vec<bool>,
}

impl<'b> Map<'b> {
    fn read(bytes: &'b [u8]) -> Result<Self, &'static str> {
        if bytes.len() < SECTOR || u16_at(bytes, 26) != 3 || u16_at(bytes, 30) != 9 {
            return Err("not a container of version 3");
        }
        if !bytes.len().is_multiple_of(SECTOR) {
            return Err("a part of a sector at the end");
        }
        let count = bytes.len() / SECTOR - 1;
        let mut map = Self { bytes, fat: Vec::new(), owned: vec![false; count] };
        let mut listed: Vec<u32> =
            (0..HEADER_LIST).map(|index| u32_at(bytes, 76 + index * 4)).collect();
        let mut next = u32_at(bytes, 68);
        while next < SPECIAL {
            let sector = map.own(next)?;
            listed.extend((0..127).map(|index| u32_at(sector, index * 4)));
            next = u32_at(sector, 508);
        }
        for number in listed.into_iter().filter(|&number| number != FREE) {
            let sector = map.own(number)?;
            map.fat.extend((0..128).map(|index| u32_at(sector, index * 4)));
        }
        Ok(map)
    }

    fn own(&mut self, number: u32) -> Result<&'b [u8], &'static str> {
        let index = number as usize;
        let owned = self.owned.get_mut(index).ok_or("a sector beyond the file")?;
        if std::mem::replace(owned, true) {
            return Err("a sector that belongs to two chains");
        }
        let start = (index + 1) * SECTOR;
        self.bytes.get(start..start + SECTOR).ok_or("a sector beyond the file")
    }

    /// Reads a chain; its bytes behind `size` must be zero.
    fn chain(&mut self, start: u32, size: usize) -> Result<Vec<u8>, &'static str> {
        let (mut data, mut next) = (Vec::new(), start);
        while next < SPECIAL {
            data.extend_from_slice(self.own(next)?);
            next = *self.fat.get(next as usize).ok_or("a sector that the table does not name")?;
        }
        if size != usize::MAX {
            let slack = data.get(size..).ok_or("a chain shorter than its stream")?;
            if slack.len() >= SECTOR || slack.iter().any(|&byte| byte != 0) {
                return Err("bytes in the slack of a stream");
            }
        }
        Ok(data)
    }

    fn finish(self) -> Result<(), &'static str> {
        if self.owned.iter().any(|owned| !owned) {
            return Err("a sector that belongs to nothing");
        }
        let behind = self.fat.get(self.owned.len()..).unwrap_or_default();
        if behind.iter().any(|&next| next != FREE) {
            Err("a table beyond the file")
        } else {
            Ok(())
        }
    }
}

fn mini_chain(
    fat: &[u32],
    owned: &mut [bool],
    stream: &[u8],
    start: u32,
    size: usize,
) -> Result<(), &'static str> {
    let (mut next, mut left) = (start, size);
    while next < SPECIAL {
        let index = next as usize;
        let mark = owned.get_mut(index).ok_or("a small sector beyond the stream")?;
        if std::mem::replace(mark, true) || left == 0 {
            return Err("a small sector that belongs to two chains");
        }
        let sector = stream
            .get(index * MINI..(index + 1) * MINI)
            .ok_or("a small sector beyond the stream")?;
        let used = left.min(MINI);
        if sector[used..].iter().any(|&byte| byte != 0) {
            return Err("bytes in the slack of a stream");
        }
        left -= used;
        next = fat[index];
    }
    if left == 0 { Ok(()) } else { Err("a chain shorter than its stream") }
}

fn unused(entry: &[u8]) -> Result<(), &'static str> {
    let is_zero = entry
        .iter()
        .enumerate()
        .all(|(at, &byte)| byte == if (68..80).contains(&at) { 0xFF } else { 0 });
    if is_zero { Ok(()) } else { Err("bytes in an unused directory entry") }
}

/// Behind a name, and in the dates of an entry, nothing may stand.
fn name_tail(entry: &[u8], kind: u8) -> Result<(), &'static str> {
    let used = usize::from(u16_at(entry, 64)).min(64);
    let tail_is_zero = entry[used..64].iter().all(|&byte| byte == 0);
    let dates_are_zero = entry[96..116].iter().all(|&byte| byte == 0);
    if kind == 0 || (tail_is_zero && dates_are_zero) {
        Ok(())
    } else {
        Err("bytes in the spare fields of a directory entry")
    }
}

const SECTOR: usize = 512;
const MINI: usize = 64;
const ENTRY: usize = 128;
const CUTOFF: usize = 4096;
const HEADER_LIST: usize = 109;
/// Numbers from here on are marks, not sectors.
const SPECIAL: u32 = 0xFFFF_FFFA;
const FREE: u32 = 0xFFFF_FFFF;
