//! Hands a file to the checks of its type; members of archives and mails are
//! told apart by their bytes, never by what a header says of them.

use sanitize_core::{Admission, Format};

use crate::check::{Check, Walk};
use crate::detect::{self, detect_named};
use crate::{archive, eml, html, image, odf, ole, opc, pdf, rtf, rules, text};

/// Checks a file as `format`.
pub(crate) fn file(check: &mut Check<'_>, bytes: &[u8], format: Format) -> Walk {
    match format {
        Format::Docx | Format::Xlsx | Format::Pptx | Format::Xlsb => {
            opc::package(check, bytes, format)
        }
        Format::Odt | Format::Ods | Format::Odp => odf::package(check, bytes, format),
        Format::Pdf => pdf::document(check, bytes),
        Format::Png
        | Format::Jpeg
        | Format::Gif
        | Format::Bmp
        | Format::Tiff
        | Format::Webp
        | Format::Ico
        | Format::Emf
        | Format::Wmf
        | Format::Svg => image::picture(check, bytes, format),
        Format::Doc
        | Format::Xls
        | Format::Ppt
        | Format::UnknownOle
        | Format::OfficeEncrypted
        | Format::Jtd
        | Format::Msg
        | Format::Msi => ole::container(check, bytes, format),
        Format::Rtf => rtf::document(check, bytes),
        Format::Html => html::document(check, bytes),
        Format::Csv | Format::Tsv | Format::Txt => text::plain(check, bytes, format),
        Format::Eml => eml::message(check, bytes),
        Format::Zip => archive::zip(check, bytes),
        Format::Tar => archive::tar(check, bytes),
        Format::Gzip => archive::gzip(check, bytes),
        Format::SevenZip | Format::Lzh | Format::Cab => check.found(
            rules::REFUSED_TYPE,
            format!("{}: such an archive is delivered as ZIP", format.name()),
        ),
        Format::Rar
        | Format::Xdw
        | Format::Executable
        | Format::Script
        | Format::Shortcut
        | Format::DiskImage
        | Format::OneNote
        | Format::Chm
        | Format::Hta
        | Format::AppPackage
        | Format::Addin
        | Format::Flash
        | Format::UnknownOpc
        | Format::Unknown => check.found(rules::REFUSED_TYPE, format.name()),
    }
}

/// Checks a named file in a file by what it is.
pub(crate) fn member(check: &mut Check<'_>, name: &str, bytes: &[u8]) -> Walk {
    let extension = detect::extension(name);
    if detect::is_run_by_name(&extension) {
        check.found(rules::REFUSED_NAME, name)?;
    }
    let real = match detect_named(name, bytes) {
        // Which kind of OLE document it is makes no difference to the rules.
        Format::UnknownOle => match extension.as_str() {
            "xls" | "xlt" => Format::Xls,
            "ppt" | "pot" | "pps" => Format::Ppt,
            _ => Format::Doc,
        },
        other => other,
    };
    let is_package = matches!(real, Format::Docx | Format::Xlsx | Format::Pptx);
    if is_package && extension != real.extension() {
        check.found(rules::TYPE_MISMATCH, format!("{} inside, called {extension}", real.name()))?;
    }
    if real.admission() != Admission::Open {
        return check.found(rules::REFUSED_TYPE, format!("{} {name}", real.name()));
    }
    file(check, bytes, real)
}
