//! Where things are: the project, the corpus, the throw-away folders, the
//! interpreter of the checkers.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// The project's root.
pub fn root() -> PathBuf {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    bench.parent().map_or_else(|| bench.to_owned(), Path::to_owned)
}

/// A throw-away folder under `target/bench`, made when missing.
pub fn scratch(name: &str) -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let target = target.map_or_else(|| root().join("target"), PathBuf::from);
    let folder = target.join("bench").join(name);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// The folder of real files: `SEKISHO_CORPUS`, or beside the project.
pub fn corpus() -> Result<PathBuf> {
    let given = std::env::var_os("SEKISHO_CORPUS").map(PathBuf::from);
    let folder = given.unwrap_or_else(|| root().join("../shared/corpus"));
    if !folder.is_dir() {
        bail!("no corpus at {}; set SEKISHO_CORPUS", folder.display());
    }
    Ok(std::fs::canonicalize(folder)?)
}

/// A Python with the packages of `list`, made under `target/bench` on first
/// use. `SEKISHO_PYTHON` names a ready one instead.
pub fn python(venv: &str, list: &str) -> Result<PathBuf> {
    if let Some(ready) = std::env::var_os("SEKISHO_PYTHON") {
        return Ok(ready.into());
    }
    let folder = scratch(venv)?;
    let python = folder.join("bin/python");
    let done = folder.join("complete");
    if done.exists() {
        return Ok(python);
    }
    eprintln!("making {} (once)", folder.display());
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let list = root().join("bench/oracles").join(list);
    run(Command::new(&python).args(["-m", "pip", "install", "-q", "-r"]).arg(list))?;
    std::fs::write(done, "")?;
    Ok(python)
}

/// Runs a command to its end and fails when it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}

/// Every file below `folder`, in a stable order.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The release program that is there, or the one that `SEKISHO_BIN` names.
pub fn sekisho() -> Result<PathBuf> {
    let named = std::env::var_os("SEKISHO_BIN").map(PathBuf::from);
    let program = named.unwrap_or_else(|| root().join("target/release/sekisho"));
    ensure!(
        program.exists(),
        "no {}: cargo build --release -p sekisho, or name one in SEKISHO_BIN",
        program.display()
    );
    Ok(program)
}
