//! Protocols that begin with lines: SMTP (RFC 5321) and SSH (RFC 4253).

use crate::look::{Fault, Held, Turn};
use crate::refusal::{Side, Why};

/// The longest line of SMTP, with its end (RFC 5321 4.5.3.1.4, 4.5.3.1.5).
const SMTP_LINE_MAX: usize = 512;
/// Lines of one greeting.
const GREETING_LINES_MAX: usize = 32;
/// The longest identification string, with its end (RFC 4253 4.2).
const SSH_LINE_MAX: usize = 255;

/// The greeting of the server, then the client's name, one at a time.
#[derive(Default)]
pub(crate) struct Smtp {
    is_greeted: bool,
    is_named: bool,
}

impl Smtp {
    pub(crate) fn due(&self) -> (Side, &'static str) {
        match (self.is_greeted, self.is_named) {
            (false, _) => (Side::Server, "a greeting"),
            (true, false) => (Side::Client, "EHLO or HELO"),
            (true, true) => (Side::Server, "an answer to EHLO"),
        }
    }

    pub(crate) fn turn(&mut self, held: &Held) -> Result<Turn, Fault> {
        if !self.is_greeted {
            if !held.client.is_empty() {
                return Err((Side::Client, early(&held.client)));
            }
            let Some(count) = reply(&held.server, &[*b"220", *b"421", *b"554"])? else {
                return Ok(Turn::Wait);
            };
            self.is_greeted = true;
            return Ok(Turn::Pass(Side::Server, count));
        }
        if !self.is_named {
            let Some(count) = named(&held.client)? else { return Ok(Turn::Wait) };
            self.is_named = true;
            return Ok(Turn::Pass(Side::Client, count));
        }
        // RFC 2920 3.1: nothing comes behind EHLO before its answer.
        if !held.client.is_empty() {
            return Err((Side::Client, Why::Early));
        }
        match reply(&held.server, &[])? {
            Some(_) => Ok(Turn::Done),
            None => Ok(Turn::Wait),
        }
    }
}

/// Whoever speaks before the greeting is no client of mail, or a hasty one.
fn early(bytes: &[u8]) -> Why {
    let is_mail = [&b"EHLO "[..], b"HELO "]
        .iter()
        .any(|word| bytes.starts_with(word) || word.starts_with(bytes));
    if is_mail { Why::Early } else { Why::Other }
}

/// A reply of one line or several (RFC 5321 4.2.1); how long it is once it is
/// whole.
fn reply(bytes: &[u8], codes: &[[u8; 3]]) -> Result<Option<usize>, Fault> {
    let fault = |why| (Side::Server, why);
    let (mut at, mut first) = (0, None);
    for _ in 0..GREETING_LINES_MAX {
        let rest = bytes.get(at..).unwrap_or_default();
        let code = rest.get(..3.min(rest.len())).unwrap_or_default();
        let is_code = match <[u8; 3]>::try_from(code) {
            Ok(code) if codes.is_empty() => {
                (b'2'..=b'5').contains(&code[0]) && code.iter().all(u8::is_ascii_digit)
            }
            Ok(code) => codes.contains(&code),
            Err(_) => code.iter().all(u8::is_ascii_digit),
        };
        let is_same = first.is_none_or(|first: [u8; 3]| first.starts_with(code));
        if !is_code || !is_same {
            return Err(fault(if at == 0 { Why::Other } else { Why::Malformed }));
        }
        let Some(count) = line(rest, SMTP_LINE_MAX).map_err(fault)? else { return Ok(None) };
        first = first.or(<[u8; 3]>::try_from(code).ok());
        at += count;
        match rest.get(3) {
            Some(b'-') => {}
            Some(b' ' | b'\r') => return Ok(Some(at)),
            Some(_) | None => return Err(fault(Why::Malformed)),
        }
    }
    Err(fault(Why::TooMuch))
}

/// `EHLO name`, `HELO name`, or a client that leaves again.
fn named(bytes: &[u8]) -> Result<Option<usize>, Fault> {
    const WORDS: [&[u8]; 3] = [b"EHLO ", b"HELO ", b"QUIT"];
    let fault = |why| (Side::Client, why);
    let fits = |word: &&[u8]| {
        let count = word.len().min(bytes.len());
        bytes.iter().zip(*word).take(count).all(|(one, other)| one.eq_ignore_ascii_case(other))
    };
    if !WORDS.iter().any(fits) {
        return Err(fault(Why::Other));
    }
    let Some(count) = line(bytes, SMTP_LINE_MAX).map_err(fault)? else { return Ok(None) };
    let text = bytes.get(..count).unwrap_or_default().trim_ascii_end();
    let is_plain = text.iter().all(u8::is_ascii_graphic_or_space);
    let has_name = text.len() > 5 || text.eq_ignore_ascii_case(b"QUIT");
    if !is_plain || !has_name {
        return Err(fault(Why::Malformed));
    }
    if bytes.len() > count {
        return Err(fault(Why::Early));
    }
    Ok(Some(count))
}

trait Plain {
    fn is_ascii_graphic_or_space(&self) -> bool;
}

impl Plain for u8 {
    fn is_ascii_graphic_or_space(&self) -> bool {
        self.is_ascii_graphic() || *self == b' '
    }
}

/// A line that ends with CR LF: how long it is with them, once they are there.
fn line(bytes: &[u8], most: usize) -> Result<Option<usize>, Why> {
    let within = bytes.get(..most.min(bytes.len())).unwrap_or_default();
    match within.iter().position(|byte| *byte == b'\n') {
        Some(end) if end > 0 && within.get(end - 1) == Some(&b'\r') => Ok(Some(end + 1)),
        Some(_) => Err(Why::Malformed),
        None if bytes.len() >= most => Err(Why::TooMuch),
        None => Ok(None),
    }
}

/// Both identification strings; who is first does not matter.
#[derive(Default)]
pub(crate) struct Ssh {
    client: bool,
    server: bool,
}

impl Ssh {
    pub(crate) fn due(&self) -> (Side, &'static str) {
        let side = if self.server { Side::Client } else { Side::Server };
        (side, "an identification string of SSH-2.0")
    }

    pub(crate) fn turn(&mut self, held: &Held) -> Result<Turn, Fault> {
        for (side, is_known) in [(Side::Client, self.client), (Side::Server, self.server)] {
            if is_known {
                continue;
            }
            let Some(count) = identified(held.of(side)).map_err(|why| (side, why))? else {
                continue;
            };
            match side {
                Side::Client => self.client = true,
                Side::Server => self.server = true,
            }
            return Ok(Turn::Pass(side, count));
        }
        Ok(if self.client && self.server { Turn::Done } else { Turn::Wait })
    }
}

/// `SSH-2.0-software comments CR LF` (RFC 4253 4.2). Lines before it, which a
/// server may send, are refused: nobody needs them, and they could be anything.
fn identified(bytes: &[u8]) -> Result<Option<usize>, Why> {
    const VERSIONS: [&[u8]; 2] = [b"SSH-2.0-", b"SSH-1.99-"];
    let fits = |word: &&[u8]| {
        let count = word.len().min(bytes.len());
        bytes.get(..count) == word.get(..count)
    };
    if !VERSIONS.iter().any(fits) {
        return Err(Why::Other);
    }
    let Some(count) = line(bytes, SSH_LINE_MAX)? else { return Ok(None) };
    let text = bytes.get(..count).unwrap_or_default().trim_ascii_end();
    let software = text.splitn(3, |byte| *byte == b'-').nth(2).unwrap_or_default();
    let is_plain = !software.is_empty()
        && software.first() != Some(&b' ')
        && software.iter().all(u8::is_ascii_graphic_or_space);
    if is_plain { Ok(Some(count)) } else { Err(Why::Malformed) }
}
