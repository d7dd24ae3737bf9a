//! Rebuilds PDF (ISO 32000): pages are read into a model and written anew from
//! allow-lists; pictures are coded anew, fonts checked and rewritten, notes and
//! form fields drawn onto their pages. Nothing that acts has a place to be
//! written to. Knows no other format and does no input or output.

mod annotation;
mod audit;
mod codes;
mod color;
mod content;
mod document;
mod filter;
mod font;
mod form;
mod function;
mod layers;
mod model;
mod outline;
mod paper;
mod pattern;
mod picture;
mod rebuild;
mod resources;
mod shading;
mod source;
mod text;
mod write;

use sanitize_core::{Format, Job, Output, Stop};

pub use codes::CODES;
pub use paper::{ImageOptions, Leaves, leaves};

/// Rebuilds a PDF.
///
/// # Errors
/// Holds for a password; refuses what cannot be read; stops at limits.
pub fn rebuild(bytes: &[u8], _format: Format, job: &mut Job<'_>) -> Result<Output, Stop> {
    let bytes = document::rebuild(bytes, job, rebuild::Aim::Deliver)?;
    Ok(Output { format: Format::Pdf, bytes })
}

/// Extracts all visible text, page by page, in reading order.
///
/// # Errors
/// As [`rebuild`].
pub fn text(bytes: &[u8], _format: Format, job: &mut Job<'_>) -> Result<String, Stop> {
    text::extract(bytes, job)
}

/// Draws every page and delivers a PDF of pictures (method ②).
///
/// # Errors
/// As [`rebuild`]; also stops where a page has more pixels than the limit.
pub fn image(bytes: &[u8], job: &mut Job<'_>, options: &ImageOptions) -> Result<Output, Stop> {
    paper::draw(bytes, job, options)
}

#[cfg(test)]
mod tests;
