//! TIFF 6.0: every page with the few tags that say how to show it; strips and
//! tiles are unpacked, checked for size and packed anew in the same way (fax
//! pages always as group 4). Big TIFF and camera formats are not known here.

mod chunk;
mod fax;
mod page;
mod write;

use sanitize_core::{Job, Stop, reasons};

use crate::bytes::Reader;
use page::Page;

/// Writes a TIFF anew, in the byte order it came in.
///
/// # Errors
/// Stops when no page can be read, when a page is packed in a way that is not
/// known here, or at a limit.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let broken = || Stop::blocked(&reasons::BROKEN, "");
    let is_big = match bytes.get(..4) {
        Some(b"II*\0") => false,
        Some(b"MM\0*") => true,
        Some(_) => return Err(Stop::blocked(&reasons::UNSUPPORTED, "TIFF")),
        None => return Err(broken()),
    };
    let file = File { bytes, is_big };
    let mut at = file.reader(4).and_then(|mut reader| reader.u32()).ok_or_else(broken)?;
    let mut writer = write::Writer::new(is_big);
    let mut seen = Vec::new();
    // A directory that was there before would go round for ever.
    while at != 0 && !seen.contains(&at) {
        seen.push(at);
        job.budget.check_pages(seen.len() as u64)?;
        let place = format!("page {}", seen.len());
        let (page, next) = match Page::read(&file, at, &place, job) {
            Some(read) => read,
            None if writer.pages() > 0 => break,
            None => return Err(broken()),
        };
        job.budget.take_pixels(page.width.into(), page.height.into())?;
        let chunks = chunk::repack(&file, &page, job)?;
        writer.add(&page, &chunks);
        at = next;
    }
    Ok(writer.finish())
}

/// The source and its byte order.
struct File<'a> {
    bytes: &'a [u8],
    is_big: bool,
}

impl<'a> File<'a> {
    fn reader(&self, at: u32) -> Option<Reader<'a>> {
        let mut reader = Reader::with_order(self.bytes, self.is_big);
        reader.seek(at as usize)?;
        Some(reader)
    }
}

#[cfg(test)]
mod tests;
