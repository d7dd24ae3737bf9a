//! The text of a letter: headers a reader looks at, body, files under their
//! names.

use std::fmt::Write;

use sanitize_core::filename::safe_file_name;
use sanitize_core::{Choice, Job, Mark, Stop};

use crate::codes;
use crate::deliver;
use crate::letter::{Letter, Recipient};

pub(crate) fn text(letter: Letter, job: &mut Job<'_>) -> Result<String, Stop> {
    let mut out = String::new();
    let head = &letter.head;
    for (name, list) in [("From", &head.from), ("To", &head.to), ("Cc", &head.cc)] {
        if !list.is_empty() {
            let entries: Vec<String> = list.iter().map(shown).collect();
            let _ = writeln!(out, "{name}: {}", entries.join(", "));
        }
    }
    for (name, value) in [("Date", &head.date), ("Subject", &head.subject)] {
        if let Some(value) = value {
            let _ = writeln!(out, "{name}: {value}");
        }
    }
    let body = deliver::plain(&letter.body, job)?;
    let _ = writeln!(out, "\n{body}");
    for (index, file) in letter.files.iter().enumerate() {
        let name = if file.name.is_empty() {
            format!("attachment-{}", index + 1)
        } else {
            safe_file_name(&file.name).name
        };
        if file.bytes.is_empty() {
            continue;
        }
        match job.text_nested(&name, &file.bytes) {
            Ok(text) if job.marks_places() => {
                job.mark(&mut out, &Mark::File(&name));
                out.push_str(&text);
                job.mark(&mut out, &Mark::FileEnd);
            }
            Ok(text) => {
                let _ = writeln!(out, "\n== {name} ==\n{}", text.trim_end_matches('\n'));
            }
            Err(stop) if stop.is_limit() => return Err(stop),
            Err(stop) if job.policy.mail.refused_attachments == Choice::Keep => return Err(stop),
            Err(stop) => {
                job.removed(&codes::ATTACHMENT_REMOVED, &name);
                job.removed(stop.reason().code, &name);
            }
        }
    }
    Ok(out)
}

fn shown(recipient: &Recipient) -> String {
    match recipient {
        Recipient::One { name, address } if name.is_empty() => address.clone(),
        Recipient::One { name, address } => format!("{name} <{address}>"),
        Recipient::Group { name, members } => {
            let members = members.iter().map(|(_, address)| address.as_str());
            format!("{name}: {}", members.collect::<Vec<_>>().join(", "))
        }
    }
}
