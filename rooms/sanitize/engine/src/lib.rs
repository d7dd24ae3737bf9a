//! Puts the families together: finds a file's real type, hands it to its
//! family, has the result verified, and says what happened. Does no I/O.

mod admission;
mod codes;
mod detect;
mod disarm;
mod dispatch;
mod inspect;
mod pictures;
mod read;

pub use codes::{codes, find as find_code};
pub use detect::detect;
pub use disarm::{Fonts, Outcome, Request, Verdict, disarm, disarm_with, warm};
pub use inspect::{Finding, Inspection, inspect, rules};
pub use pictures::{LEAF_SIDE_MAX, LEAVES_MAX, Leaf, Leaves, leaves};
pub use read::{PICTURE, Reading, Unread, read};
