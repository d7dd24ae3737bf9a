//! A PostgreSQL of the bench's own in a folder, with its settings as they are
//! shipped. It ends with this process, however that ends.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::runtime::Runtime;

/// A server with one database.
pub(super) struct Postgres {
    programs: PathBuf,
    socket: String,
    /// Holds the pipe whose end tells the server to stop.
    keeper: Child,
}

/// No superuser, so that the walls between bodies hold.
const USER: &str = "sekisho";

/// PostgreSQL refuses to run as root, so root lends it Debian's account.
const SCRIPT: &str = r#"
programs=$1; folder=$2
as=""
if [ "$(id -u)" = 0 ]; then as="setpriv --reuid=postgres --regid=postgres --clear-groups"; chown postgres "$folder"; fi
exec 3<&0 </dev/null
if [ ! -e "$folder/data/PG_VERSION" ]; then
  $as "$programs/initdb" -D "$folder/data" -U postgres -A trust -N -E UTF8 --locale=C >"$folder/log" 2>&1 || exit 1
fi
$as "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= >>"$folder/log" 2>&1 3<&- &
server=$!
cat <&3 >/dev/null
kill -INT "$server"; wait "$server"
"#;

impl Postgres {
    /// Starts the server of a folder, made when missing.
    pub(super) fn start(folder: &Path, runtime: &Runtime) -> Result<Self> {
        let programs = programs().context("PostgreSQL is not installed (Debian: postgresql)")?;
        let folder = folder.join("pg");
        let is_new = !folder.join("data").exists();
        std::fs::create_dir_all(&folder)?;
        let socket = folder.display().to_string();
        let keeper = Command::new("sh")
            .args(["-c", SCRIPT, "sh", &programs.display().to_string(), &socket])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let server = Self { programs, socket, keeper };
        runtime.block_on(server.wait())?;
        if is_new {
            let make = format!("CREATE ROLE {USER} LOGIN NOSUPERUSER");
            server.shell_in("postgres", &make)?;
            let make = format!("CREATE DATABASE {USER} OWNER {USER}");
            server.shell_in("postgres", &make)?;
        }
        Ok(server)
    }

    async fn wait(&self) -> Result<()> {
        for _ in 0..600 {
            if self.shell_in("postgres", "SELECT 1").is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("PostgreSQL did not start; see {}/log", self.socket)
    }

    /// How the program reaches it.
    pub(super) fn url(&self) -> String {
        format!("postgres://{USER}@{}/{USER}", self.socket.replace('/', "%2F"))
    }

    /// Runs a statement as the superuser.
    pub(super) fn shell(&self, sql: &str) -> Result<String> {
        self.shell_in(USER, sql)
    }

    fn shell_in(&self, database: &str, sql: &str) -> Result<String> {
        let done = self.psql(database).args(["-c", sql]).output()?;
        if !done.status.success() {
            bail!("psql: {}", String::from_utf8_lossy(&done.stderr));
        }
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// A shell on a database, as the superuser.
    pub(super) fn psql(&self, database: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-h",
            &self.socket,
            "-U",
            "postgres",
            "-d",
            database,
        ]);
        command
    }

    /// A shell on the town's database.
    pub(super) fn town(&self) -> Command {
        self.psql(USER)
    }

    /// What the database takes on the disk.
    pub(super) fn size_mib(&self) -> Result<u64> {
        let said = self.shell(&format!("SELECT pg_database_size('{USER}') / 1048576"))?;
        Ok(said.trim().parse()?)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn programs() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<PathBuf> =
        installed.flatten().map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.into_iter().rev().find(|folder| folder.join("initdb").exists())
}
