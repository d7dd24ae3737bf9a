//! How much room a disk has.

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Room on the disk that a path lies on, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What this user may still write.
    pub free_bytes: u64,
    /// What the disk has in all.
    pub total_bytes: u64,
}

/// Asks the kernel (statvfs(3)).
///
/// # Errors
/// If the path is not there or not to be looked at.
pub fn space(path: &Path) -> io::Result<Space> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let mut found = MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends with a zero byte and the place is one statvfs wide.
    let answer = unsafe { libc::statvfs(path.as_ptr(), found.as_mut_ptr()) };
    if answer != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call answered 0, so it has filled the place.
    let found = unsafe { found.assume_init() };
    Ok(Space {
        free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
        total_bytes: found.f_blocks.saturating_mul(found.f_frsize),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_disk_has_room_and_no_disk_has_none() {
        let here = space(Path::new("/")).unwrap();
        assert!(here.free_bytes <= here.total_bytes && here.total_bytes > 0);
        assert!(space(Path::new("/not/there")).is_err());
    }
}
