//! A disk that fills up under load: changes are refused in words, what was
//! answered holds, pages are read on, and with room again it goes on by itself.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Clock, SystemClock};
use endure::{Cell, Ground, Journal, Load, Luck, Proof};
use town::Client;

/// Room for the demo, its write-ahead log and some seconds of work.
const DISK_BYTES: u64 = 96 << 20;

/// Takes what is free, to the last page.
fn fill(file: &Path) {
    let mut filler = OpenOptions::new().create(true).append(true).open(file).unwrap();
    for piece in [1 << 20, 4_096] {
        while filler.write_all(&vec![0; piece]).is_ok() {}
    }
}

/// Waits until `/readyz` answers as asked, and returns its words.
fn probe(client: &Client, status: u16, within: Duration) -> String {
    let start = Instant::now();
    loop {
        let reply = client.get("/readyz");
        if reply.status == status {
            return reply.text;
        }
        assert!(start.elapsed() < within, "/readyz says {} {}", reply.status, reply.text);
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_full_disk_refuses_in_words_loses_nothing_and_goes_on_when_there_is_room() {
    let Some(cell) = Cell::open(DISK_BYTES) else {
        eprintln!("skipped: this user may not mount a disk of its own (unshare -m)");
        return;
    };
    let seed = Luck::seed("full disk");
    let ground = Ground::within(&cell);
    let program = ground.start();
    let (demo, journal) = (ground.demo(), Arc::new(Journal::default()));
    let mut proof = Proof::new(&demo, &journal);
    let load = Load::start(&demo, &journal, &proof, seed);
    std::thread::sleep(Duration::from_secs(2));
    assert!(journal.pages().refusals.is_empty(), "{:?}", journal.pages().refusals);

    let filler = cell.outside().join("filler");
    let nobody = Client::nobody(&demo);
    for round in 0..2 {
        let start = Instant::now();
        while !journal.pages().refusals.contains_key(&507) {
            // What is freed by a checkpoint is taken as well.
            fill(&filler);
            assert!(start.elapsed() < Duration::from_secs(30), "round {round}: nothing refused");
        }
        let said = probe(&nobody, 503, Duration::from_secs(5));
        assert!(said == "not ready: database-full\n" || said == "not ready: disk-full\n", "{said}");
        refused_in_words(&proof);
        std::fs::remove_file(&filler).unwrap();
        assert_eq!(probe(&nobody, 200, Duration::from_secs(10)), "ready\n");
        let before = journal.pages().approved.len();
        let start = Instant::now();
        while journal.pages().approved.len() < before + 5 {
            assert!(start.elapsed() < Duration::from_secs(30), "it does not go on");
            std::thread::sleep(Duration::from_millis(50));
        }
        proof.look();
        if round == 0 {
            journal.pages().refusals.remove(&507);
        }
    }
    load.stop();
    let entries = proof.whole();
    let said = journal.figures();
    eprintln!("full disk: {entries} entries hold; {said}");
    let pages = journal.pages();
    let unclear: Vec<_> = pages.refusals.iter().filter(|(status, _)| **status != 507).collect();
    assert!(unclear.is_empty(), "{unclear:?}");
    drop(program);
    ground.verify();
}

/// What people and programs see while the disk is full.
fn refused_in_words(proof: &Proof) {
    let clerk = &proof.people()["yamada.hanako"];
    for path in ["/", "/permits", "/sanitize", "/api/v1/permits?whose=mine"] {
        let reply = clerk.get(path);
        let (to, text) = (reply.location(), &reply.text);
        assert_eq!(reply.status, 200, "{path} can be read: {to} {text}");
    }
    let ends = SystemClock::default().now().plus(Duration::from_secs(3_600));
    let ends = ends.jst().strftime("%Y-%m-%dT%H:%M").to_string();
    let fields = [
        ("what", "職員名簿"),
        ("destination", "庁内"),
        ("medium", "transfer"),
        ("personal-data", "none"),
        ("purpose", "満杯のときの申請"),
        ("ends", &ends),
        ("step", "apply"),
    ];
    let start = Instant::now();
    let page = loop {
        let page = clerk.form("/permits/new/export", "/permits/new/export", &fields);
        // Some room may be left in what was taken before.
        if page.status == 507 {
            break page;
        }
        assert_eq!(page.status, 303, "{}", page.text);
        assert!(start.elapsed() < Duration::from_secs(10), "the disk is full and nothing says so");
    };
    for part in ["保存する場所がいっぱいです", "すべて残っています", "担当者に", "再起動しなくても"]
    {
        assert!(page.text.contains(part), "{part} is missing: {}", page.text);
    }
}
