//! Who goes first where there is not enough processor for everybody.

/// How far behind the rest of the program a thread runs (setpriority(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Somebody waits for it, while others ask briefly and want an answer at
    /// once: a third of their share.
    Work,
    /// Nobody waits for it: a thirtieth.
    Leisure,
}

impl Behind {
    const fn niceness(self) -> libc::c_int {
        match self {
            Self::Work => 5,
            Self::Leisure => 15,
        }
    }
}

/// Has the calling thread, and what it starts from now on, run behind the rest
/// of the program. False where the system does not allow it: then it runs as
/// before.
#[must_use]
pub fn step_back(behind: Behind) -> bool {
    // SAFETY: setpriority takes three numbers; 0 is the calling thread (Linux
    // counts niceness by thread).
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, behind.niceness()) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_thread_that_asks_steps_back() {
        // SAFETY: as above.
        let niceness = || unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        let before = niceness();
        for behind in [Behind::Work, Behind::Leisure] {
            let there =
                std::thread::spawn(move || step_back(behind).then(niceness)).join().unwrap();
            // One that began further back may not come forward again.
            assert!(there.is_none_or(|now| now == behind.niceness()), "{there:?}");
            assert!(there.is_some() || before > behind.niceness(), "{before}");
        }
        assert_eq!(niceness(), before);
    }
}
