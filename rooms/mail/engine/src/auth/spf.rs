//! SPF (RFC 7208): whether a server may send for a domain. The numbers in
//! comments are its sections.

mod expand;
mod record;

use std::net::IpAddr;

use super::dns::{Asking, Missing};
use super::{Envelope, Outcome, Verdict};
use expand::{Context, Letters, expand};
use record::{Cidr, Mechanism, Record, Term};

/// 4.6.4: terms that ask the DNS.
const LOOKUPS_MAX: u32 = 10;
/// 4.6.4: questions without an answer.
const VOID_MAX: u32 = 2;
/// 4.6.4: names of servers for mail, and names of one address.
const NAMES_MAX: usize = 10;

/// Checks the sender of an envelope; for an empty one, the name in HELO.
pub(super) fn check(envelope: &Envelope<'_>, dns: &Asking<'_>, now: u64) -> Verdict {
    let checked = host(envelope, dns, now);
    let reason = checked.explanation.unwrap_or(checked.term);
    Verdict { outcome: checked.outcome, domain: checked.domain, reason }
}

/// How a check ended.
#[derive(Debug, Default)]
struct Checked {
    outcome: Outcome,
    domain: String,
    /// The term that decided.
    term: String,
    /// What the domain says about it, where it fails.
    explanation: Option<String>,
}

fn host(envelope: &Envelope<'_>, dns: &Asking<'_>, now: u64) -> Checked {
    // 2.4: a report of failure has no sender; the server stands for it.
    let sender = if envelope.mail_from.is_empty() { envelope.helo } else { envelope.mail_from };
    let (local, domain) = match sender.rsplit_once('@') {
        Some((local, domain)) if !local.is_empty() => (local, domain),
        Some((_, domain)) => ("postmaster", domain),
        None => ("postmaster", sender),
    };
    let domain = domain.trim_end_matches('.');
    let domain = if domain.is_ascii() { domain.to_owned() } else { crate::names::to_ascii(domain) };
    let ip = envelope.ip.to_canonical();
    let mut run = Run {
        dns,
        ip,
        local,
        sender_domain: domain.clone(),
        helo: envelope.helo,
        receiver: envelope.receiver,
        now,
        lookups: 0,
        voids: 0,
        term: String::new(),
    };
    if !is_full_name(&domain) {
        return Checked { outcome: Outcome::None, domain, ..Checked::default() };
    }
    let (outcome, explanation) = match run.evaluate(&domain) {
        Ok((outcome, explanation)) => (outcome, explanation),
        Err(outcome) => (outcome, None),
    };
    Checked { outcome, domain, term: run.term, explanation }
}

/// 4.3: several labels of legal length.
fn is_full_name(domain: &str) -> bool {
    domain.len() <= 253
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty() && label.len() <= 63)
}

struct Run<'a, 'd> {
    dns: &'a Asking<'d>,
    ip: IpAddr,
    local: &'a str,
    sender_domain: String,
    helo: &'a str,
    receiver: &'a str,
    now: u64,
    lookups: u32,
    voids: u32,
    term: String,
}

type Evaluated = (Outcome, Option<String>);

impl Run<'_, '_> {
    /// 4.4 to 4.6: the record of a domain, then its terms in order. `Err` ends
    /// the whole check.
    fn evaluate(&mut self, domain: &str) -> Result<Evaluated, Outcome> {
        let Some(record) = self.record(domain)? else { return Ok((Outcome::None, None)) };
        for term in &record.terms {
            if self.matches(term, domain)? {
                self.term.clone_from(&term.text);
                let outcome = term.outcome;
                let is_fail = outcome == Outcome::Fail;
                let explanation = record.exp.as_deref().filter(|_| is_fail);
                return Ok((outcome, explanation.and_then(|spec| self.explain(spec, domain))));
            }
        }
        let Some(redirect) = &record.redirect else { return Ok((Outcome::Neutral, None)) };
        self.count_lookup()?;
        let target = self.expand(redirect, domain, Letters::Names)?;
        if !is_full_name(&target) {
            return Err(Outcome::PermError);
        }
        match self.evaluate(&target)? {
            (Outcome::None, _) => Err(Outcome::PermError),
            evaluated => Ok(evaluated),
        }
    }

    /// 4.5: the one record of a domain.
    fn record(&self, domain: &str) -> Result<Option<Record>, Outcome> {
        let texts = match self.dns.txt(domain) {
            Ok(texts) => texts,
            Err(Missing::Nothing) => return Ok(None),
            Err(Missing::Failed) => return Err(Outcome::TempError),
        };
        let mut records = texts.iter().filter(|text| record::is_one(text));
        match (records.next(), records.next()) {
            (None, _) => Ok(None),
            (Some(text), None) => Record::parse(text).map(Some).ok_or(Outcome::PermError),
            (Some(_), Some(_)) => Err(Outcome::PermError),
        }
    }

    fn count_lookup(&mut self) -> Result<(), Outcome> {
        self.lookups += 1;
        if self.lookups > LOOKUPS_MAX { Err(Outcome::PermError) } else { Ok(()) }
    }

    /// Takes an answer's records; none are counted.
    fn records<T>(&mut self, answer: Result<Vec<T>, Missing>) -> Result<Vec<T>, Outcome> {
        match answer {
            Ok(records) if !records.is_empty() => Ok(records),
            Ok(_) | Err(Missing::Nothing) => {
                self.voids += 1;
                if self.voids > VOID_MAX { Err(Outcome::PermError) } else { Ok(Vec::new()) }
            }
            Err(Missing::Failed) => Err(Outcome::TempError),
        }
    }

    fn matches(&mut self, term: &Term, domain: &str) -> Result<bool, Outcome> {
        let ip = self.ip;
        match &term.mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Ip(network, bits) => Ok(is_in(ip, *network, *bits)),
            Mechanism::Include(spec) => self.include(spec, domain),
            Mechanism::A(spec, cidr) => {
                self.count_lookup()?;
                let name = self.target(spec.as_deref(), domain)?;
                let found = self.records(self.dns.addresses(&name, ip))?;
                Ok(found.into_iter().any(|found| fits(ip, found, *cidr)))
            }
            Mechanism::Mx(spec, cidr) => {
                self.count_lookup()?;
                let name = self.target(spec.as_deref(), domain)?;
                let servers = self.records(self.dns.mx(&name))?;
                self.any_server(&servers, *cidr)
            }
            Mechanism::Ptr(spec) => {
                self.count_lookup()?;
                let target = self.target(spec.as_deref(), domain)?;
                let names = self.validated();
                Ok(names.iter().any(|name| crate::names::is_within(name, &target)))
            }
            Mechanism::Exists(spec) => {
                self.count_lookup()?;
                let name = self.expand(spec, domain, Letters::Names)?;
                // 5.7: always an address of version 4.
                let any = IpAddr::from([0, 0, 0, 0]);
                Ok(!self.records(self.dns.addresses(&name, any))?.is_empty())
            }
        }
    }

    /// 5.2: only a pass counts; what cannot be told ends the check.
    fn include(&mut self, spec: &str, domain: &str) -> Result<bool, Outcome> {
        self.count_lookup()?;
        let target = self.expand(spec, domain, Letters::Names)?;
        if !is_full_name(&target) {
            return Err(Outcome::PermError);
        }
        match self.evaluate(&target)?.0 {
            Outcome::Pass => Ok(true),
            Outcome::Fail | Outcome::SoftFail | Outcome::Neutral => Ok(false),
            Outcome::TempError => Err(Outcome::TempError),
            Outcome::None | Outcome::PermError | Outcome::Unchecked => Err(Outcome::PermError),
        }
    }

    fn any_server(&self, servers: &[String], cidr: Cidr) -> Result<bool, Outcome> {
        for (index, server) in servers.iter().enumerate() {
            if index >= NAMES_MAX {
                return Err(Outcome::PermError);
            }
            match self.dns.addresses(server, self.ip) {
                Ok(found) if found.iter().any(|found| fits(self.ip, *found, cidr)) => {
                    return Ok(true);
                }
                Ok(_) | Err(Missing::Nothing) => {}
                Err(Missing::Failed) => return Err(Outcome::TempError),
            }
        }
        Ok(false)
    }

    /// 5.5: the names of the address that lead back to it. Failures are no names.
    fn validated(&self) -> Vec<String> {
        let names = self.dns.ptr(self.ip).unwrap_or_default();
        let leads_back = |name: &&String| {
            self.dns.addresses(name, self.ip).is_ok_and(|found| found.contains(&self.ip))
        };
        let names = names.iter().take(NAMES_MAX).filter(leads_back);
        names.map(|name| name.trim_end_matches('.').to_ascii_lowercase()).collect()
    }

    fn target(&self, spec: Option<&str>, domain: &str) -> Result<String, Outcome> {
        match spec {
            Some(spec) => self.expand(spec, domain, Letters::Names),
            None => Ok(domain.to_owned()),
        }
    }

    fn expand(&self, spec: &str, domain: &str, letters: Letters) -> Result<String, Outcome> {
        let validated = || {
            let names = self.validated();
            let same = names.iter().find(|name| name.eq_ignore_ascii_case(domain));
            let below = || names.iter().find(|name| crate::names::is_within(name, domain));
            let any = same.or_else(below).or(names.first());
            any.cloned().unwrap_or_else(|| "unknown".to_owned())
        };
        let context = Context {
            local: self.local,
            sender_domain: &self.sender_domain,
            domain,
            ip: self.ip,
            helo: self.helo,
            receiver: self.receiver,
            now: self.now,
            validated: &validated,
        };
        let expanded = expand(spec, &context, letters).ok_or(Outcome::PermError)?;
        Ok(match letters {
            Letters::Names => expand::shortened(&expanded),
            Letters::Text => expanded,
        })
    }

    /// 6.2: whatever goes wrong, there is no explanation.
    fn explain(&self, spec: &str, domain: &str) -> Option<String> {
        let name = self.expand(spec, domain, Letters::Names).ok()?;
        let [text] = self.dns.txt(&name).ok()? else { return None };
        let text = std::str::from_utf8(text).ok().filter(|text| text.is_ascii())?;
        self.expand(text, domain, Letters::Text).ok()
    }
}

fn fits(ip: IpAddr, found: IpAddr, cidr: Cidr) -> bool {
    is_in(ip, found, if ip.is_ipv4() { cidr.v4 } else { cidr.v6 })
}

fn is_in(ip: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            let shift = 32_u32.saturating_sub(u32::from(bits));
            let cut = |ip: u32| ip.checked_shr(shift).unwrap_or(0);
            cut(ip.to_bits()) == cut(network.to_bits())
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            let shift = 128_u32.saturating_sub(u32::from(bits));
            let cut = |ip: u128| ip.checked_shr(shift).unwrap_or(0);
            cut(ip.to_bits()) == cut(network.to_bits())
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}
