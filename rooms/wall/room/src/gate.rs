//! The gate: has the kernel hold exactly what permits open now. It asks what is
//! in force, compiles that, has the kernel take it whole or not at all, and
//! writes down what opened and what closed.

pub(crate) mod count;
pub(crate) mod record;
mod wanted;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use base::{BodyId, Timestamp};
use identity::{BodyCode, bodies};
use permits::{PermitId, Permits};
use records::Actor;
use store::Store;
use tokio::sync::{Mutex, Notify, watch};
use wall_engine::Used;
use zones::{Complaint, Zone};

use self::count::counters;
use self::record::record;
use self::wanted::{Wanted, wanted};
use crate::error::WallError;
use crate::flows::Declared;
use crate::kernel::{Kernel, Tool};
use crate::tables;
use crate::uses::{Counted, Uses};
use crate::watch::Watched;

pub(crate) const ACTOR: Actor = Actor::System("wall");

/// How far the moment that counts may run from the machine's own count before
/// the kernel is told its times anew.
const DRIFT_MAX: Duration = Duration::from_secs(2);

/// What the configuration says of the wall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateSettings {
    /// The site's file.
    pub site: PathBuf,
    /// Whose wall it is.
    pub body: BodyCode,
    /// The network namespace whose filter is held; this machine's if none.
    pub netns: Option<String>,
    /// True where the filter is written; else it is only read and proved.
    pub apply: bool,
}

/// Why there is no gate.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The site's file cannot be read.
    #[error("{}: {why}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// It is wrong.
    #[error("{}: the site is wrong in {} places", file.display(), faults.len())]
    Site {
        /// Which.
        file: PathBuf,
        /// All that is wrong.
        faults: Vec<Complaint>,
    },
}

impl GateError {
    /// What is wrong, with the place of the first fault.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::File { .. } => self.to_string(),
            Self::Site { file, faults } => {
                let lines = crate::commands::in_words(file, faults);
                format!("{self}: {}", lines.first().map_or("", String::as_str))
            }
        }
    }
}

/// A flow that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFlow {
    /// Its place in the site.
    pub flow: usize,
    /// Its name.
    pub name: String,
    /// The permit that opens it.
    pub permit: PermitId,
    /// From then on it is closed, whatever else happens.
    pub until: Timestamp,
}

/// What the kernel holds, as far as it was told.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The site that it was told of.
    pub declared: Arc<Declared>,
    /// The open flows, in the site's order.
    pub flows: Vec<OpenFlow>,
    /// The gateway's own services that have not ended, by place, with their ends;
    /// a cut-off closes most of them.
    pub services: Vec<(usize, Timestamp)>,
    /// Zones that are cut off.
    pub cut: Vec<Zone>,
    /// When it was told, by the permits' clock; nothing if it was not yet.
    pub told_at: Option<Timestamp>,
}

/// What a settling did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Flows that opened, by name.
    pub opened: Vec<String>,
    /// Flows that closed, by name.
    pub closed: Vec<String>,
    /// Flows that stay open by another permit, by name.
    pub carried_on: Vec<String>,
    /// True where the kernel was told something.
    pub is_told: bool,
}

/// The gate of one body's wall. Clones share one.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    settings: GateSettings,
    kernel: Kernel,
    declared: RwLock<Arc<Declared>>,
    body: OnceLock<BodyId>,
    /// One settling or proof at a time.
    told: Mutex<Told>,
    opened: watch::Sender<Arc<Opened>>,
    watched: watch::Sender<Arc<Watched>>,
    /// What was counted; whoever also holds `told` took that first.
    counted: Mutex<Counted>,
    uses: watch::Sender<Arc<Uses>>,
    bell: Arc<Notify>,
}

/// What the last settling left.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The turn that it has seen.
    pub(crate) turn: Option<i64>,
    /// The moment that counted, and the machine's own count at that time.
    at: Option<(Timestamp, Duration)>,
    /// What the kernel was told; empty before the first time.
    script: String,
    /// The ledger knows of it.
    is_recorded: bool,
}

impl Gate {
    /// Reads the site that the settings name.
    ///
    /// # Errors
    /// [`GateError`], with every fault of the file.
    pub fn open(settings: GateSettings) -> Result<Self, GateError> {
        Self::open_with(settings, Tool::default())
    }

    /// As [`Gate::open`], with another program to ask the packet filter.
    ///
    /// # Errors
    /// As [`Gate::open`].
    pub fn open_with(settings: GateSettings, tool: Tool) -> Result<Self, GateError> {
        let declared = Arc::new(read(&settings.site)?);
        let kernel = settings.netns.clone().map_or_else(Kernel::here, Kernel::in_namespace);
        let kernel = kernel.asked_with(tool);
        let opened = Opened {
            declared: declared.clone(),
            flows: Vec::new(),
            services: Vec::new(),
            cut: Vec::new(),
            told_at: None,
        };
        Ok(Self(Arc::new(Inner {
            settings,
            kernel,
            declared: RwLock::new(declared),
            body: OnceLock::new(),
            told: Mutex::default(),
            opened: watch::Sender::new(Arc::new(opened)),
            watched: watch::Sender::new(Arc::default()),
            counted: Mutex::default(),
            uses: watch::Sender::new(Arc::default()),
            bell: Arc::default(),
        })))
    }

    /// What the configuration says.
    #[must_use]
    pub fn settings(&self) -> &GateSettings {
        &self.0.settings
    }

    /// The packet filter.
    #[must_use]
    pub fn kernel(&self) -> &Kernel {
        &self.0.kernel
    }

    /// The site as it was read last.
    #[must_use]
    pub fn declared(&self) -> Arc<Declared> {
        self.0.declared.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is open now, and each time that changes.
    #[must_use]
    pub fn opened(&self) -> watch::Receiver<Arc<Opened>> {
        self.0.opened.subscribe()
    }

    /// What the watch has found, and each time that changes.
    #[must_use]
    pub fn watched(&self) -> watch::Receiver<Arc<Watched>> {
        self.0.watched.subscribe()
    }

    /// Rung by whoever changes what should be open.
    #[must_use]
    pub fn bell(&self) -> Arc<Notify> {
        self.0.bell.clone()
    }

    /// The body whose wall it is.
    ///
    /// # Errors
    /// [`WallError::NoBody`] before it is founded.
    pub async fn body(&self, store: &Store) -> Result<BodyId, WallError> {
        if let Some(body) = self.0.body.get() {
            return Ok(*body);
        }
        let found = bodies::by_code(store, self.0.settings.body).await?;
        let body = found.ok_or(WallError::NoBody)?;
        Ok(*self.0.body.get_or_init(|| body))
    }

    /// True where this is the wall of a body; nothing is shown to another's.
    #[must_use]
    pub fn is_of(&self, body: BodyId) -> bool {
        self.0.body.get() == Some(&body)
    }

    /// Reads the site's file again; false if it is the same as before.
    ///
    /// # Errors
    /// [`GateError`]; the site as it was stays in force.
    pub fn read_again(&self) -> Result<bool, GateError> {
        let declared = read(&self.0.settings.site)?;
        let mut own = self.0.declared.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = own.sha256 != declared.sha256;
        if is_new {
            *own = Arc::new(declared);
        }
        Ok(is_new)
    }

    /// Asks what should be open now and has the kernel hold that. Nothing is told
    /// where nothing changed.
    ///
    /// # Errors
    /// If the store or the kernel did not answer; the kernel then holds what it
    /// held, and its own times go on.
    pub async fn settle(&self, store: &Store, permits: &Permits) -> Result<Settled, WallError> {
        self.settle_as(store, permits, Mode::IfNew).await
    }

    /// As [`Gate::settle`], and tells the kernel in any case.
    ///
    /// # Errors
    /// As [`Gate::settle`].
    pub async fn settle_anew(
        &self,
        store: &Store,
        permits: &Permits,
    ) -> Result<Settled, WallError> {
        self.settle_as(store, permits, Mode::Anyway).await
    }

    async fn settle_as(
        &self,
        store: &Store,
        permits: &Permits,
        mode: Mode,
    ) -> Result<Settled, WallError> {
        let mut told = self.0.told.lock().await;
        let body = self.body(store).await?;
        let declared = self.declared();
        let mut work = store.read(body).await?;
        let turn = tables::turn(&mut work).await?;
        let wanted = wanted(&mut work, permits, declared).await?;
        drop(work);
        let (now, elapsed) = (wanted.now, store.clock().elapsed());
        let settled = if self.0.settings.apply {
            self.tell(&mut told, &wanted, (store, elapsed), mode).await?
        } else {
            false
        };
        told.turn = Some(turn);
        let opened = Opened { told_at: Some(now), ..wanted.opened };
        let mut done = Settled { is_told: settled, ..Settled::default() };
        let is_other = self.0.opened.borrow().flows != opened.flows;
        if self.0.settings.apply && (settled || is_other || !told.is_recorded) {
            told.is_recorded = false;
            record(store, body, &opened, &wanted.stands, &mut done).await?;
            told.is_recorded = true;
        }
        self.0.opened.send_replace(Arc::new(opened));
        Ok(done)
    }

    /// Has the kernel take what is wanted, if it differs; true if it was told.
    async fn tell(
        &self,
        told: &mut Told,
        wanted: &Wanted,
        (store, elapsed): (&Store, Duration),
        mode: Mode,
    ) -> Result<bool, WallError> {
        // With ends instead of the seconds that are left: the kernel counts those.
        let timeless = wanted.script(|until| u64::try_from(until.seconds()).ok());
        let is_same = told.script == timeless;
        if mode == Mode::IfNew && is_same && !told.is_off(wanted.now, elapsed) {
            return Ok(false);
        }
        let script = wanted.script(|until| Some(until.since(wanted.now).as_secs()));
        let kernel = self.0.kernel.clone();
        // What was counted until now is gone with the rules; it is read while they
        // are looked through.
        let reading = kernel.clone();
        let counters = tokio::task::spawn_blocking(move || {
            reading.ruleset().ok().and_then(|json| counters(&json))
        });
        let (checking, checked) = (kernel.clone(), script.clone());
        let checked = tokio::task::spawn_blocking(move || checking.check(&checked));
        checked.await.map_err(|_| WallError::Ended)??;
        let counters = counters.await.map_err(|_| WallError::Ended)?;
        let taken = tokio::task::spawn_blocking(move || kernel.apply(&script));
        taken.await.map_err(|_| WallError::Ended)??;
        told.script = timeless;
        told.at = Some((wanted.now, elapsed));
        if let Err(error) = self.keep_count(store, counters, wanted.now).await {
            tracing::warn!(%error, "what flows were used is not written down: {error}");
        }
        Ok(true)
    }

    async fn keep_count(
        &self,
        store: &Store,
        counters: Option<BTreeMap<String, Used>>,
        now: Timestamp,
    ) -> Result<(), WallError> {
        if let Some(counters) = counters {
            self.count(store, &counters, now).await?;
        }
        self.count_anew(store).await
    }

    /// Holds the gate still while something else looks at what it was told.
    pub(crate) async fn still(&self) -> tokio::sync::MutexGuard<'_, Told> {
        self.0.told.lock().await
    }

    /// Whether what should be open has changed since it was told.
    pub(crate) async fn is_behind(
        &self,
        store: &Store,
        permits: &Permits,
    ) -> Result<bool, WallError> {
        let body = self.body(store).await?;
        let mut work = store.read(body).await?;
        let turn = tables::turn(&mut work).await?;
        let now = permits.look(&mut work).await?;
        drop(work);
        let told = self.0.told.lock().await;
        let opened = self.0.opened.borrow().clone();
        let has_ended = opened.flows.iter().any(|flow| flow.until <= now)
            || opened.services.iter().any(|(_, until)| *until <= now);
        let is_recorded = told.is_recorded || !self.0.settings.apply;
        let is_other_site = opened.declared.sha256 != self.declared().sha256;
        Ok(told.turn != Some(turn)
            || has_ended
            || is_other_site
            || !is_recorded
            || told.is_off(now, store.clock().elapsed()))
    }

    /// Shows what the watch has found.
    pub(crate) fn show(&self, change: impl FnOnce(&mut Watched)) {
        self.0.watched.send_modify(|watched| change(Arc::make_mut(watched)));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    IfNew,
    Anyway,
}

impl Told {
    /// True where the moment that counts has jumped against the machine's own
    /// count: the kernel counts by the latter.
    fn is_off(&self, now: Timestamp, elapsed: Duration) -> bool {
        let Some((at, then)) = self.at else { return false };
        let counted = at.plus(elapsed.saturating_sub(then));
        now.since(counted) > DRIFT_MAX || counted.since(now) > DRIFT_MAX
    }
}

fn read(file: &std::path::Path) -> Result<Declared, GateError> {
    let text = std::fs::read_to_string(file)
        .map_err(|why| GateError::File { file: file.to_owned(), why })?;
    Declared::read(&text).map_err(|faults| GateError::Site { file: file.to_owned(), faults })
}
