//! Makes the files that prove the sanitiser: one planted vector a file, each
//! with its canary; their benign twins; Japanese documents. Knows nothing of
//! the sanitiser, so that it cannot share its mistakes.

pub mod canary;
pub mod case;
pub mod examples;
pub mod inject;
pub mod japanese;
pub mod load;
pub mod make;
pub mod people;

pub use case::{Case, Expect};
