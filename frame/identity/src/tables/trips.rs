//! Browsers on their way to the provider, and the names that they found there.

use base::{BodyId, Timestamp};
use factors::{Hashed, Token};
use store::{Across, Work, args};

use super::word;
use crate::error::IdentityError;
use crate::provider::Offered;
use crate::role::named;

named! {
    /// What a browser goes to the provider for.
    Purpose {
        /// To show the first factor.
        SignIn = "sign-in",
        /// To link a name to somebody signed in.
        Link = "link",
        /// To link a name to somebody enrolling.
        Enrol = "enrol",
    }
}

/// Whose finding it will be: a session or an enrolment.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(crate) body: BodyId,
    pub(crate) id: String,
}

/// A browser on its way.
#[derive(Clone, Debug)]
pub(crate) struct TripRow {
    pub(crate) purpose: Purpose,
    pub(crate) holder: Option<Holder>,
    pub(crate) back: String,
    pub(crate) until: Timestamp,
}

/// A name that waits for a yes.
#[derive(Clone, Debug)]
pub(crate) struct OfferRow {
    pub(crate) handle: String,
    pub(crate) offered: Offered,
}

/// Keeps a trip under the hash of its cookie.
pub(crate) async fn insert(
    across: &mut Across,
    hash: Hashed<Token>,
    row: &TripRow,
) -> Result<(), IdentityError> {
    let (of_body, holder) = match &row.holder {
        Some(holder) => (Some(holder.body.to_string()), Some(holder.id.as_str())),
        None => (None, None),
    };
    across
        .run(
            "INSERT INTO provider_trips (hash, purpose, of_body, holder, back, until_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            args![hash.to_string(), row.purpose.name(), of_body, holder, &row.back, row.until],
        )
        .await?;
    Ok(())
}

/// Takes a trip out; it serves once.
pub(crate) async fn take(
    across: &mut Across,
    hash: Hashed<Token>,
) -> Result<Option<TripRow>, IdentityError> {
    let now = across.now();
    let row = across
        .row(
            "DELETE FROM provider_trips WHERE hash = $1
             RETURNING purpose, of_body, holder, back, until_at",
            args![hash.to_string()],
        )
        .await?;
    let Some(mut row) = row else { return Ok(None) };
    let (body, id) = (row.take::<Option<BodyId>>(1)?, row.take::<Option<String>>(2)?);
    let trip = TripRow {
        purpose: word(&mut row, 0, Purpose::parse)?,
        holder: body.zip(id).map(|(body, id)| Holder { body, id }),
        back: row.take(3)?,
        until: row.take(4)?,
    };
    Ok(Some(trip).filter(|trip| now < trip.until))
}

/// Keeps what a trip found; what was found before is forgotten.
pub(crate) async fn set_offer(
    work: &mut Work,
    holder: &str,
    row: &OfferRow,
) -> Result<(), IdentityError> {
    work.run(
        "INSERT INTO provider_offers (body, holder, handle, shown, until_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (body, holder) DO UPDATE SET handle = excluded.handle,
             shown = excluded.shown, until_at = excluded.until_at",
        args![holder, &row.handle, &row.offered.shown, row.offered.until],
    )
    .await?;
    Ok(())
}

/// What a trip found, if it is still good.
pub(crate) async fn offer(
    work: &mut Work,
    holder: &str,
) -> Result<Option<OfferRow>, IdentityError> {
    let now = work.now();
    let row = work
        .row(
            "SELECT handle, shown, until_at FROM provider_offers
             WHERE body = $1 AND holder = $2 AND until_at > $3",
            args![holder, now],
        )
        .await?;
    let Some(mut row) = row else { return Ok(None) };
    let offered = Offered { shown: row.take(1)?, until: row.take(2)? };
    Ok(Some(OfferRow { handle: row.take(0)?, offered }))
}

/// Forgets what a trip found.
pub(crate) async fn forget_offer(work: &mut Work, holder: &str) -> Result<(), IdentityError> {
    work.run("DELETE FROM provider_offers WHERE body = $1 AND holder = $2", args![holder]).await?;
    Ok(())
}
