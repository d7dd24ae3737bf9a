//! ICAP (RFC 3507): proxies and NAS products hand files over and get them back
//! harmless. `protocol` and `meaning` are engines: bytes in, bytes and events
//! out. `service` does the I/O. Knows neither the sanitiser nor the ledger:
//! both hang behind [`Disarmer`].

mod clients;
mod codes;
mod disarmer;
pub mod meaning;
pub mod protocol;
pub mod service;

pub use clients::{Clients, ClientsError};
pub use codes::{CODES, Code};
pub use disarmer::{Crossing, Disarmer, Refused, Said, Sent, Unable, Verdict, Way};
pub use service::{Content, Drained, Server, ServerError, Settings, Tag};

/// The port that clients expect (RFC 3507 §4.2).
pub const PORT: u16 = 1344;
/// The port that clients expect for ICAP over TLS, by custom: RFC 3507 names
/// none.
pub const PORT_TLS: u16 = 11_344;
