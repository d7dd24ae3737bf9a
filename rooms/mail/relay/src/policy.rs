//! The policy protocol of Postfix (SMTPD_POLICY_README): attributes in, one
//! action out. Answers can only let a question pass on or refuse; nothing here
//! can open the relay.

mod limits;
mod request;
mod serve;

pub use limits::{Counting, Counts, Judged, Reason};
pub use request::{Answer, Request, RequestError, Stage, parse};
pub use serve::{Policy, PolicyError, PolicyLimits};
