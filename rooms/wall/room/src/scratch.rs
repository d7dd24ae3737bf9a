//! A packet filter of nobody's: a script is taken there and read back, so that
//! what the kernel would hold is known before it does. It is a network namespace
//! that lives as long as one process.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::kernel::KernelError;

/// What a kernel that held nothing but this script would say (the JSON of
/// `nft`).
///
/// # Errors
/// If no namespace can be made, or nft refuses the script.
pub fn read_back(script: &str) -> Result<String, KernelError> {
    let failed = |why| KernelError::Start { program: "unshare", why };
    let mut command = Command::new("unshare");
    // Whoever is not root is root in a namespace of users, where that is allowed.
    if !is_root() {
        command.arg("--map-root-user");
    }
    let mut child = command
        .args(["--net", "--", "sh", "-c", "nft -f - && nft -j list ruleset"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut stdin = child.stdin.take();
    // Whoever writes must not wait for whoever writes back.
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(move || {
            let stdin = stdin.take();
            stdin.map_or(Ok(()), |mut stdin| stdin.write_all(script.as_bytes()))
        });
        let done = child.wait_with_output();
        // One that refuses early need not read all; its words say why.
        let _ = writer.join();
        done
    });
    let done = written.map_err(failed)?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(KernelError::Refused(said.lines().take(5).collect::<Vec<_>>().join("; ")))
}

/// True for the account that may change the packet filter.
#[must_use]
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
