//! Real files: inspection reads them all without panic, finds what the known
//! hostile ones hold, and the scanner agrees with another XML parser.

use std::path::{Path, PathBuf};

use sanitize_core::Format;

use crate::inspect;
use crate::xml::{Event, Scanner};

/// Finds the corpus; says aloud when it is not there.
fn corpus(folder: &str) -> Option<PathBuf> {
    let base = std::env::var_os("SEKISHO_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus"),
        PathBuf::from,
    );
    let path = base.join(folder);
    if !path.is_dir() {
        println!("SKIPPED: no corpus at {}", path.display());
        return None;
    }
    Some(path)
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

fn format_of(path: &Path) -> Option<Format> {
    Some(match path.extension()?.to_str()? {
        "docx" | "docm" => Format::Docx,
        "xlsx" | "xlsm" => Format::Xlsx,
        "pptx" | "pptm" => Format::Pptx,
        "xlsb" => Format::Xlsb,
        "doc" => Format::Doc,
        "xls" => Format::Xls,
        "ppt" => Format::Ppt,
        "pdf" => Format::Pdf,
        "eml" => Format::Eml,
        "rtf" => Format::Rtf,
        _ => return None,
    })
}

/// Files above this size are left to the nightly run.
const BYTES_MAX: u64 = 200_000;

#[test]
fn every_real_file_can_be_inspected() {
    let Some(folder) = corpus("") else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let mut seen = 0;
    for path in paths
        .iter()
        .filter(|path| std::fs::metadata(path).is_ok_and(|data| data.len() <= BYTES_MAX))
    {
        let Some(format) = format_of(path) else { continue };
        let Ok(bytes) = std::fs::read(path) else { continue };
        let _found = inspect(&bytes, format);
        seen += 1;
    }
    assert!(seen > 0, "the corpus is empty");
}

#[test]
fn files_made_to_act_are_seen_to_act() {
    let Some(folder) = corpus("pdf-active") else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let mut silent = Vec::new();
    for path in paths.iter().filter(|path| format_of(path) == Some(Format::Pdf)) {
        let Ok(bytes) = std::fs::read(path) else { continue };
        if inspect(&bytes, Format::Pdf).is_empty() {
            silent.push(path.display().to_string());
        }
    }
    assert!(silent.is_empty(), "nothing found in {silent:?}");
}

#[test]
fn two_xml_parsers_see_the_same_elements() {
    let Some(folder) = corpus("office") else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let mut compared = 0;
    for path in paths
        .iter()
        .filter(|path| matches!(format_of(path), Some(Format::Docx | Format::Xlsx | Format::Pptx)))
    {
        let small = std::fs::metadata(path).is_ok_and(|data| data.len() <= BYTES_MAX / 4);
        let Some(bytes) = small.then(|| std::fs::read(path).ok()).flatten() else { continue };
        let Ok(mut archive) = ::zip::ZipArchive::new(std::io::Cursor::new(bytes)) else { continue };
        for index in 0..archive.len() {
            let mut text = String::new();
            let Ok(mut member) = archive.by_index(index) else { continue };
            if std::io::Read::read_to_string(&mut member, &mut text).is_err()
                || text.len() > 1_000_000
            {
                continue;
            }
            let (Ok(tree), Some(ours)) = (roxmltree::Document::parse(&text), elements(&text))
            else {
                continue;
            };
            let theirs: Vec<String> = tree
                .descendants()
                .filter(roxmltree::Node::is_element)
                .map(|node| node.tag_name().name().to_owned())
                .collect();
            assert_eq!(ours, theirs, "{}", path.display());
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} parts were compared");
}

fn elements(text: &str) -> Option<Vec<String>> {
    let mut scanner = Scanner::new(text);
    let mut out = Vec::new();
    loop {
        match scanner.next().ok()? {
            Event::Start => out.push(scanner.local.to_owned()),
            Event::Eof => return Some(out),
            _ => {}
        }
    }
}
