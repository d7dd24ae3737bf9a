//! The one shape of a crossing: who sends what to whom over which boundary, by
//! which rule it was decided, with which verdict, and until when it is kept; and
//! the files themselves, sealed. Knows no file format and no policy; rooms bring
//! those as words.

mod error;
mod figures;
mod life;
mod list;
mod passage;
mod service;
mod tables;
mod vault;

pub use error::PassageError;
pub use figures::{Crossed, Fate, History, RECEIVERS_MAX, Span, Took, Way};
pub use figures::{crossed, history, originals_due, took};
pub use life::{State, Step, Verdict};
pub use list::{FILES, overdue_in};
pub use list::{Filter, Page};
pub use list::{by_link, held, inbox, outbox, overdue, past, uncollected, unfetched};
pub use passage::{
    BatchId, Conclusion, Happy, Kept, NewPassage, Outcome, Passage, PassageId, Receiver, Sealed,
    Sender, Wanted,
};
pub use service::{
    approved, conclude, destroy_original, end, end_now, fetch, fetch_for, find, looked, receive,
    refuse,
};
pub use tables::MIGRATIONS;
pub use vault::{Opened, Owner, Sealing, Vault, VaultError, Whole, hexadecimal, sha256};
