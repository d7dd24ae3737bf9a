//! TLS as far as it is in plain sight (RFC 8446, RFC 5246): the client's hello
//! with the server that it asks for (RFC 6066 3), the server's hello, and below
//! 1.3 the certificates.

mod hello;
mod records;

use self::hello::{Hello, ServerHello, client_hello, server_hello};
use self::records::{Messages, Outer, messages, outer};
use crate::look::{Fault, Held, Turn};
use crate::refusal::{Certificate, Seen, Side, Why};

/// TLS 1.2 as on the wire (RFC 5246 A.1).
const TLS_1_2: u16 = 0x0303;
/// Handshake messages (RFC 8446 4, RFC 5246 7.4).
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const CERTIFICATE_REQUEST: u8 = 13;
const SERVER_HELLO_DONE: u8 = 14;
const CERTIFICATE_VERIFY: u8 = 15;
/// The longest hello that is read: with the largest keys of today it is some
/// 2,000 bytes.
const HELLO_BYTES_MAX: usize = 16 << 10;
/// Records of one hello.
const HELLO_RECORDS_MAX: usize = 64;
/// A change of cipher, whole (RFC 8446 D.4).
const CHANGE_CIPHER: [u8; 6] = [20, 3, 3, 0, 1, 1];
/// Protocols of HTTP (IANA TLS ALPN Protocol IDs).
const HTTP: [&[u8]; 3] = [b"h2", b"http/1.1", b"http/1.0"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    ClientHello,
    ServerHello,
    /// After a request to say hello again (RFC 8446 4.1.4).
    ClientHelloAgain,
    ServerHelloAgain,
    /// HTTPS below 1.3: what the server demands.
    Demand,
    /// And what the client gives.
    Gift,
    Done,
}

/// Both hellos, and certificates where the flow demands one.
pub(crate) struct Tls {
    servers: Vec<String>,
    demands_certificate: bool,
    stage: Stage,
    first: Option<Hello>,
}

impl Tls {
    pub(crate) fn new(servers: &[String]) -> Self {
        Self {
            servers: servers.to_vec(),
            demands_certificate: false,
            stage: Stage::ClientHello,
            first: None,
        }
    }

    pub(crate) fn with_certificate(servers: &[String]) -> Self {
        Self { demands_certificate: true, ..Self::new(servers) }
    }

    pub(crate) fn due(&self) -> (Side, &'static str) {
        match self.stage {
            Stage::ClientHello | Stage::ClientHelloAgain => (Side::Client, "a hello of TLS"),
            Stage::ServerHello | Stage::ServerHelloAgain => (Side::Server, "a hello of TLS"),
            Stage::Demand => (Side::Server, "a demand for a certificate"),
            Stage::Gift | Stage::Done => (Side::Client, "a certificate"),
        }
    }

    pub(crate) fn turn(&mut self, held: &Held, seen: &mut Seen) -> Result<Turn, Fault> {
        match self.stage {
            Stage::ClientHello => self.client(held, Stage::ServerHello, seen),
            // RFC 8446 D.4: both may change cipher behind a request to say it again.
            Stage::ClientHelloAgain => match (changed(&held.server), changed(&held.client)) {
                (Some(true), _) => Ok(Turn::Pass(Side::Server, CHANGE_CIPHER.len())),
                (_, Some(true)) => Ok(Turn::Pass(Side::Client, CHANGE_CIPHER.len())),
                (Some(false), _) | (_, Some(false)) => Ok(Turn::Wait),
                (None, None) => self.client(held, Stage::ServerHelloAgain, seen),
            },
            Stage::ServerHello | Stage::ServerHelloAgain => self.server(held, seen),
            Stage::Demand => self.demand(held, seen),
            Stage::Gift => self.gift(held, seen),
            Stage::Done => Ok(Turn::Done),
        }
    }

    fn client(&mut self, held: &Held, next: Stage, seen: &mut Seen) -> Result<Turn, Fault> {
        let fault = |why| (Side::Client, why);
        if !held.server.is_empty() {
            return Err((Side::Server, Why::Early));
        }
        let Some((count, message)) = hello_of(&held.client, CLIENT_HELLO).map_err(fault)? else {
            return Ok(Turn::Wait);
        };
        let hello = client_hello(&message).ok_or(fault(Why::Malformed))?;
        self.judge(&hello).map_err(fault)?;
        // The same server both times (RFC 8446 4.1.2).
        let is_same = self.first.as_ref().is_none_or(|first| first.name == hello.name);
        if !is_same {
            return Err(fault(Why::OtherName));
        }
        seen.server_name.clone_from(&hello.name);
        self.first = Some(hello);
        self.stage = next;
        Ok(Turn::Pass(Side::Client, count))
    }

    fn judge(&self, hello: &Hello) -> Result<(), Why> {
        if hello.version < TLS_1_2 {
            return Err(Why::OldTls);
        }
        if !self.servers.is_empty() {
            if hello.is_hidden {
                return Err(Why::HiddenName);
            }
            let name = hello.name.as_ref().ok_or(Why::NoName)?;
            if !self.servers.contains(name) {
                return Err(Why::OtherName);
            }
        }
        let offers = &hello.protocols;
        let is_http = || offers.iter().any(|one| HTTP.contains(&one.as_slice()));
        if self.demands_certificate && !offers.is_empty() && !is_http() {
            return Err(Why::NotHttp);
        }
        Ok(())
    }

    fn server(&mut self, held: &Held, seen: &mut Seen) -> Result<Turn, Fault> {
        let fault = |why| (Side::Server, why);
        match outer(&held.server).map_err(fault)? {
            Outer::Short => return Ok(Turn::Wait),
            // The server says no (RFC 8446 6.2): nothing follows.
            Outer::Alert(count) => {
                seen.is_over = true;
                self.stage = Stage::Done;
                return Ok(Turn::Pass(Side::Server, count));
            }
            Outer::Handshake => {}
            Outer::ChangeCipher => {
                let is_again = self.stage == Stage::ServerHelloAgain;
                return match changed(&held.server).filter(|_| is_again) {
                    Some(true) => Ok(Turn::Pass(Side::Server, CHANGE_CIPHER.len())),
                    Some(false) => Ok(Turn::Wait),
                    None => Err(fault(Why::Malformed)),
                };
            }
        }
        let Some(all) = begun(&held.server).map_err(fault)? else { return Ok(Turn::Wait) };
        let Some((SERVER_HELLO, message)) = all.list.first() else {
            return Err(fault(Why::Malformed));
        };
        let ServerHello { version, is_retry } =
            server_hello(message).ok_or(fault(Why::Malformed))?;
        if version < TLS_1_2 {
            return Err(fault(Why::OldTls));
        }
        if is_retry {
            // Once only (RFC 8446 4.1.4).
            if self.stage == Stage::ServerHelloAgain {
                return Err(fault(Why::Malformed));
            }
            let Some((count, _)) = hello_of(&held.server, SERVER_HELLO).map_err(fault)? else {
                return Ok(Turn::Wait);
            };
            self.stage = Stage::ClientHelloAgain;
            return Ok(Turn::Pass(Side::Server, count));
        }
        seen.tls = Some(version);
        if self.demands_certificate && version == TLS_1_2 {
            self.stage = Stage::Demand;
            return Ok(Turn::Pass(Side::Server, 0));
        }
        if self.demands_certificate {
            seen.certificate = Some(Certificate::Unseen);
        }
        self.stage = Stage::Done;
        Ok(Turn::Done)
    }

    /// The server's whole flight is held until it demands a certificate.
    fn demand(&mut self, held: &Held, seen: &mut Seen) -> Result<Turn, Fault> {
        let fault = |why| (Side::Server, why);
        let ends = |kind, _: &[u8]| kind == SERVER_HELLO_DONE;
        let all = messages(&held.server, ends).map_err(fault)?;
        if all.is_other {
            return Err(fault(Why::Malformed));
        }
        let has = |kind: u8| all.list.iter().any(|(one, _)| *one == kind);
        if all.is_changed {
            // A resumed session: the certificate was given when it began.
            seen.certificate = Some(Certificate::Unseen);
            self.stage = Stage::Done;
            return Ok(Turn::Done);
        }
        if !has(SERVER_HELLO_DONE) {
            return Ok(Turn::Wait);
        }
        if !has(CERTIFICATE_REQUEST) {
            return Err(fault(Why::NotDemanded));
        }
        self.stage = Stage::Gift;
        Ok(Turn::Pass(Side::Server, all.read_bytes))
    }

    fn gift(&mut self, held: &Held, seen: &mut Seen) -> Result<Turn, Fault> {
        let fault = |why| (Side::Client, why);
        // It has said all until the client answers, but for a no.
        match outer(&held.server).map_err(|why| (Side::Server, why))? {
            Outer::Short => {}
            Outer::Alert(count) => {
                seen.is_over = true;
                self.stage = Stage::Done;
                return Ok(Turn::Pass(Side::Server, count));
            }
            Outer::Handshake | Outer::ChangeCipher => return Err((Side::Server, Why::Early)),
        }
        if let Outer::Alert(count) = outer(&held.client).map_err(fault)? {
            seen.is_over = true;
            self.stage = Stage::Done;
            return Ok(Turn::Pass(Side::Client, count));
        }
        // A list of none is its length of zero, in three bytes.
        let is_empty = |kind, body: &[u8]| kind == CERTIFICATE && body.len() <= 3;
        let all = messages(&held.client, is_empty).map_err(fault)?;
        let given = all.list.iter().find(|(kind, _)| *kind == CERTIFICATE);
        if given.is_some_and(|(kind, body)| is_empty(*kind, body)) {
            return Err(fault(Why::NotGiven));
        }
        if all.is_other {
            return Err(fault(Why::Malformed));
        }
        if !all.is_changed {
            return Ok(Turn::Wait);
        }
        let is_proved = all.list.iter().any(|(kind, _)| *kind == CERTIFICATE_VERIFY);
        if given.is_none() || !is_proved {
            return Err(fault(Why::NotGiven));
        }
        seen.certificate = Some(Certificate::Given);
        self.stage = Stage::Done;
        Ok(Turn::Done)
    }
}

/// One message that fills its records: how many bytes they are, and it.
fn hello_of(bytes: &[u8], kind: u8) -> Result<Option<(usize, Vec<u8>)>, Why> {
    match outer(bytes)? {
        Outer::Short => return Ok(None),
        Outer::Handshake => {}
        Outer::Alert(_) | Outer::ChangeCipher => return Err(Why::Malformed),
    }
    records::alone(bytes, kind, HELLO_BYTES_MAX, HELLO_RECORDS_MAX)
}

/// True where the bytes begin with a change of cipher, false where they may
/// become one, nothing where they are something else or none.
fn changed(bytes: &[u8]) -> Option<bool> {
    let count = bytes.len().min(CHANGE_CIPHER.len());
    let fits = count > 0 && bytes.get(..count) == CHANGE_CIPHER.get(..count);
    fits.then_some(count == CHANGE_CIPHER.len())
}

/// The messages so far, once there is a first.
fn begun(bytes: &[u8]) -> Result<Option<Messages>, Why> {
    let all = messages(bytes, |_, _| true)?;
    Ok((!all.list.is_empty()).then_some(all))
}
