//! The mail room: reads mails in a cage and speaks to people about them. What a
//! mail means is the engine's; what makes files harmless is the sanitiser's.

mod cage;
pub mod commands;

pub use cage::{CageArguments, ReadError, Reader, Reading, serve_cage};
