//! One file from bytes to text with its places, for those who look for
//! something in it. Delivers nothing and verifies nothing.

use sanitize_core::{
    Choice, Format, Job, Kind, Limits, Mark, Marked, Passwords, Policy, Reason, Stop, marked_lines,
    reasons,
};

use crate::dispatch::{self, Dispatch};
use crate::{admission, detect::detect};

/// What could be read of one file.
#[derive(Clone, PartialEq, Eq)]
pub struct Reading {
    /// Its real type.
    pub format: Format,
    /// Its text with marks; see [`sanitize_core::marked_lines`].
    pub text: String,
    /// What was not read, each with its reason: the file itself, or files and
    /// pictures in it.
    pub unread: Vec<Unread>,
}

/// A place that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The name of the reason; [`PICTURE`] for pictures.
    pub reason: &'static str,
    /// Where, in the words of the format; empty for the file itself.
    pub place: String,
}

/// The reason of a place that holds pictures and no text.
pub const PICTURE: &str = "picture-without-text";

/// Shows sizes only: the text may hold what nobody may log.
impl std::fmt::Debug for Reading {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Reading")
            .field("format", &self.format)
            .field("text_bytes", &self.text.len())
            .field("unread", &self.unread.len())
            .finish()
    }
}

/// Reads the text of a file, and all that a reader could reach: comments,
/// hidden sheets, text in drawings, files in files.
#[must_use]
pub fn read(name: &str, bytes: &[u8], limits: &Limits, passwords: &Passwords) -> Reading {
    let format = detect(name, bytes);
    let mut policy = Policy { limits: limits.clone(), ..Policy::default() };
    // Text is read as it stands; nothing is delivered that could be opened.
    policy.text.formulas = Choice::Keep;
    policy.office.comments = Choice::Keep;
    let engines = Dispatch;
    let opened = Job::open(&policy, passwords, &engines, limits.clone(), bytes.len() as u64);
    let mut job = match opened {
        Ok(job) => job.marking_places(),
        Err(stop) => return stopped(format, &stop),
    };
    let text =
        admission::admit(format, bytes).and_then(|()| dispatch::text(format, bytes, &mut job));
    match text {
        Ok(text) => {
            let mut unread = members(job.removals());
            unread.extend(pictures(&text));
            Reading { format, text, unread }
        }
        Err(stop) => {
            let mut reading = stopped(format, &stop);
            reading.unread.extend(members(job.removals()));
            reading
        }
    }
}

fn stopped(format: Format, stop: &Stop) -> Reading {
    let Reason { code, place } = stop.reason();
    let unread = vec![Unread { reason: reason_of(code.id), place: place.clone() }];
    Reading { format, text: String::new(), unread }
}

/// What was refused inside: a member's own reason stands in the report beside
/// the note that it was left out.
fn members(removals: &[sanitize_core::Removal]) -> Vec<Unread> {
    let is_reason = |kind| matches!(kind, Kind::Refusal | Kind::Hold);
    let refused = removals.iter().filter(|removal| is_reason(removal.code.kind));
    refused
        .map(|removal| Unread { reason: reason_of(removal.code.id), place: removal.place.clone() })
        .collect()
}

/// Only pictures have no text that could be asked for.
fn reason_of(id: &'static str) -> &'static str {
    if id == reasons::METHOD_UNSUPPORTED.id { PICTURE } else { id }
}

fn pictures(text: &str) -> Vec<Unread> {
    let mut files = Vec::new();
    let mut found = Vec::new();
    for line in marked_lines(text) {
        match line {
            Marked::Mark(Mark::File(name)) => files.push(name),
            Marked::Mark(Mark::FileEnd) => drop(files.pop()),
            Marked::Mark(Mark::Picture(place)) => {
                let place = [files.as_slice(), &[place]].concat().join(" → ");
                found.push(Unread { reason: PICTURE, place });
            }
            Marked::Mark(
                Mark::Sheet(_) | Mark::Page(_) | Mark::Slide(_) | Mark::Part(_) | Mark::Row(_),
            )
            | Marked::Line(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_is_not_let_in_is_unread_with_its_reason() {
        let reading = read("a.exe", b"MZ\x90\0", &Limits::default(), &Passwords::default());
        assert_eq!(reading.text, "");
        assert_eq!(reading.unread.len(), 1, "{:?}", reading.unread);
    }

    #[test]
    fn a_picture_is_unread_as_a_picture() {
        let picture =
            b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
        let reading = read("a.gif", picture, &Limits::default(), &Passwords::default());
        assert_eq!(reading.unread, [Unread { reason: PICTURE, place: String::new() }]);
    }

    #[test]
    fn nobody_sees_text_by_printing_a_reading() {
        let reading = read("a.txt", b"secret words", &Limits::default(), &Passwords::default());
        assert!(reading.text.contains("secret") && !format!("{reading:?}").contains("secret"));
    }
}
