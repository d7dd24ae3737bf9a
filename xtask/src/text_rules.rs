//! Rules about files as text: duty lines, length, words that do not belong,
//! links that lead nowhere.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Lines after which a source file, tests aside, must be split.
const LINES_MAX: usize = 600;

/// Folders whose files may be long: they test, measure or hold data.
const LONG_ALLOWED: &[&str] = &["tests", "e2e", "bench", "fuzz", "examples"];

/// Words that mark unfinished work. Written in two parts so that this file
/// does not complain of itself.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];

/// Lists every complaint about `files`.
pub(crate) fn check(root: &Path, files: &[PathBuf]) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for path in files {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_text = matches!(extension, Some("rs" | "md" | "toml" | "py" | "sh"));
        if !is_text {
            continue;
        }
        let text =
            std::fs::read_to_string(root.join(path)).with_context(|| path.display().to_string())?;
        check_words(path, &text, &mut complaints);
        match extension {
            Some("rs") => check_source(path, &text, &mut complaints),
            Some("md") => check_links(root, path, &text, &mut complaints),
            _ => {}
        }
    }
    Ok(complaints)
}

fn check_source(path: &Path, text: &str, complaints: &mut Vec<String>) {
    if !text.starts_with("//!") {
        complaints.push(format!("{}: does not open with its duty (//!)", path.display()));
    }
    let in_long_folder =
        path.components().any(|part| LONG_ALLOWED.iter().any(|name| part.as_os_str() == *name));
    let own_lines = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text).lines().count();
    let is_tests = path.file_name().is_some_and(|name| name == "tests.rs");
    if own_lines > LINES_MAX && !in_long_folder && !is_tests {
        complaints.push(format!("{}: {own_lines} lines, more than {LINES_MAX}", path.display()));
    }
}

fn check_words(path: &Path, text: &str, complaints: &mut Vec<String>) {
    for word in UNFINISHED {
        if text.contains(word) {
            complaints.push(format!("{}: says {word}", path.display()));
        }
    }
}

fn check_links(root: &Path, path: &Path, text: &str, complaints: &mut Vec<String>) {
    let folder = root.join(path.parent().unwrap_or(Path::new("")));
    for piece in text.split("](").skip(1) {
        let target = piece.split([')', '#']).next().unwrap_or_default();
        let is_local = !target.is_empty() && !target.contains(':');
        if is_local && !folder.join(target).exists() {
            complaints.push(format!("{}: links to {target}, which is not there", path.display()));
        }
    }
}
