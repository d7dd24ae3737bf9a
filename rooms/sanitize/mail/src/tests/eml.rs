//! What is kept, and how it is written.

use super::*;

#[test]
fn a_plain_message_stays_one() {
    let done = eml(
        "From: a@b.jp\nTo: c@d.jp\nSubject: hello\nDate: Wed, 1 Apr 2026 09:00:00 +0900\n\nText.\n",
    );
    let expected = "From: a@b.jp\r\nTo: c@d.jp\r\nSubject: hello\r\n\
        Date: Wed, 1 Apr 2026 09:00:00 +0900\r\nMIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=us-ascii\r\n\r\nText.\r\n";
    assert_eq!(String::from_utf8_lossy(done.bytes()), expected);
    assert_eq!(done.report, Vec::<String>::new());
}

#[test]
fn japanese_headers_and_bodies_become_utf8() {
    let (subject, _, _) = encoding_rs::ISO_2022_JP
        .encode("Subject: 会議の件について、関係各課にご連絡いたします（至急）\r\n");
    let (body, _, _) = encoding_rs::SHIFT_JIS.encode("本文①です。\r\n");
    let mut bytes = b"From: \"=?ISO-2022-JP?B?GyRCMnE1RBsoQg==?=\" <a@b.jp>\r\n".to_vec();
    bytes.extend_from_slice(&subject);
    bytes.extend_from_slice(b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n");
    bytes.extend_from_slice(&body);
    let done = run(&bytes, Format::Eml);
    let subject = crate::field::text(done.part().header("subject").unwrap());
    assert_eq!(subject, "会議の件について、関係各課にご連絡いたします（至急）");
    assert_eq!(crate::address::list(done.part().header("from").unwrap()).len(), 1);
    assert_eq!(done.leaves()[0].2, "本文①です。\r\n");
}

#[test]
fn noise_and_requests_in_headers_go() {
    let done = eml(
        "Received: from x\nX-Mailer: y\nDisposition-Notification-To: spy@x\nBcc: z@z\nSubject: 1\n\
         Subject: 2\nDate: nonsense\n\nx\n",
    );
    let lines =
        ["mail-receipt-request ", "mail-bcc ", "mail-header-duplicate subject", "mail-headers "];
    assert!(lines.iter().all(|line| done.reports(line)), "{:?}", done.report);
    assert_eq!(done.part().header("subject"), Some(&b"1"[..]));
    assert!(done.reports("mail-header-broken date"));
}

const RELATED: &str = "From: a@b.jp\nContent-Type: multipart/related; boundary=r\n\n\
    --r\nContent-Type: multipart/alternative; boundary=a\n\n--a\n\nplain\n--a\n\
    Content-Type: text/html\n\n<html><script><img src=\"cid:one@x\"></html>\n--a--\n\
    --r\nContent-Type: image/png; name=p.png\nContent-ID: <one@x>\nContent-Transfer-Encoding: base64\n\n\
    iVBORw==\n--r\nContent-Type: image/png; name=q.png\nContent-ID: <two@x>\n\
    Content-Transfer-Encoding: base64\n\niVBORw==\n--r--\n";

#[test]
fn pictures_that_the_html_shows_stay_in_it() {
    let done = eml(RELATED);
    let leaves = done.leaves();
    assert_eq!(leaves[0], ("text/plain".into(), String::new(), "plain\r\n".into()));
    assert_eq!(leaves[1].2, "<html><img src=\"cid:one@x\"></html>");
    assert_eq!((leaves[2].1.as_str(), leaves[3].1.as_str()), ("p.png", "q.png"));
    let text = String::from_utf8_lossy(done.bytes()).into_owned();
    assert!(text.contains("Content-ID: <one@x>") && !text.contains("two@x"));
}

#[test]
fn html_goes_where_policy_says_so() {
    let mut policy = Policy::default();
    policy.mail.html = Choice::Remove;
    let done = run_with(RELATED.as_bytes(), Format::Eml, &policy);
    assert!(done.leaves().iter().all(|leaf| leaf.0 != "text/html"));
    assert!(done.reports("mail-html-removed "));
    let only = "From: a@b.jp\nContent-Type: text/html\n\n<html><p>only here</p></html>\n";
    let done = run_with(only.as_bytes(), Format::Eml, &policy);
    assert_eq!(done.leaves()[0].2, "only here\r\n");
}

#[test]
fn text_around_html_is_shown_by_both() {
    let done =
        eml("From: a@b.jp\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nbefore <x>\n--m\n\
         Content-Type: text/html\n\n<html>inside</html>\n--m--\n");
    let leaves = done.leaves();
    assert_eq!(leaves[0].2, "before <x>\r\n\r\ninside\r\n");
    assert!(
        leaves[1].2.contains("<pre>before &lt;x&gt;</pre><html>inside</html>"),
        "{}",
        leaves[1].2
    );
}

#[test]
fn attachments_keep_their_names() {
    let name = format!("{}.docx", "申請書".repeat(30));
    let done = eml(&format!(
        "From: a@b.jp\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nbody\n--m\n\
         Content-Disposition: attachment; filename=\"{name}\"\n\nDOCX\n--m\n\
         Content-Disposition: attachment; filename=\"{name}\"\n\nDOCX\n--m\n\
         Content-Type: application/x\n\nDOCX\n--m--\n"
    ));
    let names: Vec<_> = done.leaves().into_iter().map(|leaf| leaf.1).collect();
    let numbered = name.replace(".docx", " (2).docx");
    assert_eq!(names, ["", name.as_str(), numbered.as_str(), "attachment-3.docx"]);
}

#[test]
fn a_refused_attachment_leaves_a_note() {
    let message = "From: a@b.jp\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nbody\n--m\n\
        Content-Disposition: attachment; filename=\"run.exe\"\n\nEXE\n--m--\n";
    let done = eml(message);
    let leaves = done.leaves();
    assert_eq!(leaves[1].1, "取り除いた添付_run.exe.txt");
    assert!(leaves[1].2.contains("「run.exe」") && leaves[1].2.contains(reasons::UNSUPPORTED.ja));
    assert_eq!(done.report, ["mail-attachment-removed run.exe", "content-unsupported run.exe"]);
    let mut policy = Policy::default();
    policy.mail.refused_attachments = Choice::Keep;
    let done = run_with(message.as_bytes(), Format::Eml, &policy);
    assert_eq!(done.stopped_by(), "content-unsupported");
}

#[test]
fn messages_in_messages_are_rebuilt() {
    let done = eml("From: a@b.jp\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nbody\n--m\n\
         Content-Type: message/rfc822\n\nSubject: inner one\nX-Mailer: x\n\ninner\n--m--\n");
    assert!(done.reports("mail-headers inner one.eml"), "{:?}", done.report);
    assert!(done.leaves()[1].2.starts_with("Subject: inner one\r\nMIME-Version"));
}

#[test]
fn the_text_names_headers_and_files() {
    let message = "From: =?UTF-8?B?5L2P?= <a@b.jp>\nSubject: s\nContent-Type: multipart/mixed; boundary=m\n\n\
        --m\n\nbody\n--m\nContent-Disposition: attachment; filename=a.txt\n\nattached\n--m--\n";
    let text = text_of(message.as_bytes(), Format::Eml).unwrap();
    assert_eq!(text, "From: 住 <a@b.jp>\nSubject: s\n\nbody\n\n== a.txt ==\nattached\n");
}

#[test]
fn all_codes_have_unique_names() {
    let mut ids: Vec<_> = crate::CODES.iter().map(|code| code.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), crate::CODES.len());
}
