//! B18 and B19 by mail: what acts in a mail, and what acts in a file of one. A plain
//! relay passes both on; through the gate neither arrives, whatever of it is dead.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use findings::Relay;
use findings::ways::holds;
use town::mail_ground::{CLERK, Ground, listed, page_of};
use town::{Client, Program, Town};

const WORLD: &str = "a@evil.test";
/// What a receiver says who looked at a mail.
const LOOKED: [(&str, &str); 3] = [("sender", "fine"), ("address", "fine"), ("wording", "fine")];
/// By what any of it is known again, decoded or not.
const SIGNS: [&[u8]; 6] =
    [b"<script", b"evil.test/seen", b"vbaProject", b"\n=HYPERLINK", b"MZ\x90\0\x03", b"EVIL-7"];

/// Files that act, with their names.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/files");
    let macros = std::fs::read(std::path::Path::new(folder).join("住民票交付申請書.docm")).unwrap();
    vec![
        ("a.docm", macros),
        ("b.csv", "氏名,住所\r\n=HYPERLINK(\"http://evil.test\"),a\r\n".into()),
        ("c.html", b"<p>a</p><script>fetch('//evil.test/seen')</script>".to_vec()),
        ("d.pdf", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".repeat(64)),
        ("e.bin", b"\x13\x37nobody knows what this is, EVIL-7".to_vec()),
    ]
}

/// A mail that acts, with these files.
fn mail(subject: &str, files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut text = format!(
        "From: <{WORLD}>\r\nTo: <sasaki@town.example>\r\nSubject: {subject}\r\n\
         Message-ID: <{subject}@evil.test>\r\nDate: Mon, 20 Apr 2026 10:00:00 +0900\r\n\
         X-Beacon: http://evil.test/seen\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n<p>見える文 {subject}</p>\
         <script>evil()</script><img src=\"http://evil.test/seen\">\r\n"
    );
    for (name, bytes) in files {
        let coded = STANDARD.encode(bytes);
        let lines: Vec<&str> =
            coded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        text.push_str(&format!(
            "--m\r\nContent-Type: application/octet-stream; name=\"{name}\"\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            lines.join("\r\n")
        ));
    }
    text.push_str("--m--\r\n");
    text.into_bytes()
}

/// A mail as its reader sees it, all base64 undone.
fn opened(mail: &str) -> Vec<u8> {
    let (mut out, mut coded) = (Vec::new(), String::new());
    for line in mail.lines().chain([""]) {
        let is_coded = line.len() >= 4
            && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
        if is_coded {
            coded.push_str(line);
            continue;
        }
        out.extend(STANDARD.decode(&coded).unwrap_or_default());
        coded.clear();
        out.extend(line.as_bytes());
        out.push(b'\n');
    }
    out
}

/// Nothing in the town's box acts, headers and files included; how many are there.
fn all_harmless(ground: &Ground) -> usize {
    let mails = ground.mails();
    for mail in &mails {
        let whole = opened(mail);
        for sign in SIGNS {
            let shown = String::from_utf8_lossy(&whole);
            assert!(!holds(&whole, sign), "{}: {shown}", String::from_utf8_lossy(sign));
        }
    }
    mails.len()
}

fn wait_for(ground: &Ground, words: &str) {
    let begun = Instant::now();
    let is_there = || {
        let mails = ground.mails();
        mails.iter().any(|mail| holds(&opened(mail), words.as_bytes()))
    };
    while !is_there() {
        assert!(begun.elapsed() < Duration::from_secs(90), "in vain: {words}\n{}", ground.logs());
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn on_a_plain_set_up_a_relay_passes_every_file_on_as_it_came() {
    let Some(relay) = Relay::start("town.example") else { return };
    relay.send(WORLD, "b@town.example", &mail("plain", &files()));
    let read = opened(&String::from_utf8_lossy(&relay.arrived()));
    for sign in SIGNS {
        assert!(holds(&read, sign), "{} is there", String::from_utf8_lossy(sign));
    }
}

#[test]
fn by_mail_nothing_arrives_as_it_came_whatever_is_dead() {
    let Some(ground) = Ground::up_alone() else { return };
    let mut town = ground.town(None);
    let clerk = town.client_of(CLERK);
    ground.send(WORLD, &mail("bare-1", &[]));
    wait_for(&ground, "見える文 bare-1");
    for file in files() {
        let subject = format!("with-{}", file.0);
        ground.send(WORLD, &mail(&subject, &[file]));
        let_through(&ground, &clerk, &subject);
    }
    let before = all_harmless(&ground);
    assert!(before >= 3, "{before}");

    // Caged workers die all the time: nothing comes raw, and what comes is whole.
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                kill_workers(town.program.number());
                std::thread::sleep(Duration::from_millis(40));
            }
        });
        ground.send(WORLD, &mail("workers-1", &files()[1..3]));
        std::thread::sleep(Duration::from_secs(3));
        let during = all_harmless(&ground);
        is_over.store(true, Ordering::SeqCst);
        assert!(during >= before);
    });
    let_through(&ground, &clerk, "workers-1");
    all_harmless(&ground);

    // The program is dead: what Postfix took waits, and what it has not is told to
    // come again.
    ground.send(WORLD, &mail("dead-1", &files()[1..2]));
    town.program.kill();
    let there = ground.mails().len();
    let told = ground.send_to(WORLD, "sasaki@town.example", &mail("dead-2", &[]));
    assert!(told.as_ref().is_err_and(|said| said.contains("451")), "{told:?}");
    std::thread::sleep(Duration::from_secs(2));
    assert!(ground.mails().len() <= there + 1, "only what was handed over before");
    all_harmless(&ground);
    no_port_takes_mail(&ground);

    town = again(town, &ground);
    wait_for(&ground, "dead-1");
    all_harmless(&ground);
    drop(town);
}

/// Starts the program again on its data.
fn again(town: Town, ground: &Ground) -> Town {
    let Town { program, demo } = town;
    let folder = program.folder().unwrap();
    drop(program);
    let config = ground.configuration();
    let program = Program::up(folder, &["--demo", "--config", config.to_str().unwrap()]);
    Town { program, demo }
}

/// Has its receiver let a mail through, if it is held; else it arrives or is told of.
fn let_through(ground: &Ground, clerk: &Client, subject: &str) {
    let page = page_of(&listed(clerk, subject), subject);
    let begun = Instant::now();
    loop {
        let mails = ground.mails();
        if mails.iter().any(|mail| mail.contains(&format!("Subject: {subject}"))) {
            return;
        }
        let text = clerk.get(&page).text;
        if text.contains("/release") {
            let _ = clerk.form(&page, &format!("{page}/release"), &LOOKED);
        }
        let is_told = mails.iter().any(|mail| {
            let whole = opened(mail);
            holds(&whole, subject.as_bytes()) && holds(&whole, "受け取りませんでした".as_bytes())
        });
        if is_told {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(90), "{subject}: {text}\n{}", ground.logs());
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Nobody of the internet reaches the inner instance: it has no port at all, and
/// the town's server none outside of its own network.
fn no_port_takes_mail(ground: &Ground) {
    let ports = |netns: &str| {
        let said =
            Command::new("ip").args(["netns", "exec", netns, "ss", "-Hltn"]).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let places = said.lines().filter_map(|line| line.split_whitespace().nth(3));
        places.map(str::to_owned).collect::<Vec<String>>()
    };
    assert_eq!(ports(&ground.outer), [format!("{}:25", ground.address)]);
    assert_eq!(ports(&ground.inner), ["127.0.0.1:2525"], "the town's own server, for its own side");
    let straight = Command::new("ip")
        .args(["netns", "exec", &ground.outer, "swaks", "--server", "127.0.0.1", "--port", "2525"])
        .args(["--to", "sasaki@town.example", "--from", WORLD, "--timeout", "3"])
        .output()
        .unwrap();
    assert!(!straight.status.success(), "{}", String::from_utf8_lossy(&straight.stdout));
}

/// Kills the caged workers of a program, whatever they do.
fn kill_workers(program: u32) {
    let numbers = |parent: u32| -> Vec<u32> {
        let path = format!("/proc/{parent}/task");
        let tasks = std::fs::read_dir(path).into_iter().flatten().flatten();
        let texts =
            tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        let texts: Vec<String> = texts.collect();
        texts
            .iter()
            .flat_map(|text| text.split_whitespace())
            .filter_map(|one| one.parse().ok())
            .collect()
    };
    let is_cage = |number: &u32| {
        let words = std::fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
        words.split(|byte| *byte == 0).any(|word| word == b"cage" || word == b"mail-cage")
    };
    for number in numbers(program).iter().filter(|number| is_cage(number)) {
        let _ = Command::new("kill")
            .args(["-9", &number.to_string()])
            .stderr(std::process::Stdio::null())
            .status();
    }
}
