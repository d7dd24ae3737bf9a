//! `sekisho mail sanitize`: the mail as the gate would deliver it, read in the
//! same cage and with the same words as `sekisho mail check`; or, with its page
//! kept, as the sanitiser writes it.

use mail_engine::auth::Verdicts;
use mail_engine::compose::{Draft, Enclosure, write};
use mail_engine::hints::Setting;
use mail_engine::{Mailbox, Report, ReportedMailbox, deliver};
use passages::sha256;
use sanitize_core::{Code, Policy};
use sanitize_engine::Outcome;
use sanitize_room::commands::{Exit, Lang};
use sanitize_room::{Pool, PoolError, Treatment};

use super::{Sanitize, failed, input, printable};
use crate::cage::{Reader, Reading};

pub(super) fn run(arguments: &Sanitize) -> Exit {
    let bytes = match input(&arguments.file) {
        Ok(bytes) => bytes,
        Err(exit) => return exit,
    };
    let written = if arguments.html { page(arguments, &bytes) } else { text(arguments, &bytes) };
    let output = match written {
        Ok(output) => output,
        Err(exit) => return exit,
    };
    match std::fs::write(&arguments.output, output) {
        Ok(()) => Exit::Done,
        Err(error) => {
            eprintln!(
                "sekisho: 書き込めません / cannot write {}: {error}",
                arguments.output.display()
            );
            Exit::Failed
        }
    }
}

/// The mail as text, with its files made harmless.
fn text(arguments: &Sanitize, bytes: &[u8]) -> Result<Vec<u8>, Exit> {
    let setting = Setting { is_from_outside: true, ..Setting::default() };
    let reading = Reader::new(arguments.weak_jail)
        .and_then(|mut reader| reader.read(bytes, &setting, &Verdicts::default()));
    let Reading { report, files } = match reading {
        Ok(reading) => reading,
        Err(error @ crate::ReadError::Stopped { .. }) => {
            eprintln!("sekisho: {}: {error}", arguments.file.display());
            return Err(Exit::Withheld);
        }
        Err(error) => return Err(failed(&error)),
    };
    let mut told: Vec<&str> = Vec::new();
    for removed in &report.removed {
        if told.contains(&removed.code.as_str()) {
            continue;
        }
        told.push(&removed.code);
        let same = report.removed.iter().filter(|one| one.code == removed.code);
        let count: u64 = same.map(|one| one.count).sum();
        let said = match arguments.lang {
            Lang::Ja => &removed.message,
            Lang::En => &removed.message_en,
        };
        eprintln!("  - {} ({}, {count})", printable(said), removed.code);
    }
    let harmless = harmless(arguments, &report, &files).map_err(|error| failed(&error))?;
    Ok(compose(&report, &harmless, &sha256(bytes)))
}

/// Attachments that may go along, and lines about those that may not.
#[derive(Default)]
struct Harmless {
    files: Vec<(String, Vec<u8>)>,
    left_out: Vec<String>,
}

fn harmless(
    arguments: &Sanitize,
    report: &Report,
    files: &[Vec<u8>],
) -> Result<Harmless, PoolError> {
    let treatment = Treatment::rebuild(Policy::default());
    let mut pool = Pool::new(&treatment.policy, arguments.weak_jail)?;
    let mut all = Harmless::default();
    for (attachment, bytes) in report.attachments.iter().zip(files) {
        let outcome = pool.disarm(&attachment.name, bytes, &treatment)?;
        tell(&attachment.name, &outcome, arguments.lang);
        let reasons: Vec<&str> =
            outcome.reasons.iter().map(|reason| sentence(reason.code, Lang::Ja)).collect();
        match outcome.output {
            Some(output) => {
                let name = sanitize_room::output_name(&attachment.name, output.format);
                all.files.push((name, output.bytes));
            }
            None => all.left_out.push(format!(
                "添付「{}」は渡していません: {}",
                attachment.name,
                reasons.join("、")
            )),
        }
    }
    Ok(all)
}

fn compose(report: &Report, harmless: &Harmless, id: &str) -> Vec<u8> {
    let mailbox = |one: &ReportedMailbox| Mailbox {
        display: one.display.clone(),
        address: one.address.clone(),
    };
    let all = |list: &[ReportedMailbox]| list.iter().map(mailbox).collect::<Vec<_>>();
    let mut from = all(report.from.as_slice());
    from.extend(all(&report.more_from));
    let (to, cc) = (all(&report.to), all(&report.cc));
    let (sender, reply_to) = (all(&report.sender), all(&report.reply_to));
    let checks: Vec<String> =
        report.hints.iter().map(|hint| format!("{}; level={}", hint.code, hint.level)).collect();
    let changes = deliver::changes(report, &harmless.left_out);
    let text = if changes.is_empty() {
        report.text.clone()
    } else {
        format!("{}\n{changes}", report.text.trim_end())
    };
    let files: Vec<Enclosure<'_>> =
        harmless.files.iter().map(|(name, bytes)| Enclosure { name, bytes }).collect();
    write(&Draft {
        id,
        received: &report.received,
        checks: &checks,
        from: &from,
        sender: &sender,
        reply_to: &reply_to,
        to: &to,
        cc: &cc,
        subject: &report.subject,
        date: report.date.as_deref().unwrap_or_default(),
        message_id: report.message_id.as_deref(),
        in_reply_to: &report.in_reply_to,
        references: &report.references,
        text: &text,
        files: &files,
        ..Draft::default()
    })
}

/// The mail with its page, as the sanitiser writes it.
fn page(arguments: &Sanitize, bytes: &[u8]) -> Result<Vec<u8>, Exit> {
    let treatment = Treatment::rebuild(Policy::default());
    let name = arguments.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let outcome = Pool::new(&treatment.policy, arguments.weak_jail)
        .and_then(|mut pool| pool.disarm(&name, bytes, &treatment))
        .map_err(|error| failed(&error))?;
    tell("", &outcome, arguments.lang);
    match outcome.output {
        Some(output) => Ok(output.bytes),
        None => Err(Exit::Withheld),
    }
}

/// Says what was taken out of a file, or why there is none.
fn tell(name: &str, outcome: &Outcome, lang: Lang) {
    for removal in &outcome.removals {
        let place = printable(&format!("{name} {}", removal.place));
        eprintln!("  - {} {} ({})", sentence(removal.code, lang), place.trim(), removal.code.id);
    }
    if outcome.output.is_none() {
        for reason in &outcome.reasons {
            let place = printable(&format!("{name} {}", reason.place));
            eprintln!("sekisho: {} {}", sentence(reason.code, lang), place.trim());
        }
    }
}

fn sentence(code: &'static Code, lang: Lang) -> &'static str {
    match lang {
        Lang::Ja => code.ja,
        Lang::En => code.en,
    }
}
