//! What stands beside the body's own rules at the gate of mail: a real rspamd
//! with its opinion, and limits of what one client may send.
#![allow(clippy::unwrap_used, clippy::panic)]

mod mail_place;

use std::io::{Read, Write};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mail_place::{Place, free_port};
use town::{Browser, Client};

const YAMADA: &str = "yamada@city.midori.lg.jp";
/// By agreement of all judges of spam this is some.
const GTUBE: [&str; 2] =
    ["XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-", "ANTI-UBE-TEST-EMAIL*C.34X"];

/// rspamd with a configuration of its own, which asks nobody.
struct Rspamd {
    port: u16,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Rspamd {
    fn start() -> Option<Self> {
        if !Path::new("/usr/bin/rspamd").exists() {
            eprintln!("skipped: no /usr/bin/rspamd (Debian: rspamd)");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("rspamd-").tempdir_in("/var/tmp").unwrap();
        let local = folder.path().join("local.d");
        std::fs::create_dir(&local).unwrap();
        let (port, controller) = (free_port(), free_port());
        let write = |name: &str, text: &str| std::fs::write(local.join(name), text).unwrap();
        for module in
            ["rbl", "surbl", "fuzzy_check", "dkim", "spf", "dmarc", "arc", "mx_check", "asn"]
        {
            write(&format!("{module}.conf"), "enabled = false;\n");
        }
        write("worker-proxy.inc", "enabled = false;\n");
        let nobody = nobody();
        write(
            "options.inc",
            &format!("dns {{ nameserver = [\"127.0.0.1:{nobody}\"]; timeout = 1s; }}\n"),
        );
        write("worker-normal.inc", &format!("bind_socket = \"127.0.0.1:{port}\";\ncount = 1;\n"));
        write("worker-controller.inc", &format!("bind_socket = \"127.0.0.1:{controller}\";\n"));
        write("logging.inc", "type = \"console\";\nlevel = \"warning\";\n");
        Command::new("chmod").args(["-R", "a+rwX"]).arg(folder.path()).status().unwrap();
        let mut command = Command::new("/usr/bin/rspamd");
        command.args(["-f", "-i", "-u", "_rspamd", "-g", "_rspamd"]);
        for name in ["LOCAL_CONFDIR", "RUNDIR", "DBDIR", "LOGDIR"] {
            command.arg(format!("--var={name}={}", folder.path().display()));
        }
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let rspamd = Self { port, child: command.spawn().unwrap(), _folder: folder };
        let begun = Instant::now();
        while !answers(port) {
            assert!(begun.elapsed() < Duration::from_secs(120), "rspamd does not start");
            std::thread::sleep(Duration::from_millis(100));
        }
        Some(rspamd)
    }

    /// Told to end, it ends its own children, too.
    fn end(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

impl Drop for Rspamd {
    fn drop(&mut self) {
        self.end();
    }
}

/// It listens long before its rules are compiled.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let _ = stream.write_all(b"GET /ping HTTP/1.0\r\n\r\n");
    let mut said = String::new();
    let _ = stream.read_to_string(&mut said);
    said.contains("pong")
}

/// A name server that knows no name and says so at once.
fn nobody() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut message = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut message) {
            // RFC 1035 4.1.1: an answer, recursion available, no such name.
            message[2..4].copy_from_slice(&[0x81, 0x83]);
            let _ = socket.send_to(&message[..length], from);
        }
    });
    port
}

/// Who manages the system names whose the mailbox is.
fn mailbox(place: &Place) -> Client {
    let manager = place.town.client("system-manager");
    let set = [("address", YAMADA), ("owner", "yamada.hanako"), ("class", "2")];
    let reply = manager.form("/mail/mailboxes", "/mail/mailboxes", &set);
    assert!(reply.status < 400, "{}", reply.status);
    manager
}

fn mail(subject: &str, text: &str) -> String {
    format!(
        "From: A <a@world.example>\nTo: {YAMADA}\nSubject: {subject}\n\
         Date: Mon, 20 Apr 2026 10:00:00 +0900\nMessage-ID: <{subject}@world.example>\n\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    )
}

/// The page of a mail, once a word stands on it.
fn page_with(client: &Client, subject: &str, word: &str) -> String {
    let begun = Instant::now();
    loop {
        let list = client.get(&format!("/mail?text={subject}")).text;
        let page = list.split("href=\"/mail/").skip(1).find_map(|rest| {
            let id = rest.split('"').next()?;
            (id.len() == 26).then(|| client.get(&format!("/mail/{id}")).text)
        });
        if let Some(page) = page.filter(|page| page.contains(word)) {
            return page;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{subject}: no {word}\n{list}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rspamd_calls_spam_is_held_and_without_rspamd_nothing_waits() {
    let Some(mut rspamd) = Rspamd::start() else { return };
    let more = format!("rspamd = \"http://127.0.0.1:{}\"\n", rspamd.port);
    let Some(place) = Place::start(&more, "") else { return };
    let manager = mailbox(&place);
    let clerk = place.town.client_of("yamada.hanako");

    place.bring(YAMADA, &mail("warm-1", "おはようございます。会議は十時からです。"));
    place.sink.wait_for("Subject: warm-1");
    place.bring(YAMADA, &mail("gtube-1", &GTUBE.concat()));
    let page = page_with(&clerk, "gtube-1", "確認待ち");
    assert!(page.contains("rspamd: GTUBE"), "the reason names who said so: {page}");
    assert_eq!(place.sink.count("gtube-1"), 0);

    // Away: what comes is delivered without waiting, and operators are told.
    rspamd.end();
    let sent = Instant::now();
    for subject in ["away-1", "away-2", "away-3"] {
        place.bring(YAMADA, &mail(subject, "打合せの件です。"));
    }
    for subject in ["away-1", "away-2", "away-3"] {
        let took = place.sink.wait_for(&format!("Subject: {subject}")) - sent;
        assert!(took < Duration::from_secs(10), "{subject}: {took:?}");
    }
    let state = manager.get("/system").text;
    assert!(state.contains("rspamd("), "{state}");
}

/// One mail to so many at once; what was said where somebody was refused.
fn swaks(port: u16, to: &str, subject: &str) -> Result<String, String> {
    let done = Command::new("timeout")
        .args(["60", "swaks", "--server", "127.0.0.1", "--port", &port.to_string()])
        .args(["--from", "a@world.example", "--to", to])
        .args(["--header", &format!("Subject: {subject}")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    if done.status.success() { Ok(said) } else { Err(said) }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_too_much_is_told_to_come_again_and_may() {
    if !Path::new("/usr/bin/swaks").exists() {
        eprintln!("skipped: no /usr/bin/swaks (Debian: swaks)");
        return;
    }
    // Twelve at once, and another one each five seconds.
    let Some(place) = Place::start("receivers-a-minute = 12\n", "mib-max = 1\n") else { return };
    let manager = mailbox(&place);
    place.bring(YAMADA, &mail("first", "一通目"));
    let many = [YAMADA; 11].join(",");
    swaks(place.port, &many, "many-1").unwrap();
    let refused = swaks(place.port, YAMADA, "late-1").unwrap_err();
    assert!(refused.contains("451") && refused.contains("come again later"), "{refused}");
    std::thread::sleep(Duration::from_secs(6));
    swaks(place.port, YAMADA, "late-1").unwrap();
    place.sink.wait_for("Subject: late-1");
    assert_eq!(place.sink.count("Subject: late-1"), 1);
    // Said to be larger than the body takes: refused before it is sent.
    std::thread::sleep(Duration::from_secs(6));
    let large = "x".repeat(76) + "\n";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), mail("large-1", &large.repeat(20_000))).unwrap();
    let done = Command::new("timeout")
        .args(["60", "swaks", "--server", "127.0.0.1", "--port", &place.port.to_string()])
        .args(["--from", "a@world.example", "--to", YAMADA, "--suppress-data", "--data"])
        .arg(format!("@{}", file.path().display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(!done.status.success() && said.contains(" 55"), "{said}");
    assert_eq!(place.sink.count("Subject: large-1"), 0);
    // Operators see it in the numbers.
    let begun = Instant::now();
    loop {
        let page = manager.get("/mail/statistics").text;
        if page.contains("送りすぎ") {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{page}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// What stands in the queue towards the town's server, once a word does.
fn queue_with(manager: &Client, word: &str) -> String {
    let begun = Instant::now();
    loop {
        let page = manager.get("/mail/queue").text;
        if page.contains(word) {
            return page;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no {word}: {page}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_postfix_is_shown_tried_and_given_back() {
    let Some(place) = Place::start("", "") else { return };
    let manager = mailbox(&place);
    place.bring(YAMADA, &mail("first", "一通目"));
    place.sink.wait_for("Subject: first");
    place.sink.be_busy(true);
    place.bring(YAMADA, &mail("waits-1", "待たされる"));
    let page = queue_with(&manager, "the sink is full");
    assert!(page.contains("info@example.com") && page.contains(YAMADA), "{page}");
    if let Some(browser) = Browser::open().await {
        let base = &place.town.demo.base_url;
        browser.carry_on(base, &manager).await;
        for (language, name) in [("en", "mail-queue-waits-en"), ("ja", "mail-queue-waits-ja")] {
            browser.go(&format!("{base}/language/{language}?to=/mail/queue")).await;
            browser.picture_whole(name).await;
        }
        browser.click("main table a").await;
        browser.wait_for_text("このメールを送り主に返しますか").await;
        browser.picture_whole("mail-queue-ask-ja").await;
        browser.close().await;
    }
    // Its server is well again, and nobody has to wait for the next try.
    place.sink.be_busy(false);
    let reply = manager.form("/mail/queue", "/mail/queue", &[("side", "inside"), ("id", "")]);
    assert!(reply.status < 400, "{}", reply.status);
    place.sink.wait_for("Subject: waits-1");

    place.sink.be_busy(true);
    place.bring(YAMADA, &mail("back-1", "返される"));
    let page = queue_with(&manager, "the sink is full");
    let asked = page.split("href=\"/mail/queue/").nth(1).unwrap().split('"').next().unwrap();
    let asked = format!("/mail/queue/{asked}");
    let id = asked.rsplit('/').next().unwrap().to_owned();
    let reply = manager.form(&asked, &asked, &[]);
    assert!(reply.status < 400, "{}", reply.status);
    let begun = Instant::now();
    while manager.get("/mail/queue").text.contains(&id) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{id} stays in the queue");
        std::thread::sleep(Duration::from_millis(200));
    }
    place.sink.be_busy(false);
    let ledger = manager.get("/ledger").text;
    assert!(ledger.contains("送り主に返した"), "{ledger}");
    assert_eq!(place.sink.count("Subject: back-1"), 0);
}
