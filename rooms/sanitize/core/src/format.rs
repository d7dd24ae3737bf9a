//! The formats by name: what each is called on disk, and whether its kind is
//! let in at all. How a format is recognised stands in the engine.

/// A file's real type, found from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Word, ECMA-376 (also from `docm`, `dotx`, `dotm`).
    Docx,
    /// Excel, ECMA-376 (also from `xlsm`, `xltx`, `xltm`).
    Xlsx,
    /// Excel binary workbook, [MS-XLSB].
    Xlsb,
    /// PowerPoint, ECMA-376 (also from `pptm`, `potx`, `ppsx` and so on).
    Pptx,
    /// An Office document in an encrypted OLE container, [MS-OFFCRYPTO].
    OfficeEncrypted,
    /// OpenDocument text.
    Odt,
    /// OpenDocument spreadsheet.
    Ods,
    /// OpenDocument presentation.
    Odp,
    /// PDF, ISO 32000.
    Pdf,
    /// Word 97–2003, [MS-DOC].
    Doc,
    /// Excel 5–2003, [MS-XLS].
    Xls,
    /// PowerPoint 97–2003, [MS-PPT].
    Ppt,
    /// Ichitaro (text only).
    Jtd,
    /// Rich Text Format.
    Rtf,
    /// HTML.
    Html,
    /// SVG.
    Svg,
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// Windows bitmap.
    Bmp,
    /// TIFF.
    Tiff,
    /// WebP.
    Webp,
    /// Windows icon.
    Ico,
    /// Windows Enhanced Metafile; handled inside documents.
    Emf,
    /// Windows Metafile; handled inside documents.
    Wmf,
    /// Comma-separated values.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// Plain text.
    Txt,
    /// Internet message, RFC 5322.
    Eml,
    /// Outlook message, [MS-OXMSG]; delivered as EML.
    Msg,
    /// ZIP archive.
    Zip,
    /// 7z archive.
    SevenZip,
    /// LZH archive.
    Lzh,
    /// TAR archive.
    Tar,
    /// One file packed by gzip.
    Gzip,
    /// Cabinet archive.
    Cab,
    /// RAR archive: held, never opened.
    Rar,
    /// DocuWorks: held, never opened.
    Xdw,
    /// A program for some machine: PE, ELF, Mach-O, class file.
    Executable,
    /// A script or a file that a shell would run.
    Script,
    /// Windows shortcut and its kin.
    Shortcut,
    /// Disk image.
    DiskImage,
    /// OneNote section.
    OneNote,
    /// Compiled HTML help.
    Chm,
    /// Windows installer.
    Msi,
    /// HTML application.
    Hta,
    /// Java archive or another package that a system installs or runs.
    AppPackage,
    /// Office add-in: XLL, XLA(M), PPA(M).
    Addin,
    /// Flash movie.
    Flash,
    /// An OLE container of no known kind.
    UnknownOle,
    /// An OPC package of no known kind (XPS, Visio and others).
    UnknownOpc,
    /// Nothing that is known.
    Unknown,
}

/// Whether a format is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// There is a family that disarms it.
    Open,
    /// Waits for a person: another format or another way must be found.
    Held,
    /// Refused by type.
    Refused,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[
        Self::Docx,
        Self::Xlsx,
        Self::Xlsb,
        Self::Pptx,
        Self::OfficeEncrypted,
        Self::Odt,
        Self::Ods,
        Self::Odp,
        Self::Pdf,
        Self::Doc,
        Self::Xls,
        Self::Ppt,
        Self::Jtd,
        Self::Rtf,
        Self::Html,
        Self::Svg,
        Self::Png,
        Self::Jpeg,
        Self::Gif,
        Self::Bmp,
        Self::Tiff,
        Self::Webp,
        Self::Ico,
        Self::Emf,
        Self::Wmf,
        Self::Csv,
        Self::Tsv,
        Self::Txt,
        Self::Eml,
        Self::Msg,
        Self::Zip,
        Self::SevenZip,
        Self::Lzh,
        Self::Tar,
        Self::Gzip,
        Self::Cab,
        Self::Rar,
        Self::Xdw,
        Self::Executable,
        Self::Script,
        Self::Shortcut,
        Self::DiskImage,
        Self::OneNote,
        Self::Chm,
        Self::Msi,
        Self::Hta,
        Self::AppPackage,
        Self::Addin,
        Self::Flash,
        Self::UnknownOle,
        Self::UnknownOpc,
        Self::Unknown,
    ];

    /// Finds a format by the name that [`Format::name`] gives.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }

    /// Returns the usual file name extension of the delivered file, in lower
    /// case and without a dot. Empty for what is never delivered.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Xlsb => "xlsb",
            Self::Pptx => "pptx",
            Self::Odt => "odt",
            Self::Ods => "ods",
            Self::Odp => "odp",
            Self::Pdf => "pdf",
            Self::Doc => "doc",
            Self::Xls => "xls",
            Self::Ppt => "ppt",
            Self::Jtd => "jtd",
            Self::Rtf => "rtf",
            Self::Html => "html",
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
            Self::Webp => "webp",
            Self::Ico => "ico",
            Self::Emf => "emf",
            Self::Wmf => "wmf",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Txt => "txt",
            Self::Eml => "eml",
            Self::Msg => "msg",
            Self::Zip => "zip",
            Self::SevenZip => "7z",
            Self::Lzh => "lzh",
            Self::Tar => "tar",
            Self::Gzip => "gz",
            Self::Cab => "cab",
            Self::OfficeEncrypted
            | Self::Rar
            | Self::Xdw
            | Self::Executable
            | Self::Script
            | Self::Shortcut
            | Self::DiskImage
            | Self::OneNote
            | Self::Chm
            | Self::Msi
            | Self::Hta
            | Self::AppPackage
            | Self::Addin
            | Self::Flash
            | Self::UnknownOle
            | Self::UnknownOpc
            | Self::Unknown => "",
        }
    }

    /// Returns the name used in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OfficeEncrypted => "office-encrypted",
            Self::Rar => "rar",
            Self::Xdw => "xdw",
            Self::Executable => "executable",
            Self::Script => "script",
            Self::Shortcut => "shortcut",
            Self::DiskImage => "disk-image",
            Self::OneNote => "onenote",
            Self::Chm => "chm",
            Self::Msi => "msi",
            Self::Hta => "hta",
            Self::AppPackage => "app-package",
            Self::Addin => "addin",
            Self::Flash => "flash",
            Self::UnknownOle => "unknown-ole",
            Self::UnknownOpc => "unknown-opc",
            Self::Unknown => "unknown",
            named => named.extension(),
        }
    }

    /// Says whether the format is let in, held or refused.
    #[must_use]
    pub fn admission(self) -> Admission {
        match self {
            Self::Rar | Self::Xdw => Admission::Held,
            Self::Executable
            | Self::Script
            | Self::Shortcut
            | Self::DiskImage
            | Self::OneNote
            | Self::Chm
            | Self::Msi
            | Self::Hta
            | Self::AppPackage
            | Self::Addin
            | Self::Flash
            | Self::UnknownOle
            | Self::UnknownOpc
            | Self::Unknown => Admission::Refused,
            _ => Admission::Open,
        }
    }

    /// Says whether this is a picture that a document may carry.
    #[must_use]
    pub fn is_image(self) -> bool {
        matches!(
            self,
            Self::Png
                | Self::Jpeg
                | Self::Gif
                | Self::Bmp
                | Self::Tiff
                | Self::Webp
                | Self::Ico
                | Self::Emf
                | Self::Wmf
                | Self::Svg
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_formats() {
        for &format in Format::ALL {
            assert_eq!(Format::from_name(format.name()), Some(format));
        }
    }
}
