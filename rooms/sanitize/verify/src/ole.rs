//! OLE containers: only the streams that are the document itself, in a
//! container without slack; then the document's own records.
//!
//! Source: [MS-CFB]; opened with the `cfb` crate, and walked sector by sector
//! with a reader of our own.

mod doc;
mod ppt;
mod sectors;
pub(crate) mod xls;

use std::io::{Cursor, Read};

use cfb::CompoundFile;
use sanitize_core::{Choice, Format};

use crate::check::{Check, Halt, Walk};
use crate::rules;

type Container<'b> = CompoundFile<Cursor<&'b [u8]>>;

/// Checks a whole container.
pub(crate) fn container(check: &mut Check<'_>, bytes: &[u8], format: Format) -> Walk {
    match format {
        Format::Doc | Format::Xls | Format::Ppt => {}
        other => check.found(rules::REFUSED_TYPE, other.name())?,
    }
    if let Err(fault) = sectors::check(bytes) {
        check.found(rules::OLE_LAYOUT, fault)?;
    }
    let mut file = match CompoundFile::open(Cursor::new(bytes)) {
        Ok(file) => file,
        Err(error) => return check.unreadable(format!("ole: {error}")),
    };
    let names = streams(check, &file, format)?;
    for name in names {
        let Some(data) = read(check, &mut file, &name)? else { continue };
        check.inside(&name, |check| match name.as_str() {
            "Workbook" | "Book" => xls::workbook(check, &data),
            "PowerPoint Document" => ppt::document(check, &data),
            "Pictures" => ppt::pictures(check, &data),
            _ => Ok(()),
        })?;
    }
    if format == Format::Doc {
        let document = read(check, &mut file, "WordDocument")?.unwrap_or_default();
        let table = read(check, &mut file, doc::table_name(&document))?.unwrap_or_default();
        check.inside("WordDocument", |check| doc::document(check, &document, &table))?;
        let data = read(check, &mut file, "Data")?.unwrap_or_default();
        for (name, stream) in [("Data", &data), (doc::table_name(&document), &table)] {
            check.inside(name, |check| doc::monikers(check, stream))?;
        }
    }
    Ok(())
}

/// Reports entries that may not be there and returns those that may.
fn streams(
    check: &mut Check<'_>,
    file: &Container<'_>,
    format: Format,
) -> Result<Vec<String>, Halt> {
    let wanted: &[&str] = match format {
        Format::Xls => &["Workbook", "Book"],
        Format::Ppt => &["PowerPoint Document", "Current User", "Pictures"],
        _ => &["WordDocument", "0Table", "1Table", "Data"],
    };
    let mut found = Vec::new();
    let entries: Vec<(String, bool, String)> = file
        .walk()
        .map(|entry| {
            (
                entry.name().to_owned(),
                entry.is_stream(),
                entry.path().to_string_lossy().into_owned(),
            )
        })
        .collect();
    check.take_entries(entries.len() as u64)?;
    for (name, is_stream, path) in entries {
        if path == "/" {
            continue;
        }
        let is_top = path.matches('/').count() == 1;
        if is_top && is_stream && wanted.contains(&name.as_str()) {
            found.push(name);
        } else if let Some(rule) = danger(&path.to_lowercase(), check.policy.office.metadata) {
            check.found(rule, &path)?;
        }
    }
    Ok(found)
}

fn danger(path: &str, metadata: Choice) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| path.contains(word));
    if has(&["macros", "vba", "projectwm", "/project"]) {
        Some(rules::MACRO)
    } else if has(&["objectpool", "ole10native", "/mbd", "/lnk", "package", "\u{1}ole"]) {
        Some(rules::OPC_EMBEDDED)
    } else if has(&["ctls", "ocxname", "contents"]) {
        Some(rules::CONTROL)
    } else if has(&["encryptedpackage", "encryptioninfo"]) {
        Some(rules::ZIP_LOCKED)
    } else if has(&["summaryinformation"]) {
        (metadata != Choice::Keep).then_some(rules::METADATA)
    } else {
        Some(rules::OLE_STREAM)
    }
}

fn read(
    check: &mut Check<'_>,
    file: &mut Container<'_>,
    name: &str,
) -> Result<Option<Vec<u8>>, Halt> {
    let limit = check.bytes_left();
    let Ok(stream) = file.open_stream(name) else { return Ok(None) };
    let mut data = Vec::new();
    let result = stream.take(limit.saturating_add(1)).read_to_end(&mut data);
    check.take_bytes(data.len() as u64)?;
    if let Err(error) = result {
        check.unreadable(error.to_string())?;
        return Ok(None);
    }
    Ok(Some(data))
}

/// Returns a little-endian number; zero beyond the end, where the callers'
/// length checks have spoken already.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at.saturating_add(2)).map_or(0, |pair| u16::from_le_bytes([pair[0], pair[1]]))
}

/// As [`u16_at`], four bytes.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at.saturating_add(4))
        .map_or(0, |four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

pub(crate) fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')).collect()
}
