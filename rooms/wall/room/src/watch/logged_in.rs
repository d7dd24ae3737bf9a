//! Who is logged in on this machine, as far as it says so itself.

use std::time::Duration;

use tokio::process::Command;

/// Lines that are kept.
const LINES_MAX: usize = 20;
/// Characters of one that are kept.
const CHARACTERS_MAX: usize = 100;
/// How long a program may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// What says it: utmp, and where a system keeps none, its session manager.
const ASKED: [(&str, &[&str]); 2] =
    [("who", &[]), ("loginctl", &["list-sessions", "--no-legend", "--no-pager"])];

/// People, each with terminal and time as the machine writes them; empty where
/// it knows of nobody.
pub(super) async fn now() -> Vec<String> {
    for (program, arguments) in ASKED {
        let asked = Command::new(program).args(arguments).kill_on_drop(true).output();
        let Ok(Ok(answer)) = tokio::time::timeout(ANSWER_MAX, asked).await else { continue };
        let lines = lines(&String::from_utf8_lossy(&answer.stdout));
        if answer.status.success() && !lines.is_empty() {
            return lines;
        }
    }
    Vec::new()
}

fn lines(text: &str) -> Vec<String> {
    let words = |line: &str| -> String {
        let plain = line.split_whitespace().collect::<Vec<_>>().join(" ");
        plain.chars().filter(|c| !c.is_control()).take(CHARACTERS_MAX).collect()
    };
    text.lines().map(words).filter(|line| !line.is_empty()).take(LINES_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_one_plain_line() {
        let said = "root     pts/0        2026-11-22 15:00 (10.2.0.9)\n\n";
        assert_eq!(lines(said), ["root pts/0 2026-11-22 15:00 (10.2.0.9)"]);
        assert_eq!(lines(&"x".repeat(500))[0].len(), CHARACTERS_MAX);
    }
}
