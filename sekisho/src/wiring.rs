//! Puts the parts together: rooms, kinds of permits, mechanisms, jobs, the
//! console. Adding a room is a line in [`rooms`].

use std::num::NonZero;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use base::{Clock, Secret};
use console::{
    Console, LedgerKeys, Machine, MachineMeans, Means, PROVIDER_BACK, Parts, Room, Settings,
};
use factors::webauthn::RelyingParty;
use factors::{Cost, Sealer};
use identity::provider::{Provider, ProviderSettings};
use identity::{Gate, GateSettings};
use jobs::{Runner, RunnerSettings};
use mail_room::{GateSettings as MailSettings, MailRoom, Outside, Outward, Service};
use permits::{Kinds, Permits};
use records::Key;
use sanitize_room::{SanitizeRoom, Workers};
use store::{Blobs, Migration, Store};
use tokio::sync::Notify;
use transfer_room::links::Outer;
use transfer_room::{Scanners, TransferRoom};
use wall_room::{Gate as WallGate, GateError, GateSettings as WallSettings, WallRoom};

use crate::config::{Host, Limits, Oidc};
use crate::doorstep;
use crate::folder::Folder;
use crate::ledger;
use crate::outside::Wire;

/// The tables of every room.
pub(crate) const ROOM_MIGRATIONS: &[&[Migration]] = &[
    sanitize_room::MIGRATIONS,
    passages::MIGRATIONS,
    transfer_room::MIGRATIONS,
    transfer_room::folders::FOLDER_MIGRATIONS,
    wall_room::MIGRATIONS,
    mail_room::MIGRATIONS,
];

/// Caged processes that one machine runs, at most.
const WORKERS_MAX: usize = 8;

/// Where upload links lead.
pub(crate) struct Links {
    /// What their addresses begin with.
    pub(crate) base: String,
    /// False where an outer half serves them.
    pub(crate) lead_here: bool,
}

/// The rooms, and by name the one that an outer half gives files to.
pub(crate) struct Rooms {
    pub(crate) all: Vec<Arc<dyn Room>>,
    pub(crate) transfer: Arc<TransferRoom>,
    /// What takes mail in, where there is a gate for it.
    pub(crate) mail: Option<Service>,
}

/// Every room of the house.
pub(crate) fn rooms(
    blobs: &Blobs,
    sealer: &Sealer,
    links: Links,
    scanners: Scanners,
    wall: Option<WallGate>,
    mails: Option<(MailSettings, Outside, Option<Outward>)>,
) -> Rooms {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let policy = sanitize_core::Policy::default();
    let workers = Workers::start(&policy, cores.min(WORKERS_MAX));
    let sanitize = SanitizeRoom::new(policy, workers.clone(), blobs.clone());
    let mail = mails.map(|(settings, outside, outward)| {
        let kept = (blobs.clone(), sealer.clone());
        let service = Service::new(settings, workers.clone(), kept, outside);
        match outward {
            Some(outward) => service.with_outward(outward),
            None => service,
        }
    });
    let transfer = TransferRoom::new(workers, blobs.clone(), sealer.clone());
    let transfer = transfer.with_scanners(scanners);
    let transfer = Arc::new(transfer.with_links(links.base, links.lead_here));
    let all: Vec<Arc<dyn Room>> = vec![
        Arc::new(sanitize),
        transfer.clone(),
        Arc::new(WallRoom::new(wall)),
        Arc::new(MailRoom::new(mail.clone())),
    ];
    Rooms { all, transfer, mail }
}

/// The gate of the wall, where the configuration has one.
pub(crate) fn wall(settings: Option<&WallSettings>) -> Result<Option<WallGate>> {
    let Some(settings) = settings else { return Ok(None) };
    match WallGate::open(settings.clone()) {
        Ok(gate) => Ok(Some(gate)),
        Err(GateError::Site { file, faults }) => {
            let lines = wall_room::commands::in_words(&file, &faults);
            Err(anyhow!(
                "[wall] のサイトのファイルに誤りがあります。規則は前のままです / the site of [wall] is wrong; the rules are as they were:\n{}",
                lines.join("\n")
            ))
        }
        Err(error @ GateError::File { .. }) => Err(error).context(
            "[wall] のサイトのファイルを読めません。規則は前のままです / the site of [wall] cannot be read; the rules are as they were",
        ),
    }
}

/// Permits with the kinds and mechanisms of the frame and of the rooms.
pub(crate) fn permits(rooms: &[Arc<dyn Room>], clock: Arc<dyn Clock>) -> Result<Permits> {
    let kinds = Kinds::new(rooms.iter().flat_map(|room| room.permit_kinds()))?;
    Ok(Permits::new(kinds, rooms.iter().flat_map(|room| room.mechanisms()), clock)?)
}

/// The gate of sign-in.
pub(crate) fn gate(sealer: Sealer, name: &Host, origin: &str) -> Result<Gate> {
    let party = RelyingParty::new(name.as_str(), PRODUCT, &[origin])?;
    let issuer = PRODUCT.to_owned();
    Ok(Gate::new(GateSettings { sealer, cost: Cost::default(), party: Some(party), issuer }))
}

/// The provider that may vouch for the first factor. It is asked nothing yet:
/// one that is down keeps nobody from opening the house.
pub(crate) fn provider(oidc: Option<&Oidc>, origin: &str) -> Result<Option<Provider>> {
    let Some(oidc) = oidc else { return Ok(None) };
    let secret = oidc.client_secret.as_deref().map(|file| {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("読めません / cannot read {}", file.display()))?;
        Ok::<_, anyhow::Error>(Secret::new(text.trim().to_owned()))
    });
    let provider = Provider::new(ProviderSettings {
        name: oidc.name.clone(),
        issuer: oidc.issuer.clone(),
        client_id: oidc.client_id.clone(),
        client_secret: secret.transpose()?,
        redirect: format!("{origin}{PROVIDER_BACK}"),
        outside: Arc::new(Wire::new(oidc.trust.as_deref())?),
    })?;
    Ok(Some(provider))
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
    post: notices::Post,
) -> Runner {
    let mut runner = Runner::new(store.clone(), RunnerSettings::default())
        .recurring(permits::SWEEP)
        .recurring(ledger::SIGNING)
        .recurring(ledger::EXPORTING)
        .recurring(doorstep::SWEEPING)
        .handler(Arc::new(doorstep::Sweeping))
        .handler(Arc::new(ledger::Signing::new(key.clone())))
        .handler(Arc::new(ledger::Exporting::new(key.clone(), folder.clone(), copies)));
    for handler in notices::handlers(post) {
        runner = runner.handler(handler);
    }
    for handler in permits::due_handlers(permits) {
        runner = runner.handler(handler);
    }
    for handler in rooms.iter().flat_map(|room| room.jobs(permits)) {
        runner = runner.handler(handler);
    }
    for recurring in rooms.iter().flat_map(|room| room.recurring()) {
        runner = runner.recurring(recurring);
    }
    runner
}

/// What the console is made of, beside the store.
pub(crate) struct Behind {
    pub(crate) gate: Gate,
    /// Seals what is kept of answers.
    pub(crate) sealer: Sealer,
    pub(crate) limits: Limits,
    pub(crate) permits: Permits,
    pub(crate) provider: Option<Provider>,
    pub(crate) key: Key,
    pub(crate) machine: Arc<dyn Machine>,
    /// Rung when a request has left work to do.
    pub(crate) bell: Arc<Notify>,
    /// How the outer half is, where there is one.
    pub(crate) outer: Option<Outer>,
    /// Under which domains people may have addresses, where mail is on.
    pub(crate) mail_domains: Option<notices::Domains>,
    pub(crate) rooms: Vec<Arc<dyn Room>>,
}

/// The console with all rooms.
pub(crate) fn console(
    store: Store,
    origin: &str,
    is_demo: bool,
    behind: Behind,
) -> Result<Console> {
    let Behind { gate, sealer, limits, permits, provider, key, .. } = behind;
    let Behind { machine, bell, outer, mail_domains, rooms, .. } = behind;
    let keys = LedgerKeys { trusted: vec![key.public()], signing: key };
    let machine: MachineMeans = machine;
    let means =
        Means::default().with(permits).with(gate).with(sealer).with(keys).with(machine).with(bell);
    let means = match provider {
        Some(provider) => means.with(provider),
        None => means,
    };
    let means = match outer {
        Some(outer) => means.with(outer),
        None => means,
    };
    let means = match mail_domains {
        Some(domains) => means.with(domains),
        None => means,
    };
    let mut settings = Settings::new(origin, env!("CARGO_PKG_VERSION"));
    settings.is_demo = is_demo;
    if let Some(max) = limits.requests_a_minute {
        settings.requests_a_minute_max = max.get();
    }
    if let Some(max) = limits.sign_in_steps_a_minute {
        settings.sign_in_steps_a_minute_max = max.get();
    }
    let callers = Arc::new(console::StoreCallers);
    Console::new(Parts { store, settings, callers, means, rooms })
        .context("画面を組み立てられません / cannot put the console together")
}

/// The description of the interface with all rooms, as it is committed.
#[cfg(test)]
mod tests {
    use std::path::Path;

    /// `SEKISHO_WRITE=1 cargo test -p sekisho description` writes the file anew.
    #[test]
    fn the_description_is_the_committed_one() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
        let now = console::interface_description([
            sanitize_room::interface(),
            transfer_room::interface(),
            wall_room::interface(),
            mail_room::interface(),
        ])
        .unwrap();
        if std::env::var_os("SEKISHO_WRITE").is_some() {
            std::fs::write(&file, &now).unwrap();
        }
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            read(&committed) == read(&now),
            "docs/openapi.json lags behind: SEKISHO_WRITE=1 cargo test -p sekisho description"
        );
        // OpenAPI 3.1, 4.8.10: an operation's id is its own.
        let mut names: Vec<&str> = now.lines().filter_map(operation).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "two operations have one id");
        assert!(all > 100, "the ids are found: {all}");
    }

    /// The id of an operation in a line of the description; those that a link
    /// names stand below `links` and are indented deeper.
    fn operation(line: &str) -> Option<&str> {
        const INDENT: usize = 8;
        let rest = line.trim_start().strip_prefix("\"operationId\": \"")?;
        (line.len() - line.trim_start().len() == INDENT).then_some(rest)
    }
}
