//! Content streams (ISO 32000-2 §7.8.2): read token by token and written anew
//! operator by operator.

mod inline;
mod marks;
mod names;
mod operators;
mod rewrite;
mod token;

pub use names::{Names, Scope};
pub use rewrite::{Rewritten, rewrite};
pub use token::{Lexer, Token};
