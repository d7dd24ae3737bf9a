//! The lab's guard: a process beside the lab that ends with it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;

use super::{Of, failed, lab};
use crate::commands::{AllOpen, Exit, read};
use crate::guarding::{Cut, Limits};
use crate::lab::{Lab, LabError};

/// What the guard says when it listens.
const READY: &str = "ready";
/// How long it may take until it listens.
const READY_MAX: Duration = Duration::from_secs(20);
/// How often it looks whether the lab is still there.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Cuts that wait to be written.
const WAITING_MAX: usize = 1_024;

/// Starts the guard as a process of its own and waits until it listens.
pub(super) fn start(of: &Of) -> Result<(), LabError> {
    let failed = |why| LabError::Start { program: "sekisho lab guard", why };
    let own = std::env::current_exe().map_err(failed)?;
    let mut child = Command::new(own)
        .args(["lab", "guard", "--name", &of.named.name])
        .arg(&of.site)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Whoever interrupts what comes next does not end it.
        .process_group(0)
        .spawn()
        .map_err(failed)?;
    let (told, heard) = channel();
    if let Some(out) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut said = String::new();
            let _ = BufReader::new(out).read_line(&mut said);
            let _ = told.send(said);
        });
    }
    match heard.recv_timeout(READY_MAX) {
        Ok(said) if said.trim() == READY => return Ok(()),
        Ok(_) | Err(_) => {}
    }
    let _ = child.kill();
    let _ = child.wait();
    Err(failed(std::io::Error::other("it did not begin to listen")))
}

/// Is the guard, for as long as the lab is there.
pub(super) fn run(of: &Of) -> Result<Exit, Exit> {
    let named = &of.named;
    let site = read(&of.site, named.json, named.lang)?;
    let lab = lab(named)?;
    let open = AllOpen::of(&site);
    let (cuts, mut coming) = mpsc::channel(WAITING_MAX);
    let place = Path::new("/run/netns").join(lab.gateway());
    let number = || std::fs::metadata(&place).map(|it| it.ino()).ok();
    let own = number();
    let guard = lab.guard(&site, open.open(), Limits::default(), cuts);
    let guard = guard.map_err(|why| failed(named, &why))?;
    println!("{READY}");
    while number() == own {
        while let Ok(cut) = coming.try_recv() {
            write(&lab, &cut);
        }
        std::thread::sleep(LOOK_EVERY);
    }
    drop(guard);
    Ok(Exit::Done)
}

fn write(lab: &Lab, cut: &Cut) {
    let line = json!({
        "flow": cut.flow, "client": cut.client, "server": cut.server,
        "why": cut.reason.name(), "side": cut.reason.side().name(),
        "looks_like": cut.reason.kind().name(),
    });
    let file = OpenOptions::new().create(true).append(true).open(lab.cuts_file());
    // The lab goes on where its notes cannot be kept.
    let _ = file.and_then(|mut file: File| writeln!(file, "{line}"));
}
