//! DMARC (RFC 9989, before it RFC 7489): whether what SPF and DKIM confirmed is
//! the domain that people see, and what its owner asks for otherwise.

use mail_auth::AuthenticatedMessage;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::dmarc::{Alignment, Dmarc, Policy, Psd};

use super::dns::{Asking, Missing};
use super::{Envelope, Outcome, Verdict, Verdicts};
use crate::names;

/// RFC 9989 4.10: at most eight questions for one name.
const WALK_MAX: usize = 8;

/// Returns the verdict and the policy's name.
pub(super) fn check(
    message: &AuthenticatedMessage<'_>,
    envelope: Option<&Envelope<'_>>,
    verdicts: &Verdicts,
    dns: &Asking<'_>,
) -> (Verdict, String) {
    let mut domains: Vec<String> = message.from.iter().filter_map(|from| domain(from)).collect();
    domains.sort();
    domains.dedup();
    // RFC 9989 4.5.1: several author domains are none.
    let [from] = domains.as_slice() else {
        let reason = if domains.is_empty() { "no sender" } else { "several senders" };
        return (Verdict::new(Outcome::None, "", reason), String::new());
    };
    let walk = match walk(from, dns) {
        Ok(walk) => walk,
        Err(Missing::Failed | Missing::Nothing) => {
            let reason = "policy not answered";
            return (Verdict::new(Outcome::TempError, from, reason), String::new());
        }
    };
    let organisation = organisation(&walk, from);
    let own = walk.iter().find(|(name, _)| name == from);
    let record =
        own.or_else(|| walk.iter().find(|(name, _)| *name == organisation)).or(walk.last());
    let Some((name, record)) = record else {
        return (Verdict::new(Outcome::None, from, "no policy"), String::new());
    };
    let policy = if name == from { record.p } else { record.sp };
    let policy = match policy {
        Policy::Reject => "reject",
        Policy::Quarantine => "quarantine",
        Policy::None => "none",
        Policy::Unspecified if !record.rua.is_empty() => "none",
        Policy::Unspecified => {
            return (Verdict::new(Outcome::None, from, "no policy"), String::new());
        }
    };
    let aligned = Aligned { from, organisation: &organisation, dns };
    (judge(&aligned, record, envelope, verdicts), policy.to_owned())
}

fn judge(
    aligned: &Aligned<'_, '_>,
    record: &Dmarc,
    envelope: Option<&Envelope<'_>>,
    verdicts: &Verdicts,
) -> Verdict {
    let from = aligned.from;
    let mut is_open = false;
    for signature in &verdicts.dkim {
        match (signature.outcome, aligned.fits(&signature.domain, record.adkim)) {
            (Outcome::Pass, Ok(true)) => return Verdict::new(Outcome::Pass, from, "signed"),
            (Outcome::Pass, Err(())) | (Outcome::TempError, Ok(true) | Err(())) => is_open = true,
            _ => {}
        }
    }
    match (verdicts.spf.outcome, aligned.fits(&verdicts.spf.domain, record.aspf)) {
        (Outcome::Pass, Ok(true)) => return Verdict::new(Outcome::Pass, from, "sent from there"),
        (Outcome::Pass, Err(())) | (Outcome::TempError, Ok(true) | Err(())) => is_open = true,
        _ => {}
    }
    if is_open {
        return Verdict::new(Outcome::TempError, from, "not all was answered");
    }
    // Without the envelope half of the evidence is missing.
    if envelope.is_none() {
        return Verdict::new(Outcome::Unchecked, from, "the envelope is not known");
    }
    Verdict::new(Outcome::Fail, from, "neither SPF nor DKIM speak for the sender")
}

struct Aligned<'a, 'd> {
    from: &'a str,
    organisation: &'a str,
    dns: &'a Asking<'d>,
}

impl Aligned<'_, '_> {
    /// RFC 9989 4.10.2; `Err` where the DNS did not answer.
    fn fits(&self, domain: &str, alignment: Alignment) -> Result<bool, ()> {
        let domain = names::to_ascii(domain.trim_end_matches('.'));
        if domain.is_empty() {
            return Ok(false);
        }
        if domain == self.from {
            return Ok(true);
        }
        if alignment == Alignment::Strict || !shares_an_end(&domain, self.from) {
            return Ok(false);
        }
        let walk = walk(&domain, self.dns).map_err(|_| ())?;
        Ok(organisation(&walk, &domain) == self.organisation)
    }
}

/// Names that have not even their last two labels in common have no owner in
/// common; asking would tell the DNS for nothing.
fn shares_an_end(one: &str, other: &str) -> bool {
    let end = |name: &str| {
        let mut labels = name.rsplit('.').map(str::to_owned);
        (labels.next(), labels.next())
    };
    end(one) == end(other)
}

fn domain(address: &str) -> Option<String> {
    let (_, domain) = address.rsplit_once('@')?;
    let domain = names::to_ascii(domain.trim_end_matches('.'));
    (!domain.is_empty()).then_some(domain)
}

/// Walks up the tree and returns every policy on the way, longest name first.
fn walk(domain: &str, dns: &Asking<'_>) -> Result<Vec<(String, Dmarc)>, Missing> {
    let labels: Vec<&str> = domain.split('.').filter(|label| !label.is_empty()).collect();
    let mut found = Vec::new();
    let mut skip = 0;
    for _ in 0..WALK_MAX {
        let rest = labels.get(skip..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
        let name = rest.join(".");
        match dns.txt(&format!("_dmarc.{name}")) {
            Ok(records) => {
                let policies: Vec<Dmarc> =
                    records.iter().filter_map(|record| Dmarc::parse(record).ok()).collect();
                // Several policies at one name are none.
                if let [_] = policies.as_slice()
                    && let Some(policy) = policies.into_iter().next()
                {
                    let stops = policy.psd != Psd::Default;
                    found.push((name, policy));
                    if stops {
                        break;
                    }
                }
            }
            Err(Missing::Nothing) => {}
            Err(Missing::Failed) => return Err(Missing::Failed),
        }
        // Of long names only the first and the last seven labels are asked.
        skip = if skip == 0 && labels.len() >= WALK_MAX { labels.len() - 7 } else { skip + 1 };
    }
    Ok(found)
}

/// The name of the owner (RFC 9989 4.10.2), from the policies on the way up.
fn organisation(walk: &[(String, Dmarc)], domain: &str) -> String {
    for (name, policy) in walk {
        match policy.psd {
            Psd::No => return name.clone(),
            Psd::Yes if name != domain => {
                let below = domain.len().saturating_sub(name.len() + 1);
                let label = domain.get(..below).and_then(|rest| rest.rsplit('.').next());
                return label.map_or(name.clone(), |label| format!("{label}.{name}"));
            }
            Psd::Yes | Psd::Default => {}
        }
    }
    walk.last().map_or_else(|| names::organisation(domain), |(name, _)| name.clone())
}
