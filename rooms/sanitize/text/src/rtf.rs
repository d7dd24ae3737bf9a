//! RTF: cuts a file into tokens and writes it anew from the control words that
//! only shape text. Bytes of text stay as they are, so that every reader sees
//! the characters it saw before; objects, templates and data stores are gone.
//!
//! Source: Rich Text Format specification 1.9.1.

mod field;
mod picture;
mod rules;
#[cfg(test)]
mod tests;
mod text;
mod token;
mod words;
mod write;

pub(crate) use text::extract as text;

use sanitize_core::{Job, Stop};

/// Rebuilds a document.
pub(crate) fn rebuild(bytes: &[u8], job: &mut Job<'_>) -> Result<Vec<u8>, Stop> {
    job.budget.take_bytes(bytes.len() as u64)?;
    let tokens = token::read(bytes, job)?;
    write::document(&tokens, job)
}
