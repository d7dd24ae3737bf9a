//! Chores of the house: `tidy` checks what the compiler does not, `codes`
//! writes the table of report codes. Knows the tree, no file formats.

mod codes;
mod edges;
mod text_rules;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no parent folder")?;
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => tidy(root),
        Some("codes") => codes::write(root),
        _ => bail!("usage: cargo run -p xtask -- tidy | codes"),
    }
}

/// Runs every check and lists all complaints at once.
fn tidy(root: &Path) -> Result<()> {
    let files = tracked_files(root)?;
    let mut complaints = edges::check(root)?;
    complaints.extend(text_rules::check(root, &files)?);
    complaints.extend(codes::check(root)?);
    for complaint in &complaints {
        eprintln!("tidy: {complaint}");
    }
    if !complaints.is_empty() {
        // The list says it all; an error's backtrace would only hide it.
        std::process::exit(1);
    }
    println!("tidy: {} files, nothing to complain of", files.len());
    Ok(())
}

/// Files that git tracks or would track, by their paths from the root.
fn tracked_files(root: &Path) -> Result<Vec<PathBuf>> {
    let output = std::process::Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("cannot run git")?;
    let names = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    Ok(names.lines().map(PathBuf::from).filter(|path| root.join(path).is_file()).collect())
}
