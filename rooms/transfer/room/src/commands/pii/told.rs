//! How a scan is told: JSON for programs, sentences for people.

use std::fmt::Write as _;

use sanitize_engine::{PICTURE, Unread};
use sanitize_room::commands::Lang;
use serde_json::{Value, json};
use transfer_pii::{Certainty, Finding, Kind, Part, Place, Report};

use super::Scanned;

/// Findings that a person is shown; JSON has all.
const FINDINGS_SHOWN: usize = 20;

/// Says what one file says about people.
pub(super) fn tell(scanned: &Scanned, as_json: bool, lang: Lang) -> String {
    if as_json { json(scanned).to_string() } else { sentences(scanned, lang) }
}

fn json(scanned: &Scanned) -> Value {
    let Scanned { path, reading, report } = scanned;
    let counts: Vec<Value> = Kind::ALL
        .iter()
        .map(|&kind| {
            json!({
                "kind": kind.name(),
                "certain": report.count(kind, Certainty::Certain),
                "likely": report.count(kind, Certainty::Likely),
                "unlikely": report.count(kind, Certainty::Unlikely),
            })
        })
        .collect();
    let findings: Vec<Value> = report.findings.iter().map(finding_json).collect();
    let unread: Vec<Value> = reading
        .unread
        .iter()
        .map(|unread| json!({"reason": unread.reason, "where": unread.place}))
        .collect();
    json!({
        "input": path,
        "type": reading.format.name(),
        "verdict": verdict(scanned),
        "persons": report.persons,
        "persons_at_least": report.persons_at_least,
        "counts": counts,
        "findings": findings,
        "findings_cut": report.is_cut,
        "not_looked_at": unread,
    })
}

/// `found`, `none`, or `unknown` where something was not looked at.
fn verdict(scanned: &Scanned) -> &'static str {
    match (scanned.report.has_found(), scanned.reading.unread.is_empty()) {
        (true, _) => "found",
        (false, false) => "unknown",
        (false, true) => "none",
    }
}

fn finding_json(finding: &Finding) -> Value {
    let Place { files, part, lines, column } = &finding.place;
    let (part, name) = part_names(part);
    json!({
        "kind": finding.kind.name(),
        "certainty": finding.certainty.name(),
        "count": finding.count,
        "where": {
            "files": files, "part": part, "name": name,
            "lines": [lines.0, lines.1], "column": column,
        },
    })
}

fn part_names(part: &Part) -> (&'static str, String) {
    match part {
        Part::Body => ("body", String::new()),
        Part::Sheet(name) => ("sheet", name.clone()),
        Part::Page(number) => ("page", number.to_string()),
        Part::Slide(number) => ("slide", number.to_string()),
        Part::Other(name) => ("part", name.clone()),
        Part::Name => ("name", String::new()),
    }
}

fn sentences(scanned: &Scanned, lang: Lang) -> String {
    let Scanned { path, reading, report } = scanned;
    let mut text = format!("{} [{}] ", printable(path), reading.format.name());
    text.push_str(&summary(report, reading.unread.is_empty(), lang));
    for finding in report.findings.iter().take(FINDINGS_SHOWN) {
        let kind = kind_name(finding.kind, lang);
        let sure = certainty_name(finding.certainty, lang);
        let place = printable(&place(&finding.place, lang));
        let _ = write!(text, "\n    - {kind} ×{} ({sure}): {place}", finding.count);
    }
    let more = report.findings.len().saturating_sub(FINDINGS_SHOWN);
    if more > 0 || report.is_cut {
        let rest =
            pick(lang, "ほかにもあります(--json ですべて)", "there are more (--json has them)");
        let _ = write!(text, "\n    … {rest}");
    }
    for unread in &reading.unread {
        let _ = write!(text, "\n    ! {}", not_looked_at(unread, lang));
    }
    text
}

fn summary(report: &Report, is_whole: bool, lang: Lang) -> String {
    if !report.has_found() {
        return pick(
            lang,
            if is_whole {
                "個人情報は見つかりません"
            } else {
                "見ていない所があるため、ないとは言えません"
            },
            if is_whole {
                "no personal data found"
            } else {
                "some of it was not looked at, so it cannot be called free of personal data"
            },
        )
        .to_owned();
    }
    let count = report.persons;
    match (lang, report.persons_at_least) {
        (Lang::Ja, false) => format!("{count}人分"),
        (Lang::Ja, true) => format!("{count}人分以上"),
        (Lang::En, false) if count == 1 => "1 person".to_owned(),
        (Lang::En, false) => format!("{count} people"),
        (Lang::En, true) => format!("at least {count} people"),
    }
}

fn place(place: &Place, lang: Lang) -> String {
    let mut words = place.files.clone();
    let part = match (&place.part, lang) {
        (Part::Body, _) => String::new(),
        (Part::Sheet(name), Lang::Ja) => format!("シート「{name}」"),
        (Part::Sheet(name), Lang::En) => format!("sheet {name}"),
        (Part::Page(number), Lang::Ja) => format!("{number}ページ"),
        (Part::Page(number), Lang::En) => format!("page {number}"),
        (Part::Slide(number), Lang::Ja) => format!("スライド{number}"),
        (Part::Slide(number), Lang::En) => format!("slide {number}"),
        (Part::Other(name), _) => name.clone(),
        (Part::Name, _) => pick(lang, "ファイル名", "file name").to_owned(),
    };
    words.extend((!part.is_empty()).then_some(part));
    let (first, last) = place.lines;
    let range = if first == last { first.to_string() } else { format!("{first}–{last}") };
    let lines = match (lang, place.column) {
        (Lang::Ja, Some(column)) => format!("{}列 {range}行", letters(column)),
        (Lang::Ja, None) => format!("{range}行"),
        (Lang::En, Some(column)) => format!("column {} row {range}", letters(column)),
        (Lang::En, None) => format!("line {range}"),
    };
    words.extend((place.part != Part::Name).then_some(lines));
    words.join(" → ")
}

/// A column's number as spreadsheets write it.
fn letters(column: u32) -> String {
    let mut rest = column;
    let mut name = String::new();
    while rest > 0 {
        rest -= 1;
        let letter = u8::try_from(rest % 26).unwrap_or(0);
        name.insert(0, char::from(b'A' + letter));
        rest /= 26;
    }
    name
}

fn not_looked_at(unread: &Unread, lang: Lang) -> String {
    let place = printable(&unread.place);
    let sentence = if unread.reason == PICTURE {
        pick(lang, "画像だけで文字がありません", "it is a picture without text")
    } else {
        let code = sanitize_engine::find_code(unread.reason);
        code.map_or(unread.reason, |code| pick(lang, code.ja, code.en))
    };
    let head = pick(lang, "見ていません", "not looked at");
    let place = if place.is_empty() { String::new() } else { format!(" {place}") };
    format!("{head}{place}: {sentence}")
}

fn kind_name(kind: Kind, lang: Lang) -> &'static str {
    match kind {
        Kind::PersonalNumber => pick(lang, "個人番号", "personal number"),
        Kind::NamedPerson => pick(lang, "氏名と住所・生年月日", "name with address or birth date"),
        Kind::CreditCard => pick(lang, "クレジットカード番号", "credit card number"),
    }
}

fn certainty_name(certainty: Certainty, lang: Lang) -> &'static str {
    match certainty {
        Certainty::Certain => pick(lang, "確実", "certain"),
        Certainty::Likely => pick(lang, "おそらく", "likely"),
        Certainty::Unlikely => pick(lang, "偶然とみられる", "unlikely"),
    }
}

fn pick<'t>(lang: Lang, ja: &'t str, en: &'t str) -> &'t str {
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

/// Takes out what a terminal would obey.
pub(super) fn printable(text: &str) -> String {
    let is_order = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || is_order(c) { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use sanitize_core::Format;
    use sanitize_engine::Reading;
    use transfer_pii::{Limits, Scanner};

    use super::*;

    fn scanned(text: &str, unread: Vec<Unread>) -> Scanned {
        let mut scanner = Scanner::new(Limits::default());
        scanner.marked(text);
        let reading = Reading { format: Format::Txt, text: text.to_owned(), unread };
        Scanned { path: "a.txt".to_owned(), reading, report: scanner.finish() }
    }

    #[test]
    fn neither_json_nor_sentences_show_what_was_found() {
        let scanned =
            scanned("氏名\t個人番号\t生年月日\n山田太郎\t123456789018\tS50.1.2", Vec::new());
        for text in [tell(&scanned, true, Lang::Ja), tell(&scanned, false, Lang::Ja)] {
            assert!(!text.contains("1234") && !text.contains("山田"), "{text}");
        }
        assert_eq!(json(&scanned)["persons"], 1);
        assert_eq!(json(&scanned)["findings"][0]["where"]["column"], Value::Null);
        assert_eq!(json(&scanned)["findings"][1]["where"]["column"], 2);
    }

    #[test]
    fn what_was_not_read_is_never_called_free() {
        let unread = vec![Unread { reason: "password-needed", place: String::new() }];
        let scanned = scanned("", unread);
        assert_eq!(json(&scanned)["verdict"], "unknown");
        assert!(tell(&scanned, false, Lang::En).contains("not looked at"));
    }

    #[test]
    fn columns_have_letters() {
        assert_eq!([1, 26, 27, 703].map(letters), ["A", "Z", "AA", "AAA"]);
    }
}
