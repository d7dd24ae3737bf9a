//! The inner half in a running program: what the outer one gives goes through
//! the transfer's own door, and how it is stands on a screen.

use std::sync::Arc;

use anyhow::{Result, bail};
use base::{Clock, Task};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use transfer_halves::inner::{Desk, DeskError, Event, Fetched, Inner};
use transfer_halves::{Head, LinkHash, OpenLink, Verdict};
use transfer_room::links::{Arrived, Gate, Outer, Taken};

use crate::config;
use crate::folder::Folder;
use crate::halves::{self, Known};

/// An inner half, ready to connect.
pub(crate) struct Half {
    known: Known,
    address: String,
    /// How the outer half is, for the screen.
    pub(crate) outer: Outer,
}

impl Half {
    /// Reads the enrolment where the configuration names an outer half.
    pub(crate) fn open(config: Option<&config::Outer>, folder: &Folder) -> Result<Option<Self>> {
        let Some(config) = config else { return Ok(None) };
        let known = halves::known(folder)?;
        if config.certificate.is_some_and(|pin| pin != known.outer) {
            bail!(
                "[outer] の certificate が、登録した外側の受付({0})と違います。どちらが正しいかを確かめてください / \
                 certificate in [outer] is not that of the enrolled outer half ({0}): find out which is right",
                known.outer
            );
        }
        let outer = Outer::at(config.address.clone());
        outer.note(|state| state.certificate_ends_at = Some(known.ends_at));
        Ok(Some(Self { known, address: config.address.clone(), outer }))
    }

    /// Connects, and goes on until told to stop.
    pub(crate) fn start(
        self,
        gate: Gate,
        clock: Arc<dyn Clock>,
        stop: watch::Receiver<bool>,
    ) -> JoinHandle<()> {
        let Known { tls, outer, key, .. } = self.known;
        let desk = Arc::new(Behind { gate, clock: clock.clone(), outer: self.outer });
        let inner = Inner { address: self.address, tls, pin: outer, key, clock, desk };
        tokio::spawn(inner.run(stop))
    }
}

/// The desk behind the inner end.
struct Behind {
    gate: Gate,
    clock: Arc<dyn Clock>,
    outer: Outer,
}

impl Desk for Behind {
    fn links(&self) -> Task<'_, Result<Vec<OpenLink>, DeskError>> {
        Box::pin(async {
            let now = self.clock.now();
            let open = self.gate.open_links().await?;
            Ok(open
                .into_iter()
                .filter_map(|link| {
                    Some(OpenLink {
                        hash: LinkHash::parse(&link.hash)?,
                        ends_in_seconds: link.ends_at.since(now).as_secs(),
                        ends_at_ms: link.ends_at.millis(),
                        bytes_left: link.bytes_left,
                        files_left: u32::try_from(link.files_left).unwrap_or(u32::MAX),
                        file_bytes_max: link.file_bytes_max,
                        body: link.body,
                        receiver: link.receiver,
                        purpose: link.purpose,
                    })
                })
                .collect())
        })
    }

    fn answer<'a>(&'a self, head: &'a Head) -> Task<'a, Result<Option<Verdict>, DeskError>> {
        Box::pin(async move {
            let (link, item) = (head.link.to_string(), head.item.to_string());
            Ok(self.gate.answered(&link, &item, head.bytes).await?.map(verdict))
        })
    }

    fn take(&self, fetched: Fetched) -> Task<'_, Result<Verdict, DeskError>> {
        Box::pin(async move {
            let arrived = Arrived {
                item: fetched.head.item.to_string(),
                link: fetched.head.link.to_string(),
                name: fetched.name,
                bytes: Arc::from(fetched.bytes),
            };
            Ok(verdict(self.gate.take(arrived).await?))
        })
    }

    fn note(&self, event: Event<'_>) {
        let now = self.clock.now();
        self.outer.note(|state| match event {
            Event::Connected => {
                state.connected_since = Some(now);
                state.heard_at = Some(now);
            }
            Event::Heard(says) => {
                state.heard_at = Some(now);
                state.waiting = says.waiting;
                state.waiting_bytes = says.waiting_bytes;
                state.free_bytes = says.free_bytes;
                state.clock_ahead_seconds = says.now_ms.saturating_sub(now.millis()) / 1_000;
            }
            Event::Answered(Verdict::Taken) => state.taken += 1,
            Event::Answered(Verdict::Refused | Verdict::Broken) => state.refused += 1,
            Event::Broken(trouble) => {
                state.connected_since = None;
                state.trouble = Some(trouble.name());
            }
        });
    }
}

const fn verdict(taken: Taken) -> Verdict {
    match taken {
        Taken::Yes => Verdict::Taken,
        Taken::No => Verdict::Refused,
    }
}
