//! Threads that hold a caged reader each, and a bounded queue before them. (A
//! cage ends with the thread that started it.)

use std::sync::{Arc, Mutex, mpsc};

use mail_engine::auth::{Answers, Verdicts};
use mail_engine::hints::Setting;
use platform::CageError;
use tokio::sync::oneshot;

use crate::cage::{Checked, Coming, ReadError, Reader, Reading};

/// Mails that may wait; each holds its bytes in memory.
const WAITING_MAX: usize = 16;
/// Tries of a mail whose reader broke: it may have been none of its doing.
const TRIES_MAX: u32 = 3;

/// The readers of one program.
#[derive(Clone)]
pub struct Readers {
    queue: mpsc::SyncSender<Task>,
}

struct Task {
    bytes: Arc<[u8]>,
    what: What,
}

enum What {
    Check { coming: Coming, answers: Answers, answer: Answer<Checked> },
    Read { setting: Box<Setting>, verdicts: Box<Verdicts>, answer: Answer<Reading> },
}

type Answer<T> = oneshot::Sender<Result<T, ReadError>>;

impl Readers {
    /// Starts threads; their cages start with the first mail.
    #[must_use]
    pub fn start(count: usize) -> Self {
        let (queue, tasks) = mpsc::sync_channel::<Task>(WAITING_MAX);
        let tasks = Arc::new(Mutex::new(tasks));
        for _ in 0..count.max(1) {
            let tasks = tasks.clone();
            std::thread::spawn(move || {
                if !platform::step_back(platform::Behind::Work) {
                    tracing::debug!("readers of mail run beside the rest of the program");
                }
                work(&tasks);
            });
        }
        Self { queue }
    }

    /// Checks who sent a mail, as far as the answers go.
    ///
    /// # Errors
    /// [`ReadError::Busy`] when too many wait; as [`Reader::check`].
    pub async fn check(
        &self,
        bytes: Arc<[u8]>,
        coming: Coming,
        answers: Answers,
    ) -> Result<Checked, ReadError> {
        let (answer, checked) = oneshot::channel();
        self.give(bytes, What::Check { coming, answers, answer })?;
        checked.await.map_err(|_| ReadError::Busy)?
    }

    /// Reads a mail.
    ///
    /// # Errors
    /// [`ReadError::Busy`] when too many wait; as [`Reader::read`].
    pub async fn read(
        &self,
        bytes: Arc<[u8]>,
        setting: Setting,
        verdicts: Verdicts,
    ) -> Result<Reading, ReadError> {
        let (answer, reading) = oneshot::channel();
        let what = What::Read { setting: Box::new(setting), verdicts: Box::new(verdicts), answer };
        self.give(bytes, what)?;
        reading.await.map_err(|_| ReadError::Busy)?
    }

    fn give(&self, bytes: Arc<[u8]>, what: What) -> Result<(), ReadError> {
        self.queue.try_send(Task { bytes, what }).map_err(|_| ReadError::Busy)
    }
}

/// Takes tasks until the program ends. A reader that failed is made anew.
fn work(tasks: &Mutex<mpsc::Receiver<Task>>) {
    let mut reader = None;
    loop {
        let task = match tasks.lock() {
            Ok(tasks) => tasks.recv(),
            Err(_) => return,
        };
        let Ok(Task { bytes, what }) = task else { return };
        let is_kept = match what {
            What::Check { coming, answers, answer } => {
                serve(&mut reader, answer, |reader| reader.check(&bytes, &coming, &answers))
            }
            What::Read { setting, verdicts, answer } => {
                serve(&mut reader, answer, |reader| reader.read(&bytes, &setting, &verdicts))
            }
        };
        if !is_kept {
            reader = None;
        }
    }
}

/// Does one task, unless whoever waited has left; false if the cage is spent.
fn serve<T>(
    reader: &mut Option<Reader>,
    answer: Answer<T>,
    run: impl Fn(&mut Reader) -> Result<T, ReadError>,
) -> bool {
    if answer.is_closed() {
        return true;
    }
    let mut tries = 1;
    let result = loop {
        let result = match reader {
            Some(reader) => run(reader),
            None => Reader::new(false).and_then(|new| run(reader.insert(new))),
        };
        if tries >= TRIES_MAX || !result.as_ref().is_err_and(is_sudden) {
            break result;
        }
        tries += 1;
        *reader = None;
    };
    let is_kept = match &result {
        Ok(_) | Err(ReadError::Stopped { .. } | ReadError::TooLarge { .. }) => true,
        Err(ReadError::Program(_) | ReadError::Cage(_) | ReadError::Answer | ReadError::Busy) => {
            false
        }
    };
    let _ = answer.send(result);
    is_kept
}

/// True where the reader ended in the midst of it, for whatever reason.
fn is_sudden(error: &ReadError) -> bool {
    match error {
        ReadError::Cage(CageError::Crashed { .. } | CageError::Broken { .. })
        | ReadError::Answer => true,
        ReadError::Cage(
            CageError::Start { .. }
            | CageError::Deadline
            | CageError::Memory
            | CageError::Forbidden,
        )
        | ReadError::Program(_)
        | ReadError::Stopped { .. }
        | ReadError::Busy
        | ReadError::TooLarge { .. } => false,
    }
}
