//! The two hellos: which version, which server, which protocols.

use crate::read::Bytes;

/// Extensions (IANA TLS ExtensionType Values).
const SERVER_NAME: u16 = 0;
const PROTOCOLS: u16 = 16;
const VERSIONS: u16 = 43;
/// Encrypted Client Hello (RFC 9849), and the draft before it.
const HIDDEN: [u16; 2] = [0xfe0d, 0xffce];
/// Extensions of one hello; there are some 60 registered.
const EXTENSIONS_MAX: usize = 100;
/// The random of a request to say hello again (RFC 8446 4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];
/// The longest name of a server (RFC 1035 2.3.4).
const NAME_BYTES_MAX: usize = 253;

/// What a client says.
pub(super) struct Hello {
    /// The newest version that it offers.
    pub(super) version: u16,
    /// The server that it asks for, in lower case.
    pub(super) name: Option<String>,
    /// The protocols that it offers (RFC 7301).
    pub(super) protocols: Vec<Vec<u8>>,
    /// True where there may be another hello inside.
    pub(super) is_hidden: bool,
}

/// What a server says.
pub(super) struct ServerHello {
    pub(super) version: u16,
    pub(super) is_retry: bool,
}

/// Reads a client's hello (RFC 8446 4.1.2, RFC 5246 7.4.1.2); nothing if it is
/// none, or has anything behind its end.
pub(super) fn client_hello(body: &[u8]) -> Option<Hello> {
    let mut rest = Bytes(body);
    let version = rest.u16()?;
    rest.take(32)?;
    let session = rest.short()?;
    let suites = rest.long()?;
    let compressions = rest.short()?;
    let is_plain = session.0.len() <= 32
        && suites.0.len() >= 2
        && suites.0.len() % 2 == 0
        && !compressions.is_empty();
    if !is_plain {
        return None;
    }
    let mut hello = Hello { version, name: None, protocols: Vec::new(), is_hidden: false };
    for (kind, mut body) in extensions(&mut rest)? {
        match kind {
            SERVER_NAME => hello.name = Some(server_name(body)?),
            PROTOCOLS => hello.protocols = protocols(body)?,
            VERSIONS => {
                let mut list = body.short()?;
                let mut newest = 0;
                while !list.is_empty() {
                    let version = list.u16()?;
                    // RFC 8701: values that mean nothing.
                    let is_grease = version & 0x0f0f == 0x0a0a;
                    newest = if is_grease { newest } else { version.max(newest) };
                }
                hello.version = newest;
            }
            _ => hello.is_hidden |= HIDDEN.contains(&kind),
        }
    }
    Some(hello)
}

/// Reads a server's hello (RFC 8446 4.1.3, RFC 5246 7.4.1.3).
pub(super) fn server_hello(body: &[u8]) -> Option<ServerHello> {
    let mut rest = Bytes(body);
    let version = rest.u16()?;
    let is_retry = rest.take(32)? == RETRY;
    let session = rest.short()?;
    rest.u16()?;
    let is_plain = session.0.len() <= 32 && rest.u8()? == 0;
    if !is_plain {
        return None;
    }
    let mut hello = ServerHello { version, is_retry };
    for (kind, mut body) in extensions(&mut rest)? {
        if kind == VERSIONS {
            hello.version = body.u16()?;
        }
    }
    Some(hello)
}

/// The extensions, each once; none where there are no bytes left.
fn extensions<'b>(rest: &mut Bytes<'b>) -> Option<Vec<(u16, Bytes<'b>)>> {
    let mut all: Vec<(u16, Bytes<'b>)> = Vec::new();
    if rest.is_empty() {
        return Some(all);
    }
    let mut list = rest.long()?;
    if !rest.is_empty() {
        return None;
    }
    while !list.is_empty() {
        let (kind, body) = (list.u16()?, list.long()?);
        let is_twice = all.iter().any(|(one, _)| *one == kind);
        if is_twice || all.len() >= EXTENSIONS_MAX {
            return None;
        }
        all.push((kind, body));
    }
    Some(all)
}

/// The one name of a host (RFC 6066 3).
fn server_name(mut body: Bytes<'_>) -> Option<String> {
    let mut list = body.long()?;
    let kind = list.u8()?;
    let name = list.long()?;
    let is_only = kind == 0 && list.is_empty() && body.is_empty();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
    let fits = (1..=NAME_BYTES_MAX).contains(&name.0.len()) && name.0.iter().all(is_plain);
    if !is_only || !fits {
        return None;
    }
    let text = std::str::from_utf8(name.0).ok()?;
    Some(text.trim_end_matches('.').to_ascii_lowercase())
}

fn protocols(mut body: Bytes<'_>) -> Option<Vec<Vec<u8>>> {
    let mut list = body.long()?;
    let mut all = Vec::new();
    while !list.is_empty() {
        let one = list.short().filter(|one| !one.is_empty())?;
        all.push(one.0.to_vec());
    }
    Some(all)
}
