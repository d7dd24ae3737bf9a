//! Messages taken apart and put together, with a test double for the families.
#![allow(clippy::unwrap_used, clippy::panic)]

mod corpus;
mod eml;
mod hostile;
mod outlook;

use sanitize_core::{
    Choice, Engines, Format, Job, Limits, Output, Passwords, Policy, Stop, reasons,
};

use crate::mime::{Part, split};
use crate::{rebuild, text};

/// Stands for the other families: HTML loses `<script>`, `EXE` is refused,
/// messages come back to us, all else stays.
pub(crate) struct Double;

fn kind(name: &str, bytes: &[u8]) -> Format {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Format::Png,
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Format::Msg,
        _ if name.ends_with(".eml") => Format::Eml,
        _ if name.ends_with(".html") => Format::Html,
        _ if bytes.starts_with(b"DOC") => Format::Docx,
        _ => Format::Txt,
    }
}

impl Engines for Double {
    fn rebuild(&self, name: &str, bytes: &[u8], job: &mut Job<'_>) -> Result<Output, Stop> {
        let format = kind(name, bytes);
        match format {
            Format::Eml | Format::Msg => rebuild(bytes, format, job),
            _ if bytes.starts_with(b"EXE") => Err(Stop::blocked(&reasons::UNSUPPORTED, "")),
            Format::Html => {
                let html = String::from_utf8_lossy(bytes).replace('\u{FEFF}', "");
                Ok(Output { format, bytes: html.replace("<script>", "").into_bytes() })
            }
            _ => Ok(Output { format, bytes: bytes.to_vec() }),
        }
    }

    fn text(&self, name: &str, bytes: &[u8], job: &mut Job<'_>) -> Result<String, Stop> {
        match kind(name, bytes) {
            format @ (Format::Eml | Format::Msg) => text(bytes, format, job),
            Format::Html => {
                let html = String::from_utf8_lossy(bytes).into_owned();
                let pieces =
                    html.split('<').map(|piece| piece.split_once('>').map_or(piece, |p| p.1));
                Ok(pieces.collect::<String>().replace('\u{FEFF}', ""))
            }
            _ => Ok(String::from_utf8_lossy(bytes).into_owned()),
        }
    }
}

/// What a rebuild gave.
pub(crate) struct Done {
    pub(crate) result: Result<Output, Stop>,
    pub(crate) report: Vec<String>,
}

impl Done {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.result.as_ref().unwrap().bytes
    }

    pub(crate) fn part(&self) -> Part<'_> {
        Part::read(self.bytes())
    }

    /// The leaves in order: media type, file name, content.
    pub(crate) fn leaves(&self) -> Vec<(String, String, String)> {
        fn walk(part: &Part<'_>, out: &mut Vec<(String, String, String)>) {
            let media = part.media_type("text/plain");
            if let Some(boundary) = media.parameter("boundary") {
                for bytes in split(part.body, boundary).parts {
                    walk(&Part::read(bytes), out);
                }
                return;
            }
            let name = part.disposition().parameter("filename").unwrap_or_default().to_owned();
            let content = String::from_utf8_lossy(&part.content()).into_owned();
            out.push((media.value, name, content));
        }
        let mut out = Vec::new();
        walk(&self.part(), &mut out);
        out
    }

    pub(crate) fn stopped_by(&self) -> &'static str {
        self.result.as_ref().unwrap_err().reason().code.id
    }

    pub(crate) fn reports(&self, line: &str) -> bool {
        self.report.iter().any(|known| known == line)
    }
}

pub(crate) fn run_with(bytes: &[u8], format: Format, policy: &Policy) -> Done {
    let passwords = Passwords::default();
    let limits = policy.limits.clone();
    let mut job = Job::open(policy, &passwords, &Double, limits, bytes.len() as u64).unwrap();
    let result = rebuild(bytes, format, &mut job);
    let report = job.removals().iter().map(|r| format!("{} {}", r.code.id, r.place)).collect();
    Done { result, report }
}

/// Rebuilds, and checks that a second pass changes and removes nothing.
pub(crate) fn run(bytes: &[u8], format: Format) -> Done {
    let done = run_with(bytes, format, &Policy::default());
    if let Ok(output) = &done.result {
        let again = run_with(&output.bytes, Format::Eml, &Policy::default());
        let (first, second) = (&output.bytes, &again.result.as_ref().unwrap().bytes);
        if first != second {
            let at = first.iter().zip(second).take_while(|(one, other)| one == other).count();
            let around = |bytes: &[u8]| {
                let window = &bytes[at.saturating_sub(300)..(at + 300).min(bytes.len())];
                String::from_utf8_lossy(window).into_owned()
            };
            panic!("a second pass changes:\n{}\n=====\n{}", around(first), around(second));
        }
        assert_eq!(again.report, Vec::<String>::new(), "a second pass removes nothing");
        assert!(first.is_ascii(), "only seven bits");
        let too_long = first.split(|&byte| byte == b'\n').find(|line| line.len() > 998);
        assert_eq!(too_long, None, "no line is too long");
    }
    done
}

pub(crate) fn eml(message: &str) -> Done {
    run(message.replace('\n', "\r\n").as_bytes(), Format::Eml)
}

pub(crate) fn text_of(bytes: &[u8], format: Format) -> Result<String, Stop> {
    let (policy, passwords) = (Policy::default(), Passwords::default());
    let mut job =
        Job::open(&policy, &passwords, &Double, Limits::default(), bytes.len() as u64).unwrap();
    text(bytes, format, &mut job)
}
