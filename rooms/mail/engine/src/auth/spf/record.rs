//! The words of an SPF record (RFC 7208 4.6, 5, 6 and 12). A record with one
//! wrong word is wrong as a whole.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::expand::{Letters, is_well_formed};
use crate::auth::Outcome;

/// How many leading bits count, by version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    pub(super) v4: u8,
    pub(super) v6: u8,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mechanism {
    All,
    Include(String),
    A(Option<String>, Cidr),
    Mx(Option<String>, Cidr),
    Ptr(Option<String>),
    Ip(IpAddr, u8),
    Exists(String),
}

/// A directive: what it looks for and what it means.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) mechanism: Mechanism,
    pub(super) outcome: Outcome,
    /// As written.
    pub(super) text: String,
}

#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) terms: Vec<Term>,
    pub(super) redirect: Option<String>,
    pub(super) exp: Option<String>,
}

/// 4.5: says whether a text is an SPF record at all.
pub(super) fn is_one(text: &[u8]) -> bool {
    let version = text.get(..6).is_some_and(|version| version.eq_ignore_ascii_case(b"v=spf1"));
    version && matches!(text.get(6), None | Some(b' '))
}

impl Record {
    /// Reads a record; `None` where it is wrong.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let rest = text.get(6..)?;
        if !rest.bytes().all(|byte| matches!(byte, 0x20..=0x7E)) {
            return None;
        }
        let mut record = Self::default();
        for word in rest.split(' ').filter(|word| !word.is_empty()) {
            record.add(word)?;
        }
        Some(record)
    }

    fn add(&mut self, word: &str) -> Option<()> {
        if let Some((name, value)) = modifier(word) {
            return match name.to_ascii_lowercase().as_str() {
                "redirect" => once(&mut self.redirect, value),
                "exp" => once(&mut self.exp, value),
                _ => is_well_formed(value, Letters::Text).then_some(()),
            };
        }
        let (outcome, rest) = match word.as_bytes().first()? {
            b'+' => (Outcome::Pass, word.get(1..)?),
            b'-' => (Outcome::Fail, word.get(1..)?),
            b'~' => (Outcome::SoftFail, word.get(1..)?),
            b'?' => (Outcome::Neutral, word.get(1..)?),
            _ => (Outcome::Pass, word),
        };
        let mechanism = mechanism(rest)?;
        self.terms.push(Term { mechanism, outcome, text: word.to_owned() });
        Some(())
    }
}

/// 6: at most once each.
fn once(slot: &mut Option<String>, value: &str) -> Option<()> {
    if slot.is_some() {
        return None;
    }
    *slot = Some(domain_spec(value)?);
    Some(())
}

/// Splits `name=value`; a colon or slash before the sign makes it a mechanism.
fn modifier(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let is_start = name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (is_start && is_name).then_some((name, value))
}

fn mechanism(word: &str) -> Option<Mechanism> {
    let end = word.find([':', '/']).unwrap_or(word.len());
    let (name, rest) = word.split_at(end);
    let value = rest.strip_prefix(':');
    Some(match name.to_ascii_lowercase().as_str() {
        "all" if rest.is_empty() => Mechanism::All,
        "include" => Mechanism::Include(domain_spec(value?)?),
        "exists" => Mechanism::Exists(domain_spec(value?)?),
        "a" => {
            let (spec, cidr) = spec_and_cidr(rest)?;
            Mechanism::A(spec, cidr)
        }
        "mx" => {
            let (spec, cidr) = spec_and_cidr(rest)?;
            Mechanism::Mx(spec, cidr)
        }
        "ptr" if rest.is_empty() => Mechanism::Ptr(None),
        "ptr" => Mechanism::Ptr(Some(domain_spec(value?)?)),
        "ip4" => {
            let (address, bits) = network(value?, 32)?;
            Mechanism::Ip(IpAddr::V4(address.parse::<Ipv4Addr>().ok()?), bits)
        }
        "ip6" => {
            let (address, bits) = network(value?, 128)?;
            Mechanism::Ip(IpAddr::V6(address.parse::<Ipv6Addr>().ok()?), bits)
        }
        _ => return None,
    })
}

fn network(value: &str, bits_max: u8) -> Option<(&str, u8)> {
    match value.split_once('/') {
        Some((address, bits)) => Some((address, number(bits, bits_max)?)),
        None => Some((value, bits_max)),
    }
}

/// A length without leading zeros.
fn number(text: &str, max: u8) -> Option<u8> {
    let is_plain = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|number| is_plain && *number <= max)
}

/// Reads `[":" domain-spec] [dual-cidr-length]`; a domain may hold slashes too, so
/// lengths are taken from the end.
fn spec_and_cidr(rest: &str) -> Option<(Option<String>, Cidr)> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut cidr = Cidr { v4: 32, v6: 128 };
    let mut rest = rest;
    if let Some((before, bits)) = rest.rsplit_once("//")
        && digits(bits)
    {
        cidr.v6 = number(bits, 128)?;
        rest = before;
    }
    if let Some((before, bits)) = rest.rsplit_once('/')
        && digits(bits)
    {
        cidr.v4 = number(bits, 32)?;
        rest = before;
    }
    if rest.is_empty() {
        return Some((None, cidr));
    }
    Some((Some(domain_spec(rest.strip_prefix(':')?)?), cidr))
}

/// 7.1: a macro string that ends in a top label or a macro.
fn domain_spec(text: &str) -> Option<String> {
    if text.is_empty() || !is_well_formed(text, Letters::Names) {
        return None;
    }
    let ends_in_macro = text.ends_with('}')
        && text.rfind("%{").is_some_and(|at| {
            text.get(at..)
                .is_some_and(|rest| !rest.get(..rest.len() - 1).unwrap_or_default().contains('}'))
        });
    let ends_in_sign = ["%%", "%_", "%-"].iter().any(|end| text.ends_with(end));
    (ends_in_macro || (!ends_in_sign && ends_in_top_label(text))).then(|| text.to_owned())
}

fn ends_in_top_label(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let Some((_, label)) = text.rsplit_once('.') else { return false };
    let is_edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    is_edge(label.as_bytes().first())
        && is_edge(label.as_bytes().last())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.bytes().all(|byte| byte.is_ascii_digit())
}
