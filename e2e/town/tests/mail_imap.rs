//! What a clerk's own program of mail shows: a mail is sent by swaks to the outer
//! Postfix, and read over IMAP from the town's server behind the inner one by a
//! program that is not ours (Debian: postfix swaks dovecot-imapd zip python3).
#![allow(clippy::unwrap_used, clippy::panic)]

mod mail_support;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_support::{Ground, run};
use serde_json::Value;

const WORLD: &str = "a@world.example";
const LOGIN: &str = "sasaki";
/// Only this machine's namespace of the test asks with it.
const WORD: &str = "imap-of-this-test";
const PATIENCE: Duration = Duration::from_secs(120);

/// Reads the whole mailbox as a program of mail does, with Python's own reader.
const READER: &str = r#"
import email, email.policy, hashlib, imaplib, json, sys
imaplib._MAXLINE = 1 << 20
box = imaplib.IMAP4("127.0.0.1", 1143)
box.login(sys.argv[1], sys.argv[2])
box.select("INBOX", readonly=True)
_, found = box.search(None, "ALL")
mails = []
for number in found[0].split():
    _, fetched = box.fetch(number, "(BODY.PEEK[])")
    mail = email.message_from_bytes(fetched[0][1], policy=email.policy.default)
    files = []
    for part in mail.iter_attachments():
        content = part.get_payload(decode=True) or b""
        files.append({"name": part.get_filename(), "bytes": len(content),
                      "sha256": hashlib.sha256(content).hexdigest(),
                      "start": content[:4000].decode("latin-1")})
    body = mail.get_body(("plain",))
    mails.append({"subject": str(mail["subject"]), "from": str(mail["from"]),
                  "checks": [str(one) for one in mail.get_all("x-sekisho-check", [])],
                  "text": body.get_content() if body else None,
                  "type": mail.get_content_type(), "files": files,
                  "parts": [part.get_content_type() for part in mail.walk()]})
box.logout()
print(json.dumps(mails))
"#;

/// The town's server for programs of mail. It ends with the ground's namespace.
struct Dovecot<'g> {
    ground: &'g Ground,
    child: Child,
}

impl<'g> Dovecot<'g> {
    fn start(ground: &'g Ground) -> Option<Self> {
        for program in ["/usr/sbin/dovecot", "/usr/lib/dovecot/imap", "/usr/bin/python3"] {
            if !Path::new(program).exists() {
                eprintln!("skipped: no {program} (Debian: dovecot-imapd python3)");
                return None;
            }
        }
        let folder = ground.folder.join("dovecot");
        fs::create_dir(&folder).unwrap();
        let own = |what: &str| String::from_utf8(run("id", &[what, "postfix"]).stdout).unwrap();
        let (user, group) = (own("-u").trim().to_owned(), own("-g").trim().to_owned());
        let here = folder.display();
        let text = format!(
            "base_dir = {here}/run\nstate_dir = {here}/state\nlog_path = {here}/log\n\
             protocols = imap\nlisten = 127.0.0.1\nssl = no\ndisable_plaintext_auth = no\n\
             default_internal_user = dovecot\ndefault_login_user = dovenull\n\
             first_valid_uid = 1\nfirst_valid_gid = 1\nmail_location = maildir:{}/boxes/town\n\
             passdb {{\n  driver = static\n  args = password={WORD}\n}}\n\
             userdb {{\n  driver = static\n  args = uid={user} gid={group} home={}/boxes\n}}\n\
             service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = 1143\n  }}\n\
             inet_listener imaps {{\n    port = 0\n  }}\n}}\nservice anvil {{\n  chroot =\n}}\n",
            ground.folder.display(),
            ground.folder.display(),
        );
        fs::write(folder.join("dovecot.conf"), text).unwrap();
        let child = Command::new("ip")
            .args(["netns", "exec", &ground.inner, "dovecot", "-F", "-c"])
            .arg(folder.join("dovecot.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let dovecot = Self { ground, child };
        let begun = Instant::now();
        while dovecot.read().is_none() {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(20), "Dovecot does not answer: {log}");
            std::thread::sleep(Duration::from_millis(100));
        }
        Some(dovecot)
    }

    /// Everything in the clerk's mailbox.
    fn read(&self) -> Option<Vec<Value>> {
        let output = Command::new("ip")
            .args(["netns", "exec", &self.ground.inner, "python3", "-c", READER, LOGIN, WORD])
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).ok()
    }

    /// Waits for the one mail with a subject.
    fn wait_for(&self, subject: &str) -> (Value, Duration) {
        let begun = Instant::now();
        loop {
            let mails = self.read().unwrap_or_default();
            let found: Vec<&Value> =
                mails.iter().filter(|mail| mail["subject"] == subject).collect();
            if let [one] = found.as_slice() {
                return ((*one).clone(), begun.elapsed());
            }
            let subjects: Vec<&Value> = mails.iter().map(|mail| &mail["subject"]).collect();
            assert!(found.is_empty(), "{subject} is there more than once");
            assert!(begun.elapsed() < PATIENCE, "{subject} is not among {subjects:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Dovecot<'_> {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn text(mail: &Value) -> &str {
    mail["text"].as_str().unwrap()
}

/// A mail; `subject` as it stands on the wire.
fn mail(subject: &[u8], id: &str, rest: &[u8]) -> Vec<u8> {
    [
        format!("From: World <{WORLD}>\r\nTo: sasaki@town.example\r\nSubject: ").as_bytes(),
        subject,
        format!(
            "\r\nDate: Mon, 20 Apr 2026 10:00:00 +0900\r\nMessage-ID: <{id}@world.example>\r\n\
             MIME-Version: 1.0\r\n"
        )
        .as_bytes(),
        rest,
    ]
    .concat()
}

fn with_file(subject: &str, name: &str, bytes: &[u8]) -> Vec<u8> {
    let coded = STANDARD.encode(bytes);
    let lines: Vec<&str> =
        coded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let name = STANDARD.encode(name);
    let rest = format!(
        "Content-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n本文 {subject}\r\n--edge\r\n\
         Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"=?utf-8?B?{name}?=\"\r\n\r\n{}\r\n--edge--\r\n",
        lines.join("\r\n")
    );
    mail(subject.as_bytes(), subject, rest.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_reads_over_imap_what_was_sent_from_outside() {
    let Some(ground) = Ground::up().await else { return };
    let Some(dovecot) = Dovecot::start(&ground) else { return };
    let _town = ground.town(None);

    // 「会議のお知らせ」, and half-width kana and 髙, which ISO-2022-JP-MS
    // has and strict readers of it have not.
    let notice = b"\x1b$B2q5D$N$*CN$i$;\x1b(B";
    let body = [notice.as_slice(), b" \x1b(I66\x1b(B \x1b$B|b\x1b(B\r\n"].concat();
    let head = b"Content-Type: text/plain; charset=ISO-2022-JP\r\n\
        Content-Transfer-Encoding: 7bit\r\n\r\n";
    ground.send(WORLD, &mail(notice, "jis", &[head.as_slice(), &body].concat()));
    let (got, took) = dovecot.wait_for("会議のお知らせ");
    eprintln!("ISO-2022-JP: {took:?}: {}", text(&got));
    assert!(text(&got).contains("会議のお知らせ ｶｶ 髙"), "{}", text(&got));
    assert!(!text(&got).contains('\u{fffd}') && got["from"].as_str().unwrap().contains(WORLD));

    // A page that acts is text; what is odd about its sender stands in the header.
    let page = b"Content-Type: text/html; charset=Shift_JIS\r\n\r\n<p>\x8c\xa9\x90\xcf</p>\
        <script>evil()</script><a href=\"https://bad.example/x\">https://good.example/</a>\r\n";
    ground.send(WORLD, &mail(b"page", "page", page));
    let (got, took) = dovecot.wait_for("page");
    eprintln!("page: {took:?}: {} {}", got["checks"], text(&got));
    assert!(text(&got).contains("見積") && text(&got).contains("bad[.]example"), "{got}");
    assert!(!got.to_string().contains("evil()"), "{got}");
    assert!(got["checks"].to_string().contains("level="), "{got}");
    assert_eq!(got["parts"], serde_json::json!(["text/plain"]));

    // A table that acts is still a table.
    let table = "語,値\r\n=HYPERLINK(\"http://evil.test\"),1\r\nふつうの行,2\r\n";
    ground.send(WORLD, &with_file("table", "名簿.csv", table.as_bytes()));
    let (got, took) = dovecot.wait_for("table");
    eprintln!("table: {took:?}: {}", got["files"]);
    let files = got["files"].as_array().unwrap();
    assert_eq!((files.len(), &files[0]["name"]), (1, &"名簿.csv".into()), "{got}");
    let start = files[0]["start"].as_str().unwrap();
    let start = String::from_utf8(start.chars().map(|c| c as u8).collect()).unwrap();
    assert!(start.contains("ふつうの行") && !start.contains("\n=HYPERLINK"), "{start}");

    // PPAP: the text comes, and once the next mail brings the password, the file.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "金額は三千円です\r\n").unwrap();
    let zip = Command::new("zip")
        .args(["-q", "-P", "Kan-2026y", "a.zip", "a.txt"])
        .current_dir(folder.path())
        .status();
    if zip.is_ok_and(|status| status.success()) {
        let locked = fs::read(folder.path().join("a.zip")).unwrap();
        ground.send(WORLD, &with_file("ppap", "見積.zip", &locked));
        let (got, took) = dovecot.wait_for("ppap");
        eprintln!("PPAP, its text: {took:?}");
        assert_eq!(got["files"], serde_json::json!([]), "locked as it is: {got}");
        let word = "Content-Type: text/plain; charset=utf-8\r\n\r\n\
            先ほどの添付のパスワードは Kan-2026y です。\r\n";
        ground.send(WORLD, &mail(b"ppap-word", "ppap-word", word.as_bytes()));
        let (got, took) = dovecot.wait_for("【添付】ppap");
        eprintln!("PPAP, its file: {took:?}: {}", got["files"]);
        let files = got["files"].as_array().unwrap();
        assert_eq!((files.len(), &files[0]["name"]), (1, &"見積.zip".into()), "{got}");
        let bytes: Vec<u8> = files[0]["start"].as_str().unwrap().chars().map(|c| c as u8).collect();
        fs::write(folder.path().join("b.zip"), bytes).unwrap();
        let opened = Command::new("python3")
            .args(["-c", "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); sys.stdout.buffer.write(z.read(z.namelist()[0]))"])
            .arg(folder.path().join("b.zip"))
            .output()
            .unwrap();
        let opened = String::from_utf8(opened.stdout).unwrap();
        assert!(opened.contains("金額は三千円です"), "no password is asked for: {opened}");
    } else {
        eprintln!("skipped in part: no zip (Debian: zip)");
    }

    // 30 MB.
    let mut large = String::from("番号,語\r\n");
    while large.len() < 30_000_000 {
        large.push_str(&format!("{:09},一覧の行\r\n", large.len()));
    }
    ground.send(WORLD, &with_file("large", "一覧.csv", large.as_bytes()));
    let (got, took) = dovecot.wait_for("large");
    let size = got["files"][0]["bytes"].as_u64().unwrap();
    eprintln!("large: {took:?}, a file of {size} bytes");
    assert!(size >= 30_000_000, "{}", got["files"]);
}
