//! Pictures and packages inside a package: each is rebuilt by its own family,
//! and a picture that cannot be is replaced by an empty one.

use std::collections::HashMap;

use sanitize_container::zip::Level;
use sanitize_core::{Code, Embedded, Format, Job, Output, Stop};

use crate::codes;
use crate::scrub::Fate;

use super::Builder;

/// Pictures that were written, and packages that may be put back.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    /// New names, by source part.
    names: HashMap<String, String>,
    /// Rebuilt packages, by source part; written when they are referred to.
    packages: HashMap<String, Package>,
    count: u32,
    package_count: u32,
}

/// A rebuilt package: its new name once it was written.
#[derive(Debug)]
struct Package {
    output: Output,
    name: Option<String>,
}

impl Builder<'_, '_> {
    /// Rebuilds a picture, once, and returns its new name.
    pub(super) fn picture(&mut self, part: &str, job: &mut Job<'_>) -> Result<String, Stop> {
        let key = part.to_owned();
        if let Some(name) = self.pictures.names.get(&key) {
            return Ok(name.clone());
        }
        self.reached.insert(key.clone());
        let (format, bytes) = self.rebuilt_picture(part, job)?;
        let (extension, kind) = image_type(format).unwrap_or(("png", "image/png"));
        self.pictures.count += 1;
        let name =
            format!("{}/media/image{}.{extension}", self.family.folder(), self.pictures.count);
        self.types.defaults.insert(extension, kind);
        let level = match format {
            Format::Bmp | Format::Emf | Format::Wmf | Format::Svg | Format::Tiff => Level::Deflated,
            _ => Level::Stored,
        };
        self.bodies.push((name.clone(), bytes, level));
        self.pictures.names.insert(key, name.clone());
        Ok(name)
    }

    fn rebuilt_picture(
        &mut self,
        part: &str,
        job: &mut Job<'_>,
    ) -> Result<(Format, Vec<u8>), Stop> {
        let outcome =
            self.package.data(part, job).and_then(|bytes| job.rebuild_nested(part, &bytes));
        match outcome {
            Ok(output) if image_type(output.format).is_some() => {
                return Ok((output.format, output.bytes));
            }
            Err(stop) if stop.is_limit() => return Err(stop),
            Ok(_) | Err(_) => job.removed(&codes::PICTURE_REPLACED, part),
        }
        // Rebuilt too, so that a second pass finds it in its final form.
        match job.rebuild_nested(part, EMPTY_PICTURE) {
            Ok(output) if output.format == Format::Png => Ok((Format::Png, output.bytes)),
            Err(stop) if stop.is_limit() => Err(stop),
            Ok(_) | Err(_) => Ok((Format::Png, EMPTY_PICTURE.to_vec())),
        }
    }

    /// An embedded Office package goes back only when policy says so and it
    /// came out as one of the three known types.
    pub(super) fn decide_package(
        &mut self,
        part: Option<&str>,
        job: &mut Job<'_>,
    ) -> Result<(Fate, Option<&'static Code>), Stop> {
        let gone = Ok((Fate::Gone, Some(&codes::EMBEDDED)));
        let Some(part) = part else { return gone };
        if job.policy.office.embedded_files == Embedded::Remove {
            return gone;
        }
        if self.pictures.packages.contains_key(part) {
            return Ok((Fate::Part, None));
        }
        let output =
            match self.package.data(part, job).and_then(|bytes| job.rebuild_nested(part, &bytes)) {
                Ok(output) => output,
                Err(stop) if stop.is_limit() => return Err(stop),
                Err(_) => return gone,
            };
        if package_type(output.format).is_none() {
            return gone;
        }
        self.pictures.packages.insert(part.to_owned(), Package { output, name: None });
        Ok((Fate::Part, None))
    }

    /// Writes a rebuilt package, once, and returns its new name.
    pub(super) fn embedding(&mut self, part: &str) -> Option<String> {
        let package = self.pictures.packages.get_mut(part)?;
        if let Some(name) = &package.name {
            return Some(name.clone());
        }
        let format = package.output.format;
        self.pictures.package_count += 1;
        let number = self.pictures.package_count;
        let name =
            format!("{}/embeddings/package{number}.{}", self.family.folder(), format.extension());
        package.name = Some(name.clone());
        let bytes = std::mem::take(&mut package.output.bytes);
        self.reached.insert(part.to_owned());
        self.types.defaults.insert(format.extension(), package_type(format)?);
        self.bodies.push((name.clone(), bytes, Level::Stored));
        Some(name)
    }
}

/// Extension and content type of a picture inside a package.
fn image_type(format: Format) -> Option<(&'static str, &'static str)> {
    Some(match format {
        Format::Png => ("png", "image/png"),
        Format::Jpeg => ("jpeg", "image/jpeg"),
        Format::Gif => ("gif", "image/gif"),
        Format::Bmp => ("bmp", "image/bmp"),
        Format::Tiff => ("tiff", "image/tiff"),
        Format::Webp => ("webp", "image/webp"),
        Format::Ico => ("ico", "image/x-icon"),
        Format::Emf => ("emf", "image/x-emf"),
        Format::Wmf => ("wmf", "image/x-wmf"),
        Format::Svg => ("svg", "image/svg+xml"),
        _ => return None,
    })
}

fn package_type(format: Format) -> Option<&'static str> {
    Some(match format {
        Format::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Format::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        _ => return None,
    })
}

/// A PNG of one transparent pixel.
const EMPTY_PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\
    \x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\
    \x00\x00\x00\x0b\x49\x44\x41\x54\x78\xda\x63\x60\x00\x02\x00\x00\x05\x00\x01\xe9\xfa\xdc\xd8\x00\x00\
    \x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";
