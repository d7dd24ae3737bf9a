//! How a job travels into a cage and its outcome out again. An answer is
//! hostile: it names codes and formats, never sentences, and is checked.

use sanitize_core::{Format, Method, Output, Passwords, Policy, Reason, Removal};
use sanitize_engine::{LEAVES_MAX, Leaf, Leaves, Outcome, PICTURE, Reading, Unread, Verdict};
use serde::{Deserialize, Serialize};

/// What a caged worker is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Make the file harmless.
    Disarm(Method),
    /// Say what is in it.
    Inspect,
    /// Read its text, with places.
    Read,
    /// Draw its first pages, at most so many.
    Draw { leaves_max: usize },
}

/// A request's head; the file's bytes follow it.
#[derive(Serialize, Deserialize)]
pub(crate) struct RequestHead {
    pub(crate) task: Task,
    pub(crate) name: String,
    pub(crate) policy: Policy,
    pub(crate) passwords: Vec<String>,
}

/// One finding of an inspection, as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoundItem {
    pub(crate) rule: String,
    pub(crate) place: String,
    pub(crate) what: String,
}

/// An answer's head; the new file's bytes follow it.
#[derive(Serialize, Deserialize)]
struct AnswerHead {
    format: String,
    method: Method,
    verdict: String,
    reasons: Vec<(String, String)>,
    removals: Vec<(String, String, u64)>,
    output_format: Option<String>,
    found: Vec<FoundItem>,
}

/// Bytes that an answer may have beside the file it carries.
pub(crate) const HEAD_BYTES_MAX: u64 = 64 << 20;

/// Joins a head and a body: the head's length in 32 bits, the head, the body.
fn join(head: &impl Serialize, body: &[u8]) -> Option<Vec<u8>> {
    let head = serde_json::to_vec(head).ok()?;
    let length = u32::try_from(head.len()).ok()?;
    let mut message = Vec::with_capacity(4 + head.len() + body.len());
    message.extend_from_slice(&length.to_le_bytes());
    message.extend_from_slice(&head);
    message.extend_from_slice(body);
    Some(message)
}

fn split<'m, T: Deserialize<'m>>(message: &'m [u8]) -> Option<(T, &'m [u8])> {
    let (length, rest) = message.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (head, body) = rest.split_at_checked(length)?;
    Some((serde_json::from_slice(head).ok()?, body))
}

/// Writes a request.
pub(crate) fn request(
    task: Task,
    name: &str,
    bytes: &[u8],
    policy: &Policy,
    passwords: &Passwords,
) -> Option<Vec<u8>> {
    let passwords = passwords.iter().map(str::to_owned).collect();
    let head = RequestHead { task, name: name.to_owned(), policy: policy.clone(), passwords };
    join(&head, bytes)
}

/// Reads a request, inside the cage.
pub(crate) fn read_request(message: &[u8]) -> Option<(RequestHead, &[u8])> {
    split(message)
}

/// Writes an outcome, inside the cage.
pub(crate) fn outcome(outcome: &Outcome) -> Option<Vec<u8>> {
    let head = AnswerHead {
        format: outcome.format.name().to_owned(),
        method: outcome.method,
        verdict: verdict_name(outcome.verdict).to_owned(),
        reasons: outcome
            .reasons
            .iter()
            .map(|reason| (reason.code.id.to_owned(), reason.place.clone()))
            .collect(),
        removals: outcome
            .removals
            .iter()
            .map(|removal| (removal.code.id.to_owned(), removal.place.clone(), removal.count))
            .collect(),
        output_format: outcome.output.as_ref().map(|output| output.format.name().to_owned()),
        found: Vec::new(),
    };
    join(&head, outcome.output.as_ref().map_or(&[][..], |output| &output.bytes))
}

/// Writes an inspection, inside the cage.
pub(crate) fn inspection(inspection: &sanitize_engine::Inspection) -> Option<Vec<u8>> {
    let found = inspection.findings.iter().map(|finding| FoundItem {
        rule: finding.rule.to_owned(),
        place: finding.place.clone(),
        what: finding.what.clone(),
    });
    let head = AnswerHead {
        format: inspection.format.name().to_owned(),
        method: Method::Rebuild,
        verdict: verdict_name(Verdict::Clean).to_owned(),
        reasons: Vec::new(),
        removals: Vec::new(),
        output_format: None,
        found: found.collect(),
    };
    join(&head, &[])
}

/// Reads an outcome; `None` when it is not one that an engine could have made.
pub(crate) fn read_outcome(message: &[u8]) -> Option<Outcome> {
    let (head, body) = split::<AnswerHead>(message)?;
    let verdict = [Verdict::Clean, Verdict::Disarmed, Verdict::Blocked, Verdict::Held]
        .into_iter()
        .find(|&verdict| verdict_name(verdict) == head.verdict)?;
    let output = match head.output_format {
        Some(name) => Some(Output { format: Format::from_name(&name)?, bytes: body.to_vec() }),
        None => None,
    };
    let is_delivered = matches!(verdict, Verdict::Clean | Verdict::Disarmed);
    if is_delivered != output.is_some() || is_delivered != head.reasons.is_empty() {
        return None;
    }
    let reasons = head
        .reasons
        .into_iter()
        .map(|(id, place)| Some(Reason { code: sanitize_engine::find_code(&id)?, place }));
    let removals = head.removals.into_iter().map(|(id, place, count)| {
        Some(Removal { code: sanitize_engine::find_code(&id)?, place, count })
    });
    Some(Outcome {
        format: Format::from_name(&head.format)?,
        method: head.method,
        verdict,
        reasons: reasons.collect::<Option<_>>()?,
        removals: removals.collect::<Option<_>>()?,
        output,
    })
}

/// Reads an inspection.
pub(crate) fn read_inspection(message: &[u8]) -> Option<(Format, Vec<FoundItem>)> {
    let (head, _) = split::<AnswerHead>(message)?;
    Some((Format::from_name(&head.format)?, head.found))
}

/// What is said of a reading beside its text.
#[derive(Serialize, Deserialize)]
struct ReadingHead {
    format: String,
    unread: Vec<(String, String)>,
}

/// Writes a reading, inside the cage.
pub(crate) fn reading(reading: &Reading) -> Option<Vec<u8>> {
    let unread = reading.unread.iter();
    let head = ReadingHead {
        format: reading.format.name().to_owned(),
        unread: unread.map(|place| (place.reason.to_owned(), place.place.clone())).collect(),
    };
    join(&head, reading.text.as_bytes())
}

/// Reads a reading; `None` when it names a reason that no engine has.
pub(crate) fn read_reading(message: &[u8]) -> Option<Reading> {
    let (head, body) = split::<ReadingHead>(message)?;
    let unread = head.unread.into_iter().map(|(id, place)| {
        let known = sanitize_engine::find_code(&id).map(|code| code.id);
        let reason = known.or((id == PICTURE).then_some(PICTURE))?;
        Some(Unread { reason, place })
    });
    Some(Reading {
        format: Format::from_name(&head.format)?,
        text: String::from_utf8(body.to_vec()).ok()?,
        unread: unread.collect::<Option<_>>()?,
    })
}

/// What is said of drawn pages beside their bytes.
#[derive(Serialize, Deserialize)]
struct LeavesHead {
    pages: u32,
    /// The format and the length of each.
    leaves: Vec<(String, usize)>,
}

/// Writes drawn pages, inside the cage.
pub(crate) fn leaves(drawn: &Leaves) -> Option<Vec<u8>> {
    let each = |leaf: &Leaf| (leaf.format.name().to_owned(), leaf.bytes.len());
    let head = LeavesHead { pages: drawn.pages, leaves: drawn.leaves.iter().map(each).collect() };
    let bodies: Vec<&[u8]> = drawn.leaves.iter().map(|leaf| leaf.bytes.as_slice()).collect();
    join(&head, &bodies.concat())
}

/// Reads drawn pages; `None` when one is not what it is called. Browsers are
/// given these bytes, so that their beginning is looked at here.
pub(crate) fn read_leaves(message: &[u8]) -> Option<Leaves> {
    let (head, mut body) = split::<LeavesHead>(message)?;
    if head.leaves.len() > LEAVES_MAX || head.leaves.len() > head.pages as usize {
        return None;
    }
    let mut leaves = Vec::new();
    for (format, length) in head.leaves {
        let (bytes, rest) = body.split_at_checked(length)?;
        let (format, start): (_, &[u8]) = match Format::from_name(&format)? {
            Format::Jpeg => (Format::Jpeg, b"\xff\xd8\xff"),
            Format::Png => (Format::Png, b"\x89PNG\r\n\x1a\n"),
            _ => return None,
        };
        if !bytes.starts_with(start) {
            return None;
        }
        leaves.push(Leaf { format, bytes: bytes.to_vec() });
        body = rest;
    }
    body.is_empty().then_some(Leaves { pages: head.pages, leaves })
}

/// The verdict's name in reports.
pub(crate) fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Disarmed => "disarmed",
        Verdict::Blocked => "blocked",
        Verdict::Held => "held",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocked() -> Outcome {
        let reason = Reason { code: &sanitize_core::reasons::BROKEN, place: "x".to_owned() };
        Outcome {
            format: Format::Pdf,
            method: Method::Rebuild,
            verdict: Verdict::Blocked,
            reasons: vec![reason],
            removals: Vec::new(),
            output: None,
        }
    }

    #[test]
    fn an_outcome_comes_back() {
        let sent = blocked();
        let message = outcome(&sent).expect("small");
        assert_eq!(read_outcome(&message), Some(sent));
    }

    #[test]
    fn a_blocked_outcome_with_a_file_is_not_believed() {
        let mut forged = blocked();
        forged.output = Some(Output { format: Format::Pdf, bytes: b"x".to_vec() });
        let message = outcome(&forged).expect("small");
        assert_eq!(read_outcome(&message), None);
    }

    #[test]
    fn a_reading_comes_back_and_a_forged_reason_does_not() {
        let unread = vec![Unread { reason: PICTURE, place: "page 2".to_owned() }];
        let sent = Reading { format: Format::Pdf, text: "文".to_owned(), unread };
        let message = reading(&sent).expect("small");
        assert!(read_reading(&message) == Some(sent));
        let forged = ReadingHead {
            format: "pdf".to_owned(),
            unread: vec![("no-such-reason".to_owned(), String::new())],
        };
        assert!(read_reading(&join(&forged, b"").expect("small")).is_none());
    }

    #[test]
    fn pages_come_back_and_a_script_under_their_name_does_not() {
        let png = b"\x89PNG\r\n\x1a\n...".to_vec();
        let leaf = |bytes: &[u8]| Leaf { format: Format::Png, bytes: bytes.to_vec() };
        let sent = Leaves { pages: 2, leaves: vec![leaf(&png), leaf(&png)] };
        let message = leaves(&sent).expect("small");
        assert_eq!(read_leaves(&message), Some(sent));
        assert_eq!(read_leaves(&message[..message.len() - 1]), None);
        for (pages, bytes) in [(1, &b"<svg onload=a()>"[..]), (0, &png)] {
            let forged = Leaves { pages, leaves: vec![leaf(bytes)] };
            assert_eq!(read_leaves(&leaves(&forged).expect("small")), None, "{pages}");
        }
    }

    #[test]
    fn a_cut_message_is_not_believed() {
        let message = outcome(&blocked()).expect("small");
        assert_eq!(read_outcome(&message[..message.len() - 1]), None);
    }
}
