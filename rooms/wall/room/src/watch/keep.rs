//! Keeps the gate: looks for changes of permits, of the site's file, of the
//! packet filter and of the clock, and settles and proves when there are any.

use std::future::Future;
use std::time::{Duration, SystemTime};

use permits::Permits;
use records::{Action, Entry, Origin, Subject};
use store::Store;
use tokio::task::JoinSet;

use crate::cutoff::Cutoffs;
use crate::error::WallError;
use crate::gate::{ACTOR, Gate};
use crate::watch::monitor::{Change, Monitor};
use crate::watch::{Look, Verdict};

const SITE_TAKEN: Action = Action::new("wall.site-taken");
const SITE_REFUSED: Action = Action::new("wall.site-refused");

/// How often the gate looks whether anything changed: a permit that ends, a
/// clock that jumps.
const TICK: Duration = Duration::from_millis(500);
/// A bell that is rung in a work that is not committed yet is heard too soon: so
/// often the gate looks after one, for so long.
const HURRY: Duration = Duration::from_millis(15);
const HURRY_MAX: Duration = Duration::from_secs(1);
/// Everything is proved again after this, whatever was heard.
const PROVE_EVERY: Duration = Duration::from_secs(30);
/// Changes that follow each other this fast are proved together.
const PROVE_AGAIN_AFTER: Duration = Duration::from_millis(300);
/// After something went wrong, and to listen again after the listener ended.
const AGAIN_AFTER: Duration = Duration::from_secs(3);
/// Changes by others that one finding names.
const CHANGES_MAX: usize = 10;

impl Gate {
    /// Settles and watches until told to stop. What the kernel holds then stays
    /// as it is: its own times go on.
    pub async fn run(self, store: Store, permits: Permits, stop: impl Future<Output = ()>) {
        // Ends with this: its sessions are cut as the program goes.
        let mut guard = JoinSet::new();
        guard.spawn(crate::guarding::keep(self.clone(), store.clone()));
        let mut keeper = Keeper {
            gate: self,
            store,
            permits,
            monitor: None,
            listened_at: None,
            changes: Vec::new(),
            is_touched: true,
            proved_at: None,
            failed_at: None,
            file: None,
            seen_model: None,
            cutoffs: Cutoffs::default(),
            rung_at: None,
        };
        tokio::pin!(stop);
        loop {
            let (bell, pause) = (keeper.gate.bell(), keeper.pause());
            tokio::select! {
                () = &mut stop => return,
                () = bell.notified() => keeper.rung_at = Some(keeper.store.clock().elapsed()),
                heard = hear(&mut keeper.monitor) => keeper.heard(heard),
                () = tokio::time::sleep(pause) => {}
            }
            keeper.round().await;
        }
    }
}

/// Waits for a change; for ever where nobody listens.
async fn hear(monitor: &mut Option<Monitor>) -> Option<Change> {
    match monitor {
        Some(monitor) => monitor.next().await,
        None => std::future::pending().await,
    }
}

struct Keeper {
    gate: Gate,
    store: Store,
    permits: Permits,
    monitor: Option<Monitor>,
    /// When listening was begun last, by the process's own count.
    listened_at: Option<Duration>,
    /// Changes by others since the last proof.
    changes: Vec<Change>,
    /// Something was changed that is not proved yet.
    is_touched: bool,
    proved_at: Option<Duration>,
    failed_at: Option<Duration>,
    /// The file's time and length when it was read last.
    file: Option<(SystemTime, u64)>,
    /// The site whose model was seen last.
    seen_model: Option<String>,
    cutoffs: Cutoffs,
    /// When the bell rang, until what it rang for is there.
    rung_at: Option<Duration>,
}

impl Keeper {
    /// How long nobody looks, if nothing is heard.
    fn pause(&self) -> Duration {
        let elapsed = self.store.clock().elapsed();
        let is_new = |rung: Duration| elapsed.saturating_sub(rung) < HURRY_MAX;
        if self.rung_at.is_some_and(is_new) { HURRY } else { TICK }
    }

    fn heard(&mut self, change: Option<Change>) {
        let Some(change) = change else {
            self.monitor = None;
            self.gate.show(|watched| watched.is_listening = false);
            return;
        };
        if self.gate.kernel().is_own(change.process) {
            return;
        }
        self.is_touched = true;
        if self.changes.len() < CHANGES_MAX && !self.changes.contains(&change) {
            self.changes.push(change);
        }
    }

    async fn round(&mut self) {
        let elapsed = self.store.clock().elapsed();
        let is_over = |at: Option<Duration>, span: Duration| {
            at.is_none_or(|at| elapsed.saturating_sub(at) >= span)
        };
        self.follow();
        if self.monitor.is_none() && is_over(self.listened_at, AGAIN_AFTER) {
            self.listened_at = Some(elapsed);
            self.listen();
        }
        if !is_over(self.failed_at, AGAIN_AFTER) && self.failed_at.is_some() {
            return;
        }
        match self.settle_and_look(elapsed).await {
            Ok(()) => self.failed_at = None,
            // Before the body is founded there is nothing to hold.
            Err(WallError::NoBody) => self.failed_at = Some(elapsed),
            Err(error) => {
                self.failed_at = Some(elapsed);
                let words = error.to_string();
                if self.gate.watched().borrow().trouble.as_ref() != Some(&words) {
                    tracing::error!(%error, "the packet filter was not told or asked: {error}");
                }
                self.gate.show(|watched| watched.trouble = Some(words));
            }
        }
    }

    /// A namespace that was made anew under its name is another one: the listener
    /// would stay in the old one and hear nothing for ever.
    fn follow(&mut self) {
        let place = self.gate.kernel().place();
        if self.monitor.as_ref().is_none_or(|monitor| monitor.place == place) {
            return;
        }
        tracing::warn!("the network namespace of the wall was made anew: listening there");
        self.monitor = None;
        self.listened_at = None;
        self.gate.show(|watched| watched.is_listening = false);
    }

    /// A listener that begins hears nothing of what was before: all is proved
    /// again.
    fn listen(&mut self) {
        match Monitor::start(self.gate.kernel()) {
            Ok(monitor) => {
                self.monitor = Some(monitor);
                self.is_touched = true;
                self.gate.show(|watched| watched.is_listening = true);
            }
            Err(error) => tracing::warn!(%error, "changes of the packet filter are not heard"),
        }
    }

    async fn settle_and_look(&mut self, elapsed: Duration) -> Result<(), WallError> {
        self.read_site().await?;
        let site = self.gate.declared().sha256.clone();
        if self.seen_model.as_ref() != Some(&site) {
            // What is open does not wait for this.
            match self.gate.see_model(&self.store).await {
                Ok(()) => self.seen_model = Some(site),
                Err(error) => tracing::debug!(%error, "the model was not looked at: {error}"),
            }
        }
        self.cutoffs.take_notes(&self.gate, &self.store).await?;
        if self.gate.is_behind(&self.store, &self.permits).await? {
            let done = self.gate.settle(&self.store, &self.permits).await?;
            self.rung_at = None;
            self.is_touched |= done.is_told;
            let opened = self.gate.opened().borrow().clone();
            self.cutoffs.settle(&self.gate, &self.store, &self.permits, &opened).await?;
            for name in &done.opened {
                tracing::info!(flow = %name, "the flow {name} is open");
            }
            for name in &done.closed {
                tracing::info!(flow = %name, "the flow {name} is closed");
            }
        }
        self.cutoffs.write_down(&self.gate, &self.store, &self.permits).await?;
        let wait = if self.is_touched { PROVE_AGAIN_AFTER } else { PROVE_EVERY };
        if self.proved_at.is_some_and(|at| elapsed.saturating_sub(at) < wait) {
            return Ok(());
        }
        let look = self.gate.look(&self.store, &self.permits, &self.changes).await?;
        match look {
            Look::Again => return Ok(()),
            Look::Same | Look::Right => {}
            Look::Wrong => self.mend().await?,
        }
        self.is_touched = false;
        self.changes.clear();
        self.proved_at = Some(elapsed);
        Ok(())
    }

    /// Has the kernel take our own table again. What stands in other tables is
    /// theirs: it is shown until somebody takes it away.
    async fn mend(&mut self) -> Result<(), WallError> {
        tracing::warn!(
            violations = self.gate.watched().borrow().proof.violations.len(),
            "the packet filter does not do what was approved"
        );
        if !self.gate.settings().apply {
            return Ok(());
        }
        // What somebody cut off at the gateway is no drift, and is not mended.
        self.cutoffs.take_notes(&self.gate, &self.store).await?;
        self.gate.settle_anew(&self.store, &self.permits).await?;
        let look = self.gate.look(&self.store, &self.permits, &self.changes).await?;
        if look == Look::Right || self.gate.watched().borrow().verdict == Verdict::Proven {
            tracing::info!("the packet filter does what was approved again");
        }
        Ok(())
    }

    /// Takes the site's file where somebody wrote it. One that is wrong changes
    /// nothing: the site as it was stays in force.
    async fn read_site(&mut self) -> Result<(), WallError> {
        let file = &self.gate.settings().site;
        let now = std::fs::metadata(file).and_then(|data| Ok((data.modified()?, data.len()))).ok();
        if self.file.is_none() {
            self.file = now;
        }
        if now == self.file {
            return Ok(());
        }
        self.file = now;
        let (action, detail, trouble) = match self.gate.read_again() {
            Ok(false) => {
                self.gate.show(|watched| watched.site_trouble = None);
                return Ok(());
            }
            Ok(true) => (SITE_TAKEN, self.gate.declared().sha256.clone(), None),
            Err(error) => (SITE_REFUSED, error.in_words(), Some(error.in_words())),
        };
        self.gate.show(|watched| watched.site_trouble = trouble);
        let body = self.gate.body(&self.store).await?;
        let mut work = self.store.begin(body).await?;
        let subject = Subject::new("wall", self.gate.declared().site.body.as_str());
        let entry = Entry::new(ACTOR, action, subject, Origin::Job).with("site", detail);
        records::append(&mut work, &entry).await?;
        work.commit().await?;
        Ok(())
    }
}
