//! Runs the targets: `replay` the packed corpora, `run` new mutations for a
//! while, run `one` input again, `add` files to a corpus.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use fuzz::current::{self, Current};
use fuzz::mutate::{Random, mutate};
use fuzz::pack;
use fuzz::targets::{TARGETS, Target};

const USAGE: &str = "usage: fuzz replay [TARGET…]
       fuzz run SECONDS [SEED_FOLDER|-] [TARGET…]   (findings go to target/fuzz)
       fuzz one TARGET FILE…
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
        ["run", seconds] => watch(seconds.parse().context("SECONDS")?, &["-"]),
        ["run", seconds, rest @ ..] => watch(seconds.parse().context("SECONDS")?, rest),
        ["run-here", seconds, folder, names @ ..] => {
            run(seconds.parse().context("SECONDS")?, folder, &chosen(names)?)
        }
        ["one", name, files @ ..] => one(name, files),
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

/// Runs `run-here` in a child until the time is up, and keeps the input that a
/// child died of: an abort cannot be caught within.
fn watch(seconds: u64, rest: &[&str]) -> Result<()> {
    const DEATHS_MAX: u32 = 100;
    chosen(rest.get(1..).unwrap_or_default())?;
    let start = Instant::now();
    let mut deaths = 0;
    let mut is_good = true;
    loop {
        let left = seconds.saturating_sub(start.elapsed().as_secs());
        if left == 0 || deaths == DEATHS_MAX {
            break;
        }
        let program = std::env::current_exe().context("own path")?;
        let left = left.to_string();
        let mut child = Command::new(program).args(["run-here", &left]).args(rest).spawn()?;
        let number = child.id();
        let status = child.wait()?;
        is_good &= status.success();
        let Some(last) = current::take(number)? else { break };
        deaths += 1;
        let target = chosen(&[&last.target])?[0];
        let path = keep(&target, &last.input)?;
        eprintln!("{}: {status} after {} runs ({})", last.target, last.runs, path.display());
    }
    if is_good { Ok(()) } else { bail!("see target/fuzz") }
}

/// Mutates seeds for a while, target by target in turn.
fn run(seconds: u64, folder: &str, targets: &[Target]) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(seconds);
    let corpora = corpora(folder, targets)?;
    let mut random = Random::new(u64::from(std::process::id()));
    let mut current = Current::create(std::process::id())?;
    let (mut runs, mut failures) = (0_u64, BTreeMap::<String, u64>::new());
    panic::set_hook(Box::new(note_place));
    while Instant::now() < end && !corpora.is_empty() {
        let (target, seeds) = &corpora[random.below(corpora.len())];
        let seed = &seeds[random.below(seeds.len())];
        let other = &seeds[random.below(seeds.len())];
        let input = mutate(seed, other, &mut random);
        runs += 1;
        current.write(target.name, runs, &input)?;
        if let Some(message) = failure(target, &input) {
            let known = failures.entry(format!("{}: {message}", target.name)).or_default();
            *known += 1;
            if *known == 1 {
                let path = keep(target, &input)?;
                eprintln!("{}: {message} ({})", target.name, path.display());
            }
        }
    }
    current.remove()?;
    println!("{runs} runs over {} targets, {} kinds of failure", corpora.len(), failures.len());
    for (message, count) in &failures {
        println!("  {count:6} × {message}");
    }
    if failures.is_empty() { Ok(()) } else { bail!("see target/fuzz") }
}

/// Seeds of every target that has any.
fn corpora<'a>(folder: &str, targets: &'a [Target]) -> Result<Vec<(&'a Target, Vec<Vec<u8>>)>> {
    let extra = match folder {
        "-" => BTreeMap::new(),
        folder => by_extension(Path::new(folder))?,
    };
    let mut corpora = Vec::new();
    for target in targets {
        let mut seeds = pack::read(target.name)?;
        seeds.extend(seeds_for(target, &extra));
        if seeds.is_empty() {
            println!("{}: no seeds, left out", target.name);
        } else {
            corpora.push((target, seeds));
        }
    }
    Ok(corpora)
}

/// Runs inputs as they are, with what they say.
fn one(name: &str, files: &[&str]) -> Result<()> {
    let target = chosen(&[name])?[0];
    for file in files {
        let input = std::fs::read(file).with_context(|| (*file).to_owned())?;
        let start = Instant::now();
        let message = failure(&target, &input).unwrap_or_else(|| "good".to_owned());
        println!("{file}: {} ms: {message}", start.elapsed().as_millis());
    }
    Ok(())
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
            let text = text.unwrap_or_else(|| "panicked".to_owned());
            let place = PLACE.lock().map(|place| place.clone()).unwrap_or_default();
            Some(format!("{place}: {text}").chars().take(240).collect())
        }
        Ok(()) if elapsed > SLOW_MS => Some("slow".to_owned()),
        Ok(()) => None,
    }
}

/// Where the last panic was, as its payload does not say.
static PLACE: Mutex<String> = Mutex::new(String::new());

fn note_place(info: &panic::PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    if let Ok(mut last) = PLACE.lock() {
        *last = place;
    }
}

/// Keeps a failing input under a name made from its bytes.
fn keep(target: &Target, input: &[u8]) -> Result<PathBuf> {
    let folder = current::folder();
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
