//! What every crate of the frame speaks in: ids, time, randomness, secrets and
//! bounded text. Knows no domain word beyond the body that owns a row.

pub mod clock;
pub mod id;
pub mod random;
pub mod secret;
pub mod text;
pub mod time;

pub use clock::{Clock, ManualClock, SystemClock};
pub use id::{BodyId, Id, IdError};
pub use random::{Random, SeededRandom, SystemRandom};
pub use secret::Secret;
pub use text::{Text, TextError};
pub use time::Timestamp;

/// What an asynchronous method of a trait returns.
pub type Task<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;
