//! Content streams (ISO 32000-2 §7.8.2): read token by token and written anew
//! operator by operator.

mod inline;
mod operators;
mod rewrite;
mod token;

pub use rewrite::{Names, Rewritten, Scope, rewrite};
pub use token::{Lexer, Token};
