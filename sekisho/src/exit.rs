//! How the program ends.

use std::process::ExitCode;

/// How a command ended; the process exits with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything done, or nothing found wrong.
    Done,
    /// Something failed, or was found wrong.
    Failed,
    /// What a room's command says.
    Room(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Failed => Self::FAILURE,
            Exit::Room(code) => Self::from(code),
        }
    }
}

impl From<sanitize_room::commands::Exit> for Exit {
    fn from(exit: sanitize_room::commands::Exit) -> Self {
        Self::Room(exit.code())
    }
}

impl From<wall_room::commands::Exit> for Exit {
    fn from(exit: wall_room::commands::Exit) -> Self {
        Self::Room(exit.code())
    }
}
