//! The console's own rows: answers to calls that may be repeated.

pub(crate) mod answers;

use store::Migration;

/// The console's tables.
pub const MIGRATIONS: &[Migration] = &[answers::MIGRATION, answers::SEALED];

/// Forgets answers to calls that can no longer be repeated, in all bodies.
///
/// # Errors
/// As the store says.
pub async fn forget_answers(store: &store::Store) -> Result<(), store::StoreError> {
    let mut across = store.across("forget answers whose day is over").await?;
    answers::forget(&mut across).await?;
    across.commit().await
}

/// Asks the database for an answer.
pub(crate) async fn ping(store: &store::Store) -> Result<(), store::StoreError> {
    let mut across = store.read_across("whether the database answers").await?;
    across.rows("SELECT 1", Vec::new()).await?;
    Ok(())
}
