//! Works inside another network namespace: what a thread opens there stays
//! there.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::thread;

/// Where `ip netns` keeps the names of namespaces.
const NAMED: &str = "/run/netns";

/// Runs something on a thread of its own that has entered a named network
/// namespace (setns(2)). Sockets opened there belong to it for good.
///
/// # Errors
/// If there is no namespace of that name, or the caller may not enter it
/// (`CAP_SYS_ADMIN`).
pub fn in_network<T: Send>(name: &str, run: impl FnOnce() -> T + Send) -> io::Result<T> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if name.is_empty() || name.starts_with('.') || !name.bytes().all(is_plain) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let place = File::open(Path::new(NAMED).join(name))?;
    thread::scope(|scope| {
        let entered = scope.spawn(move || {
            // SAFETY: the descriptor is open for the length of the call, and the
            // call changes nothing but the namespace of this one thread.
            let code = unsafe { libc::setns(place.as_raw_fd(), libc::CLONE_NEWNET) };
            if code == 0 { Ok(run()) } else { Err(io::Error::last_os_error()) }
        });
        entered.join().map_err(|_| io::Error::other("the thread in the namespace broke"))?
    })
}
