//! The words every format family shares: formats, policy, limits, findings,
//! verdicts and the job that carries them. Knows nothing of any file format's
//! inside, of files, clocks or processes.

mod budget;
mod code;
pub mod filename;
mod format;
mod job;
pub mod limits;
mod mark;
mod password;
mod policy;
pub mod reasons;

pub use budget::Budget;
pub use code::{Code, Kind};
pub use format::{Admission, Format};
pub use job::{Engines, Job, Method, Output, Reason, Removal, Stop};
pub use limits::{LIMIT_CODES, Limits};
pub use mark::{Mark, Marked, marked_lines};
pub use password::Passwords;
pub use policy::{
    ArchivePolicy, Choice, Embedded, Fonts, Hyperlinks, ImagePolicy, MailPolicy, OfficePolicy,
    PdfPolicy, Policy, Preset, TextPolicy,
};
