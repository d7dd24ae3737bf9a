//! Passwords, one-time codes, keys and certificates: the mathematics of two
//! factors. Knows no person, no store, no request and no clock: what it needs
//! comes in as an argument, what it found goes out as a value.

pub mod authority;
pub mod code;
pub mod hashed;
pub mod oidc;
pub mod password;
pub mod pieces;
pub mod seal;
pub mod token;
pub mod totp;
pub mod webauthn;

mod common;
mod host;

pub use authority::{Authority, AuthorityError};
pub use code::{Code, CodeError};
pub use hashed::{Hashed, HashedError};
pub use password::{Attempt, Cost, Password, PasswordError, PasswordHash};
pub use pieces::{FileKey, Pieces};
pub use seal::{Binding, SealError, Sealer};
pub use token::{Token, TokenError};
pub use totp::{Step, TotpError, TotpSecret};
