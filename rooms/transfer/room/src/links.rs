//! Upload links (アップロード用リンク): somebody outside without an account
//! hands files in. A link is a permit; its mechanism opens the door and shuts it.

pub(crate) mod api;
mod guess;
mod health;
mod kind;
mod service;
mod tables;

pub use guess::Guesses;
pub use health::{Outer, OuterState};
pub use kind::{UPLOAD_LINK, UploadLinks};
pub use service::{Arrived, Gate, GateError, LinkHash, OpenLink, Taken};

pub(crate) use service::{Door, Knock, Sent, forget, receiver};
pub(crate) use tables::{LINKS, Link, applicant, find, is_shown_to, list};
