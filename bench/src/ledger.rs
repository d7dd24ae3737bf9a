//! The ledger at size: a million entries written, exported, verified from the
//! file and from the rows, and searched, beside `sha256sum` and a few lines of
//! Python over the same file.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use base::{BodyId, ManualClock, SeededRandom, Timestamp};
use records::{
    Action, Actor, Entry, Export, Filter, Key, Origin, Range, Sequence, Subject, Verify,
    verify_export, verify_rows,
};
use store::{Address, Settings, Store};

use crate::place;

/// Entries, unless told otherwise.
const ENTRIES: i64 = 1_000_000;
/// Entries in one unit of work while filling.
const BATCH: i64 = 2_000;
/// One checkpoint for so many entries.
const SIGNED_EVERY: i64 = 10_000;
/// The search bench asks each question this often.
const SEARCHES: usize = 50;

const ACTIONS: &[Action] = &[
    Action::new("sign-in.succeeded"),
    Action::new("permit.applied"),
    Action::new("permit.approved"),
    Action::new("permit.used"),
    Action::new("permit.ended"),
    Action::new("file.disarmed"),
];
const RARE: Action = Action::new("people.left");

/// Runs the bench and writes `target/bench/ledger.md`.
pub fn run(arguments: &[String]) -> Result<()> {
    let entries = match arguments {
        [] => ENTRIES,
        [count] => count.parse().context("how many entries?")?,
        _ => anyhow::bail!("usage: bench ledger [ENTRIES]"),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(measure(entries))?;
    std::fs::write(place::scratch("")?.join("ledger.md"), &report)?;
    println!("{report}");
    Ok(())
}

async fn measure(entries: i64) -> Result<String> {
    let folder = place::scratch("ledger")?;
    let file = folder.join("ledger.jsonl");
    let (store, body, clock) = open(&folder.join("ledger.db")).await?;
    let key = Key::generate(&SeededRandom::new(5));
    let verify = Verify { keys: vec![key.public()], witnesses: Vec::new() };
    let mut report = format!(
        "# The ledger, {entries} entries\n\n| what | seconds | entries/s | peak MiB |\n|---|---:|---:|---:|\n"
    );
    let mut line = |what: &str, took: Took| {
        let rate = entries as f64 / took.seconds;
        let _ =
            writeln!(report, "| {what} | {:.2} | {rate:.0} | {} |", took.seconds, took.peak_mib);
    };

    let watch = Watch::start();
    fill(&store, body, &clock, &key, entries).await?;
    line("written to SQLite, 2000 in a work", watch.stop());

    let watch = Watch::start();
    let bytes = export(&store, body, &key, &file).await?;
    line("exported", watch.stop());

    let watch = Watch::start();
    let from_file = verify_export(BufReader::with_capacity(1 << 20, File::open(&file)?), &verify)?;
    let ours = watch.stop();
    line("verified from the export file", ours);

    let watch = Watch::start();
    let mut work = store.read(body).await?;
    let from_rows = verify_rows(&mut work, &verify).await?;
    drop(work);
    line("verified from SQLite", watch.stop());
    ensure!(from_file.end == from_rows.end, "file and rows end differently");
    ensure!(from_file.entries() >= entries, "entries are missing");

    let sum = outside(Command::new("sha256sum").arg(&file))?;
    line("peer: sha256sum of the file", sum);
    let script = place::root().join("bench/oracles/ledger.py");
    let python = outside(Command::new("python3").arg(script).arg(&file))?;
    line("peer: Python, the chain without signatures", python);
    let _ = writeln!(
        report,
        "\nThe file has {} MiB. Verifying it takes {:.2} times `sha256sum` and {:.2} times the Python.\n",
        bytes >> 20,
        ours.seconds / sum.seconds,
        ours.seconds / python.seconds,
    );
    report.push_str(&searches(&store, body).await?);
    store.close().await;
    Ok(report)
}

async fn open(file: &Path) -> Result<(Store, BodyId, Arc<ManualClock>)> {
    for suffix in ["", "-wal", "-shm"] {
        let old = format!("{}{suffix}", file.display());
        if Path::new(&old).exists() {
            std::fs::remove_file(&old).with_context(|| old.clone())?;
        }
    }
    let start = Timestamp::parse("2026-04-01T00:00:00Z").context("a time")?;
    let clock = Arc::new(ManualClock::at(start));
    let random = Arc::new(SeededRandom::new(9));
    let body = BodyId::new(start, &*random);
    let address = Address::Sqlite(file.to_owned());
    let store = Store::open(Settings { address, clock: clock.clone(), random }).await?;
    store.migrate(records::MIGRATIONS).await?;
    Ok((store, body, clock))
}

async fn fill(
    store: &Store,
    body: BodyId,
    clock: &ManualClock,
    key: &Key,
    entries: i64,
) -> Result<()> {
    for first in (0..entries).step_by(usize::try_from(BATCH)?) {
        clock.advance(Duration::from_secs(20));
        let mut work = store.begin(body).await?;
        for number in first..(first + BATCH).min(entries) {
            records::append(&mut work, &entry(number)).await?;
            if number % SIGNED_EVERY == SIGNED_EVERY - 1 {
                records::checkpoint(&mut work, key, Actor::System("bench"), Origin::Job).await?;
            }
        }
        work.commit().await?;
    }
    Ok(())
}

/// An entry as a busy town writes them: a thousand people, six usual actions.
fn entry(number: i64) -> Entry {
    let action = if number % 9_973 == 7 { RARE } else { ACTIONS[spread(number, ACTIONS.len())] };
    let person = format!("01JPERSON{:017}", spread(number * 31, 1_000));
    let permit = format!("01JPERMIT{:017}", number / 5);
    let address = std::net::Ipv4Addr::new(10, 20, 30, 40);
    Entry::new(
        Actor::Person(person),
        action,
        Subject::new("permit", &permit),
        Origin::Address(address.into()),
    )
    .on_permit(&permit)
    .with("purpose", "住民票の写しを交付するための持出し")
    .with("hours", 24_u32)
    .with("sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
}

/// A number below `limit` that looks like chance and repeats.
fn spread(number: i64, limit: usize) -> usize {
    let mixed = number.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    usize::try_from(mixed).unwrap_or(0) % limit
}

async fn export(store: &Store, body: BodyId, key: &Key, file: &Path) -> Result<u64> {
    let mut work = store.read(body).await?;
    let last = records::head(&mut work).await?.sequence;
    let range = Range { first: Sequence::FIRST, last };
    let mut export = Export::begin(work, range, key.clone()).await?;
    let mut out = File::create(file)?;
    while let Some(chunk) = export.chunk().await? {
        out.write_all(chunk.as_bytes())?;
    }
    Ok(out.metadata()?.len())
}

/// Pages of 50 under several filters: half of the waits are shorter than the
/// first figure, 95 of 100 than the second.
async fn searches(store: &Store, body: BodyId) -> Result<String> {
    let text = |value: &str| Some(value.to_owned());
    let every = Filter::default();
    let from = Timestamp::parse("2026-04-01T00:30:00Z");
    let until = Timestamp::parse("2026-04-01T01:00:00Z");
    let questions = [
        ("newest", every.clone()),
        ("a person", Filter { actor: text(&format!("01JPERSON{:017}", 77)), ..every.clone() }),
        ("an area, `permit.`", Filter { action: text("permit."), ..every.clone() }),
        ("a rare action", Filter { action: text(RARE.name()), ..every.clone() }),
        ("a permit", Filter { permit: text(&format!("01JPERMIT{:017}", 4_321)), ..every.clone() }),
        ("half an hour", Filter { from, until, ..every.clone() }),
        (
            "a person's rare action",
            Filter {
                actor: text(&format!("01JPERSON{:017}", 77)),
                action: text(RARE.name()),
                ..every
            },
        ),
    ];
    let mut report = String::from(
        "| search, 50 a page | median ms | p95 ms | found on page |\n|---|---:|---:|---:|\n",
    );
    for (name, filter) in questions {
        let mut waits = Vec::with_capacity(SEARCHES);
        let mut found = 0;
        for _ in 0..SEARCHES {
            let started = Instant::now();
            let mut work = store.read(body).await?;
            found = records::search(&mut work, &filter, None, 50).await?.entries.len();
            waits.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        waits.sort_by(f64::total_cmp);
        let (median, p95) = (waits[SEARCHES / 2], waits[SEARCHES * 95 / 100]);
        let _ = writeln!(report, "| {name} | {median:.2} | {p95:.2} | {found} |");
    }
    Ok(report)
}

/// What something cost.
#[derive(Clone, Copy)]
struct Took {
    seconds: f64,
    peak_mib: u64,
}

/// Measures time, and the memory of this process at its highest.
struct Watch(Instant);

impl Watch {
    fn start() -> Self {
        // Resets the kernel's high-water mark of this process (proc(5)).
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        Self(Instant::now())
    }

    fn stop(self) -> Took {
        let seconds = self.0.elapsed().as_secs_f64();
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
        Took { seconds, peak_mib: kib.unwrap_or(0) / 1_024 }
    }
}

fn outside(command: &mut Command) -> Result<Took> {
    let started = Instant::now();
    let status = command.stdout(Stdio::null()).status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(Took { seconds: started.elapsed().as_secs_f64(), peak_mib: 0 })
}
