//! A signature holds before our own reader of signatures, and breaks with any
//! byte that matters. Keys are made by openssl, as towns make them.

use std::process::Command;

use super::*;
use crate::auth::{Answer, Answers, Outcome, Question, RecordKind, Step, check};

fn signer() -> Option<Signer> {
    let made = Command::new("openssl").args(["genrsa", "2048"]).output();
    match made {
        Ok(made) if made.status.success() => Some(Signer::new("s1", &made.stdout).unwrap()),
        _ => {
            eprintln!("skipped: no openssl (Debian: openssl)");
            None
        }
    }
}

const MAIL: &[u8] = b"From: A <a@town.example>\r\nTo: b@world.example,\r\n c@world.example\r\n\
    Subject: x  y\r\nDate: Mon, 20 Apr 2026 10:00:00 +0900\r\nMessage-ID: <1@town.example>\r\n\
    MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\none  two \t\r\n\r\n\r\nthree\r\n\r\n";

fn judged(mail: &[u8], record: &str) -> Outcome {
    let mut answers = Answers::default();
    for _ in 0..20 {
        match check(mail, None, &answers, 1_800_000_100) {
            Step::Done(verdicts) => return verdicts.dkim[0].outcome,
            Step::Ask(questions) => {
                for question in questions {
                    let is_key =
                        question == Question::new(RecordKind::Txt, "s1._domainkey.town.example");
                    let answer = if is_key {
                        Answer::Txt(vec![record.as_bytes().to_vec()])
                    } else {
                        Answer::Nothing
                    };
                    answers.put(question, answer);
                }
            }
        }
    }
    panic!("never done");
}

#[test]
fn a_signature_holds_and_breaks_with_one_byte() {
    let Some(signer) = signer() else { return };
    let signed = signer.sign("Town.example", MAIL, 1_800_000_000).unwrap();
    assert_eq!(signed, signer.sign("town.example", MAIL, 1_800_000_000).unwrap(), "the same");
    let record = signer.record();
    assert_eq!(signer.name("Town.example"), "s1._domainkey.town.example");
    assert_eq!(judged(&signed, &record), Outcome::Pass, "{}", String::from_utf8_lossy(&signed));
    for (wanted, put) in [("three", "threa"), ("x  y", "x  z"), ("c@world", "d@world")] {
        let text = String::from_utf8(signed.clone()).unwrap();
        assert!(text.contains(wanted));
        assert_eq!(judged(text.replace(wanted, put).as_bytes(), &record), Outcome::Fail, "{put}");
    }
    let more = [b"Subject: another\r\n".as_slice(), &signed].concat();
    assert_eq!(judged(&more, &record), Outcome::Fail, "a second subject");
    let folded = String::from_utf8(signed).unwrap().replace("x  y", "x\r\n y");
    assert_eq!(judged(folded.as_bytes(), &record), Outcome::Pass, "folding is no change");
}

#[test]
fn bodies_of_every_form_are_signed() {
    let Some(signer) = signer() else { return };
    for body in ["", "\r\n", "a", "a\r\n\r\n b\t\tc \r\n", ".\r\n..\r\n"] {
        let mail = format!("From: a@town.example\r\n\r\n{body}");
        let signed = signer.sign("town.example", mail.as_bytes(), 1_800_000_000).unwrap();
        assert_eq!(judged(&signed, &signer.record()), Outcome::Pass, "{body:?}");
    }
    assert_eq!(signer.sign("town.example", b"To: b\r\n\r\n", 0), Err(KeyError::Unsigned));
}

#[test]
fn wrong_keys_and_selectors_are_told() {
    for selector in ["", "a b", ".a", "a-", "a..b", "ä"] {
        assert_eq!(Signer::new(selector, b"").unwrap_err(), KeyError::Selector, "{selector}");
    }
    for pem in [b"".as_slice(), b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        assert_eq!(Signer::new("s1", pem).unwrap_err(), KeyError::Key);
    }
}
