//! Protocols of screens: RDP (MS-RDPBCGR), VNC (RFC 6143) and ICA.

use crate::look::{Fault, Held, Turn};
use crate::read::Bytes;
use crate::refusal::{Seen, Side, Why};
use crate::tls::Tls;

/// TPKT's version (RFC 1006 6) and the byte behind it.
const TPKT: [u8; 2] = [3, 0];
/// TPKT's head, and the fixed part of X.224's connection packets behind it.
const HEAD_BYTES: usize = 11;
/// The longest connection packet: X.224's length is one byte (MS-RDPBCGR
/// 2.2.1.1).
const CONNECTION_BYTES_MAX: usize = 4 + 1 + 254;
/// X.224 codes (ISO 8073 13.3, 13.4).
const REQUEST: u8 = 0xe0;
const CONFIRM: u8 = 0xd0;
/// RDP_NEG_REQ, RDP_NEG_RSP, RDP_NEG_FAILURE, RDP_NEG_CORRELATION_INFO.
const NEG_REQUEST: u8 = 1;
const NEG_RESPONSE: u8 = 2;
const NEG_FAILURE: u8 = 3;
const CORRELATION: u8 = 6;
const CORRELATION_BYTES: u16 = 36;
/// PROTOCOL_SSL, HYBRID, RDSTLS, HYBRID_EX, RDSAAD: each goes on in TLS
/// (2.2.1.2.1). None of them is PROTOCOL_RDP, in plain sight.
const IN_TLS: [u32; 5] = [1, 2, 4, 8, 16];

/// A connection request, its confirmation, and TLS from then on.
pub(crate) struct Rdp {
    asked: Option<u32>,
    is_confirmed: bool,
    tls: Tls,
}

impl Rdp {
    pub(crate) fn new(servers: &[String]) -> Self {
        Self { asked: None, is_confirmed: false, tls: Tls::new(servers) }
    }

    pub(crate) fn due(&self) -> (Side, &'static str) {
        match (self.asked, self.is_confirmed) {
            (None, _) => (Side::Client, "a connection request of RDP"),
            (Some(_), false) => (Side::Server, "a connection confirmation of RDP"),
            (Some(_), true) => self.tls.due(),
        }
    }

    pub(crate) fn turn(&mut self, held: &Held, seen: &mut Seen) -> Result<Turn, Fault> {
        let Some(asked) = self.asked else {
            let fault = |why| (Side::Client, why);
            let Some((count, body)) = connection(&held.client, REQUEST).map_err(fault)? else {
                return Ok(Turn::Wait);
            };
            let asked = request(body).map_err(fault)?;
            if asked == 0 {
                return Err(fault(Why::PlainScreen));
            }
            if held.client.len() > count {
                return Err(fault(Why::Early));
            }
            self.asked = Some(asked);
            return Ok(Turn::Pass(Side::Client, count));
        };
        if self.is_confirmed {
            return self.tls.turn(held, seen);
        }
        if !held.client.is_empty() {
            return Err((Side::Client, Why::Early));
        }
        let fault = |why| (Side::Server, why);
        let Some((count, body)) = connection(&held.server, CONFIRM).map_err(fault)? else {
            return Ok(Turn::Wait);
        };
        match confirmation(body).map_err(fault)? {
            Some(chosen) if IN_TLS.contains(&chosen) && asked & chosen != 0 => {
                self.is_confirmed = true;
                Ok(Turn::Pass(Side::Server, count))
            }
            Some(0) => Err(fault(Why::PlainScreen)),
            Some(_) => Err(fault(Why::Malformed)),
            // The server says no and closes.
            None => {
                seen.is_over = true;
                self.is_confirmed = true;
                Ok(Turn::Pass(Side::Server, count))
            }
        }
    }
}

/// A TPKT with one X.224 connection packet: its length, and what stands behind
/// the fixed part.
fn connection(bytes: &[u8], code: u8) -> Result<Option<(usize, &[u8])>, Why> {
    let count = TPKT.len().min(bytes.len());
    if bytes.get(..count) != TPKT.get(..count) {
        return Err(Why::Other);
    }
    let mut head = Bytes(bytes);
    let length = head.take(2).and_then(|_| head.u16());
    let Some(length) = length.map(usize::from) else { return Ok(None) };
    if !(HEAD_BYTES..=CONNECTION_BYTES_MAX).contains(&length) {
        return Err(Why::Malformed);
    }
    if head.0.get(1).is_some_and(|it| *it != code) {
        return Err(Why::Malformed);
    }
    let Some(packet) = bytes.get(4..length) else { return Ok(None) };
    let mut packet = Bytes(packet);
    let fits = packet.u8().is_some_and(|left| usize::from(left) + 5 == length);
    let is_code = packet.u8() == Some(code);
    // Two references, and class 0 without options.
    let is_plain = packet.take(4).is_some() && packet.u8() == Some(0);
    if fits && is_code && is_plain { Ok(Some((length, packet.0))) } else { Err(Why::Malformed) }
}

/// The protocols that a request asks for (2.2.1.1): behind a cookie or a routing
/// token, which end with CR LF. 0 where it asks for none.
fn request(body: &[u8]) -> Result<u32, Why> {
    let mut rest = Bytes(body);
    if body.starts_with(b"Cookie: ") {
        let end = body.windows(2).position(|pair| pair == b"\r\n").ok_or(Why::Malformed)?;
        let cookie = rest.take(end + 2).unwrap_or_default();
        let is_plain = cookie.trim_ascii_end().iter().all(|byte| (32..=126).contains(byte));
        let is_known = [&b"Cookie: mstshash="[..], b"Cookie: msts="]
            .iter()
            .any(|word| cookie.starts_with(word));
        if !is_plain || !is_known {
            return Err(Why::Malformed);
        }
    }
    if rest.is_empty() {
        return Ok(0);
    }
    let (kind, flags) = (rest.u8(), rest.u8());
    let (length, asked) = (rest.u16_little(), rest.u32_little());
    let has_more = flags.is_some_and(|flags| flags & 8 != 0);
    let (Some(NEG_REQUEST), Some(8), Some(asked)) = (kind, length, asked) else {
        return Err(Why::Malformed);
    };
    if has_more {
        let is_info = (rest.u8(), rest.u8()) == (Some(CORRELATION), Some(0))
            && rest.u16_little() == Some(CORRELATION_BYTES)
            && rest.take(usize::from(CORRELATION_BYTES) - 4).is_some();
        if !is_info {
            return Err(Why::Malformed);
        }
    }
    if rest.is_empty() { Ok(asked) } else { Err(Why::Malformed) }
}

/// The protocol that a confirmation chooses (2.2.1.2): none where the server
/// says no, 0 where it chooses RDP's own.
fn confirmation(body: &[u8]) -> Result<Option<u32>, Why> {
    let mut rest = Bytes(body);
    if rest.is_empty() {
        return Ok(Some(0));
    }
    let (kind, _flags) = (rest.u8(), rest.u8());
    let (length, chosen) = (rest.u16_little(), rest.u32_little());
    match (kind, length, chosen) {
        (Some(NEG_RESPONSE), Some(8), Some(chosen)) if rest.is_empty() => Ok(Some(chosen)),
        (Some(NEG_FAILURE), Some(8), Some(_)) if rest.is_empty() => Ok(None),
        _ => Err(Why::Malformed),
    }
}

/// `RFB 003.008` and a line feed (RFC 6143 7.1.1).
const VERSION_BYTES: usize = 12;
const VERSIONS: [&[u8; VERSION_BYTES]; 3] = [b"RFB 003.003\n", b"RFB 003.007\n", b"RFB 003.008\n"];

/// Both versions, then the kind of security that is agreed on.
#[derive(Default)]
pub(crate) struct Vnc {
    server: Option<usize>,
    client: Option<usize>,
    /// The kinds that the server offers.
    offered: Option<Vec<u8>>,
}

impl Vnc {
    pub(crate) fn due(&self) -> (Side, &'static str) {
        match (self.server, self.client, &self.offered) {
            (None, _, _) => (Side::Server, "a version of RFB"),
            (Some(_), None, _) => (Side::Client, "a version of RFB"),
            (Some(_), Some(_), None) => (Side::Server, "kinds of security of RFB"),
            (Some(_), Some(_), Some(_)) => (Side::Client, "a kind of security of RFB"),
        }
    }

    pub(crate) fn turn(&mut self, held: &Held, seen: &mut Seen) -> Result<Turn, Fault> {
        let Some(server) = self.server else {
            if !held.client.is_empty() {
                return Err((Side::Client, version(&held.client).err().unwrap_or(Why::Early)));
            }
            self.server = version(&held.server).map_err(|why| (Side::Server, why))?;
            return Ok(self.server.map_or(Turn::Wait, |_| Turn::Pass(Side::Server, VERSION_BYTES)));
        };
        let Some(client) = self.client else {
            self.client = version(&held.client).map_err(|why| (Side::Client, why))?;
            return match self.client {
                Some(client) if client > server => Err((Side::Client, Why::Malformed)),
                Some(_) => Ok(Turn::Pass(Side::Client, VERSION_BYTES)),
                None => Ok(Turn::Wait),
            };
        };
        if client == 0 {
            // Version 3.3: the server decides alone (7.1.2).
            return match held.server.first_chunk::<4>() {
                Some([0, 0, 0, 1 | 2]) => Ok(Turn::Done),
                Some([0, 0, 0, 0]) => {
                    seen.is_over = true;
                    Ok(Turn::Done)
                }
                Some(_) => Err((Side::Server, Why::Malformed)),
                None => Ok(Turn::Wait),
            };
        }
        self.agreed(held, seen)
    }

    fn agreed(&mut self, held: &Held, seen: &mut Seen) -> Result<Turn, Fault> {
        let Some(offered) = &self.offered else {
            if !held.client.is_empty() {
                return Err((Side::Client, Why::Early));
            }
            let Some(count) = held.server.first().map(|count| usize::from(*count)) else {
                return Ok(Turn::Wait);
            };
            if count == 0 {
                // It says no, with a reason.
                seen.is_over = true;
                return Ok(Turn::Done);
            }
            let Some(kinds) = held.server.get(1..=count) else { return Ok(Turn::Wait) };
            self.offered = Some(kinds.to_vec());
            return Ok(Turn::Pass(Side::Server, count + 1));
        };
        match held.client.first() {
            Some(kind) if offered.contains(kind) => Ok(Turn::Done),
            Some(_) => Err((Side::Client, Why::Malformed)),
            None => Ok(Turn::Wait),
        }
    }
}

/// A version by its place among those there are.
fn version(bytes: &[u8]) -> Result<Option<usize>, Why> {
    let count = bytes.len().min(VERSION_BYTES);
    let begun = bytes.get(..count).unwrap_or_default();
    let mut fitting = VERSIONS.iter().enumerate().filter(|(_, one)| one.starts_with(begun));
    match fitting.next() {
        Some((place, _)) if count == VERSION_BYTES => Ok(Some(place)),
        Some(_) => Ok(None),
        None if begun.starts_with(b"RFB ") => Err(Why::Malformed),
        None => Err(Why::Other),
    }
}

/// The word that both sides of ICA begin with. There is no public text that
/// says so; it is what scanners know such servers by.
const ICA_WORD: [u8; 6] = *b"\x7f\x7fICA\0";

/// The server's word, once or more, and the client's.
#[derive(Default)]
pub(crate) struct Ica {
    server: bool,
    client: bool,
}

impl Ica {
    pub(crate) fn due(&self) -> (Side, &'static str) {
        let side = if self.server { Side::Client } else { Side::Server };
        (side, "the word of ICA")
    }

    pub(crate) fn turn(&mut self, held: &Held) -> Result<Turn, Fault> {
        for (side, is_known) in [(Side::Server, self.server), (Side::Client, self.client)] {
            let bytes = held.of(side);
            let count = bytes.len().min(ICA_WORD.len());
            if !is_known && bytes.get(..count) != ICA_WORD.get(..count) {
                return Err((side, Why::Other));
            }
            if is_known || count < ICA_WORD.len() {
                continue;
            }
            match side {
                Side::Server => self.server = true,
                Side::Client => self.client = true,
            }
            return Ok(Turn::Pass(side, count));
        }
        // A server says it again until it is answered.
        if self.server && !self.client && held.server.starts_with(&ICA_WORD) {
            return Ok(Turn::Pass(Side::Server, ICA_WORD.len()));
        }
        Ok(if self.server && self.client { Turn::Done } else { Turn::Wait })
    }
}
