//! The ground of a mail gate, which other crates' tests stand on, too.

pub use town::mail_ground::*;
