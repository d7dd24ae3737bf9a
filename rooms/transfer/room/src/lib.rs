//! The room in which files pass between zones. Its commands so far: what a
//! file says about people.

pub mod commands;
