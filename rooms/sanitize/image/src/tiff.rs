//! TIFF 6.0: every page with the few tags that say how to show it; strips and
//! tiles are unpacked, checked for size and packed anew in the same way (fax
//! pages always as group 4). Big TIFF and camera formats are not known here.

mod chunk;
mod fax;
mod page;
mod write;

use std::cell::RefCell;

use sanitize_core::{Job, Stop, reasons};

use crate::bytes::Reader;
use crate::codes;
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
    let file = File { bytes, is_big, owned: RefCell::new(vec![(0, HEADER)]) };
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
    job.removed_times(&codes::LEADING, "", u64::from(file.has_more()));
    Ok(writer.finish())
}

/// The byte order, a mark, the place of the first directory.
const HEADER: usize = 8;

/// The source and its byte order.
struct File<'a> {
    bytes: &'a [u8],
    is_big: bool,
    /// What directories, their values and the pixels take up.
    owned: RefCell<Vec<(usize, usize)>>,
}

impl<'a> File<'a> {
    fn reader(&self, at: u32) -> Option<Reader<'a>> {
        let mut reader = Reader::with_order(self.bytes, self.is_big);
        reader.seek(at as usize)?;
        Some(reader)
    }

    /// Notes that the bytes from `at` on belong to the picture.
    fn own(&self, at: u32, size: usize) {
        let at = at as usize;
        self.owned.borrow_mut().push((at, at.saturating_add(size)));
    }

    /// Says whether anything but zeros stands outside of the picture.
    fn has_more(&self) -> bool {
        let mut owned = self.owned.borrow_mut();
        owned.sort_unstable();
        let is_filled = |from: usize, to: usize| {
            self.bytes.get(from..to).is_some_and(|gap| gap.iter().any(|&byte| byte != 0))
        };
        let mut at = 0;
        for &(from, to) in owned.iter() {
            if is_filled(at, from) {
                return true;
            }
            at = at.max(to);
        }
        is_filled(at, self.bytes.len())
    }
}

#[cfg(test)]
mod tests;
