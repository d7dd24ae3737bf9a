//! Names of files that lay in a folder: `folder/sub/name`, as its sender had
//! them. Reads them from strangers, shows where the folders end, and makes names
//! that may stand in an archive. Knows no disk.

use std::collections::BTreeSet;

use console::files::file_name;

/// Characters of a whole path: what an approval may name.
const PATH_CHARACTERS_MAX: usize = 200;
/// Characters of one part.
const PART_CHARACTERS_MAX: usize = 100;
/// Bytes of one part on a disk, below what file systems take.
const PART_BYTES_MAX: usize = 240;
/// Folders in folders.
const DEPTH_MAX: usize = 16;
/// Files of one name in one archive.
const SAME_MAX: u32 = 10_000;
/// Characters that file systems of one kind or another do not take.
const NOT_TAKEN: [char; 9] = ['<', '>', ':', '"', '|', '?', '*', '\\', '/'];
/// Names that Windows keeps for devices, whatever their ending.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// Reads a name with its folders. A path that leads up, begins at a root or is
/// written in another way is no path of a folder that somebody sent: of it, the
/// last part is the name.
pub(crate) fn path_name(given: &str) -> String {
    let parts: Vec<&str> = given.split('/').collect();
    let is_plain = parts.len() <= DEPTH_MAX
        && !given.contains('\\')
        && parts.iter().all(|part| is_part(part))
        && parts.first().is_some_and(|first| !first.ends_with(':'));
    if !is_plain {
        return file_name(given);
    }
    let path = parts.join("/");
    if path.chars().count() > PATH_CHARACTERS_MAX { file_name(given) } else { path }
}

fn is_part(part: &str) -> bool {
    !part.trim_matches([' ', '.']).is_empty()
        && part.chars().count() <= PART_CHARACTERS_MAX
        && !part.chars().any(|mark| mark.is_control() || is_turning(mark))
}

/// Marks that turn the direction of what follows: with one, a name ends
/// otherwise than it seems to (UAX #9, section 2).
const fn is_turning(mark: char) -> bool {
    matches!(mark, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The folders, with the stroke after them, and the file's own name.
pub(crate) fn split(path: &str) -> (&str, &str) {
    let at = path.rfind('/').map_or(0, |stroke| stroke + 1);
    path.split_at_checked(at).unwrap_or(("", path))
}

/// The file's own name.
pub(crate) fn leaf(path: &str) -> &str {
    split(path).1
}

/// Names for the files of one archive, in their order: each stays below where
/// it is unpacked, on every system, and no two are one.
pub(crate) fn in_archive<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut given = BTreeSet::new();
    paths
        .map(|path| {
            let parts: Vec<String> = path
                .split(['/', '\\'])
                .filter(|part| !matches!(*part, "" | "." | ".."))
                .map(safe_part)
                .collect();
            let name = if parts.is_empty() { "file".to_owned() } else { parts.join("/") };
            (1..SAME_MAX)
                .map(|number| numbered(&name, number))
                .find(|name| given.insert(name.to_lowercase()))
                .unwrap_or(name)
        })
        .collect()
}

/// A name below a folder on a disk: its folders stay below too, and nothing of
/// it is hidden.
pub(crate) fn on_disk(path: &str) -> String {
    let parts: Vec<String> = path
        .split(['/', '\\'])
        .map(|part| part.trim_start_matches(['.', ' ']))
        .filter(|part| !part.is_empty())
        .map(|part| safe_part(cut(part)))
        .collect();
    if parts.is_empty() { "file".to_owned() } else { parts.join("/") }
}

/// As much of a part as a file system takes.
fn cut(part: &str) -> &str {
    part.get(..part.floor_char_boundary(PART_BYTES_MAX)).unwrap_or(part)
}

fn safe_part(part: &str) -> String {
    let kept: String = part
        .chars()
        .filter(|mark| !mark.is_control() && !is_turning(*mark))
        .map(|mark| if NOT_TAKEN.contains(&mark) { '_' } else { mark })
        .collect();
    // Windows drops dots and spaces at the end, so that two names become one.
    let kept = kept.trim_end_matches([' ', '.']);
    let stem = kept.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let letters = stem.trim_end_matches(|mark: char| mark.is_ascii_digit());
    let digits = stem.len() - letters.len();
    let is_device = DEVICES.contains(&letters)
        && if letters == "com" || letters == "lpt" { digits == 1 } else { digits == 0 };
    match (kept, is_device) {
        ("", _) => "_".to_owned(),
        (name, true) => format!("_{name}"),
        (name, false) => name.to_owned(),
    }
}

/// `a/名簿.csv`, `a/名簿 (2).csv`, …
fn numbered(path: &str, number: u32) -> String {
    if number == 1 {
        return path.to_owned();
    }
    let (folders, name) = split(path);
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => {
            format!("{folders}{stem} ({number}).{ending}")
        }
        Some(_) | None => format!("{folders}{name} ({number})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_shape() {
        for path in ["図面/一階/平面図.pdf", "a.b/c", "名簿.csv"] {
            assert_eq!(path_name(path), path);
        }
        assert_eq!(split("図面/一階/平面図.pdf"), ("図面/一階/", "平面図.pdf"));
        assert_eq!(split("名簿.csv"), ("", "名簿.csv"));
    }

    #[test]
    fn a_path_that_is_none_is_a_name() {
        for (given, name) in [
            ("../../etc/passwd", "passwd"),
            ("/etc/passwd", "passwd"),
            ("a/../b", "b"),
            ("a/./b", "b"),
            ("a/. ./b", "b"),
            ("a//b", "b"),
            ("C:/Users/b", "b"),
            ("C:\\Users\\b", "b"),
            ("a\\b/c", "c"),
            ("a\u{0}/b", "b"),
            ("a/b\u{202e}cod.exe", "b\u{202e}cod.exe"),
            ("a/", "file"),
            ("", "file"),
        ] {
            assert_eq!(path_name(given), name, "{given:?}");
        }
        assert_eq!(path_name(&"a/".repeat(DEPTH_MAX)), "file");
        assert_eq!(path_name(&format!("{}b", "a/".repeat(DEPTH_MAX))), "b");
        let long = format!("{0}/{0}/{0}", "あ".repeat(80));
        assert_eq!(path_name(&long), "あ".repeat(80));
    }

    #[test]
    fn a_name_on_a_disk_stays_below_and_is_not_hidden() {
        for (given, name) in [
            ("図面/一階/平面図.pdf", "図面/一階/平面図.pdf"),
            (".sekisho/x", "sekisho/x"),
            ("../../etc/passwd", "etc/passwd"),
            ("a/.ssh/keys", "a/ssh/keys"),
            ("C:\\b", "C_/b"),
            ("..", "file"),
            ("", "file"),
        ] {
            assert_eq!(on_disk(given), name, "{given:?}");
        }
        assert_eq!(on_disk(&"あ".repeat(100)).len(), PART_BYTES_MAX);
    }

    #[test]
    fn names_in_an_archive_stay_below_and_are_all_different() {
        let given = [
            "a/b.txt",
            "A/B.TXT",
            "../../x",
            "/etc/passwd",
            "..",
            "a/con.txt",
            "COM1",
            "console",
            "a/b. ",
            "q?<>.csv",
            "C:\\win\\x",
            "x\u{202e}y",
        ];
        let names = in_archive(given.into_iter());
        assert_eq!(
            names,
            [
                "a/b.txt",
                "A/B (2).TXT",
                "x",
                "etc/passwd",
                "file",
                "a/_con.txt",
                "_COM1",
                "console",
                "a/b",
                "q___.csv",
                "C_/win/x",
                "xy",
            ]
        );
    }
}
