//! Writes the whole set into a folder, with a list of what must become of each
//! file, for checkers that are not written in Rust.

use std::io::{self, Write};
use std::path::Path;

use e2e::{Case, Expect, inject};

fn main() -> io::Result<()> {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: write-set FOLDER");
        std::process::exit(2);
    };
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
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
