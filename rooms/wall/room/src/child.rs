//! Runs another program for no longer than it may take: `nft` and `ip` ask the
//! kernel, and a gate that waits for one of them for ever closes nothing.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use wall_engine::RULESET_BYTES_MAX;

/// How long `nft` may take. A table of 10,000 flows takes about two seconds.
pub const NFT_MAX: Duration = Duration::from_secs(10);
/// How long one question to `ip` may take.
pub(crate) const IP_MAX: Duration = Duration::from_secs(10);
/// How long `ip` may take to build or take down a lab.
pub(crate) const LAB_MAX: Duration = Duration::from_secs(120);

/// What is kept of a program's output, in bytes: all of the longest ruleset.
const OUTPUT_BYTES_MAX: usize = RULESET_BYTES_MAX + 1;
/// What is kept of its complaints, in bytes.
const WORDS_BYTES_MAX: usize = 64 << 10;
/// How often a program that has said everything is asked whether it has ended.
const POLL: Duration = Duration::from_millis(1);

/// Why a program has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// It is not there, or did not start.
    #[error("it did not start: {0}")]
    Start(#[source] std::io::Error),
    /// It did not end in time, and was killed.
    #[error("it was killed after {0:?} without an answer")]
    TooLong(Duration),
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) is_good: bool,
    pub(crate) output: String,
    pub(crate) words: String,
}

impl Ended {
    /// Its complaint in one line.
    pub(crate) fn complaint(&self) -> String {
        self.words.lines().take(5).collect::<Vec<_>>().join("; ")
    }
}

/// Runs a program to its end. `begun` is told its number as soon as it has one.
///
/// # Errors
/// [`ChildError`]; a program that took too long is dead then.
pub(crate) fn run(
    command: &mut Command,
    input: &str,
    max: Duration,
    begun: impl FnOnce(u32),
) -> Result<Ended, ChildError> {
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(ChildError::Start)?;
    begun(child.id());
    if let Some(mut stdin) = child.stdin.take() {
        let bytes = input.as_bytes().to_vec();
        // One that refuses early need not read all; its words say why.
        std::thread::spawn(move || stdin.write_all(&bytes));
    }
    let output = child.stdout.take().map(|out| heard(out, OUTPUT_BYTES_MAX));
    let words = child.stderr.take().map(|out| heard(out, WORDS_BYTES_MAX));
    let left = || max.saturating_sub(started.elapsed());
    let output = output.map(|output| output.recv_timeout(left()));
    let words = words.map(|words| words.recv_timeout(left()));
    let is_over = |heard: &Option<Result<String, RecvTimeoutError>>| {
        matches!(heard, Some(Err(RecvTimeoutError::Timeout)))
    };
    if is_over(&output) || is_over(&words) {
        end(child);
        return Err(ChildError::TooLong(max));
    }
    let is_good = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status.success(),
            Ok(None) if !left().is_zero() => std::thread::sleep(POLL),
            Ok(None) => {
                end(child);
                return Err(ChildError::TooLong(max));
            }
            Err(why) => return Err(ChildError::Start(why)),
        }
    };
    let text = |heard: Option<Result<String, RecvTimeoutError>>| {
        heard.and_then(Result::ok).unwrap_or_default()
    };
    Ok(Ended { is_good, output: text(output), words: text(words) })
}

/// Reads on a thread of its own, so that waiting has a limit: what a killed
/// program had started may hold its pipes open.
fn heard(from: impl Read + Send + 'static, bytes_max: usize) -> Receiver<String> {
    let (told, heard) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let most = u64::try_from(bytes_max).unwrap_or(u64::MAX);
        let _ = from.take(most).read_to_end(&mut bytes);
        let _ = told.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    heard
}

/// Kills a program. One that hangs inside the kernel is dead only when that lets
/// it go: nobody waits for it here.
fn end(mut child: Child) {
    let _ = child.kill();
    std::thread::spawn(move || child.wait());
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shell(words: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", words]);
        command
    }

    fn run_for(words: &str, millis: u64) -> Result<Ended, ChildError> {
        run(&mut shell(words), "", Duration::from_millis(millis), |_| ())
    }

    #[test]
    fn a_program_that_hangs_is_killed() {
        let mut number = 0;
        let started = Instant::now();
        let max = Duration::from_millis(200);
        let ended = run(&mut shell("exec sleep 60"), "", max, |id| number = id);
        assert!(matches!(ended, Err(ChildError::TooLong(_))), "{ended:?}");
        assert!(started.elapsed() < Duration::from_secs(5));
        let process = format!("/proc/{number}");
        let is_gone = || !std::path::Path::new(&process).exists();
        while !is_gone() && started.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(POLL);
        }
        assert!(is_gone(), "it is still there");
    }

    #[test]
    fn neither_closed_pipes_nor_what_it_started_make_anybody_wait() {
        for words in ["exec >&- 2>&- sleep 60", "sleep 2 & exec sleep 60"] {
            let started = Instant::now();
            let ended = run_for(words, 200);
            assert!(matches!(ended, Err(ChildError::TooLong(_))), "{words}: {ended:?}");
            assert!(started.elapsed() < Duration::from_secs(5), "{words}");
        }
    }

    #[test]
    fn a_long_input_is_read_while_a_long_output_is_written() {
        let input = "x".repeat(1 << 20);
        let ended = run(&mut shell("cat; echo no >&2; exit 3"), &input, NFT_MAX, |_| ()).unwrap();
        assert_eq!((ended.is_good, ended.output.len()), (false, 1 << 20));
        assert_eq!(ended.complaint(), "no");
        // One that reads nothing of it.
        let ended = run(&mut shell("exec >/dev/null; exit 0"), &input, NFT_MAX, |_| ()).unwrap();
        assert!(ended.is_good);
    }

    #[test]
    fn what_is_not_there_is_told() {
        let mut command = Command::new("/nowhere/nft");
        let ended = run(&mut command, "", NFT_MAX, |_| ());
        assert!(matches!(ended, Err(ChildError::Start(_))), "{ended:?}");
    }
}
