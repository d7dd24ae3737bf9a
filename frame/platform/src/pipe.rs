//! What happens when nobody reads any more what a command writes.

/// Has the process end quietly when the reader of its output is gone, as
/// `command | head` expects. For commands that write and end and speak to nobody
/// else: with a server, a database or a worker, connections break every day.
pub fn end_with_reader() {
    // SAFETY: the default action of a signal needs no handler; nothing else of
    // the process runs yet that could depend on the one before.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}
