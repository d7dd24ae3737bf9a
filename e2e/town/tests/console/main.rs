//! The console as people and programs meet it. One program, so that what waits
//! for the clock waits beside the others.

mod accessible;
mod life;
mod provider;
mod schema;
