//! Kill -9 at random moments under load, on both databases: every answer that
//! was given holds afterwards, once. `SEKISHO_KILLS` says how often.

use std::sync::Arc;
use std::time::{Duration, Instant};

use endure::{Ground, Journal, Load, Luck, Postgres, Proof};

/// Kills of one test, unless told.
const KILLS: u64 = 6;

fn kills(usual: u64) -> u64 {
    std::env::var("SEKISHO_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Runs a town, kills it again and again, and proves what is left.
fn killed(what: &str, database: Option<String>) {
    let seed = Luck::seed(what);
    let (mut luck, kills) = (Luck::new(seed), kills(KILLS));
    let ground = Ground::new(database);
    let mut program = ground.start();
    let (demo, journal) = (ground.demo(), Arc::new(Journal::default()));
    let mut proof = Proof::new(&demo, &journal);
    let load = Load::start(&demo, &journal, &proof, seed);
    let mut slowest = Duration::ZERO;
    for number in 1..=kills {
        std::thread::sleep(luck.millis(30, 2_000));
        program.kill();
        if luck.one_in(4) {
            ground.verify();
        }
        if luck.one_in(6) {
            // While it starts.
            program = ground.spawn();
            std::thread::sleep(luck.millis(0, 150));
            program.kill();
        }
        let start = Instant::now();
        program = ground.start();
        slowest = slowest.max(start.elapsed());
        if luck.one_in(3) {
            proof.look();
        }
        if number % 20 == 0 {
            eprintln!("{what}: {number} kills; {}", journal.figures());
        }
    }
    std::thread::sleep(Duration::from_secs(1));
    load.stop();
    let entries = proof.whole();
    ground.verify();
    drop(program);
    ground.verify();
    let said = journal.figures();
    eprintln!("{what}: {kills} kills, {entries} entries hold; slowest start {slowest:?}; {said}");
    let pages = journal.pages();
    assert!(pages.good > kills, "the load did nothing: {said}");
    assert!(pages.refusals.is_empty(), "{:?}", pages.refusals);
}

#[test]
fn every_answer_holds_on_sqlite_however_often_the_program_is_killed() {
    killed("kills on SQLite", None);
}

#[test]
fn every_answer_holds_on_postgresql_however_often_the_program_is_killed() {
    let Some(server) = Postgres::open() else {
        eprintln!("skipped: PostgreSQL is not installed (Debian: postgresql)");
        return;
    };
    killed("kills on PostgreSQL", Some(server.url()));
}

/// Crashes of the server, unless told; a tenth of `SEKISHO_KILLS`.
const CRASHES: u64 = 2;

#[test]
fn every_answer_holds_when_postgresql_itself_crashes() {
    let Some(mut server) = Postgres::open() else {
        eprintln!("skipped: PostgreSQL is not installed (Debian: postgresql)");
        return;
    };
    let seed = Luck::seed("crashes of PostgreSQL");
    let (mut luck, crashes) = (Luck::new(seed), kills(CRASHES * 10).div_ceil(10));
    let ground = Ground::new(Some(server.url()));
    let mut program = ground.start();
    let (demo, journal) = (ground.demo(), Arc::new(Journal::default()));
    let mut proof = Proof::new(&demo, &journal);
    let load = Load::start(&demo, &journal, &proof, seed);
    for number in 0..crashes {
        std::thread::sleep(luck.millis(300, 2_500));
        match number % 3 {
            0 => server.kill(true),
            1 => server.kill(false),
            _ => server.kill_one(),
        }
        server.start();
        program.ready().unwrap();
        proof.look();
    }
    std::thread::sleep(Duration::from_secs(1));
    load.stop();
    let entries = proof.whole();
    ground.verify();
    let said = journal.figures();
    eprintln!("crashes of PostgreSQL: {crashes}, {entries} entries hold; {said}");
    let pages = journal.pages();
    let unclear: Vec<_> = pages.refusals.keys().filter(|status| **status != 503).collect();
    assert!(unclear.is_empty(), "{:?}", pages.refusals);
}

#[test]
fn a_file_that_is_sent_twice_under_one_key_is_treated_once() {
    let ground = Ground::new(None);
    let _program = ground.start();
    let (demo, journal) = (ground.demo(), Arc::new(Journal::default()));
    let proof = Proof::new(&demo, &journal);
    let clerk = &proof.people()["yamada.hanako"];
    let send = |text: &[u8]| {
        let sent = town::client::Sent::Bytes(text);
        clerk.try_send("/api/v1/files?name=a.csv", &sent, "the-key").unwrap()
    };
    let (first, again) = (send(b"a,b\r\n"), send(b"a,b\r\n"));
    assert_eq!((first.status, again.status), (201, 201), "{again:?}");
    assert_eq!(first.json["id"], again.json["id"]);
    assert!(again.headers.contains_key("idempotency-replayed"), "{again:?}");
    assert_eq!(send(b"c,d\r\n").status, 409, "another file under the key");
    let mut ledger = endure::ledger::Ledger::default();
    ledger.read_on(proof.auditor());
    let treated: u64 = ledger.by_actor("file.treated").values().sum();
    assert_eq!(treated, 1);
}
