//! The one thing that the guard needs of routing: packets with its mark are the
//! gateway's own. Without it they meet the hook `forward`, where no guarded flow
//! passes.

use std::process::Command;

use wall_engine::GUARD_MARK;

use super::GuardError;
use crate::child::{self, IP_MAX};

/// The routing table and the preference of the rule that leads to it.
const TABLE: &str = "5113";
const PREFERENCE: &str = "113";

/// Lays the routes, in the network namespace of the calling thread.
pub(super) fn lay() -> Result<(), GuardError> {
    let mark = format!("{GUARD_MARK:#x}");
    for (family, everywhere) in [("-4", "0.0.0.0/0"), ("-6", "::/0")] {
        // One that is there already would be there twice.
        let rule = ["pref", PREFERENCE, "fwmark", &mark, "lookup", TABLE];
        let _ = ip(&[&[family, "rule", "del"], &rule[..]].concat());
        ip(&[&[family, "rule", "add"], &rule[..]].concat())?;
        ip(&[family, "route", "replace", "local", everywhere, "dev", "lo", "table", TABLE])?;
    }
    Ok(())
}

fn ip(arguments: &[&str]) -> Result<(), GuardError> {
    let ended = child::run(Command::new("ip").args(arguments), "", IP_MAX, |_| ())
        .map_err(|why| GuardError::Routes(format!("ip: {why}")))?;
    if ended.is_good { Ok(()) } else { Err(GuardError::Routes(ended.complaint())) }
}
