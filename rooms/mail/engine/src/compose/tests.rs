//! What is delivered, line by line, and what never is.
#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::auth::{Outcome, Verdict};
use crate::{Limits, read};

fn mailboxes(display: &str, address: &str) -> Vec<Mailbox> {
    vec![Mailbox { display: display.to_owned(), address: address.to_owned() }]
}

#[test]
fn what_is_written_reads_as_it_was_meant() {
    for letters in [Letters::Utf8, Letters::Iso2022Jp] {
        let from = mailboxes("緑市 総務課", "somu@city.midori.lg.jp");
        let to = mailboxes("", "yamada@city.midori.lg.jp");
        let references = vec!["a@x".to_owned(), "b@y".to_owned()];
        let files = [
            Enclosure {
                name: "令和8年度 申請書(様式第1号)のとても長い名前.docx",
                bytes: b"PK\x03\x04",
            },
            Enclosure { name: "a.txt", bytes: &[0x41; 200] },
        ];
        let draft = Draft {
            id: "01J0000000000000000000000A",
            received_here: "from mx (192.0.2.1) by gate; Tue, 1 Apr 2026 09:00:00 +0900",
            from: &from,
            to: &to,
            subject: "予算要求の件について(至急のご確認をお願いいたします・第2回)",
            date: "Wed, 1 Apr 2026 09:00:00 +0900",
            message_id: Some("1@x"),
            references: &references,
            text: ".本文です\n----=_\n終わり",
            files: &files,
            letters,
            ..Draft::default()
        };
        let bytes = write(&draft);
        assert_eq!(bytes, write(&draft), "the same draft gives the same bytes");
        assert!(bytes.is_ascii());
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.split("\r\n").all(|line| line.len() <= 100 && !line.contains('\n')));
        let message = read(&bytes, &Limits::default()).unwrap();
        assert_eq!(message.subject, draft.subject);
        assert_eq!(message.from, from);
        assert_eq!(message.references, references);
        assert_eq!(message.message_id.as_deref(), Some("1@x"));
        assert_eq!(message.text.trim(), draft.text);
        let names: Vec<&str> =
            message.attachments.iter().map(|file| file.raw_name.as_str()).collect();
        assert_eq!(names, [files[0].name, "a.txt"]);
        assert_eq!(message.attachments[1].bytes, files[1].bytes);
    }
}

#[test]
fn nothing_in_a_field_begins_another_one() {
    let evil = "x\r\nBcc: all@city.example\r\n\r\n<script>";
    let from = mailboxes(evil, "a@b.example>\r\nBcc: c@d.example");
    let checks = vec![evil.to_owned()];
    let ids = vec!["a@b>\r\nBcc: x".to_owned()];
    let draft = Draft {
        id: evil,
        received_here: evil,
        received: &checks,
        authentication: Some(evil.to_owned()),
        checks: &checks,
        from: &from,
        subject: evil,
        date: evil,
        message_id: Some(evil),
        in_reply_to: &ids,
        references: &ids,
        text: "x",
        files: &[Enclosure { name: evil, bytes: b"y" }],
        ..Draft::default()
    };
    let text = String::from_utf8(write(&draft)).unwrap();
    assert!(!text.contains("\r\nBcc"), "{text}");
    let head = text.split("\r\n\r\n").next().unwrap();
    assert!(head.contains("multipart/mixed"), "no blank line came in between: {head}");
    assert!(text.contains("<unknown@address.invalid>"));
}

#[test]
fn results_are_those_of_the_standard() {
    let verdict = |outcome, domain: &str| Verdict {
        outcome,
        domain: domain.to_owned(),
        reason: String::new(),
    };
    let verdicts = Verdicts {
        spf: verdict(Outcome::SoftFail, "a.example; dkim=pass"),
        dkim: vec![verdict(Outcome::Pass, "b.example")],
        dmarc: verdict(Outcome::Unchecked, ""),
        policy: String::new(),
        arc: verdict(Outcome::None, ""),
    };
    assert_eq!(
        authentication_results("gate.midori.lg.jp", &verdicts),
        "gate.midori.lg.jp; spf=softfail smtp.mailfrom=a.exampledkimpass; \
         dkim=pass header.d=b.example; dmarc=none; arc=none"
    );
}
