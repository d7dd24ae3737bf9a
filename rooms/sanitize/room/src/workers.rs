//! Threads that hold a caged worker each, and a bounded queue before them. A
//! request waits its turn; when the queue is full it is told so at once.

use std::sync::{Arc, Mutex, mpsc};

use sanitize_core::Policy;
use sanitize_engine::Outcome;
use tokio::sync::oneshot;

use crate::pictures;
use crate::pool::{Pool, PoolError, Treatment};

/// Files that may wait; each holds its bytes in memory.
const WAITING_MAX: usize = 32;

/// The workers of one program.
#[derive(Clone)]
pub(crate) struct Workers {
    queue: mpsc::SyncSender<Task>,
}

struct Task {
    name: String,
    bytes: Arc<[u8]>,
    treatment: Treatment,
    answer: oneshot::Sender<Result<Outcome, PoolError>>,
}

/// Why a file was not treated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkError {
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
    pub(crate) fn start(policy: &Policy, count: usize) -> Self {
        let (queue, tasks) = mpsc::sync_channel::<Task>(WAITING_MAX);
        let tasks = Arc::new(Mutex::new(tasks));
        for _ in 0..count.max(1) {
            let (tasks, policy) = (tasks.clone(), policy.clone());
            std::thread::spawn(move || work(&tasks, &policy));
        }
        Self { queue }
    }

    /// Makes one file harmless.
    pub(crate) async fn disarm(
        &self,
        name: &str,
        bytes: Arc<[u8]>,
        treatment: Treatment,
    ) -> Result<Outcome, WorkError> {
        let (answer, outcome) = oneshot::channel();
        let task = Task { name: name.to_owned(), bytes, treatment, answer };
        self.queue.try_send(task).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => WorkError::Full,
            mpsc::TrySendError::Disconnected(_) => WorkError::Gone,
        })?;
        Ok(outcome.await.map_err(|_| WorkError::Gone)??)
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
        // Whoever waited may have left.
        if task.answer.is_closed() {
            continue;
        }
        let outcome = treat(&mut pool, policy, &task);
        if outcome.is_err() {
            pool = None;
        }
        let _ = task.answer.send(outcome);
    }
}

fn treat(pool: &mut Option<Pool>, policy: &Policy, task: &Task) -> Result<Outcome, PoolError> {
    let pool = match pool {
        Some(pool) => pool,
        None => pool.insert(Pool::new(policy, false)?),
    };
    pictures::treat(pool, &task.name, &task.bytes, &task.treatment, false)
}
