//! The wall between the networks: has the kernel hold exactly the flows that
//! permits open, cuts them when those end, and shows that it does.

mod api;
mod around;
mod child;
pub mod commands;
pub mod cutoff;
mod error;
pub mod flows;
pub mod gate;
pub mod guarding;
pub mod health;
mod kernel;
pub mod lab;
mod pages;
pub mod review;
mod room;
pub mod scratch;
pub mod service;
pub mod tables;
pub mod uses;
pub mod watch;

pub use error::WallError;
pub use gate::{Gate, GateError, GateSettings};
pub use kernel::{Kernel, KernelError, Tool};
pub use room::{WORDS, WallRoom, interface};
pub use tables::MIGRATIONS;
