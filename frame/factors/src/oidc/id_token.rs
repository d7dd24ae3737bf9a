//! The token by which a provider vouches for a person (Core §2, §3.1.3.7): a
//! signature of its key, and claims that fit this client, this sign-in and this
//! moment. Anything else in it (`amr`, `acr`, addresses) opens nothing here.

use std::time::Duration;

use base::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::keys::{ALGORITHMS, KeySet};

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Who made it.
    pub issuer: &'a str,
    /// For whom: our client.
    pub client: &'a str,
    /// For which sign-in.
    pub nonce: &'a str,
    /// When it is looked at.
    pub now: Timestamp,
}

/// What is believed of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The provider's name for the person, unique and for ever (Core §5.7).
    pub subject: String,
    /// What the provider calls the person, to be shown to that person alone.
    pub shown: Option<String>,
}

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not three parts of base64url with JSON, or longer than 16 KiB.
    #[error("the token cannot be read")]
    Shape,
    /// `none`, a shared secret, or another signature that is not taken.
    #[error("the token's signature is of a kind that is not taken")]
    Algorithm,
    /// No key of the provider's fits the token's head: perhaps a new one.
    #[error("no key of the provider's fits")]
    Key,
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    Signature,
    /// Made by somebody else.
    #[error("the token is another issuer's")]
    Issuer,
    /// Made for somebody else, or for others too.
    #[error("the token is not for this client alone")]
    Audience,
    /// Of another sign-in.
    #[error("the token belongs to another sign-in")]
    Nonce,
    /// Over, not yet begun, or made too long ago.
    #[error("the token's time does not fit")]
    Time,
    /// It names nobody.
    #[error("the token names nobody")]
    Subject,
}

impl TokenFault {
    /// A word for the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Algorithm => "algorithm",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Nonce => "nonce",
            Self::Time => "time",
            Self::Subject => "subject",
        }
    }
}

const TOKEN_BYTES_MAX: usize = 16 * 1_024;
/// How far the two clocks may lie apart.
const SKEW: Duration = Duration::from_secs(60);
/// How old a token may be: it was made for a code exchanged a moment ago.
const AGE_MAX: Duration = Duration::from_secs(600);
/// Core §2.
const SUBJECT_CHARACTERS_MAX: usize = 255;
const AUDIENCES_MAX: usize = 8;
const SHOWN_CHARACTERS_MAX: usize = 100;

#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Body {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    preferred_username: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: String,
}

/// The token in a provider's answer to an exchanged code (Core §3.1.3.3). What
/// else is in it is left unread.
#[must_use]
pub fn id_token_of(answer: &[u8]) -> Option<String> {
    serde_json::from_slice::<TokenAnswer>(answer).ok().map(|answer| answer.id_token)
}

/// Checks a token against a provider's keys and what is expected of it.
///
/// # Errors
/// [`TokenFault`], in the order of the checks: the signature before any claim.
pub fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Claims, TokenFault> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(TokenFault::Shape);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenFault::Shape)?;
    let (head, body) = message.split_once('.').ok_or(TokenFault::Shape)?;
    if body.contains('.') {
        return Err(TokenFault::Shape);
    }
    let head: Head = part(head)?;
    if !ALGORITHMS.contains(&head.alg.as_str()) {
        return Err(TokenFault::Algorithm);
    }
    // An extension that must be understood is one we do not know (RFC 7515 §4.1.11).
    let is_id_token = head.typ.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("JWT"));
    if head.crit.is_some() || !is_id_token {
        return Err(TokenFault::Shape);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenFault::Shape)?;
    keys.check(&head.alg, head.kid.as_deref(), message.as_bytes(), &signature)?;
    let body: Body = part(body)?;
    body.check(expected)?;
    let shown = body.preferred_username.or(body.name);
    let shown = shown.map(|shown| shown.chars().take(SHOWN_CHARACTERS_MAX).collect());
    Ok(Claims { subject: body.sub, shown })
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, TokenFault> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenFault::Shape)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenFault::Shape)
}

impl Body {
    fn check(&self, expected: &Expected<'_>) -> Result<(), TokenFault> {
        if self.iss != expected.issuer {
            return Err(TokenFault::Issuer);
        }
        let is_for_us_alone = match &self.aud {
            Audience::One(one) => one == expected.client,
            Audience::Several(all) => {
                (1..=AUDIENCES_MAX).contains(&all.len())
                    && all.iter().all(|one| one == expected.client)
            }
        };
        let is_our_party = self.azp.as_deref().is_none_or(|party| party == expected.client);
        if !is_for_us_alone || !is_our_party {
            return Err(TokenFault::Audience);
        }
        let nonce = self.nonce.as_deref().unwrap_or_default();
        if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
            return Err(TokenFault::Nonce);
        }
        self.check_time(expected.now)?;
        let is_name = (1..=SUBJECT_CHARACTERS_MAX).contains(&self.sub.chars().count())
            && !self.sub.chars().any(char::is_control);
        if is_name { Ok(()) } else { Err(TokenFault::Subject) }
    }

    fn check_time(&self, now: Timestamp) -> Result<(), TokenFault> {
        let moment = |seconds: f64| moment(seconds).ok_or(TokenFault::Time);
        let (ends, made) = (moment(self.exp)?, moment(self.iat)?);
        let begins = self.nbf.map(moment).transpose()?.unwrap_or(made);
        let is_good = now < ends.plus(SKEW)
            && made <= now.plus(SKEW)
            && begins <= now.plus(SKEW)
            && now.since(made) <= AGE_MAX + SKEW
            && made < ends;
        if is_good { Ok(()) } else { Err(TokenFault::Time) }
    }
}

/// Seconds since 1970, perhaps with a fraction (RFC 7519 §2).
fn moment(seconds: f64) -> Option<Timestamp> {
    /// The year 9999.
    const SECONDS_MAX: f64 = 253_402_300_799.0;
    let is_usual = seconds.is_finite() && (0.0..=SECONDS_MAX).contains(&seconds);
    is_usual.then(|| Timestamp::from_millis((seconds * 1_000.0) as i64))
}
