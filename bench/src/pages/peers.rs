//! What the same would cost without this program: the bare question in the
//! database's own shell, and the page's bytes from a file server.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::runtime::Runtime;

use super::desk::Desk;
use super::house::House;
use super::walk::Figures;
use crate::place;

/// How often each page is asked; half of the answers came sooner than what counts.
const ROUNDS: usize = 21;
const BARE_ROUNDS: u32 = 200;

/// Milliseconds of a statement in the database's shell, over one session: what
/// many rounds take longer than one.
pub(super) fn bare(house: &House, sql: &str) -> Result<f64> {
    let one = session(house, sql, 1)?;
    let many = session(house, sql, 1 + BARE_ROUNDS)?;
    Ok(many.saturating_sub(one).as_secs_f64() * 1_000.0 / f64::from(BARE_ROUNDS))
}

fn session(house: &House, sql: &str, rounds: u32) -> Result<Duration> {
    let mut command = match house.postgres() {
        Some(postgres) => postgres.town(),
        None => {
            let mut command = Command::new("sqlite3");
            command.arg(house.data().join("sekisho.db"));
            command
        }
    };
    let script = format!("{sql};\n").repeat(usize::try_from(rounds)?);
    let started = Instant::now();
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut shell = command.spawn().with_context(|| format!("{command:?}"))?;
    shell.stdin.take().context("piped")?.write_all(script.as_bytes())?;
    shell.wait()?;
    Ok(started.elapsed())
}

/// Milliseconds of each page from a file server without TLS, over one kept
/// connection.
pub(super) fn files(runtime: &Runtime, pages: &[Vec<u8>]) -> Result<Vec<f64>> {
    let folder = place::scratch("pages-files")?;
    for (number, page) in pages.iter().enumerate() {
        std::fs::write(folder.join(number.to_string()), page)?;
    }
    let script = place::root().join("bench/oracles/files.py");
    let mut server = Command::new("python3")
        .arg(script)
        .arg(&folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("python3")?;
    let mut line = String::new();
    BufReader::new(server.stdout.take().context("piped")?).read_line(&mut line)?;
    let measured = ask(runtime, line.trim().parse()?, pages.len());
    let _ = server.kill();
    let _ = server.wait();
    std::fs::remove_dir_all(folder)?;
    measured
}

fn ask(runtime: &Runtime, port: u16, count: usize) -> Result<Vec<f64>> {
    let mut desk = Desk::plain(runtime, port)?;
    let mut all = Vec::new();
    for number in 0..count {
        let mut waits = Vec::new();
        for _ in 0..ROUNDS {
            waits.push(desk.get(&format!("/{number}"))?.took.as_secs_f64() * 1_000.0);
        }
        all.push(Figures::of(waits).p50);
    }
    Ok(all)
}
