//! A packet filter of nobody's: a script is taken there and read back, so that
//! what the kernel would hold is known before it does. It is a network namespace
//! that lives as long as one process.

use std::process::Command;

use crate::child::{self, NFT_MAX};
use crate::kernel::KernelError;

/// What a kernel that held nothing but this script would say (the JSON of
/// `nft`).
///
/// # Errors
/// If no namespace can be made, or nft refuses the script or gives no answer.
pub fn read_back(script: &str) -> Result<String, KernelError> {
    let mut command = Command::new("unshare");
    // Whoever is not root is root in a namespace of users, where that is allowed.
    if !is_root() {
        command.arg("--map-root-user");
    }
    // All that runs in it dies with the one that is waited for.
    command.args(["--pid", "--fork", "--kill-child", "--net", "--"]);
    command.args(["sh", "-c", "nft -f - && nft -j list ruleset"]);
    let ended = child::run(&mut command, script, NFT_MAX * 2, |_| ());
    let ended = ended.map_err(|why| KernelError::of("unshare", why))?;
    if ended.is_good { Ok(ended.output) } else { Err(KernelError::Refused(ended.complaint())) }
}

/// True for the account that may change the packet filter.
#[must_use]
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
