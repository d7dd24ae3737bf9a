//! People on the screen: the list, one person, roles, and files of joiners and
//! leavers.

mod codes;
mod file;
mod list;
mod person;
mod roles;

use identity::{Caller, Duty};

pub(super) use codes::issue as issue_code;
pub(crate) use file::{FILE_BYTES_MAX, apply_joiners, mistake_name};
pub(super) use file::{apply as apply_file, plan as plan_file, show as show_file};
pub(super) use list::{invite, new, show as list};
pub(crate) use list::{parse_after, take_out, write_after};
pub(super) use person::{change, edit, end_sessions, leave, leaving, show as person};
pub(super) use roles::{assign, post, withdraw};

use crate::failure::Failure;

/// Who sees the list of a body's people: whoever manages, appoints, decides or
/// audits.
const SEEING: [Duty; 6] = [
    Duty::ManagePeople,
    Duty::AssignRoles,
    Duty::ReadPermits,
    Duty::ReadLedger,
    Duty::Audit,
    Duty::HandleIncidents,
];

/// Demands that the caller may see people.
pub(crate) fn demand_seeing(caller: &Caller) -> Result<(), Failure> {
    if SEEING.iter().any(|duty| caller.duties.has(*duty)) {
        Ok(())
    } else {
        Err(Failure::Forbidden(None))
    }
}

/// The duties of [`demand_seeing`], for the menu.
pub(super) const fn seeing() -> &'static [Duty] {
    &SEEING
}
