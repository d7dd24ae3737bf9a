//! The room's part of the command line: `disarm`, `inspect`, `doctor` and the
//! hidden `cage` that its workers run as.

pub mod disarm;
pub mod doctor;
pub mod inspect;

pub use crate::screen::Lang;

/// How a command ended; the process exits with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All delivered, or nothing found missing.
    Done,
    /// Something inside failed; what was finished stays.
    Failed,
    /// The command was used wrongly.
    Usage,
    /// Some files were blocked or held.
    Withheld,
}

impl Exit {
    /// The process's exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Withheld => 3,
        }
    }
}
