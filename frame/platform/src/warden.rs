//! The inside of a cage. A warden process shuts itself in, then forks one
//! child for each job, so that a job that breaks its child costs that job
//! only. The warden never looks at a job's bytes.
//!
//! Pipes: jobs come on standard input, results go to standard output, and the
//! warden's word on how the child ended goes to a third pipe that the child
//! does not hold. A child can therefore spoil its own result, but neither
//! another's nor the warden's word.

use std::fs::File;
use std::io::{self, Write};
use std::mem::ManuallyDrop;
use std::os::fd::{FromRawFd, OwnedFd};
use std::panic::{self, AssertUnwindSafe};

use crate::confine::{self, ConfineError, Confinement};
use crate::frames;

/// The descriptor on which the warden reports how a child ended.
pub(crate) const STATUS_FD: i32 = 3;
/// Sent once the walls are up.
pub(crate) const READY: u8 = b'R';
/// What the parent sends to ask for one more child.
pub(crate) const NEXT: u8 = b'N';
/// Exit code of a child whose handler panicked.
pub(crate) const PANICKED: i32 = 101;
/// Exit code of a child that could not be shut in.
pub(crate) const UNCONFINED: i32 = 102;
/// Exit code of a child that could not read its job or write its result.
pub(crate) const PIPE_BROKE: i32 = 103;

/// Why a warden had to stop.
#[derive(Debug, thiserror::Error)]
pub enum WardenError {
    /// A wall could not be built.
    #[error(transparent)]
    Confine(#[from] ConfineError),
    /// The parent went away or a pipe broke.
    #[error("lost the pipe to the parent")]
    Pipe(#[from] io::Error),
}

/// Runs a warden until its parent closes the pipe or a child fails. Call it first thing in a
/// process that was started by [`crate::Cage`]: single-threaded, nothing open.
///
/// `warm` runs once, before any hostile byte, so that tables are built one
/// time and shared by all children. `handle` runs in a fresh child each time.
///
/// # Errors
/// Fails when a wall cannot be built or the parent is gone.
pub fn serve(
    confinement: &Confinement,
    job_bytes_max: u64,
    warm: impl FnOnce(),
    handle: impl Fn(&[u8]) -> Vec<u8>,
) -> Result<(), WardenError> {
    confine::renounce()?;
    confine::limit_resources(confinement)?;
    or_allowed(confinement, confine::landlock(&[], &[]))?;
    let filter = confine::compute_only()?;
    // SAFETY: the parent put the status pipe there; nothing else owns it.
    let mut status = File::from(unsafe { OwnedFd::from_raw_fd(STATUS_FD) });
    // The standard hook asks the kernel for more than a cage allows.
    panic::set_hook(Box::new(|info| eprintln!("{info}")));
    warm();
    status.write_all(&[READY])?;
    while read_byte()? == Some(NEXT) {
        // SAFETY: this process has one thread, so the child may go on freely.
        let child = unsafe { libc::fork() };
        match child {
            -1 => return Err(io::Error::last_os_error().into()),
            0 => {
                drop(status);
                let installed = confine::renounce()
                    .and_then(|()| or_allowed(confinement, confine::filter(&filter)));
                let code = match installed {
                    Ok(()) => job(job_bytes_max, &handle),
                    Err(_) => UNCONFINED,
                };
                // SAFETY: ends the child at once; nothing is left to clean up.
                unsafe { libc::_exit(code) }
            }
            child => {
                let ended = wait(child)?;
                status.write_all(&ended.to_le_bytes())?;
                if ended != 0 {
                    // The job's bytes may still lie in the pipe; closing it
                    // lets go a parent that is still writing them.
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

fn or_allowed(
    confinement: &Confinement,
    wall: Result<(), ConfineError>,
) -> Result<(), ConfineError> {
    if confinement.allow_missing_walls { Ok(()) } else { wall }
}

/// Reads one byte without buffering, so that nothing meant for the child is
/// swallowed.
fn read_byte() -> io::Result<Option<u8>> {
    let mut byte = [0_u8];
    loop {
        // SAFETY: the buffer is one byte long and lives through the call.
        let count = unsafe { libc::read(0, byte.as_mut_ptr().cast(), 1) };
        match count {
            0 => return Ok(None),
            1 => return Ok(Some(byte[0])),
            _ => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}

/// Waits for the child and returns its raw wait status.
fn wait(child: libc::pid_t) -> io::Result<i32> {
    let mut status = 0;
    loop {
        // SAFETY: the status lives through the call.
        if unsafe { libc::waitpid(child, &raw mut status, 0) } == child {
            return Ok(status);
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Reads one job, handles it, writes the result; returns the exit code.
fn job(job_bytes_max: u64, handle: &impl Fn(&[u8]) -> Vec<u8>) -> i32 {
    // SAFETY: the child owns its copies of the two pipes and nothing else here
    // uses them. They are never closed: the process ends right after.
    let pipes = unsafe { [0, 1].map(|fd| ManuallyDrop::new(File::from_raw_fd(fd))) };
    let [mut input, mut output] = pipes;
    let Ok(Some(request)) = frames::read(&mut *input, job_bytes_max) else {
        return PIPE_BROKE;
    };
    let handled = panic::catch_unwind(AssertUnwindSafe(|| handle(&request)));
    match handled {
        Ok(answer) if frames::write(&mut *output, &answer).is_ok() => 0,
        Ok(_) => PIPE_BROKE,
        Err(_) => PANICKED,
    }
}
