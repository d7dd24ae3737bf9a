//! Which files are meant, and where each result goes. Follows no links.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// The word that marks our own results.
const MARK: &str = ".disarmed.";

/// How deep folders are followed.
const FOLDER_DEPTH_MAX: u32 = 64;

/// One input and its place below what the person named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Input {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its folder below the named one; empty for a file named itself.
    pub(crate) folder: PathBuf,
}

/// Lists files: those named, and all regular ones below named folders.
pub(crate) fn collect(named: &[PathBuf]) -> io::Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for path in named {
        let kind = std::fs::metadata(path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        if kind.is_dir() {
            let base = path.file_name().map(PathBuf::from).unwrap_or_default();
            walk(path, &base, 0, &mut inputs)?;
        } else if !is_own_result(path) {
            inputs.push(Input { path: path.clone(), folder: PathBuf::new() });
        }
    }
    Ok(inputs)
}

fn walk(folder: &Path, below: &Path, depth: u32, inputs: &mut Vec<Input>) -> io::Result<()> {
    if depth > FOLDER_DEPTH_MAX {
        return Ok(());
    }
    let mut entries = std::fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            walk(&path, &below.join(entry.file_name()), depth + 1, inputs)?;
        } else if kind.is_file() && !is_own_result(&path) {
            inputs.push(Input { path, folder: below.to_path_buf() });
        }
    }
    Ok(())
}

/// Results of an earlier run are not treated again: a second run over the same
/// folder would otherwise double them.
pub(crate) fn is_own_result(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains(MARK))
}

/// Hands out result paths, each once.
#[derive(Debug, Default)]
pub(crate) struct Places {
    out: Option<PathBuf>,
    taken: BTreeSet<PathBuf>,
}

impl Places {
    /// Results go below `out`, or beside their inputs.
    pub(crate) fn new(out: Option<PathBuf>) -> Self {
        Self { out, taken: BTreeSet::new() }
    }

    /// Returns the path for the result of `input`: `NAME.disarmed.EXT` beside
    /// it, or `NAME.EXT` below the chosen folder. Two inputs of one name get
    /// two paths.
    pub(crate) fn place(&mut self, input: &Input, extension: &str) -> PathBuf {
        let stem = input.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (folder, mark) = match &self.out {
            Some(out) => (out.join(&input.folder), "."),
            None => (input.path.parent().map(PathBuf::from).unwrap_or_default(), MARK),
        };
        let mut path = folder.join(format!("{stem}{mark}{extension}"));
        let mut number = 2;
        while self.taken.contains(&path) {
            path = folder.join(format!("{stem}-{number}{mark}{extension}"));
            number += 1;
        }
        self.taken.insert(path.clone());
        path
    }
}

/// Writes a result whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    std::fs::write(&part, bytes)?;
    std::fs::rename(&part, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(path: &str, folder: &str) -> Input {
        Input { path: path.into(), folder: folder.into() }
    }

    #[test]
    fn results_stand_beside_their_inputs() {
        let mut places = Places::new(None);
        let place = places.place(&input("受付/申請書.docm", ""), "docx");
        assert_eq!(place, Path::new("受付/申請書.disarmed.docx"));
    }

    #[test]
    fn two_inputs_of_one_name_get_two_results() {
        let mut places = Places::new(Some("out".into()));
        assert_eq!(places.place(&input("a/x.doc", ""), "doc"), Path::new("out/x.doc"));
        assert_eq!(places.place(&input("b/x.doc", ""), "doc"), Path::new("out/x-2.doc"));
        assert_eq!(places.place(&input("c/d/x.doc", "c/d"), "doc"), Path::new("out/c/d/x.doc"));
    }
}
