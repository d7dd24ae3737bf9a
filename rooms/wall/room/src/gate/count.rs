//! Adds up what the kernel has counted of each flow.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base::Timestamp;
use store::Store;
use tokio::sync::watch;
use wall_engine::{Ruleset, Used, used};

use super::Gate;
use crate::error::WallError;
use crate::uses::{Uses, tables};

/// Whether what was counted is written down at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// The counters are about to begin anew, or have.
    Now,
    /// Once in a while.
    InTime,
}

impl Gate {
    /// How much each flow was used, and each time that changes. Empty until the
    /// kernel was looked at.
    #[must_use]
    pub fn uses(&self) -> watch::Receiver<Arc<Uses>> {
        self.0.uses.subscribe()
    }

    /// Takes the kernel's counters. Whoever calls holds the gate still, so that
    /// they do not begin anew in between.
    pub(crate) async fn count(
        &self,
        store: &Store,
        counters: &BTreeMap<String, Used>,
        now: Timestamp,
    ) -> Result<(), WallError> {
        let mut counted = self.0.counted.lock().await;
        if !counted.is_read() {
            let mut work = store.read(self.body(store).await?).await?;
            counted.begin(tables::all(&mut work).await?);
        }
        counted.take(counters, now);
        self.0.uses.send_replace(counted.uses.clone());
        drop(counted);
        self.write_uses(store, Write::InTime).await
    }

    /// The counters began anew.
    pub(crate) async fn count_anew(&self, store: &Store) -> Result<(), WallError> {
        self.0.counted.lock().await.restart();
        self.write_uses(store, Write::Now).await
    }

    async fn write_uses(&self, store: &Store, when: Write) -> Result<(), WallError> {
        let mut counted = self.0.counted.lock().await;
        let elapsed = store.clock().elapsed();
        let asked = if when == Write::Now { Duration::MAX } else { elapsed };
        if !counted.is_due(asked) {
            return Ok(());
        }
        let mut work = store.begin(self.body(store).await?).await?;
        for (flow, one) in counted.unwritten() {
            tables::write(&mut work, flow, one).await?;
        }
        work.commit().await?;
        counted.written(elapsed);
        Ok(())
    }
}

/// The counters in what `nft` says; none where it cannot be read.
pub(crate) fn counters(json: &str) -> Option<BTreeMap<String, Used>> {
    Some(used(&Ruleset::read(json).ok()?))
}
