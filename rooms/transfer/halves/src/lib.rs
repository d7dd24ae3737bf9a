//! A gate in two halves. The outer stands in the internet zone, takes files by
//! upload links and seals them at once to the inner's key; the inner stands in
//! LGWAN, opens the one connection and fetches. Knows no row, no page and no
//! permit: the inner end is handed a desk, the outer end a shelf.

pub mod frame;
pub mod inner;
pub mod limits;
mod link;
pub mod outer;
pub mod seal;
pub mod tls;
mod trouble;
mod wire;

pub use frame::{FrameError, Head, OuterSays, ToInner, ToOuter, Verdict};
pub use link::{ItemId, LinkHash, OpenLink};
pub use seal::{InnerKey, InnerPublic, Opening, SealError, Sealing};
pub use tls::{Identity, Pin, TlsError};
pub use trouble::Trouble;
