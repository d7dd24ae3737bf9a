//! The queues of both Postfix instances, as the mail room shows them.

use std::io;

use base::{Task, Timestamp};
use mail_relay::{Postfix, QueueId, QueueLimits};
use mail_room::{QueueShown, QueueSide, QueuedMail, Queues};

/// Mails of one queue that are shown; the oldest trouble is among them, as
/// Postfix names deferred mails, too, in the order of its folders.
const MAILS_MAX: usize = 500;
/// Bytes of Postfix's answer.
const BYTES_MAX: u64 = 8 << 20;

/// Both.
pub(super) struct Both {
    pub(super) outside: Postfix,
    pub(super) inside: Postfix,
}

impl Both {
    fn of(&self, side: QueueSide) -> &Postfix {
        match side {
            QueueSide::Outside => &self.outside,
            QueueSide::Inside => &self.inside,
        }
    }
}

fn named(id: &str) -> io::Result<QueueId> {
    QueueId::parse(id).map_err(io::Error::other)
}

impl Queues for Both {
    fn look<'a>(&'a self, side: QueueSide) -> Task<'a, io::Result<QueueShown>> {
        Box::pin(async move {
            let limits = QueueLimits { mails_max: MAILS_MAX, bytes_max: BYTES_MAX };
            let queue = self.of(side).queue(limits).await.map_err(io::Error::other)?;
            let mails = queue.mails.into_iter().map(|mail| QueuedMail {
                id: mail.id.to_string(),
                queue: mail.queue,
                arrived_at: Timestamp::from_millis(mail.arrived_seconds.saturating_mul(1_000)),
                bytes: mail.bytes,
                sender: mail.sender,
                receivers: mail.receivers.into_iter().map(|one| (one.address, one.why)).collect(),
            });
            Ok(QueueShown { mails: mails.collect(), is_cut: queue.is_cut })
        })
    }

    fn try_now<'a>(&'a self, side: QueueSide, id: Option<&'a str>) -> Task<'a, io::Result<()>> {
        Box::pin(async move {
            let done = match id {
                Some(id) => self.of(side).retry(&named(id)?).await,
                None => self.of(side).flush().await,
            };
            done.map_err(io::Error::other)
        })
    }

    fn give_back<'a>(&'a self, side: QueueSide, id: &'a str) -> Task<'a, io::Result<()>> {
        Box::pin(
            async move { self.of(side).give_back(&[named(id)?]).await.map_err(io::Error::other) },
        )
    }
}
