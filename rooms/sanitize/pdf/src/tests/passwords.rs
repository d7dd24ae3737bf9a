//! Files locked by another program open with the user's or the owner's
//! password and say the same text; with any other they are held.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// Ways in which qpdf locks a file; the last tells which one for the report.
const LOCKS: &[&[&str]] = &[
    &["40", "--", "RC4, 40 bits"],
    &["128", "--use-aes=n", "--", "RC4, 128 bits"],
    &["128", "--use-aes=n", "--force-V4", "--", "RC4, 128 bits, version 4"],
    &["128", "--use-aes=y", "--", "AES, 128 bits"],
    &["128", "--use-aes=y", "--cleartext-metadata", "--", "AES, 128 bits, open metadata"],
    &["256", "--force-R5", "--", "AES, 256 bits, revision 5"],
    &["256", "--", "AES, 256 bits, revision 6"],
];

/// Locks a small file; `None` where there is no qpdf.
fn locked(user: &str, owner: &str, lock: &[&str]) -> Option<Vec<u8>> {
    let (name, lock) = lock.split_last().unwrap();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = format!("sekisho-locked-{}-{count}", std::process::id());
    let folder = std::env::temp_dir().join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let (plain, out) = (folder.join(format!("{name} {user}")), folder.join("locked.pdf"));
    std::fs::write(&plain, page("", "", HELLO, &[HELVETICA])).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let made = Command::new("qpdf")
        .args(["--allow-weak-crypto", "--encrypt", user, owner])
        .args(lock)
        .args([text(&plain), text(&out)])
        .output();
    // qpdf exits with 3 where it had to mend the file, as it does here.
    let made = made.ok().map(|output| {
        assert!(matches!(output.status.code(), Some(0 | 3)), "{name}: {output:?}");
        std::fs::read(&out).unwrap()
    });
    std::fs::remove_dir_all(&folder).unwrap();
    made
}

fn text_with(bytes: &[u8], passwords: &[&str]) -> Result<String, Stop> {
    let policy = Policy::default();
    let passwords = Passwords::new(passwords.iter().map(|word| (*word).to_owned()).collect());
    let mut job =
        Job::open(&policy, &passwords, &NoEngines, policy.limits.clone(), bytes.len() as u64)
            .unwrap();
    let rebuilt = crate::rebuild(bytes, Format::Pdf, &mut job)?.bytes;
    assert!(job.removals().iter().any(|removal| removal.code.id == "pdf-encryption"));
    let none = Passwords::default();
    let mut job =
        Job::open(&policy, &none, &NoEngines, policy.limits.clone(), rebuilt.len() as u64).unwrap();
    crate::text(&rebuilt, Format::Pdf, &mut job)
}

/// Says that a file is held, and for which reason.
fn held(bytes: &[u8], passwords: &[&str]) -> String {
    let stop = text_with(bytes, passwords).unwrap_err();
    assert!(matches!(stop, Stop::Held(_)), "{stop}");
    stop.to_string()
}

#[test]
fn locked_files_open_with_either_password_and_are_held_without() {
    for lock in LOCKS {
        let name = lock.last().unwrap();
        let Some(bytes) = locked("user", "owner", lock) else {
            eprintln!("SKIPPED: no qpdf to lock a file with");
            return;
        };
        assert!(!bytes.windows(5).any(|part| part == b"Hello"), "{name}: qpdf locks nothing");
        for given in [&["user"][..], &["owner"], &["wrong", "user"], &["", "wrong", "owner"]] {
            let text = text_with(&bytes, given).unwrap_or_else(|stop| panic!("{name}: {stop:?}"));
            assert_eq!(text, "Hello\n", "{name} with {given:?}");
        }
        let code = reasons::PASSWORD_WRONG.id;
        for given in [&["wrong"][..], &["use"], &["users", "USER"], &["Owner"]] {
            assert!(held(&bytes, given).contains(code), "{name} with {given:?}");
        }
        assert!(held(&bytes, &[]).contains(reasons::PASSWORD_NEEDED.id), "{name}");
    }
}

#[test]
fn locked_files_whose_index_is_damaged_open_too() {
    for lock in LOCKS {
        let name = lock.last().unwrap();
        let Some(mut bytes) = locked("user", "owner", lock) else {
            eprintln!("SKIPPED: no qpdf to lock a file with");
            return;
        };
        let at = bytes.windows(9).rposition(|part| part == b"startxref").unwrap();
        bytes.truncate(at);
        bytes.extend_from_slice(b"startxref\n7\n%%EOF\n");
        for given in ["user", "owner"] {
            let text = text_with(&bytes, &[given]).unwrap_or_else(|stop| panic!("{name}: {stop}"));
            assert_eq!(text, "Hello\n", "{name} with {given}");
        }
        assert!(held(&bytes, &["wrong"]).contains(reasons::PASSWORD_WRONG.id), "{name}");
        assert!(held(&bytes, &[]).contains(reasons::PASSWORD_NEEDED.id), "{name}");
    }
}

#[test]
fn files_locked_for_their_owner_only_open_without_a_password() {
    for lock in LOCKS {
        let name = lock.last().unwrap();
        let Some(bytes) = locked("", "owner", lock) else {
            eprintln!("SKIPPED: no qpdf to lock a file with");
            return;
        };
        for given in [&[][..], &["owner"], &["wrong"]] {
            assert_eq!(text_with(&bytes, given).unwrap(), "Hello\n", "{name} with {given:?}");
        }
    }
}

#[test]
fn a_password_may_be_japanese_where_the_format_allows_it() {
    let lock = LOCKS.last().unwrap();
    let Some(bytes) = locked("関所の鍵", "持ち主", lock) else {
        eprintln!("SKIPPED: no qpdf to lock a file with");
        return;
    };
    assert_eq!(text_with(&bytes, &["関所の鍵"]).unwrap(), "Hello\n");
    assert_eq!(text_with(&bytes, &["持ち主"]).unwrap(), "Hello\n");
    assert!(held(&bytes, &["関所"]).contains(reasons::PASSWORD_WRONG.id));
}

/// Up to revision 4 a password is in PDFDocEncoding, and the reader takes only
/// UTF-8: such files are held, which is safe but not what the user wants.
#[test]
fn an_old_lock_with_an_accented_password_is_held() {
    let Some(bytes) = locked("clé", "owner", LOCKS[3]) else {
        eprintln!("SKIPPED: no qpdf to lock a file with");
        return;
    };
    assert!(held(&bytes, &["clé"]).contains(reasons::PASSWORD_WRONG.id));
}

#[test]
fn an_unknown_handler_is_held() {
    let bytes = page("", "", HELLO, &[HELVETICA]);
    let end = bytes.len() - b"trailer\n<</Root 1 0 R>>\n%%EOF\n".len();
    let trailer = b"trailer\n<</Root 1 0 R/ID[(a)(a)]/Encrypt<</Filter/Other/V 4/R 4>>>>\n%%EOF\n";
    let bytes = [&bytes[..end], trailer].concat();
    assert!(held(&bytes, &["any"]).contains(reasons::PROTECTION_UNKNOWN.id));
}
