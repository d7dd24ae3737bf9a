//! Archives: takes every member out, has it made harmless by its own type and
//! packs a plain new archive. Knows no document formats and no file systems.
//!
//! ZIP, TAR and GZIP are written anew in their own format. LZH, 7z and CAB are
//! delivered as ZIP: everyone can open it, and no second writer must be trusted.
//! A program with an archive at its end is a program by type and never comes
//! here; an archive in several volumes is refused, since no part can be judged
//! alone.

#![forbid(unsafe_code)]

mod codes;
mod names;
mod pack;
mod passwords;
mod read;
mod rebuild;
mod tar_write;
#[cfg(test)]
mod tests;
mod text;

pub use codes::CODES;

use sanitize_core::{Format, Job, Output, Stop};

use pack::Packer;
use rebuild::Rebuilder;
use text::Texts;

/// Rebuilds an archive with every member made harmless.
///
/// # Errors
/// Holds what no password opens; refuses broken and divided archives, archives
/// of which nothing can be delivered, and stops at the limits.
pub fn rebuild(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<Output, Stop> {
    if format == Format::Gzip {
        return read::gzip::rebuild(bytes, job);
    }
    let packer = if format == Format::Tar { Packer::tar() } else { Packer::zip() };
    let mut rebuilder = Rebuilder::new(packer);
    read::members(bytes, format, job, &mut rebuilder)?;
    let output = rebuilder.finish(job)?;
    if output.format != format {
        job.removed(&codes::REPACKED, format.name());
    }
    Ok(output)
}

/// Extracts the text of all members, each under its name.
///
/// # Errors
/// As [`rebuild`].
pub fn text(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<String, Stop> {
    if format == Format::Gzip {
        return read::gzip::text(bytes, job);
    }
    let mut texts = Texts::default();
    read::members(bytes, format, job, &mut texts)?;
    texts.finish()
}
