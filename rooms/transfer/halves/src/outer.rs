//! The outer end: keeps sealed what came by open links until the inner end has
//! fetched it. It listens; the inner end connects, and alone decides.

mod shelf;
mod talk;
mod window;

pub use shelf::{Ready, Shelf, ShelfError, Writing};
pub use talk::Outer;
pub use window::{Closed, Reservation, Seen, Window};
