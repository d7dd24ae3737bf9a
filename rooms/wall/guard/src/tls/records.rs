//! Records of TLS (RFC 8446 5.1, RFC 5246 6.2.1) and the handshake messages in
//! them, which may be cut at any byte.

use crate::read::Bytes;
use crate::refusal::Why;

/// The longest plain record (RFC 8446 5.1).
const RECORD_BYTES_MAX: usize = 1 << 14;
const HEAD_BYTES: usize = 5;
const MESSAGE_HEAD_BYTES: usize = 4;
/// Record types.
const CHANGE_CIPHER: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
/// Records that are looked through for messages.
const RECORDS_MAX: usize = 256;

/// What the first record is.
pub(super) enum Outer {
    /// That is not known yet.
    Short,
    Handshake,
    ChangeCipher,
    /// With its length.
    Alert(usize),
}

/// Looks at the first record's head, and at all of a short one.
pub(super) fn outer(bytes: &[u8]) -> Result<Outer, Why> {
    let Some(kind) = bytes.first() else { return Ok(Outer::Short) };
    // 0x80 would be a hello of SSL 2, which nobody sends any more (RFC 6176).
    if ![CHANGE_CIPHER, ALERT, HANDSHAKE].contains(kind) {
        return Err(Why::Other);
    }
    if bytes.get(1).is_some_and(|major| *major != 3) || bytes.get(2).is_some_and(|it| *it > 4) {
        return Err(Why::Other);
    }
    let mut head = Bytes(bytes);
    let length = head.take(3).and_then(|_| head.u16());
    let Some(length) = length.map(usize::from) else { return Ok(Outer::Short) };
    if length == 0 || length > RECORD_BYTES_MAX {
        return Err(Why::Malformed);
    }
    match *kind {
        // RFC 8446 6: an alert is two bytes; level and description.
        ALERT if length != 2 => Err(Why::Malformed),
        ALERT if bytes.len() < HEAD_BYTES + length => Ok(Outer::Short),
        ALERT => Ok(Outer::Alert(HEAD_BYTES + length)),
        CHANGE_CIPHER => Ok(Outer::ChangeCipher),
        _ => Ok(Outer::Handshake),
    }
}

/// The next whole record.
fn record<'b>(rest: &mut Bytes<'b>) -> Result<Option<(u8, &'b [u8])>, Why> {
    let mut ahead = *rest;
    let (kind, version, length) = (ahead.u8(), ahead.u16(), ahead.u16());
    let (Some(kind), Some(version), Some(length)) = (kind, version, length) else {
        return Ok(None);
    };
    let length = usize::from(length);
    if version >> 8 != 3 || length == 0 || length > RECORD_BYTES_MAX {
        return Err(Why::Malformed);
    }
    let Some(fragment) = ahead.take(length) else { return Ok(None) };
    *rest = ahead;
    Ok(Some((kind, fragment)))
}

/// One message alone: its records end with it. How many bytes they are, and its
/// body.
pub(super) fn alone(
    bytes: &[u8],
    kind: u8,
    bytes_max: usize,
    records_max: usize,
) -> Result<Option<(usize, Vec<u8>)>, Why> {
    let (mut rest, mut message) = (Bytes(bytes), Vec::new());
    for _ in 0..records_max {
        let Some((outer, fragment)) = record(&mut rest)? else { return Ok(None) };
        if outer != HANDSHAKE {
            return Err(Why::Malformed);
        }
        message.extend_from_slice(fragment);
        if message.first() != Some(&kind) {
            return Err(Why::Malformed);
        }
        let mut head = Bytes(&message);
        let Some(length) = head.u8().and_then(|_| head.u24()) else { continue };
        let whole = length + MESSAGE_HEAD_BYTES;
        if length > bytes_max || message.len() > whole {
            return Err(if length > bytes_max { Why::TooMuch } else { Why::Malformed });
        }
        if message.len() == whole {
            message.drain(..MESSAGE_HEAD_BYTES);
            return Ok(Some((bytes.len() - rest.0.len(), message)));
        }
    }
    Err(Why::TooMuch)
}

/// The whole messages of a flight.
pub(super) struct Messages {
    /// Each with its type.
    pub(super) list: Vec<(u8, Vec<u8>)>,
    /// True where a change of cipher follows them: nothing behind it is plain.
    pub(super) is_changed: bool,
    /// True where something else follows: encrypted, or no handshake.
    pub(super) is_other: bool,
    /// The bytes of the records that were read.
    pub(super) read_bytes: usize,
}

/// Reads the messages that are whole so far, up to one that decides: what stands
/// behind that one is looked at by nobody, however it came.
pub(super) fn messages(bytes: &[u8], decides: impl Fn(u8, &[u8]) -> bool) -> Result<Messages, Why> {
    let (mut rest, mut plain, mut read) = (Bytes(bytes), Vec::new(), 0);
    let mut all = Messages { list: Vec::new(), is_changed: false, is_other: false, read_bytes: 0 };
    for _ in 0..RECORDS_MAX {
        let Some((kind, fragment)) = record(&mut rest)? else { return Ok(all) };
        all.read_bytes = bytes.len() - rest.0.len();
        match kind {
            HANDSHAKE => plain.extend_from_slice(fragment),
            CHANGE_CIPHER => all.is_changed = true,
            _ => all.is_other = true,
        }
        if all.is_changed || all.is_other {
            return Ok(all);
        }
        while let Some((kind, body)) = message(plain.get(read..).unwrap_or_default()) {
            read += MESSAGE_HEAD_BYTES + body.len();
            all.list.push((kind, body.to_vec()));
            if decides(kind, body) {
                return Ok(all);
            }
        }
    }
    Err(Why::TooMuch)
}

/// The first message, if it is whole.
fn message(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let mut rest = Bytes(bytes);
    let (kind, length) = rest.u8().zip(rest.u24())?;
    rest.take(length).map(|body| (kind, body))
}
