//! A presentation's text in the order of its slides, notes after their slides.

use std::collections::BTreeMap;

use sanitize_core::{Job, Mark, Stop};

use crate::art::{HEADER, Header};
use crate::bytes::{u32_at, utf16};
use crate::package::Package;

const TEXT_CHARS: u16 = 0x0FA0;
const TEXT_BYTES: u16 = 0x0FA8;
const OUTLINE_REF: u16 = 0x0F9E;
const TEXT_HEADER: u16 = 0x0F9F;
const SLIDE_PERSIST: u16 = 0x03F3;
const SLIDE_LIST: u16 = 0x0FF0;

/// Extracts the text of all slides and notes.
pub(crate) fn text(bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
    let package = Package::open(bytes, job)?;
    let (stream, _, edit) = super::open(&package, job)?;
    let mut out = String::new();
    let Some(document) = edit.object(&stream, edit.document) else { return Ok(out) };
    for wanted in [0, 2] {
        let mut lists = Vec::new();
        find(document.body, 0, job, &mut |header, body| {
            if header.kind == SLIDE_LIST && header.instance() == wanted {
                lists.push(body.to_vec());
            }
        })?;
        for list in lists {
            for (number, (id, outline)) in (1..).zip(slides(&list)) {
                let Some(slide) = edit.object(&stream, id) else { continue };
                job.mark(&mut out, &Mark::Slide(number));
                shapes(slide.body, &outline, job, &mut out)?;
                out.push('\n');
            }
        }
    }
    job.budget.take_bytes(out.len() as u64)?;
    Ok(out)
}

/// Reads the list of slides and the texts that stand there for them.
fn slides(list: &[u8]) -> Vec<(u32, Vec<String>)> {
    let mut found: Vec<(u32, Vec<String>)> = Vec::new();
    let mut at = 0;
    while let Some(header) = Header::read(list, at) {
        let body = &list[at + HEADER..at + HEADER + header.len];
        match header.kind {
            SLIDE_PERSIST => found.push((u32_at(body, 0), Vec::new())),
            TEXT_HEADER => {
                if let Some((_, texts)) = found.last_mut() {
                    texts.push(String::new());
                }
            }
            TEXT_CHARS | TEXT_BYTES => {
                if let Some(text) = found.last_mut().and_then(|(_, texts)| texts.last_mut()) {
                    *text = decode(header.kind, body);
                }
            }
            _ => {}
        }
        at += HEADER + header.len;
    }
    found
}

/// Appends the texts of a slide's shapes.
fn shapes(
    slide: &[u8],
    outline: &[String],
    job: &mut Job<'_>,
    out: &mut String,
) -> Result<(), Stop> {
    let mut used = BTreeMap::new();
    let mut lines = Vec::new();
    find(slide, 0, job, &mut |header, body| match header.kind {
        TEXT_CHARS | TEXT_BYTES => lines.push(decode(header.kind, body)),
        OUTLINE_REF => {
            let index = u32_at(body, 0) as usize;
            if let Some(text) = outline.get(index) {
                used.insert(index, ());
                lines.push(text.clone());
            }
        }
        _ => {}
    })?;
    // Texts of the outline that no shape shows come first.
    let unused = outline.iter().enumerate().filter(|(index, _)| !used.contains_key(index));
    for text in unused.map(|(_, text)| text).chain(&lines).filter(|text| !text.is_empty()) {
        out.extend(text.chars().map(|c| if matches!(c, '\r' | '\u{b}') { '\n' } else { c }));
        out.push('\n');
    }
    Ok(())
}

fn decode(kind: u16, body: &[u8]) -> String {
    if kind == TEXT_CHARS {
        return utf16(body);
    }
    body.iter().map(|&byte| char::from(byte)).collect()
}

/// Calls `visit` for every record, parents first.
fn find(
    input: &[u8],
    depth: u32,
    job: &mut Job<'_>,
    visit: &mut dyn FnMut(Header, &[u8]),
) -> Result<(), Stop> {
    job.budget.check_nesting(depth)?;
    let mut at = 0;
    while let Some(header) = Header::read(input, at) {
        job.budget.take_objects(1)?;
        let start = at + HEADER;
        at = start + header.len;
        visit(header, &input[start..at]);
        if header.is_container() || header.kind == crate::art::CLIENT_TEXTBOX {
            find(&input[start..at], depth + 1, job, visit)?;
        }
    }
    Ok(())
}
