//! Members of a ZIP, unlocked where a password is given. The container crate
//! reads the records; this file says what its findings mean for a report.

use sanitize_container::zip::{Archive, Entry, Finding, UnlockError, ZipError};
use sanitize_core::{Job, Stop, reasons};

use super::{Content, Member, Sink};
use crate::codes;
use crate::passwords::candidates;

pub(crate) fn members(bytes: &[u8], job: &mut Job<'_>, sink: &mut dyn Sink) -> Result<(), Stop> {
    let archive = Archive::read(bytes, &mut job.budget).map_err(|error| stop(error, ""))?;
    for finding in archive.findings() {
        let code = match finding {
            Finding::DataBefore | Finding::DataBetween | Finding::ExtraField => &codes::HIDDEN_DATA,
            Finding::Comment => &codes::COMMENT,
            Finding::LocalHeaderDiffers => &codes::HEADERS_DIFFER,
        };
        job.removed(code, "");
    }
    let mut passwords = candidates(job.passwords);
    for entry in archive.entries() {
        let content = content(&archive, entry, &mut passwords, job)?;
        sink.take(Member { name: entry.name.clone(), content }, job)?;
    }
    Ok(())
}

fn content(
    archive: &Archive<'_>,
    entry: &Entry,
    passwords: &mut [Vec<u8>],
    job: &mut Job<'_>,
) -> Result<Content, Stop> {
    if entry.is_special {
        return Ok(Content::Link);
    }
    if entry.is_directory {
        if entry.bytes > 0 {
            job.removed(&codes::HIDDEN_DATA, &entry.name);
        }
        return Ok(Content::Directory);
    }
    if entry.is_encrypted && passwords.is_empty() {
        return Err(Stop::held(&reasons::PASSWORD_NEEDED, &entry.name));
    }
    match archive.unlock(entry, passwords, &mut job.budget) {
        Ok((data, None)) => Ok(Content::File { data, password: None }),
        Ok((data, Some(position))) => {
            let password = passwords.get(position).cloned();
            // The next member most likely has the same one.
            passwords.swap(0, position);
            Ok(Content::File { data, password })
        }
        Err(UnlockError::Wrong) => Err(Stop::held(&reasons::PASSWORD_WRONG, &entry.name)),
        Err(UnlockError::Unknown) => Err(Stop::held(&reasons::PROTECTION_UNKNOWN, &entry.name)),
        Err(UnlockError::Zip(error)) => match stop(error, &entry.name) {
            limit if limit.is_limit() => Err(limit),
            reason => Ok(Content::Unreadable(reason)),
        },
    }
}

fn stop(error: ZipError, place: &str) -> Stop {
    match error {
        ZipError::Stop(stop) => stop,
        ZipError::Volumes => Stop::blocked(&codes::VOLUMES, place),
        ZipError::Overlap => Stop::blocked(&codes::OVERLAP, place),
        ZipError::Encrypted => Stop::held(&reasons::PASSWORD_NEEDED, place),
        ZipError::Method(method) => {
            Stop::blocked(&codes::METHOD_UNKNOWN, format!("{place} (method {method})"))
        }
        ZipError::NoEnd | ZipError::Broken { .. } | ZipError::Damaged => {
            Stop::blocked(&reasons::BROKEN, place)
        }
    }
}
