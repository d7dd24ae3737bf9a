//! `sekisho inspect`: says what is in files, without changing anything.

use std::path::PathBuf;

use clap::Args;
use sanitize_core::Policy;
use serde_json::json;

use super::{Exit, Lang};
use crate::pool::Pool;
use crate::{inputs, screen};

/// What `sekisho inspect` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
例 / Examples:
  sekisho inspect 申請書.docm
  sekisho inspect --json 受付/")]
pub struct Arguments {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Language of the sentences
    #[arg(long, value_enum, default_value = "ja")]
    pub lang: Lang,
    /// Work even where the kernel lacks Landlock or seccomp
    #[arg(long)]
    pub weak_jail: bool,
    /// Files or folders
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
}

/// Runs the command.
#[must_use]
pub fn run(arguments: &Arguments) -> Exit {
    let inputs = match inputs::collect(&arguments.inputs) {
        Ok(inputs) => inputs,
        Err(error) => {
            eprintln!("sekisho: 入力を読めません / cannot read input: {error}");
            return Exit::Usage;
        }
    };
    let policy = Policy::default();
    let mut pool = match Pool::new(&policy, arguments.weak_jail) {
        Ok(pool) => pool,
        Err(error) => {
            eprintln!("sekisho: {error}");
            return Exit::Failed;
        }
    };
    let mut exit = Exit::Done;
    for input in inputs {
        if let Err(message) = one(&input.path, &policy, &mut pool, arguments) {
            eprintln!(
                "sekisho: {}: {message}",
                screen::printable(&input.path.display().to_string())
            );
            exit = Exit::Failed;
        }
    }
    exit
}

fn one(
    path: &std::path::Path,
    policy: &Policy,
    pool: &mut Pool,
    arguments: &Arguments,
) -> Result<(), String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (format, found) = pool.inspect(&name, &bytes, policy).map_err(|error| error.to_string())?;
    let input = path.display().to_string();
    if arguments.json {
        let line = json!({
            "input": input, "type": format.name(), "bytes": bytes.len(),
            "findings": found,
        });
        println!("{line}");
        return Ok(());
    }
    println!("{} [{}] {} bytes", screen::printable(&input), format.name(), bytes.len());
    if found.is_empty() {
        let nothing = arguments.lang.pick("動作しうる内容は見つかりません", "nothing active found");
        println!("    {nothing}");
    }
    for item in found {
        let (place, what) = (screen::printable(&item.place), screen::printable(&item.what));
        println!("    - {}: {place} {what}", rule_sentence(&item.rule, arguments.lang));
    }
    Ok(())
}

/// The sentence for a rule; its name where there is none.
fn rule_sentence(rule: &str, lang: Lang) -> String {
    let sentence = sanitize_engine::rules().find(|(id, _, _)| *id == rule);
    match sentence {
        Some((id, ja, en)) => format!("{} ({id})", lang.pick(ja, en)),
        None => screen::printable(rule),
    }
}
