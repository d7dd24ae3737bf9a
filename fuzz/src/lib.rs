//! Fuzz targets, one a parser, and what a target demands of any input: no
//! panic, a verdict, and a delivered file that the gate itself calls clean.

pub mod current;
mod guard;
mod halves;
mod icap;
pub mod mutate;
pub mod pack;
mod pii;
mod relay;
mod spam;
pub mod targets;
