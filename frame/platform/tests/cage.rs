//! Shows that a caged job is stopped: at the network, at files, at new
//! processes, at memory, at its deadline; and that a crash costs one job.
//!
//! The test program starts itself as the warden, whose handler does what the
//! job's first byte says.
#![allow(clippy::unwrap_used, unsafe_code)]

use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use platform::{Cage, CageError, Confinement};

const CONFINEMENT: Confinement =
    Confinement { memory_bytes_max: 512 << 20, cpu_seconds_max: 10, allow_missing_walls: false };
const ANSWER_MAX: u64 = 1 << 20;

/// What the handler in the cage does for each request.
fn misbehave(request: &[u8]) -> Vec<u8> {
    let text = match request {
        b"socket" => format!("{:?}", TcpStream::connect("127.0.0.1:9")),
        b"read" => format!("{:?}", std::fs::read("/etc/passwd")),
        b"write" => format!("{:?}", std::fs::write("/tmp/escaped", b"x")),
        b"spawn" => format!("{:?}", std::process::Command::new("/bin/true").status()),
        b"thread" => format!("{:?}", std::thread::spawn(|| 1).join()),
        // SAFETY: the call takes no memory; its result is not used.
        b"fork" => format!("{}", unsafe { libc::fork() }),
        b"memory" => {
            let mut held: Vec<Vec<u8>> = Vec::new();
            loop {
                held.push(vec![held.len() as u8; 16 << 20]);
                if held.len() > 1 << 20 {
                    return Vec::new();
                }
            }
        }
        b"executable memory" => {
            let (write, execute) = (libc::PROT_WRITE, libc::PROT_EXEC);
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            // SAFETY: an anonymous mapping that is never used.
            let at =
                unsafe { libc::mmap(std::ptr::null_mut(), 4096, write | execute, flags, -1, 0) };
            format!("{at:?}")
        }
        b"kill" => {
            // SAFETY: a signal to the parent, which the cage must not allow.
            format!("{}", unsafe { libc::kill(libc::getppid(), libc::SIGKILL) })
        }
        b"panic" => panic!("the handler failed"),
        b"loop" => loop {
            std::hint::spin_loop();
        },
        b"flood" => return vec![0; 2 << 20],
        other => return other.to_vec(),
    };
    text.into_bytes()
}

fn main() {
    if std::env::args().any(|argument| argument == "--warden") {
        platform::serve(&CONFINEMENT, ANSWER_MAX, || {}, misbehave).unwrap();
        return;
    }
    if !platform::support().is_complete() {
        println!("SKIPPED: this kernel lacks landlock or seccomp, so no cage can be shown");
        return;
    }
    an_honest_job_is_answered();
    a_warden_holds_no_capability();
    each_job_has_a_fresh_process();
    for attempt in ["socket", "read", "write", "spawn", "thread", "fork", "kill"] {
        is_stopped(attempt, |error| matches!(error, CageError::Forbidden));
    }
    is_stopped("executable memory", |error| matches!(error, CageError::Forbidden));
    is_stopped("memory", |error| matches!(error, CageError::Memory));
    is_stopped(
        "panic",
        |error| matches!(error, CageError::Crashed { detail } if detail.contains("the handler failed")),
    );
    is_stopped("loop", |error| matches!(error, CageError::Deadline));
    is_stopped("flood", |error| matches!(error, CageError::Broken { .. }));
    a_large_unread_request_does_not_hang();
    println!("cage: all cases passed");
}

fn cage() -> Cage {
    let program: PathBuf = std::env::current_exe().unwrap();
    Cage::start(&program, &["--warden".to_owned()], ANSWER_MAX).unwrap()
}

fn an_honest_job_is_answered() {
    let mut cage = cage();
    for round in 0..3_u8 {
        let answer = cage.run(&[round; 1000], Duration::from_secs(5)).unwrap();
        assert_eq!(answer, vec![round; 1000]);
    }
}

/// What the service may do, its cages may not, not even as root.
fn a_warden_holds_no_capability() {
    let mut cage = cage();
    // Once it has answered it is shut in.
    cage.run(b"x", Duration::from_secs(5)).unwrap();
    let own = format!("PPid:\t{}\n", std::process::id());
    let statuses: Vec<String> = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("status")).ok())
        .filter(|status| status.contains(&own))
        .collect();
    assert!(!statuses.is_empty(), "no warden was found");
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        let empty = format!("{set}:\t{}\n", "0".repeat(16));
        assert!(statuses.iter().all(|status| status.contains(&empty)), "{set}: {statuses:?}");
    }
}

fn each_job_has_a_fresh_process() {
    let mut cage = cage();
    assert!(cage.run(b"panic", Duration::from_secs(5)).is_err());
    assert!(cage.is_spent(), "a cage is not used again after a failure");
}

fn is_stopped(attempt: &str, expected: impl Fn(&CageError) -> bool) {
    let mut cage = cage();
    match cage.run(attempt.as_bytes(), deadline(attempt)) {
        Ok(answer) => panic!("{attempt} was answered: {}", String::from_utf8_lossy(&answer)),
        Err(error) => assert!(expected(&error), "{attempt} ended otherwise: {error:?}"),
    }
    assert!(!std::path::Path::new("/tmp/escaped").exists());
}

/// The child refuses a request over its limit without reading it; the parent
/// must not wait for ever to write the rest.
fn a_large_unread_request_does_not_hang() {
    let mut cage = cage();
    let request = vec![0; 4 << 20];
    let error = cage.run(&request, Duration::from_secs(5)).unwrap_err();
    assert!(matches!(error, CageError::Broken { .. }), "{error:?}");
}

/// Short only where the deadline itself is what stops the job.
fn deadline(attempt: &str) -> Duration {
    Duration::from_secs(if attempt == "loop" { 1 } else { 30 })
}
