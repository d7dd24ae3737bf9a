//! Writes what is fetched: under a name of its own until it is whole and is
//! what was told, then under its real one, over nothing that is there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use sha2::{Digest as _, Sha256};

use crate::remote::{Answer, Trouble};

/// Bytes of a name, below what file systems take, with room for a number.
const NAME_BYTES_MAX: usize = 200;
/// Folders in folders.
const DEPTH_MAX: usize = 16;
/// Files of one name in one folder.
const SAME_MAX: u32 = 10_000;

/// Keeps an answer's content in a folder; says where.
pub(super) async fn keep(
    mut answer: Answer,
    folder: &Path,
    name: &str,
    sha256: &str,
) -> Result<PathBuf, Trouble> {
    let mut part = Part::open(folder).map_err(|error| ours(folder, error))?;
    let mut hash = Sha256::new();
    while let Some(piece) = answer.piece().await? {
        hash.update(&piece);
        part.file.write_all(&piece).map_err(|error| ours(folder, error))?;
    }
    let found: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    if found != sha256 {
        return Err(Trouble::Unreachable(anyhow!(
            "{name}: 届いた内容が記録と違います。保存しませんでした / what arrived is not what was told: not kept"
        )));
    }
    within(folder, name)
        .and_then(|below| part.become_file(&below, &safe(name)))
        .map_err(|error| ours(folder, error))
}

/// The folder that a name's own folders lead to, made where it is not there; the
/// first one itself where a file or a link is in the way.
fn within(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let parts: Vec<&str> =
        name.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | "..")).collect();
    let mut below = folder.to_owned();
    for part in parts.iter().take(parts.len().saturating_sub(1)).take(DEPTH_MAX) {
        below.push(safe(part));
        match fs::create_dir(&below) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) if fs::symlink_metadata(&below)?.is_dir() => {}
            Ok(()) | Err(_) => return Ok(folder.to_owned()),
        }
    }
    Ok(below)
}

fn ours(folder: &Path, error: io::Error) -> Trouble {
    let shown = folder.display();
    let said = format!("{shown}: 書き込めません / cannot write there");
    Trouble::Usage(anyhow::Error::new(error).context(said))
}

/// A file on its way; removed unless it became one.
struct Part {
    file: File,
    path: PathBuf,
}

impl Part {
    fn open(folder: &Path) -> io::Result<Self> {
        let bytes: [u8; 8] = base::random::bytes(&base::SystemRandom);
        let name: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = folder.join(format!(".sekisho-{name}.part"));
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok(Self { file, path })
    }

    fn become_file(self, folder: &Path, name: &str) -> io::Result<PathBuf> {
        self.file.sync_all()?;
        for number in 1..SAME_MAX {
            let place = folder.join(numbered(name, number));
            // A hard link is refused where the name is taken, a rename is not.
            match fs::hard_link(&self.path, &place) {
                Ok(()) => {
                    File::open(folder)?.sync_all()?;
                    return Ok(place);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // Some shares have no links.
                Err(_) if !place.exists() => {
                    fs::rename(&self.path, &place)?;
                    return Ok(place);
                }
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// `名簿.csv`, `名簿 (2).csv`, …
fn numbered(name: &str, number: u32) -> String {
    if number == 1 {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{stem} ({number}).{ending}"),
        Some(_) | None => format!("{name} ({number})"),
    }
}

/// A name that stays in its folder, whatever the server says.
fn safe(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut kept = String::new();
    for character in last.chars().filter(|character| !character.is_control()) {
        if kept.len() + character.len_utf8() > NAME_BYTES_MAX {
            break;
        }
        kept.push(character);
    }
    let is_hidden = kept.starts_with('.');
    match kept.trim_matches(['.', ' ']) {
        "" => "file".to_owned(),
        rest if is_hidden => rest.to_owned(),
        _ => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_the_server_stays_in_the_folder() {
        for (given, kept) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\x\\名簿.xlsx", "名簿.xlsx"),
            (".bashrc", "bashrc"),
            ("..", "file"),
            ("a\u{0}\nb", "ab"),
            ("", "file"),
        ] {
            assert_eq!(safe(given), kept, "{given:?}");
        }
        assert!(safe(&"あ".repeat(400)).len() <= NAME_BYTES_MAX);
    }

    #[test]
    fn folders_stay_below_and_no_link_is_followed() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("link")).unwrap();
        for (given, below) in [
            ("図面/一階/平面図.pdf", "図面/一階"),
            ("名簿.csv", ""),
            ("../../etc/passwd", "etc"),
            ("/a/b", "a"),
            ("link/x", ""),
            (".ssh/keys", "ssh"),
        ] {
            assert_eq!(within(folder.path(), given).unwrap(), folder.path().join(below), "{given}");
        }
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        for wanted in ["a.csv", "a (2).csv", "a (3).csv"] {
            let mut part = Part::open(folder.path()).unwrap();
            part.file.write_all(wanted.as_bytes()).unwrap();
            let place = part.become_file(folder.path(), "a.csv").unwrap();
            assert_eq!(place, folder.path().join(wanted));
            assert_eq!(fs::read_to_string(place).unwrap(), wanted);
        }
        drop(Part::open(folder.path()).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "no part is left");
    }
}
