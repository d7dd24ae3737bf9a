//! Runs batches: the sanitiser in a child that may crash, the Python checkers,
//! LibreOffice. Knows processes, no file formats.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// A file that takes longer is counted as hung.
const FILE_SECONDS_MAX: u64 = 30;

struct Worker {
    child: Child,
    stdin: ChildStdin,
    answers: Receiver<String>,
}

impl Worker {
    fn start(folder: &Path, flags: &[&str]) -> Result<Self> {
        // `taskset` holds it to one core where a figure is compared.
        let mut command = if flags.contains(&"--pinned") {
            let mut command = Command::new("taskset");
            command.args(["-c", "0"]).arg(std::env::current_exe()?);
            command
        } else {
            Command::new(std::env::current_exe()?)
        };
        let mut child = command
            .arg("worker")
            .arg(folder)
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start the worker")?;
        let stdin = child.stdin.take().context("the worker has no input")?;
        let stdout = child.stdout.take().context("the worker has no output")?;
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, stdin, answers })
    }

    fn ask(&mut self, line: &str) -> Result<Value, &'static str> {
        let sent = writeln!(self.stdin, "{line}").and_then(|()| self.stdin.flush());
        if sent.is_err() {
            return Err("crashed");
        }
        match self.answers.recv_timeout(Duration::from_secs(FILE_SECONDS_MAX)) {
            Ok(line) => serde_json::from_str(&line).map_err(|_| "crashed"),
            Err(RecvTimeoutError::Timeout) => Err("hung"),
            Err(RecvTimeoutError::Disconnected) => Err("crashed"),
        }
    }
}

/// Sanitises every file and returns one answer each, in the same order, and
/// one more with the peak of memory.
pub fn sanitise(files: &[PathBuf], folder: &Path, flags: &[&str]) -> Result<(Vec<Value>, Value)> {
    let mut worker = Worker::start(folder, flags)?;
    let mut answers = Vec::new();
    for path in files {
        let answer = match worker.ask(&path.to_string_lossy()) {
            Ok(answer) => answer,
            Err(verdict) => {
                // A worker of our own, ended by its handle.
                let _ = worker.child.kill();
                let _ = worker.child.wait();
                worker = Worker::start(folder, flags)?;
                json!({"input": path.to_string_lossy(), "type": "", "verdict": verdict})
            }
        };
        answers.push(answer);
    }
    let peak = worker.ask("").unwrap_or(Value::Null);
    drop(worker.stdin);
    let _ = worker.child.wait();
    Ok((answers, peak))
}

/// Has the Python checkers look at inputs and outputs; answers by input.
pub fn check(python: &Path, answers: &[Value], folder: &Path) -> Result<BTreeMap<String, Value>> {
    let (jobs, results) = (folder.join("jobs.jsonl"), folder.join("checked.jsonl"));
    let mut file = std::io::BufWriter::new(std::fs::File::create(&jobs)?);
    for answer in answers {
        let kind = answer["output_type"].as_str().or(answer["type"].as_str()).unwrap_or("");
        let job = json!({"input": answer["input"], "output": answer["output"], "type": kind});
        writeln!(file, "{job}")?;
    }
    file.flush()?;
    let script = super::place::root().join("bench/oracles/check.py");
    super::place::run(
        Command::new(python).arg(script).arg(&jobs).arg(&results).stderr(Stdio::null()),
    )?;
    let mut found = BTreeMap::new();
    for line in std::fs::read_to_string(&results)?.lines() {
        let value: Value = serde_json::from_str(line)?;
        found.insert(value["input"].as_str().unwrap_or("").to_owned(), value);
    }
    Ok(found)
}
