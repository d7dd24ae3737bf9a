//! The writing half: version 3, entries in the directory's own order, no dates,
//! no unused byte that is not zero. The same entries give the same bytes.

use std::cmp::Ordering;

use super::{
    DIFAT_SECTOR, END_OF_CHAIN, FAT_SECTOR, FREE_SECTOR, HEADER_DIFAT, MINI_CUTOFF, MINI_SECTOR,
    NO_ENTRY, SECTOR_MAX, read::SIGNATURE,
};

const SECTOR: usize = 512;
const WORDS_IN_SECTOR: usize = SECTOR / 4;
/// A name has at most 31 UTF-16 units and a terminator (2.6.1).
const NAME_UNITS_MAX: usize = 31;

/// Why entries do not make a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A name is empty, too long or has a forbidden character (2.6.1).
    #[error("entry name is not allowed")]
    Name,
    /// Two entries of one storage have the same name, or a stream is used as
    /// a storage.
    #[error("entry exists already")]
    Exists,
    /// More than version 3 can address.
    #[error("container is larger than 2 GiB")]
    TooLarge,
}

enum Body {
    Storage(Vec<usize>),
    Stream(Vec<u8>),
}

struct Node {
    name: Vec<u16>,
    clsid: [u8; 16],
    body: Body,
}

/// Builds a compound file in memory.
pub struct Writer {
    /// The first is the root. Storages name their children by index.
    nodes: Vec<Node>,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// Starts a container with nothing but a root.
    #[must_use]
    pub fn new() -> Self {
        let name = "Root Entry".encode_utf16().collect();
        Self { nodes: vec![Node { name, clsid: [0; 16], body: Body::Storage(Vec::new()) }] }
    }

    /// Adds a stream, and the storages on the way to it where they are missing.
    ///
    /// # Errors
    /// Fails on names that a directory cannot hold or that are taken.
    pub fn add_stream(&mut self, path: &[&str], data: Vec<u8>) -> Result<(), WriteError> {
        let (name, parents) = path.split_last().ok_or(WriteError::Name)?;
        let parent = self.storage(parents)?;
        if self.child(parent, &units(name)?).is_some() {
            return Err(WriteError::Exists);
        }
        self.push(parent, units(name)?, Body::Stream(data));
        Ok(())
    }

    /// Makes a storage with a class identifier; an empty path means the root.
    ///
    /// # Errors
    /// As [`Writer::add_stream`].
    pub fn set_storage(&mut self, path: &[&str], clsid: [u8; 16]) -> Result<(), WriteError> {
        let at = self.storage(path)?;
        self.nodes[at].clsid = clsid;
        Ok(())
    }

    /// Returns the container's bytes.
    ///
    /// # Errors
    /// Fails where the container would be larger than version 3 allows.
    pub fn finish(self) -> Result<Vec<u8>, WriteError> {
        let mut image = Image::default();
        let mut mini = Mini::default();
        let mut places = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            places.push(match &node.body {
                Body::Storage(_) => (0, 0),
                Body::Stream(data) if data.is_empty() => (END_OF_CHAIN, 0),
                Body::Stream(data) if (data.len() as u64) < MINI_CUTOFF => mini.add(data)?,
                Body::Stream(data) => image.add(data)?,
            });
        }
        places[0] = image.add(&mini.data)?;
        let mini_fat: Vec<u8> = mini.fat_bytes();
        let (mini_fat_start, _) = image.add(&mini_fat)?;
        let directory = self.directory(&places);
        let (directory_start, _) = image.add(&directory)?;
        image.finish(directory_start, mini_fat_start, mini_fat.len() / SECTOR)
    }

    /// Finds the storage at `path` and makes what is missing of it.
    fn storage(&mut self, path: &[&str]) -> Result<usize, WriteError> {
        let mut at = 0;
        for name in path {
            let name = units(name)?;
            at = match self.child(at, &name) {
                Some(child) if matches!(self.nodes[child].body, Body::Storage(_)) => child,
                Some(_) => return Err(WriteError::Exists),
                None => self.push(at, name, Body::Storage(Vec::new())),
            };
        }
        Ok(at)
    }

    fn child(&self, parent: usize, name: &[u16]) -> Option<usize> {
        let Body::Storage(children) = &self.nodes[parent].body else {
            return None;
        };
        let same = |&child: &usize| order(&self.nodes[child].name, name) == Ordering::Equal;
        children.iter().copied().find(same)
    }

    fn push(&mut self, parent: usize, name: Vec<u16>, body: Body) -> usize {
        let index = self.nodes.len();
        self.nodes.push(Node { name, clsid: [0; 16], body });
        if let Body::Storage(children) = &mut self.nodes[parent].body {
            children.push(index);
        }
        index
    }

    fn directory(&self, places: &[(u32, u32)]) -> Vec<u8> {
        let mut links = vec![Links::default(); self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            if let Body::Storage(children) = &node.body {
                let mut sorted = children.clone();
                sorted.sort_by(|&a, &b| order(&self.nodes[a].name, &self.nodes[b].name));
                links[index].child = tree(&sorted, 1, full_levels(sorted.len()), &mut links);
            }
        }
        let mut out = Vec::with_capacity(self.nodes.len() * 128);
        for (index, node) in self.nodes.iter().enumerate() {
            write_entry(&mut out, index, node, &links[index], places[index]);
        }
        while out.len() % SECTOR != 0 {
            // An unused entry is zero but for its links (2.6.3).
            let mut unused = [0; 128];
            unused[68..80].fill(0xFF);
            out.extend_from_slice(&unused);
        }
        out
    }
}

fn write_entry(out: &mut Vec<u8>, index: usize, node: &Node, links: &Links, place: (u32, u32)) {
    let start = out.len();
    for unit in &node.name {
        out.extend_from_slice(&unit.to_le_bytes());
    }
    out.resize(start + 64, 0);
    let name_bytes = u16::try_from(2 * (node.name.len() + 1)).unwrap_or(64);
    out.extend_from_slice(&name_bytes.to_le_bytes());
    out.push(match (&node.body, index) {
        (Body::Storage(_), 0) => 5,
        (Body::Storage(_), _) => 1,
        (Body::Stream(_), _) => 2,
    });
    out.push(u8::from(!links.is_red));
    for link in [links.left, links.right, links.child] {
        out.extend_from_slice(&link.to_le_bytes());
    }
    out.extend_from_slice(&node.clsid);
    out.resize(start + 116, 0);
    out.extend_from_slice(&place.0.to_le_bytes());
    out.extend_from_slice(&u64::from(place.1).to_le_bytes());
}

/// A directory entry's place in the tree of its siblings (2.6.4).
#[derive(Clone)]
struct Links {
    left: u32,
    right: u32,
    child: u32,
    is_red: bool,
}

impl Default for Links {
    fn default() -> Self {
        Self { left: NO_ENTRY, right: NO_ENTRY, child: NO_ENTRY, is_red: false }
    }
}

/// Hangs sorted entries into a tree as flat as it can be. Every level that is
/// full is black and the last, broken one red: so each path from the root to a
/// leaf passes the same number of black entries and no red one follows a red.
fn tree(sorted: &[usize], level: u32, full: u32, links: &mut [Links]) -> u32 {
    let Some(&middle) = sorted.get(sorted.len() / 2) else {
        return NO_ENTRY;
    };
    let half = sorted.len() / 2;
    let left = tree(&sorted[..half], level + 1, full, links);
    let right = tree(&sorted[half + 1..], level + 1, full, links);
    links[middle].left = left;
    links[middle].right = right;
    links[middle].is_red = level > full;
    u32::try_from(middle).unwrap_or(NO_ENTRY)
}

/// How many levels of a flat tree of `count` entries are full.
fn full_levels(count: usize) -> u32 {
    (count + 1).ilog2()
}

/// Orders names as [MS-CFB] 2.6.4 does: by length, then by upper case.
fn order(left: &[u16], right: &[u16]) -> Ordering {
    let upper = |unit: &u16| {
        let Some(letter) = char::from_u32(u32::from(*unit)) else {
            return *unit;
        };
        let mut upper = letter.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(one), None) => u16::try_from(u32::from(one)).unwrap_or(*unit),
            _ => *unit,
        }
    };
    left.len().cmp(&right.len()).then_with(|| left.iter().map(upper).cmp(right.iter().map(upper)))
}

fn units(name: &str) -> Result<Vec<u16>, WriteError> {
    let units: Vec<u16> = name.encode_utf16().collect();
    let is_forbidden = name.contains(['/', '\\', ':', '!', '\0']);
    if units.is_empty() || units.len() > NAME_UNITS_MAX || is_forbidden {
        return Err(WriteError::Name);
    }
    Ok(units)
}

/// The mini stream and its FAT.
#[derive(Default)]
struct Mini {
    data: Vec<u8>,
    fat: Vec<u32>,
}

impl Mini {
    fn add(&mut self, data: &[u8]) -> Result<(u32, u32), WriteError> {
        let start = number(self.fat.len())?;
        self.data.extend_from_slice(data);
        self.data.resize(self.data.len().next_multiple_of(MINI_SECTOR), 0);
        chain(&mut self.fat, self.data.len() / MINI_SECTOR)?;
        Ok((start, number(data.len())?))
    }

    fn fat_bytes(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.fat.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.resize(bytes.len().next_multiple_of(SECTOR), 0xFF);
        bytes
    }
}

/// The sectors behind the header and their FAT.
#[derive(Default)]
struct Image {
    sectors: Vec<u8>,
    fat: Vec<u32>,
}

impl Image {
    /// Adds a chain and returns its first sector and its size in bytes.
    fn add(&mut self, data: &[u8]) -> Result<(u32, u32), WriteError> {
        if data.is_empty() {
            return Ok((END_OF_CHAIN, 0));
        }
        let start = number(self.fat.len())?;
        self.sectors.extend_from_slice(data);
        self.sectors.resize(self.sectors.len().next_multiple_of(SECTOR), 0);
        chain(&mut self.fat, self.sectors.len() / SECTOR)?;
        Ok((start, number(data.len())?))
    }

    fn finish(
        mut self,
        directory: u32,
        mini_fat: u32,
        mini_fat_sectors: usize,
    ) -> Result<Vec<u8>, WriteError> {
        let (fat_sectors, difat_sectors) = table_sizes(self.fat.len());
        let fat_start = self.fat.len();
        self.fat.resize(fat_start + fat_sectors, FAT_SECTOR);
        let difat_start = self.fat.len();
        self.fat.resize(difat_start + difat_sectors, DIFAT_SECTOR);
        let total = number(self.fat.len())?;
        if u64::from(total) * SECTOR as u64 > 1 << 31 {
            return Err(WriteError::TooLarge);
        }
        let listed: Vec<u32> =
            (fat_start..difat_start).map(number).collect::<Result<Vec<u32>, WriteError>>()?;
        let first_difat = if difat_sectors == 0 { END_OF_CHAIN } else { number(difat_start)? };

        let mut out = Vec::with_capacity(SECTOR * (self.fat.len() + 1));
        out.extend_from_slice(&SIGNATURE);
        out.resize(24, 0);
        for half in [0x3E_u16, 3, 0xFFFE, 9, 6] {
            out.extend_from_slice(&half.to_le_bytes());
        }
        out.resize(44, 0);
        let words = [number(fat_sectors)?, directory, 0, MINI_CUTOFF as u32, mini_fat];
        push_words(&mut out, &words);
        push_words(&mut out, &[number(mini_fat_sectors)?, first_difat, number(difat_sectors)?]);
        let in_header = listed.len().min(HEADER_DIFAT);
        push_words(&mut out, &listed[..in_header]);
        out.resize(SECTOR, 0xFF);
        out.extend_from_slice(&self.sectors);
        push_words(&mut out, &self.fat);
        out.resize(out.len().next_multiple_of(SECTOR), 0xFF);
        for (index, block) in listed[in_header..].chunks(WORDS_IN_SECTOR - 1).enumerate() {
            push_words(&mut out, block);
            out.resize(out.len() + 4 * (WORDS_IN_SECTOR - 1 - block.len()), 0xFF);
            let is_last = index + 1 == difat_sectors;
            let next = if is_last { END_OF_CHAIN } else { number(difat_start + index + 1)? };
            push_words(&mut out, &[next]);
        }
        Ok(out)
    }
}

/// Returns how many FAT and DIFAT sectors a file with `data` other sectors
/// needs; each new one needs an entry of its own.
fn table_sizes(data: usize) -> (usize, usize) {
    let (mut fat, mut difat) = (0_usize, 0_usize);
    loop {
        let fat_needed = (data + fat + difat).div_ceil(WORDS_IN_SECTOR);
        let difat_needed = fat_needed.saturating_sub(HEADER_DIFAT).div_ceil(WORDS_IN_SECTOR - 1);
        if (fat_needed, difat_needed) == (fat, difat) {
            return (fat, difat);
        }
        (fat, difat) = (fat_needed, difat_needed);
    }
}

/// Extends `fat` to `len` entries that form one chain.
fn chain(fat: &mut Vec<u32>, len: usize) -> Result<(), WriteError> {
    while fat.len() + 1 < len {
        fat.push(number(fat.len() + 1)?);
    }
    fat.push(END_OF_CHAIN);
    Ok(())
}

fn number(count: usize) -> Result<u32, WriteError> {
    u32::try_from(count).ok().filter(|&n| n <= SECTOR_MAX).ok_or(WriteError::TooLarge)
}

fn push_words(out: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        out.extend_from_slice(&word.to_le_bytes());
    }
}

// The padding of tables is the value that marks a free sector.
const _: () = assert!(FREE_SECTOR == u32::MAX);
