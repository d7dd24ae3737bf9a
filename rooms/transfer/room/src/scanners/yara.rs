//! Asks a program beside us whether a file meets the rules of the house and of
//! its body: YARA, or YARA-X. The program is shut in, sees one file, and what
//! it says counts only if it says exactly what was asked.

mod answer;
mod cage;
mod rules;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use base::BodyId;
use console::Alarm;
use i18n::{Message, key};
use identity::BodyCode;
use store::Store;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

use answer::{Dialect, FILE};
use cage::{Private, Run};
use rules::{Ready, Rules};

/// Which program looks, and by which rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YaraSettings {
    /// `yara` of version 4 or `yr` of YARA-X, by its whole path.
    pub program: PathBuf,
    /// The rules that hold for every body.
    pub rules: Option<PathBuf>,
    /// Rules that hold for one body beside them.
    pub bodies: Vec<(BodyCode, PathBuf)>,
    /// Seconds that looking at a file may take; more for one of more than
    /// 100 MiB.
    pub seconds_max: u64,
}

/// The program with its rules, in a running house.
#[derive(Clone)]
pub(super) struct Yara(Arc<Inner>);

struct Inner {
    settings: YaraSettings,
    scratch: PathBuf,
    store: Store,
    engine: tokio::sync::Mutex<Option<Arc<Engine>>>,
    house: Option<Rules>,
    bodies: Vec<OfBody>,
    /// So many runs at a time.
    turns: Semaphore,
    /// Why the program cannot be used, in its words or the system's.
    trouble: Mutex<Option<String>>,
}

struct OfBody {
    code: BodyCode,
    /// Known once the body is founded.
    id: OnceLock<BodyId>,
    rules: Rules,
}

/// The program, and how it wants to be asked.
#[derive(Clone, Debug)]
struct Engine {
    program: PathBuf,
    dialect: Dialect,
    version: String,
    scratch: PathBuf,
}

/// A file that is being laid before the program.
pub(super) struct Session {
    yara: Yara,
    body: BodyId,
    private: Private,
    file: tokio::fs::File,
    bytes: u64,
    /// A disk that is full says so while we write.
    laid: Result<()>,
}

/// In the data folder: what lies before the program, gone after each run.
const SCRATCH: &str = "scanning";
/// In the data folder: the rules that were right last.
const KEPT: &str = "yara";
/// What the rules of the house are kept as.
const HOUSE: &str = "house";
/// So many runs at a time, at most.
const TURNS_MAX: usize = 8;
/// Seconds for a program to say its version.
const VERSION_SECONDS_MAX: u64 = 20;
/// The time for a file holds for so many bytes, and again for so many more.
const BYTES_A_TURN: u64 = 100 << 20;
/// Rules are looked at so often, even when no file comes.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Characters that are shown of what the program complained of.
const COMPLAINT_CHARACTERS_MAX: usize = 200;

impl Yara {
    pub(super) const NAME: &'static str = "yara";

    /// Prepares to ask the program, with rules that are right. A program or
    /// rules that are wrong keep nobody from starting: files wait then.
    pub(super) async fn open(settings: YaraSettings, data: &Path, store: Store) -> Result<Self> {
        let (scratch, kept) = (data.join(SCRATCH), data.join(KEPT));
        // What a program that was killed has left.
        match fs::remove_dir_all(&scratch) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        for folder in [&scratch, &kept] {
            fs::DirBuilder::new().mode(0o700).recursive(true).create(folder)?;
        }
        let rules = |source: &PathBuf, name: &str| {
            Rules::new(source.clone(), kept.join(name).with_extension("yar"))
        };
        let house = settings.rules.as_ref().map(|source| rules(source, HOUSE));
        let bodies = settings.bodies.iter().map(|(code, source)| OfBody {
            code: *code,
            id: OnceLock::new(),
            rules: rules(source, &code.to_string()),
        });
        let turns = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let yara = Self(Arc::new(Inner {
            house,
            bodies: bodies.collect(),
            engine: tokio::sync::Mutex::default(),
            turns: Semaphore::new(turns.min(TURNS_MAX)),
            trouble: Mutex::default(),
            settings,
            scratch,
            store,
        }));
        yara.look().await;
        Ok(yara)
    }

    /// Looks at the rules again and again.
    pub(super) async fn keep(self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.look().await;
        }
    }

    /// Reads what has changed; what is wrong is noted.
    async fn look(&self) {
        let Ok(engine) = self.engine().await else { return };
        for rules in self.all() {
            // Noted by the rules themselves.
            let _ = rules.ready(&engine).await;
        }
    }

    /// What is wrong now.
    pub(super) fn alarms(&self) -> Vec<Alarm> {
        let inner = &self.0;
        let program = inner.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut alarms = Vec::new();
        if let Some(said) = program {
            let message = Message::new(key!("transfer-yara-program"))
                .with("program", inner.settings.program.display().to_string())
                .with("said", said);
            alarms.push(Alarm { body: None, message });
        }
        let house = inner.house.iter().map(|rules| (None, rules));
        let bodies = inner.bodies.iter().map(|one| (one.id.get().copied(), &one.rules));
        for (body, rules) in house.chain(bodies) {
            let Some(trouble) = rules.trouble() else { continue };
            let key = match trouble.others_stay {
                true => key!("transfer-yara-rules-stay"),
                false => key!("transfer-yara-rules-none"),
            };
            let message = Message::new(key)
                .with("file", rules.source.display().to_string())
                .with("said", trouble.said);
            alarms.push(Alarm { body, message });
        }
        alarms
    }

    /// Begins to lay a file before it.
    pub(super) async fn begin(&self, body: BodyId) -> Result<Session> {
        let private = Private::make(&self.0.scratch)?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file = tokio::fs::OpenOptions::from(options).open(private.place(FILE)).await?;
        Ok(Session { yara: self.clone(), body, private, file, bytes: 0, laid: Ok(()) })
    }

    /// The program, asked for its version once.
    async fn engine(&self) -> Result<Arc<Engine>> {
        let mut known = self.0.engine.lock().await;
        if let Some(engine) = &*known {
            return Ok(engine.clone());
        }
        let (program, scratch) = (self.0.settings.program.clone(), self.0.scratch.clone());
        let asked = off_thread(move || Engine::ask(program, scratch)).await;
        self.note(asked.as_ref().err().map(ToString::to_string));
        let engine = Arc::new(asked?);
        // What another has put together is of no use to this one.
        for rules in self.all() {
            rules.doubt().await;
        }
        *known = Some(engine.clone());
        Ok(engine)
    }

    fn all(&self) -> impl Iterator<Item = &Rules> {
        self.0.house.iter().chain(self.0.bodies.iter().map(|one| &one.rules))
    }

    fn note(&self, trouble: Option<String>) {
        let mut noted = self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(said) = &trouble
            && *noted != trouble
        {
            let program = self.0.settings.program.display();
            tracing::error!(%program, %said, "YARA cannot be asked: files wait");
        }
        *noted = trouble;
    }

    /// The rules for a file of a body.
    async fn rules_for(&self, body: BodyId) -> Result<Vec<&Rules>> {
        let mut all: Vec<&Rules> = self.0.house.iter().collect();
        for one in &self.0.bodies {
            if one.id.get().is_none() {
                let found = identity::bodies::by_code(&self.0.store, one.code).await;
                if let Some(id) = found.map_err(Error::other)? {
                    let _ = one.id.set(id);
                }
            }
            if one.id.get() == Some(&body) {
                all.push(&one.rules);
            }
        }
        Ok(all)
    }
}

impl Session {
    /// Lays more of the file before it.
    pub(super) async fn add(&mut self, bytes: &[u8]) {
        if self.laid.is_ok() {
            self.laid = self.file.write_all(bytes).await;
            self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        }
    }

    /// Has it looked at; the rules that it meets, each with its file.
    pub(super) async fn end(mut self) -> Result<BTreeSet<String>> {
        self.laid?;
        self.file.flush().await?;
        drop(self.file);
        let yara = self.yara;
        let engine = yara.engine().await?;
        let seconds = yara.0.settings.seconds_max.saturating_mul(1 + self.bytes / BYTES_A_TURN);
        let mut private = self.private;
        let mut all = BTreeSet::new();
        for rules in yara.rules_for(self.body).await? {
            let ready = rules.ready(&engine).await?;
            // It is never closed.
            let _turn = yara.0.turns.acquire().await;
            let (asked, bytes) = (engine.clone(), self.bytes);
            let (back, looked) = off_thread(move || {
                let looked = asked.look(&ready, &private, bytes, seconds);
                Ok::<_, Error>((private, looked))
            })
            .await?;
            private = back;
            if looked.as_ref().is_err_and(|error| error.kind() != ErrorKind::TimedOut) {
                // The program may be another than the one that was asked.
                yara.0.engine.lock().await.take();
            }
            let name = rules.name();
            all.extend(looked?.into_iter().map(|hit| format!("{hit} ({name})")));
        }
        Ok(all)
    }
}

impl Engine {
    /// Asks a program what it is.
    fn ask(program: PathBuf, scratch: PathBuf) -> Result<Self> {
        if !program.is_file() {
            return Err(Error::new(ErrorKind::NotFound, "the program is not there"));
        }
        let private = Private::make(&scratch)?;
        let words = vec![program.clone().into(), "--version".into()];
        let run = Run { words, seconds: VERSION_SECONDS_MAX, bytes: 0, written_bytes_max: 1 << 16 };
        let ended = run.in_folder(&private)?;
        let known = Dialect::of_version(&ended.said).filter(|_| ended.is_well);
        let (dialect, version) = known.ok_or_else(|| {
            Error::new(ErrorKind::InvalidData, "its answer to --version is not YARA's")
        })?;
        Ok(Self { program, dialect, version, scratch })
    }

    /// Has the file in a folder looked at.
    fn look(
        &self,
        rules: &Ready,
        private: &Private,
        bytes: u64,
        seconds: u64,
    ) -> Result<BTreeSet<String>> {
        let is_compiled = rules.lay(private)?;
        let words = self.dialect.looking(&self.program, is_compiled, seconds);
        let run = Run { words, seconds, bytes, written_bytes_max: 1 << 20 };
        let ended = run.in_folder(private)?;
        let complained = String::from_utf8_lossy(&ended.complained);
        if !ended.is_well || !complained.trim().is_empty() {
            let is_late = complained.contains("timed out") || complained.contains("timeout");
            let kind = if is_late { ErrorKind::TimedOut } else { ErrorKind::InvalidData };
            let complained = complained.trim().chars().take(COMPLAINT_CHARACTERS_MAX);
            return Err(Error::new(kind, complained.collect::<String>()));
        }
        let hits = self.dialect.hits(&ended.said);
        hits.ok_or_else(|| Error::new(ErrorKind::InvalidData, "an answer of another kind"))
    }
}

/// What the doctor asks: the program and each file of rules, once.
pub(super) fn examine(settings: &YaraSettings, within: &Path) -> Result<String> {
    let private = Private::make(within)?;
    let scratch = private.place("");
    let engine = Engine::ask(settings.program.clone(), scratch)?;
    let files = settings.rules.iter().chain(settings.bodies.iter().map(|(_, file)| file));
    let mut count = 0;
    for file in files {
        let wrong = |error| Error::other(format!("{}: {error}", file.display()));
        rules::prepare(&engine, file).map_err(wrong)?;
        count += 1;
    }
    Ok(format!("{} {} ({count})", engine.dialect.name(), engine.version))
}

async fn off_thread<T: Send + 'static, E: From<Error> + Send + 'static>(
    work: impl FnOnce() -> std::result::Result<T, E> + Send + 'static,
) -> std::result::Result<T, E> {
    let broken = |_| Error::other("a task broke");
    tokio::task::spawn_blocking(work).await.map_err(broken)?
}

#[cfg(test)]
mod tests;
