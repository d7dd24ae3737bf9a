//! Method ② for what has no pages of its own: rebuild it, let LibreOffice make
//! a PDF of the harmless copy, and turn that into pictures.

use sanitize_core::{Code, Format, Kind, Method, Passwords, Policy, Reason};
use sanitize_engine::{Leaves, Outcome, Reading, Verdict};

use crate::office::{self, OfficeError};
use crate::pool::{Pool, PoolError, Treatment};

/// LibreOffice is needed and not there.
pub(crate) const OFFICE_MISSING: Code = Code::new(
    "image-office-missing",
    Kind::Refusal,
    "Office文書を画像にするにはLibreOfficeが必要ですが、入っていません。情報システム担当へ連絡するか、別の処置方式を選んでください",
    "LibreOffice is needed to turn Office documents into pictures and is not installed; choose another method",
);

/// LibreOffice could not make a PDF.
pub(crate) const OFFICE_FAILED: Code = Code::new(
    "image-office-failed",
    Kind::Refusal,
    "LibreOfficeで画像化できませんでした。別の処置方式を選んでください。元のファイルはそのまま残っています",
    "LibreOffice could not turn the document into pages; choose another method, the original is untouched",
);

/// Treats one file by the method asked for, with the detour over PDF where
/// method ② needs it.
pub(crate) fn treat(
    pool: &mut Pool,
    name: &str,
    bytes: &[u8],
    treatment: &Treatment,
    weak: bool,
) -> Result<Outcome, PoolError> {
    let is_image = treatment.method == Method::Image && !treatment.policy.text_only;
    if !is_image {
        return pool.disarm(name, bytes, treatment);
    }
    let rebuild = Treatment { method: Method::Rebuild, ..treatment.clone() };
    let mut first = pool.disarm(name, bytes, &rebuild)?;
    let Some(mut output) = first.output.take().filter(|o| office::is_needed_for(o.format)) else {
        // Pages or pictures already, or refused: the engine knows what to do.
        return pool.disarm(name, bytes, treatment);
    };
    let kind = output.format;
    if office::is_plain_text(kind) {
        // LibreOffice would guess the charset; method ① has found it already.
        let plain = Treatment { method: Method::Text, ..treatment.clone() };
        let Some(text) = pool.disarm(name, bytes, &plain)?.output else {
            return Ok(refused(first, &OFFICE_FAILED, String::new()));
        };
        output = text;
    }
    let pdf = match office::to_pdf(&output.bytes, kind, weak) {
        Ok(pdf) => pdf,
        Err(OfficeError::Missing) => return Ok(refused(first, &OFFICE_MISSING, String::new())),
        Err(error) => return Ok(refused(first, &OFFICE_FAILED, error.to_string())),
    };
    let pages = pool.disarm("document.pdf", &pdf, treatment)?;
    // What the detour's own PDF loses on the way is no finding about the file.
    Ok(Outcome { format: first.format, removals: first.removals, ..pages })
}

/// What somebody sees of a file before they decide on it.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Its text with places.
    pub reading: Reading,
    /// Its first pages; none where they cannot be drawn.
    pub leaves: Leaves,
}

/// Reads a file and draws its first pages; Office documents by way of PDF,
/// where LibreOffice is there. Whatever is drawn was rebuilt before.
pub(crate) fn preview(
    pool: &mut Pool,
    (name, bytes): (&str, &[u8]),
    policy: &Policy,
    leaves_max: usize,
) -> Result<Preview, PoolError> {
    let reading = pool.read(name, bytes, policy, &Passwords::default())?;
    let is_drawn_directly = reading.format == Format::Pdf || reading.format.is_image();
    let is_office = office::is_needed_for(reading.format)
        && !office::is_plain_text(reading.format)
        && office::find().is_some();
    let leaves = if is_drawn_directly {
        pool.draw(name, bytes, policy, leaves_max)?
    } else if is_office {
        let rebuilt = pool.disarm(name, bytes, &Treatment::rebuild(policy.clone()))?.output;
        let pdf = rebuilt.and_then(|new| office::to_pdf(&new.bytes, new.format, false).ok());
        match pdf {
            Some(pdf) => pool.draw("document.pdf", &pdf, policy, leaves_max)?,
            None => Leaves::default(),
        }
    } else {
        Leaves::default()
    };
    Ok(Preview { reading, leaves })
}

fn refused(first: Outcome, code: &'static Code, place: String) -> Outcome {
    Outcome {
        method: Method::Image,
        verdict: Verdict::Blocked,
        reasons: vec![Reason { code, place }],
        output: None,
        ..first
    }
}
