//! Archives of other files: plain containers whose every member is checked by
//! what it is. ZIP layout itself is checked where it is read.

use std::collections::HashSet;
use std::io::Read;

use crate::check::{Check, Walk};
use crate::nested;
use crate::rules;
use crate::zip::{Archive, name_fault};

/// Checks every member of a ZIP archive.
pub(crate) fn zip(check: &mut Check<'_>, bytes: &[u8]) -> Walk {
    let Some(mut archive) = Archive::open(check, bytes)? else { return Ok(()) };
    for index in 0..archive.names().len() {
        let Some(name) = archive.names().get(index).cloned() else { continue };
        let Some(data) = archive.data(check, index)? else { continue };
        if name.ends_with('/') {
            if !data.is_empty() {
                check.found(rules::ZIP_NAME, "a folder with content")?;
            }
            continue;
        }
        check.inside(&name, |check| nested::member(check, &name, &data))?;
    }
    Ok(())
}

/// Checks a TAR archive: ustar headers, files and folders, pax paths.
///
/// Source: POSIX.1-2017, pax, "ustar Interchange Format".
pub(crate) fn tar(check: &mut Check<'_>, bytes: &[u8]) -> Walk {
    let (mut at, mut long_name, mut seen) = (0usize, None, HashSet::new());
    loop {
        let Some(header) = bytes.get(at..at + BLOCK) else {
            return check.unreadable("no end of the archive");
        };
        if header.iter().all(|&byte| byte == 0) {
            break;
        }
        check.take_entries(1)?;
        let Some(size) = octal(&header[124..136]) else { return check.unreadable("an odd size") };
        let start = at + BLOCK;
        let Some(data) = start.checked_add(size).and_then(|end| bytes.get(start..end)) else {
            return check.unreadable("a member beyond the archive");
        };
        check.take_bytes(size as u64)?;
        let padded = size.next_multiple_of(BLOCK);
        let padding = bytes.get(start + size..start + padded).unwrap_or_default();
        if padding.iter().any(|&byte| byte != 0) {
            check.found(rules::ZIP_LAYOUT, "bytes between members")?;
        }
        at = start + padded;
        match header[156] {
            b'x' => {
                long_name = pax_path(data);
                if long_name.is_none() {
                    check.found(rules::ZIP_LAYOUT, "an extended header that is no path")?;
                }
            }
            kind @ (b'0' | b'5' | 0) => {
                let name = long_name.take().unwrap_or_else(|| until_nul(&header[..100]));
                member(check, &name, kind == b'5', data, &mut seen)?;
            }
            other => {
                check.found(rules::ZIP_NAME, format!("a member of kind {}", char::from(other)))?
            }
        }
    }
    let is_plain_end = bytes.len() - at == 2 * BLOCK && bytes[at..].iter().all(|&byte| byte == 0);
    if is_plain_end { Ok(()) } else { check.found(rules::ZIP_LAYOUT, "bytes after the archive") }
}

fn member(
    check: &mut Check<'_>,
    name: &str,
    is_folder: bool,
    data: &[u8],
    seen: &mut HashSet<String>,
) -> Walk {
    if let Some(fault) = name_fault(name) {
        check.found(rules::ZIP_NAME, format!("{fault}: {name}"))?;
    }
    if !seen.insert(name.to_lowercase()) {
        check.found(rules::ZIP_DUPLICATE, name)?;
    }
    if is_folder {
        return Ok(());
    }
    check.inside(name, |check| nested::member(check, name, data))
}

fn octal(field: &[u8]) -> Option<usize> {
    let text = until_nul(field);
    usize::from_str_radix(text.trim(), 8).ok()
}

fn until_nul(field: &[u8]) -> String {
    let bytes = field.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

/// A pax header that says nothing but a path.
fn pax_path(data: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(data).ok()?;
    let (length, rest) = text.split_once(' ')?;
    let is_whole = length.parse::<usize>().ok()? == text.len();
    let path = rest.strip_prefix("path=")?.strip_suffix('\n')?;
    (is_whole && !path.contains('\n')).then(|| path.to_owned())
}

/// Checks a file packed by gzip: no name, comment or extra field, one member.
///
/// Source: RFC 1952.
pub(crate) fn gzip(check: &mut Check<'_>, bytes: &[u8]) -> Walk {
    let name = match bytes.get(3) {
        Some(0) => String::new(),
        Some(&NAME_ONLY) => until_nul(bytes.get(10..).unwrap_or_default()),
        _ => {
            check.found(rules::ZIP_LAYOUT, "fields in a gzip header")?;
            String::new()
        }
    };
    if let Some(fault) = name_fault(&name).filter(|_| !name.is_empty()) {
        check.found(rules::ZIP_NAME, format!("{fault}: {name}"))?;
    }
    let mut data = Vec::new();
    let mut decoder =
        flate2::bufread::GzDecoder::new(bytes).take(check.bytes_left().saturating_add(1));
    let result = decoder.read_to_end(&mut data);
    check.take_bytes(data.len() as u64)?;
    if let Err(error) = result {
        return check.unreadable(error.to_string());
    }
    if !decoder.into_inner().into_inner().is_empty() {
        check.found(rules::ZIP_LAYOUT, "bytes after the packed file")?;
    }
    nested::member(check, &name, &data)
}

const BLOCK: usize = 512;
const NAME_ONLY: u8 = 8;
