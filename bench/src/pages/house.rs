//! A town's data folder and database, and the program over it: started, asked,
//! stopped.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base::{Clock, ManualClock, SystemClock, SystemRandom};
use store::{Address, Settings, Store};
use tokio::runtime::Runtime;
use town::Demo;

use super::Kind;
use super::desk::Desk;
use super::fill::{self, Goal};
use super::postgres::Postgres;

/// How long the program may take until it answers.
const START_MAX: Duration = Duration::from_secs(600);

/// A demo town that grows.
pub(super) struct House {
    folder: PathBuf,
    postgres: Option<Postgres>,
    running: Option<Running>,
}

/// The program, killed when dropped.
pub(super) struct Running {
    child: Child,
    pub(super) port: u16,
}

impl House {
    /// Opens a town that is there, or has the program make one.
    pub(super) fn found(folder: &Path, kind: Kind, runtime: &Runtime) -> Result<Self> {
        let data = folder.join("data");
        let is_new = !data.join("demo.json").exists();
        std::fs::create_dir_all(&data)?;
        let folder = std::fs::canonicalize(folder)?;
        let postgres = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Postgres::start(&folder, runtime)?),
        };
        let mut house = Self { folder, postgres, running: None };
        if is_new {
            house.start(runtime)?;
            house.stop()?;
        }
        Ok(house)
    }

    /// The data folder.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Who lives there.
    pub(super) fn demo(&self) -> Demo {
        Demo::read(&self.data().join("demo.json"))
    }

    /// The database of it.
    pub(super) fn address(&self) -> Result<Address> {
        Ok(match &self.postgres {
            Some(postgres) => Address::parse(&postgres.url())?,
            None => Address::Sqlite(self.data().join("sekisho.db")),
        })
    }

    /// The PostgreSQL of it, if that is its database.
    pub(super) const fn postgres(&self) -> Option<&Postgres> {
        self.postgres.as_ref()
    }

    /// Opens the store beside the program, with a clock that is moved.
    pub(super) async fn store(&self) -> Result<(Store, Arc<ManualClock>)> {
        let clock = Arc::new(ManualClock::at(SystemClock::default().now()));
        let settings = Settings {
            address: self.address()?,
            clock: clock.clone(),
            random: Arc::new(SystemRandom),
        };
        Ok((Store::open(settings).await?, clock))
    }

    /// Lets the town grow to a size; false if it is as large already.
    pub(super) async fn grow(&mut self, goal: Goal) -> Result<bool> {
        self.stop()?;
        let (store, clock) = self.store().await?;
        let has_grown = fill::fill(&store, &clock, goal).await?;
        store.close().await;
        if let (true, Some(postgres)) = (has_grown, &self.postgres) {
            // As the server's own autovacuum does some minutes later.
            postgres.shell("VACUUM (ANALYZE)")?;
        }
        Ok(has_grown)
    }

    /// Starts the program where it does not run, and says where it listens.
    pub(super) fn start(&mut self, runtime: &Runtime) -> Result<u16> {
        if let Some(running) = &self.running {
            return Ok(running.port);
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log =
            File::options().create(true).append(true).open(self.folder.join("program.log"))?;
        let mut command = Command::new(binary()?);
        command.args(["up", "--demo", "--data"]).arg(self.data());
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        if let Some(postgres) = &self.postgres {
            command.args(["--database", &postgres.url()]);
        }
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut running = Running { child: command.spawn()?, port };
        running.wait_until_ready(&self.data(), runtime)?;
        self.running = Some(running);
        Ok(port)
    }

    /// Resets the program's high-water mark of memory (proc(5)).
    pub(super) fn reset_peak(&self) {
        if let Some(running) = &self.running {
            let _ = std::fs::write(format!("/proc/{}/clear_refs", running.child.id()), "5");
        }
    }

    /// The most memory that the program had since then, in MiB.
    pub(super) fn peak_mib(&self) -> u64 {
        let Some(running) = &self.running else { return 0 };
        let file = format!("/proc/{}/status", running.child.id());
        let status = std::fs::read_to_string(file).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.unwrap_or(0) / 1_024
    }

    /// Ends the program as an operator does.
    pub(super) fn stop(&mut self) -> Result<()> {
        let Some(mut running) = self.running.take() else { return Ok(()) };
        let number = running.child.id().to_string();
        Command::new("kill").args(["-TERM", &number]).status()?;
        running.child.wait()?;
        Ok(())
    }

    /// What the store takes on the disk.
    pub(super) fn size_mib(&self) -> Result<u64> {
        if let Some(postgres) = &self.postgres {
            return postgres.size_mib();
        }
        let mut bytes = 0;
        for name in ["sekisho.db", "sekisho.db-wal"] {
            bytes += std::fs::metadata(self.data().join(name)).map_or(0, |data| data.len());
        }
        Ok(bytes >> 20)
    }
}

impl Running {
    fn wait_until_ready(&mut self, data: &Path, runtime: &Runtime) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_MAX {
            if let Some(status) = self.child.try_wait()? {
                bail!("the program ended with {status}; see program.log beside {}", data.display());
            }
            let authority = data.join("tls/ca.pem");
            let desk = Desk::at(runtime, &authority, self.port, [127, 0, 0, 1].into());
            if desk.and_then(|mut desk| desk.get("/readyz")).is_ok_and(|page| page.status == 200) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("the program did not get ready")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program that `SEKISHO_BIN` names, or the one beside this bench.
fn binary() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("SEKISHO_BIN") {
        return Ok(named.into());
    }
    let own = std::env::current_exe()?;
    let beside = own.with_file_name("sekisho");
    let is_there = beside.exists();
    is_there.then_some(beside).context("no program: cargo build --release -p sekisho")
}
