//! `sekisho mail check` and `sekisho mail sanitize`: what a mail says and what to
//! look at, and the mail without what could harm.

mod sanitize;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use mail_engine::auth::Verdicts;
use mail_engine::hints::Setting;
use mail_engine::{Report, ReportedAttachment};
use sanitize_core::Policy;
use sanitize_engine::{Outcome, Verdict};
use sanitize_room::commands::{Exit, Lang};
use sanitize_room::{Pool, Treatment};

use crate::cage::Reader;

/// What `sekisho mail` does with files.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// メールの中身と注意点を示す / say what is in a mail and what to look at
    Check(Check),
    /// メールを無害化する / make a mail harmless
    Sanitize(Sanitize),
}

/// What `sekisho mail check` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
例 / Examples:
  sekisho mail check 受信.eml
  sekisho mail check --json --own-domain city.midori.lg.jp 受信.eml

差出人の検証(SPF・DKIM・DMARC)には受信時の情報が要るため、ファイルだけでは unchecked になります。
Sender checks need what only the receiving server knows; of a file alone they are `unchecked`.

終了コード / Exit code: 0 read, 1 failed, 2 usage, 3 not readable as a mail, or held")]
pub struct Check {
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Language of the sentences
    #[arg(long, value_enum, default_value = "ja")]
    lang: Lang,
    /// One of our own mail domains; may be given several times
    #[arg(long, value_name = "DOMAIN")]
    own_domain: Vec<String>,
    /// Work even where the kernel lacks Landlock or seccomp
    #[arg(long)]
    weak_jail: bool,
    /// The mail: .eml or .msg
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What `sekisho mail sanitize` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
例 / Example:
  sekisho mail sanitize 受信.eml -o 無害化済み.eml

終了コード / Exit code: 0 delivered, 1 failed, 2 usage, 3 blocked or held")]
pub struct Sanitize {
    /// Where the harmless mail goes
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Keep the HTML body, made harmless; otherwise only its text is kept
    #[arg(long)]
    html: bool,
    /// Language of the sentences
    #[arg(long, value_enum, default_value = "ja")]
    lang: Lang,
    /// Work even where the kernel lacks Landlock or seccomp
    #[arg(long)]
    weak_jail: bool,
    /// The mail: .eml or .msg
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Runs the command.
#[must_use]
pub fn run(verb: &Verb) -> Exit {
    match verb {
        Verb::Check(check) => self::check(check),
        Verb::Sanitize(sanitize) => self::sanitize::run(sanitize),
    }
}

fn input(path: &Path) -> Result<Vec<u8>, Exit> {
    std::fs::read(path).map_err(|error| {
        eprintln!("sekisho: ファイルを読めません / cannot read {}: {error}", path.display());
        Exit::Usage
    })
}

fn failed(error: &dyn std::fmt::Display) -> Exit {
    eprintln!("sekisho: {error}");
    Exit::Failed
}

fn check(arguments: &Check) -> Exit {
    let bytes = match input(&arguments.file) {
        Ok(bytes) => bytes,
        Err(exit) => return exit,
    };
    let setting = Setting {
        own_domains: arguments.own_domain.iter().map(|domain| domain.to_lowercase()).collect(),
        is_from_outside: true,
        ..Setting::default()
    };
    let reading = Reader::new(arguments.weak_jail)
        .and_then(|mut reader| reader.read(&bytes, &setting, &Verdicts::default()));
    let (mut report, files) = match reading {
        Ok(reading) => (reading.report, reading.files),
        Err(error @ crate::ReadError::Stopped { .. }) => {
            eprintln!("sekisho: {}: {error}", arguments.file.display());
            return Exit::Withheld;
        }
        Err(error) => return failed(&error),
    };
    if let Err(error) = look_into(&mut report.attachments, &files, arguments.weak_jail) {
        return failed(&error);
    }
    if arguments.json {
        match serde_json::to_string(&report) {
            Ok(line) => println!("{line}"),
            Err(error) => return failed(&error),
        }
    } else {
        print!("{}", screen(&report, arguments.lang));
    }
    Exit::Done
}

/// Asks the sanitiser about each attachment.
fn look_into(
    attachments: &mut [ReportedAttachment],
    files: &[Vec<u8>],
    allow_missing_walls: bool,
) -> Result<(), sanitize_room::PoolError> {
    let treatment = Treatment::rebuild(Policy::default());
    let mut pool = Pool::new(&treatment.policy, allow_missing_walls)?;
    for (attachment, bytes) in attachments.iter_mut().zip(files) {
        let outcome = pool.disarm(&attachment.name, bytes, &treatment)?;
        verdict_name(outcome.verdict).clone_into(&mut attachment.verdict);
        attachment.removed = codes(&outcome);
    }
    Ok(())
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Clean => "clean",
        Verdict::Disarmed => "disarmed",
        Verdict::Blocked => "blocked",
        Verdict::Held => "held",
    }
}

/// What was taken out, or why the file is not handed over.
fn codes(outcome: &Outcome) -> Vec<String> {
    let reasons = outcome.reasons.iter().map(|reason| reason.code.id);
    let removals = outcome.removals.iter().map(|removal| removal.code.id);
    let mut codes: Vec<String> = Vec::new();
    for code in reasons.chain(removals) {
        if !codes.iter().any(|known| known == code) {
            codes.push(code.to_owned());
        }
    }
    codes
}

fn screen(report: &Report, lang: Lang) -> String {
    let pick = |ja: &'static str, en: &'static str| match lang {
        Lang::Ja => ja,
        Lang::En => en,
    };
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(&printable(text));
        out.push('\n');
    };
    if let Some(from) = &report.from {
        line(&format!("{}: {} <{}>", pick("差出人", "From"), from.display, from.address));
    }
    line(&format!("{}: {}", pick("件名", "Subject"), report.subject));
    for hint in &report.hints {
        let mark = match hint.level.as_str() {
            "warning" => pick("警告", "warning"),
            "caution" => pick("注意", "caution"),
            _ => pick("参考", "note"),
        };
        let sentence = match lang {
            Lang::Ja => &hint.message,
            Lang::En => &hint.message_en,
        };
        line(&format!("  [{mark}] {sentence}"));
    }
    for file in &report.attachments {
        let name = pick("添付", "Attachment");
        line(&format!(
            "{name}: {} [{}] {} {}",
            file.name,
            file.kind,
            file.verdict,
            file.removed.join(" ")
        ));
    }
    line("");
    for text in report.text.lines() {
        line(text);
    }
    out
}

/// Takes out what a terminal obeys.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '?' } else { c }).collect()
}
