//! What a person at a terminal reads. Japanese first; `Lang::En` for English.

use std::fmt::Write;

use clap::ValueEnum;

use crate::report::ReportLine;

/// The language of what is printed for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// Japanese.
    Ja,
    /// English.
    En,
}

impl Lang {
    /// Chooses between two wordings.
    pub(crate) fn pick<'t>(self, ja: &'t str, en: &'t str) -> &'t str {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }
}

/// Lines of removals shown for one file; the report has them all.
const REMOVALS_SHOWN: usize = 12;

/// Describes what became of one file.
pub(crate) fn file(line: &ReportLine, lang: Lang) -> String {
    let mut text = String::new();
    let input = printable(&line.input);
    let (mark, verdict) = match line.verdict {
        "clean" => ("○", lang.pick("問題なし", "clean")),
        "disarmed" => ("○", lang.pick("無害化済み", "disarmed")),
        "held" => ("△", lang.pick("保留", "held")),
        _ => ("×", lang.pick("渡せません", "blocked")),
    };
    let kind = line.r#type;
    match &line.output {
        Some(output) => {
            let output = printable(output);
            _ = writeln!(
                text,
                "{mark} {input} [{kind}] {verdict} → {output} ({} ms)",
                line.elapsed_ms
            );
        }
        None => _ = writeln!(text, "{mark} {input} [{kind}] {verdict}"),
    }
    for reason in &line.reasons {
        let message = lang.pick(&reason.message, &reason.message_en);
        _ = writeln!(text, "    {} ({})", printable(message), reason.code);
    }
    for removed in line.removed.iter().take(REMOVALS_SHOWN) {
        let message = lang.pick(removed.message, removed.message_en);
        let place = printable(&removed.r#where);
        let times = if removed.count > 1 { format!(" ×{}", removed.count) } else { String::new() };
        let place = if place.is_empty() { String::new() } else { format!(": {place}") };
        _ = writeln!(text, "    - {message}{place}{times}");
    }
    let hidden = line.removed.len().saturating_sub(REMOVALS_SHOWN);
    if hidden > 0 {
        let more = lang.pick("件はレポート(--report)に記載", "more in the report (--report)");
        _ = writeln!(text, "    … {hidden} {more}");
    }
    text
}

/// Sums up a run.
pub(crate) fn summary(lines: &[ReportLine], lang: Lang) -> String {
    let count = |verdict: &str| lines.iter().filter(|line| line.verdict == verdict).count();
    let (clean, disarmed) = (count("clean"), count("disarmed"));
    let (blocked, held) = (count("blocked"), count("held"));
    match lang {
        Lang::Ja => format!(
            "合計 {} 件: 問題なし {clean}、無害化済み {disarmed}、渡せません {blocked}、保留 {held}",
            lines.len()
        ),
        Lang::En => format!(
            "{} files: {clean} clean, {disarmed} disarmed, {blocked} blocked, {held} held",
            lines.len()
        ),
    }
}

/// Makes text from a file safe to print: control characters and those that
/// turn the reading direction could otherwise act on the terminal.
pub(crate) fn printable(text: &str) -> String {
    let shown = |c: char| match c {
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_act_on_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}txt.exe"), "a\u{fffd}[2Jb\u{fffd}txt.exe");
        assert_eq!(printable("𠮷田\u{e0100}.pdf"), "𠮷田\u{e0100}.pdf");
    }
}
