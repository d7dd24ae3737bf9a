//! Tells the kinds of ZIP packages apart by their members.

use sanitize_container::zip::Archive;
use sanitize_core::{Budget, Format, Limits};

/// Main content types, each by the words that only it has. Add-ins come first:
/// their types contain those of the documents.
const MAIN_TYPES: &[(&str, Format)] = &[
    ("excel.addin.macroenabled.main", Format::Addin),
    ("powerpoint.addin.macroenabled.main", Format::Addin),
    ("excel.sheet.binary.macroenabled.main", Format::Xlsb),
    ("wordprocessingml.document.main", Format::Docx),
    ("wordprocessingml.template.main", Format::Docx),
    ("ms-word.document.macroenabled.main", Format::Docx),
    ("ms-word.template.macroenabledtemplate.main", Format::Docx),
    ("spreadsheetml.sheet.main", Format::Xlsx),
    ("spreadsheetml.template.main", Format::Xlsx),
    ("excel.sheet.macroenabled.main", Format::Xlsx),
    ("excel.template.macroenabled.main", Format::Xlsx),
    ("presentationml.presentation.main", Format::Pptx),
    ("presentationml.slideshow.main", Format::Pptx),
    ("presentationml.template.main", Format::Pptx),
    ("powerpoint.presentation.macroenabled.main", Format::Pptx),
    ("powerpoint.slideshow.macroenabled.main", Format::Pptx),
    ("powerpoint.template.macroenabled.main", Format::Pptx),
];

/// Main parts, for packages whose content types are of no help.
const MAIN_PARTS: &[(&str, Format)] = &[
    ("word/document.xml", Format::Docx),
    ("xl/workbook.xml", Format::Xlsx),
    ("xl/workbook.bin", Format::Xlsb),
    ("ppt/presentation.xml", Format::Pptx),
];

const APP_MARKS: &[&str] = &[
    "META-INF/MANIFEST.MF",
    "AndroidManifest.xml",
    "AppxManifest.xml",
    "AppxBundleManifest.xml",
    "install.rdf",
    "extension.vsixmanifest",
];

/// Content types are small; a larger part is not read for detection.
const CONTENT_TYPES_BYTES_MAX: u64 = 4 << 20;

/// Returns the kind of package that `bytes` are. A broken one is an archive:
/// its family says what is wrong with it.
pub(super) fn kind(bytes: &[u8]) -> Format {
    let Ok(mut budget) = Budget::open(Limits::default(), bytes.len() as u64) else {
        return Format::Zip;
    };
    let Ok(archive) = Archive::read(bytes, &mut budget) else { return Format::Zip };
    let member =
        |name: &str| archive.entries().iter().find(|entry| entry.name.eq_ignore_ascii_case(name));
    let small_text = |name: &str, budget: &mut Budget| {
        let entry = member(name).filter(|entry| entry.bytes <= CONTENT_TYPES_BYTES_MAX)?;
        archive.data(entry, budget).ok()
    };
    if member("[Content_Types].xml").is_some() {
        let types = small_text("[Content_Types].xml", &mut budget).unwrap_or_default();
        // Only ASCII letters matter, so UTF-16 is read by leaving out zeros.
        let types: Vec<u8> =
            types.into_iter().filter(|&b| b != 0).map(|b| b.to_ascii_lowercase()).collect();
        let types = String::from_utf8_lossy(&types);
        let by_type = MAIN_TYPES.iter().find(|(words, _)| types.contains(words));
        let by_part = || MAIN_PARTS.iter().find(|(part, _)| member(part).is_some());
        let kind = by_type.or_else(by_part).map(|(_, format)| *format);
        // Only office packages have relationships at their root.
        return match kind {
            Some(format) => format,
            None if member("_rels/.rels").is_some() => app_or(Format::UnknownOpc, &member),
            None => app_or(Format::Zip, &member),
        };
    }
    let by_part = MAIN_PARTS.iter().find(|(part, _)| member(part).is_some());
    if let (Some((_, format)), true) = (by_part, member("_rels/.rels").is_some()) {
        return *format;
    }
    if let Some(kind) = small_text("mimetype", &mut budget) {
        return open_document(&String::from_utf8_lossy(&kind)).unwrap_or(Format::Zip);
    }
    app_or(Format::Zip, &member)
}

fn app_or<'e, T: 'e>(otherwise: Format, member: &impl Fn(&str) -> Option<&'e T>) -> Format {
    if APP_MARKS.iter().any(|mark| member(mark).is_some()) { Format::AppPackage } else { otherwise }
}

fn open_document(kind: &str) -> Option<Format> {
    let kind = kind.trim().strip_prefix("application/vnd.oasis.opendocument.")?;
    match kind {
        "text" | "text-template" => Some(Format::Odt),
        "spreadsheet" | "spreadsheet-template" => Some(Format::Ods),
        "presentation" | "presentation-template" => Some(Format::Odp),
        _ => Some(Format::UnknownOpc),
    }
}
