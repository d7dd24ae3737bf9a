//! Bodies, people, roles, factors and sessions: who is calling, and what they
//! may do. Knows no permit and no screen.
//!
//! A person comes by [`people::invite`], enrols with the code they were handed
//! ([`enrol`]), signs in with two factors ([`sign_in`]) and is a [`Caller`] as
//! long as the session lasts ([`sessions`]). No other way makes a caller, and
//! no secret that lets anyone in lies waiting.

mod actions;
mod body;
mod caller;
mod conflict;
mod credential;
mod doorstep;
mod error;
mod gate;
mod new_factor;
mod person;
mod role;
mod tables;
mod throttle;

pub mod alerts;
pub mod bodies;
pub mod codes;
pub mod enrol;
pub mod joiners;
pub mod own;
pub mod people;
pub mod proof;
pub mod provider;
pub mod roles;
pub mod sections;
pub mod sessions;
pub mod set_up;
pub mod sign_in;

pub use body::{BodyCode, BodyCodeError, BodyKind, BodyRecord, NAME_MAX, NewBody};
pub use caller::{Caller, FRESH_MAX};
pub use conflict::{Bar, Conflict};
pub use error::{IdentityError, SignInError};
pub use gate::{FactorKind, Gate, GateSettings, Visitor};
pub use person::{
    LOGIN_MAX, Login, LoginError, NewPerson, NewSection, Person, PersonId, PersonState,
    SECTION_CODE_MAX, Section, SectionId,
};
pub use role::{Duties, Duty, Role, Scope};
pub use tables::MIGRATIONS;
