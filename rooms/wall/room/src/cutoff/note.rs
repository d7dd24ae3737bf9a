//! Notes of what was done at the gateway while the program or its database was
//! down: a file each, in a folder beside the site's file. The program takes them
//! when it is back. A note is believed only if root or the program itself wrote
//! it: whoever can write one as root can change the packet filter anyway.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base::Timestamp;
use serde::{Deserialize, Serialize};
use zones::Zone;

/// Notes that are looked at, the newest; those before were taken long ago.
const NOTES_MAX: usize = 1_000;
/// The longest note.
const NOTE_BYTES_MAX: u64 = 16 << 10;
/// What a note's file is called at its end.
const ENDING: &str = ".note.json";

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// A zone was cut off.
    Cut,
    /// A zone was restored.
    Restore,
}

impl Deed {
    /// The name in files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Restore => "restore",
        }
    }
}

/// What somebody did at the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What.
    pub deed: Deed,
    /// To which zone.
    pub zone: Zone,
    /// When, by the gateway's clock.
    pub at: Timestamp,
    /// Who, as the gateway says: the account that logged in, and the one that
    /// acted.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// Milliseconds until the kernel held it; none if it was not known when the
    /// note was read.
    pub took_ms: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    deed: Deed,
    zone: String,
    at_ms: i64,
    operator: String,
    reason: String,
    took_ms: Option<u64>,
}

/// Where the notes of a site lie: `site.toml` has `site.cutoff.d`.
#[must_use]
pub fn folder(site: &Path) -> PathBuf {
    site.with_extension("cutoff.d")
}

impl Note {
    /// The name of its file: in the order of the deeds.
    #[must_use]
    pub fn file_name(&self) -> String {
        let (at, deed, zone) = (self.at.millis(), self.deed.name(), self.zone.name());
        format!("{at:013}-{}-{deed}-{zone}{ENDING}", std::process::id())
    }

    /// Writes it to the folder, whole or not at all, and says where.
    ///
    /// # Errors
    /// As the file system says.
    pub fn write(&self, folder: &Path) -> io::Result<PathBuf> {
        if !folder.exists() {
            fs::DirBuilder::new().mode(0o755).recursive(true).create(folder)?;
        }
        let file = folder.join(self.file_name());
        let half = folder.join(format!(".{}", self.file_name()));
        let written = Written {
            deed: self.deed,
            zone: self.zone.name().to_owned(),
            at_ms: self.at.millis(),
            operator: self.operator.clone(),
            reason: self.reason.clone(),
            took_ms: self.took_ms,
        };
        let mut out = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o644)
            .open(&half)?;
        out.write_all(&serde_json::to_vec(&written)?)?;
        out.sync_all()?;
        fs::rename(&half, &file)?;
        Ok(file)
    }
}

/// The names of the notes in a folder, in the order of the deeds; none where
/// there is no folder.
///
/// # Errors
/// As the file system says.
pub fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(why),
    };
    let mut names = Vec::new();
    for entry in entries {
        if let Ok(name) = entry?.file_name().into_string()
            && name.ends_with(ENDING)
            && !name.starts_with('.')
        {
            names.push(name);
        }
    }
    names.sort();
    let older = names.len().saturating_sub(NOTES_MAX);
    Ok(names.split_off(older))
}

/// Reads a note; nothing if it is none, or nobody wrote it whom it is believed
/// of.
///
/// # Errors
/// As the file system says.
pub fn read(folder: &Path, name: &str) -> io::Result<Option<Note>> {
    let file = folder.join(name);
    let about = fs::symlink_metadata(&file)?;
    let own = fs::metadata("/proc/self")?.uid();
    let is_believed = about.is_file() && (about.uid() == 0 || about.uid() == own);
    if !is_believed || about.len() > NOTE_BYTES_MAX || about.mode() & 0o022 != 0 {
        return Ok(None);
    }
    let Ok(written) = serde_json::from_slice::<Written>(&fs::read(&file)?) else {
        return Ok(None);
    };
    let Some(zone) = Zone::parse(&written.zone) else { return Ok(None) };
    let plain = |text: &str, characters: usize| -> String {
        text.chars().filter(|c| !c.is_control()).take(characters).collect()
    };
    Ok(Some(Note {
        deed: written.deed,
        zone,
        at: Timestamp::from_millis(written.at_ms),
        operator: plain(&written.operator, 200),
        reason: plain(&written.reason, 500),
        took_ms: written.took_ms,
    }))
}
