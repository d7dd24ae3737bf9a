//! What lines mean.

use crate::names::QueueId;

use super::line::Line;

/// What became of one receiver's delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The next server or the mailbox has it.
    Sent,
    /// It waits and is tried again.
    Deferred,
    /// Its sender is told that it cannot be delivered.
    Bounced,
    /// It waited too long.
    Expired,
}

/// What a line tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A client came.
    Connected {
        /// `name[address]`.
        client: String,
    },
    /// A client went, or was lost.
    Disconnected {
        /// `name[address]`.
        client: String,
    },
    /// A mail is about to be taken. Not yet taken.
    Begun {
        /// Its name in the queue.
        id: QueueId,
        /// `name[address]`.
        client: String,
        /// What we called it, on the way back.
        ident: Option<String>,
    },
    /// A mail is in the queue and Postfix answers for it.
    Active {
        /// Its name in the queue.
        id: QueueId,
        /// Empty for reports of failure.
        sender: String,
        /// Its size.
        bytes: u64,
        /// How many receivers wait for it.
        receivers: u64,
    },
    /// A delivery was tried.
    Delivery {
        /// Its name in the queue.
        id: QueueId,
        /// To whom.
        receiver: String,
        /// The next server, or `none`.
        relay: String,
        /// RFC 3463.
        dsn: String,
        /// What became of it.
        status: Status,
        /// Why, as the next server or Postfix said.
        text: String,
    },
    /// A mail left the queue.
    Removed {
        /// Its name there.
        id: QueueId,
    },
    /// Something was refused to a client.
    Rejected {
        /// All that was said.
        text: String,
    },
    /// The instance began.
    Started,
    /// The instance read its configuration again.
    Reloaded,
    /// The instance ends.
    Stopping,
    /// Something is odd.
    Warning {
        /// What.
        text: String,
    },
    /// Something does not work.
    Fatal {
        /// What.
        text: String,
    },
    /// Anything else.
    Other,
}

pub(super) fn event(line: &Line) -> Event {
    let text = line.text.as_str();
    let said = |rest: &str| rest.to_owned();
    if let Some(rest) = text.strip_prefix("warning: ") {
        return Event::Warning { text: said(rest) };
    }
    for mark in ["fatal: ", "error: ", "panic: "] {
        if let Some(rest) = text.strip_prefix(mark) {
            return Event::Fatal { text: said(rest) };
        }
    }
    let program = line.service.rsplit('/').next().unwrap_or_default();
    let known = match program {
        "master" => master(text),
        "smtpd" => server(text),
        "qmgr" => manager(text),
        "smtp" | "lmtp" | "virtual" | "error" | "bounce" | "local" | "discard" => delivery(text),
        _other => None,
    };
    known.unwrap_or(Event::Other)
}

fn master(text: &str) -> Option<Event> {
    if text.starts_with("daemon started") {
        Some(Event::Started)
    } else if text.starts_with("reload --") {
        Some(Event::Reloaded)
    } else if text.starts_with("terminating on signal") {
        Some(Event::Stopping)
    } else {
        None
    }
}

fn server(text: &str) -> Option<Event> {
    if let Some(client) = text.strip_prefix("connect from ") {
        return Some(Event::Connected { client: client.to_owned() });
    }
    if let Some(rest) = text.strip_prefix("disconnect from ") {
        let client = rest.split(' ').next().unwrap_or_default();
        return Some(Event::Disconnected { client: client.to_owned() });
    }
    if text.starts_with("NOQUEUE: ") {
        return Some(Event::Rejected { text: text.to_owned() });
    }
    let (id, rest) = named(text)?;
    if let Some(rest) = rest.strip_prefix("client=") {
        let mut fields = rest.split(", ");
        let client = fields.next().unwrap_or_default().to_owned();
        let ident = fields.find_map(|field| field.strip_prefix("orig_queue_id="));
        return Some(Event::Begun { id, client, ident: ident.map(str::to_owned) });
    }
    rest.starts_with("reject: ").then(|| Event::Rejected { text: text.to_owned() })
}

fn manager(text: &str) -> Option<Event> {
    let (id, rest) = named(text)?;
    if rest == "removed" {
        return Some(Event::Removed { id });
    }
    let (sender, rest) = address(rest.strip_prefix("from=")?)?;
    if rest.starts_with(", status=expired") {
        return Some(Event::Delivery {
            id,
            receiver: String::new(),
            relay: "none".to_owned(),
            dsn: "4.4.7".to_owned(),
            status: Status::Expired,
            text: rest.trim_start_matches(", ").to_owned(),
        });
    }
    let (bytes, rest) = number(rest.strip_prefix(", size=")?)?;
    let (receivers, rest) = number(rest.strip_prefix(", nrcpt=")?)?;
    (rest == " (queue active)").then(|| Event::Active {
        id,
        sender: sender.to_owned(),
        bytes,
        receivers,
    })
}

fn delivery(text: &str) -> Option<Event> {
    let (id, rest) = named(text)?;
    let (receiver, mut rest) = address(rest.strip_prefix("to=")?)?;
    if let Some(after) = rest.strip_prefix(", orig_to=") {
        (_, rest) = address(after)?;
    }
    let (relay, rest) = rest.strip_prefix(", relay=")?.split_once(", delay=")?;
    let (_, rest) = rest.split_once(", dsn=")?;
    let (dsn, rest) = rest.split_once(", status=")?;
    let (status, said) = rest.split_once(' ').unwrap_or((rest, ""));
    let status = match status {
        "sent" => Status::Sent,
        "deferred" => Status::Deferred,
        "bounced" => Status::Bounced,
        "expired" => Status::Expired,
        _other => return None,
    };
    let said = said.strip_prefix('(').and_then(|said| said.strip_suffix(')')).unwrap_or(said);
    Some(Event::Delivery {
        id,
        receiver: receiver.to_owned(),
        relay: relay.to_owned(),
        dsn: dsn.to_owned(),
        status,
        text: said.to_owned(),
    })
}

/// Splits `ID: rest`.
fn named(text: &str) -> Option<(QueueId, &str)> {
    let (id, rest) = text.split_once(": ")?;
    Some((QueueId::parse(id).ok()?, rest))
}

/// Takes `<address>` from the front. An address in quotes may hold `>`.
fn address(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('<')?;
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, c) in inner.char_indices() {
        if c == '>' && !is_quoted {
            return Some((inner.get(..at)?, inner.get(at + 1..)?));
        }
        is_quoted ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
    }
    None
}

fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Event {
        let line = format!("Nov  2 19:05:43 out postfix/{text}");
        Line::parse(line.as_bytes()).map_or(Event::Other, |line| line.event())
    }

    #[test]
    fn lines_mean_what_postfix_says() {
        let id = QueueId::parse("4jXf1p4yTlz1Spmw").unwrap();
        assert_eq!(
            of(
                "back/smtpd[9]: 4jXf1p4yTlz1Spmw: client=localhost[127.0.0.1], orig_queue_id=01A-7, orig_client=f.example[192.0.2.7]"
            ),
            Event::Begun {
                id: id.clone(),
                client: "localhost[127.0.0.1]".into(),
                ident: Some("01A-7".into())
            }
        );
        assert_eq!(
            of("qmgr[9]: 4jXf1p4yTlz1Spmw: from=<a@b.example>, size=417, nrcpt=2 (queue active)"),
            Event::Active {
                id: id.clone(),
                sender: "a@b.example".into(),
                bytes: 417,
                receivers: 2
            }
        );
        assert_eq!(
            of(
                "lmtp[9]: 4jXf1p4yTlz1Spmw: to=<u1@t.example>, relay=o.example[/s/door], delay=1, delays=0/0/0/1, dsn=4.4.2, status=deferred (lost, status=sent (x))"
            ),
            Event::Delivery {
                id: id.clone(),
                receiver: "u1@t.example".into(),
                relay: "o.example[/s/door]".into(),
                dsn: "4.4.2".into(),
                status: Status::Deferred,
                text: "lost, status=sent (x)".into(),
            }
        );
        assert_eq!(of("qmgr[9]: 4jXf1p4yTlz1Spmw: removed"), Event::Removed { id });
        assert_eq!(of("master[9]: reload -- version 3.7.11, configuration /x"), Event::Reloaded);
        assert_eq!(of("smtpd[9]: warning: x"), Event::Warning { text: "x".into() });
    }

    #[test]
    fn strangers_words_are_not_events() {
        for text in [
            "qmgr[9]: 4jXf1p4yTlz1Spmw: from=<\"a>, size=1, nrcpt=1 (queue active)\"@b.example>, status=expired, returned to sender",
            "smtpd[9]: NOQUEUE: reject: RCPT from x[192.0.2.1]: 4jXf1p4yTlz1Spmw: from=<a@b>, size=1, nrcpt=1 (queue active)",
            "entrance/smtpd[9]: 4jXf1p4yTlz1Spmw: reject: RCPT from x: helo=<from=<a>, size=1, nrcpt=1 (queue active)>",
            "qmgr[9]: ALL: from=<a@b>, size=1, nrcpt=1 (queue active)",
            "qmgr[9]: 4jXf1p4yTlz1Spmw: from=<a@b>, size=1, nrcpt=1 (queue active) x",
        ] {
            assert!(!matches!(of(text), Event::Active { .. }), "{text}");
        }
        let quoted = of(
            "qmgr[9]: 4jXf1p4yTlz1Spmw: from=<\"a>, size=1, nrcpt=1 (queue active)\"@b.example>, size=417, nrcpt=2 (queue active)",
        );
        assert!(matches!(quoted, Event::Active { bytes: 417, .. }), "{quoted:?}");
        for line in [
            "",
            "x",
            "Nov 22 19:05:43 out sshd[1]: x",
            "Nov 22 19:05:43 out postfix/qm gr[1]: x",
            "Nov 22 19:05:43 out postfix/qmgr[99999999999]: x",
        ] {
            assert_eq!(Line::parse(line.as_bytes()), None, "{line}");
        }
    }
}
