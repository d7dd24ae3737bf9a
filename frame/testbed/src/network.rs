//! A PostgreSQL that is reached by the network, with TLS when it is told to.

use std::net::{IpAddr, TcpListener, UdpSocket};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use sqlx::Executor;

use crate::postgres::Server;

/// A server of a test's own that listens on an address.
pub struct Network {
    server: Server,
    port: u16,
}

/// The address by which others would reach this machine: no loopback. Nothing
/// where it has none.
#[must_use]
pub fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // RFC 5737: an address of examples. Nothing is sent.
    socket.connect("192.0.2.1:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|address| !address.is_loopback())
}

impl Network {
    /// Starts a server on these addresses, without TLS; nothing where it is not
    /// installed.
    ///
    /// # Panics
    /// If it is installed and does not start.
    pub async fn start(addresses: &[IpAddr]) -> Option<Self> {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let settings = ["-c".to_owned(), format!("listen_addresses={}", list.join(","))];
        let lines: Vec<String> =
            list.iter().map(|address| format!("host all all {address}/32 trust")).collect();
        let server = Server::run(&lines.join("\n"), &settings, port).await?;
        Some(Self { server, port })
    }

    /// The URL by which a client reaches it under a name.
    #[must_use]
    pub fn url(&self, host: &str) -> String {
        format!("postgres://postgres@{host}:{}/postgres", self.port)
    }

    /// Shows this certificate, in PEM, from now on.
    ///
    /// # Panics
    /// If the server does not take it.
    pub async fn show(&self, chain: &str, key: &str) {
        let folder = Path::new(&self.server.socket_folder);
        let owner = std::fs::metadata(folder.join("data")).expect("the server's data");
        for (name, text) in [("server.pem", chain), ("server.key", key)] {
            let file = folder.join(name);
            std::fs::write(&file, text).expect("written");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("kept");
            chown(&file, Some(owner.uid()), Some(owner.gid())).expect("given");
        }
        let url = self.server.url("postgres", "postgres");
        let pool = sqlx::PgPool::connect(&url).await.expect("server");
        let shown = folder.display();
        for sql in [
            format!("ALTER SYSTEM SET ssl_cert_file = '{shown}/server.pem'"),
            format!("ALTER SYSTEM SET ssl_key_file = '{shown}/server.key'"),
            "ALTER SYSTEM SET ssl = on".to_owned(),
            "SELECT pg_reload_conf()".to_owned(),
        ] {
            pool.execute(sqlx::AssertSqlSafe(sql)).await.expect("set");
        }
        pool.close().await;
        // The signal is on its way; a new connection asks until it has arrived.
        self.wait_for_certificate(chain).await;
    }

    async fn wait_for_certificate(&self, chain: &str) {
        let url = self.server.url("postgres", "postgres");
        for _ in 0..100 {
            let pool = sqlx::PgPool::connect(&url).await.expect("server");
            let found: (String, String) = sqlx::query_as(
                "SELECT current_setting('ssl'), pg_read_file(current_setting('ssl_cert_file'))",
            )
            .fetch_one(&pool)
            .await
            .expect("settings");
            pool.close().await;
            if found.0 == "on" && found.1 == chain {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
}
