//! Macros of SPF (RFC 7208 7).

use std::net::IpAddr;

/// Characters of one expansion; texts by strangers may repeat long macros.
const CHARS_MAX: usize = 4_096;

/// Which letters may stand in a macro: those of explanations are more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    Names,
    Text,
}

/// What macros stand for.
pub(super) struct Context<'a> {
    pub(super) local: &'a str,
    pub(super) sender_domain: &'a str,
    pub(super) domain: &'a str,
    pub(super) ip: IpAddr,
    pub(super) helo: &'a str,
    pub(super) receiver: &'a str,
    pub(super) now: u64,
    /// Asks the DNS, so it is called only where it is needed.
    pub(super) validated: &'a dyn Fn() -> String,
}

/// One macro: its letter and how its value is cut.
struct Macro {
    letter: char,
    parts: Option<usize>,
    is_reversed: bool,
    delimiters: String,
}

/// Says whether all macros are well formed, without expanding them.
pub(super) fn is_well_formed(text: &str, letters: Letters) -> bool {
    walk(text, letters, |_| Some(String::new())).is_some()
}

/// Expands a text; `None` where a macro is wrong.
pub(super) fn expand(text: &str, context: &Context<'_>, letters: Letters) -> Option<String> {
    walk(text, letters, |one| Some(value(one, context)))
}

fn walk(
    text: &str,
    letters: Letters,
    mut show: impl FnMut(&Macro) -> Option<String>,
) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let sign = after.chars().next()?;
        rest = after.get(sign.len_utf8()..)?;
        match sign {
            '%' => out.push('%'),
            '_' => out.push(' '),
            '-' => out.push_str("%20"),
            '{' => {
                let (inside, after) = rest.split_once('}')?;
                out.push_str(&show(&read(inside, letters)?)?);
                rest = after;
            }
            _ => return None,
        }
        if out.len() > CHARS_MAX {
            return None;
        }
    }
    out.push_str(rest);
    Some(out)
}

fn read(inside: &str, letters: Letters) -> Option<Macro> {
    let letter = inside.chars().next()?;
    let known = match letters {
        Letters::Names => "slodiphv",
        Letters::Text => "slodiphvcrt",
    };
    if !known.contains(letter.to_ascii_lowercase()) {
        return None;
    }
    let rest = inside.get(1..)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at(end);
    let parts = if digits.is_empty() {
        None
    } else {
        Some(digits.parse().ok().filter(|parts| *parts > 0)?)
    };
    let (is_reversed, rest) = match rest.strip_prefix(['r', 'R']) {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    if !rest.chars().all(|c| ".-+,/_=".contains(c)) {
        return None;
    }
    let delimiters = if rest.is_empty() { ".".to_owned() } else { rest.to_owned() };
    Some(Macro { letter, parts, is_reversed, delimiters })
}

fn value(one: &Macro, context: &Context<'_>) -> String {
    let raw = match one.letter.to_ascii_lowercase() {
        's' => format!("{}@{}", context.local, context.sender_domain),
        'l' => context.local.to_owned(),
        'o' => context.sender_domain.to_owned(),
        'd' => context.domain.to_owned(),
        'i' => dotted(context.ip),
        'p' => (context.validated)(),
        'v' => if context.ip.is_ipv4() { "in-addr" } else { "ip6" }.to_owned(),
        'h' => context.helo.to_owned(),
        'c' => context.ip.to_string(),
        'r' => context.receiver.to_owned(),
        _ => context.now.to_string(),
    };
    let mut parts: Vec<&str> = raw.split(|c| one.delimiters.contains(c)).collect();
    if one.is_reversed {
        parts.reverse();
    }
    let keep = one.parts.map_or(parts.len(), |keep| keep.min(parts.len()));
    let kept = parts.get(parts.len() - keep..).unwrap_or_default().join(".");
    if one.letter.is_ascii_uppercase() { escaped(&kept) } else { kept }
}

/// 7.3: IPv6 as its hexadecimal digits, dotted.
fn dotted(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let digits = ip.octets().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
            digits.map(|digit| format!("{digit:X}")).collect::<Vec<_>>().join(".")
        }
    }
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let bytes = text.bytes();
    bytes
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// 7.3: a name over 253 characters loses labels from the left.
pub(super) fn shortened(name: &str) -> String {
    const NAME_MAX: usize = 253;
    let mut rest = name.trim_end_matches('.');
    while rest.len() > NAME_MAX {
        match rest.split_once('.') {
            Some((_, after)) => rest = after,
            None => break,
        }
    }
    rest.to_owned()
}
