//! Files end to end: a hundred senders at once against a running town, from the
//! drop to the inbox, beside `sekisho disarm` alone on the same files in the
//! same run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use base::{Clock, SystemClock, Timestamp};
use serde_json::Value;
use town::client::Sent;
use town::{Client, Demo, Program};

use crate::place;

/// Senders at once.
const SENDERS: usize = 100;
/// Files that are sent, unless told.
const FILES: usize = 2_000;
/// With `--small`, to see it work.
const FILES_SMALL: usize = 60;
/// What one file may have, so that no single one decides the run.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// Who sends: each from several threads, as each has a few files under way.
const PEOPLE: [&str; 12] = [
    "yamada.hanako",
    "yamaguchi.emi",
    "watanabe.jun",
    "ito.sachiko",
    "mori.naoki",
    "nakamura.yui",
    "kobayashi.dai",
    "kato.masako",
    "yoshida.rei",
    "takahashi.osamu",
    "yamamoto.akira",
    "suzuki.keiko",
];
const RECEIVER: &str = "sasaki.taro";
/// How long everything may take to be decided after the last was sent.
const DECIDED_MAX: Duration = Duration::from_secs(1_800);
/// The share of what the sanitiser does alone that is aimed at.
const SHARE_GOAL: f64 = 0.8;

/// What was measured.
struct Figures {
    files: usize,
    bytes: u64,
    alone: f64,
    through: f64,
    waits: Vec<f64>,
    states: BTreeMap<String, usize>,
}

/// Runs the bench and writes `target/bench/transfer.md`.
pub fn run(arguments: &[String]) -> Result<()> {
    let is_small = arguments.iter().any(|word| word == "--small");
    let program = place::sekisho()?;
    let list = list(arguments, if is_small { FILES_SMALL } else { FILES })?;
    let before = alone(&program, &list)?;
    let mut figures = through(&program, &list)?;
    let after = alone(&program, &list)?;
    // Once on each side, so that neither a warm disk nor a hot machine tells.
    figures.alone = list.len() as f64 / ((before + after) / 2.0);
    let report = report(&mut figures);
    std::fs::write(place::scratch("")?.join("transfer.md"), &report)?;
    println!("{report}");
    Ok(())
}

/// Real files in a fixed order, taken again from the beginning until there are
/// enough.
fn list(arguments: &[String], count: usize) -> Result<Vec<PathBuf>> {
    let folder = arguments.windows(2).find(|pair| pair[0] == "--files").map(|pair| &pair[1]);
    let folder = match folder {
        Some(folder) => PathBuf::from(folder),
        None => place::corpus()?,
    };
    let kinds = ["docx", "xlsx", "pptx", "pdf", "csv", "png", "jpg"];
    let mut files = place::files(&folder)?;
    files.retain(|file| {
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let bytes = file.metadata().map_or(0, |metadata| metadata.len());
        kinds.contains(&ending.to_ascii_lowercase().as_str())
            && (1..=FILE_BYTES_MAX).contains(&bytes)
    });
    ensure!(!files.is_empty(), "no files of {kinds:?} in {}", folder.display());
    // Every so-many-th, so that a short list holds all kinds.
    let step = (files.len() / count).max(1);
    let chosen: Vec<PathBuf> = files.into_iter().step_by(step).collect();
    Ok(chosen.iter().cycle().take(count).cloned().collect())
}

/// How long `sekisho disarm` takes for a list, in seconds.
fn alone(program: &Path, list: &[PathBuf]) -> Result<f64> {
    let out = place::scratch("transfer-alone")?;
    let mut seconds = 0.0;
    // A name that comes again would be written over: one run for each round.
    let mut seen: Vec<&PathBuf> = Vec::new();
    let mut rounds: Vec<Vec<&PathBuf>> = vec![Vec::new()];
    for file in list {
        if seen.contains(&file) {
            seen.clear();
            rounds.push(Vec::new());
        }
        seen.push(file);
        if let Some(last) = rounds.last_mut() {
            last.push(file);
        }
    }
    for round in rounds {
        std::fs::remove_dir_all(&out)?;
        std::fs::create_dir_all(&out)?;
        let start = Instant::now();
        let mut disarm = Command::new(program);
        disarm.arg("disarm").arg("--out").arg(&out).args(round).stdout(Stdio::null());
        // 3: some were refused, as they are in the town.
        let code = disarm.stderr(Stdio::null()).status()?.code();
        ensure!(matches!(code, Some(0 | 3)), "sekisho disarm ended with {code:?}");
        seconds += start.elapsed().as_secs_f64();
    }
    Ok(seconds)
}

/// Sends a list through a town by a hundred senders at once.
fn through(program: &Path, list: &[PathBuf]) -> Result<Figures> {
    let folder = place::scratch("transfer-town")?;
    std::fs::remove_dir_all(&folder)?;
    std::fs::create_dir_all(&folder)?;
    let limits = "[limits]\nrequests-a-minute = 1000000\nsign-in-steps-a-minute = 1000\n";
    std::fs::write(folder.join("sekisho.toml"), limits)?;
    let port = town::program::free_port();
    let mut command = Command::new(program);
    command.args(["up", "--demo", "--listen", &format!("127.0.0.1:{port}"), "--data"]);
    command.arg(&folder);
    let mut town = Program::spawn(&mut command, &folder, port);
    town.ready().map_err(anyhow::Error::msg)?;
    let demo = Demo::read(&folder.join("demo.json"));
    let clients: Vec<Client> =
        PEOPLE.iter().map(|login| Client::sign_in(&demo, demo.person(login))).collect();
    let receiver = Client::sign_in(&demo, demo.person(RECEIVER));
    let sent = send_all(&clients, list)?;
    let passages = decided(&clients, &receiver, sent.len())?;
    let figures = figures(list, &sent, &passages)?;
    drop(town);
    Ok(figures)
}

/// Everything that is sent, by its unique name, with the moment of its drop.
fn send_all(clients: &[Client], list: &[PathBuf]) -> Result<BTreeMap<String, Timestamp>> {
    let next = AtomicUsize::new(0);
    let sent = Mutex::new(BTreeMap::new());
    let failed: Mutex<Option<String>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for number in 0..SENDERS {
            let (next, sent, failed) = (&next, &sent, &failed);
            let Some(client) = clients.get(number % clients.len()) else { continue };
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::SeqCst);
                    let Some(file) = list.get(place) else { return };
                    match send(client, place, file) {
                        Ok((name, at)) => {
                            sent.lock().unwrap_or_else(PoisonError::into_inner).insert(name, at);
                        }
                        Err(error) => {
                            let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                            failed.get_or_insert(format!("{}: {error:#}", file.display()));
                            return;
                        }
                    }
                }
            });
        }
    });
    if let Some(why) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        bail!("not every file was taken: {why}");
    }
    Ok(sent.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Drops one file, patiently where the town is busy: the wait counts.
fn send(client: &Client, place: usize, file: &Path) -> Result<(String, Timestamp)> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or("bin");
    let name = format!("{place:06}.{ending}");
    let bytes = std::fs::read(file)?;
    let mut body = Vec::with_capacity(bytes.len() + 1_024);
    for (field, value) in
        [("crossing", "internet-lgwan"), ("to", RECEIVER), ("class", "2"), ("purpose", "計測")]
    {
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n");
        body.extend_from_slice(format!("{head}{value}\r\n").as_bytes());
    }
    let head = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&bytes);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    let headers = [("Content-Type", "multipart/form-data; boundary=edge")];
    let dropped = SystemClock::default().now();
    loop {
        let reply = client.try_send("/api/v1/passages", &Sent::With(&headers, &body), "")?;
        match reply.status {
            201 => return Ok((name, dropped)),
            429 | 503 => std::thread::sleep(Duration::from_millis(50)),
            status => bail!("answered {status}: {}", reply.text),
        }
    }
}

/// Every passage, once nothing waits any more.
fn decided(clients: &[Client], receiver: &Client, count: usize) -> Result<Vec<Value>> {
    let start = Instant::now();
    // Few questions: they are not what is measured.
    let mut pause = Duration::from_millis(500);
    loop {
        let newest = receiver.get("/api/v1/passages?box=inbox");
        ensure!(newest.status == 200, "the inbox answered {}", newest.status);
        let mut all = Vec::new();
        for client in clients {
            all.extend(everything(client)?);
        }
        let waits = all.iter().filter(|one| one["state"] == "received").count();
        if all.len() >= count && waits == 0 {
            return Ok(all);
        }
        ensure!(start.elapsed() < DECIDED_MAX, "{waits} of {count} are still not decided");
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_secs(4));
    }
}

fn everything(client: &Client) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut path = "/api/v1/passages?box=outbox".to_owned();
    loop {
        let reply = client.get(&path);
        ensure!(reply.status == 200, "{path} answered {}", reply.status);
        all.extend(reply.json["items"].as_array().cloned().unwrap_or_default());
        match reply.json["next"].as_str() {
            Some(next) => path = format!("/api/v1/passages?box=outbox&after={next}"),
            None => return Ok(all),
        }
    }
}

fn figures(
    list: &[PathBuf],
    sent: &BTreeMap<String, Timestamp>,
    passages: &[Value],
) -> Result<Figures> {
    let first = sent.values().min().context("nothing was sent")?;
    let mut last = *first;
    let (mut waits, mut states) = (Vec::new(), BTreeMap::new());
    for passage in passages {
        let text = |name: &str| passage[name].as_str().unwrap_or_default().to_owned();
        *states.entry(text("state")).or_insert(0) += 1;
        let Some(dropped) = sent.get(&text("name")) else { continue };
        let Some(there) = Timestamp::parse(&text("delivered_at")) else { continue };
        last = last.max(there);
        waits.push(there.since(*dropped).as_secs_f64() * 1_000.0);
    }
    let bytes = list.iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
    let through = sent.len() as f64 / last.since(*first).as_secs_f64().max(0.001);
    Ok(Figures { files: sent.len(), bytes, alone: 0.0, through, waits, states })
}

fn report(figures: &mut Figures) -> String {
    figures.waits.sort_unstable_by(f64::total_cmp);
    let at = |percent: usize| {
        let place = figures.waits.len().saturating_sub(1) * percent / 100;
        figures.waits.get(place).copied().unwrap_or(f64::NAN)
    };
    let share = figures.through / figures.alone;
    let states: Vec<String> =
        figures.states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let mut text = format!(
        "# From the drop to the inbox, {SENDERS} senders at once\n\n{} files, {:.1} MiB: {}.\n\n\
         | what | files/s |\n|---|---:|\n",
        figures.files,
        figures.bytes as f64 / f64::from(1 << 20),
        states.join(", ")
    );
    let _ = writeln!(text, "| `sekisho disarm` alone | {:.1} |", figures.alone);
    let _ =
        writeln!(text, "| sent, treated, decided, recorded, delivered | {:.1} |", figures.through);
    let _ = writeln!(
        text,
        "\nShare: {:.0} % (goal ≥ {:.0} %). With all of them dropped as fast as they are taken, p50 \
         {:.0} ms, p95 {:.0} ms from the drop to the inbox.",
        share * 100.0,
        SHARE_GOAL * 100.0,
        at(50),
        at(95)
    );
    text
}
