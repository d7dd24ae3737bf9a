//! Plain writers for the containers that carry vectors. They write whatever
//! they are told, correct or not: hostile files need that.

pub mod msg;
pub mod ole;
pub mod package;
pub mod packed;
pub mod pdf;
pub mod picture;
pub mod ppt;
pub mod xlsb;
pub mod xml;
pub mod zip;
