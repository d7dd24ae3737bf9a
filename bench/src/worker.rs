//! The child that does the sanitising of a batch, in process and without a
//! jail, so that a crash costs one file and the bench can say which. Reads one
//! path a line, answers one JSON line each.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use sanitize_core::{Method, Passwords, Policy};
use sanitize_engine::{Outcome, Request, Verdict, disarm};
use serde_json::{Value, json};

/// What a worker is asked to do with each file.
struct Task {
    folder: PathBuf,
    /// Run each output through once more to see whether it is a fix point.
    again: bool,
    /// Only measure; write nothing.
    discard: bool,
    method: Method,
}

/// Serves until the input ends. The first argument is the folder for outputs;
/// an empty line asks for the peak of memory so far.
pub fn serve(arguments: &[String]) -> Result<()> {
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let task = Task {
        folder: PathBuf::from(arguments.first().context("worker needs a folder")?),
        again: has("--again"),
        discard: has("--discard"),
        method: if has("--image") { Method::Image } else { Method::Rebuild },
    };
    sanitize_engine::warm();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let answer = if line.is_empty() {
            json!({ "peak_kib": peak_kib() })
        } else {
            one(Path::new(&line), &task)?
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// The largest resident size so far, as the kernel counts it.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn one(path: &Path, task: &Task) -> Result<Value> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let started = Instant::now();
    let outcome = sanitise(&name, &bytes, task.method);
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let mut answer = json!({
        "input": path.to_string_lossy(),
        "type": outcome.format.name(),
        "verdict": verdict(&outcome),
        "reason": outcome.reasons.first().map(|reason| format!("{} {}", reason.code.id, reason.place)),
        "removed": outcome.removals.iter().map(|removal| removal.code.id).collect::<Vec<_>>(),
        "micros": micros,
        "bytes_in": bytes.len(),
        "bytes_out": outcome.output.as_ref().map(|output| output.bytes.len()),
    });
    if let Some(output) = outcome.output.filter(|_| !task.discard) {
        let file = task.folder.join(format!("{}.{}", output_stem(path), output.format.extension()));
        std::fs::write(&file, &output.bytes)?;
        answer["output"] = json!(file.to_string_lossy());
        answer["output_type"] = json!(output.format.name());
        if task.again {
            let second =
                sanitise(&format!("x.{}", output.format.extension()), &output.bytes, task.method);
            let same = second.output.as_ref().is_some_and(|second| second.bytes == output.bytes);
            answer["fix_point"] = json!(same);
            answer["second_clean"] = json!(second.verdict == Verdict::Clean);
            answer["second_removed"] =
                json!(second.removals.iter().map(|removal| removal.code.id).collect::<Vec<_>>());
        }
    }
    Ok(answer)
}

fn sanitise(name: &str, bytes: &[u8], method: Method) -> Outcome {
    let (policy, passwords) = (Policy::default(), Passwords::default());
    disarm(&Request { name, bytes, method, policy: &policy, passwords: &passwords })
}

fn verdict(outcome: &Outcome) -> &'static str {
    match outcome.verdict {
        Verdict::Clean => "clean",
        Verdict::Disarmed => "disarmed",
        Verdict::Blocked => "blocked",
        Verdict::Held => "held",
    }
}

/// A file name that two folders cannot share, safe for every checker.
fn output_stem(path: &Path) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in path.to_string_lossy().bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let plain: String = stem.chars().filter(|c| c.is_ascii_alphanumeric()).take(40).collect();
    format!("{plain}-{:08x}", hash >> 32)
}
