//! ZIP: reads a package by its central directory, checks it against the local
//! headers, and writes a plain new one. Knows no paths and writes no files.
//!
//! Source: APPNOTE.TXT 6.3.10 (section numbers in comments are its).

mod crypt;
mod name;
mod read;
mod records;
mod unpack;
mod write;

pub use crypt::UnlockError;
pub use read::{Archive, Entry, Finding, Packing, ZipError};
pub use write::{Level, Writer};
