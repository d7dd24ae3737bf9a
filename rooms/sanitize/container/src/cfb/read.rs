//! The reading half: as forgiving as Office itself about counts and colours,
//! strict about what it spends. Chains that loop or leave the file end there.

use sanitize_core::{Budget, Stop};

use super::{
    DIFAT_SECTOR, END_OF_CHAIN, ENTRY_SIZE, HEADER_DIFAT, HEADER_SIZE, MINI_CUTOFF, MINI_SECTOR,
    NO_ENTRY, SECTOR_MAX,
};

/// The eight bytes that every compound file begins with (2.2).
pub const SIGNATURE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// Says whether `bytes` begin like a compound file.
#[must_use]
pub fn is_compound(bytes: &[u8]) -> bool {
    bytes.starts_with(&SIGNATURE)
}

/// Why a container could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CfbError {
    /// The signature is missing or the header is cut off.
    #[error("not a compound file")]
    NotCompound,
    /// The header or the directory makes no sense.
    #[error("compound file is damaged: {0}")]
    Damaged(&'static str),
    /// A limit was reached.
    #[error(transparent)]
    Stop(#[from] Stop),
}

/// What a directory entry stands for (2.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The root; its path is empty.
    Root,
    /// A folder.
    Storage,
    /// A file.
    Stream,
}

/// Something that the directory does not lead to and a rewrite takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A directory entry that no path leads to, by its name.
    Orphan(String),
    /// Data in sectors that belong to nothing, or after the last sector.
    FreeData,
    /// Data behind the end of a stream, in its last sector.
    Slack,
}

/// One entry that can be reached from the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Names from the root down, as written. Empty for the root itself.
    pub path: Vec<String>,
    /// What it is.
    pub kind: Kind,
    /// Class identifier as stored (little-endian fields), all zero for none.
    pub clsid: [u8; 16],
    /// Size as claimed, in bytes; zero for storages.
    pub size: u64,
    start: u32,
}

impl Entry {
    /// Returns the last name of the path, empty for the root.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Says whether the path is `path`, letter case aside.
    #[must_use]
    pub fn is_at(&self, path: &[&str]) -> bool {
        self.path.len() == path.len()
            && self.path.iter().zip(path).all(|(own, asked)| same_name(own, asked))
    }
}

/// A compound file in memory.
#[derive(Debug)]
pub struct CompoundFile<'a> {
    bytes: &'a [u8],
    sector_size: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini_stream: Vec<u8>,
    entries: Vec<Entry>,
    findings: Vec<Finding>,
}

impl<'a> CompoundFile<'a> {
    /// Reads the tables and the directory of `bytes`.
    ///
    /// # Errors
    /// Fails where there is no usable header or root entry, and at a limit.
    pub fn read(bytes: &'a [u8], budget: &mut Budget) -> Result<Self, CfbError> {
        let header = Header::read(bytes)?;
        let mut file = Self {
            bytes,
            sector_size: header.sector_size,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini_stream: Vec::new(),
            entries: Vec::new(),
            findings: Vec::new(),
        };
        budget.take_objects(file.sector_count() as u64)?;
        let mut used = Used::new(file.sector_count());
        file.load_fat(&header, &mut used);
        let directory = file.table(header.directory, &mut used);
        let mini_fat = file.table(header.mini_fat, &mut used);
        file.mini_fat = words(&mini_fat).collect();
        let raw = RawEntry::read_all(&directory, header.is_version_4);
        budget.take_objects(raw.len() as u64)?;
        let reached = file.walk(&raw)?;
        let root = &file.entries[0];
        file.mini_stream = file.chain_data(root.start, root.size, budget)?;
        file.find_leftovers(&raw, &reached, used);
        Ok(file)
    }

    /// Every entry that the directory leads to, parents before children. The
    /// first is the root.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What lies in the file beside its entries.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the entry at `path`, letter case aside.
    #[must_use]
    pub fn entry(&self, path: &[&str]) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.is_at(path))
    }

    /// Reads the stream at `path`, letter case aside; `None` where there is no
    /// such stream. A chain that ends early gives the bytes there are.
    ///
    /// # Errors
    /// Fails at a limit.
    pub fn stream(&self, path: &[&str], budget: &mut Budget) -> Result<Option<Vec<u8>>, CfbError> {
        let found = self.entries.iter().find(|e| e.kind == Kind::Stream && e.is_at(path));
        found.map(|entry| self.data(entry, budget)).transpose()
    }

    /// Reads the stream of `entry`; empty for storages.
    ///
    /// # Errors
    /// Fails at a limit.
    pub fn data(&self, entry: &Entry, budget: &mut Budget) -> Result<Vec<u8>, CfbError> {
        match entry.kind {
            Kind::Root | Kind::Storage => Ok(Vec::new()),
            Kind::Stream if entry.size < MINI_CUTOFF => self.mini_data(entry, budget),
            Kind::Stream => self.chain_data(entry.start, entry.size, budget),
        }
    }

    fn sector_count(&self) -> usize {
        self.bytes.len().saturating_sub(1) / self.sector_size
    }

    /// Returns a sector's bytes; the last one of a cut-off file is short.
    fn sector(&self, sector: u32) -> &'a [u8] {
        let start = (sector as usize).saturating_add(1).saturating_mul(self.sector_size);
        let end = start.saturating_add(self.sector_size).min(self.bytes.len());
        self.bytes.get(start..end).unwrap_or_default()
    }

    fn load_fat(&mut self, header: &Header, used: &mut Used) {
        let mut sectors: Vec<u32> = header.difat.clone();
        let mut next = header.difat_start;
        let words_in_sector = self.sector_size / 4;
        while next <= SECTOR_MAX && used.mark(next) {
            let block: Vec<u32> = words(self.sector(next)).collect();
            let (list, link) = block.split_at(block.len().min(words_in_sector - 1));
            sectors.extend(list.iter().filter(|&&sector| sector <= SECTOR_MAX));
            next = link.first().copied().unwrap_or(END_OF_CHAIN);
        }
        let count = self.sector_count();
        for sector in sectors {
            if self.fat.len() >= count {
                break;
            }
            used.mark(sector);
            let start = self.fat.len();
            self.fat.extend(words(self.sector(sector)));
            // A FAT sector outside the file still counts as one sector of free
            // entries, so that later ones keep their meaning.
            self.fat.resize(start + words_in_sector, DIFAT_SECTOR);
        }
        self.fat.truncate(count);
    }

    /// Reads a whole chain of unknown length: the directory or the mini FAT.
    fn table(&self, start: u32, used: &mut Used) -> Vec<u8> {
        let mut data = Vec::new();
        let mut sector = start;
        while sector <= SECTOR_MAX && used.mark(sector) {
            data.extend_from_slice(self.sector(sector));
            sector = self.next(sector);
        }
        data
    }

    fn next(&self, sector: u32) -> u32 {
        self.fat.get(sector as usize).copied().unwrap_or(END_OF_CHAIN)
    }

    fn chain_data(&self, start: u32, size: u64, budget: &mut Budget) -> Result<Vec<u8>, CfbError> {
        // No chain can hold more than the file does.
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(self.bytes.len());
        budget.take_bytes(size as u64)?;
        let mut data = Vec::with_capacity(size);
        let mut sector = start;
        while data.len() < size && sector <= SECTOR_MAX {
            let bytes = self.sector(sector);
            if bytes.is_empty() {
                break;
            }
            let wanted = bytes.len().min(size - data.len());
            data.extend_from_slice(&bytes[..wanted]);
            sector = self.next(sector);
        }
        Ok(data)
    }

    fn mini_data(&self, entry: &Entry, budget: &mut Budget) -> Result<Vec<u8>, CfbError> {
        let size = usize::try_from(entry.size).unwrap_or(usize::MAX).min(self.mini_stream.len());
        budget.take_bytes(size as u64)?;
        let mut data = Vec::with_capacity(size);
        let mut sector = entry.start;
        while data.len() < size && sector <= SECTOR_MAX {
            let start = (sector as usize).saturating_mul(MINI_SECTOR);
            let end = start.saturating_add(MINI_SECTOR).min(self.mini_stream.len());
            let Some(bytes) = self.mini_stream.get(start..end).filter(|b| !b.is_empty()) else {
                break;
            };
            let wanted = bytes.len().min(size - data.len());
            data.extend_from_slice(&bytes[..wanted]);
            sector = self.mini_fat.get(sector as usize).copied().unwrap_or(END_OF_CHAIN);
        }
        Ok(data)
    }

    /// Walks the directory's trees from the root and fills `entries`. Returns
    /// which raw entries were reached.
    fn walk(&mut self, raw: &[RawEntry]) -> Result<Vec<bool>, CfbError> {
        let root = raw.first().filter(|entry| entry.kind == 5 || !entry.name.is_empty());
        let root = root.ok_or(CfbError::Damaged("no root entry"))?;
        let mut reached = vec![false; raw.len()];
        reached[0] = true;
        self.entries.push(root.entry(Vec::new(), Kind::Root));
        // Entries still to visit, with the index of their parent in `entries`.
        let mut waiting = vec![(root.child, 0_usize)];
        while let Some((id, parent)) = waiting.pop() {
            let Some(found) = raw.get(id as usize).filter(|_| id != NO_ENTRY) else {
                continue;
            };
            if std::mem::replace(&mut reached[id as usize], true) {
                continue;
            }
            waiting.push((found.right, parent));
            waiting.push((found.left, parent));
            let depth = self.entries[parent].path.len();
            let kind = match found.kind {
                1 if depth < PATH_MAX => Kind::Storage,
                2 => Kind::Stream,
                _ => continue,
            };
            let mut path = self.entries[parent].path.clone();
            path.push(found.name.clone());
            if kind == Kind::Storage {
                waiting.push((found.child, self.entries.len()));
            }
            self.entries.push(found.entry(path, kind));
        }
        Ok(reached)
    }

    fn find_leftovers(&mut self, raw: &[RawEntry], reached: &[bool], mut used: Used) {
        for (entry, _) in raw.iter().zip(reached).filter(|(e, reached)| !**reached && e.kind != 0) {
            self.findings.push(Finding::Orphan(entry.name.clone()));
        }
        let mut slack = false;
        for entry in &self.entries {
            let is_long = entry.kind == Kind::Root || entry.size >= MINI_CUTOFF;
            if entry.kind == Kind::Storage || !is_long {
                continue;
            }
            let mut left = entry.size;
            let mut sector = entry.start;
            while left > 0 && sector <= SECTOR_MAX && used.mark(sector) {
                let bytes = self.sector(sector);
                let own = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                slack |= bytes[own..].iter().any(|&byte| byte != 0);
                left = left.saturating_sub(self.sector_size as u64);
                sector = self.next(sector);
            }
        }
        let unused = (0..self.sector_count()).filter(|&sector| !used.is_marked(sector));
        let has_free_data = unused
            .filter_map(|sector| u32::try_from(sector).ok())
            .any(|sector| self.sector(sector).iter().any(|&byte| byte != 0 && byte != 0xFF));
        if has_free_data {
            self.findings.push(Finding::FreeData);
        }
        if slack {
            self.findings.push(Finding::Slack);
        }
    }
}

/// Deepest path that is followed; Office never nests deeper than a few.
const PATH_MAX: usize = 32;

/// Compares names as a directory does: by upper case (2.6.4).
fn same_name(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right) || {
        let upper = |text: &str| text.chars().flat_map(char::to_uppercase).collect::<String>();
        !(left.is_ascii() && right.is_ascii()) && upper(left) == upper(right)
    }
}

struct Header {
    sector_size: usize,
    is_version_4: bool,
    directory: u32,
    mini_fat: u32,
    difat_start: u32,
    difat: Vec<u32>,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, CfbError> {
        if !is_compound(bytes) || bytes.len() < HEADER_SIZE {
            return Err(CfbError::NotCompound);
        }
        let word = |at: usize| read_u32(bytes, at);
        let sector_size = match read_u16(bytes, 30) {
            9 => 512,
            12 => 4096,
            _ => return Err(CfbError::Damaged("sector size")),
        };
        let listed = words(&bytes[HEADER_SIZE - 4 * HEADER_DIFAT..HEADER_SIZE]);
        Ok(Self {
            sector_size,
            is_version_4: sector_size == 4096,
            directory: word(48),
            mini_fat: word(60),
            difat_start: word(68),
            difat: listed.filter(|&sector| sector <= SECTOR_MAX).collect(),
        })
    }
}

struct RawEntry {
    name: String,
    kind: u8,
    left: u32,
    right: u32,
    child: u32,
    clsid: [u8; 16],
    start: u32,
    size: u64,
}

impl RawEntry {
    fn read_all(directory: &[u8], is_version_4: bool) -> Vec<Self> {
        directory.chunks_exact(ENTRY_SIZE).map(|raw| Self::read(raw, is_version_4)).collect()
    }

    /// Reads one entry of `ENTRY_SIZE` bytes (2.6.1).
    fn read(raw: &[u8], is_version_4: bool) -> Self {
        let name_bytes = usize::from(read_u16(raw, 64)).min(64);
        let units = raw[..name_bytes].chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]]));
        let units: Vec<u16> = units.take_while(|&unit| unit != 0).collect();
        let mut clsid = [0; 16];
        clsid.copy_from_slice(&raw[80..96]);
        let high = if is_version_4 { u64::from(read_u32(raw, 124)) << 32 } else { 0 };
        Self {
            name: String::from_utf16_lossy(&units),
            kind: raw[66],
            left: read_u32(raw, 68),
            right: read_u32(raw, 72),
            child: read_u32(raw, 76),
            clsid,
            start: read_u32(raw, 116),
            size: high | u64::from(read_u32(raw, 120)),
        }
    }

    fn entry(&self, path: Vec<String>, kind: Kind) -> Entry {
        let size = if kind == Kind::Storage { 0 } else { self.size };
        Entry { path, kind, clsid: self.clsid, size, start: self.start }
    }
}

/// Which sectors belong to something.
struct Used(Vec<bool>);

impl Used {
    fn new(sectors: usize) -> Self {
        Self(vec![false; sectors])
    }

    /// Marks a sector; `false` where it was marked or lies outside the file,
    /// which is where every walk along a chain ends.
    fn mark(&mut self, sector: u32) -> bool {
        self.0.get_mut(sector as usize).is_some_and(|used| !std::mem::replace(used, true))
    }

    fn is_marked(&self, sector: usize) -> bool {
        self.0.get(sector).copied().unwrap_or(false)
    }
}

fn read_u16(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]))
}

fn read_u32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}
