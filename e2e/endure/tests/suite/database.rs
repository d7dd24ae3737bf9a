//! A database that goes away: held still, shut down, its file taken away, its
//! rights gone. It is told in words and in time, and nothing is begun anew.

use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

use endure::{Ground, Journal, Load, Luck, Postgres, Proof};
use town::{Client, Reply};

/// Nobody waits longer for an answer, whatever it says: the console's own limit
/// is 30 seconds.
const ANSWER_MAX: Duration = Duration::from_secs(31);
/// A server that refuses connections is told sooner.
const REFUSED_MAX: Duration = Duration::from_secs(8);

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Asks until an answer of this status comes; nothing may take longer.
fn until(client: &Client, path: &str, status: u16, within: Duration) -> Reply {
    let start = Instant::now();
    loop {
        let asked = Instant::now();
        let reply = client.try_get(path);
        assert!(asked.elapsed() < within, "{path} took {:?}", asked.elapsed());
        match reply {
            Ok(reply) if reply.status == status => return reply,
            Ok(_) | Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
        assert!(start.elapsed() < ANSWER_MAX + within, "{path} never says {status}");
    }
}

#[test]
fn a_postgresql_that_goes_away_is_told_and_taken_up_again_by_itself() {
    let Some(mut server) = Postgres::open() else {
        eprintln!("skipped: PostgreSQL is not installed (Debian: postgresql)");
        return;
    };
    let seed = Luck::seed("lost PostgreSQL");
    let ground = Ground::new(Some(server.url()));
    let mut program = ground.start();
    let (demo, journal) = (ground.demo(), Arc::new(Journal::default()));
    let mut proof = Proof::new(&demo, &journal);
    let load = Load::start(&demo, &journal, &proof, seed);
    let nobody = Client::nobody(&demo);
    let clerk = proof.people()["yamada.hanako"].clone();
    std::thread::sleep(Duration::from_secs(1));

    server.stop();
    let ready = until(&nobody, "/readyz", 503, REFUSED_MAX);
    assert!(ready.text.starts_with("not ready: database-"), "{}", ready.text);
    told(&until(&clerk, "/permits", 503, REFUSED_MAX));
    std::thread::sleep(Duration::from_secs(2));
    server.start();
    program.ready().unwrap();
    goes_on(&journal);
    proof.look();
    journal.forget_waits();

    server.hold();
    let ready = until(&nobody, "/readyz", 503, REFUSED_MAX);
    assert!(ready.text.starts_with("not ready: database-"), "{}", ready.text);
    told(&until(&clerk, "/permits", 503, ANSWER_MAX));
    server.go_on();
    program.ready().unwrap();
    goes_on(&journal);
    load.stop();
    let entries = proof.whole();
    ground.verify();
    let said = journal.figures();
    eprintln!("lost PostgreSQL: {entries} entries hold; {said}");
    let pages = journal.pages();
    assert!(pages.slowest < ANSWER_MAX, "somebody waited {:?}", pages.slowest);
    let unclear: Vec<_> = pages.refusals.iter().filter(|(status, _)| **status != 503).collect();
    assert!(unclear.is_empty(), "{unclear:?}");
}

fn told(page: &Reply) {
    for part in ["今は使えません", "途中までの変更が残ることはありません", "数分待って"]
    {
        assert!(page.text.contains(part), "{part} is missing: {}", page.text);
    }
}

fn goes_on(journal: &Journal) {
    let (before, start) = (journal.pages().approved.len(), Instant::now());
    while journal.pages().approved.len() < before + 3 {
        assert!(start.elapsed() < ANSWER_MAX * 2, "it does not go on: {}", journal.figures());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_file_that_is_taken_away_is_told_at_once_and_never_replaced_by_an_empty_one() {
    let ground = Ground::new(None);
    let program = ground.start();
    let (demo, journal) = (ground.demo(), Arc::new(Journal::default()));
    let proof = Proof::new(&demo, &journal);
    let nobody = Client::nobody(&demo);
    let (file, away) = (ground.seen().join("sekisho.db"), ground.seen().join("away.db"));
    std::fs::rename(&file, &away).unwrap();
    let ready = nobody.get("/readyz");
    assert_eq!((ready.status, ready.text.as_str()), (503, "not ready: database-gone\n"));
    let clerk = &proof.people()["yamada.hanako"];
    told(&clerk.get("/permits"));
    assert_eq!(clerk.send_bytes("/api/v1/files?name=a.csv", b"a,b\r\n").status, 503);
    assert!(!file.exists(), "an empty file was made");

    // Put back, it goes on without hands.
    std::fs::rename(&away, &file).unwrap();
    assert_eq!(nobody.get("/readyz").status, 200);
    assert_eq!(clerk.get("/permits").status, 200);
    assert_eq!(clerk.send_bytes("/api/v1/files?name=a.csv", b"a,b\r\n").status, 201);
    drop(program);
    ground.verify();
}

#[test]
fn a_folder_that_lost_its_database_or_its_keys_is_not_begun_anew() {
    let ground = Ground::new(None);
    assert!(ground.start().stop(), "it ends well and leaves all in one file");
    let (file, away) = (ground.seen().join("sekisho.db"), ground.seen().join("away.db"));
    let refused = |words: &[&str]| {
        let output = ground.up(&["--demo"]).output().unwrap();
        assert!(!output.status.success(), "{}", said(&output));
        for part in words {
            assert!(said(&output).contains(part), "{part} is missing: {}", said(&output));
        }
    };
    std::fs::rename(&file, &away).unwrap();
    let lost = ["データベース", "新しく作り直すことはしません", "sekisho restore", "is lost"];
    refused(&lost);
    assert!(!file.exists(), "an empty file was made");
    // An empty file in its place is no store either.
    std::fs::write(&file, b"").unwrap();
    refused(&lost);
    std::fs::write(&file, b"this is no database at all, but some text of another program").unwrap();
    refused(&["SQLiteのデータベースではありません", "is no SQLite database"]);
    std::fs::rename(&away, &file).unwrap();
    let (key, kept) = (ground.seen().join("keys/seal.key"), ground.seen().join("kept.key"));
    std::fs::rename(&key, &kept).unwrap();
    refused(&["keys/seal.key", "鍵", "sekisho restore"]);
    assert!(!key.exists(), "another key was made");
    std::fs::rename(&kept, &key).unwrap();
    drop(ground.start());
    ground.verify();
}

#[test]
fn another_postgresql_than_before_is_not_begun_anew() {
    let Some(server) = Postgres::open() else {
        eprintln!("skipped: PostgreSQL is not installed (Debian: postgresql)");
        return;
    };
    let ground = Ground::new(Some(server.url()));
    drop(ground.start());
    server.tell("ALTER DATABASE town RENAME TO away");
    server.tell("CREATE DATABASE town OWNER town TEMPLATE template0");
    let output = ground.up(&["--demo"]).output().unwrap();
    assert!(!output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("新しく作り直すことはしません"), "{}", said(&output));
    server.tell("DROP DATABASE town");
    let output = ground.up(&["--demo"]).output().unwrap();
    assert!(said(&output).contains("データベースが応答しません"), "{}", said(&output));
    server.tell("ALTER DATABASE away RENAME TO town");
    drop(ground.start());
    ground.verify();
}
