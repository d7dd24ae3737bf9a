//! SQLite and PostgreSQL behind one unit of work. Knows rows, bodies and
//! migrations; no domain word.
//!
//! A [`Work`] is one transaction of one body: every statement it runs names
//! that body as `$1`, and the store refuses one that does not. What must look
//! over all bodies (sign-in, the job queue, a backup) asks for an [`Across`]
//! and says why.

pub mod backup;
pub mod blobs;
mod error;
mod guard;
mod hex;
mod migrate;
mod open;
mod postgres;
mod server;
mod sqlite;
mod value;
mod work;

pub use blobs::{Blob, BlobError, BlobHash, BlobReader, BlobWriter, Blobs};
pub use error::{StoreError, Trouble};
pub use migrate::Migration;
pub use open::{Address, Settings, Store};
pub use server::Server;
pub use value::{FromValue, IntoValue, Kind, Row, Value};
pub use work::{Across, Work};
