//! rspamd's words, and the rule by which two opinions become one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use mail_spam::rspamd::{Action, Answer, AnswerError, Delivery, read};
use mail_spam::{Opinion, Rule, SPAM_FROM, SUSPECT_FROM, Score, Silence, Standing, judge};

const ANSWER: &str = r#"{"is_skipped":false,"score":7.2,"required_score":15.0,"action":"add header",
 "symbols":{"MIME_HTML_ONLY":{"name":"MIME_HTML_ONLY","score":0.2,"metric_score":0.2,
 "description":"Messages that have only HTML part"},"BAYES_SPAM":{"name":"BAYES_SPAM","score":5.1,
 "options":["99.9%"]}},"messages":{},"message-id":"a@b","time_real":0.01}"#;

#[test]
fn an_answer_is_read_with_its_heaviest_symbols_first() {
    let answer = read(ANSWER.as_bytes()).unwrap();
    assert_eq!((answer.score, answer.required, answer.action), (7.2, 15.0, Action::AddHeader));
    let names: Vec<_> = answer.symbols.iter().map(|symbol| symbol.name.as_str()).collect();
    assert_eq!(names, ["BAYES_SPAM", "MIME_HTML_ONLY"]);
    assert_eq!(answer.symbols[1].meaning, "Messages that have only HTML part");
}

#[test]
fn what_is_no_answer_is_an_error() {
    assert_eq!(read(b""), Err(AnswerError::Form));
    assert_eq!(read(b"<html>"), Err(AnswerError::Form));
    assert_eq!(read(b"{}"), Err(AnswerError::Form));
    let failed = read(br#"{"error":"invalid content"}"#);
    assert_eq!(failed, Err(AnswerError::Failed { reason: "invalid content".to_owned() }));
    let odd = read(br#"{"score":1,"required_score":1,"action":"eat it"}"#);
    assert_eq!(odd, Err(AnswerError::Action { name: "eat it".to_owned() }));
    assert!(matches!(read(&vec![b' '; 2 << 20]), Err(AnswerError::TooLarge { .. })));
    assert_eq!(read("[".repeat(100_000).as_bytes()), Err(AnswerError::Form));
}

#[test]
fn a_request_has_no_header_that_could_end_early() {
    let receivers = ["a@b.jp\r\nX: 1".to_owned(), "c@d.jp".to_owned()];
    let delivery = Delivery {
        ip: "192.0.2.1",
        helo: "mail\r\n\r\nevil",
        mail_from: "",
        receivers: &receivers,
        queue_id: "",
    };
    let headers = delivery.headers();
    let said: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let expected =
        ["IP: 192.0.2.1", "Helo: mailevil", "From: <>", "Rcpt: a@b.jpX:1", "Rcpt: c@d.jp"];
    assert_eq!(said, expected);
}

fn own(value: Option<f64>) -> Opinion {
    let Some(value) = value else { return Opinion::None(Silence::Untaught { ham: 0, spam: 0 }) };
    Opinion::Score(Score { value, known: 100, for_spam: Vec::new(), for_ham: Vec::new() })
}

fn theirs(action: Action, score: f64) -> Answer {
    Answer { score, required: 15.0, action, is_skipped: false, symbols: Vec::new() }
}

#[test]
fn each_line_of_the_table_speaks() {
    let (spam, suspect, ham) = (Some(SPAM_FROM), Some(SUSPECT_FROM), Some(SUSPECT_FROM - 0.1));
    let (reject, mark) = (theirs(Action::Reject, 20.0), theirs(Action::AddHeader, 7.0));
    let (pass, good) = (theirs(Action::Pass, 1.0), theirs(Action::Pass, -3.0));
    let cases = [
        (spam, None, Standing::Spam, Rule::Learned),
        (spam, Some(&pass), Standing::Spam, Rule::Learned),
        (spam, Some(&reject), Standing::Spam, Rule::Learned),
        (spam, Some(&good), Standing::Spam, Rule::LearnedAgainst),
        (ham, Some(&reject), Standing::Spam, Rule::RejectedAgainst),
        (suspect, Some(&reject), Standing::Spam, Rule::Rejected),
        (None, Some(&reject), Standing::Spam, Rule::Rejected),
        (suspect, Some(&mark), Standing::Spam, Rule::BothDoubt),
        (ham, Some(&mark), Standing::Suspect, Rule::Marked),
        (None, Some(&mark), Standing::Suspect, Rule::Marked),
        (suspect, None, Standing::Suspect, Rule::Doubted),
        (suspect, Some(&good), Standing::Suspect, Rule::Doubted),
        (ham, None, Standing::Ham, Rule::Known),
        (ham, Some(&pass), Standing::Ham, Rule::Known),
        (None, Some(&pass), Standing::Ham, Rule::Passed),
        (None, None, Standing::NoOpinion, Rule::Unjudged),
    ];
    for (value, answer, standing, rule) in cases {
        let judgement = judge(&own(value), answer);
        assert_eq!((judgement.standing, judgement.rule), (standing, rule), "{value:?} {answer:?}");
    }
}

#[test]
fn a_delay_and_a_skip_are_no_judgement() {
    let limit = theirs(Action::SoftReject, 0.0);
    assert_eq!(judge(&own(None), Some(&limit)).standing, Standing::NoOpinion);
    let skipped = Answer { is_skipped: true, ..theirs(Action::Pass, -99.0) };
    assert_eq!(judge(&own(None), Some(&skipped)).standing, Standing::NoOpinion);
    // rspamd 3.4 calls a mail skipped that a pattern (GTUBE) rejects at once.
    let at_once = Answer { is_skipped: true, ..theirs(Action::Reject, 15.0) };
    assert_eq!(judge(&own(None), Some(&at_once)).standing, Standing::Spam);
}
