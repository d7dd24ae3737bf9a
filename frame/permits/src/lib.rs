//! The one life cycle of what may happen, and its end. A permit is applied for
//! by one person, decided by another, has an end that no kind can leave out,
//! and a mechanism that takes the ability away. Knows no room and no screen.

mod apply;
mod approver;
mod decide;
mod due;
mod end;
mod error;
mod ground;
mod kind;
mod life;
mod lost_factor;
mod mechanism;
mod permit;
mod register;
mod scope;
mod service;
mod tables;
mod tokens;
mod using;
#[cfg(test)]
mod walk;
mod watch;

pub use apply::Application;
pub use approver::{Approver, NotApprover};
pub use due::{SWEEP, due_handlers};
pub use end::Settled;
pub use error::PermitError;
pub use kind::{
    API_TOKEN, Beneficiary, CONFIRM_WITHIN, CORE, Closing, DEPUTY, EXCEPTION, EXPORT, IN_FORCE,
    Kind, KindError, Kinds, LOST_FACTOR, LOST_FACTOR_CODE, Reach, SPAN_MAX, Stretch, TOKEN,
};
pub use life::{State, Step};
pub use mechanism::{Held, Issuer, Mechanism};
pub use permit::{NotNow, Outcome, Permit, PermitId};
pub use register::{Filter, PAGE_MAX, Page, Part};
pub use scope::{Field, Form, Scope, ScopeError, ScopeFault, ScopeValue};
pub use service::{DUE_JOB, Permits, WORDS_CHARACTERS_MAX};
pub use tables::MIGRATIONS;
pub use tokens::Presented;
pub use using::{Ask, Grant};
