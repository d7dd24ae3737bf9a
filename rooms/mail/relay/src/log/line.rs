//! One line: when, which service, which process, what.

use super::event::{Event, event};

/// Bytes of a line; Postfix writes at most some 2,000.
pub(crate) const LINE_BYTES_MAX: usize = 8 << 10;

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// As written: month, day and time of this machine's zone.
    pub moment: String,
    /// The service without `postfix/`, such as `back/smtpd`; `postfix` for the
    /// command of that name.
    pub service: String,
    /// Its process.
    pub process: u32,
    /// What it said.
    pub text: String,
}

impl Line {
    /// Reads a line without its end; nothing if it is none of Postfix's.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > LINE_BYTES_MAX {
            return None;
        }
        let text = String::from_utf8_lossy(bytes);
        let mut rest: &str = &text;
        let mut words = [""; 4];
        for word in &mut words {
            rest = rest.trim_start_matches(' ');
            let end = rest.find(' ')?;
            (*word, rest) = rest.split_at(end);
        }
        let [month, day, time, _host] = words;
        let is_time =
            time.len() == 8 && time.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
        if !is_time {
            return None;
        }
        let (tag, text) = rest.trim_start_matches(' ').split_once(": ")?;
        let (name, process) = tag.strip_suffix(']')?.split_once('[')?;
        let service = if name == "postfix" { name } else { name.strip_prefix("postfix/")? };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
        if !service.bytes().all(is_plain) {
            return None;
        }
        Some(Self {
            moment: format!("{month} {day} {time}"),
            service: service.to_owned(),
            process: process.parse().ok()?,
            text: text.to_owned(),
        })
    }

    /// What it means.
    #[must_use]
    pub fn event(&self) -> Event {
        event(self)
    }
}
