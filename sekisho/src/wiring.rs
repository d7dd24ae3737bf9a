//! Puts the parts together: rooms, kinds of permits, mechanisms, jobs, the
//! console. Adding a room is a line in [`rooms`].

use std::num::NonZero;
use std::sync::Arc;

use anyhow::{Context, Result};
use base::Clock;
use console::{Console, LedgerKeys, Machine, MachineMeans, Means, Parts, Room, Settings};
use factors::webauthn::RelyingParty;
use factors::{Cost, Sealer};
use identity::{Gate, GateSettings};
use jobs::{Runner, RunnerSettings};
use permits::{Kinds, Permits};
use records::Key;
use sanitize_room::SanitizeRoom;
use store::{Blobs, Migration, Store};

use crate::config::Host;
use crate::doorstep;
use crate::folder::Folder;
use crate::ledger;

/// The tables of every room.
pub(crate) const ROOM_MIGRATIONS: &[&[Migration]] = &[sanitize_room::MIGRATIONS];

/// Caged processes that one machine runs, at most.
const WORKERS_MAX: usize = 8;

/// Every room of the house.
pub(crate) fn rooms(blobs: &Blobs) -> Vec<Arc<dyn Room>> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let workers = cores.min(WORKERS_MAX);
    vec![Arc::new(SanitizeRoom::new(Default::default(), workers, blobs.clone()))]
}

/// Permits with the kinds and mechanisms of the frame; a room that has some
/// names them here.
pub(crate) fn permits(clock: Arc<dyn Clock>) -> Result<Permits> {
    Ok(Permits::new(Kinds::new([])?, [], clock)?)
}

/// The gate of sign-in.
pub(crate) fn gate(sealer: Sealer, name: &Host, origin: &str) -> Result<Gate> {
    let party = RelyingParty::new(name.as_str(), PRODUCT, &[origin])?;
    let issuer = PRODUCT.to_owned();
    Ok(Gate::new(GateSettings { sealer, cost: Cost::default(), party: Some(party), issuer }))
}

/// What apps and browsers call us.
const PRODUCT: &str = "Sekisho";

/// Does what is due: ends of permits, the ledger's signatures and exports, and
/// the rooms' own work.
pub(crate) fn runner(
    store: &Store,
    permits: &Permits,
    folder: &Folder,
    key: &Key,
    copies: ledger::Copies,
    rooms: &[Arc<dyn Room>],
) -> Runner {
    let mut runner = Runner::new(store.clone(), RunnerSettings::default())
        .recurring(permits::SWEEP)
        .recurring(ledger::SIGNING)
        .recurring(ledger::EXPORTING)
        .recurring(doorstep::SWEEPING)
        .handler(Arc::new(doorstep::Sweeping))
        .handler(Arc::new(ledger::Signing::new(key.clone())))
        .handler(Arc::new(ledger::Exporting::new(key.clone(), folder.clone(), copies)));
    for handler in permits::due_handlers(permits) {
        runner = runner.handler(handler);
    }
    for handler in rooms.iter().flat_map(|room| room.jobs()) {
        runner = runner.handler(handler);
    }
    runner
}

/// What the console is made of, beside the store.
pub(crate) struct Behind {
    pub(crate) gate: Gate,
    pub(crate) permits: Permits,
    pub(crate) key: Key,
    pub(crate) machine: Arc<dyn Machine>,
    pub(crate) rooms: Vec<Arc<dyn Room>>,
}

/// The console with all rooms.
pub(crate) fn console(
    store: Store,
    origin: &str,
    is_demo: bool,
    behind: Behind,
) -> Result<Console> {
    let Behind { gate, permits, key, machine, rooms } = behind;
    let keys = LedgerKeys { trusted: vec![key.public()], signing: key };
    let machine: MachineMeans = machine;
    let means = Means::default().with(permits).with(gate).with(keys).with(machine);
    let mut settings = Settings::new(origin, env!("CARGO_PKG_VERSION"));
    settings.is_demo = is_demo;
    let callers = Arc::new(console::StoreCallers);
    Console::new(Parts { store, settings, callers, means, rooms })
        .context("画面を組み立てられません / cannot put the console together")
}
