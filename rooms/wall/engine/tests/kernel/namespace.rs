//! A network namespace of the test's own, with a packet filter in it.

use std::io::Write;
use std::process::{Command, Stdio};

/// Gone when dropped.
pub(crate) struct Namespace(String);

impl Namespace {
    /// Nothing, and a word about it, where there are no namespaces or no `nft`.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let name = format!("wall-{}-{name}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        let has_nft = Command::new("nft").arg("--version").output().is_ok();
        if !has_nft || !made.is_ok_and(|made| made.status.success()) {
            eprintln!("skipped: needs root, ip and nft");
            return None;
        }
        Some(Self(name))
    }

    fn nft(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        let mut child = Command::new("ip")
            .args(["netns", "exec", &self.0, "nft"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let done = child.wait_with_output().unwrap();
        if done.status.success() {
            Ok(String::from_utf8(done.stdout).unwrap())
        } else {
            Err(String::from_utf8_lossy(&done.stderr).into_owned())
        }
    }

    /// Has the kernel take a script, whole or not at all.
    pub(crate) fn load(&self, script: &str) -> Result<(), String> {
        self.nft(&["-f", "-"], script).map(drop)
    }

    /// What the kernel has.
    pub(crate) fn ruleset(&self) -> String {
        self.nft(&["-j", "list", "ruleset"], "").unwrap()
    }

    /// Forgets everything.
    pub(crate) fn flush(&self) {
        self.load("flush ruleset\n").unwrap();
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).output();
    }
}
