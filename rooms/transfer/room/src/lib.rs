//! The room in which files pass between zones: sent, made harmless, decided,
//! approved by others where the policy says so, delivered, ended.

mod api;
pub mod commands;
mod error;
mod fields;
mod handlers;
mod kind;
mod pages;
mod policy;
mod report;
mod room;
mod service;
mod tables;
mod treat;
mod vault;

pub use handlers::ENDING;
pub use kind::{LetThrough, TRANSFER};
pub use room::{TransferRoom, interface};
pub use tables::MIGRATIONS;
