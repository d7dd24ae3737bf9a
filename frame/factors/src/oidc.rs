//! What a client of an OpenID provider computes and checks (OpenID Connect Core
//! 1.0, Discovery 1.0, RFC 7636, RFC 9207): addresses, the provider's own
//! description, its keys, and the one token that is believed. Fetches nothing.

mod address;
mod id_token;
mod keys;
mod metadata;
mod request;

pub use address::{Address, AddressError};
pub use id_token::{Claims, Expected, TokenFault, id_token_of, verify};
pub use keys::{KEYS_MAX, KeySet};
pub use metadata::{Metadata, MetadataError};
pub use request::{Client, Scope, TokenRequest, Trip};
