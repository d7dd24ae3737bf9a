//! Says which of the walls that a cage is built from this kernel offers.

/// What the running kernel offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Support {
    /// Version of the Landlock interface; 0 where there is none.
    pub landlock_abi: u32,
    /// Whether seccomp filters can be installed.
    pub seccomp: bool,
}

impl Support {
    /// Says whether a full cage can be built: file system and system calls.
    #[must_use]
    pub fn is_complete(self) -> bool {
        self.landlock_abi > 0 && self.seccomp
    }
}

/// Asks the kernel; changes nothing.
#[must_use]
pub fn support() -> Support {
    Support { landlock_abi: landlock_abi(), seccomp: seccomp() }
}

fn landlock_abi() -> u32 {
    const CREATE_RULESET_VERSION: libc::c_uint = 1;
    // SAFETY: with a null attribute, size zero and the version flag the call
    // only returns a number (landlock_create_ruleset(2)).
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0_usize,
            CREATE_RULESET_VERSION,
        )
    };
    u32::try_from(version).unwrap_or(0)
}

fn seccomp() -> bool {
    let action: u32 = libc::SECCOMP_RET_KILL_PROCESS;
    // SAFETY: SECCOMP_GET_ACTION_AVAIL only reads the action it is pointed to.
    let answer = unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_ACTION_AVAIL, 0, &raw const action)
    };
    answer == 0
}
