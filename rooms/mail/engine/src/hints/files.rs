//! What is odd about attachments, by their names and first bytes.

use super::Hints;
use super::codes::{
    FILE_DISK, FILE_DOUBLE, FILE_LOCKED, FILE_MACROS, FILE_MISMATCH, FILE_NOTES, FILE_PAGE,
    FILE_PROGRAM, FILE_SCRIPT, FILE_SPACES, FILE_TURNED,
};
use crate::attachment::{Attachment, DISKS, Kind, PROGRAMS, SCRIPTS, extensions};
use crate::message::Message;

pub(super) fn look(message: &Message, hints: &mut Hints) {
    for file in &message.attachments {
        name(file, hints);
        let code = match file.kind {
            Kind::Program => &FILE_PROGRAM,
            Kind::Shortcut | Kind::Script => &FILE_SCRIPT,
            Kind::Disk => &FILE_DISK,
            Kind::Page => &FILE_PAGE,
            Kind::Notes => &FILE_NOTES,
            Kind::Macros => &FILE_MACROS,
            Kind::LockedArchive | Kind::LockedOffice => &FILE_LOCKED,
            Kind::Office
            | Kind::Pdf
            | Kind::Archive
            | Kind::Picture
            | Kind::Message
            | Kind::Text
            | Kind::Other => continue,
        };
        hints.add(code, &file.name);
    }
}

fn name(file: &Attachment, hints: &mut Hints) {
    let raw = &file.raw_name;
    if raw.chars().any(|c| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')) {
        hints.add(&FILE_TURNED, &file.name);
    }
    if raw.trim().contains("     ") || raw.trim().contains("\u{3000}\u{3000}\u{3000}") {
        hints.add(&FILE_SPACES, &file.name);
    }
    let all = extensions(&raw.replace([' ', '\u{3000}'], ""));
    let is = |extension: &String, list: &[&str]| list.contains(&extension.as_str());
    let acts = |extension: &String| {
        is(extension, PROGRAMS) || is(extension, SCRIPTS) || is(extension, DISKS)
    };
    if let [.., before, last] = all.as_slice()
        && acts(last)
        && (is(before, PAPERS) || acts(before))
    {
        hints.add(&FILE_DOUBLE, &file.name);
    }
    if let Some(last) = all.last()
        && is(last, PROGRAMS)
        && file.kind != Kind::Program
    {
        hints.add(&FILE_PROGRAM, &file.name);
    }
    if all.last().is_some_and(|last| mismatches(last, file.kind)) {
        hints.add(&FILE_MISMATCH, &format!("{} = {}", file.name, file.kind.name()));
    }
}

/// What people take for paper.
const PAPERS: &[&str] = &[
    "pdf", "doc", "docx", "docm", "xls", "xlsx", "xlsm", "ppt", "pptx", "txt", "csv", "rtf", "jtd",
    "jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "mp3", "mp4", "zip", "htm", "html", "eml",
];

/// Says whether a name promises one kind and the bytes are another. Kinds that
/// many programs write under each other's names do not count.
fn mismatches(extension: &str, kind: Kind) -> bool {
    match extension {
        "pdf" => !matches!(kind, Kind::Pdf),
        "docx" | "xlsx" | "pptx" => !matches!(kind, Kind::Office | Kind::LockedOffice),
        "docm" | "xlsm" | "pptm" => {
            !matches!(kind, Kind::Office | Kind::Macros | Kind::LockedOffice)
        }
        "doc" | "xls" | "ppt" => matches!(
            kind,
            Kind::Program
                | Kind::Shortcut
                | Kind::Disk
                | Kind::Script
                | Kind::Pdf
                | Kind::Picture
                | Kind::LockedArchive
                | Kind::Archive
        ),
        "jpg" | "jpeg" | "png" | "gif" | "bmp" | "tif" | "tiff" => !matches!(kind, Kind::Picture),
        "zip" => !matches!(kind, Kind::Archive | Kind::LockedArchive | Kind::Office | Kind::Macros),
        "txt" | "csv" | "tsv" => matches!(
            kind,
            Kind::Program
                | Kind::Shortcut
                | Kind::Disk
                | Kind::Archive
                | Kind::Pdf
                | Kind::LockedArchive
                | Kind::Office
                | Kind::Macros
        ),
        _ => {
            matches!(kind, Kind::Program)
                && !PROGRAMS.contains(&extension)
                && !matches!(extension, "bin" | "so" | "sys" | "ocx" | "drv")
        }
    }
}
