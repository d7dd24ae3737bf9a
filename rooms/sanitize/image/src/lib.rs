//! Pictures: takes each apart and writes it anew, so that nothing but what is
//! seen passes. Knows no documents around them and draws nothing.
//!
//! JPEG, PNG and GIF are carried over without any loss: coefficients, scan
//! lines and indices are decoded, checked and coded again. What a file may
//! carry beside its picture is its physical resolution, its orientation (as an
//! Exif block with that one entry) and a colour profile written here.

mod bmp;
mod bytes;
mod codes;
mod dib;
mod emf;
mod exif;
mod icc;
mod ico;

mod gif;
mod jpeg;
mod lzw;
mod metafile;
mod png;
mod svg;
mod tiff;
mod webp;
mod wmf;
mod zlib;

use sanitize_core::{Format, Job, Output, Stop, reasons};

pub use codes::CODES;

/// Rebuilds a picture in its own format.
///
/// # Errors
/// Stops when the picture cannot be read or goes over a limit.
pub fn rebuild(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<Output, Stop> {
    let bytes = match format {
        Format::Png => png::rebuild(bytes, job)?,
        Format::Bmp => bmp::rebuild(bytes, job)?,
        Format::Ico => ico::rebuild(bytes, job)?,
        Format::Emf => emf::rebuild(bytes, job)?,
        Format::Wmf => wmf::rebuild(bytes, job)?,
        Format::Svg => svg::rebuild(bytes, job)?,
        Format::Tiff => tiff::rebuild(bytes, job)?,
        Format::Webp => webp::rebuild(bytes, job)?,
        Format::Gif => gif::rebuild(bytes, job)?,
        Format::Jpeg => jpeg::rebuild(bytes, job)?,
        _ => return Err(Stop::blocked(&reasons::UNSUPPORTED, "")),
    };
    Ok(Output { format, bytes })
}

/// Extracts the text that a drawing states as text.
///
/// # Errors
/// Stops for pictures of pixels: they have none.
pub fn text(bytes: &[u8], format: Format, job: &mut Job<'_>) -> Result<String, Stop> {
    match format {
        Format::Emf => Ok(emf::text(bytes)),
        Format::Wmf => Ok(wmf::text(bytes)),
        Format::Svg => svg::text(bytes, job),
        _ => Err(Stop::blocked(&reasons::METHOD_UNSUPPORTED, "")),
    }
}

#[cfg(test)]
mod testing;
