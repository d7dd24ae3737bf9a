//! Reads the first bytes of both sides of a flow and says whether they are the
//! protocol that it names. Touches no socket and no clock: the relay brings the
//! bytes, carries on what is cleared, and cuts both sides at a refusal.
//!
//! ```
//! use wall_guard::{Look, Rule, Side};
//! use zones::site::Application;
//!
//! let mut look = Look::new(&Rule::of(Application::Ssh, &[]));
//! let cleared = look.receive(Side::Server, b"SSH-2.0-OpenSSH_9.2\r\n").unwrap();
//! assert_eq!(cleared.to_client, b"SSH-2.0-OpenSSH_9.2\r\n");
//! assert!(look.receive(Side::Client, b"GET / HTTP/1.1\r\n").is_err());
//! ```

mod kind;
mod look;
mod read;
mod refusal;
mod screen;
mod tls;
mod words;

pub use kind::Kind;
pub use look::{Cleared, HELD_BYTES_MAX, Look};
pub use refusal::{Certificate, Refusal, Rule, Seen, Side, Why};
