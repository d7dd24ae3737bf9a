//! The scan for personal data on any text: it ends, it says the same twice,
//! it counts no more than there can be, and it never shows a number.

use transfer_pii::{Limits, Report, Scanner};

use crate::targets::Target;

/// Scans a text with marks.
pub(crate) fn scan(_: &Target, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let report = scanned(&text, Limits::default());
    assert_eq!(report, scanned(&text, Limits::default()), "the same text must say the same");
    let tight = Limits {
        findings_max: 3,
        persons_max: 2,
        waiting_max: 2,
        columns_max: 4,
        cell_letters_max: 40,
    };
    assert!(scanned(&text, tight).findings.len() <= 3, "a limit must hold");
    assert!(report.persons <= bytes.len() as u64, "nobody is made of nothing");
    let said = format!("{report:?}");
    let longest = said.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    assert!(longest <= DIGITS_MAX, "a report must show no number");
}

/// Digits of the largest count or line that a report may show.
const DIGITS_MAX: usize = 8;

fn scanned(text: &str, limits: Limits) -> Report {
    let mut scanner = Scanner::new(limits);
    scanner.marked(text);
    scanner.finish()
}
