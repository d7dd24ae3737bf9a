//! Names as they lie on disks of all ages: which are not finished yet, and how
//! the bytes of one are read. Knows no disk.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

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
    fn a_name_in_shift_jis_is_read() {
        let old = OsStr::from_bytes(b"\x96\xbc\x95\xeb.csv");
        assert_eq!(read(old), "名簿.csv");
        assert_eq!(read(OsStr::new("名簿.csv")), "名簿.csv");
        assert_eq!(marked(&done(old)), Some(old));
    }
}
