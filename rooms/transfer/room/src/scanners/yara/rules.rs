//! A file of rules: read when it has changed, put together once, tried before
//! it is used. Rules that are wrong change nothing: those before them stay,
//! over a restart too.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::answer::{COMPILED, FILE, OWN_RULE, OWN_SOURCE, SOURCE};
use super::cage::{Private, Run};
use super::{Engine, off_thread};

/// The rules of the house, or of one body.
pub(super) struct Rules {
    /// Where they are written.
    pub(super) source: PathBuf,
    /// Where those that were right last are kept.
    kept: PathBuf,
    state: tokio::sync::Mutex<State>,
    trouble: Mutex<Option<Trouble>>,
}

#[derive(Default)]
struct State {
    /// The file as it was when it was read.
    seen: Option<Seen>,
    ready: Option<Arc<Ready>>,
}

/// Length, times and number of a file: what differs when it is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen([i64; 6]);

/// Rules that were tried.
#[derive(Debug)]
pub(super) enum Ready {
    /// Put together by the program that uses them.
    Compiled(Vec<u8>),
    /// As they are written, where there is no program to put them together.
    Source(Vec<u8>),
}

/// What is wrong with a file of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// In the words of whoever found it.
    pub(super) said: String,
    /// True where others are in force meanwhile.
    pub(super) others_stay: bool,
}

/// Why rules are not used.
#[derive(Debug, thiserror::Error)]
pub(super) enum RulesError {
    /// The rules are wrong, in the program's words.
    #[error("{0}")]
    Wrong(String),
    /// They could not be read or tried.
    #[error(transparent)]
    Io(#[from] Error),
}

/// Bytes of a file of rules.
const SOURCE_BYTES_MAX: u64 = 32 << 20;
/// Bytes of what is made of it.
const COMPILED_BYTES_MAX: u64 = 512 << 20;
/// Seconds that putting them together may take.
const COMPILING_SECONDS_MAX: u64 = 120;
/// Seconds that trying them on a few bytes may take.
const TRIAL_SECONDS_MAX: u64 = 60;
/// Rules are tried on this before they are used.
const TRIAL: &[u8] = b"sekisho";
/// Characters that are shown of what the program says.
const SAID_CHARACTERS_MAX: usize = 300;

impl Rules {
    pub(super) fn new(source: PathBuf, kept: PathBuf) -> Self {
        Self { source, kept, state: tokio::sync::Mutex::default(), trouble: Mutex::new(None) }
    }

    /// What they are called beside a hit.
    pub(super) fn name(&self) -> String {
        self.source.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// What is wrong with them now.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has them read anew, as the program that put them together may be another.
    pub(super) async fn doubt(&self) {
        self.state.lock().await.seen = None;
    }

    /// The rules that hold now.
    pub(super) async fn ready(&self, engine: &Arc<Engine>) -> Result<Arc<Ready>> {
        let mut state = self.state.lock().await;
        let seen = Seen::of(&self.source);
        let mut wrong = self.trouble().map(|trouble| trouble.said);
        if seen.is_none() || seen != state.seen {
            let (engine, source) = (engine.clone(), self.source.clone());
            let made = off_thread(move || prepare(&engine, &source)).await;
            wrong = self.take(&mut state, seen, made);
        }
        if state.ready.is_none() {
            let (engine, kept) = (engine.clone(), self.kept.clone());
            let made = off_thread(move || prepare(&engine, &kept)).await;
            state.ready = made.ok().map(|(_, ready)| ready);
        }
        let others_stay = state.ready.is_some();
        self.note(wrong.map(|said| Trouble { said, others_stay }));
        let none = || Error::new(ErrorKind::InvalidData, "no rules of it are right");
        state.ready.clone().ok_or_else(none)
    }

    /// Takes what came of reading the file; says what is wrong with it.
    fn take(
        &self,
        state: &mut State,
        seen: Option<Seen>,
        made: std::result::Result<(Vec<u8>, Arc<Ready>), RulesError>,
    ) -> Option<String> {
        match made {
            Ok((source, ready)) => {
                if let Err(error) = keep(&self.kept, &source) {
                    tracing::error!(%error, "rules that are right could not be kept");
                }
                (state.seen, state.ready) = (seen, Some(ready));
                tracing::info!(rules = %self.source.display(), "YARA rules are in force");
                None
            }
            Err(error) => {
                // Rules that are wrong stay so until they change; a machine that
                // could not try them is asked again.
                state.seen = match &error {
                    RulesError::Wrong(_) => seen,
                    RulesError::Io(_) => None,
                };
                Some(error.to_string())
            }
        }
    }

    fn note(&self, trouble: Option<Trouble>) {
        let mut noted = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Trouble { said, others_stay }) = &trouble
            && *noted != trouble
        {
            let rules = self.source.display();
            tracing::error!(%rules, %said, others_stay, "YARA rules cannot be used");
        }
        *noted = trouble;
    }
}

impl Ready {
    /// Lays them into the folder of a run; true where they are put together.
    pub(super) fn lay(&self, private: &Private) -> Result<bool> {
        match self {
            Self::Compiled(bytes) => fs::write(private.place(COMPILED), bytes).map(|()| true),
            Self::Source(bytes) => {
                fs::write(private.place(OWN_SOURCE), OWN_RULE)?;
                fs::write(private.place(SOURCE), bytes).map(|()| false)
            }
        }
    }
}

impl Seen {
    fn of(path: &Path) -> Option<Self> {
        let facts = fs::metadata(path).ok()?;
        let length = i64::try_from(facts.len()).ok()?;
        let number = i64::from_ne_bytes(facts.ino().to_ne_bytes());
        let (written, changed) = (facts.mtime(), facts.ctime());
        Some(Self([length, number, written, facts.mtime_nsec(), changed, facts.ctime_nsec()]))
    }
}

/// Reads rules, puts them together and tries them.
pub(super) fn prepare(
    engine: &Engine,
    source: &Path,
) -> std::result::Result<(Vec<u8>, Arc<Ready>), RulesError> {
    let mut text = Vec::new();
    File::open(source)?.take(SOURCE_BYTES_MAX + 1).read_to_end(&mut text)?;
    if text.len() as u64 > SOURCE_BYTES_MAX {
        return Err(RulesError::Wrong(format!("more than {} MiB", SOURCE_BYTES_MAX >> 20)));
    }
    let ready = match engine.dialect.compiling(&engine.program) {
        Some(words) => Ready::Compiled(compile(engine, words, source, &text)?),
        None => Ready::Source(text.clone()),
    };
    let private = Private::make(&engine.scratch)?;
    fs::write(private.place(FILE), TRIAL)?;
    let tried = engine.look(&ready, &private, TRIAL.len() as u64, TRIAL_SECONDS_MAX);
    tried.map_err(|error| match error.kind() {
        ErrorKind::InvalidData => RulesError::Wrong(said(&error.to_string(), source)),
        _ => RulesError::Io(error),
    })?;
    Ok((text, Arc::new(ready)))
}

fn compile(
    engine: &Engine,
    words: Vec<std::ffi::OsString>,
    source: &Path,
    text: &[u8],
) -> std::result::Result<Vec<u8>, RulesError> {
    let private = Private::make(&engine.scratch)?;
    fs::write(private.place(OWN_SOURCE), OWN_RULE)?;
    fs::write(private.place(SOURCE), text)?;
    let run = Run {
        words,
        seconds: COMPILING_SECONDS_MAX,
        bytes: SOURCE_BYTES_MAX,
        written_bytes_max: COMPILED_BYTES_MAX,
    };
    let ended = run.in_folder(&private)?;
    if !ended.is_well {
        let complained = String::from_utf8_lossy(&ended.complained);
        return Err(RulesError::Wrong(said(&complained, source)));
    }
    Ok(private.left(COMPILED, COMPILED_BYTES_MAX)?)
}

/// What the program said, with the file's own name, in one line.
fn said(words: &str, source: &Path) -> String {
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let words = words.replace(SOURCE, &name);
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|mark| !mark.is_control()).take(SAID_CHARACTERS_MAX).collect()
}

/// Keeps rules that are right, for a start on which others are wrong.
fn keep(place: &Path, text: &[u8]) -> Result<()> {
    let new = place.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(new, place)
}
