//! What meets Postfix's words and the words of whoever speaks to it: questions
//! of the policy service, lines of the log, a session at our door. However the
//! bytes are cut, what is read must be the same.

use mail_engine::smtp::{Event as Said, Session, Settings, SmtpLimits};
use mail_relay::policy::{Answer, parse};
use mail_relay::{Event, Line, QueueId};

/// Runs everything over one input.
pub(crate) fn run(bytes: &[u8]) {
    policy(bytes);
    for line in bytes.split(|byte| *byte == b'\n') {
        log(line);
    }
    let whole = session(bytes, usize::MAX);
    for piece in [1, 5] {
        let cut = session(bytes, piece);
        // Who sends text before he is asked for it is told apart by how it came.
        assert!(cut.len() >= whole.len(), "pieces of {piece} end a session earlier");
    }
}

/// A question is taken whole from the front, and its answer is one line.
fn policy(bytes: &[u8]) {
    let Ok(Some((taken, request))) = parse(bytes) else { return };
    assert!(taken > 0 && taken <= bytes.len(), "more is taken than came");
    assert!(parse(bytes.get(..taken).unwrap_or_default()) == Ok(Some((taken, request.clone()))));
    assert!(matches!(parse(bytes.get(..taken - 1).unwrap_or_default()), Ok(None) | Err(_)));
    for answer in [Answer::Later(request.sender), Answer::Never(request.helo)] {
        let text = answer.to_text();
        assert!(text.matches('\n').count() == 2 && text.ends_with("\n\n"), "{text:?}");
        assert!(!text.contains("action=OK") || text.matches("action=").count() > 1);
    }
}

/// Whatever strangers wrote into it, a mail is taken only by the queue's word.
fn log(bytes: &[u8]) {
    let Some(line) = Line::parse(bytes) else { return };
    match line.event() {
        Event::Active { id, .. } => {
            assert!(line.service.ends_with("qmgr"), "{line:?}");
            assert!(line.text.starts_with(id.as_str()) && line.text.ends_with(" (queue active)"));
            assert!(QueueId::parse(id.as_str()).is_ok());
        }
        Event::Begun { id, .. } => {
            assert!(line.service.ends_with("smtpd") && line.text.starts_with(id.as_str()));
        }
        _other => {}
    }
}

/// Mails of a session whose every mail is kept.
fn session(bytes: &[u8], piece: usize) -> Vec<Vec<u8>> {
    let limits = SmtpLimits { message_bytes_max: 1 << 20, ..SmtpLimits::default() };
    let (mut session, _) = Session::open(Settings { name: "gate.example".to_owned(), limits });
    let mut mails = Vec::new();
    for piece in bytes.chunks(piece.min(bytes.len().max(1))) {
        let mut events: std::collections::VecDeque<Said> = session.receive(piece).into();
        while let Some(event) = events.pop_front() {
            match event {
                Said::Reply(reply) => assert!(reply.ends_with("\r\n"), "{reply:?}"),
                Said::Mail(mail) => {
                    assert!(!mail.to.is_empty(), "a mail to nobody");
                    let bare = mail.text.windows(2).any(|two| two[0] != b'\r' && two[1] == b'\n');
                    assert!(!bare, "a bare line feed in a mail");
                    mails.push(mail.text);
                    events.extend(session.taken("x"));
                }
                Said::Hangup => return mails,
            }
        }
    }
    mails
}
