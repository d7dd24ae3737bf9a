//! Messages made to harm, hide or confuse.

use super::*;

fn mixed(parts: &str) -> Done {
    eml(&format!(
        "From: a@b.jp\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nbody\n{parts}--m--\n"
    ))
}

#[test]
fn parts_that_call_out_or_run_go() {
    let done = mixed(
        "--m\nContent-Type: message/external-body; access-type=URL; URL=\"http://x\"\n\nx\n\
         --m\nContent-Type: text/x-amp-html\n\n<html amp4email>\n\
         --m\nContent-Type: application/pkcs7-signature; name=smime.p7s\n\nx\n\
         --m\nContent-Type: text/calendar; name=i.ics\n\nBEGIN:VEVENT\nSUMMARY:s\nATTACH:file://h/x\nEND:VEVENT\n",
    );
    assert_eq!(
        done.report,
        [
            "mail-external-body ",
            "mail-alternative-removed text/x-amp-html",
            "mail-signature smime.p7s",
            "mail-calendar i.ics",
        ]
    );
    assert_eq!(done.leaves()[1], ("text/plain".into(), "i.txt".into(), "SUMMARY: s\n".into()));
}

#[test]
fn what_cannot_be_read_here_is_held_or_refused() {
    let partial = eml("From: a@b.jp\nContent-Type: message/partial; id=x; number=1\n\nx\n");
    assert_eq!(partial.stopped_by(), "mail-partial");
    let encrypted =
        eml("From: a@b.jp\nContent-Type: multipart/encrypted; boundary=m\n\n--m\n\nx\n--m--\n");
    assert_eq!(encrypted.stopped_by(), "protection-unknown");
    let enveloped = eml(
        "From: a@b.jp\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIAG\n",
    );
    assert_eq!(enveloped.stopped_by(), "protection-unknown");
    assert_eq!(run(b"no headers at all", Format::Eml).stopped_by(), "file-broken");
}

#[test]
fn the_order_of_letters_cannot_be_turned() {
    let done =
        eml("From: a@b.jp\nContent-Type: text/plain; charset=utf-8\n\nsafe\u{202E}txt\u{7}.\n");
    assert_eq!(done.leaves()[0].2, "safetxt.\r\n");
    assert!(done.reports("mail-control-characters "));
}

#[test]
fn a_text_of_nothing_but_spaces_is_none() {
    let done =
        eml("From: a@b.jp\nContent-Type: text/plain; charset=utf-8\n\n\u{202E}\u{3000}\u{7}\n");
    assert_eq!(done.leaves()[0].2, "");
}

#[test]
fn a_text_of_nothing_but_control_characters_goes_where_html_says_it() {
    let done = eml("From: a@b.jp\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\
        Content-Type: text/plain\n\n\u{7}\n--b\nContent-Type: text/html\n\n<p>x</p>\n--b--\n");
    assert_eq!(done.leaves().len(), 1);
    assert!(done.reports("mail-control-characters "));
}

#[test]
fn data_outside_the_parts_goes() {
    let long = "hidden ".repeat(40);
    let done = eml(&format!(
        "From: a@b.jp\nContent-Type: multipart/mixed; boundary=m\n\n{long}\n--m\n\nbody\n--m--\nbehind\n"
    ));
    assert!(done.reports("mail-hidden-text "));
    assert_eq!(done.leaves()[0].2, "body\r\n");
}

#[test]
fn names_of_attachments_cannot_mislead() {
    let done = mixed(
        "--m\nContent-Disposition: attachment; filename*=UTF-8''..%2Finvoice%E2%80%AEfdp.txt\n\nx\n",
    );
    assert_eq!(done.leaves()[1].1, "invoicefdp.txt");
    assert!(done.reports("mail-name-changed ../invoice\\u{202e}fdp.txt ⇒ invoicefdp.txt"));
}

#[test]
fn headers_cannot_be_injected() {
    let subject = crate::transfer::base64("a\r\nBcc: x@y\r\n\r\nbody".as_bytes());
    let name = crate::transfer::base64("a\r\nBcc: x@y".as_bytes());
    let done =
        eml(&format!("From: =?UTF-8?B?{name}?= <a@b.jp>\nSubject: =?UTF-8?B?{subject}?=\n\nx\n"));
    assert_eq!(done.part().header("bcc"), None);
    assert_eq!(done.leaves()[0].2, "x\r\n");
}

#[test]
fn deep_nesting_stops() {
    let mut part = String::from("Content-Type: text/plain\n\nx\n");
    for level in 0..300 {
        part = format!(
            "Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n{part}\n--b{level}--\n"
        );
    }
    assert_eq!(eml(&format!("From: a@b.jp\n{part}")).stopped_by(), "limit-nesting");
    let mut message = String::from("Subject: s\n\nx\n");
    for _ in 0..20 {
        message = format!("Subject: s\nContent-Type: message/rfc822\n\n{message}");
    }
    assert_eq!(eml(&message).stopped_by(), "limit-depth");
}

#[test]
fn rubbish_never_panics() {
    let message = "From: =?ISO-2022-JP?B?GyRCMnE1RBsoQg==?= <a@b.jp>, g: c@d;\nSubject: =?a?Q?=4?=\n\
        Content-Type: multipart/mixed; boundary=\"m\"\n\n--m\nContent-Type: text/html; charset=x\n\n<p>\n\
        --m\nContent-Disposition: attachment; filename*0*=a'b'%4; filename*1=x\n\
        Content-Transfer-Encoding: base64\n\neJ8+IgAAAAA=\n--m--\n"
        .as_bytes();
    for at in 0..message.len() {
        for value in [0, b'\n', b'"', b'=', 0x1B, 0xE3, 0xFF] {
            let mut hostile = message.to_vec();
            hostile[at] = value;
            run(&hostile, Format::Eml);
        }
        run(&message[..at], Format::Eml);
    }
}
