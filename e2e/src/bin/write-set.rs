//! Writes the whole set into a folder, with a list of what must become of each
//! file, for checkers that are not written in Rust. `--japanese` writes the
//! Japanese files instead.

use std::io::{self, Write};
use std::path::Path;

use e2e::{Case, Expect, inject, japanese};

fn main() -> io::Result<()> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let Some(folder) = arguments.last().filter(|folder| *folder != "--japanese") else {
        eprintln!("usage: write-set [--japanese] FOLDER");
        std::process::exit(2);
    };
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    if arguments.len() > 1 {
        for sample in japanese::samples() {
            std::fs::write(folder.join(&sample.file), &sample.bytes)?;
        }
        return Ok(());
    }
    let mut list = io::BufWriter::new(std::fs::File::create(folder.join("list.tsv"))?);
    for case in inject::all() {
        std::fs::write(folder.join(&case.file), &case.bytes)?;
        writeln!(list, "{}\t{}\t{}\t{}", case.id, case.file, expectation(&case), case.canary)?;
    }
    list.flush()
}

fn expectation(case: &Case) -> &'static str {
    match case.expect {
        Expect::Gone => "gone",
        Expect::Inert(_) => "inert",
        Expect::Stopped => "stopped",
        Expect::Delivered(_) => "delivered",
    }
}
