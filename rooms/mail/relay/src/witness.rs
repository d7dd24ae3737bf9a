//! Says whether Postfix took a mail that we handed over before we died: by its
//! own log, and by its queue. Says no only when nothing can come any more.
//!
//! Postfix names our ident before it asks for the text (`orig_queue_id=`), and
//! says `queue active` once the mail is on disk and it answers for it. So a mail
//! without the first was never sent, and one with the second was taken. Between
//! them the server's process is still at it, or has ended and then either the
//! queue has the mail or nothing has.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base::Timestamp;
use tracing::warn;

use crate::log::{Event, LINE_BYTES_MAX, Line};
use crate::names::{Ident, QueueId};
use crate::postfix::{Postfix, PostfixError, QueueLimits};

/// Between two looks that must both say no: a mail may be between two processes.
const SETTLE: Duration = Duration::from_secs(2);
/// Marks that this process has written.
static MARKS: AtomicU64 = AtomicU64::new(0);
/// The service that takes what we hand over.
const BACK: &str = "back/smtpd";

/// Whether a mail was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Took {
    /// Postfix has or had it: never hand it over again.
    Yes,
    /// It has not and will not: hand it over again.
    No,
    /// Nobody can say yet: ask again.
    Unknown,
}

/// Asks one instance.
#[derive(Debug, Clone)]
pub struct Witness {
    postfix: Postfix,
    settle: Duration,
}

/// What the log says of one ident.
#[derive(Debug, Default)]
struct Seen {
    was_taken: bool,
    /// Servers that named it: the queue's name, and the process.
    tries: BTreeMap<QueueId, Try>,
}

#[derive(Debug)]
struct Try {
    process: u32,
    /// The server went on to something else, or said that the client left.
    is_over: bool,
}

impl Witness {
    /// Of an instance.
    #[must_use]
    pub fn of(postfix: Postfix) -> Self {
        Self { postfix, settle: SETTLE }
    }

    /// Says whether a mail handed over since a moment was taken.
    pub async fn took(&self, ident: &Ident, since: Timestamp) -> Took {
        let all = self.took_all(std::slice::from_ref(ident), since).await;
        all.get(ident).copied().unwrap_or(Took::Unknown)
    }

    /// The same for many with one reading of the log; `since` is the earliest.
    pub async fn took_all(&self, idents: &[Ident], since: Timestamp) -> BTreeMap<Ident, Took> {
        let unknown = || idents.iter().map(|ident| (ident.clone(), Took::Unknown)).collect();
        if self.postfix.log_since().is_none_or(|from| since < from) {
            return unknown();
        }
        let first = match self.look(idents).await {
            Ok(first) => first,
            Err(error) => {
                warn!("Postfix cannot be asked what it took: {error}");
                return unknown();
            }
        };
        if first.values().all(|took| *took != Took::No) {
            return first;
        }
        tokio::time::sleep(self.settle).await;
        let again = match self.look(idents).await {
            Ok(again) => again,
            Err(error) => {
                warn!("Postfix cannot be asked what it took: {error}");
                return unknown();
            }
        };
        let both = |ident: &Ident| match (first.get(ident), again.get(ident)) {
            (Some(Took::No), Some(Took::No)) => Took::No,
            (Some(Took::Yes), _) | (_, Some(Took::Yes)) => Took::Yes,
            _other => Took::Unknown,
        };
        idents.iter().map(|ident| (ident.clone(), both(ident))).collect()
    }

    async fn look(&self, idents: &[Ident]) -> Result<BTreeMap<Ident, Took>, PostfixError> {
        if self.postfix.process().is_none() {
            return Err(PostfixError::Down);
        }
        // The queue before the log: what leaves the queue between the two has
        // been active, and the log says so.
        let queue = self.postfix.queue(QueueLimits::default()).await?;
        let waiting: BTreeSet<QueueId> = queue.mails.into_iter().map(|mail| mail.id).collect();
        // One that was never written before: another one's mark proves nothing of
        // what came between the two.
        let number = MARKS.fetch_add(1, Ordering::Relaxed);
        let now = self.postfix.now().millis();
        let mark = format!("mark {now}-{}-{number}.", std::process::id());
        self.postfix.mark_log(&mark).await?;
        let files = self.postfix.log_files()?;
        let wanted: BTreeSet<String> = idents.iter().map(|one| one.as_str().to_owned()).collect();
        let read = tokio::task::spawn_blocking(move || read(&files, &wanted));
        let seen = read.await.map_err(|_| PostfixError::Answer { program: "log" })??;
        let judge = |ident: &Ident| match seen.get(ident.as_str()) {
            None => Took::No,
            Some(seen) if seen.was_taken => Took::Yes,
            Some(seen) if seen.tries.keys().any(|id| waiting.contains(id)) => Took::Yes,
            Some(_) if queue.is_cut || queue.unread > 0 => Took::Unknown,
            Some(seen) if seen.tries.values().all(Try::is_gone) => Took::No,
            Some(_) => Took::Unknown,
        };
        Ok(idents.iter().map(|ident| (ident.clone(), judge(ident))).collect())
    }
}

impl Try {
    /// Whether its server can no longer be at it.
    fn is_gone(&self) -> bool {
        self.is_over
            || std::fs::read_to_string(format!("/proc/{}/comm", self.process))
                .map_or(true, |name| name.trim() != "smtpd")
    }
}

/// Reads a log from its beginning for what it says of some idents.
fn read(
    files: &[PathBuf],
    wanted: &BTreeSet<String>,
) -> Result<HashMap<String, Seen>, PostfixError> {
    let mut seen: HashMap<String, Seen> = HashMap::new();
    let mut names: HashMap<QueueId, String> = HashMap::new();
    for path in files {
        let failed = |source| PostfixError::File { path: path.clone(), source };
        let mut reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(failed)?);
        let mut line = Vec::new();
        loop {
            line.clear();
            let count = reader.read_until(b'\n', &mut line).map_err(failed)?;
            if count == 0 {
                break;
            }
            if line.len() <= LINE_BYTES_MAX && may_matter(&line) {
                note(line.trim_ascii_end(), wanted, &mut seen, &mut names);
            }
        }
    }
    Ok(seen)
}

/// A cheap look before a line is taken apart.
fn may_matter(line: &[u8]) -> bool {
    let has = |what: &[u8]| memchr::memmem::find(line, what).is_some();
    has(b"postfix/back/smtpd[") || has(b"(queue active)")
}

fn note(
    line: &[u8],
    wanted: &BTreeSet<String>,
    seen: &mut HashMap<String, Seen>,
    names: &mut HashMap<QueueId, String>,
) {
    let Some(line) = Line::parse(line) else { return };
    let ends_try = line.service == BACK;
    if ends_try {
        let tries = seen.values_mut().flat_map(|seen| seen.tries.values_mut());
        let event = line.event();
        let is_next = matches!(
            event,
            Event::Begun { .. } | Event::Disconnected { .. } | Event::Connected { .. }
        );
        for one in tries.filter(|one| is_next && one.process == line.process) {
            one.is_over = true;
        }
    }
    match line.event() {
        Event::Begun { id, ident: Some(ident), .. } if ends_try && wanted.contains(&ident) => {
            let seen = seen.entry(ident.clone()).or_default();
            seen.tries.insert(id.clone(), Try { process: line.process, is_over: false });
            names.insert(id, ident);
        }
        Event::Active { id, .. } if line.service == "qmgr" => {
            if let Some(seen) = names.get(&id).and_then(|ident| seen.get_mut(ident)) {
                seen.was_taken = true;
            }
        }
        _other => {}
    }
}
