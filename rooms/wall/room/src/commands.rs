//! What the room does on the command line: `sekisho zones` and `sekisho lab`.

pub mod cutoff;
mod diff;
pub mod lab;
mod told;
pub mod zones;

use std::path::Path;

use ::zones::{Site, read_site};
use clap::ValueEnum;
use serde_json::json;
use wall_engine::{Open, Opening, Serving};

/// The language of the sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

impl Lang {
    /// Chooses between two wordings.
    #[must_use]
    pub const fn pick<'t>(self, ja: &'t str, en: &'t str) -> &'t str {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }
}

/// How a command ended: the process exits with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or everything holds.
    Done,
    /// Something does not hold, or was not done.
    Violated,
    /// The site's file is wrong, or the command is.
    Invalid,
    /// Something was not understood, and nothing else was found.
    Unproven,
}

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Violated => 1,
            Self::Invalid => 2,
            Self::Unproven => 3,
        }
    }
}

/// Reads a site, or tells every fault of its file.
fn read(path: &Path, as_json: bool, lang: Lang) -> Result<Site, Exit> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) => {
            complain(as_json, &format!("{}: {why}", path.display()));
            return Err(Exit::Invalid);
        }
    };
    read_site(&text).map_err(|faults| {
        if as_json {
            let all: Vec<_> = faults.iter().map(|one| told::fault_json(path, one)).collect();
            println!("{}", json!({ "ok": false, "faults": all }));
        } else {
            for one in &faults {
                println!("{}", told::fault(path, one, lang));
            }
        }
        Exit::Invalid
    })
}

/// Every fault of a site's file, in both languages, a line each.
#[must_use]
pub fn in_words(path: &Path, faults: &[::zones::Complaint]) -> Vec<String> {
    let both = |one| {
        let ja = told::fault(path, one, Lang::Ja);
        format!("{ja} / {}", told::words(&one.fault, Lang::En))
    };
    faults.iter().map(both).collect()
}

fn complain(as_json: bool, words: &str) {
    if as_json {
        println!("{}", json!({ "ok": false, "error": words }));
    } else {
        eprintln!("× {words}");
    }
}

/// Everything that the site lets be open: flows with their analysis and check
/// list, where they need them, and the gateway's services.
struct AllOpen {
    flows: Vec<Opening>,
    services: Vec<Serving>,
}

impl AllOpen {
    fn of(site: &Site) -> Self {
        let flows = 0..site.flows.len();
        let flows = flows
            .filter(|flow| site.is_complete(*flow))
            .map(|flow| Opening { flow, seconds: None })
            .collect();
        let services = 0..site.services.len();
        let services = services.map(|service| Serving { service, seconds: None }).collect();
        Self { flows, services }
    }

    fn open(&self) -> Open<'_> {
        Open { flows: &self.flows, services: &self.services, cut: &[] }
    }
}
