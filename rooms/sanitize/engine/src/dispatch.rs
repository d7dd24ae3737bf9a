//! The table from formats to families. The only place that knows all of them.

use sanitize_core::{Engines, Format, Job, Output, Stop, reasons};

use crate::disarm::Fonts;
use crate::{admission, detect::detect};

/// Finds the family of a nested file by its real type.
pub(crate) struct Dispatch;

impl Engines for Dispatch {
    fn rebuild(&self, name: &str, bytes: &[u8], job: &mut Job<'_>) -> Result<Output, Stop> {
        let format = detect(name, bytes);
        admission::admit(format, bytes)?;
        let output = rebuild(format, bytes, job)?;
        recognise(name, &output)?;
        Ok(output)
    }

    fn text(&self, name: &str, bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
        let format = detect(name, bytes);
        admission::admit(format, bytes)?;
        text(format, bytes, job)
    }
}

/// Stops a result that is not what it is said to be. What was taken out can
/// leave nothing, or bring together the first bytes of another type.
pub(crate) fn recognise(name: &str, output: &Output) -> Result<(), Stop> {
    let found = detect(name, &output.bytes);
    admission::admit(found, &output.bytes)?;
    if found == output.format { Ok(()) } else { Err(Stop::blocked(&reasons::BROKEN, found.name())) }
}

/// Method ③.
pub(crate) fn rebuild(format: Format, bytes: &[u8], job: &mut Job<'_>) -> Result<Output, Stop> {
    match format {
        Format::Docx | Format::Xlsx | Format::Pptx | Format::Xlsb => {
            sanitize_ooxml::rebuild(bytes, format, job)
        }
        Format::OfficeEncrypted => {
            let (inner, format) = decrypt(bytes, job)?;
            sanitize_ooxml::rebuild(&inner, format, job)
        }
        Format::Odt | Format::Ods | Format::Odp => sanitize_odf::rebuild(bytes, format, job),
        Format::Pdf => sanitize_pdf::rebuild(bytes, format, job),
        Format::Doc | Format::Xls | Format::Ppt => sanitize_ole::rebuild(bytes, format, job),
        Format::Rtf | Format::Html | Format::Csv | Format::Tsv | Format::Txt => {
            sanitize_text::rebuild(bytes, format, job)
        }
        Format::Svg
        | Format::Png
        | Format::Jpeg
        | Format::Gif
        | Format::Bmp
        | Format::Tiff
        | Format::Webp
        | Format::Ico
        | Format::Emf
        | Format::Wmf => sanitize_image::rebuild(bytes, format, job),
        Format::Eml | Format::Msg => sanitize_mail::rebuild(bytes, format, job),
        Format::Zip | Format::SevenZip | Format::Lzh | Format::Tar | Format::Gzip | Format::Cab => {
            sanitize_archive::rebuild(bytes, format, job)
        }
        Format::Jtd => Err(Stop::blocked(&reasons::METHOD_UNSUPPORTED, "")),
        closed => closed_type(closed, bytes),
    }
}

/// The text of any open format.
pub(crate) fn text(format: Format, bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
    match format {
        Format::Docx | Format::Xlsx | Format::Pptx | Format::Xlsb => {
            sanitize_ooxml::text(bytes, format, job)
        }
        Format::OfficeEncrypted => {
            let (inner, format) = decrypt(bytes, job)?;
            sanitize_ooxml::text(&inner, format, job)
        }
        Format::Odt | Format::Ods | Format::Odp => sanitize_odf::text(bytes, format, job),
        Format::Pdf => sanitize_pdf::text(bytes, format, job),
        Format::Doc | Format::Xls | Format::Ppt | Format::Jtd => {
            sanitize_ole::text(bytes, format, job)
        }
        Format::Rtf | Format::Html | Format::Csv | Format::Tsv | Format::Txt => {
            sanitize_text::text(bytes, format, job)
        }
        Format::Svg
        | Format::Png
        | Format::Jpeg
        | Format::Gif
        | Format::Bmp
        | Format::Tiff
        | Format::Webp
        | Format::Ico
        | Format::Emf
        | Format::Wmf => sanitize_image::text(bytes, format, job),
        Format::Eml | Format::Msg => sanitize_mail::text(bytes, format, job),
        Format::Zip | Format::SevenZip | Format::Lzh | Format::Tar | Format::Gzip | Format::Cab => {
            sanitize_archive::text(bytes, format, job)
        }
        closed => closed_type(closed, bytes),
    }
}

/// Method ①: the text as a plain file in UTF-8, with the mark and line ends
/// that Windows programs expect. Its own family takes out control characters.
pub(crate) fn as_text(format: Format, bytes: &[u8], job: &mut Job<'_>) -> Result<Output, Stop> {
    let text = text(format, bytes, job)?;
    job.budget.take_bytes(text.len() as u64)?;
    let mut plain = String::with_capacity(text.len() + 3);
    plain.push('\u{feff}');
    for line in text.split('\n') {
        plain.push_str(line.trim_end_matches('\r'));
        plain.push_str("\r\n");
    }
    let trailing = plain.trim_end_matches("\r\n").len();
    plain.truncate(trailing);
    plain.push_str("\r\n");
    sanitize_text::rebuild(plain.as_bytes(), Format::Txt, job)
}

/// Method ②: pages become pictures. Pictures are pages already; an Office
/// document must have been turned into PDF before.
pub(crate) fn as_pictures(
    format: Format,
    bytes: &[u8],
    fonts: &Fonts,
    job: &mut Job<'_>,
) -> Result<Output, Stop> {
    match format {
        Format::Pdf => {
            let options = sanitize_pdf::ImageOptions {
                dpi: job.policy.image.dpi,
                text_layer: job.policy.image.text_layer,
                east_asian_font: fonts.east_asian.clone(),
            };
            sanitize_pdf::image(bytes, job, &options)
        }
        picture if picture.is_image() => rebuild(picture, bytes, job),
        _ => Err(Stop::blocked(&reasons::METHOD_UNSUPPORTED, "")),
    }
}

fn decrypt(bytes: &[u8], job: &mut Job<'_>) -> Result<(Vec<u8>, Format), Stop> {
    let inner = sanitize_ole::decrypt_office(bytes, job)?;
    let format = detect("", &inner);
    match format {
        Format::Docx | Format::Xlsx | Format::Pptx | Format::Xlsb => Ok((inner, format)),
        _ => Err(Stop::blocked(&reasons::BROKEN, "EncryptedPackage")),
    }
}

/// Reached only where a caller left out [`admission::admit`]; refuses as it
/// would have.
fn closed_type<T>(format: Format, bytes: &[u8]) -> Result<T, Stop> {
    admission::admit(format, bytes)?;
    Err(Stop::blocked(&reasons::METHOD_UNSUPPORTED, ""))
}

#[cfg(test)]
mod tests {
    use sanitize_core::{Method, Passwords, Policy};

    use crate::{Request, disarm};

    #[test]
    fn a_result_must_be_what_it_is_called() {
        let policy = Policy::default();
        let passwords = Passwords::default();
        // Nothing is left; another type comes together.
        for (text, reason) in [("\0", "type-empty"), ("\u{202E}{\\rtf1 a}", "file-broken")] {
            let outcome = disarm(&Request {
                name: "a.txt",
                bytes: text.as_bytes(),
                method: Method::Rebuild,
                policy: &policy,
                passwords: &passwords,
            });
            let reasons: Vec<_> = outcome.reasons.iter().map(|reason| reason.code.id).collect();
            assert_eq!((reasons.as_slice(), outcome.output), (&[reason][..], None));
        }
    }
}
