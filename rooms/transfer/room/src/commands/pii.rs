//! `sekisho pii scan`: says how many people files speak of, and where. Shows
//! kinds, counts and places, never a number or a name that it found.

mod files;
mod told;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sanitize_core::{Passwords, Policy};
use sanitize_engine::Reading;
use sanitize_room::Pool;
use sanitize_room::commands::{Exit, Lang};
use transfer_pii::{Limits, Report, Scanner};

/// What `sekisho pii` takes.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// ファイルに何人分の個人情報があるかを数える / count the people that files speak of
    Scan(Scan),
}

/// What `sekisho pii scan` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
例 / Examples:
  sekisho pii scan 名簿.xlsx
  sekisho pii scan --json 送付/ > findings.jsonl

番号や氏名そのものは決して表示しません。 / Numbers and names are never shown.

終了コード / Exit code: 0 nothing found, 3 something found or not looked at, 1 internal error, 2 usage")]
struct Scan {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// A password to try; may be given several times
    #[arg(long, value_name = "P")]
    password: Vec<String>,
    /// Language of the sentences
    #[arg(long, value_enum, default_value = "ja")]
    lang: Lang,
    /// Work even where the kernel lacks Landlock or seccomp
    #[arg(long)]
    weak_jail: bool,
    /// Files or folders
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// What one file says.
struct Scanned {
    path: String,
    reading: Reading,
    report: Report,
}

/// Runs the command.
#[must_use]
pub fn run(arguments: &Arguments) -> Exit {
    let Verb::Scan(scan) = &arguments.verb;
    let paths = match files::below(&scan.files) {
        Ok(paths) => paths,
        Err(error) => {
            eprintln!("sekisho: 入力を読めません / cannot read input: {error}");
            return Exit::Usage;
        }
    };
    let policy = Policy::default();
    let passwords = Passwords::new(scan.password.clone());
    let mut pool = match Pool::new(&policy, scan.weak_jail) {
        Ok(pool) => pool,
        Err(error) => {
            eprintln!("sekisho: {error}");
            return Exit::Failed;
        }
    };
    let (mut has_failed, mut has_found) = (false, false);
    for path in paths {
        match one(&path, &policy, &passwords, &mut pool) {
            Ok(scanned) => {
                has_found |= scanned.report.has_found() || !scanned.reading.unread.is_empty();
                println!("{}", told::tell(&scanned, scan.json, scan.lang));
            }
            Err(message) => {
                eprintln!("sekisho: {}: {message}", told::printable(&path.display().to_string()));
                has_failed = true;
            }
        }
    }
    match (has_failed, has_found) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Withheld,
        (false, false) => Exit::Done,
    }
}

fn one(
    path: &Path,
    policy: &Policy,
    passwords: &Passwords,
    pool: &mut Pool,
) -> Result<Scanned, String> {
    let bytes = read(path, policy.limits.bytes_in_max).map_err(|error| error.to_string())?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let reading = pool.read(&name, &bytes, policy, passwords).map_err(|error| error.to_string())?;
    let mut scanner = Scanner::new(Limits::default());
    scanner.name(&name);
    scanner.marked(&reading.text);
    Ok(Scanned { path: path.display().to_string(), reading, report: scanner.finish() })
}

/// Reads a file; one over the limit is read just past it, so that the pool can
/// say so without taking the memory.
fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}
