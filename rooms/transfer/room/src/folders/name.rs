//! Names as they lie on disks of all ages: which are not finished yet, and how
//! the bytes of one are read. Knows no disk.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// The mark beside a file that is complete, where a folder asks for one.
pub(super) const DONE: &[u8] = b".done";

/// Endings under which programs write what is not whole yet.
const UNFINISHED: [&[u8]; 10] = [
    b".part",
    b".partial",
    b".crdownload",
    b".download",
    b".filepart",
    b".tmp",
    b".temp",
    b".swp",
    b".lock",
    b"~",
];
/// What systems leave in folders by themselves.
const SYSTEM: [&[u8]; 3] = [b"thumbs.db", b"desktop.ini", b"ehthumbs.db"];

/// True for a name that is never taken: hidden, half-written, a lock of an
/// office program, a system's own.
pub(super) fn is_passing(name: &OsStr) -> bool {
    let name = name.as_bytes().to_ascii_lowercase();
    name.starts_with(b".")
        || name.starts_with(b"~")
        || UNFINISHED.iter().any(|ending| name.ends_with(ending))
        || SYSTEM.contains(&name.as_slice())
}

/// The name under which a file of a folder inside lies aside: its path as one
/// name that can be read back. Without its folders where that is too long.
pub(super) fn packed(path: &OsStr) -> OsString {
    let mut name = Vec::new();
    for byte in path.as_bytes() {
        match byte {
            b'%' => name.extend(b"%25"),
            b'/' => name.extend(b"%2F"),
            other => name.push(*other),
        }
    }
    if name.len() > PACKED_BYTES_MAX {
        let last = path.as_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        return OsStr::from_bytes(last).to_owned();
    }
    OsString::from_vec(name)
}

/// Reads back what [`packed`] wrote; any other name is itself.
pub(super) fn unpacked(name: &OsStr) -> OsString {
    let mut path = Vec::new();
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let (byte, after) = match (first, after) {
            (b'%', [b'2', b'5', after @ ..]) => (b'%', after),
            (b'%', [b'2', b'F', after @ ..]) => (b'/', after),
            (other, after) => (*other, after),
        };
        path.push(byte);
        rest = after;
    }
    OsString::from_vec(path)
}

/// The folders of a path, from the outermost, and its last part.
pub(super) fn parts(path: &OsStr) -> (Vec<&OsStr>, &OsStr) {
    let mut all: Vec<&OsStr> =
        path.as_bytes().split(|byte| *byte == b'/').map(OsStr::from_bytes).collect();
    let last = all.pop().unwrap_or(path);
    (all, last)
}

/// Bytes of a packed name: what file systems take, and room for a mark.
const PACKED_BYTES_MAX: usize = 240;

/// The name of the mark beside a file.
pub(super) fn done(name: &OsStr) -> OsString {
    let mut mark = name.to_owned();
    mark.push(OsStr::from_bytes(DONE));
    mark
}

/// The file that a mark stands beside.
pub(super) fn marked(name: &OsStr) -> Option<&OsStr> {
    name.as_bytes().strip_suffix(DONE).map(OsStr::from_bytes)
}

/// The name as people wrote it: UTF-8, or Shift_JIS as older machines keep it.
pub(super) fn read(name: &OsStr) -> String {
    match std::str::from_utf8(name.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            encoding_rs::SHIFT_JIS.decode_without_bom_handling(name.as_bytes()).0.into_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_whole_yet_is_left() {
        for name in [
            ".a.docx",
            "~$名簿.xlsx",
            "a.part",
            "A.PART",
            "b.crdownload",
            "c.tmp",
            "d.docx~",
            ".~lock.x.odt#",
            "Thumbs.db",
            "e.filepart",
        ] {
            assert!(is_passing(OsStr::new(name)), "{name}");
        }
        for name in ["名簿.xlsx", "part.docx", "tmp", "a.done", "no ending"] {
            assert!(!is_passing(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_path_is_read_back_from_one_name() {
        for path in ["図面/一階/a.csv", "a.csv", "100%.csv", "b%2Fc/d", "%25/%2F"] {
            let name = packed(OsStr::new(path));
            assert!(!name.as_bytes().contains(&b'/'), "{path}");
            assert_eq!(unpacked(&name), OsStr::new(path));
        }
        let long = format!("{}/a.csv", "あ".repeat(90));
        assert_eq!(packed(OsStr::new(&long)), OsStr::new("a.csv"));
        let (folders, last) = parts(OsStr::new("a/b/c"));
        assert_eq!((folders.len(), last), (2, OsStr::new("c")));
    }

    #[test]
    fn a_name_in_shift_jis_is_read() {
        let old = OsStr::from_bytes(b"\x96\xbc\x95\xeb.csv");
        assert_eq!(read(old), "名簿.csv");
        assert_eq!(read(OsStr::new("名簿.csv")), "名簿.csv");
        assert_eq!(marked(&done(old)), Some(old));
    }
}
