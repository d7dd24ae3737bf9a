//! Who goes first where there is not enough processor for everybody.

/// How far back, of 19 (setpriority(2)): a tenth of the share of others.
const NICENESS: libc::c_int = 10;

/// Has the calling thread, and what it starts from now on, run behind the rest
/// of the program. False where the system does not allow it: then it runs as
/// before.
pub fn step_back() -> bool {
    // SAFETY: setpriority takes three numbers; 0 is the calling thread (Linux
    // counts niceness by thread).
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_thread_that_asks_steps_back() {
        // SAFETY: as above.
        let niceness = || unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        let before = niceness();
        let behind = std::thread::spawn(move || (step_back(), niceness())).join().unwrap();
        assert_eq!(behind, (true, NICENESS.max(before)));
        assert_eq!(niceness(), before);
    }
}
