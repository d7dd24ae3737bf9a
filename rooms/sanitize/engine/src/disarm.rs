//! One file from bytes to verdict: type, admission, treatment, second look.

use std::sync::Arc;

use sanitize_core::{
    Format, Job, Kind, Method, Output, Passwords, Policy, Reason, Removal, Stop, reasons,
};

use crate::dispatch::{self, Dispatch};
use crate::{admission, detect::detect};

/// One file to be made harmless.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its name: a hint between plain-text kinds, a reason to refuse, never a
    /// proof of type.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// How it is to be treated.
    pub method: Method,
    /// What may stay.
    pub policy: &'a Policy,
    /// Candidates for encrypted files.
    pub passwords: &'a Passwords,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Delivered; nothing had to be taken out.
    Clean,
    /// Delivered without what the report lists.
    Disarmed,
    /// Not delivered.
    Blocked,
    /// Not delivered yet: waits for something a person can give or decide.
    Held,
}

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its real type.
    pub format: Format,
    /// How it was treated; policy can turn another method into text.
    pub method: Method,
    /// How the job ended.
    pub verdict: Verdict,
    /// Why it was not delivered; empty when it was.
    pub reasons: Vec<Reason>,
    /// What was taken out, in the order in which it was met.
    pub removals: Vec<Removal>,
    /// The harmless file; only with [`Verdict::Clean`] and
    /// [`Verdict::Disarmed`].
    pub output: Option<Output>,
}

/// Builds the families' tables, so that processes forked later share them.
pub fn warm() {
    sanitize_ooxml::warm();
    let policy = Policy::default();
    let passwords = Passwords::default();
    for (name, bytes) in WARM_FILES {
        let request = Request {
            name,
            bytes,
            method: Method::Rebuild,
            policy: &policy,
            passwords: &passwords,
        };
        drop(disarm(&request));
    }
}

/// Tiny files of our own that make each family build what it keeps.
const WARM_FILES: &[(&str, &[u8])] = &[
    ("a.html", b"<!DOCTYPE html><html><body><p>a</p></body></html>"),
    ("a.rtf", b"{\\rtf1 a}"),
    ("a.csv", b"a,b\n"),
];

/// Fonts of this machine, for pages whose own fonts are not in the file.
#[derive(Debug, Clone, Default)]
pub struct Fonts {
    /// A font program (TTF or OTF) with Japanese glyphs.
    pub east_asian: Option<Arc<Vec<u8>>>,
}

/// Makes one file harmless, or says why it cannot.
#[must_use]
pub fn disarm(request: &Request<'_>) -> Outcome {
    disarm_with(request, &Fonts::default())
}

/// As [`disarm`], with fonts for drawn pages.
#[must_use]
pub fn disarm_with(request: &Request<'_>, fonts: &Fonts) -> Outcome {
    let format = detect(request.name, request.bytes);
    let method = if request.policy.text_only { Method::Text } else { request.method };
    let limits = request.policy.limits.clone();
    let engines = Dispatch;
    let opened =
        Job::open(request.policy, request.passwords, &engines, limits, request.bytes.len() as u64);
    let mut job = match opened {
        Ok(job) => job,
        Err(stop) => return stopped(format, method, stop, Vec::new()),
    };
    let treated = treat(request, fonts, format, method, &mut job);
    let removals = job.removals().to_vec();
    match treated {
        Ok(output) => {
            let verdict = if removals.is_empty() { Verdict::Clean } else { Verdict::Disarmed };
            let reasons = Vec::new();
            Outcome { format, method, verdict, reasons, removals, output: Some(output) }
        }
        Err(stop) => stopped(format, method, stop, removals),
    }
}

fn treat(
    request: &Request<'_>,
    fonts: &Fonts,
    format: Format,
    method: Method,
    job: &mut Job<'_>,
) -> Result<Output, Stop> {
    admission::admit(format, request.bytes)?;
    let output = match method {
        Method::Rebuild => {
            let output = dispatch::rebuild(format, request.bytes, job)?;
            dispatch::recognise(request.name, &output)?;
            output
        }
        Method::Text => dispatch::as_text(format, request.bytes, job)?,
        Method::Image => dispatch::as_pictures(format, request.bytes, fonts, job)?,
    };
    verify(&output, request)?;
    Ok(output)
}

/// Has the output read again by parsers that took no part in writing it.
fn verify(output: &Output, request: &Request<'_>) -> Result<(), Stop> {
    let (policy, passwords) = (request.policy, request.passwords);
    let second_look =
        sanitize_verify::verify_locked(&output.bytes, output.format, policy, passwords);
    second_look.map_err(|residue| {
        let place = format!("{} {} ({})", residue.rule, residue.place, residue.what);
        Stop::blocked(&reasons::RESIDUE, place)
    })
}

fn stopped(format: Format, method: Method, stop: Stop, removals: Vec<Removal>) -> Outcome {
    let verdict = match stop.reason().code.kind {
        Kind::Hold => Verdict::Held,
        Kind::Refusal | Kind::Active | Kind::Hidden | Kind::Private | Kind::Lossy => {
            Verdict::Blocked
        }
    };
    let reasons = vec![stop.reason().clone()];
    Outcome { format, method, verdict, reasons, removals, output: None }
}
