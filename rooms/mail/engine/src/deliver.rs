//! The words around a delivered body: who really sent it and what to look at
//! before it, what was changed behind it. In plain text, so that every program
//! shows them; colours and signs only repeat what the words say.

use encoding_rs::ISO_2022_JP;
use unicode_normalization::UnicodeNormalization;

use crate::hints::Level;
use crate::report::Report;

/// Hints that stand above a body; the others are in the headers.
const HINTS_SHOWN: usize = 12;

/// The block above a body; empty where there is nothing to say.
#[must_use]
pub fn heading(report: &Report) -> String {
    let mut out = String::new();
    if let Some(from) = &report.from {
        out.push_str(&format!("差出人の実際のアドレス: {} <{}>\n", from.display, from.address));
    }
    let shown = report.hints.iter().filter_map(|hint| Some((mark(&hint.level)?, hint)));
    for (mark, hint) in shown.take(HINTS_SHOWN) {
        out.push_str(&format!("【{mark}】{}\n", hint.message));
    }
    if !out.is_empty() {
        out.push_str("----\n");
    }
    out
}

/// The word before a hint that stands above a body; a note stands in the headers
/// only.
fn mark(level: &str) -> Option<&'static str> {
    if level == Level::Warning.name() {
        Some("警告")
    } else if level == Level::Caution.name() {
        Some("注意")
    } else {
        None
    }
}

/// The lines behind a body that say what was changed; empty where nothing was.
/// `more` is what was done beside the body: files that were left out.
#[must_use]
pub fn changes(report: &Report, more: &[String]) -> String {
    let mut parts: Vec<String> = Vec::new();
    if !report.links.is_empty() {
        parts.push(format!("リンク{}件を押せない形にしました", report.links.len()));
    }
    for removed in &report.removed {
        if !parts.contains(&removed.message) {
            parts.push(removed.message.clone());
        }
    }
    if parts.is_empty() && more.is_empty() {
        return String::new();
    }
    let mut out = String::from("----\n");
    if !parts.is_empty() {
        out.push_str(&format!("関所での変更: {}\n", parts.join("、")));
    }
    for line in more {
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Encodes text in ISO-2022-JP for programs that know nothing else. What it
/// cannot hold is written with letters that it can, or as 〓; returns how many
/// characters became 〓.
#[must_use]
pub fn iso_2022_jp(text: &str) -> (Vec<u8>, usize) {
    let mut lost = 0;
    let mut fitting = String::with_capacity(text.len());
    let mut buffer = [0_u8; 4];
    for c in whole_kana(text).chars() {
        let fits = |text: &str| !ISO_2022_JP.encode(text).2;
        if fits(c.encode_utf8(&mut buffer)) {
            fitting.push(c);
            continue;
        }
        let plain: String = std::iter::once(c).nfkc().collect();
        if fits(&plain) {
            fitting.push_str(&plain);
        } else if !matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{200D}') {
            fitting.push('〓');
            lost += 1;
        }
    }
    (ISO_2022_JP.encode(&fitting).0.into_owned(), lost)
}

/// Makes half-width katakana full ones, each together with its marks.
fn whole_kana(text: &str) -> String {
    let is_half = |c: char| ('\u{FF61}'..='\u{FF9F}').contains(&c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_half) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let end = from.find(|c| !is_half(c)).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        out.extend(run.nfkc());
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Verdicts;
    use crate::hints::{Setting, look};
    use crate::{Limits, read};

    #[test]
    fn a_body_is_framed_by_what_to_know() {
        let mail = "From: 総務省 <x@gmail.com>\r\nSubject: s\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>本文 <a href='https://a.example'>x</a><script>y</script>";
        let message = read(mail.as_bytes(), &Limits::default()).unwrap();
        let hints = look(&message, &Verdicts::default(), &Setting::default());
        let report = Report::new(&message, &Verdicts::default(), &hints);
        let heading = heading(&report);
        assert!(
            heading.starts_with(
                "差出人の実際のアドレス: 総務省 <x@gmail.com>\n【警告】役所や企業を名乗っていますが"
            ),
            "{heading}"
        );
        assert_eq!(
            changes(&report, &[]),
            "----\n関所での変更: リンク1件を押せない形にしました、本文のスクリプトを取り除きました\n"
        );
    }

    #[test]
    fn old_programs_get_what_they_can_read() {
        let (bytes, lost) = iso_2022_jp("会議①ｶﾞ😀é葛\u{E0100}");
        assert_eq!(ISO_2022_JP.decode(&bytes).0, "会議①ガ〓〓葛");
        assert_eq!(lost, 2);
        assert!(bytes.is_ascii());
    }
}
