//! Leaves the input that is being run on disk, so that one that ends the whole
//! process (a full stack, no memory) can be found again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folder for findings.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fuzz")
}

/// The file in which a process leaves the input that it runs: a line with the
/// target and the number of runs so far, then the input.
#[derive(Debug)]
pub struct Current(PathBuf);

/// What a process ran last.
#[derive(Debug, PartialEq, Eq)]
pub struct Last {
    /// The target's name.
    pub target: String,
    /// Runs, this one among them.
    pub runs: u64,
    /// The input.
    pub input: Vec<u8>,
}

impl Current {
    /// Names the file after the process.
    ///
    /// # Errors
    /// Fails when the folder cannot be made.
    pub fn create(process: u32) -> Result<Self> {
        fs::create_dir_all(folder()).context("folder for findings")?;
        Ok(Self(path(process)))
    }

    /// Leaves an input.
    ///
    /// # Errors
    /// Fails when the file cannot be written.
    pub fn write(&mut self, target: &str, runs: u64, input: &[u8]) -> Result<()> {
        let mut bytes = format!("{target} {runs}\n").into_bytes();
        bytes.extend_from_slice(input);
        fs::write(&self.0, bytes).with_context(|| self.0.display().to_string())
    }

    /// Takes the file away after the last run.
    ///
    /// # Errors
    /// Fails when the file cannot be removed.
    pub fn remove(self) -> Result<()> {
        if self.0.exists() {
            fs::remove_file(&self.0).with_context(|| self.0.display().to_string())?;
        }
        Ok(())
    }
}

/// Takes what a process left behind; none where it ended well.
///
/// # Errors
/// Fails when the file is there and cannot be read.
pub fn take(process: u32) -> Result<Option<Last>> {
    let path = path(process);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
    fs::remove_file(&path).with_context(|| path.display().to_string())?;
    let end = bytes.iter().position(|&byte| byte == b'\n').context("no first line")?;
    let line = String::from_utf8_lossy(&bytes[..end]);
    let (target, runs) = line.split_once(' ').context("no number of runs")?;
    let runs = runs.parse().context("number of runs")?;
    Ok(Some(Last { target: target.to_owned(), runs, input: bytes[end + 1..].to_vec() }))
}

fn path(process: u32) -> PathBuf {
    folder().join(format!("current-{process}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_process_left_is_found_once() {
        let process = u32::MAX;
        let mut current = Current::create(process).unwrap();
        current.write("docx", 7, b"a\nb").unwrap();
        let last = Last { target: "docx".to_owned(), runs: 7, input: b"a\nb".to_vec() };
        assert_eq!(take(process).unwrap(), Some(last));
        assert_eq!(take(process).unwrap(), None);
    }
}
