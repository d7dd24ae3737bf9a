//! DKIM (RFC 6376, 8301, 8463): each signature of a message.

use mail_auth::common::crypto::HashAlgorithm;
use mail_auth::common::headers::Header;
use mail_auth::common::verify::DomainKey;
use mail_auth::dkim::Signature;
use mail_auth::{AuthenticatedMessage, Error};

use super::dns::Asking;
use super::signature::{body_fits, key, unsigned};
use super::{Outcome, Verdict};

/// Signatures of one message that are looked at.
const SIGNATURES_MAX: usize = 10;
/// The flag `s` of a key's `t=`: the identity must be of the domain itself.
const SAME_DOMAIN: u64 = 0x20;

pub(super) fn check(
    message: &AuthenticatedMessage<'_>,
    dns: &Asking<'_>,
    now: u64,
) -> Vec<Verdict> {
    let broken = message.errors.iter().filter_map(|header| match &header.header {
        // RFC 6376 8.2: what was appended behind a signed length is not covered.
        Error::Dkim(error) => Some(Verdict::new(Outcome::Neutral, "", &error.to_string())),
        _ => None,
    });
    let mut verdicts: Vec<Verdict> = broken.take(SIGNATURES_MAX).collect();
    for header in message.dkim_headers.iter().take(SIGNATURES_MAX) {
        let (outcome, reason) = one(message, header, dns, now);
        verdicts.push(Verdict::new(outcome, &header.header.d, reason));
    }
    if verdicts.is_empty() {
        verdicts.push(Verdict::new(Outcome::None, "", "not signed"));
    }
    verdicts
}

fn one<'m>(
    message: &'m AuthenticatedMessage<'m>,
    header: &'m Header<'m, Signature>,
    dns: &Asking<'_>,
    now: u64,
) -> (Outcome, &'static str) {
    let signature = &header.header;
    if !signature.h.iter().any(|name| name.eq_ignore_ascii_case("from")) {
        return (Outcome::PermError, "the sender is not signed");
    }
    if signature.x != 0 && (signature.x <= signature.t || signature.x <= now) {
        return (Outcome::Neutral, "expired");
    }
    let hash = HashAlgorithm::from(signature.a);
    // RFC 8301 3.1: SHA-1 proves nothing any more.
    if hash == HashAlgorithm::Sha1 {
        return (Outcome::PermError, "SHA-1");
    }
    if !body_fits(message, signature.cb, hash, signature.l, &signature.bh) {
        return (Outcome::Fail, "the body was changed");
    }
    let key = match key(signature, dns) {
        Ok(key) => key,
        Err((outcome, reason)) => return (outcome, reason),
    };
    if !identity_fits(signature, &key) {
        return (Outcome::PermError, "the identity is of another domain");
    }
    let own = unsigned(header.value);
    let mut signed = message.signed_headers(&signature.h, header.name, &own);
    match key.p.verify(&mut signed, &signature.b, signature.ch, signature.a) {
        Ok(()) => (Outcome::Pass, "signed"),
        Err(_) => (Outcome::Fail, "the signature does not fit"),
    }
}

/// RFC 6376 3.5 `i=`: the same domain or one below it; with `t=s` the same.
fn identity_fits(signature: &Signature, key: &DomainKey) -> bool {
    let Some((_, domain)) = signature.i.rsplit_once('@') else { return signature.i.is_empty() };
    domain.eq_ignore_ascii_case(&signature.d)
        || (!key.has_flag(SAME_DOMAIN) && crate::names::is_within(domain, &signature.d))
}
