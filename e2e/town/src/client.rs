//! A program that uses the interface, with a session as a browser has it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde_json::{Value, json};
use ureq::http::{Method, Request};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, SendBody};

use crate::demo::{Account, Demo};
use crate::relay::relay;

/// Somebody's session.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    base_url: String,
    csrf_token: String,
    /// A session that another client's jar holds.
    session: Option<String>,
}

/// A status and what came with it.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers by name in small letters; of several the last.
    pub headers: BTreeMap<String, String>,
    /// The body, if it was JSON.
    pub json: Value,
    /// The body as text.
    pub text: String,
}

/// What a change sends.
pub enum Sent<'a> {
    /// JSON.
    Json(&'a Value),
    /// A file's bytes.
    Bytes(&'a [u8]),
    /// Bytes with headers of their own, and without a key.
    With(&'a [(&'a str, &'a str)], &'a [u8]),
}

impl Client {
    /// Somebody without a session.
    #[must_use]
    pub fn nobody(demo: &Demo) -> Self {
        Self::over(demo, None)
    }

    /// Somebody without a session at a desk of their own, as the program sees
    /// it: an address on the loopback network.
    ///
    /// # Panics
    /// If the demo's address has no port.
    #[must_use]
    pub fn nobody_at(demo: &Demo, desk: Ipv4Addr) -> Self {
        let port = demo.base_url.rsplit(':').next().and_then(|port| port.parse().ok());
        Self::over(demo, Some(relay(desk, port.expect("a port"))))
    }

    /// The same session, over a port of this machine that passes on to the
    /// program.
    #[must_use]
    pub fn through(&self, demo: &Demo, port: u16) -> Self {
        let other = Self::over(demo, Some(port));
        let session = self.cookie("__Host-sekisho").unwrap_or_default();
        Self { csrf_token: self.csrf_token.clone(), session: Some(session), ..other }
    }

    /// The same, as a page of another origin would call: without the token.
    #[must_use]
    pub fn without_token(self) -> Self {
        Self { csrf_token: String::new(), ..self }
    }

    fn over(demo: &Demo, through: Option<u16>) -> Self {
        let certificate = std::fs::read(&demo.ca_certificate).expect("the CA's certificate");
        let agent = agent_through(&certificate, through);
        Self { agent, base_url: demo.base_url.clone(), csrf_token: String::new(), session: None }
    }

    /// Signs somebody in with password and one-time code.
    ///
    /// # Panics
    /// If they are not let in.
    #[must_use]
    pub fn sign_in(demo: &Demo, account: &Account) -> Self {
        Self::nobody(demo).signed_in(account, &account.code())
    }

    /// Signs in with a password and a code.
    ///
    /// # Panics
    /// If they are not let in.
    #[must_use]
    pub fn signed_in(mut self, account: &Account, code: &str) -> Self {
        let reply = self.try_sign_in(&account.person, &account.password, code);
        assert!(reply.status < 300, "{} is not let in: {reply:?}", account.person);
        self.csrf_token = reply.json["csrf_token"].as_str().unwrap_or_default().to_owned();
        self
    }

    /// Tries to sign in.
    #[must_use]
    pub fn try_sign_in(&self, person: &str, password: &str, code: &str) -> Reply {
        let body = json!({ "person": person, "password": password, "one_time_code": code });
        self.post("/api/v1/sessions", &body)
    }

    /// Signs somebody in where an answer comes: the client, or the refusal.
    ///
    /// # Errors
    /// If no answer came.
    pub fn enter(demo: &Demo, account: &Account) -> Result<(Self, Reply), ureq::Error> {
        let mut client = Self::nobody(demo);
        let body = json!({
            "person": account.person, "password": account.password,
            "one_time_code": account.code(),
        });
        let reply = read(client.change("/api/v1/sessions").send_json(body))?;
        client.csrf_token = reply.json["csrf_token"].as_str().unwrap_or_default().to_owned();
        Ok((client, reply))
    }

    /// Reads a page or an answer, if one comes.
    ///
    /// # Errors
    /// If none came.
    pub fn try_get(&self, path: &str) -> Result<Reply, ureq::Error> {
        let call = self
            .agent
            .get(format!("{}{path}", self.base_url))
            .header("Accept", "application/json, text/html");
        read(call.call())
    }

    /// Sends a change, if an answer comes: JSON or bytes, under a key by which
    /// a repeated one is known.
    ///
    /// # Errors
    /// If no answer came: it was done or it was not.
    pub fn try_send(&self, path: &str, sent: &Sent<'_>, key: &str) -> Result<Reply, ureq::Error> {
        let call = self.change(path);
        let keyed = |call: ureq::RequestBuilder<_>| call.header("Idempotency-Key", key);
        read(match sent {
            Sent::Json(value) => keyed(call).send_json(value),
            Sent::Bytes(bytes) => keyed(call).header("Content-Type", "text/plain").send(*bytes),
            Sent::With(headers, bytes) => {
                let with = |call: ureq::RequestBuilder<_>, (name, value): &(&str, &str)| {
                    call.header(*name, *value)
                };
                headers.iter().fold(call, with).send(*bytes)
            }
        })
    }

    /// As [`Client::try_send`], for a file: its status and bytes.
    ///
    /// # Errors
    /// If no whole answer came.
    pub fn try_bytes(&self, path: &str, sent: &Sent<'_>) -> Result<(u16, Vec<u8>), ureq::Error> {
        let call = self.change(path);
        let mut answer = match sent {
            Sent::Json(value) => call.send_json(value),
            Sent::Bytes(bytes) => call.send(*bytes),
            Sent::With(headers, bytes) => {
                let with = |call: ureq::RequestBuilder<_>, (name, value): &(&str, &str)| {
                    call.header(*name, *value)
                };
                headers.iter().fold(call, with).send(*bytes)
            }
        }?;
        Ok((answer.status().as_u16(), answer.body_mut().read_to_vec()?))
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

    /// Calls with any method; a body is sent as JSON.
    ///
    /// # Panics
    /// If the method or the path is none.
    #[must_use]
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).expect("a method"))
            .uri(format!("{}{path}", self.base_url))
            .header("Origin", &self.base_url)
            .header("X-CSRF-Token", &self.csrf_token)
            .header("Accept", "application/json, text/html");
        let answer = match body {
            None => self.agent.run(request.body(()).expect("a request")),
            Some(body) => {
                let request = request.header("Content-Type", "application/json");
                self.agent.run(request.body(body.to_string()).expect("a request"))
            }
        };
        reply(answer)
    }

    /// Calls with any method, headers and a body that is read as it goes, for
    /// as long as it takes.
    ///
    /// # Errors
    /// If no answer came.
    ///
    /// # Panics
    /// If the method or the path is none.
    pub fn speak(
        &self,
        (method, path): (&str, &str),
        headers: &[(&str, String)],
        body: Option<&mut dyn std::io::Read>,
    ) -> Result<Reply, ureq::Error> {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).expect("a method"))
            .uri(format!("{}{path}", self.base_url))
            .header("Origin", &self.base_url)
            .header("X-CSRF-Token", &self.csrf_token)
            .header("Accept", "application/json");
        if let Some(session) = &self.session {
            request = request.header("Cookie", format!("__Host-sekisho={session}"));
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        match body {
            None => self.run_patiently(request.body(())?),
            Some(mut body) => self.run_patiently(request.body(SendBody::from_reader(&mut body))?),
        }
    }

    fn run_patiently<B: ureq::AsSendBody>(
        &self,
        request: Request<B>,
    ) -> Result<Reply, ureq::Error> {
        let request = self.agent.configure_request(request);
        let request = request.timeout_global(None).allow_non_standard_methods(true).build();
        read(self.agent.run(request))
    }

    /// Asks for bytes by a change, and hands them on as they come; answers their
    /// number.
    ///
    /// # Panics
    /// If no answer comes, or it breaks off.
    pub fn post_for_stream(&self, path: &str, mut take: impl FnMut(&[u8])) -> u64 {
        let call = self.change(path).header("Content-Type", "application/json");
        let call = call.config().timeout_global(None).build();
        let mut answer = call.send("{}").unwrap_or_else(|error| unreachable!("{path}: {error}"));
        let mut reader = answer.body_mut().with_config().limit(u64::MAX).reader();
        let (mut piece, mut all) = (vec![0; 1 << 16], 0);
        loop {
            let read = std::io::Read::read(&mut reader, &mut piece);
            let read = read.unwrap_or_else(|error| unreachable!("{path} broke off: {error}"));
            if read == 0 {
                return all;
            }
            take(piece.get(..read).unwrap_or_default());
            all += read as u64;
        }
    }

    /// Sends a form as the page does that shows it.
    #[must_use]
    pub fn form(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let token = self.form_token(page);
        let mut all = vec![("csrf", token.as_str())];
        all.extend(fields);
        let call = self
            .agent
            .post(format!("{}{action}", self.base_url))
            .header("Origin", &self.base_url)
            .header("Accept", "text/html");
        reply(call.send_form(all))
    }

    /// The token that a page's forms carry; empty where it shows none.
    #[must_use]
    pub fn form_token(&self, page: &str) -> String {
        hidden(&self.get(page).text, "csrf").unwrap_or_default()
    }

    /// Sends bytes.
    #[must_use]
    pub fn send_bytes(&self, path: &str, bytes: &[u8]) -> Reply {
        let call = self.change(path).header("Content-Type", "application/octet-stream");
        reply(call.send(bytes))
    }

    /// Sends bytes of a named type.
    #[must_use]
    pub fn send_typed(&self, path: &str, content_type: &str, bytes: &[u8]) -> Reply {
        reply(self.change(path).header("Content-Type", content_type).send(bytes))
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

    /// The value of a cookie that it holds.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        let jar = self.agent.cookie_jar_lock();
        jar.iter().find(|cookie| cookie.name() == name).map(|cookie| cookie.value().to_owned())
    }

    /// Reads with a cookie that somebody put there by hand.
    #[must_use]
    pub fn get_with_cookie(&self, path: &str, name: &str, value: &str) -> Reply {
        let call = self
            .agent
            .get(format!("{}{path}", self.base_url))
            .header("Accept", "application/json, text/html")
            .header("Cookie", format!("{name}={value}"));
        reply(call.call())
    }

    /// Reads with a token of the interface.
    #[must_use]
    pub fn get_with_token(&self, path: &str, token: &str) -> Reply {
        let call = self
            .agent
            .get(format!("{}{path}", self.base_url))
            .header("Accept", "application/json")
            .header("Authorization", format!("Bearer {token}"));
        reply(call.call())
    }

    fn change(&self, path: &str) -> ureq::RequestBuilder<ureq::typestate::WithBody> {
        self.agent
            .post(format!("{}{path}", self.base_url))
            .header("Origin", &self.base_url)
            .header("X-CSRF-Token", &self.csrf_token)
            .header("Accept", "application/json")
    }
}

impl Reply {
    /// Where it sends the reader.
    #[must_use]
    pub fn location(&self) -> &str {
        self.headers.get("location").map_or("", String::as_str)
    }

    /// True where it is a file to be kept.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.headers.get("content-disposition").is_some_and(|how| how.starts_with("attachment"))
    }
}

/// The value of a hidden field in a page.
#[must_use]
pub fn hidden(page: &str, name: &str) -> Option<String> {
    let tags = page.split("<input").skip(1);
    let tag = tags.into_iter().find(|tag| tag.contains(&format!("name=\"{name}\"")))?;
    let value = tag.split("value=\"").nth(1)?;
    value.split('"').next().map(str::to_owned)
}

/// An HTTPS client that trusts one CA and gives back every status.
///
/// # Panics
/// If the certificate is not PEM.
#[must_use]
pub fn agent(ca_certificate: &[u8]) -> Agent {
    agent_through(ca_certificate, None)
}

fn agent_through(ca_certificate: &[u8], through: Option<u16>) -> Agent {
    let certificate = Certificate::from_pem(ca_certificate).expect("PEM");
    let roots = RootCerts::Specific(Arc::new(vec![certificate]));
    let tls = TlsConfig::builder().root_certs(roots).build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(std::time::Duration::from_secs(30)))
        .build();
    Agent::with_parts(config, DefaultConnector::default(), Loopback { through })
}

/// Finds every name on this machine: not every resolver knows `*.localhost`
/// (RFC 6761, section 6.3). `through` is the port of a relay.
#[derive(Debug)]
struct Loopback {
    through: Option<u16>,
}

impl Resolver for Loopback {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        _config: &ureq::config::Config,
        _timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let port = self.through.or(uri.port_u16()).ok_or(ureq::Error::HostNotFound)?;
        let mut addresses = self.empty();
        addresses.push(SocketAddr::from(([127, 0, 0, 1], port)));
        Ok(addresses)
    }
}

type Answer = Result<ureq::http::Response<ureq::Body>, ureq::Error>;

fn reply(answer: Answer) -> Reply {
    let mut answer = answer.unwrap_or_else(|error| unreachable!("no answer: {error}"));
    let text = answer.body_mut().read_to_string().unwrap_or_default();
    Reply::new(&answer, text)
}

/// As [`reply`]; an answer that breaks off is none.
fn read(answer: Answer) -> Result<Reply, ureq::Error> {
    let mut answer = answer?;
    let text = answer.body_mut().read_to_string()?;
    Ok(Reply::new(&answer, text))
}

impl Reply {
    fn new(answer: &ureq::http::Response<ureq::Body>, text: String) -> Self {
        let status = answer.status().as_u16();
        let pairs = answer.headers().iter();
        let word = |value: &ureq::http::HeaderValue| {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        let headers = pairs.map(|(name, value)| (name.as_str().to_owned(), word(value))).collect();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, json, text }
    }
}
