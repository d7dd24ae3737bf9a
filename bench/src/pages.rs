//! What people wait for: a town at size, the real program over it, and every
//! list and detail page asked as the person who sees it, on SQLite and on
//! PostgreSQL, at three sizes, beside bare SQL and a file server.

mod crowd;
mod desk;
mod fill;
mod house;
mod ledger;
mod peers;
mod permits;
mod plan;
mod postgres;
mod rows;
mod takings;
mod town;
mod walk;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Result, bail};
use tokio::runtime::Runtime;

use self::fill::Goal;
use self::house::House;
use self::walk::Walked;
use crate::place;

/// The town of the promise; the other sizes are shares of it.
const WHOLE: Goal = Goal { people: 10_000, permits: 1_000_000, records: 5_000_000 };
/// How many ten-thousandths of the whole are measured, one after the other in
/// the same store.
const SHARES: [u32; 3] = [100, 1_000, 10_000];
const SMALL_SHARES: [u32; 3] = [10, 30, 100];

/// What was asked on the command line.
struct Asked {
    shares: [u32; 3],
    keep: Option<PathBuf>,
    only: Option<Kind>,
    /// Only pages whose name has this word.
    word: String,
}

/// The databases.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    const fn folder(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// One size on one database, measured.
struct Stage {
    goal: Goal,
    fill_seconds: f64,
    store_mib: u64,
    walked: Walked,
}

/// Runs the bench and writes `target/bench/pages.md`.
pub fn run(arguments: &[String]) -> Result<()> {
    let asked = read(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut report = format!("# Pages, {}\n\n", said(WHOLE.share(asked.shares[2])));
    for kind in [Kind::Sqlite, Kind::Postgres] {
        if asked.only.is_none_or(|only| only == kind) {
            measure(&runtime, kind, &asked, &mut report)?;
        }
    }
    std::fs::write(place::scratch("")?.join("pages.md"), &report)?;
    println!("{report}");
    Ok(())
}

fn read(arguments: &[String]) -> Result<Asked> {
    let mut asked = Asked { shares: SHARES, keep: None, only: None, word: String::new() };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().cloned().unwrap_or_default();
        match argument.as_str() {
            "--small" => asked.shares = SMALL_SHARES,
            "--keep" => asked.keep = Some(value().into()),
            "--pages" => asked.word = value(),
            "--only" => {
                let name = value();
                let known = [Kind::Sqlite, Kind::Postgres].into_iter();
                asked.only = known.into_iter().find(|kind| kind.folder() == name);
                if asked.only.is_none() {
                    bail!("--only sqlite | postgres");
                }
            }
            _ => bail!(
                "usage: bench pages [--small] [--keep DIR] [--only sqlite|postgres] [--pages WORD]"
            ),
        }
    }
    Ok(asked)
}

/// One database through all sizes. A kept store that is as large already is
/// measured as it is.
fn measure(runtime: &Runtime, kind: Kind, asked: &Asked, report: &mut String) -> Result<()> {
    let folder = match &asked.keep {
        Some(folder) => folder.join(kind.folder()),
        None => place::scratch(&format!("pages/{}", kind.folder()))?,
    };
    if asked.keep.is_none() && folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let mut house = House::found(&folder, kind, runtime)?;
    let mut stages = Vec::new();
    for share in asked.shares {
        let goal = WHOLE.share(share);
        eprintln!("{}: {}", kind.name(), said(goal));
        let started = Instant::now();
        if !runtime.block_on(house.grow(goal))? {
            eprintln!("  is there already");
            continue;
        }
        let fill_seconds = started.elapsed().as_secs_f64();
        let walked = walk::walk(runtime, &mut house, &asked.word, share == asked.shares[2])?;
        stages.push(Stage { goal, fill_seconds, store_mib: house.size_mib()?, walked });
    }
    if stages.is_empty() {
        let goal = WHOLE.share(asked.shares[2]);
        let walked = walk::walk(runtime, &mut house, &asked.word, true)?;
        stages.push(Stage { goal, fill_seconds: 0.0, store_mib: house.size_mib()?, walked });
    }
    write(kind, &stages, report);
    drop(house);
    if asked.keep.is_none() {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

fn said(goal: Goal) -> String {
    let Goal { people, permits, records } = goal;
    format!("{people} people, {permits} permits, {records} records")
}

fn write(kind: Kind, stages: &[Stage], report: &mut String) {
    let _ = writeln!(report, "## {}\n", kind.name());
    let _ = writeln!(
        report,
        "| size | filled in s | store MiB | pages | p50 ms | p95 ms | p99 ms | slowest page's p95 ms | above 100 ms |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    );
    for stage in stages {
        let all = stage.walked.all();
        let _ = writeln!(
            report,
            "| {} | {:.0} | {} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {} |",
            said(stage.goal),
            stage.fill_seconds,
            stage.store_mib,
            stage.walked.pages.len(),
            all.p50,
            all.p95,
            all.p99,
            stage.walked.pages.iter().map(|page| page.figures.p95).fold(0.0, f64::max),
            stage.walked.pages.iter().filter(|page| page.figures.p95 > 100.0).count(),
        );
    }
    let Some((last, earlier)) = stages.split_last() else { return };
    let _ = write!(report, "\nMilliseconds at the largest size");
    let _ = writeln!(report, "; p95 at the smaller sizes beside them.\n");
    let growth: String = earlier.iter().map(|stage| format!(" {} |", stage.goal.records)).collect();
    let marks = "---:|".repeat(earlier.len());
    let _ = writeln!(
        report,
        "| page | who |{growth} p50 | p95 | p99 | max | KiB | bare SQL | same bytes as a file | times both |\n|---|---|{marks}---:|---:|---:|---:|---:|---:|---:|---:|"
    );
    for (place, page) in last.walked.pages.iter().enumerate() {
        let before = earlier.iter().map(|stage| stage.walked.pages.get(place));
        let before: String = before.map(|page| page.map_or(0.0, |page| page.figures.p95)).fold(
            String::new(),
            |mut all, p95| {
                let _ = write!(all, " {p95:.1} |");
                all
            },
        );
        let figures = &page.figures;
        let both = page.bare_ms + page.file_ms;
        let _ = writeln!(
            report,
            "| {} | {} |{before} {:.1} | {:.1} | {:.1} | {:.1} | {} | {:.2} | {:.2} | {:.1} |",
            page.name,
            page.who,
            figures.p50,
            figures.p95,
            figures.p99,
            figures.max,
            page.bytes >> 10,
            page.bare_ms,
            page.file_ms,
            figures.p50 / both,
        );
    }
    report.push_str(&last.walked.further);
    report.push('\n');
}
