//! Mail runs through the gate while the program, its caged workers and either
//! Postfix are killed: what was accepted arrives once, and nothing as it came.
//! `SEKISHO_MAIL_KILLS` says how often.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use endure::post::mails::{PASSWORD, Stuff};
use endure::post::senders::{Senders, Sheet};
use endure::post::{Office, Part, arrived};
use endure::{Ground, Luck, Postgres};
use town::Keeper;
use town::mail_ground::{Clamd, eicar};

/// Kills of one test, unless told; fewer do without what takes its time.
const KILLS: u64 = 5;
/// A document with macros.
const MACROS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/files/住民票交付申請書.docm");

fn kills() -> u64 {
    std::env::var("SEKISHO_MAIL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

/// An archive that a password opens (Debian: zip).
fn locked() -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("meibo.csv"),
        "a,b\r\n=HYPERLINK(\"http://evil.test\"),1\r\n",
    )
    .unwrap();
    let zip = Command::new("zip")
        .args(["-q", "-P", PASSWORD, "a.zip", "meibo.csv"])
        .current_dir(folder.path())
        .status();
    zip.ok()?.success().then(|| std::fs::read(folder.path().join("a.zip")).unwrap())
}

/// What is killed next, the program itself half of the time.
fn next(luck: &mut Luck) -> Option<Part> {
    match luck.below(20) {
        0..=9 => None,
        10..=12 => Some(Part::Worker),
        13..=15 => Some(Part::Outside),
        16..=18 => Some(Part::Inside),
        _other if luck.one_in(2) => Some(Part::OutsideMaster),
        _other => Some(Part::InsideMaster),
    }
}

fn killed(what: &str, database: Option<String>) {
    let Some(office) = Office::open() else { return };
    let seed = Luck::seed(what);
    let (mut luck, kills) = (Luck::new(seed), kills());
    let is_long = kills > KILLS;
    let clamd = if is_long { Clamd::start() } else { None };
    let more = office.configuration(clamd.as_ref().map(|clamd| clamd.socket.as_str()));
    let ground = Ground::new(database).configured(&more);
    // Beside the office's own: the program that would start its Postfix again.
    let _keeper = Keeper::over(ground.folder(), &[]);
    let mut program = ground.start();
    office.furnish(&ground.demo());
    let sheet = Arc::new(Sheet::default());
    let stuff = Stuff {
        macros: std::fs::read(MACROS).unwrap(),
        locked: if is_long { locked() } else { None },
        harmful: clamd.as_ref().map(|_| eicar()),
    };
    let pause = if is_long { 700 } else { 250 };
    let senders = Senders::start(office.port(), &sheet, stuff, seed, pause);
    let mut dead: BTreeMap<String, u64> = BTreeMap::new();
    let mut slowest = Duration::ZERO;
    let mut number = 0;
    while number < kills {
        std::thread::sleep(luck.millis(100, 2_500));
        let Some(part) = next(&mut luck) else {
            program.kill();
            if luck.one_in(6) {
                // While it starts, and takes over what went on without it.
                program = ground.spawn();
                std::thread::sleep(luck.millis(0, 1_500));
                program.kill();
            }
            std::thread::sleep(luck.millis(0, 500));
            let start = Instant::now();
            program = ground.start();
            slowest = slowest.max(start.elapsed());
            *dead.entry("the program".to_owned()).or_default() += 1;
            number += 1;
            continue;
        };
        if office.kill(part, &program, &mut luck) {
            *dead.entry(format!("{part:?}")).or_default() += 1;
            number += 1;
        }
        if number % 20 == 0 {
            eprintln!("{what}: {number} kills; {}", sheet.figures());
        }
    }
    senders.stop();
    let settling = Instant::now();
    let sum = arrived::compare(&sheet, &office.sink);
    ground.verify();
    eprintln!(
        "{what}: {kills} kills {dead:?}; {} accepted, {} unclear of which {} arrived; {} mails at \
         the town's server after {:?}; slowest start {slowest:?}",
        sum.accepted,
        sum.unclear.0,
        sum.unclear.1,
        sum.arrived,
        settling.elapsed(),
    );
    if !sum.wrong.is_empty() {
        eprintln!("{}\n{}", office.last_words(), program.said());
    }
    assert!(sum.wrong.is_empty(), "{} wrong: {:#?}", sum.wrong.len(), sum.wrong);
    assert!(sum.accepted > 0, "the load did nothing");
}

#[test]
fn every_accepted_mail_arrives_once_and_harmless_on_sqlite() {
    killed("mails on SQLite", None);
}

#[test]
fn every_accepted_mail_arrives_once_and_harmless_on_postgresql() {
    let Some(server) = Postgres::open() else {
        eprintln!("skipped: PostgreSQL is not installed (Debian: postgresql)");
        return;
    };
    killed("mails on PostgreSQL", Some(server.url()));
}

/// Told to stop, the program leaves its Postfix to go on, and `sekisho mail stop`
/// ends it; while the program runs it refuses.
#[test]
fn postfix_goes_on_without_the_program_and_ends_when_told() {
    let Some(office) = Office::open() else { return };
    let ground = Ground::new(None).configured(&office.configuration(None));
    let _keeper = Keeper::over(ground.folder(), &[]);
    let mut program = ground.start();
    office.furnish(&ground.demo());
    let stop = || {
        let config = ground.seen().join("sekisho.toml");
        ground.command(&["mail", "stop", "--json"]).arg("--config").arg(config).output().unwrap()
    };
    let refused = stop();
    assert!(!refused.status.success() && office.is_open(), "{refused:?}");
    assert!(program.stop());
    assert!(office.is_open(), "it goes on");
    let stopped = stop();
    assert_eq!(
        String::from_utf8_lossy(&stopped.stdout).trim(),
        "{\"stopped\":[\"outside\",\"inside\"]}"
    );
    assert!(!office.is_open(), "it is gone");
}
