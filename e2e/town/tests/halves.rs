//! A gate in two halves: what people outside hand in at the outer one reaches the
//! inner one, once, with a verdict, whatever is killed in between; and whoever
//! takes the outer one over reaches nothing else.
#![allow(clippy::unwrap_used, clippy::panic)]

mod halves_support;
mod outside;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use halves_support::{Halves, Hostile, listening_ports, resident_kib};
use outside::{
    Asked, CLERK, Link, MANAGER, Outsider, RECEIVER, deed, in_hours, inbox, link, settled,
};
use town::Client;
use transfer_halves::{ItemId, LinkHash, Verdict};

const CSV: &[u8] = "氏名,金額\r\n山田,100\r\n".as_bytes();
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/files");

fn asked(files: u64, megabytes: u64) -> Asked<'static> {
    Asked { receiver: RECEIVER, files, megabytes, ends_at: in_hours(24) }
}

fn person(halves: &Halves, login: &str) -> Client {
    Client::sign_in(&halves.demo, halves.demo.person(login))
}

/// Who asks for a link, and who approves it. A code of a second factor serves
/// once: whoever is needed after a restart signs in then.
fn people(halves: &Halves) -> (Client, Client) {
    (person(halves, CLERK), person(halves, MANAGER))
}

/// The door knows a link as soon as the inner half has told it.
fn until_open(outsider: &Outsider, link: &Link) {
    let start = Instant::now();
    while outsider.get(link.path()).0 != 200 {
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}", outsider.get(link.path()));
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn a_file_crosses_both_halves_and_nothing_listens_inside() {
    let halves = Halves::start();
    let (clerk, manager) = people(&halves);
    let link = link(&clerk, &manager, &asked(10, 10));
    let outsider = halves.outsider();
    assert!(link.address.starts_with(&halves.public), "{}", link.address);
    until_open(&outsider, &link);
    let (_, page) = outsider.get(link.path());
    for said in ["補助金の申請書の提出", "佐々木", "10 個"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    assert!(outsider.get_in("en", link.path()).1.contains("Send files"));
    let docm = std::fs::read(format!("{EXAMPLES}/住民票交付申請書.docm")).unwrap();
    let sent = outsider.send(link.path(), &[("申請書.csv", CSV), ("申請.docm", &docm)]);
    assert_eq!(sent.0, 200, "{sent:?}");
    let came = settled(&clerk, &link, 2, Duration::from_secs(60));
    let state = |name: &str| {
        came.iter().find(|one| one["name"] == name).map(|one| one["state"].clone()).unwrap()
    };
    assert_eq!(state("申請書.csv"), "delivered");
    assert_eq!(state("申請.docm"), "held", "macros wait for a manager");
    assert_eq!(halves.waiting(), 0, "the outer half holds nothing that it has handed over");

    // Toward the outer half nothing listens; what does is the console alone.
    assert_eq!(listening_ports(halves.inner_data()), [halves.inner_port()]);
    // The door is outside only.
    let inside = Outsider::at(&halves.demo.base_url, &halves.demo.ca_certificate);
    assert_eq!(inside.get(link.path()).0, 404);
    // What is not a link's page is not there at all.
    for path in ["/", "/sign-in", "/api/v1/me", "/transfer", "/metrics", "/readyz"] {
        assert_eq!(outsider.get(path).0, 404, "{path}");
    }
    let large = vec![b'a'; 11_000_000];
    let (status, page) = outsider.send(link.path(), &[("a.csv", &large)]);
    assert_eq!(status, 413, "{page}");
    assert!(page.contains("受け付けていません"), "{page}");

    let chief = person(&halves, "yamamoto.akira");
    let state = chief.get("/transfer/outer").text;
    assert!(state.contains("外側の受付とつながっています"), "{state}");

    assert_eq!(deed(&manager, &link.permit, "revoke").status, 200);
    let start = Instant::now();
    while outsider.get(link.path()).0 != 404 {
        assert!(start.elapsed() < Duration::from_secs(10), "a revoked link stays open outside");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(outsider.send(link.path(), &[("b.csv", CSV)]).0, 404);
}

#[test]
fn what_waits_outside_is_unreadable_outlives_a_crash_and_arrives_once() {
    let mut halves = Halves::start();
    let (clerk, manager) = people(&halves);
    let link = link(&clerk, &manager, &asked(10, 10));
    let outsider = halves.outsider();
    until_open(&outsider, &link);
    halves.kill_inner();
    let content = "氏名,金額\r\n極秘の氏名,100\r\n".as_bytes();
    let sent = outsider.send(link.path(), &[("極秘の名前.csv", content)]);
    assert_eq!(sent.0, 200, "{sent:?}");
    assert_eq!(halves.waiting(), 1);
    for needle in ["極秘の氏名", "極秘の名前"] {
        assert!(!halves.outer_holds(needle.as_bytes()), "{needle} lies readable outside");
    }
    halves.kill_outer();
    halves.start_outer();
    // Without the inner half it takes nothing, and says so; nothing is lost.
    let (status, page) = outsider.get(link.path());
    assert_eq!(status, 503, "{page}");
    assert!(page.contains("いまは受け付けられません"), "{page}");
    halves.start_inner();
    let receiver = person(&halves, RECEIVER);
    let came = settled(&receiver, &link, 1, Duration::from_secs(90));
    assert_eq!((came.len(), &came[0]["name"]), (1, &"極秘の名前.csv".into()));
    assert_eq!(halves.waiting(), 0);
}

#[test]
fn an_outer_half_that_is_not_the_enrolled_one_is_told_apart_in_words() {
    let mut halves = Halves::start();
    halves.kill_inner();
    // Another outer half is enrolled; the one that runs is now a stranger.
    let other = tempfile::tempdir().unwrap();
    halves_support::enrol(other.path(), halves.inner_data());
    halves.start_inner();
    let chief = person(&halves, "yamamoto.akira");
    let start = Instant::now();
    loop {
        let page = chief.get("/transfer/outer").text;
        if page.contains("相手が、登録した外側の受付ではありません") {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{page}");
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// The outer half is taken over: its key speaks, a program of ours decides what.
/// With `HALVES_LONG` set all violations are tried; the pauses between the
/// connections double each time.
#[test]
fn a_hostile_outer_half_reaches_nothing_but_the_sanitiser() {
    let is_long = std::env::var_os("HALVES_LONG").is_some();
    let mut halves = Halves::start();
    let (clerk, manager) = people(&halves);
    let (right, ended) =
        (link(&clerk, &manager, &asked(20, 5)), link(&clerk, &manager, &asked(20, 5)));
    assert_eq!(deed(&manager, &ended.permit, "revoke").status, 200);
    let elsewhere = person(&halves, "abe.nanami");
    let untouched = || (inbox(&elsewhere).len(), elsewhere.get("/api/v1/upload-links").text);
    let before = untouched();
    halves.kill_outer();
    let mut hostile = Hostile::in_place_of(&halves);
    let resident = resident_kib(halves.inner_data());

    // Files by the open link: each a file to be sanitised, with a clean name.
    let [open, ended] = [&right, &ended].map(halves_support::hash);
    let program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".repeat(64);
    let mut talk = hostile.accept();
    let first = talk.sealed(open, "../../../etc/cron.d/見積書.pdf", &program);
    assert_eq!(talk.offer(&first), Verdict::Taken);
    let good = talk.sealed(open, "申請書.csv", CSV);
    assert_eq!(talk.offer(&good), Verdict::Taken);
    // The same again, the same under another id, cut, changed, for another link.
    assert_eq!(talk.offer(&good), Verdict::Taken);
    let mut moved = good.clone();
    moved.head.item = ItemId([9; 16]);
    assert_eq!(talk.offer(&moved), Verdict::Broken);
    let mut changed = talk.sealed(open, "a.csv", &[7; 200_000]);
    changed.pieces[1][5] ^= 1;
    assert_eq!(talk.offer(&changed), Verdict::Broken);
    let stranger = talk.sealed(LinkHash([7; 32]), "a.csv", CSV);
    assert_eq!(talk.offer(&stranger), Verdict::Refused, "a link that never was");
    let late = talk.sealed(ended, "a.csv", CSV);
    assert_eq!(talk.offer(&late), Verdict::Refused, "a link that was revoked");
    assert_eq!(talk.offer(&late), Verdict::Refused, "and again");
    let mut huge = talk.sealed(open, "a.csv", CSV);
    huge.head.bytes = 6_000_000;
    assert_eq!(talk.offer(&huge), Verdict::Refused, "more than the link takes");
    huge.head.bytes = u64::MAX;
    assert_eq!(talk.offer(&huge), Verdict::Refused);
    let odd = talk.sealed(open, "\u{202e}fdp.exe\0\r\n\u{7}", CSV);
    assert_eq!(talk.offer(&odd), Verdict::Taken, "an odd name is made clean");
    // A flood of answers that nobody asked for is read at the asker's pace.
    talk.flood_of_nothing(200_000, Duration::from_secs(3));
    drop(talk);

    // What the protocol does not have ends the connection.
    for bytes in halves_support::violations(is_long) {
        let mut talk = hostile.accept();
        assert!(talk.is_cut_after(&bytes), "{} bytes", bytes.len());
    }
    if is_long {
        let mut talk = hostile.accept();
        let slow = talk.sealed(open, "slow.csv", &[7; 300_000]);
        assert!(talk.is_cut_while_dripping(&slow), "a slow drip is cut");
    }

    let came = settled(&clerk, &right, 3, Duration::from_secs(60));
    assert_eq!(came.len(), 3, "{came:?}");
    let mut names: Vec<&str> = came.iter().map(|one| one["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert!(names.iter().all(|name| !name.contains(['/', '\\', '\0', '\r', '\n', '\u{7}'])));
    assert!(names.contains(&"見積書.pdf"), "{names:?}");
    let refused = came.iter().find(|one| one["name"] == "見積書.pdf").unwrap();
    assert_eq!(refused["state"], "refused", "{refused}");
    assert!(came.iter().all(|one| !one["decided"].is_null()), "each has a verdict");
    assert_eq!(untouched(), before, "another body sees nothing of it");
    let register = clerk.get("/api/v1/upload-links").json;
    let late: Vec<u64> = register["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["late"].as_u64().unwrap())
        .collect();
    assert_eq!(late.iter().sum::<u64>(), 1, "what came late is counted, once: {register}");
    assert_eq!(listening_ports(halves.inner_data()), [halves.inner_port()]);
    let grown = resident_kib(halves.inner_data()).saturating_sub(resident);
    assert!(grown < 120_000, "memory grew by {grown} KiB");
    hostile.heard_nothing_but_the_protocol();
}

/// Uploads by links under load while one half after the other is killed: what
/// the outer half said it took arrives, once, with a verdict. `HALVES_KILLS`
/// says how often (6 if it does not).
#[test]
fn what_was_taken_arrives_once_whatever_is_killed() {
    const SENDERS: usize = 4;
    let kills: u64 = std::env::var("HALVES_KILLS").map_or(6, |text| text.parse().unwrap());
    let mut halves = Halves::start();
    let (clerk, manager) = people(&halves);
    let count = usize::try_from(kills / 10).unwrap() + 1;
    let links: Vec<Link> =
        (0..count).map(|_| link(&clerk, &manager, &asked(1_000, 1_000))).collect();
    until_open(&halves.outsider(), &links[0]);
    let (stop, number) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let current = Arc::new(AtomicU64::new(0));
    // By name: whether the outer half said that it took it.
    let sent: Arc<Mutex<BTreeMap<String, bool>>> = Arc::default();
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (stop, number, sent) = (stop.clone(), number.clone(), sent.clone());
            let (links, current, outsider) = (links.clone(), current.clone(), halves.outsider());
            std::thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let name = format!("{}.csv", number.fetch_add(1, Ordering::SeqCst));
                    let content = format!("番号,名前\r\n1,{name}\r\n").repeat(200);
                    let at = usize::try_from(current.load(Ordering::SeqCst)).unwrap();
                    let path = links[at % links.len()].path();
                    sent.lock().unwrap().insert(name.clone(), false);
                    match outsider.try_send(path, &[(&name, content.as_bytes())]) {
                        Ok((200, _)) => {
                            sent.lock().unwrap().insert(name, true);
                        }
                        // This link is full: the next one.
                        Ok((413, _)) => {
                            current.fetch_max(at as u64 + 1, Ordering::SeqCst);
                        }
                        Ok(_) | Err(_) => std::thread::sleep(Duration::from_millis(200)),
                    }
                    std::thread::sleep(Duration::from_millis(250));
                }
            })
        })
        .collect();
    let mut luck = 0x2545_f491_4f6c_dd1d_u64 ^ u64::from(std::process::id());
    for _ in 0..kills {
        luck ^= luck << 13;
        luck ^= luck >> 7;
        luck ^= luck << 17;
        std::thread::sleep(Duration::from_millis(300 + luck % 3_000));
        if luck.is_multiple_of(2) {
            halves.kill_outer();
            halves.start_outer();
        } else {
            halves.kill_inner();
            std::thread::sleep(Duration::from_millis(luck % 500));
            halves.start_inner();
        }
    }
    std::thread::sleep(Duration::from_secs(2));
    stop.store(true, Ordering::SeqCst);
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    let start = Instant::now();
    while halves.waiting() > 0 {
        assert!(start.elapsed() < Duration::from_secs(120), "{} wait", halves.waiting());
        std::thread::sleep(Duration::from_millis(500));
    }
    let sent = sent.lock().unwrap();
    let taken = sent.values().filter(|is_taken| **is_taken).count();
    let receiver = person(&halves, RECEIVER);
    let mut came = Vec::new();
    for link in &links {
        came.extend(settled(&receiver, link, 0, Duration::from_secs(900)));
    }
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for passage in &came {
        let has_verdict = !passage["decided"].is_null() && passage["state"] == "delivered";
        assert!(has_verdict, "without a verdict: {passage}");
        *times.entry(passage["name"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let lost: Vec<&String> = sent
        .iter()
        .filter(|(name, taken)| **taken && !times.contains_key(*name))
        .map(|(name, _)| name)
        .collect();
    let twice: Vec<&String> =
        times.iter().filter(|(_, times)| **times > 1).map(|(name, _)| name).collect();
    println!(
        "{kills} kills: {} sent, {taken} taken, {} arrived, {} lost, {} twice",
        sent.len(),
        came.len(),
        lost.len(),
        twice.len()
    );
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert!(twice.is_empty(), "twice: {twice:?}");
    assert!(taken > 0 && times.keys().all(|name| sent.contains_key(name)));
}
