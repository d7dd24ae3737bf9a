//! The sanitiser beside other tools: the same files, the same run, one pinned
//! core. Speed, waiting time, memory and size, with and without the jail.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::{oracle, place};

/// Files that a slow tool is given, evenly over the list.
const SAMPLE_SLOW: usize = 12;
const SAMPLE_MIDDLE: usize = 60;
/// Files turned into pictures.
const SAMPLE_PICTURES: usize = 40;

/// One tool over one list.
struct Run {
    tool: String,
    micros: Vec<u64>,
    failed: usize,
    bytes: [u64; 2],
    peak_kib: u64,
    pages: u64,
}

/// Runs the comparison and writes `target/bench/peers.md`.
pub fn run(_arguments: &[String]) -> Result<()> {
    require_programs()?;
    let python = place::python("peers", "peers-requirements.txt")?;
    let program = sekisho()?;
    let mut report = String::from(
        "# Beside other tools\n\nOne pinned core, one run; files per second count delivered and refused files alike.\n",
    );
    for kind in ["docx", "xlsx", "pptx", "pdf"] {
        let files = list(kind)?;
        let mut runs = vec![ours(&files, &["--discard", "--pinned"], "sekisho, in process")?];
        runs.extend(jailed(&program, &files)?);
        runs.push(peer(&python, "gatekeeper-cdr", &files)?);
        runs.push(peer(Path::new("/usr/bin/python3"), "mat2", &sample(&files, SAMPLE_SLOW))?);
        if kind == "pdf" {
            runs.push(peer(&python, "qpdf", &sample(&files, SAMPLE_MIDDLE))?);
            runs.push(peer(&python, "pdftocairo", &sample(&files, SAMPLE_MIDDLE))?);
        }
        report.push_str(&table(kind, &mut runs));
    }
    report.push_str(&pictures(&python)?);
    report.push_str(&made(&python)?);
    std::fs::write(place::scratch("")?.join("peers.md"), &report)?;
    println!("{report}");
    Ok(())
}

/// The command, built here; `SEKISHO_BIN` names a ready one instead.
fn sekisho() -> Result<PathBuf> {
    if let Some(ready) = std::env::var_os("SEKISHO_BIN") {
        return Ok(ready.into());
    }
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "-q", "-p", "sekisho"]).current_dir(place::root());
    place::run(&mut build)?;
    Ok(place::scratch("")?.join("../release/sekisho"))
}

/// Fails with what to install; nothing is left out silently.
fn require_programs() -> Result<()> {
    let wanted = [
        ("taskset", "util-linux"),
        ("mat2", "mat2"),
        ("qpdf", "qpdf"),
        ("pdftocairo", "poppler-utils"),
        ("soffice", "libreoffice-writer-nogui libreoffice-calc-nogui libreoffice-impress-nogui"),
    ];
    let is_there = |program: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(program).exists())
    };
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|(program, _)| !is_there(program))
        .map(|(_, package)| *package)
        .collect();
    if !missing.is_empty() {
        bail!("install first: apt-get install {}", missing.join(" "));
    }
    Ok(())
}

fn list(kind: &str) -> Result<Vec<PathBuf>> {
    let folder = place::corpus()?.join(if kind == "pdf" { "pdf" } else { "office" });
    let mut files = place::files(&folder)?;
    files.retain(|path| {
        path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(kind))
    });
    Ok(files)
}

/// Takes `count` files, evenly.
fn sample(files: &[PathBuf], count: usize) -> Vec<PathBuf> {
    let step = files.len().div_ceil(count.max(1)).max(1);
    files.iter().step_by(step).cloned().collect()
}

fn ours(files: &[PathBuf], flags: &[&str], tool: &str) -> Result<Run> {
    let (rows, peak) = oracle::sanitise(files, &place::scratch("peers-out")?, flags)?;
    let delivered: Vec<&Value> = rows.iter().filter(|row| row["bytes_out"].is_u64()).collect();
    let total = |key: &str| delivered.iter().filter_map(|row| row[key].as_u64()).sum();
    Ok(Run {
        tool: tool.to_owned(),
        micros: rows.iter().filter_map(|row| row["micros"].as_u64()).collect(),
        failed: rows.len() - delivered.len(),
        bytes: [total("bytes_in"), total("bytes_out")],
        peak_kib: peak["peak_kib"].as_u64().unwrap_or(0),
        pages: 0,
    })
}

/// The command as people run it: reading, jail, writing, report.
fn jailed(program: &Path, files: &[PathBuf]) -> Result<Option<Run>> {
    let folder = place::scratch("peers-jailed")?;
    let report = folder.join("report.jsonl");
    let _ = std::fs::remove_file(&report);
    let started = Instant::now();
    let mut command = Command::new("taskset");
    command
        .args(["-c", "0"])
        .arg(program)
        .args(["disarm", "--jobs", "1", "--out"])
        .arg(folder.join("out"));
    command.arg("--report").arg(&report).args(files);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let wall = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let Ok(text) = std::fs::read_to_string(&report) else { return Ok(None) };
    let rows: Vec<Value> =
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let delivered: Vec<&Value> = rows.iter().filter(|row| row["output"].is_string()).collect();
    let total = |key: &str| delivered.iter().filter_map(|row| row[key].as_u64()).sum();
    let mut micros: Vec<u64> =
        rows.iter().filter_map(|row| Some(row["elapsed_ms"].as_u64()? * 1000)).collect();
    // The wall clock is what counts; spread what the lines do not tell.
    let told: u64 = micros.iter().sum();
    let share = wall.saturating_sub(told) / u64::try_from(micros.len().max(1))?;
    micros.iter_mut().for_each(|one| *one += share);
    Ok(Some(Run {
        tool: "sekisho, command with jail".to_owned(),
        failed: rows.len() - delivered.len(),
        bytes: [total("bytes_in"), total("bytes_out")],
        micros,
        peak_kib: 0,
        pages: 0,
    }))
}

fn peer(python: &Path, name: &str, files: &[PathBuf]) -> Result<Run> {
    eprintln!("{name}: {} files", files.len());
    let folder = place::scratch("peers-lists")?;
    let (list, answer) = (folder.join("list.txt"), folder.join("answer.json"));
    let lines: String = files.iter().map(|path| format!("{}\n", path.display())).collect();
    std::fs::write(&list, lines)?;
    let script = place::root().join("bench/oracles/peers.py");
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(python).arg(script).arg(name).arg(&list).arg(&answer);
    place::run(command.stdout(Stdio::null()).stderr(Stdio::null()))?;
    let value: Value = serde_json::from_str(&std::fs::read_to_string(&answer)?)?;
    let rows = value["rows"].as_array().cloned().unwrap_or_default();
    let good: Vec<&Value> = rows.iter().filter(|row| row["error"].is_null()).collect();
    let total = |key: &str| good.iter().filter_map(|row| row[key].as_u64()).sum();
    Ok(Run {
        tool: name.to_owned(),
        micros: rows.iter().filter_map(|row| row["micros"].as_u64()).collect(),
        failed: rows.len() - good.len(),
        bytes: [total("bytes_in"), total("bytes_out")],
        peak_kib: value["peak_kib"].as_u64().unwrap_or(0),
        pages: total("pages"),
    })
}

fn table(kind: &str, runs: &mut [Run]) -> String {
    let mut out = format!(
        "\n## {kind}\n\n| tool | files | refused or failed | files/s | ours is | MB/s | size out/in | p50 ms | p99 ms | peak MiB |\n|---|---|---|---|---|---|---|---|---|---|\n"
    );
    let first = runs.first().map_or(0.0, rate);
    for run in runs {
        run.micros.sort_unstable();
        let seconds = seconds(run);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {:.1} | ×{:.2} | {:.1} | {} | {:.1} | {:.1} | {} |",
            run.tool,
            run.micros.len(),
            run.failed,
            rate(run),
            first / rate(run).max(0.001),
            run.bytes[0] as f64 / 1e6 / seconds,
            if run.bytes[0] == 0 {
                "–".to_owned()
            } else {
                format!("{:.2}", run.bytes[1] as f64 / run.bytes[0] as f64)
            },
            at(&run.micros, 50),
            at(&run.micros, 99),
            if run.peak_kib == 0 { "–".to_owned() } else { (run.peak_kib / 1024).to_string() },
        );
    }
    out
}

fn seconds(run: &Run) -> f64 {
    (run.micros.iter().sum::<u64>() as f64 / 1e6).max(1e-9)
}

fn rate(run: &Run) -> f64 {
    run.micros.len() as f64 / seconds(run)
}

fn at(sorted: &[u64], percent: usize) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get(last * percent / 100).copied().unwrap_or(0) as f64 / 1000.0
}

/// Method ②: pages a second, beside a tool of the pixel kind and LibreOffice.
fn pictures(python: &Path) -> Result<String> {
    let files = sample(&list("pdf")?, SAMPLE_PICTURES);
    let pixels = peer(python, "pixels", &files)?;
    let mine = ours(&files, &["--discard", "--pinned", "--image"], "sekisho --method image")?;
    let office = peer(python, "libreoffice", &sample(&list("docx")?, SAMPLE_SLOW))?;
    let mut out = String::from(
        "\n## Pages as pictures\n\n| tool | files | failed | pages/s | size out/in | peak MiB |\n|---|---|---|---|---|---|\n",
    );
    for run in [&mine, &pixels] {
        // Both saw the same pages; only one of them counts them.
        let is_any = run.failed < run.micros.len();
        let pages = if is_any { pixels.pages as f64 / seconds(run) } else { 0.0 };
        let size = run.bytes[1] as f64 / run.bytes[0].max(1) as f64;
        let _ = writeln!(
            out,
            "| {} | {} | {} | {pages:.1} | {size:.2} | {} |",
            run.tool,
            run.micros.len(),
            run.failed,
            run.peak_kib / 1024
        );
    }
    let _ = writeln!(
        out,
        "\nLibreOffice, docx to PDF, one start a file: {:.2} files/s over {} files.",
        rate(&office),
        office.micros.len()
    );
    Ok(out)
}

/// Files of our own making: twins of published figures, and bombs.
fn made(python: &Path) -> Result<String> {
    let folder = place::scratch("made")?;
    let mut out = String::from(
        "\n## Made files\n\n| file | sekisho ms | gatekeeper-cdr ms | verdict | peak MiB |\n|---|---|---|---|---|\n",
    );
    for (name, bytes) in e2e::load::files() {
        let path = folder.join(name);
        std::fs::write(&path, bytes)?;
        let files = [path];
        let (rows, peak) = oracle::sanitise(&files, &folder, &["--discard", "--pinned"])?;
        let theirs = peer(python, "gatekeeper-cdr", &files)?;
        let theirs_text = if theirs.failed > 0 {
            "refused".to_owned()
        } else {
            format!("{:.1}", at(&theirs.micros, 50))
        };
        let row = rows.first().cloned().unwrap_or_default();
        let millis = row["micros"].as_u64().unwrap_or(0) as f64 / 1000.0;
        let reason = row["reason"].as_str().unwrap_or("");
        let _ = writeln!(
            out,
            "| {name} | {millis:.1} | {theirs_text} | {} {reason} | {} |",
            row["verdict"].as_str().unwrap_or(""),
            peak["peak_kib"].as_u64().unwrap_or(0) / 1024,
        );
    }
    Ok(out)
}
