//! For tests only: takes the program, its disk and its database away under load,
//! and holds what is left against every answer that was given. Knows nothing of
//! its inside.

pub mod cell;
pub mod crossings;
pub mod desk;
pub mod ground;
pub mod journal;
pub mod ledger;
pub mod load;
pub mod luck;
pub mod passed;
pub mod post;
pub mod postgres;
pub mod proof;

pub use cell::Cell;
pub use crossings::Crossings;
pub use ground::Ground;
pub use journal::Journal;
pub use load::Load;
pub use luck::Luck;
pub use passed::Passed;
pub use postgres::Postgres;
pub use proof::Proof;
