//! A PostgreSQL of the test process's own, on a socket in a temporary folder.
//! It ends with the process, however that ends.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::Executor;
use tokio::sync::OnceCell;

/// Names a running server instead, as `postgres://user@host/database`; its
/// user must be able to make databases and roles.
const SERVER_VARIABLE: &str = "SEKISHO_TEST_POSTGRES";

/// A superuser passes the walls between bodies, so tests work as this one.
const USER: &str = "sekisho_test";

/// What names the socket in its folder.
const PORT: u16 = 5432;

/// Makes an empty database and returns its URL, or nothing where PostgreSQL is
/// not installed.
///
/// # Panics
/// If it is installed and does not start.
pub async fn database() -> Option<String> {
    static SERVER: OnceCell<Option<Server>> = OnceCell::const_new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(Server::start).await.as_ref()?;
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let name = format!("test_{}_{number}", std::process::id());
    let pool = sqlx::PgPool::connect(&server.url("postgres", "postgres")).await.expect("server");
    let make = format!(
        "CREATE DATABASE {name} OWNER {USER} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
    );
    pool.execute(sqlx::AssertSqlSafe(make)).await.expect("a new database");
    pool.close().await;
    Some(server.url(USER, &name))
}

/// The same URL with another user.
pub(crate) fn as_user(url: &str, user: &str) -> String {
    url.replace(&format!("{USER}@"), &format!("{user}@"))
}

/// Makes an account without any right.
pub(crate) async fn make_account(url: &str, account: &str) {
    let pool = sqlx::PgPool::connect(&as_user(url, "postgres")).await.expect("server");
    let make = format!("CREATE ROLE {account} LOGIN NOSUPERUSER");
    pool.execute(sqlx::AssertSqlSafe(make)).await.expect("a new account");
    pool.close().await;
}

pub(crate) struct Server {
    pub(crate) socket_folder: String,
    port: u16,
    /// Holds the pipe whose end tells the server to stop.
    _keeper: Option<Child>,
}

impl Server {
    async fn start() -> Option<Self> {
        if let Ok(url) = std::env::var(SERVER_VARIABLE) {
            let server = Self { socket_folder: url, port: PORT, _keeper: None };
            server.make_user().await;
            return Some(server);
        }
        Self::run("", &[], PORT).await
    }

    /// Starts one more, with lines for its table of who may connect and
    /// settings of its own; nothing where it is not installed.
    pub(crate) async fn run(lines: &str, settings: &[String], port: u16) -> Option<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir().expect("a folder for PostgreSQL").keep();
        let socket_folder = folder.display().to_string();
        let keeper = Command::new("sh")
            .args(["-c", SCRIPT, "sh", &programs.display().to_string(), &socket_folder, lines])
            .args(["-c".to_owned(), format!("port={port}")])
            .args(settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a shell");
        let server = Self { socket_folder, port, _keeper: Some(keeper) };
        for _ in 0..300 {
            if sqlx::PgPool::connect(&server.url("postgres", "postgres")).await.is_ok() {
                server.make_user().await;
                return Some(server);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic_with_log(&folder);
    }

    async fn make_user(&self) {
        let pool = sqlx::PgPool::connect(&self.url("postgres", "postgres")).await.expect("server");
        let make = format!("CREATE ROLE {USER} LOGIN NOSUPERUSER");
        // Another test process may have made it in a shared server.
        let _ = pool.execute(sqlx::AssertSqlSafe(make)).await;
        pool.close().await;
    }

    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        if self._keeper.is_none() {
            let (head, _) =
                self.socket_folder.rsplit_once('/').unwrap_or((&self.socket_folder, ""));
            return match head.split_once('@') {
                Some((_, host)) => format!("postgres://{user}@{host}/{database}"),
                None => format!("{head}/{database}"),
            };
        }
        let host = self.socket_folder.replace('/', "%2F");
        format!("postgres://{user}@{host}:{}/{database}", self.port)
    }
}

/// Starts a server that does not survive its standard input. PostgreSQL refuses
/// to run as root, so root lends it Debian's account.
const SCRIPT: &str = r#"
programs=$1; folder=$2; lines=$3; shift 3
as=""
if [ "$(id -u)" = 0 ]; then as="setpriv --reuid=postgres --regid=postgres --clear-groups"; chown postgres "$folder"; fi
exec 3<&0 </dev/null
$as "$programs/initdb" -D "$folder/data" -U postgres -A trust -N -E UTF8 --locale=C >"$folder/log" 2>&1 || exit 1
printf '%s\n' "$lines" >>"$folder/data/pg_hba.conf"
$as "$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off -c max_connections=200 "$@" >>"$folder/log" 2>&1 3<&- &
server=$!
cat <&3 >/dev/null
kill -INT "$server"; wait "$server"
rm -rf "$folder"
"#;

fn programs() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<PathBuf> =
        installed.flatten().map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.into_iter().rev().find(|folder| folder.join("initdb").exists())
}

fn panic_with_log(folder: &Path) -> ! {
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    unreachable!("PostgreSQL did not start:\n{log}")
}
