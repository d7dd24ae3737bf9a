//! Encrypted documents, [MS-DOC] 2.2.6: three streams, each in blocks of 512
//! bytes; the header stands at the start of the table stream.

use sanitize_core::{Job, Stop};

use super::rc4::Key;
use super::unknown;
use crate::doc::{Lock, Streams};

/// Size of a block with one key, in bytes.
const BLOCK: usize = 512;
/// The start of the WordDocument stream is never encrypted.
const PLAIN: usize = 0x44;

/// Decrypts all streams in place.
pub(crate) fn decrypt(streams: &mut Streams, lock: Lock, job: &mut Job<'_>) -> Result<(), Stop> {
    if lock.is_obfuscated {
        return Err(unknown());
    }
    let header_len = lock.header_len.min(streams.table.len());
    let header = streams.table[..header_len].to_vec();
    let key = Key::open(&header, job)?;
    let plain = streams.document.get(..PLAIN).unwrap_or_default().to_vec();
    for stream in [&mut streams.document, &mut streams.table, &mut streams.data] {
        key.decrypt(stream, BLOCK);
    }
    streams.document[..plain.len()].copy_from_slice(&plain);
    streams.table[..header_len].copy_from_slice(&header);
    Ok(())
}
