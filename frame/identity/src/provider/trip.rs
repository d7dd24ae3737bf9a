//! A browser's way to the provider and back: what it goes for is kept under the
//! hash of its cookie, serves once, and ends after ten minutes.

use std::time::Duration;

use base::{Text, Timestamp};
use factors::Token;
use factors::oidc::{Claims, Scope, Trip, id_token_of};
use records::{Actor, Entry, Origin, Subject};
use store::{Store, Work};

use super::{Ask, Disbelief, Inner, Provider, ProviderError, Vouched};
use crate::actions::SIGN_IN_REFUSED;
use crate::caller::Caller;
use crate::credential;
use crate::enrol::LABEL_MAX;
use crate::error::IdentityError;
use crate::gate::{FactorKind, Gate, Visitor};
use crate::new_factor::Linked;
use crate::own;
use crate::sign_in::{self, First, Halfway};
use crate::tables;
use crate::tables::trips::{Holder, OfferRow, Purpose, TripRow};

/// How long a trip may take, and how long its finding may wait for a yes.
const TRIP_MAX: Duration = Duration::from_secs(600);
const ANSWER_BYTES_MAX: usize = 64 * 1_024;
const CODE_BYTES_MAX: usize = 4_096;
const BACK_BYTES_MAX: usize = 2_048;

/// What a browser goes to the provider for.
#[derive(Clone, Copy, Debug)]
pub enum Errand<'a> {
    /// To show the first factor.
    SignIn {
        /// The page of ours that is wanted afterwards.
        back: &'a str,
    },
    /// To find the name that the caller wants to link.
    Link(&'a Caller),
    /// As the one before, while enrolling.
    Enrol {
        /// The enrolment's token.
        token: &'a str,
    },
}

/// Where a browser goes.
#[derive(Debug)]
pub struct Away {
    /// For a cookie of its own, which comes back with the answer.
    pub token: Token,
    /// The provider's page.
    pub address: String,
}

/// What a browser brings back in its query.
#[derive(Clone, Debug, Default)]
pub struct Returned {
    /// `code`.
    pub code: String,
    /// `state`.
    pub state: String,
    /// `iss` (RFC 9207); empty where it is missing.
    pub issuer: String,
    /// `error`; empty where all went well.
    pub error: String,
}

/// What a trip came to.
#[derive(Debug)]
pub enum Arrived {
    /// The first factor is shown, as by a password.
    Halfway {
        /// The second step.
        halfway: Halfway,
        /// The page that was wanted.
        back: String,
    },
    /// A name was found and waits for the caller's yes: see [`offered`].
    ToLink,
    /// A name was found and waits in the enrolment.
    ToEnrol,
}

/// A name at the provider that waits for a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// What the provider calls the person.
    pub shown: String,
    /// Until when.
    pub until: Timestamp,
}

/// Sends a browser to the provider.
///
/// # Errors
/// [`ProviderError::Away`].
pub async fn begin(
    store: &Store,
    provider: &Provider,
    errand: Errand<'_>,
) -> Result<Away, ProviderError> {
    let inner = &*provider.0;
    let metadata = inner.metadata(&**store.clock()).await?;
    let (purpose, holder, back, scope) = match errand {
        Errand::SignIn { back } => (Purpose::SignIn, None, back, Scope::Subject),
        Errand::Link(caller) => {
            let session = own::demand_proof(caller, store.clock().now())?;
            let holder = Holder { body: caller.body, id: session.to_string() };
            (Purpose::Link, Some(holder), "", Scope::Named)
        }
        Errand::Enrol { token } => {
            (Purpose::Enrol, Some(enrolling(store, token).await?), "", Scope::Named)
        }
    };
    let back = if back.len() > BACK_BYTES_MAX { "" } else { back };
    let mut across = store.across("send a browser to the provider").await?;
    let token = Token::new(across.random());
    let until = across.now().plus(TRIP_MAX);
    let row = TripRow { purpose, holder, back: back.to_owned(), until };
    tables::trips::insert(&mut across, token.hashed(), &row).await?;
    across.commit().await?;
    let address = Trip::of(token.clone()).address(&metadata, &inner.client, scope);
    Ok(Away { token, address })
}

/// Takes a browser back in.
///
/// # Errors
/// [`ProviderError`]; a trip serves once, however it ends.
pub async fn finish(
    store: &Store,
    gate: &Gate,
    provider: &Provider,
    visitor: &Visitor,
    cookie: &str,
    returned: &Returned,
) -> Result<Arrived, ProviderError> {
    let token = Token::parse(cookie).map_err(|_| ProviderError::NoTrip)?;
    let trip = Trip::of(token.clone());
    // An answer without this browser's state takes nothing from its trip.
    if !trip.is_state(&returned.state) {
        return Err(ProviderError::NoTrip);
    }
    let mut across = store.across("take a browser back from the provider").await?;
    let row = tables::trips::take(&mut across, token.hashed()).await?;
    across.commit().await?;
    let row = row.ok_or(ProviderError::NoTrip)?;
    match ask(store, &provider.0, &trip, returned).await {
        Ok(claims) => arrive(store, gate, provider, visitor, row, &claims).await,
        Err(error) => {
            if let ProviderError::Disbelieved(why) = &error {
                record_disbelief(store, visitor, &row, *why).await?;
            }
            Err(error)
        }
    }
}

/// Exchanges the code and checks what the provider says.
async fn ask(
    store: &Store,
    inner: &Inner,
    trip: &Trip,
    returned: &Returned,
) -> Result<Claims, ProviderError> {
    let clock = &**store.clock();
    let metadata = inner.metadata(clock).await?;
    // Before anything of the answer is used: is it this provider's (RFC 9207 §2.4)?
    let is_missing = returned.issuer.is_empty();
    if (is_missing && metadata.names_issuer) || (!is_missing && returned.issuer != metadata.issuer)
    {
        return Err(ProviderError::Disbelieved(Disbelief::Mixed));
    }
    if !returned.error.is_empty() {
        return Err(declined(&returned.error));
    }
    if returned.code.is_empty() || returned.code.len() > CODE_BYTES_MAX {
        return Err(ProviderError::Disbelieved(Disbelief::Code));
    }
    let _place = inner.standing.exchanging.try_acquire().map_err(|_| ProviderError::Busy)?;
    let request = trip.exchange(&metadata, &inner.client, &returned.code);
    let ask = Ask {
        address: metadata.token.clone(),
        authorization: request.authorization,
        form: Some(request.form),
        bytes_max: ANSWER_BYTES_MAX,
    };
    let reply = inner.outside.ask(&ask).await?;
    let token = match reply.status {
        200 => id_token_of(&reply.body),
        400..=499 => {
            tracing::warn!(status = reply.status, "the provider did not exchange the code");
            return Err(ProviderError::Disbelieved(Disbelief::Code));
        }
        status => return Err(ProviderError::Away(format!("status {status}"))),
    };
    let token = token.ok_or(ProviderError::Disbelieved(Disbelief::NoToken))?;
    inner.verify(clock, &token, trip.nonce().reveal()).await
}

/// The errors of RFC 6749 §4.1.2.1 and Core §3.1.2.6 that are the provider's own
/// trouble; all others are a no. What it says beside is shown to nobody.
fn declined(error: &str) -> ProviderError {
    let word: String = error
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
        .take(40)
        .collect();
    tracing::warn!(error = word, "the provider sent a browser back with an error");
    match error {
        "server_error" | "temporarily_unavailable" => ProviderError::Away(word),
        _ => ProviderError::Declined,
    }
}

async fn arrive(
    store: &Store,
    gate: &Gate,
    provider: &Provider,
    visitor: &Visitor,
    row: TripRow,
    claims: &Claims,
) -> Result<Arrived, ProviderError> {
    let handle = credential::provider_handle(provider.0.issuer.as_str(), &claims.subject);
    match (row.purpose, row.holder) {
        (Purpose::SignIn, _) => {
            let shown = First::Provider(Vouched { handle });
            let halfway = sign_in::first(store, gate, visitor, &shown).await?;
            Ok(Arrived::Halfway { halfway, back: row.back })
        }
        (Purpose::Link | Purpose::Enrol, None) => Err(ProviderError::NoTrip),
        (Purpose::Link, Some(holder)) => {
            offer(store, &holder, handle, claims).await?;
            Ok(Arrived::ToLink)
        }
        (Purpose::Enrol, Some(holder)) => {
            offer(store, &holder, handle, claims).await?;
            Ok(Arrived::ToEnrol)
        }
    }
}

async fn offer(
    store: &Store,
    holder: &Holder,
    handle: String,
    claims: &Claims,
) -> Result<(), ProviderError> {
    let mut work = store.begin(holder.body).await?;
    let shown = claims.shown.as_ref().unwrap_or(&claims.subject);
    let shown: Option<Text<100>> = Text::parse(&shown.chars().take(100).collect::<String>()).ok();
    let offered = Offered {
        shown: shown.map_or_else(|| "?".to_owned(), |shown| shown.to_string()),
        until: work.now().plus(TRIP_MAX),
    };
    tables::trips::set_offer(&mut work, &holder.id, &OfferRow { handle, offered }).await?;
    work.commit().await?;
    Ok(())
}

/// What waits for the caller's yes, in this session.
///
/// # Errors
/// As the store says.
pub async fn offered(work: &mut Work, caller: &Caller) -> Result<Option<Offered>, IdentityError> {
    caller.demand_body(work)?;
    let session = own::demand_session(caller)?;
    Ok(tables::trips::offer(work, &session.to_string()).await?.map(|row| row.offered))
}

/// Links the caller to the name that waits: from now on the provider's word is
/// a first factor of theirs.
///
/// # Errors
/// [`IdentityError::WrongProof`] if nothing waits;
/// [`IdentityError::CredentialTaken`] if it is anybody's already.
pub async fn accept(
    work: &mut Work,
    caller: &Caller,
    provider: &Provider,
) -> Result<(), IdentityError> {
    caller.demand_body(work)?;
    let session = own::demand_session(caller)?.to_string();
    let row = tables::trips::offer(work, &session).await?.ok_or(IdentityError::WrongProof)?;
    tables::trips::forget_offer(work, &session).await?;
    let linked = Linked { handle: row.handle, label: label(provider.name())? };
    own::add_provider(work, caller, &linked).await
}

fn label(name: &Text<{ super::NAME_MAX }>) -> Result<Text<LABEL_MAX>, IdentityError> {
    Text::parse(name.as_str()).map_err(|_| IdentityError::Unreadable("text"))
}

/// The holder of what an enrolment finds.
async fn enrolling(store: &Store, token: &str) -> Result<Holder, IdentityError> {
    let token = Token::parse(token).map_err(|_| IdentityError::Code)?;
    let mut across = store.across("find an enrolment that goes to the provider").await?;
    let found = tables::codes::enrolment(&mut across, token.hashed()).await?;
    let now = across.now();
    let (body, row) = found.filter(|(_, row)| now < row.until).ok_or(IdentityError::Code)?;
    Ok(Holder { body, id: row.id.to_string() })
}

/// What waits in an enrolment.
pub(crate) async fn offered_to(
    work: &mut Work,
    enrolment: &str,
) -> Result<Option<OfferRow>, IdentityError> {
    tables::trips::offer(work, enrolment).await
}

/// Somebody showed an answer that is not the provider's: recorded with the body
/// that the trip was for, or with the first.
async fn record_disbelief(
    store: &Store,
    visitor: &Visitor,
    row: &TripRow,
    why: Disbelief,
) -> Result<(), ProviderError> {
    let mut across = store.across("record an answer that is not believed").await?;
    let home = tables::bodies::home(&mut across).await?;
    let Some(body) = row.holder.as_ref().map(|holder| holder.body).or(home) else {
        return Ok(());
    };
    let mut work = across.within(body).await?;
    let (origin, subject) = (Origin::Address(visitor.source), Subject::new("login", "unknown"));
    let entry = Entry::new(Actor::Nobody, SIGN_IN_REFUSED, subject, origin)
        .with("step", row.purpose.name())
        .with("kind", FactorKind::Provider.name())
        .with("why", why.name());
    records::append(&mut work, &entry).await.map_err(IdentityError::from)?;
    work.commit().await?;
    Ok(())
}
