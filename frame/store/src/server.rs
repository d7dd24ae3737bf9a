//! The address of a PostgreSQL server, and whether it must prove who it is.
//! Opens nothing.

use std::net::IpAddr;
use std::path::PathBuf;

use base::Secret;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::StoreError;

/// A PostgreSQL server and who we are there. It may hold a password and is
/// never shown.
#[derive(Clone)]
pub struct Server {
    url: String,
    trust: Option<PathBuf>,
    password: Option<Secret<String>>,
}

impl Server {
    /// Takes a URL `postgres://…`. On this machine it is reached as it asks; a
    /// server elsewhere must show a certificate for the name in the URL, from
    /// an authority that the system believes.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), trust: None, password: None }
    }

    /// Believes the authorities in this PEM file too.
    #[must_use]
    pub fn trusting(mut self, file: Option<PathBuf>) -> Self {
        self.trust = file;
        self
    }

    /// Signs in with this password instead of the URL's.
    #[must_use]
    pub fn with_password(mut self, password: Option<Secret<String>>) -> Self {
        self.password = password;
        self
    }

    /// The account that signs in.
    ///
    /// # Errors
    /// If the URL is not understood.
    pub fn account(&self) -> Result<String, StoreError> {
        Ok(self.read()?.get_username().to_owned())
    }

    fn read(&self) -> Result<PgConnectOptions, StoreError> {
        self.url.parse().map_err(|error: sqlx::Error| StoreError::Address(error.to_string()))
    }

    /// How to connect. What leaves this machine is always verified in full.
    pub(crate) fn options(&self) -> Result<PgConnectOptions, StoreError> {
        let mut options = self.read()?;
        if let Some(password) = &self.password {
            options = options.password(password.reveal());
        }
        if let Some(file) = &self.trust {
            options = options.ssl_root_cert(file);
        }
        let is_near = options.get_socket().is_some() || is_this_machine(options.get_host());
        match (is_near, options.get_ssl_mode()) {
            (true, PgSslMode::Allow | PgSslMode::Prefer) => {
                Ok(options.ssl_mode(PgSslMode::Disable))
            }
            (true, _) => Ok(options),
            (false, PgSslMode::Disable | PgSslMode::Allow) => Err(StoreError::Address(
                "a server on another machine is spoken to by TLS only: leave sslmode out".into(),
            )),
            (false, _) => Ok(options.ssl_mode(PgSslMode::VerifyFull)),
        }
    }
}

/// True for what never leaves this machine: a socket's folder, `localhost`, and
/// the addresses of RFC 1122 §3.2.1.3 and RFC 4291 §2.5.3.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> String {
        match Server::new(url).options() {
            Ok(options) => format!("{:?}", options.get_ssl_mode()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_leaves_this_machine_is_verified_in_full() {
        for host in ["db.example.lg.jp", "10.1.2.3", "localhost.example", "192.168.0.1:5433"] {
            assert_eq!(mode(&format!("postgres://a@{host}/b")), "VerifyFull", "{host}");
            for weak in ["prefer", "require", "verify-ca", "verify-full"] {
                let url = format!("postgres://a@{host}/b?sslmode={weak}");
                assert_eq!(mode(&url), "VerifyFull", "{url}");
            }
            let refused = mode(&format!("postgres://a@{host}/b?sslmode=disable"));
            assert!(refused.contains("TLS only"), "{refused}");
        }
    }

    #[test]
    fn what_stays_on_this_machine_is_as_it_asks() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9:5433", "%2Frun%2Fpostgresql"] {
            assert_eq!(mode(&format!("postgres://a@{host}/b")), "Disable", "{host}");
            let asked = mode(&format!("postgres://a@{host}/b?sslmode=verify-full"));
            assert_eq!(asked, "VerifyFull", "{host}");
        }
        assert!(is_this_machine("[::1]") && is_this_machine("::1") && !is_this_machine("[::2]"));
    }
}
