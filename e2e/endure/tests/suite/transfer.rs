//! Files that cross while the program, or a caged worker alone, is killed, the
//! disk fills up or the database goes away: none lost, none handed over twice,
//! none without a verdict. `SEKISHO_KILLS` says how often.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use endure::crossings::{Sheet, configuration, people};
use endure::{Cell, Crossings, Ground, Journal, Luck, Passed, Postgres};
use town::{Client, Program};

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
    let (refusals, said) = (town.journal.pages().refusals.clone(), town.program.said());
    town.end("crossings without their database");
    let unclear: Vec<_> = refusals.iter().filter(|(status, _)| **status != 503).collect();
    let reasons: Vec<_> = said.lines().filter(|line| line.contains("a request failed")).collect();
    assert!(unclear.is_empty(), "{unclear:?}: {reasons:?}");
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

/// Megabytes of the file that a script sends, unless `SEKISHO_SEND_MIB` says.
const SEND_MIB: u64 = 160;
/// What the sending command may need, whatever the file's size.
const SEND_KIB_MAX: u64 = 64 * 1_024;

/// A script sends a large file while the program is killed under it: it goes on
/// with what came over, makes one passage, and holds little of the file.
#[test]
fn a_script_goes_on_with_a_large_file_after_a_kill() {
    let mib = std::env::var("SEKISHO_SEND_MIB").ok().and_then(|text| text.parse().ok());
    let bytes = mib.unwrap_or(SEND_MIB) << 20;
    let ground = Ground::new(None);
    let mut program = ground.start();
    let demo = ground.demo();
    let clerk = Client::sign_in(&demo, demo.person("yamada.hanako"));
    let token = token(&clerk, &Client::sign_in(&demo, demo.person("tanaka.hiroshi")));
    let place = ground.beside("sends");
    let file = std::fs::File::create(place.join("大きい.bin")).unwrap();
    file.set_len(bytes).unwrap();
    let mut script = std::process::Command::new(town::program::binary())
        .args(["send", "--server", &demo.base_url, "--to", "sasaki.taro", "大きい.bin"])
        .arg("--ca")
        .arg(&demo.ca_certificate)
        .env("SEKISHO_TOKEN", token)
        .current_dir(&place)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut most = 0;
    until("the first of it being kept", || {
        most = most.max(peak_kib(script.id()));
        let uploads = clerk.get("/api/v1/uploads").json;
        uploads["items"][0]["offset"].as_u64().is_some_and(|offset| offset > 0)
    });
    program.kill();
    std::thread::sleep(Duration::from_millis(300));
    program = ground.start();
    let start = Instant::now();
    while script.try_wait().unwrap().is_none() {
        most = most.max(peak_kib(script.id()));
        assert!(start.elapsed() < Duration::from_secs(600), "it does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    let done = script.wait_with_output().unwrap();
    let id = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    assert_eq!(done.status.code(), Some(0), "{id} {}", done.status);
    eprintln!("a script sent {} MiB over a kill; {most} KiB at most", bytes >> 20);
    assert!(most < SEND_KIB_MAX, "{most} KiB");
    let sent = clerk.get("/api/v1/passages?box=outbox").json;
    let all = sent["items"].as_array().unwrap();
    assert_eq!((all.len(), &all[0]["id"]), (1, &serde_json::json!(id)), "{sent}");
    assert_eq!(all[0]["bytes"], bytes);
    assert_eq!(all[0]["sha256"], zeros(bytes).as_str(), "as it lies on the disk");
    drop(program);
    ground.verify();
}

/// The most memory that a process has had, in KiB.
fn peak_kib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// The SHA-256 of so many zeros, a whole number of megabytes.
fn zeros(bytes: u64) -> String {
    use sha2::Digest as _;
    let mut hash = sha2::Sha256::new();
    let piece = vec![0_u8; 1 << 20];
    for _ in 0..bytes >> 20 {
        hash.update(&piece);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A token by which a program sends in somebody's name.
fn token(clerk: &Client, chief: &Client) -> String {
    let now = base::Clock::now(&base::SystemClock::default());
    let asked = serde_json::json!({
        "kind": "api-token", "purpose": "耐久試験",
        "scope": { "system": "耐久試験", "scopes": ["apply"] },
        "ends_at": now.plus(Duration::from_secs(3_600)).to_string(),
    });
    let permit = clerk.post("/api/v1/permits", &asked).json;
    let path = format!("/api/v1/permits/{}", permit["id"].as_str().unwrap());
    let version = serde_json::json!({ "version": permit["version"] });
    assert_eq!(chief.post(&format!("{path}/approve"), &version).status, 200);
    let issued = clerk.post(&format!("{path}/issue"), &serde_json::json!({})).json;
    issued["secret"].as_str().unwrap().to_owned()
}
