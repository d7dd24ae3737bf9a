//! Threads that hold a caged worker each, and a bounded queue before them. A
//! request waits its turn; when the queue is full it is told so at once.

use std::sync::{Arc, Mutex, mpsc};

use platform::Behind;
use sanitize_core::{Passwords, Policy};
use sanitize_engine::{Outcome, Reading};
use tokio::sync::oneshot;

use crate::pictures::{self, Preview};
use crate::pool::{Pool, PoolError, Treatment};

/// Files that may wait; each holds its bytes in memory.
const WAITING_MAX: usize = 32;

/// The workers of one program.
#[derive(Clone)]
pub struct Workers {
    queue: mpsc::SyncSender<Task>,
}

struct Task {
    name: String,
    bytes: Arc<[u8]>,
    what: What,
}

enum What {
    Disarm { treatment: Treatment, answer: Answer<Outcome> },
    Read { passwords: Passwords, answer: Answer<Reading> },
    Preview { leaves_max: usize, answer: Answer<Preview> },
}

type Answer<T> = oneshot::Sender<Result<T, PoolError>>;

/// Why a file was not treated.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// Too many files wait already.
    #[error("too many files are waiting")]
    Full,
    /// No cage can be had.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The worker thread ended.
    #[error("the worker is gone")]
    Gone,
}

impl Workers {
    /// Starts threads; their cages start with the first file.
    #[must_use]
    pub fn start(policy: &Policy, count: usize) -> Self {
        Self::start_as(policy, count, Behind::Work)
    }

    /// As [`Workers::start`], for work that nobody waits for: it leaves the
    /// processor to whoever else wants it.
    #[must_use]
    pub fn start_behind(policy: &Policy, count: usize) -> Self {
        Self::start_as(policy, count, Behind::Leisure)
    }

    fn start_as(policy: &Policy, count: usize, behind: Behind) -> Self {
        let (queue, tasks) = mpsc::sync_channel::<Task>(WAITING_MAX);
        let tasks = Arc::new(Mutex::new(tasks));
        for _ in 0..count.max(1) {
            let (tasks, policy) = (tasks.clone(), policy.clone());
            std::thread::spawn(move || {
                // The program itself stays quick while files are treated.
                if !platform::step_back(behind) {
                    tracing::debug!("workers run beside the rest of the program");
                }
                work(&tasks, &policy);
            });
        }
        Self { queue }
    }

    /// Makes one file harmless.
    ///
    /// # Errors
    /// Nothing is known of the file.
    pub async fn disarm(
        &self,
        name: &str,
        bytes: Arc<[u8]>,
        treatment: Treatment,
    ) -> Result<Outcome, WorkError> {
        let (answer, outcome) = oneshot::channel();
        self.give(name, bytes, What::Disarm { treatment, answer })?;
        Ok(outcome.await.map_err(|_| WorkError::Gone)??)
    }

    /// Reads one file's text with its places.
    ///
    /// # Errors
    /// Nothing is known of the file.
    pub async fn read(
        &self,
        name: &str,
        bytes: Arc<[u8]>,
        passwords: Passwords,
    ) -> Result<Reading, WorkError> {
        let (answer, reading) = oneshot::channel();
        self.give(name, bytes, What::Read { passwords, answer })?;
        Ok(reading.await.map_err(|_| WorkError::Gone)??)
    }

    /// Reads one file and draws its first pages, for whoever decides on it.
    ///
    /// # Errors
    /// Nothing is known of the file.
    pub async fn preview(
        &self,
        name: &str,
        bytes: Arc<[u8]>,
        leaves_max: usize,
    ) -> Result<Preview, WorkError> {
        let (answer, preview) = oneshot::channel();
        self.give(name, bytes, What::Preview { leaves_max, answer })?;
        Ok(preview.await.map_err(|_| WorkError::Gone)??)
    }

    fn give(&self, name: &str, bytes: Arc<[u8]>, what: What) -> Result<(), WorkError> {
        let task = Task { name: name.to_owned(), bytes, what };
        self.queue.try_send(task).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => WorkError::Full,
            mpsc::TrySendError::Disconnected(_) => WorkError::Gone,
        })
    }
}

/// Takes tasks until the program ends. A cage that cannot be had is tried
/// again with the next file.
fn work(tasks: &Mutex<mpsc::Receiver<Task>>, policy: &Policy) {
    let mut pool = None;
    loop {
        let task = match tasks.lock() {
            Ok(tasks) => tasks.recv(),
            Err(_) => return,
        };
        let Ok(task) = task else { return };
        let is_kept = match task.what {
            What::Disarm { treatment, answer } => serve(&mut pool, policy, answer, |pool| {
                pictures::treat(pool, &task.name, &task.bytes, &treatment, false)
            }),
            What::Read { passwords, answer } => serve(&mut pool, policy, answer, |pool| {
                pool.read(&task.name, &task.bytes, policy, &passwords)
            }),
            What::Preview { leaves_max, answer } => serve(&mut pool, policy, answer, |pool| {
                pictures::preview(pool, (&task.name, &task.bytes), policy, leaves_max)
            }),
        };
        if !is_kept {
            pool = None;
        }
    }
}

/// Does one task, unless whoever waited has left; false if the pool is spent.
fn serve<T>(
    pool: &mut Option<Pool>,
    policy: &Policy,
    answer: Answer<T>,
    run: impl FnOnce(&mut Pool) -> Result<T, PoolError>,
) -> bool {
    if answer.is_closed() {
        return true;
    }
    let result = match pool {
        Some(pool) => run(pool),
        None => Pool::new(policy, false).and_then(|new| run(pool.insert(new))),
    };
    let is_kept = result.is_ok();
    let _ = answer.send(result);
    is_kept
}
