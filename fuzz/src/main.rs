//! Runs the targets: `replay` the packed corpora, `run` new mutations for a
//! while, `add` files to a corpus.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fuzz::mutate::{Random, mutate};
use fuzz::pack;
use fuzz::targets::{TARGETS, Target};

const USAGE: &str = "usage: fuzz replay [TARGET…]
       fuzz run SECONDS [SEED_FOLDER|-] [TARGET…]   (findings go to target/fuzz)
       fuzz add TARGET FILE…";

/// An input that takes longer is reported beside panics, in milliseconds.
const SLOW_MS: u128 = 5_000;

/// Seeds larger than this make runs slow and find little more, in bytes.
const SEED_BYTES_MAX: u64 = 300 << 10;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["replay", names @ ..] => replay(&chosen(names)?),
        ["run", seconds, folder, names @ ..] => {
            run(seconds.parse().context("SECONDS")?, Some(folder), &chosen(names)?)
        }
        ["run", seconds] => run(seconds.parse().context("SECONDS")?, None, &chosen(&[])?),
        ["add", name, files @ ..] => add(name, files),
        _ => bail!("{USAGE}"),
    }
}

fn chosen(names: &[&str]) -> Result<Vec<Target>> {
    if names.is_empty() {
        return Ok(TARGETS.to_vec());
    }
    names
        .iter()
        .map(|name| TARGETS.iter().find(|target| target.name == *name).copied())
        .collect::<Option<_>>()
        .with_context(|| format!("no such target among {names:?}"))
}

/// Replays every packed seed and a few fixed mutations of each.
fn replay(targets: &[Target]) -> Result<()> {
    const MUTATIONS: u64 = 3;
    let mut failures = 0;
    for target in targets {
        let seeds = pack::read(target.name)?;
        for (number, seed) in seeds.iter().enumerate() {
            let mut inputs = vec![seed.clone()];
            for round in 0..MUTATIONS {
                let mut random = Random::new(number as u64 * MUTATIONS + round + 1);
                inputs.push(mutate(seed, &seeds[random.below(seeds.len())], &mut random));
            }
            for input in inputs {
                if let Some(message) = failure(target, &input) {
                    failures += 1;
                    let path = keep(target, &input)?;
                    eprintln!("{}: seed {number}: {message} ({})", target.name, path.display());
                }
            }
        }
        println!("{:14} {:5} seeds", target.name, seeds.len());
    }
    if failures > 0 {
        bail!("{failures} inputs failed");
    }
    Ok(())
}

/// Mutates seeds for a while, target by target in turn.
fn run(seconds: u64, folder: Option<&str>, targets: &[Target]) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(seconds);
    let extra = match folder {
        Some(folder) if folder != "-" => by_extension(Path::new(folder))?,
        _ => BTreeMap::new(),
    };
    let mut corpora = Vec::new();
    for target in targets {
        let mut seeds = pack::read(target.name)?;
        seeds.extend(seeds_for(target, &extra));
        if seeds.is_empty() {
            println!("{}: no seeds, left out", target.name);
            continue;
        }
        corpora.push((target, seeds));
    }
    let mut random =
        Random::new(Instant::now().elapsed().as_nanos() as u64 ^ u64::from(std::process::id()));
    let (mut runs, mut failures) = (0_u64, BTreeMap::<String, u64>::new());
    panic::set_hook(Box::new(|_| {}));
    while Instant::now() < end && !corpora.is_empty() {
        let (target, seeds) = &corpora[random.below(corpora.len())];
        let seed = &seeds[random.below(seeds.len())];
        let other = &seeds[random.below(seeds.len())];
        let input = mutate(seed, other, &mut random);
        runs += 1;
        if let Some(message) = failure(target, &input) {
            let known = failures.entry(format!("{}: {message}", target.name)).or_default();
            *known += 1;
            if *known == 1 {
                let path = keep(target, &input)?;
                eprintln!("{}: {message} ({})", target.name, path.display());
            }
        }
    }
    println!("{runs} runs over {} targets, {} kinds of failure", corpora.len(), failures.len());
    for (message, count) in &failures {
        println!("  {count:6} × {message}");
    }
    if failures.is_empty() { Ok(()) } else { bail!("see target/fuzz") }
}

/// Runs one input; says what went wrong.
fn failure(target: &Target, input: &[u8]) -> Option<String> {
    let start = Instant::now();
    let result = panic::catch_unwind(AssertUnwindSafe(|| target.run(input)));
    let elapsed = start.elapsed().as_millis();
    match result {
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            Some(text.unwrap_or_else(|| "panicked".to_owned()).chars().take(160).collect())
        }
        Ok(()) if elapsed > SLOW_MS => Some("slow".to_owned()),
        Ok(()) => None,
    }
}

/// Keeps a failing input under a name made from its bytes.
fn keep(target: &Target, input: &[u8]) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fuzz");
    std::fs::create_dir_all(&folder)?;
    let sum = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let path = folder.join(format!("{}-{sum:016x}", target.name));
    std::fs::write(&path, input)?;
    Ok(path)
}

/// Small files below a folder, by extension.
fn by_extension(folder: &Path) -> Result<BTreeMap<String, Vec<PathBuf>>> {
    let mut found = BTreeMap::<String, Vec<PathBuf>>::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            if kind.is_dir() {
                folders.push(path);
            } else if entry.metadata()?.len() <= SEED_BYTES_MAX {
                let extension = path.extension().unwrap_or_default().to_string_lossy();
                found.entry(extension.to_lowercase()).or_default().push(path);
            }
        }
    }
    found.values_mut().for_each(|paths| paths.sort());
    Ok(found)
}

fn seeds_for(target: &Target, extra: &BTreeMap<String, Vec<PathBuf>>) -> Vec<Vec<u8>> {
    let extensions: &[&str] = match target.name {
        "docx" => &["docx", "docm", "dotx", "dotm"],
        "xlsx" => &["xlsx", "xlsm", "xltx", "xltm"],
        "pptx" => &["pptx", "pptm", "ppsx", "potx"],
        "xls" => &["xls", "xlt"],
        "doc" => &["doc", "dot"],
        "ppt" => &["ppt", "pps", "pot"],
        "container-zip" => &["docx", "xlsx", "zip"],
        "container-cfb" => &["doc", "xls", "ppt", "msg"],
        "pictures" => &["pdf"],
        "verify" => &["docx", "xlsx", "pdf", "png", "jpg", "svg", "rtf", "html"],
        other => &[other],
    };
    extensions
        .iter()
        .filter_map(|extension| extra.get(*extension))
        .flatten()
        .filter_map(|path| std::fs::read(path).ok())
        .collect()
}

/// Adds files to a target's packed corpus, each once.
fn add(name: &str, files: &[&str]) -> Result<()> {
    chosen(&[name])?;
    let mut seeds = pack::read(name)?;
    for file in files {
        let seed = std::fs::read(file).with_context(|| (*file).to_owned())?;
        if !seeds.contains(&seed) {
            seeds.push(seed);
        }
    }
    pack::write(name, &seeds)
}
