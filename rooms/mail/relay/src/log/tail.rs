//! Follows a log as it grows and is turned over.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::line::{LINE_BYTES_MAX, Line};

/// Bytes that are read at once.
const PIECE_BYTES_MAX: u64 = 1 << 20;

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the log {path} cannot be read")]
pub struct TailError {
    /// Which.
    path: PathBuf,
    /// Why.
    #[source]
    source: io::Error,
}

/// A place in a log that moves on.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    file: Option<File>,
    /// A line that is not whole yet.
    partial: Vec<u8>,
    /// Whether the line at hand is passed over because it is too long.
    is_passing: bool,
}

impl Tail {
    /// At the log's beginning.
    #[must_use]
    pub fn at_start(path: PathBuf) -> Self {
        Self { path, file: None, partial: Vec::new(), is_passing: false }
    }

    /// At what is its end now.
    #[must_use]
    pub fn at_end(path: PathBuf) -> Self {
        let file = File::open(&path).ok().and_then(|mut file| {
            file.seek(SeekFrom::End(0)).ok()?;
            Some(file)
        });
        Self { path, file, partial: Vec::new(), is_passing: false }
    }

    /// Reads what is new, up to some size; empty where nothing is. Lines that are
    /// none of Postfix's are passed over.
    ///
    /// # Errors
    /// If the log is there and cannot be read.
    pub fn read(&mut self) -> Result<Vec<Line>, TailError> {
        self.read_new().map_err(|source| TailError { path: self.path.clone(), source })
    }

    fn read_new(&mut self) -> io::Result<Vec<Line>> {
        let mut lines = Vec::new();
        if self.file.is_none() {
            match File::open(&self.path) {
                Ok(file) => self.file = Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(lines),
                Err(error) => return Err(error),
            }
        }
        let Some(file) = &mut self.file else { return Ok(lines) };
        // Asked before reading: what was written until then is read below.
        let is_turned = match std::fs::metadata(&self.path) {
            Ok(now) => now.ino() != file.metadata()?.ino(),
            Err(_) => false,
        };
        let mut bytes = Vec::new();
        let count = file.by_ref().take(PIECE_BYTES_MAX).read_to_end(&mut bytes)?;
        self.cut(&bytes, &mut lines);
        if is_turned && count == 0 {
            self.file = None;
            self.partial.clear();
        }
        Ok(lines)
    }

    fn cut(&mut self, bytes: &[u8], lines: &mut Vec<Line>) {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end);
            self.partial.extend_from_slice(line);
            if !self.is_passing {
                lines.extend(Line::parse(&self.partial));
            }
            self.partial.clear();
            self.is_passing = false;
            rest = after.get(1..).unwrap_or_default();
        }
        if self.partial.len() + rest.len() > LINE_BYTES_MAX {
            self.partial.clear();
            self.is_passing = true;
        } else if !self.is_passing {
            self.partial.extend_from_slice(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_log_is_followed_over_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail.log");
        let mut tail = Tail::at_end(path.clone());
        assert_eq!(tail.read().unwrap(), []);
        let mut file = File::create(&path).unwrap();
        let line = |text: &str| format!("Nov  2 19:05:43 out postfix/qmgr[9]: {text}\n");
        file.write_all(line("one").as_bytes()).unwrap();
        file.write_all(&line("two").as_bytes()[..20]).unwrap();
        assert_eq!(tail.read().unwrap().len(), 1);
        file.write_all(&line("two").as_bytes()[20..]).unwrap();
        std::fs::rename(&path, folder.path().join("mail.log.1")).unwrap();
        file.write_all(line("three").as_bytes()).unwrap();
        let mut next = File::create(&path).unwrap();
        next.write_all(line("four").as_bytes()).unwrap();
        let mut texts = Vec::new();
        for _ in 0..4 {
            texts.extend(tail.read().unwrap().into_iter().map(|line| line.text));
        }
        assert_eq!(texts, ["two", "three", "four"]);
        next.write_all(&vec![b'x'; 3 << 20]).unwrap();
        next.write_all(b"\n").unwrap();
        next.write_all(line("five").as_bytes()).unwrap();
        let texts: Vec<String> =
            (0..6).flat_map(|_| tail.read().unwrap()).map(|line| line.text).collect();
        assert_eq!(texts, ["five"]);
    }
}
