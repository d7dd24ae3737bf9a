//! Rows of programs' tokens: hashes only.

use factors::{Hashed, Token};
use store::{StoreError, Work, args};

use crate::permit::PermitId;

/// Stores the hash of the token that was handed over.
pub(crate) async fn put_token(
    work: &mut Work,
    permit: PermitId,
    hash: Hashed<Token>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO permit_tokens (body, permit, hash) VALUES ($1, $2, $3)";
    work.run(sql, args![permit, hash.to_string()]).await?;
    Ok(())
}

/// Removes the token of a permit; without one, nothing happens.
pub(crate) async fn remove_token(work: &mut Work, permit: PermitId) -> Result<(), StoreError> {
    let sql = "DELETE FROM permit_tokens WHERE body = $1 AND permit = $2";
    work.run(sql, args![permit]).await?;
    Ok(())
}

/// The permit whose token has this hash.
pub(crate) async fn holder_of(
    work: &mut Work,
    hash: Hashed<Token>,
) -> Result<Option<PermitId>, StoreError> {
    let sql = "SELECT permit FROM permit_tokens WHERE body = $1 AND hash = $2";
    work.row(sql, args![hash.to_string()]).await?.map(|mut row| row.take(0)).transpose()
}

/// True where a permit's token still opens something.
pub(crate) async fn token_exists(work: &mut Work, permit: PermitId) -> Result<bool, StoreError> {
    let sql = "SELECT permit FROM permit_tokens WHERE body = $1 AND permit = $2";
    Ok(work.row(sql, args![permit]).await?.is_some())
}
