//! Makes a letter harmless: bodies and files go through their own families, and
//! what cannot pass is replaced by a note. Knows nothing of formats of mail.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use sanitize_core::filename::{safe_file_name, with_extension_of, with_number};
use sanitize_core::{Choice, Format, Job, Output, Stop};

use crate::codes;
use crate::eml::tidy;
use crate::letter::{self, File, Letter, Piece};
use crate::pictures::{Pictures, are_shown};
use crate::write::{self, Body, Ready};

pub(crate) fn deliver(letter: Letter, job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    let mut names = Names::new();
    let mut files = Vec::new();
    for (index, file) in letter.files.into_iter().enumerate() {
        let mut ready = ready(file, index, job)?;
        ready.name = free_name(ready.name, &mut names);
        files.push(ready);
    }
    let body = body(&letter.body, &files, job)?;
    let shown = are_shown(body.html.as_deref(), &files);
    for (file, is_shown) in files.iter_mut().zip(shown) {
        file.is_shown = is_shown;
    }
    Ok(write::message(&letter.head, &body, &files))
}

/// Joins the plain texts of all pieces; HTML that says what no text says is read
/// for it.
pub(crate) fn plain(pieces: &[Piece], job: &mut Job<'_>) -> Result<String, Stop> {
    let mut texts = Vec::new();
    for piece in pieces {
        let text = match piece {
            Piece::Text(text) | Piece::Both { text, .. } => text.clone(),
            Piece::Html(html) => text_of_html(html, job)?,
        };
        if !text.trim().is_empty() {
            texts.push(text.trim_end_matches('\n').to_owned());
        }
    }
    let text = harmless(&texts.join("\n\n"), job);
    // Read again, a text of nothing but spaces would count as none.
    Ok(if text.trim().is_empty() { String::new() } else { text })
}

/// Takes out characters that a terminal obeys or that turn the reading order.
fn harmless(text: &str, job: &mut Job<'_>) -> String {
    let is_harmless = |c: &char| {
        matches!(c, '\n' | '\t')
            || !(c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))
    };
    let mut count = 0;
    let kept = text.chars().filter(|c| {
        count += u64::from(!is_harmless(c));
        is_harmless(c)
    });
    let kept = kept.collect::<String>();
    job.removed_times(&codes::CONTROLS, "", count);
    kept.trim_end_matches('\n').to_owned()
}

fn text_of_html(html: &str, job: &mut Job<'_>) -> Result<String, Stop> {
    match job.text_nested(HTML_NAME, &document(html)) {
        Ok(text) => Ok(tidy(&text)),
        Err(stop) if stop.is_limit() => Err(stop),
        Err(stop) => {
            job.removed(&codes::HTML_REMOVED, "");
            job.removed(stop.reason().code, HTML_NAME);
            Ok(String::new())
        }
    }
}

const HTML_NAME: &str = "body.html";

/// HTML as a file of its own: a mark at its start says UTF-8 before any
/// declaration inside can say otherwise.
fn document(html: &str) -> Vec<u8> {
    let start = html.trim_start_matches(['\u{FEFF}', ' ', '\n', '\t']);
    let lower: String = start.chars().take(14).collect::<String>().to_ascii_lowercase();
    let document = if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        format!("\u{FEFF}{start}")
    } else {
        format!("\u{FEFF}<!DOCTYPE html><html><body>{start}</body></html>")
    };
    document.into_bytes()
}

fn body(pieces: &[Piece], files: &[Ready], job: &mut Job<'_>) -> Result<Body, Stop> {
    if pieces.iter().all(|piece| matches!(piece, Piece::Text(_))) {
        return Ok(Body { text: Some(plain(pieces, job)?), html: None });
    }
    let html = match job.policy.mail.html {
        Choice::Keep => rebuilt_html(&letter::html(pieces), files, job)?,
        Choice::Remove | Choice::Flatten => {
            job.removed(&codes::HTML_REMOVED, "");
            None
        }
    };
    let has_text =
        pieces.iter().any(|piece| piece.text().is_some_and(|text| !text.trim().is_empty()));
    let text = if has_text || html.is_none() { Some(plain(pieces, job)?) } else { None };
    // A text of control characters alone is none once they are gone.
    let text = text.filter(|text| html.is_none() || !text.is_empty());
    Ok(Body { text, html })
}

fn rebuilt_html(html: &str, files: &[Ready], job: &mut Job<'_>) -> Result<Option<Vec<u8>>, Stop> {
    let mut pictures = Pictures::default();
    let html = pictures.put_in(html, files, job)?;
    match job.rebuild_nested(HTML_NAME, &document(&html)) {
        Ok(Output { format: Format::Html, bytes }) => {
            let html = String::from_utf8_lossy(&bytes).into_owned();
            Ok(Some(pictures.take_out(html).into_bytes()))
        }
        Ok(_) => {
            job.removed(&codes::HTML_REMOVED, "");
            Ok(None)
        }
        Err(stop) if stop.is_limit() => Err(stop),
        Err(stop) => {
            job.removed(&codes::HTML_REMOVED, "");
            job.removed(stop.reason().code, HTML_NAME);
            Ok(None)
        }
    }
}

fn ready(file: File, index: usize, job: &mut Job<'_>) -> Result<Ready, Stop> {
    let is_nameless = file.name.trim().is_empty();
    let name = if is_nameless {
        format!("attachment-{}", index + 1)
    } else {
        let safe = safe_file_name(&file.name);
        if safe.is_changed {
            let shown: String = file.name.chars().take(120).flat_map(char::escape_debug).collect();
            job.removed(&codes::NAME_CHANGED, &format!("{shown} ⇒ {}", safe.name));
        }
        safe.name
    };
    // Nothing at all is no type that could be refused, and harmless as text.
    let output = if file.bytes.is_empty() {
        Output { format: Format::Txt, bytes: Vec::new() }
    } else {
        match job.rebuild_nested(&name, &file.bytes) {
            Ok(output) => output,
            Err(stop) => return refused(name, stop, job),
        }
    };
    let name = match with_extension_of(&name, output.format) {
        Some(right) if is_nameless => right,
        Some(right) => {
            job.removed(&codes::EXTENSION_CORRECTED, &format!("{name} ⇒ {right}"));
            right
        }
        None => name,
    };
    Ok(Ready { name, output, content_id: file.content_id, is_shown: false })
}

/// Puts a note where an attachment was.
fn refused(name: String, stop: Stop, job: &mut Job<'_>) -> Result<Ready, Stop> {
    let keeps_whole = job.policy.mail.refused_attachments == Choice::Keep;
    if stop.is_limit() || keeps_whole {
        return Err(stop);
    }
    let reason = stop.reason();
    job.removed(&codes::ATTACHMENT_REMOVED, &name);
    let place = if reason.place.is_empty() || reason.place == name {
        name.clone()
    } else {
        format!("{name} → {}", reason.place)
    };
    job.removed(reason.code, &place);
    let note = format!(
        "添付ファイル「{name}」は、安全に渡せないためこのメールから取り除きました。\r\n\
         理由: {}\r\n詳しくは情報システム担当にお問い合わせください。\r\n",
        reason.code.ja
    );
    let name = safe_file_name(&format!("取り除いた添付_{name}.txt")).name;
    let output = job.rebuild_nested(&name, note.as_bytes())?;
    Ok(Ready { name, output, content_id: None, is_shown: false })
}

/// Names given out, folded to lower case, each with the last number that was put
/// to it, so that many equal names cost no more than many different ones.
type Names = BTreeMap<String, u32>;

/// Gives each file a name of its own, letter case aside.
fn free_name(name: String, names: &mut Names) -> String {
    let key = name.to_lowercase();
    let Some(mut number) = names.get(&key).copied() else {
        names.insert(key, 1);
        return name;
    };
    loop {
        number += 1;
        let free = with_number(&name, number);
        if let Entry::Vacant(vacant) = names.entry(free.to_lowercase()) {
            vacant.insert(1);
            names.insert(key, number);
            return free;
        }
    }
}
