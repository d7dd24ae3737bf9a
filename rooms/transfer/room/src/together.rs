//! Hands over at once what was sent together. Knows no request.

use identity::Caller;
use passages::{Kept, PassageId};
use store::Work;

use crate::error::TransferError;
use crate::rights::is_ours;
use crate::service::Service;
use crate::tables::batches;
use passages::Owner;

/// Files of one batch that are handed over together.
pub(crate) const TOGETHER_MAX: u32 = 1_000;

impl Service {
    /// Gives the receiver of a passage everything that was sent with it and is
    /// theirs now, all of it written down as fetched, each with its blob's owner.
    pub(crate) async fn fetch_all(
        &self,
        mut work: Work,
        caller: &Caller,
        id: PassageId,
    ) -> Result<Vec<(Kept, Owner)>, TransferError> {
        // It is theirs and it lies there: whatever else is asked for, is not.
        let (first, its_own) = passages::fetch(&mut work, caller, id).await?;
        if !is_ours(&first) {
            return Err(passages::PassageError::NotThere.into());
        }
        let batch = first.new.batch;
        let together = batches::delivered(&mut work, batch, TOGETHER_MAX).await?;
        let mut all = vec![(its_own, self.vault.of(batch))];
        for one in together.into_iter().filter(|one| *one != id) {
            match passages::fetch(&mut work, caller, one).await {
                Ok((_, kept)) => all.push((kept, self.vault.of(batch))),
                Err(passages::PassageError::NotThere) => {}
                Err(error) => return Err(error.into()),
            }
        }
        work.commit().await?;
        Ok(all)
    }
}
