//! How often somebody tried, by bucket.

use store::{Across, args};

use crate::error::IdentityError;
use crate::throttle::Tries;

/// Reads a bucket, which no other work changes before this one ends.
pub(crate) async fn lock(across: &mut Across, bucket: &str) -> Result<Tries, IdentityError> {
    let now = across.now();
    across
        .run(
            "INSERT INTO sign_in_tries (bucket, tries, since, wait_until) VALUES ($1, 0, $2, 0)
             ON CONFLICT (bucket) DO NOTHING",
            args![bucket, now],
        )
        .await?;
    let row = across
        .row(
            "SELECT tries, since, wait_until FROM sign_in_tries WHERE bucket = $1 {lock}",
            args![bucket],
        )
        .await?;
    let Some(mut row) = row else { return Ok(Tries::none(now)) };
    Ok(Tries { count: row.take(0)?, since: row.take(1)?, wait_until: row.take(2)? })
}

/// Writes a bucket.
pub(crate) async fn write(
    across: &mut Across,
    bucket: &str,
    tries: Tries,
) -> Result<(), IdentityError> {
    across
        .run(
            "UPDATE sign_in_tries SET tries = $2, since = $3, wait_until = $4 WHERE bucket = $1",
            args![bucket, tries.count, tries.since, tries.wait_until],
        )
        .await?;
    Ok(())
}

/// Empties buckets.
pub(crate) async fn clear(across: &mut Across, buckets: &[String]) -> Result<(), IdentityError> {
    for bucket in buckets {
        across.run("DELETE FROM sign_in_tries WHERE bucket = $1", args![bucket]).await?;
    }
    Ok(())
}

/// Takes one try out of each bucket.
pub(crate) async fn give_back(
    across: &mut Across,
    buckets: &[String],
) -> Result<(), IdentityError> {
    for bucket in buckets {
        across
            .run(
                "UPDATE sign_in_tries SET tries = tries - 1 WHERE bucket = $1 AND tries > 0",
                args![bucket],
            )
            .await?;
    }
    Ok(())
}
