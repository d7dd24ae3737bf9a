//! Folders held open. Every step below one goes through the open folder and
//! follows no link, so that whoever may write there cannot lead us elsewhere by
//! exchanging a folder for a link while we look.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, RenameFlags};

/// An open folder.
#[derive(Debug)]
pub(super) struct Dir(OwnedFd);

/// What an entry is, without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) kind: Kind,
    pub(super) bytes: u64,
    /// When it was changed last, by the clock of whoever serves the folder.
    pub(super) changed: (i64, i64),
    pub(super) number: u64,
    pub(super) links: u64,
}

/// See [`Facts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    /// A link, a pipe, a device: never opened.
    Other,
}

/// What is read of one folder at once; the rest comes with the next look.
const ENTRIES_MAX: usize = 1_000;

impl Dir {
    /// Opens a folder by its path, which the configuration names.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(fs::open(
            path,
            OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )?))
    }

    /// Opens a folder below, which is no link.
    pub(super) fn below(&self, name: &OsStr) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
        Ok(Self(fs::openat(&self.0, name, flags, Mode::empty())?))
    }

    /// As [`Dir::below`], made where it is not there.
    pub(super) fn make(&self, name: &OsStr) -> io::Result<Self> {
        match fs::mkdirat(&self.0, name, Mode::from_raw_mode(0o750)) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => self.below(name),
            Err(error) => Err(error.into()),
        }
    }

    /// What an entry is; nothing if there is none.
    pub(super) fn look(&self, name: &OsStr) -> io::Result<Option<Facts>> {
        match fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(Some(facts(&found))),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Names of the entries, in their order as bytes.
    pub(super) fn entries(&self) -> io::Result<Vec<OsString>> {
        let mut all = Vec::new();
        for entry in fs::Dir::read_from(&self.0)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                all.push(OsString::from_vec(name));
            }
        }
        all.sort_unstable();
        all.truncate(ENTRIES_MAX);
        Ok(all)
    }

    /// Opens a file to be read: no link, and nothing that would keep us
    /// waiting. Look at its facts before reading.
    pub(super) fn read(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        Ok(File::from(fs::openat(&self.0, name, flags, Mode::empty())?))
    }

    /// Writes a file that is on the disk before this returns.
    pub(super) fn write(&self, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.begin(name)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// Begins a file. One that was left there half-written is begun anew.
    pub(super) fn begin(&self, name: &OsStr) -> io::Result<File> {
        match fs::unlinkat(&self.0, name, AtFlags::empty()) {
            Ok(()) | Err(rustix::io::Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        Ok(File::from(fs::openat(&self.0, name, flags, Mode::from_raw_mode(0o640))?))
    }

    /// Moves an entry within the same disk; over an empty folder, never over a
    /// file.
    pub(super) fn move_to(&self, name: &OsStr, to: &Self, new: &OsStr) -> io::Result<()> {
        match fs::renameat_with(&self.0, name, &to.0, new, RenameFlags::NOREPLACE) {
            Ok(()) => Ok(()),
            // Not every share knows this flag.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                if to.look(new)?.is_some() {
                    return Err(io::ErrorKind::AlreadyExists.into());
                }
                Ok(fs::renameat(&self.0, name, &to.0, new)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a file or link.
    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Removes a folder with the files in it; no deeper.
    pub(super) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        let folder = match self.below(name) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in folder.entries()? {
            folder.remove(&entry)?;
        }
        Ok(fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    /// Waits until moves within it are on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        match fs::fsync(&self.0) {
            // Some shares do not take this for folders.
            Ok(()) | Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOTSUP) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The facts of an open file.
pub(super) fn facts_of(file: &File) -> io::Result<Facts> {
    Ok(facts(&fs::fstat(file)?))
}

#[expect(clippy::useless_conversion, reason = "the widths differ between machines")]
fn facts(found: &fs::Stat) -> Facts {
    let kind = match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        _ => Kind::Other,
    };
    Facts {
        kind,
        bytes: u64::try_from(found.st_size).unwrap_or(0),
        changed: (i64::from(found.st_mtime), i64::try_from(found.st_mtime_nsec).unwrap_or(0)),
        number: u64::from(found.st_ino),
        links: u64::from(found.st_nlink),
    }
}
