//! Packs harmless members into a new ZIP or TAR. Decides nothing about them.

use sanitize_container::zip::{Level, Writer};
use sanitize_core::{Format, Output, Stop, limits};

use crate::tar_write::TarWriter;

/// The archive in the making.
pub(crate) enum Packer {
    Zip(Writer),
    Tar(TarWriter),
}

impl Packer {
    pub(crate) fn zip() -> Self {
        Self::Zip(Writer::new())
    }

    pub(crate) fn tar() -> Self {
        Self::Tar(TarWriter::default())
    }

    pub(crate) fn directory(&mut self, name: &str) {
        let name = format!("{name}/");
        match self {
            Self::Zip(writer) => writer.add(&name, &[], Level::Stored),
            Self::Tar(writer) => writer.add(&name, &[]),
        }
    }

    /// Adds a file, locked where there is a password; a TAR has no locks.
    pub(crate) fn file(&mut self, name: &str, content: &Output, password: Option<&[u8]>) {
        let level = level(content.format);
        match (self, password) {
            (Self::Zip(writer), None) => writer.add(name, &content.bytes, level),
            (Self::Zip(writer), Some(password)) => {
                writer.add_locked(name, &content.bytes, level, password);
            }
            (Self::Tar(writer), _) => writer.add(name, &content.bytes),
        }
    }

    /// Returns the archive.
    ///
    /// # Errors
    /// Stops where it is larger than its format can say.
    pub(crate) fn finish(self) -> Result<Output, Stop> {
        let (format, bytes) = match self {
            Self::Zip(writer) => (Format::Zip, writer.finish()),
            Self::Tar(writer) => (Format::Tar, Some(writer.finish())),
        };
        let bytes = bytes.ok_or_else(|| Stop::blocked(&limits::BYTES_OUT, ""))?;
        Ok(Output { format, bytes })
    }
}

/// What is packed already is not packed twice.
fn level(format: Format) -> Level {
    match format {
        Format::Docx
        | Format::Xlsx
        | Format::Xlsb
        | Format::Pptx
        | Format::Odt
        | Format::Ods
        | Format::Odp
        | Format::Png
        | Format::Jpeg
        | Format::Gif
        | Format::Webp
        | Format::Zip
        | Format::Gzip => Level::Stored,
        _ => Level::Deflated,
    }
}
