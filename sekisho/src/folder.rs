//! The data folder: who may look into it, one program at a time, files that
//! only we read.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The data folder of one store.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

/// Held while one program owns the folder; ends with it, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// The database of a store that names none.
const DATABASE: &str = "sekisho.db";
const LOCK: &str = "sekisho.lock";

impl Folder {
    /// Makes the folder where it is not there.
    pub(crate) fn make(path: &Path) -> Result<Self> {
        private(path).with_context(|| {
            format!("データフォルダーを作れません / cannot make {}", path.display())
        })?;
        Self::open(path)
    }

    /// Opens the folder.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let path = fs::canonicalize(path).with_context(|| {
            format!("データフォルダーがありません / no data folder {}", path.display())
        })?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.join(DATABASE)
    }

    /// Takes the folder for this process alone.
    pub(crate) fn lock(&self) -> Result<Lock> {
        let path = self.join(LOCK);
        let options =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).to_owned();
        let file = options.open(&path).with_context(|| path.display().to_string())?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "別の sekisho が {0} を使っています。止めてから始めてください / another sekisho uses {0}: stop it first",
                self.0.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| path.display().to_string())
            }
        }
    }

    /// The rights that others have to the folder; nothing if only we have any.
    pub(crate) fn foreign_rights(&self) -> io::Result<u32> {
        Ok(fs::metadata(&self.0)?.permissions().mode() & 0o077)
    }

    /// Reads a file of ours, or makes it.
    pub(crate) fn read_or_make(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<String>,
    ) -> Result<String> {
        let path = self.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = make()?;
                self.write(name, &text)?;
                Ok(text)
            }
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    /// Writes a file that only we read: whole, or not at all.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.join(name);
        write(&path, text).with_context(|| path.display().to_string())
    }
}

fn private(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    private(folder)?;
    let new = path.with_extension("new");
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_belongs_to_one_program_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::make(&place.path().join("data")).unwrap();
        assert_eq!(folder.foreign_rights().unwrap(), 0);
        let lock = folder.lock().unwrap();
        assert!(folder.lock().unwrap_err().to_string().contains("another sekisho"));
        drop(lock);
        folder.lock().unwrap();
    }

    #[test]
    fn a_key_is_made_once_and_only_we_read_it() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::make(place.path()).unwrap();
        assert_eq!(folder.read_or_make("keys/a.key", || Ok("1".into())).unwrap(), "1");
        assert_eq!(folder.read_or_make("keys/a.key", || Ok("2".into())).unwrap(), "1");
        let mode = fs::metadata(folder.join("keys/a.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
