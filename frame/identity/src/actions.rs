//! What this crate writes into the ledger.

use records::Action;

pub(crate) const BODY_FOUNDED: Action = Action::new("body.founded");
pub(crate) const SECTION_OPENED: Action = Action::new("section.opened");
pub(crate) const SECTION_CHANGED: Action = Action::new("section.changed");
pub(crate) const SECTION_CLOSED: Action = Action::new("section.closed");
pub(crate) const PERSON_INVITED: Action = Action::new("person.invited");
pub(crate) const PERSON_CHANGED: Action = Action::new("person.changed");
pub(crate) const PERSON_LEFT: Action = Action::new("person.left");
pub(crate) const PERSON_TAKEN_BACK: Action = Action::new("person.taken-back");
pub(crate) const PERSON_ENROLLED: Action = Action::new("person.enrolled");
pub(crate) const PERSON_RESET: Action = Action::new("person.reset");
pub(crate) const CODE_ISSUED: Action = Action::new("person.code-issued");
pub(crate) const JOINERS_APPLIED: Action = Action::new("joiners.applied");
pub(crate) const ROLE_ASSIGNED: Action = Action::new("role.assigned");
pub(crate) const ROLE_WITHDRAWN: Action = Action::new("role.withdrawn");
pub(crate) const POST_RECORDED: Action = Action::new("concurrent-post.recorded");
pub(crate) const FACTOR_ADDED: Action = Action::new("factor.added");
pub(crate) const FACTOR_CHANGED: Action = Action::new("factor.changed");
pub(crate) const FACTOR_REMOVED: Action = Action::new("factor.removed");
pub(crate) const LOST_FACTOR_GRANTED: Action = Action::new("lost-factor.granted");
pub(crate) const LOST_FACTOR_WITHDRAWN: Action = Action::new("lost-factor.withdrawn");
pub(crate) const SIGN_IN_REFUSED: Action = Action::new("sign-in.refused");
pub(crate) const SESSION_OPENED: Action = Action::new("session.opened");
pub(crate) const SESSION_PROVED: Action = Action::new("session.proved");
pub(crate) const PROOF_REFUSED: Action = Action::new("session.proof-refused");
pub(crate) const SESSION_ENDED: Action = Action::new("session.ended");
pub(crate) const ALERT_RAISED: Action = Action::new("alert.raised");
pub(crate) const ALERT_SEEN: Action = Action::new("alert.seen");
