//! Packed corpora: one plain ZIP a target, so that a checkout stays small and
//! a seed can be looked at with any tool.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sanitize_container::zip::{Archive, Level, Writer};
use sanitize_core::{Budget, Limits};

/// The folder with the packed corpora.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora")
}

/// Reads a target's seeds; none where there is no corpus.
///
/// # Errors
/// Fails when the corpus is there and cannot be read.
pub fn read(target: &str) -> Result<Vec<Vec<u8>>> {
    let path = folder().join(format!("{target}.zip"));
    if !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let mut budget = Budget::open(Limits::default(), bytes.len() as u64)?;
    let archive = Archive::read(&bytes, &mut budget)?;
    let seeds = archive.entries().iter().map(|entry| archive.data(entry, &mut budget));
    Ok(seeds.collect::<Result<_, _>>()?)
}

/// Writes a target's seeds, each named by its number.
///
/// # Errors
/// Fails when the file cannot be written.
pub fn write(target: &str, seeds: &[Vec<u8>]) -> Result<()> {
    let mut writer = Writer::new();
    for (number, seed) in seeds.iter().enumerate() {
        writer.add(&format!("{number:04}"), seed, Level::Deflated);
    }
    let bytes = writer.finish().context("too many seeds for one corpus")?;
    std::fs::create_dir_all(folder())?;
    let path = folder().join(format!("{target}.zip"));
    std::fs::write(&path, bytes).with_context(|| path.display().to_string())
}
