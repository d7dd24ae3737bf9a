//! The room in which files pass between zones: sent, made harmless, decided,
//! approved by others where the policy says so, delivered, ended.

mod api;
pub mod asked;
pub mod commands;
mod container;
mod desk;
mod error;
mod fields;
pub mod folders;
mod handlers;
mod kind;
mod large;
pub mod links;
mod names;
mod pages;
mod parcel;
mod paths;
mod policy;
mod preview;
mod report;
mod rights;
mod room;
mod rounds;
mod scanners;
mod service;
mod tables;
mod tellings;
mod together;
mod treat;
mod uploads;

pub use handlers::ENDING;
pub use kind::{LetThrough, TRANSFER};
pub use pages::{DoorPage, LINK_WORDS, Refused, drain};
pub use room::{TransferRoom, interface};
pub use scanners::{Clamd, Examined, ScannerSettings, Scanners, YaraSettings};
pub use tables::MIGRATIONS;
