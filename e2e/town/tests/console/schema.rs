//! schemathesis holds the running program against the description of its
//! interface: no answer of 500, none that the description does not have, every
//! call that breaks the schema refused and every one that follows it taken.
//!
//! Here one role is asked a few seconds long, always the same. For all main
//! roles and more cases, each run with other ones:
//!
//! ```sh
//! SEKISHO_SCHEMA_EXAMPLES=200 cargo test -p town --test console schema -- --nocapture
//! ```
//!
//! What is left out and what is allowed stands, with its reason, in
//! `schema/run.py` and `schema/hooks.py`.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use town::Town;

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schema");

/// The roles of `schema/run.py`; `leaving` ends its own session.
const ROLES: [&str; 7] = [
    "chief-officer",
    "section-manager",
    "system-manager",
    "auditor",
    "staff",
    "prefecture",
    "leaving",
];

#[test]
fn the_program_does_what_its_description_says() {
    let Some(python) = tool() else {
        println!("SKIPPED: schemathesis cannot be installed here (no network, or no Python)");
        return;
    };
    match std::env::var("SEKISHO_SCHEMA_EXAMPLES") {
        Ok(examples) => {
            let now = base::Clock::now(&base::SystemClock::default()).millis() / 1_000;
            for role in ROLES {
                hold(&python, role, &examples, &now.to_string());
            }
        }
        Err(_) => hold(&python, "chief-officer", "2", "1"),
    }
}

/// Holds a new town against the description, as somebody of a role.
fn hold(python: &Path, role: &str, examples: &str, seed: &str) {
    let town = Town::start_with(&["--config", &format!("{SCHEMA}/town.toml")]);
    let done = Command::new(python)
        .arg(format!("{SCHEMA}/run.py"))
        .arg(town.program.data().join("demo.json"))
        .args([role, "--examples", examples, "--seed", seed])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    println!("{said}");
    let wrong = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}\n{wrong}\n{}", town.program.said());
}

/// The interpreter of an environment with schemathesis, made once for each
/// version below the target folder; none where that fails.
fn tool() -> Option<PathBuf> {
    let list = Path::new(SCHEMA).join("requirements.txt");
    let version = std::fs::read_to_string(&list).unwrap().trim().replace("==", "-");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(version);
    let (python, done) = (folder.join("bin/python"), folder.join("installed"));
    if done.exists() {
        return Some(python);
    }
    let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).output().ok()?;
    let pip = || {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
        pip.arg(&list).output()
    };
    let is_there = made.status.success() && pip().ok()?.status.success();
    is_there.then(|| std::fs::write(done, "")).and_then(Result::ok).map(|()| python)
}
