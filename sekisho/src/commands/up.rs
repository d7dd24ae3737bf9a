//! `sekisho up`: opens the house, fills it if it is to be a demo, and serves it
//! until told to stop.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base::Timestamp;
use clap::{Args, ValueEnum};
use mail_room::Gate as MailDoor;
use store::{Address, Store};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;
use transfer_room::Scanners;
use transfer_room::folders::Folders;

use super::{Where, load};
use crate::config::{Config, Host, Told, Transfer, host};
use crate::demo;
use crate::exit::Exit;
use crate::folder::{Folder, Lock};
use crate::house::{House, Keys, copies};
use crate::icap;
use crate::inner::Half;
use crate::machine::Here;
use crate::mails::Mails;
use crate::post;
use crate::serve::{Drained, Failures, Limits, Server};
use crate::tables::{self, Purpose};
use crate::tls::{self, Tls};
use crate::whole;
use crate::wiring::{self, Behind, Links, Rooms};

/// What `sekisho up` takes.
#[derive(Debug, Args)]
#[command(after_help = "例 / examples:
  sekisho up --demo                           見本の町を開く / open an example town
  sekisho up --data /var/lib/sekisho --listen 0.0.0.0:443 --name sekisho.example.lg.jp
  sekisho up --database postgres://sekisho@db/sekisho

Ctrl-C か SIGTERM で、処理中のものを終えてから止まります。
Ctrl-C or SIGTERM stops it after what is running has ended.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Where,
    /// 待ち受け(既定 127.0.0.1:8443)/ where to listen
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// ブラウザーに入れる名前(既定 sekisho.localhost)/ what people type into the browser
    #[arg(long, value_name = "HOST", value_parser = host)]
    name: Option<Host>,
    /// 見本の町を作って開く(本番には使えません)/ an invented town to look around in
    #[arg(long)]
    demo: bool,
    /// ログの形 / shape of the log lines
    #[arg(long, value_enum, default_value = "text")]
    log: LogShape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogShape {
    /// Lines to read.
    Text,
    /// A JSON object a line.
    Json,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> Result<Exit> {
    start_log(arguments.log);
    let told = Told {
        listen: arguments.listen,
        name: arguments.name.clone(),
        is_demo: arguments.demo,
        ..arguments.place.told()
    };
    let config = load(&told, crate::words::Lang::Ja)?;
    whole::before_opening(&config, &Folder::make(&config.data)?)?;
    let house = House::make(&config).await?;
    let lock = house.folder.lock()?;
    house.blobs.sweep().await?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("{} で待ち受けられません / cannot listen there", config.listen))?;
    let up = Up::prepare(config, house, listener, arguments.demo).await?;
    up.serve(lock).await
}

/// Everything that is needed to serve.
struct Up {
    config: Config,
    house: House,
    listener: TcpListener,
    listening: SocketAddr,
    origin: String,
    keys: Keys,
    is_demo: bool,
}

impl Up {
    async fn prepare(
        config: Config,
        mut house: House,
        listener: TcpListener,
        is_demo: bool,
    ) -> Result<Self> {
        let listening = listener.local_addr()?;
        let origin = config.origin(listening);
        whole::before_migrating(&house).await?;
        let new = house.migrate().await.context(
            "データベースをこの版に合わせられません / cannot bring the database up to this version",
        )?;
        house.end_ruling().await;
        for name in new {
            tracing::info!(name, "ran a migration");
        }
        whole::before_keys(&house).await?;
        let keys = house.keys()?;
        // Demo accounts are told to scripts with the authority beside them.
        tls::authority(&house.folder, &config.name, house.clock.now(), &*house.random)?;
        let purpose = settle_purpose(&house.store, is_demo).await?;
        if purpose == Purpose::DemoBegun {
            eprintln!("見本の町を作っています… / making the example town…");
            demo::fill(&house, &config, &keys, &origin).await?;
        }
        if is_demo {
            demo::write_base_url(&house.folder, &origin)?;
        }
        Ok(Self { config, house, listener, listening, origin, keys, is_demo })
    }

    async fn serve(self, lock: Lock) -> Result<Exit> {
        let Self { config, house, listener, listening, origin, keys, is_demo } = self;
        let House { folder, store, blobs, clock, random, .. } = house;
        let authority = tls::authority(&folder, &config.name, clock.now(), &*random)?;
        let given = config.certificate.clone();
        let tls = Tls::new(authority, config.name.clone(), given, (clock.clone(), random))
            .kept_in(folder.clone());
        let current = tls.current()?;
        let gate = wiring::gate(keys.sealer.clone(), &config.name, &origin)?;
        let provider = wiring::provider(config.oidc.as_ref(), &origin)?;
        let half = Half::open(config.outer.as_ref(), &folder)?;
        let public = config.outer.as_ref().map_or(&origin, |outer| &outer.public).clone();
        let links = Links { base: public, lead_here: half.is_none() };
        let scanners = config.scanners.clone();
        let scanners = Scanners::open(scanners, folder.path(), store.clone()).await?;
        let shown = match (&config.wall, is_demo) {
            (None, true) => Some(demo::wall(&folder, clock.now())?),
            (None, false) | (Some(_), _) => None,
        };
        let wall = wiring::wall(config.wall.as_ref().or(shown.as_ref()))?;
        if let Some(wall) = &wall {
            // Its screens are there from the first request on; a body that is not
            // founded yet is found later.
            let _ = wall.body(&store).await;
        }
        let mails = config.mail_gate.clone().map(|gate| Mails::new(gate, &clock));
        let rspamd = mails.as_ref().and_then(Mails::rspamd);
        let judge = Arc::new(mail_room::Learner::default().with_rspamd(rspamd.clone()));
        let outward = match &mails {
            Some(mails) => mails.outward(&origin)?,
            None => None,
        };
        let world = mails
            .as_ref()
            .map(|mails| (mails.settings(&origin), mails.world(scanners.clone(), judge), outward));
        let Rooms { all: rooms, transfer, mail } =
            wiring::rooms(&blobs, &keys.sealer, links, scanners.clone(), wall.clone(), world);
        let permits = wiring::permits(&rooms, clock.clone())?;
        let copies = copies(&config, &clock)?;
        let post = post::post(config.mail.as_ref(), &config.name, &origin, &rooms)?;
        let runner = wiring::runner(&store, &permits, &folder, &keys.ledger, copies, &rooms, post);
        let means = transfer_room::folders::Means {
            store: store.clone(),
            blobs: blobs.clone(),
            sealer: keys.sealer.clone(),
            bell: runner.bell(),
        };
        let Transfer { folders, deliveries } = config.transfer.clone();
        let folders = Folders::new(means, folders, deliveries)?;
        let asker = transfer.asker(store.clone());
        let machine = Arc::new(Here {
            folders: folders.alarms(),
            scanners: scanners.clone(),
            rspamd,
            database: match config.database.as_deref().map(Address::parse).transpose()? {
                Some(Address::Postgres(_)) => "PostgreSQL",
                Some(Address::Sqlite(_)) | None => "SQLite",
            },
            data: folder.path().to_owned(),
            started_at: clock.now(),
            certificate_ends_at: AtomicI64::new(current.ends_at.map_or(0, Timestamp::millis)),
        });
        let behind = Behind {
            gate,
            sealer: keys.sealer,
            limits: config.limits,
            permits: permits.clone(),
            provider,
            key: keys.ledger,
            machine: machine.clone(),
            bell: runner.bell(),
            outer: half.as_ref().map(|half| half.outer.clone()),
            mail_domains: config.mail.as_ref().map(|mail| mail.domains.clone()),
            rooms,
        };
        let icap = icap::Service::open(config.icap.as_ref(), &store, &folder, asker).await?;
        let console = wiring::console(store.clone(), &origin, is_demo, behind)?;
        announce(&store, &folder, &origin, listening, is_demo).await?;
        let (renewing, tls_now) = watch::channel(current.config);
        let (stopping, stop) = watch::channel(false);
        tokio::spawn(tls.keep(renewing, current.renew_at, machine));
        if let (Some(wall), Some(_)) = (&wall, &shown) {
            wall.body(&store).await?;
        }
        // What is only shown is not kept: no kernel is asked.
        let wall = wall
            .filter(|_| shown.is_none())
            .map(|wall| tokio::spawn(wall.run(store.clone(), permits.clone(), told(stop.clone()))));
        let files = transfer.gate(store.clone(), permits, runner.bell());
        let half = half.map(|half| half.start(files, clock.clone(), stop.clone()));
        let door = mail.map(|mail| MailDoor::new(mail, store.clone(), runner.bell()));
        let mails = match mails.zip(door) {
            Some((mails, door)) => Some(mails.open(door, stop.clone()).await?),
            None => None,
        };
        let jobs = tokio::spawn(Arc::new(runner).run(told(stop.clone())));
        let folders = tokio::spawn(folders.run(told(stop.clone())));
        let scanners = tokio::spawn(scanners.keep());
        let icap = icap.map(|icap| tokio::spawn(icap.run(tls_now.clone(), stop.clone())));
        let limits = Limits::default();
        let failures = Failures::counted(console.state().metrics.refusals().clone());
        let router = console.router();
        let server = Server { listener, tls: tls_now, router, limits, failures };
        let server = tokio::spawn(server.run(stop));
        wait_for_signal().await?;
        eprintln!("処理中のものを終えて止まります… / stopping after what is running…");
        let _ = stopping.send(true);
        let drained = server.await?;
        jobs.await?;
        if let Some(mails) = mails {
            mails.leave().await;
        }
        folders.await?;
        scanners.abort();
        if let Some(wall) = wall {
            wall.await?;
        }
        if let Some(half) = half {
            half.await?;
        }
        let cut = match icap {
            Some(icap) => icap.await?,
            None => 0,
        };
        if cut > 0 {
            tracing::warn!(cut, "ICAP connections were cut at the deadline");
        }
        if let Drained::Cut(count) = drained {
            tracing::warn!(count, "connections were cut at the deadline");
        }
        // Closing waits for open transactions; those are over with their tasks.
        let _ = tokio::time::timeout(CLOSE_MAX, store.close()).await;
        drop(lock);
        Ok(Exit::Done)
    }
}

/// How long the database may take to close.
const CLOSE_MAX: Duration = Duration::from_secs(5);

pub(crate) async fn told(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|is_told| *is_told).await;
}

pub(crate) async fn wait_for_signal() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    // A second one ends it at once.
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(())
}

/// Holds a store to what it is for. A new store becomes what it is opened as.
async fn settle_purpose(store: &Store, is_demo: bool) -> Result<Purpose> {
    let mut across = store.across("a store is a demo or not, as a whole").await?;
    let purpose = match (tables::purpose(&mut across).await?, is_demo) {
        (Some(Purpose::Real), true) => bail!(
            "本番の記録があります。--demo は、別の空のフォルダーで使ってください / \
             this is a real town's store: use --demo with another, empty folder"
        ),
        (Some(Purpose::Demo | Purpose::DemoBegun), false) => bail!(
            "見本の町の記録です。本番には使えません。別の空のフォルダーで始めてください / \
             this is a demo and cannot become a real town's store: begin with another, empty folder"
        ),
        (Some(Purpose::DemoBegun), true) => bail!(
            "見本の町を作る途中で止まっています。フォルダーを消してやり直してください / \
             making the demo broke off: delete the folder and begin again"
        ),
        (Some(purpose), _) => return Ok(purpose),
        (None, true) => Purpose::DemoBegun,
        (None, false) => Purpose::Real,
    };
    tables::set_purpose(&mut across, purpose).await?;
    across.commit().await?;
    Ok(purpose)
}

/// Writes a line for whoever is there to read it. A terminal that has gone is
/// no reason to stop serving.
macro_rules! say {
    ($($words:tt)*) => {
        let _ = writeln!(std::io::stdout(), $($words)*);
    };
}

/// Says where it is, and on the first run how to begin.
async fn announce(
    store: &Store,
    folder: &crate::folder::Folder,
    origin: &str,
    listening: SocketAddr,
    is_demo: bool,
) -> Result<()> {
    say!("関所を開きました / Sekisho is open: {origin}/");
    say!("  待ち受け / listening: {listening}");
    say!("  データ / data: {}", folder.path().display());
    say!(
        "  認証局(端末に登録してください)/ authority, for terminals to trust: {}",
        folder.join(tls::AUTHORITY).display()
    );
    if is_demo {
        say!("  見本の町です。本番には使えません / a demo: not for real work");
        say!(
            "  利用者と今のコード / accounts with their codes: sekisho demo --data {}",
            folder.path().display()
        );
        say!("  利用者と秘密 / accounts and secrets: {}", folder.join(demo::FILE).display());
    } else if identity::set_up::is_needed(store).await? {
        let code = identity::set_up::begin(store).await?;
        say!("  初期設定 / set-up: {origin}{SET_UP}");
        tell_code(folder, code.show().reveal(), std::io::stdout().is_terminal())?;
    } else {
        // Whoever has set up has no more use for it.
        let _ = std::fs::remove_file(folder.join(SET_UP_CODE));
    }
    Ok(())
}

/// Shows the set-up code to whoever sits at the terminal. Under a service
/// manager the output is a log that others read: there it goes into a file.
fn tell_code(folder: &crate::folder::Folder, code: &str, is_terminal: bool) -> Result<()> {
    if is_terminal {
        say!("  初期設定コード(24時間有効)/ set-up code, for 24 hours: {code}");
        return Ok(());
    }
    folder.write(SET_UP_CODE, &format!("{code}\n"))?;
    say!(
        "  初期設定コード(24時間有効)のファイル / file with the set-up code, for 24 hours: {}",
        folder.join(SET_UP_CODE).display()
    );
    Ok(())
}

/// Where the set-up code lies while nobody sits at a terminal.
const SET_UP_CODE: &str = "set-up.code";

/// The screen on which the first body is founded.
const SET_UP: &str = "/set-up";

/// Log lines to read, for a program without a choice.
pub(crate) fn start_log_text() {
    start_log(LogShape::Text);
}

fn start_log(shape: LogShape) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match shape {
        LogShape::Text => builder.init(),
        LogShape::Json => builder.json().init(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn purpose_after(starts: &[bool]) -> Result<Purpose> {
        let bench = testbed::sqlite(tables::MIGRATIONS).await;
        let mut last = Ok(Purpose::Real);
        for is_demo in starts {
            last = settle_purpose(&bench.store, *is_demo).await;
            if matches!(last, Ok(Purpose::DemoBegun)) {
                let mut across = bench.store.across("a test fills").await?;
                tables::set_purpose(&mut across, Purpose::Demo).await?;
                across.commit().await?;
            }
        }
        last
    }

    #[test]
    fn the_set_up_code_goes_to_the_terminal_or_to_a_file_that_only_we_read() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let folder = crate::folder::Folder::make(place.path()).unwrap();
        tell_code(&folder, "ABCD-EFGH", true).unwrap();
        let file = folder.join(SET_UP_CODE);
        assert!(!file.exists());
        tell_code(&folder, "ABCD-EFGH", false).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "ABCD-EFGH\n");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_store_stays_what_it_was_opened_as() {
        assert_eq!(purpose_after(&[false, false]).await.unwrap(), Purpose::Real);
        assert_eq!(purpose_after(&[true, true]).await.unwrap(), Purpose::Demo);
        let error = purpose_after(&[true, false]).await.unwrap_err().to_string();
        assert!(error.contains("cannot become a real"), "{error}");
        let error = purpose_after(&[false, true]).await.unwrap_err().to_string();
        assert!(error.contains("real town's store"), "{error}");
    }
}
