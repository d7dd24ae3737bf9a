//! A program that uses the interface, with a session as a browser has it.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use crate::demo::{Account, Demo};

/// Somebody's session.
pub struct Client {
    agent: Agent,
    base_url: String,
    csrf_token: String,
}

/// A status and what came with it.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body, if it was JSON.
    pub json: Value,
    /// The body as text.
    pub text: String,
}

impl Client {
    /// Somebody without a session.
    #[must_use]
    pub fn nobody(demo: &Demo) -> Self {
        let certificate = std::fs::read(&demo.ca_certificate).expect("the CA's certificate");
        let agent = agent(&certificate);
        Self { agent, base_url: demo.base_url.clone(), csrf_token: String::new() }
    }

    /// Signs somebody in with password and one-time code.
    ///
    /// # Panics
    /// If they are not let in.
    #[must_use]
    pub fn sign_in(demo: &Demo, account: &Account) -> Self {
        let mut client = Self::nobody(demo);
        let reply = client.try_sign_in(&account.person, &account.password, &account.code());
        assert!(reply.status < 300, "{} is not let in: {reply:?}", account.person);
        client.csrf_token = reply.json["csrf_token"].as_str().unwrap_or_default().to_owned();
        client
    }

    /// Tries to sign in.
    #[must_use]
    pub fn try_sign_in(&self, person: &str, password: &str, code: &str) -> Reply {
        let body = json!({ "person": person, "password": password, "one_time_code": code });
        self.post("/api/v1/sessions", &body)
    }

    /// Reads a page or an answer.
    #[must_use]
    pub fn get(&self, path: &str) -> Reply {
        let call = self
            .agent
            .get(format!("{}{path}", self.base_url))
            .header("Accept", "application/json, text/html");
        reply(call.call())
    }

    /// Sends bytes.
    #[must_use]
    pub fn send_bytes(&self, path: &str, bytes: &[u8]) -> Reply {
        let call = self.change(path).header("Content-Type", "application/octet-stream");
        reply(call.send(bytes))
    }

    /// Asks for bytes by a change, as fetching a result is one.
    ///
    /// # Panics
    /// If no answer comes.
    #[must_use]
    pub fn post_for_bytes(&self, path: &str) -> Vec<u8> {
        let call = self.change(path).header("Content-Type", "application/json");
        let mut answer = call.send("{}").unwrap_or_else(|error| unreachable!("{path}: {error}"));
        answer.body_mut().read_to_vec().unwrap_or_default()
    }

    /// Sends JSON, as a browser's script would.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        reply(self.change(path).send_json(body))
    }

    fn change(&self, path: &str) -> ureq::RequestBuilder<ureq::typestate::WithBody> {
        self.agent
            .post(format!("{}{path}", self.base_url))
            .header("Origin", &self.base_url)
            .header("X-CSRF-Token", &self.csrf_token)
            .header("Accept", "application/json")
    }
}

/// An HTTPS client that trusts one CA and gives back every status.
///
/// # Panics
/// If the certificate is not PEM.
#[must_use]
pub fn agent(ca_certificate: &[u8]) -> Agent {
    let certificate = Certificate::from_pem(ca_certificate).expect("PEM");
    let roots = RootCerts::Specific(Arc::new(vec![certificate]));
    let tls = TlsConfig::builder().root_certs(roots).build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(std::time::Duration::from_secs(30)))
        .build();
    Agent::with_parts(config, DefaultConnector::default(), Loopback)
}

/// Finds every name on this machine: not every resolver knows `*.localhost`
/// (RFC 6761, section 6.3).
#[derive(Debug)]
struct Loopback;

impl Resolver for Loopback {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        _config: &ureq::config::Config,
        _timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let port = uri.port_u16().ok_or(ureq::Error::HostNotFound)?;
        let mut addresses = self.empty();
        addresses.push(SocketAddr::from(([127, 0, 0, 1], port)));
        Ok(addresses)
    }
}

fn reply(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Reply {
    let mut answer = answer.unwrap_or_else(|error| unreachable!("no answer: {error}"));
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string().unwrap_or_default();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Reply { status, json, text }
}
