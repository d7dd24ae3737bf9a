//! The wall between the networks: has the kernel hold exactly the flows that
//! are open, and shows that it does. Decides nothing about which are.

pub mod commands;
mod kernel;
pub mod lab;

pub use kernel::{Kernel, KernelError};
