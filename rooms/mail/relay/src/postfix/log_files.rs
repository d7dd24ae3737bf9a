//! The log's files: begun, turned over, and how far back they reach.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use base::Timestamp;

use super::child::run;
use super::{Postfix, PostfixError, file_error};

/// Bytes of what turning over prints.
const ROTATE_BYTES_MAX: u64 = 64 << 10;

impl Postfix {
    /// Notes when the log begins, the first time.
    pub(super) fn begin_log(&self) -> Result<(), PostfixError> {
        let path = self.inside("log/since");
        if path.exists() {
            return Ok(());
        }
        self.write_since(self.clock.now())
    }

    fn write_since(&self, moment: Timestamp) -> Result<(), PostfixError> {
        let (path, aside) = (self.inside("log/since"), self.inside("log/since.next"));
        fs::write(&aside, moment.millis().to_string()).map_err(file_error(&aside))?;
        fs::rename(&aside, &path).map_err(file_error(&path))
    }

    /// The moment from which on the log is whole; nothing if nobody knows.
    #[must_use]
    pub fn log_since(&self) -> Option<Timestamp> {
        let text = fs::read_to_string(self.inside("log/since")).ok()?;
        text.trim().parse().ok().map(Timestamp::from_millis)
    }

    /// The log's files, the oldest first.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn log_files(&self) -> Result<Vec<PathBuf>, PostfixError> {
        let folder = self.inside("log");
        let entries = fs::read_dir(&folder).map_err(file_error(&folder))?;
        let mut files: Vec<PathBuf> = Vec::new();
        for entry in entries.flatten() {
            let name = entry.file_name();
            // Postfix adds the moment, in digits that sort.
            if name.to_str().is_some_and(|name| name.starts_with("mail.log.")) {
                files.push(entry.path());
            }
        }
        files.sort();
        let current = self.log_path();
        if current.exists() {
            files.push(current);
        }
        Ok(files)
    }

    /// Begins a new log file once the current one is larger than this, and takes
    /// old ones away that nothing was written to for so long.
    ///
    /// # Errors
    /// If Postfix refuses or a file cannot be taken away.
    pub async fn rotate_log(&self, bytes_max: u64, kept: Duration) -> Result<(), PostfixError> {
        let size = fs::metadata(self.log_path()).map(|file| file.len()).unwrap_or(0);
        if size > bytes_max {
            let current = self.current();
            let arguments = ["-c", current.as_str(), "logrotate"];
            let said =
                run("postfix", &arguments, b"", self.times.program, ROTATE_BYTES_MAX).await?;
            said.or_refused("postfix")?;
        }
        let (now, current) = (self.clock.now(), self.log_path());
        for file in self.log_files()?.into_iter().filter(|file| *file != current) {
            let about = fs::metadata(&file).map_err(file_error(&file))?;
            let written = about.modified().map_err(file_error(&file))?;
            let millis = written.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
            let written = Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX));
            if now.since(written) > kept {
                // Said first: a log that claims less than it holds does no harm.
                self.write_since(written)?;
                fs::remove_file(&file).map_err(file_error(&file))?;
            }
        }
        Ok(())
    }
}
