//! The gate of mail as a town has it: the running program with both its Postfix
//! instances, each in a network namespace, and behind them the town's own
//! server. What is sent from outside is looked for in the receiver's Maildir.
#![allow(clippy::unwrap_used, clippy::panic)]

mod mail_support;

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use mail_support::{CLERK, Clamd, Ground, eicar, listed, page_of};

/// What a receiver says who looked at a mail.
const LOOKED: [(&str, &str); 3] = [("sender", "fine"), ("address", "fine"), ("wording", "fine")];
const WORLD: &str = "a@world.example";
/// `会議のお知らせ` in ISO-2022-JP.
const NOTICE: &[u8] = b"\x1b$B2q5D$N$*CN$i$;\x1b(B";

fn mail(subject: &str, rest: &str) -> Vec<u8> {
    format!(
        "From: World <{WORLD}>\r\nTo: sasaki@town.example\r\nSubject: {subject}\r\n\
         Date: Mon, 20 Apr 2026 10:00:00 +0900\r\nMessage-ID: <{subject}@world.example>\r\n\
         MIME-Version: 1.0\r\n{rest}"
    )
    .into_bytes()
}

fn with_file(subject: &str, name: &str, kind: &str, bytes: &[u8]) -> Vec<u8> {
    let coded = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: Vec<&str> =
        coded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    mail(
        subject,
        &format!(
            "Content-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\nbody of {subject}\r\n--edge\r\n\
             Content-Type: {kind}; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{}\r\n--edge--\r\n",
            lines.join("\r\n")
        ),
    )
}

/// A mail with its base64 and quoted parts made plain, as far as that shows words.
fn plain(mail: &str) -> String {
    let mut out = String::new();
    let mut coded = String::new();
    for line in mail.lines() {
        let is_coded = line.len() >= 4
            && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
        if is_coded {
            coded.push_str(line);
            continue;
        }
        if let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(&coded) {
            out.push_str(&String::from_utf8_lossy(&bytes));
        }
        coded.clear();
        out.push_str(line);
        out.push('\n');
    }
    if let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(&coded) {
        out.push_str(&String::from_utf8_lossy(&bytes));
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_from_outside_reaches_a_clerk_harmless() {
    let Some(ground) = Ground::up().await else { return };
    let clamd = Clamd::start();
    let town = ground.town(clamd.as_ref());
    let clerk = town.client_of(CLERK);

    // Nobody of that name: refused while the sender still listens.
    let refused = ground.send_to(WORLD, "nobody@town.example", &mail("nobody", "\r\nx\r\n"));
    assert!(refused.as_ref().is_err_and(|said| said.contains("550")), "{refused:?}");

    ground.send(
        WORLD,
        &mail(
            "plain-1",
            "Content-Type: text/plain; charset=utf-8\r\n\r\nただの文 https://x.example/a\r\n",
        ),
    );
    let (got, took) = ground.wait_for("plain-1");
    let text = plain(&got);
    assert!(text.contains("ただの文") && text.contains("hxxps://x[.]example/a"), "{text}");
    eprintln!("plain: {took:?}");

    ground.send(WORLD, &mail("html-1", "Content-Type: text/html; charset=utf-8\r\n\r\n<p>見える文</p><script>alert(1)</script><a href=\"https://bad.example/x\">https://good.example/</a><img src=\"https://beacon.example/i.gif\">\r\n"));
    let (got, took) = ground.wait_for("html-1");
    let text = plain(&got);
    assert!(text.contains("見える文") && text.contains("bad[.]example"), "{text}");
    assert!(
        !text.contains("<script")
            && !text.contains("alert(1)")
            && !text.contains("beacon.example/i.gif"),
        "{text}"
    );
    eprintln!("html: {took:?}");

    let japanese = [
        b"From: World <a@world.example>\r\nTo: sasaki@town.example\r\nSubject: ".as_slice(),
        NOTICE,
        b" jis-1\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=ISO-2022-JP\r\n\r\n",
        NOTICE,
        b"\r\n",
    ]
    .concat();
    ground.send(WORLD, &japanese);
    listed(&clerk, "会議のお知らせ jis-1");
    let begun = std::time::Instant::now();
    while !ground.mails().iter().any(|mail| {
        plain(mail).contains("会議のお知らせ\n") || plain(mail).contains("会議のお知らせ\r\n")
    }) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", ground.logs());
        std::thread::sleep(Duration::from_millis(50));
    }

    let nested = String::from_utf8(mail("inner-1", "Content-Type: text/html; charset=utf-8\r\n\r\n<p>内側の文</p><script>alert(2)</script>\r\n")).unwrap();
    ground.send(WORLD, &mail("nested-1", &format!("Content-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nouter\r\n--edge\r\nContent-Type: message/rfc822\r\n\r\n{nested}\r\n--edge--\r\n")));
    let (got, took) = ground.wait_for("nested-1");
    assert!(!plain(&got).contains("alert(2)"), "{}", plain(&got));
    eprintln!("nested: {took:?}");

    // Held until the receiver lets it through: a macro, and an imitation.
    let docm =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/files/住民票交付申請書.docm");
    let kind = "application/vnd.ms-word.document.macroEnabled.12";
    ground.send(WORLD, &with_file("macro-1", "a.docm", kind, &std::fs::read(docm).unwrap()));
    let imitation =
        mail("look-1", "Content-Type: text/plain; charset=utf-8\r\n\r\n至急ご確認ください\r\n");
    let imitation = String::from_utf8(imitation)
        .unwrap()
        .replace("World <a@world.example>", "Soumu <info@s0umu.go.jp>");
    ground.send("info@s0umu.go.jp", imitation.as_bytes());
    for subject in ["macro-1", "look-1"] {
        let page = page_of(&listed(&clerk, subject), subject);
        assert!(
            !ground.mails().iter().any(|mail| mail.contains(&format!("body of {subject}"))),
            "{subject} is held"
        );
        let begun = std::time::Instant::now();
        // Listed at once, decided a moment later.
        while !clerk.get(&page).text.contains("/release") {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{subject}: {}",
                clerk.get(&page).text
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        let reply = clerk.form(&page, &format!("{page}/release"), &LOOKED);
        assert!(reply.status < 400, "{reply:?}");
    }
    let (got, _) = ground.wait_for("Subject: macro-1");
    assert!(!plain(&got).contains("vbaProject"), "no macro is left");
    let (got, _) = ground.wait_for("Subject: look-1");
    assert!(got.contains("X-Sekisho-Check:"), "{got}");
    // 30 MB.
    let rows: String =
        (0..1_000_000).map(|row| format!("{row:07},一覧の行{}\r\n", row % 7)).collect();
    let large = &rows.as_bytes()[..rows.len().min(30_000_000)];
    ground.send(
        WORLD,
        &with_file(
            "large-1",
            "一覧.csv",
            "text/csv",
            &large[..rows.floor_char_boundary(large.len())],
        ),
    );
    let (got, took) = ground.wait_for("Subject: large-1");
    assert!(got.len() > 20_000_000, "{}", got.len());
    eprintln!("large: {took:?}, {} bytes", got.len());

    // What a scanner knows never arrives, whoever asks.
    if clamd.is_some() {
        ground.send(WORLD, &with_file("eicar-1", "a.txt", "text/plain", eicar().as_bytes()));
        let page = page_of(&listed(&clerk, "eicar-1"), "eicar-1");
        std::thread::sleep(Duration::from_secs(5));
        let text = clerk.get(&page).text;
        assert!(!text.contains("/release"), "{text}");
        assert!(!ground.mails().iter().any(|mail| mail.contains("body of eicar-1")));
    }
    assert_eq!(ground.mails().iter().filter(|mail| mail.contains("Subject: plain-1")).count(), 1);
}
