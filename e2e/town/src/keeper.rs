//! Clears away what a test started and what would outlive it, also where the test
//! itself is killed: a process of its own that waits for the test's end.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits beside a test. Dropped, or when the test is gone, it ends the Postfix
/// instances and every other process that works in the test's folder or names it,
/// and takes its network namespaces away.
pub struct Keeper(Child);

/// `$1` is the folder; the namespaces follow. A Postfix is found by its folder; a
/// program that would start it again is ended before it.
const SCRIPT: &str = r#"
cat >/dev/null
folder=$1; shift
ours() {
    for place in /proc/[0-9]*; do
        pid=${place#/proc/}
        [ "$pid" = $$ ] && continue
        words=$(tr '\0' ' ' 2>/dev/null <"$place/cmdline")
        work=$(readlink "$place/cwd" 2>/dev/null)
        case "$words" in *"$folder/"*) echo "$pid"; continue;; esac
        case "$work" in "$folder/"*) echo "$pid";; esac
    done
}
for turn in 1 2 3; do
    for pid in $(ours); do kill -9 "$pid" 2>/dev/null; done
done
for name in "$@"; do
    for pid in $(ip netns pids "$name" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
    ip netns del "$name" 2>/dev/null
done
exit 0
"#;

impl Keeper {
    /// Watches over a folder and the namespaces of these names. The folder must be
    /// the test's alone.
    ///
    /// # Panics
    /// If no process can be started.
    #[must_use]
    pub fn over(folder: &Path, namespaces: &[&str]) -> Self {
        let child = Command::new("sh")
            .args(["-c", SCRIPT, "keeper"])
            .arg(folder)
            .args(namespaces)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh");
        Self(child)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::Keeper;

    #[test]
    fn what_works_in_the_folder_ends_and_nothing_else() {
        let (own, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let keeper = Keeper::over(own.path(), &[]);
        let start = |folder: &std::path::Path| {
            let inside = folder.join("queue");
            std::fs::create_dir(&inside).unwrap();
            Command::new("sleep").arg("60").current_dir(inside).spawn().unwrap()
        };
        let (mut ours, mut others) = (start(own.path()), start(other.path()));
        drop(keeper);
        let begun = Instant::now();
        while ours.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(5), "it lives on");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(others.try_wait().unwrap().is_none(), "another test's process lives on");
        others.kill().unwrap();
        others.wait().unwrap();
    }
}
