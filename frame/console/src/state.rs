//! What every request can reach: the store, the words, the menu, the settings.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Random};
use i18n::{CatalogueError, Messages};
use store::Store;

use crate::api::Interface;
use crate::assets::Assets;
use crate::callers::Callers;
use crate::guard::Origin;
use crate::limit::Limiter;
use crate::metrics::Metrics;
use crate::room::{Place, Room};
use crate::uploads::Uploads;
use crate::watch::Watch;

/// Shared by all requests.
pub type State = Arc<Shell>;

/// What the console is started with.
pub struct Settings {
    /// Where browsers reach it: `https://sekisho.example.lg.jp:8443`, without
    /// a path. Requests for other hosts are refused.
    pub origin: String,
    /// Filled with an invented town; every page says so.
    pub is_demo: bool,
    /// The program's version, for the page about it.
    pub version: &'static str,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// How long a request may take whose body is read while it comes.
    pub stream_timeout: Duration,
    /// Requests that one address may make a minute.
    pub requests_a_minute_max: u32,
    /// Steps of signing in that one address may make a minute.
    pub sign_in_steps_a_minute_max: u32,
}

impl Settings {
    /// Settings for an origin, with the limits that suit a town.
    #[must_use]
    pub fn new(origin: impl Into<String>, version: &'static str) -> Self {
        Self {
            origin: origin.into(),
            is_demo: false,
            version,
            request_timeout: Duration::from_secs(30),
            stream_timeout: Duration::from_secs(3_600),
            requests_a_minute_max: 1_200,
            sign_in_steps_a_minute_max: 60,
        }
    }
}

/// See [`State`].
pub struct Shell {
    /// The database.
    pub store: Store,
    /// What the console was started with.
    pub settings: Settings,
    /// All words.
    pub messages: Messages,
    /// Says who is calling.
    pub callers: Arc<dyn Callers>,
    /// What services need beyond the store: kinds of permits, keys. Each value
    /// is found by its type.
    pub means: Means,
    /// Figures for Prometheus.
    pub metrics: Metrics,
    pub(crate) origin: Origin,
    pub(crate) places: Vec<Place>,
    pub(crate) rooms: Vec<Arc<dyn Room>>,
    pub(crate) assets: Assets,
    pub(crate) limiter: Limiter,
    pub(crate) watch: Watch,
    pub(crate) uploads: Uploads,
    /// One at a time: proving a long ledger takes the database's time.
    pub(crate) proving: tokio::sync::Semaphore,
    pub(crate) interface: Interface,
}

impl Shell {
    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &**self.store.clock()
    }

    /// The randomness.
    #[must_use]
    pub fn random(&self) -> &dyn Random {
        &**self.store.random()
    }
}

/// Why the console does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A catalogue is broken.
    #[error("cannot read the messages")]
    Messages(#[from] CatalogueError),
    /// The interface's description cannot be written.
    #[error("cannot write the description of the interface")]
    Interface(#[from] serde_json::Error),
    /// Two routes are the same.
    #[error("the route {verb} {path} is there twice")]
    RouteTwice {
        /// Its method.
        verb: &'static str,
        /// Its path.
        path: &'static str,
    },
    /// The origin is not one.
    #[error("{0:?} is not an origin like https://sekisho.example.lg.jp:8443")]
    Origin(String),
    /// Two files for pages have the same name.
    #[error("the file {0} is there twice, or its type is not known")]
    Asset(&'static str),
}

/// Values found by their type: what the binary hands to handlers without the
/// console knowing it.
#[derive(Default)]
pub struct Means {
    values: BTreeMap<std::any::TypeId, Box<dyn std::any::Any + Send + Sync>>,
}

impl Means {
    /// Adds a value; a second of the same type replaces the first.
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.values.insert(std::any::TypeId::of::<T>(), Box::new(value));
        self
    }

    /// The value of a type.
    #[must_use]
    pub fn find<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.values.get(&std::any::TypeId::of::<T>())?.downcast_ref()
    }
}

/// Everything the console is made of.
pub struct Parts {
    /// The database, migrated.
    pub store: Store,
    /// Settings.
    pub settings: Settings,
    /// Says who is calling.
    pub callers: Arc<dyn Callers>,
    /// What services need beyond the store.
    pub means: Means,
    /// The rooms.
    pub rooms: Vec<Arc<dyn Room>>,
}
