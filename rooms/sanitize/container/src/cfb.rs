//! OLE compound files, [MS-CFB]: a tolerant reader and a writer that leaves no
//! slack. Knows sectors and directories, never what a stream means.

mod read;
mod write;

pub use read::{CfbError, CompoundFile, Entry, Finding, Kind, SIGNATURE, is_compound};
pub use write::{WriteError, Writer};

/// Marks the end of a sector chain (2.1).
const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
/// A sector that belongs to nothing (2.1).
const FREE_SECTOR: u32 = 0xFFFF_FFFF;
/// A sector that holds part of the FAT (2.1).
const FAT_SECTOR: u32 = 0xFFFF_FFFD;
/// A sector that holds part of the DIFAT (2.1).
const DIFAT_SECTOR: u32 = 0xFFFF_FFFC;
/// The largest number that can name a sector (2.1).
const SECTOR_MAX: u32 = 0xFFFF_FFFA;
/// No such directory entry (2.6.1).
const NO_ENTRY: u32 = 0xFFFF_FFFF;
/// Streams shorter than this live in the mini stream (2.2).
const MINI_CUTOFF: u64 = 4096;
/// Size of a sector of the mini stream, in bytes (2.2).
const MINI_SECTOR: usize = 64;
/// Size of a directory entry, in bytes (2.6.1).
const ENTRY_SIZE: usize = 128;
/// Size of the header without its padding, in bytes (2.2).
const HEADER_SIZE: usize = 512;
/// FAT sectors that the header itself names (2.2).
const HEADER_DIFAT: usize = 109;

#[cfg(test)]
mod tests;
