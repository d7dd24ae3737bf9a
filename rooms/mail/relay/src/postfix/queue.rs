//! What waits in the queue, and what may be done with it.

use serde::Deserialize;

use crate::names::QueueId;

use super::child::run;
use super::{Postfix, PostfixError};

/// Bytes of what such a program prints beside an answer.
const OTHER_BYTES_MAX: u64 = 64 << 10;

/// How much of a queue is read.
#[derive(Debug, Clone, Copy)]
pub struct QueueLimits {
    /// Mails.
    pub mails_max: usize,
    /// Bytes of Postfix's answer.
    pub bytes_max: u64,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self { mails_max: 10_000, bytes_max: 64 << 20 }
    }
}

/// A receiver that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedReceiver {
    /// His address.
    pub address: String,
    /// Why he waits, as the next server or Postfix said; nothing while it is new.
    pub why: Option<String>,
}

/// A mail that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// Its name.
    pub id: QueueId,
    /// `incoming`, `active`, `deferred` or `hold`.
    pub queue: String,
    /// When it came, in seconds of Unix time.
    pub arrived_seconds: i64,
    /// Its size.
    pub bytes: u64,
    /// Empty for reports of failure.
    pub sender: String,
    /// Who still waits for it.
    pub receivers: Vec<QueuedReceiver>,
}

/// A queue as it was at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queue {
    /// What waits.
    pub mails: Vec<Queued>,
    /// Whether there was more than was read.
    pub is_cut: bool,
    /// Lines of the answer that could not be read.
    pub unread: usize,
}

#[derive(Deserialize)]
struct Line {
    queue_name: String,
    queue_id: String,
    #[serde(default)]
    arrival_time: i64,
    #[serde(default)]
    message_size: u64,
    #[serde(default)]
    sender: String,
    #[serde(default)]
    recipients: Vec<LineReceiver>,
}

#[derive(Deserialize)]
struct LineReceiver {
    #[serde(default)]
    address: String,
    delay_reason: Option<String>,
}

/// Reads what `postqueue -j` prints: one object a line. A line that is none is
/// counted and passed over.
#[must_use]
pub(crate) fn parse(bytes: &[u8], mails_max: usize) -> Queue {
    let mut queue = Queue::default();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        if queue.mails.len() >= mails_max {
            queue.is_cut = true;
            break;
        }
        let text = String::from_utf8_lossy(line);
        match serde_json::from_str::<Line>(&text).ok().and_then(queued) {
            Some(queued) => queue.mails.push(queued),
            None => queue.unread += 1,
        }
    }
    queue
}

fn queued(line: Line) -> Option<Queued> {
    let receiver =
        |one: LineReceiver| QueuedReceiver { address: one.address, why: one.delay_reason };
    Some(Queued {
        id: QueueId::parse(&line.queue_id).ok()?,
        queue: line.queue_name,
        arrived_seconds: line.arrival_time,
        bytes: line.message_size,
        // Postfix shows the empty sender so.
        sender: if line.sender == "MAILER-DAEMON" { String::new() } else { line.sender },
        receivers: line.recipients.into_iter().map(receiver).collect(),
    })
}

impl Postfix {
    /// What waits now.
    ///
    /// # Errors
    /// If the instance cannot be asked.
    pub async fn queue(&self, limits: QueueLimits) -> Result<Queue, PostfixError> {
        let current = self.current();
        let arguments = ["-c", current.as_str(), "-j"];
        let said = run("postqueue", &arguments, b"", self.times.program, limits.bytes_max).await?;
        let (said, is_cut) =
            if said.is_cut { (said, true) } else { (said.or_refused("postqueue")?, false) };
        let mut queue = parse(&said.out, limits.mails_max);
        queue.is_cut |= is_cut;
        Ok(queue)
    }

    /// Keeps mails where they are until released.
    ///
    /// # Errors
    /// If Postfix refuses.
    pub async fn hold(&self, ids: &[QueueId]) -> Result<(), PostfixError> {
        self.change("-h", ids).await
    }

    /// Lets held mails go on.
    ///
    /// # Errors
    /// If Postfix refuses.
    pub async fn release(&self, ids: &[QueueId]) -> Result<(), PostfixError> {
        self.change("-H", ids).await
    }

    /// Ends the waiting of mails: at the next look, which is now, their senders are
    /// told that they could not be delivered.
    ///
    /// # Errors
    /// If Postfix refuses.
    pub async fn give_back(&self, ids: &[QueueId]) -> Result<(), PostfixError> {
        self.change("-f", ids).await?;
        for id in ids {
            self.retry(id).await?;
        }
        Ok(())
    }

    /// Takes mails out of the queue for good; nobody is told.
    ///
    /// # Errors
    /// If Postfix refuses.
    pub async fn delete(&self, ids: &[QueueId]) -> Result<(), PostfixError> {
        self.change("-d", ids).await
    }

    /// Tries everything that waits now.
    ///
    /// # Errors
    /// If the instance is not running.
    pub async fn flush(&self) -> Result<(), PostfixError> {
        let current = self.current();
        let arguments = ["-c", current.as_str(), "-f"];
        let said = run("postqueue", &arguments, b"", self.times.program, OTHER_BYTES_MAX).await?;
        said.or_refused("postqueue").map(drop)
    }

    /// Tries one mail now.
    ///
    /// # Errors
    /// If the instance is not running.
    pub async fn retry(&self, id: &QueueId) -> Result<(), PostfixError> {
        let current = self.current();
        let arguments = ["-c", current.as_str(), "-i", id.as_str()];
        let said = run("postqueue", &arguments, b"", self.times.program, OTHER_BYTES_MAX).await?;
        said.or_refused("postqueue").map(drop)
    }

    async fn change(&self, how: &str, ids: &[QueueId]) -> Result<(), PostfixError> {
        if ids.is_empty() {
            return Ok(());
        }
        let current = self.current();
        let input: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let arguments = ["-c", current.as_str(), how, "-"];
        let said =
            run("postsuper", &arguments, input.as_bytes(), self.times.program, OTHER_BYTES_MAX)
                .await?;
        said.or_refused("postsuper").map(drop)
    }

    /// Writes a line into the log and waits until it stands there: then
    /// everything that was logged before stands there too.
    ///
    /// # Errors
    /// If it does not come in time; the log cannot be trusted then.
    pub(crate) async fn mark_log(&self, mark: &str) -> Result<(), PostfixError> {
        let mut tail = crate::log::Tail::at_end(self.log_path());
        let current = self.current();
        let arguments = ["-c", current.as_str(), "-t", "postfix/sekisho", mark];
        let said = run("postlog", &arguments, b"", self.times.program, OTHER_BYTES_MAX).await?;
        said.or_refused("postlog")?;
        let until = tokio::time::Instant::now() + self.times.program;
        while tokio::time::Instant::now() < until {
            let lines = tail.read().unwrap_or_default();
            if lines.iter().any(|line| line.service == "sekisho" && line.text.contains(mark)) {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Err(PostfixError::Slow { program: "postlog", seconds: self.times.program.as_secs() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_read_and_what_is_odd_is_counted() {
        let text = br#"{"queue_name": "deferred", "queue_id": "4jXdng39T5z1Spmk", "arrival_time": 1795374343, "message_size": 417, "forced_expire": false, "sender": "a@b.example", "recipients": [{"address": "u1@town.example", "delay_reason": "refused"}]}
{"queue_name": "active", "queue_id": "ALL; rm", "sender": ""}
not json
{"queue_name": "hold", "queue_id": "4jXdng39T5z1Spmm", "sender": "MAILER-DAEMON", "recipients": [], "new": 1}
"#;
        let queue = parse(text, 10);
        assert_eq!((queue.mails.len(), queue.unread, queue.is_cut), (2, 2, false));
        assert_eq!(queue.mails[0].receivers[0].why.as_deref(), Some("refused"));
        assert_eq!(queue.mails[1].sender, "");
        assert!(parse(text, 1).is_cut);
    }
}
