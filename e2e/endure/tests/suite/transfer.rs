//! Files that cross while the program, or a caged worker alone, is killed, the
//! disk fills up or the database goes away: none lost, none handed over twice,
//! none without a verdict. `SEKISHO_KILLS` says how often.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use endure::crossings::{Sheet, configuration, people};
use endure::{Cell, Crossings, Ground, Journal, Luck, Passed, Postgres};
use town::Program;

/// Kills of one test, unless told.
const KILLS: u64 = 4;
/// A document whose macros somebody must approve.
const MACROS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/files/住民票交付申請書.docm");

fn kills() -> u64 {
    std::env::var("SEKISHO_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

/// A town with folders, at work.
struct Town {
    ground: Ground,
    program: Program,
    put: PathBuf,
    out: PathBuf,
    journal: Arc<Journal>,
    sheet: Arc<Sheet>,
    passed: Passed,
    load: Option<Crossings>,
}

impl Town {
    fn start(ground: Ground, folders: &Path, seed: u64) -> Self {
        let (put, out) = (folders.join("in"), folders.join("out"));
        for folder in [&put, &out] {
            std::fs::create_dir_all(folder).unwrap();
        }
        let ground = ground.configured(&configuration(&put, &out));
        let program = ground.start();
        let (demo, journal) = (ground.demo(), Arc::new(Journal::default()));
        let sheet = Arc::new(Sheet::default());
        let passed = Passed::new(&demo, &journal, &sheet, people(&demo));
        let macros = std::fs::read(MACROS).unwrap();
        let load = Crossings::start(
            &demo,
            (&journal, &sheet),
            passed.people(),
            (put.clone(), macros),
            seed,
        );
        Self { ground, program, put, out, journal, sheet, passed, load: Some(load) }
    }

    /// Ends the load and compares everything.
    fn end(mut self, what: &str) {
        if let Some(load) = self.load.take() {
            load.stop();
        }
        let count = self.passed.whole(&self.put, &self.out);
        self.ground.verify();
        drop(self.program);
        self.ground.verify();
        let (said, calls) = (self.sheet.figures(), self.journal.figures());
        eprintln!("{what}: {count} passages hold; {said}; {calls}");
        assert!(count > 0, "the load did nothing: {calls}");
    }
}

/// Ends one caged worker of a program, if it has one now.
fn kill_a_worker(program: &Program, luck: &mut Luck) -> bool {
    let all: Vec<u32> = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|id| parent(*id) == Some(program.number()))
        .collect();
    let Some(count) = u64::try_from(all.len()).ok().filter(|count| *count > 0) else {
        return false;
    };
    let chosen = all[usize::try_from(luck.below(count)).unwrap()];
    let killed = std::process::Command::new("kill").args(["-KILL", &chosen.to_string()]).status();
    killed.is_ok_and(|status| status.success())
}

fn parent(id: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok()
}

fn killed(what: &str, database: Option<String>) {
    let seed = Luck::seed(what);
    let (mut luck, kills) = (Luck::new(seed), kills());
    let place = tempfile::tempdir().unwrap();
    let mut town = Town::start(Ground::new(database), place.path(), seed);
    let mut workers = 0;
    for number in 1..=kills {
        std::thread::sleep(luck.millis(100, 2_500));
        if luck.one_in(4) {
            workers += u64::from(kill_a_worker(&town.program, &mut luck));
        } else {
            town.program.kill();
            if luck.one_in(6) {
                // While it starts.
                town.program = town.ground.spawn();
                std::thread::sleep(luck.millis(0, 150));
                town.program.kill();
            }
            town.program = town.ground.start();
        }
        if number % 20 == 0 {
            eprintln!("{what}: {number} kills; {}", town.sheet.figures());
        }
    }
    std::thread::sleep(Duration::from_secs(2));
    let refusals = town.journal.pages().refusals.clone();
    eprintln!("{what}: {kills} kills, {workers} of them of a worker alone");
    town.end(what);
    assert!(refusals.is_empty(), "{refusals:?}");
}

#[test]
fn nothing_that_crosses_is_lost_or_doubled_on_sqlite() {
    killed("crossings on SQLite", None);
}

#[test]
fn nothing_that_crosses_is_lost_or_doubled_on_postgresql() {
    let Some(server) = Postgres::open() else {
        eprintln!("skipped: PostgreSQL is not installed (Debian: postgresql)");
        return;
    };
    killed("crossings on PostgreSQL", Some(server.url()));
}

/// How long a part of these tests waits for something to happen.
const PART_MAX: Duration = Duration::from_secs(40);

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PART_MAX, "{what} does not happen");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// How many sends were answered.
fn answered(sheet: &Sheet) -> usize {
    sheet.lines().values().filter(|line| line.id.is_some()).count()
}

#[test]
fn a_full_disk_stops_what_crosses_in_words_and_loses_nothing() {
    const DISK_BYTES: u64 = 96 << 20;
    let Some(cell) = Cell::open(DISK_BYTES) else {
        eprintln!("skipped: this user may not mount a disk of its own (unshare -m)");
        return;
    };
    let seed = Luck::seed("crossings on a full disk");
    let place = tempfile::tempdir().unwrap();
    let town = Town::start(Ground::within(&cell), place.path(), seed);
    until("a first crossing", || answered(&town.sheet) > 5);
    let filler = cell.outside().join("filler");
    until("a refusal", || {
        fill(&filler);
        town.journal.pages().refusals.contains_key(&507)
    });
    std::fs::remove_file(&filler).unwrap();
    let before = answered(&town.sheet);
    until("going on", || answered(&town.sheet) > before + 5);
    let refusals = town.journal.pages().refusals.clone();
    town.end("crossings on a full disk");
    let unclear: Vec<_> = refusals.iter().filter(|(status, _)| **status != 507).collect();
    assert!(unclear.is_empty(), "{unclear:?}");
}

/// Takes what is left of a disk.
fn fill(file: &Path) {
    use std::io::Write as _;
    let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(file) else {
        return;
    };
    let mut piece = vec![7_u8; 1 << 20];
    while !piece.is_empty() {
        if file.write_all(&piece).is_err() {
            piece.truncate(piece.len() / 2);
        }
    }
}

#[test]
fn a_lost_database_stops_what_crosses_in_words_and_loses_nothing() {
    let Some(mut server) = Postgres::open() else {
        eprintln!("skipped: PostgreSQL is not installed (Debian: postgresql)");
        return;
    };
    let seed = Luck::seed("crossings without their database");
    let place = tempfile::tempdir().unwrap();
    let town = Town::start(Ground::new(Some(server.url())), place.path(), seed);
    until("a first crossing", || answered(&town.sheet) > 5);
    server.stop();
    until("a refusal", || town.journal.pages().refusals.contains_key(&503));
    server.start();
    let before = answered(&town.sheet);
    until("going on", || answered(&town.sheet) > before + 5);
    let refusals = town.journal.pages().refusals.clone();
    town.end("crossings without their database");
    let unclear: Vec<_> = refusals.iter().filter(|(status, _)| **status != 503).collect();
    assert!(unclear.is_empty(), "{unclear:?}");
}

#[test]
fn a_folder_that_vanishes_is_told_on_the_page_of_the_system() {
    let seed = Luck::seed("a folder that vanishes");
    let place = tempfile::tempdir().unwrap();
    let town = Town::start(Ground::new(None), place.path(), seed);
    let away = place.path().join("away");
    std::fs::rename(&town.out, &away).unwrap();
    until("an alarm", || town.passed.alarms().iter().any(|alarm| alarm.contains("out")));
    std::fs::rename(&away, &town.out).unwrap();
    until("being well again", || town.passed.alarms().is_empty());
    town.end("a folder that vanishes");
}
