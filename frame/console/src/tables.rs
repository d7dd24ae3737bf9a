//! The console's own rows: answers to calls that may be repeated.

pub(crate) mod answers;

use store::Migration;

/// The console's tables.
pub const MIGRATIONS: &[Migration] = &[answers::MIGRATION];

/// Asks the database for an answer.
pub(crate) async fn ping(store: &store::Store) -> Result<(), store::StoreError> {
    let mut across = store.read_across("whether the database answers").await?;
    across.rows("SELECT 1", Vec::new()).await?;
    Ok(())
}
