//! Counts tries before they are looked at. Everything here is kept at once, so
//! that a try that is broken off has counted.

use store::{Across, Store};

use crate::error::IdentityError;
use crate::gate::Visitor;
use crate::tables::attempts;
use crate::throttle::{PER_CODE_PLACE, Policy, bucket, place};

/// A bucket and how it is judged.
pub(crate) type Charge = (String, &'static Policy);

/// Counts a try in every bucket, or says how long to wait and counts nothing.
/// Returns the counts in the order given.
pub(crate) async fn charge(
    across: &mut Across,
    charges: &[Charge],
) -> Result<Vec<u32>, IdentityError> {
    let now = across.now();
    let mut order: Vec<usize> = (0..charges.len()).collect();
    // Always in the same order, so that two works do not wait for each other.
    order.sort_by_key(|&place| charges.get(place).map(|(bucket, _)| bucket.clone()));
    let mut counts = vec![0; charges.len()];
    let mut charged = Vec::with_capacity(charges.len());
    let mut wait = 0;
    for place in order {
        let Some((bucket, policy)) = charges.get(place) else { continue };
        match attempts::lock(across, bucket).await?.charge(now, policy) {
            Ok(tries) => {
                counts[place] = tries.count;
                charged.push((bucket, tries));
            }
            Err(seconds) => wait = wait.max(seconds),
        }
    }
    if wait > 0 {
        return Err(IdentityError::Wait { seconds: wait });
    }
    for (bucket, tries) in charged {
        attempts::write(across, bucket, tries).await?;
    }
    Ok(counts)
}

/// Counts a try at a one-time code of enrolment or set-up.
pub(crate) async fn charge_code(store: &Store, visitor: &Visitor) -> Result<(), IdentityError> {
    let mut across = store.across("count a try at a one-time code").await?;
    let place = place(visitor.source).to_string();
    charge(&mut across, &[(bucket("code", &[&place]), &PER_CODE_PLACE)]).await?;
    across.commit().await?;
    Ok(())
}

/// Forgets the tries at one-time codes from a place, after a right one.
pub(crate) async fn clear_code(
    across: &mut Across,
    visitor: &Visitor,
) -> Result<(), IdentityError> {
    let place = place(visitor.source).to_string();
    attempts::clear(across, &[bucket("code", &[&place])]).await
}

/// Empties buckets after a sign-in, and gives a try back to those that others
/// share. Where that fails, somebody waits a little longer next time.
pub(crate) async fn forget(store: &Store, own: &[String], shared: &[String]) {
    let forgotten = async {
        let mut across = store.across("forget the tries before a sign-in").await?;
        attempts::clear(&mut across, own).await?;
        attempts::give_back(&mut across, shared).await?;
        across.commit().await?;
        Ok::<(), IdentityError>(())
    };
    if let Err(error) = forgotten.await {
        tracing::warn!(%error, "the tries before a sign-in could not be forgotten");
    }
}
