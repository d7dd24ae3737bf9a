//! Sockets that stand for the addresses of others: what a program needs that
//! carries a connection on between two ends which see each other.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// Lets a socket be bound to an address that is not this machine's, and take
/// packets for one (ip(7) `IP_TRANSPARENT`, ipv6(7)).
///
/// # Errors
/// If the caller may not (`CAP_NET_ADMIN`).
pub fn stand_for_others(socket: &impl AsFd, is_ipv4: bool) -> io::Result<()> {
    let (level, name) = if is_ipv4 {
        (libc::SOL_IP, libc::IP_TRANSPARENT)
    } else {
        (libc::SOL_IPV6, libc::IPV6_TRANSPARENT)
    };
    let one: libc::c_int = 1;
    let size = libc::socklen_t::try_from(size_of_val(&one)).unwrap_or_default();
    // SAFETY: the descriptor is open for the length of the call, and the value
    // is an int of that size which the kernel only reads.
    let code = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            level,
            name,
            std::ptr::from_ref(&one).cast(),
            size,
        )
    };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
