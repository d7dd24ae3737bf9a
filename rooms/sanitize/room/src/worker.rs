//! What runs inside a cage: one job, from its bytes to its answer.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use platform::{Confinement, WardenError};
use sanitize_core::Passwords;
use sanitize_engine::{Fonts, Request};

use crate::wire::{self, Task};

/// What the pool tells a warden on its command line.
#[derive(Debug, Clone, Args)]
pub struct CageArguments {
    /// Address space of one job, in bytes.
    #[arg(long)]
    pub memory: u64,
    /// Processor time of one job, in seconds.
    #[arg(long)]
    pub cpu: u64,
    /// Largest request, in bytes.
    #[arg(long)]
    pub request: u64,
    /// A font with Japanese glyphs for drawn pages; read before the walls go up.
    #[arg(long)]
    pub font: Option<PathBuf>,
    /// Go on where the kernel lacks a wall.
    #[arg(long)]
    pub weak: bool,
}

impl CageArguments {
    /// The words that lead back to these arguments.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = vec!["cage".to_owned()];
        let pairs = [("--memory", self.memory), ("--cpu", self.cpu), ("--request", self.request)];
        for (name, value) in pairs {
            words.extend([name.to_owned(), value.to_string()]);
        }
        if let Some(font) = &self.font {
            words.extend(["--font".to_owned(), font.display().to_string()]);
        }
        if self.weak {
            words.push("--weak".to_owned());
        }
        words
    }
}

/// Serves jobs until the parent closes the pipe. The binary calls it for its
/// hidden command, before anything else has been opened.
///
/// # Errors
/// Fails when the walls cannot be built.
pub fn serve_cage(arguments: CageArguments) -> Result<(), WardenError> {
    // A font that cannot be read only makes pages poorer.
    let font = arguments.font.as_ref().and_then(|path| std::fs::read(path).ok());
    let fonts = Fonts { east_asian: font.map(Arc::new) };
    let confinement = Confinement {
        memory_bytes_max: arguments.memory,
        cpu_seconds_max: arguments.cpu,
        allow_missing_walls: arguments.weak,
    };
    platform::serve(&confinement, arguments.request, sanitize_engine::warm, |message| {
        handle(message, &fonts)
    })
}

/// Answers one request; an empty answer means that the request was not one of
/// ours, which the pool reports as a broken worker.
fn handle(message: &[u8], fonts: &Fonts) -> Vec<u8> {
    let Some((head, bytes)) = wire::read_request(message) else { return Vec::new() };
    let answer = match head.task {
        Task::Inspect => wire::inspection(&sanitize_engine::inspect(&head.name, bytes)),
        Task::Read => {
            let passwords = Passwords::new(head.passwords);
            let limits = &head.policy.limits;
            wire::reading(&sanitize_engine::read(&head.name, bytes, limits, &passwords))
        }
        Task::Draw { leaves_max } => {
            let passwords = Passwords::new(head.passwords);
            let limits = &head.policy.limits;
            let (name, most) = (&head.name, leaves_max);
            wire::leaves(&sanitize_engine::leaves(name, bytes, limits, &passwords, fonts, most))
        }
        Task::Disarm(method) => {
            let passwords = Passwords::new(head.passwords);
            let request = Request {
                name: &head.name,
                bytes,
                method,
                policy: &head.policy,
                passwords: &passwords,
            };
            wire::outcome(&sanitize_engine::disarm_with(&request, fonts))
        }
    };
    answer.unwrap_or_default()
}
