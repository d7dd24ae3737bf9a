//! ARC (RFC 8617): whether the chain of those who forwarded a mail holds.

use mail_auth::arc::ChainValidation;
use mail_auth::common::crypto::HashAlgorithm;
use mail_auth::dkim::Canonicalization;
use mail_auth::{AuthenticatedMessage, Error};

use super::dns::Asking;
use super::signature::{body_fits, key, unsigned};
use super::{Outcome, Verdict};

/// RFC 8617 4.2.1: at most fifty.
const SETS_MAX: usize = 50;

pub(super) fn check(message: &AuthenticatedMessage<'_>, dns: &Asking<'_>, now: u64) -> Verdict {
    let count = message.as_headers.len();
    let is_broken = message.errors.iter().any(|header| matches!(header.header, Error::Arc(_)));
    if count == 0 && message.ams_headers.is_empty() && message.aar_headers.is_empty() && !is_broken
    {
        return Verdict::new(Outcome::None, "", "not forwarded");
    }
    let domain = message.as_headers.last().map_or("", |header| header.header.d.as_str());
    match chain(message, dns, now, is_broken) {
        Ok(()) => Verdict::new(Outcome::Pass, domain, "the chain holds"),
        Err((outcome, reason)) => Verdict::new(outcome, domain, reason),
    }
}

type Broken = (Outcome, &'static str);

fn chain(
    message: &AuthenticatedMessage<'_>,
    dns: &Asking<'_>,
    now: u64,
    is_broken: bool,
) -> Result<(), Broken> {
    let count = message.as_headers.len();
    if is_broken || count != message.ams_headers.len() || count != message.aar_headers.len() {
        return Err((Outcome::Fail, "a set is incomplete"));
    }
    if count > SETS_MAX {
        return Err((Outcome::Fail, "too many sets"));
    }
    for index in 0..count {
        let (Some(seal), Some(signature), Some(results)) = (
            message.as_headers.get(index),
            message.ams_headers.get(index),
            message.aar_headers.get(index),
        ) else {
            return Err((Outcome::Fail, "a set is incomplete"));
        };
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        if seal.header.i != number || signature.header.i != number || results.header.i != number {
            return Err((Outcome::Fail, "the sets are not in order"));
        }
        let wanted = if index == 0 { ChainValidation::None } else { ChainValidation::Pass };
        if seal.header.cv != wanted {
            return Err((Outcome::Fail, "a forwarder saw it broken"));
        }
    }
    last_signature(message, dns, now)?;
    for index in (0..count).rev() {
        seal(message, index, dns)?;
    }
    Ok(())
}

/// RFC 8617 5.2 step 4: the newest signature over the message must fit.
fn last_signature<'m>(
    message: &'m AuthenticatedMessage<'m>,
    dns: &Asking<'_>,
    now: u64,
) -> Result<(), Broken> {
    let Some(header) = message.ams_headers.last() else {
        return Err((Outcome::Fail, "a set is incomplete"));
    };
    let signature = &header.header;
    if signature.x != 0 && (signature.x <= signature.t || signature.x <= now) {
        return Err((Outcome::Fail, "expired"));
    }
    let hash = HashAlgorithm::from(signature.a);
    if !body_fits(message, signature.cb, hash, signature.l, &signature.bh) {
        return Err((Outcome::Fail, "the body was changed"));
    }
    let key = key(signature, dns)?;
    let own = unsigned(header.value);
    let mut signed = message.signed_headers(&signature.h, header.name, &own);
    key.p
        .verify(&mut signed, &signature.b, signature.ch, signature.a)
        .map_err(|_| (Outcome::Fail, "the signature does not fit"))
}

/// RFC 8617 5.1.1: a seal covers all sets up to its own.
fn seal(message: &AuthenticatedMessage<'_>, index: usize, dns: &Asking<'_>) -> Result<(), Broken> {
    let Some(header) = message.as_headers.get(index) else {
        return Err((Outcome::Fail, "a set is incomplete"));
    };
    let key = key(&header.header, dns)?;
    let own = unsigned(header.value);
    let mut covered: Vec<(&[u8], &[u8])> = Vec::with_capacity(index * 3 + 3);
    for at in 0..=index {
        let (Some(results), Some(signature), Some(seal)) =
            (message.aar_headers.get(at), message.ams_headers.get(at), message.as_headers.get(at))
        else {
            return Err((Outcome::Fail, "a set is incomplete"));
        };
        covered.push((results.name, results.value));
        covered.push((signature.name, signature.value));
        covered.push((seal.name, if at == index { &own } else { seal.value }));
    }
    key.p
        .verify(
            &mut covered.into_iter(),
            &header.header.b,
            Canonicalization::Relaxed,
            header.header.a,
        )
        .map_err(|_| (Outcome::Fail, "a seal does not fit"))
}
