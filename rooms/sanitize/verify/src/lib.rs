//! Re-reads a rebuilt file with parsers of its own and names the first thing
//! that could still act or hide in it. Trusts nothing that a family wrote and
//! knows no family; takes bytes and gives findings, does no I/O.
//!
//! Two ways in: [`verify`] is strict and ends at the first finding, because
//! what it reads was written by us in one narrow form; [`inspect`] reads any
//! file, tolerates odd forms and lists what it finds.

mod archive;
mod check;
mod detect;
mod eml;
mod html;
mod image;
mod nested;
mod odf;
mod ole;
mod opc;
mod pdf;
mod rtf;
mod rules;
mod text;
mod url;
mod xml;
mod zip;

use sanitize_core::{Format, Passwords, Policy};

use crate::check::Check;
pub use crate::rules::{RULES, could_act};

/// Something that a delivered file must not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Residue {
    /// The rule that spoke; one of [`RULES`].
    pub rule: &'static str,
    /// Where it is: the names of members and parts, outermost first.
    pub place: String,
    /// What was seen, cut to a readable length.
    pub what: String,
}

/// Re-reads a rebuilt file.
///
/// # Errors
/// Returns the first residue, or a finding of rule `unreadable` when the bytes
/// are not the strict form of `format` that a delivered file has.
pub fn verify(bytes: &[u8], format: Format, policy: &Policy) -> Result<(), Residue> {
    verify_locked(bytes, format, policy, &Passwords::default())
}

/// Re-reads a rebuilt file whose archive members may be locked with one of
/// `passwords`.
///
/// # Errors
/// As [`verify`]; a member that no password opens is a residue.
pub fn verify_locked(
    bytes: &[u8],
    format: Format,
    policy: &Policy,
    passwords: &Passwords,
) -> Result<(), Residue> {
    let mut check = Check::strict(policy, passwords);
    let _ended = nested::file(&mut check, bytes, format);
    check.into_first()
}

/// Lists what `verify` would find in any file, in the everyday policy, without
/// stopping at the first. The list is capped, and so is the work.
#[must_use]
pub fn inspect(bytes: &[u8], format: Format) -> Vec<Residue> {
    let policy = Policy::default();
    let passwords = Passwords::default();
    let mut check = Check::tolerant(&policy, &passwords);
    let _ended = nested::file(&mut check, bytes, format);
    check.into_all()
}

#[cfg(test)]
mod tests;
