//! The ledger: what happened, who did it, on whose permit and from where.
//! Append-only, chained by SHA-256 a body, signed by Ed25519 checkpoints.
//! Knows no domain word; a change and its entry stand in one unit of work.
//!
//! What this proves and what it cannot is told in `docs/adr/0004-ledger.md`.

mod append;
mod canonical;
mod checkpoint;
mod details;
mod entry;
mod error;
mod export;
mod key;
mod recorded;
mod search;
mod tables;
mod verify;

pub use append::{Head, append, append_all, head};
pub use canonical::Hash;
pub use checkpoint::{CHECKPOINT, Checkpoint, checkpoint, newest_checkpoint};
pub use details::{Detail, Details};
pub use entry::{Action, Actor, ActorKind, Entry, Origin, Sequence, Subject};
pub use error::{KeyError, RecordError};
pub use export::{EXPORTED, Export, Range, range_of_day, range_since_export};
pub use key::{Key, PublicKey};
pub use recorded::Recorded;
pub use search::{Cursor, Filter, Page, find, search};
pub use tables::MIGRATIONS;
pub use verify::{
    Break, BreakKind, FileError, Verified, Verifier, Verify, VerifyError, verify_export,
    verify_rows,
};
