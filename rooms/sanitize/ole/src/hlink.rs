//! Hyperlink objects, [MS-OSHARED] 2.3.7.1, and which of them may stay. Knows
//! nothing of where a link is attached.

use sanitize_core::{Hyperlinks, Job};

use crate::bytes::{slice, u32_at, utf16, utf16_bytes};

/// {79EAC9E0-BAF9-11CE-8C82-00AA004BA90B}
const URL_MONIKER: [u8; 16] = [
    0xE0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA, 0xCE, 0x11, 0x8C, 0x82, 0x00, 0xAA, 0x00, 0x4B, 0xA9, 0x0B,
];
const HAS_MONIKER: u32 = 1;
const IS_ABSOLUTE: u32 = 2;
const HAS_LOCATION: u32 = 8;
const HAS_DISPLAY: u32 = 0x14;
const HAS_FRAME: u32 = 0x80;
const MONIKER_IS_TEXT: u32 = 0x100;
/// Longest address that is kept, in UTF-16 units; browsers take no more.
const URL_UNITS_MAX: usize = 2083;

/// Says whether policy and scheme let an address stay.
pub(crate) fn is_url_kept(url: &str, job: &Job<'_>) -> bool {
    job.policy.office.hyperlinks == Hyperlinks::Keep && is_safe_url(url)
}

/// Says whether an address names a web page or a mail address.
pub(crate) fn is_safe_url(url: &str) -> bool {
    let head: String = url.chars().take(8).collect::<String>().to_ascii_lowercase();
    let known = ["http://", "https://", "mailto:"].iter().any(|scheme| head.starts_with(scheme));
    known && url.encode_utf16().count() <= URL_UNITS_MAX && !url.chars().any(char::is_control)
}

/// Writes a hyperlink object anew, or nothing where it must go.
pub(crate) fn rebuild(object: &[u8], job: &Job<'_>) -> Option<Vec<u8>> {
    let link = Link::read(object)?;
    if job.policy.office.hyperlinks == Hyperlinks::Remove {
        return None;
    }
    if link.url.as_deref().is_some_and(|url| !is_safe_url(url)) {
        return None;
    }
    Some(link.write())
}

struct Link {
    url: Option<String>,
    location: Option<String>,
    display: Option<String>,
}

impl Link {
    fn read(object: &[u8]) -> Option<Self> {
        let flags = u32_at(object, 4);
        let mut at = 8;
        let mut text = |wanted: u32| -> Option<Option<String>> {
            if flags & wanted == 0 { Some(None) } else { Some(Some(string(object, &mut at)?)) }
        };
        let display = text(HAS_DISPLAY & !4)?;
        text(HAS_FRAME)?;
        let mut url = None;
        if flags & HAS_MONIKER != 0 && flags & MONIKER_IS_TEXT != 0 {
            url = text(HAS_MONIKER)?;
        } else if flags & HAS_MONIKER != 0 {
            if slice(object, at, 16)? != URL_MONIKER {
                return None;
            }
            let len = usize::try_from(u32_at(object, at + 16)).ok()?;
            let body = utf16(slice(object, at + 20, len)?);
            url = Some(body.split('\0').next().unwrap_or_default().to_owned());
            at = at.checked_add(20)?.checked_add(len)?;
        }
        let location =
            if flags & HAS_LOCATION != 0 { Some(string(object, &mut at)?) } else { None };
        (url.is_some() || location.is_some()).then_some(Self { url, location, display })
    }

    fn write(&self) -> Vec<u8> {
        let mut flags = 0;
        if self.url.is_some() {
            flags |= HAS_MONIKER | IS_ABSOLUTE;
        }
        if self.location.is_some() {
            flags |= HAS_LOCATION;
        }
        if self.display.is_some() {
            flags |= HAS_DISPLAY;
        }
        let mut out = Vec::new();
        out.extend_from_slice(&2_u32.to_le_bytes());
        out.extend_from_slice(&flags.to_le_bytes());
        if let Some(display) = &self.display {
            push_string(&mut out, display);
        }
        if let Some(url) = &self.url {
            let mut body = utf16_bytes(url);
            body.extend_from_slice(&[0, 0]);
            out.extend_from_slice(&URL_MONIKER);
            out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(0).to_le_bytes());
            out.extend_from_slice(&body);
        }
        if let Some(location) = &self.location {
            push_string(&mut out, location);
        }
        out
    }
}

/// Reads a HyperlinkString (2.3.7.9): a count of units with its end mark.
fn string(object: &[u8], at: &mut usize) -> Option<String> {
    let units = usize::try_from(u32_at(object, *at)).ok()?;
    let body = slice(object, at.checked_add(4)?, units.checked_mul(2)?)?;
    *at = at.checked_add(4)?.checked_add(body.len())?;
    Some(utf16(body).split('\0').next().unwrap_or_default().to_owned())
}

fn push_string(out: &mut Vec<u8>, text: &str) {
    let mut body = utf16_bytes(text);
    body.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&u32::try_from(body.len() / 2).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(&body);
}
