//! Rules read, refused with their place, and how they decide.
#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;

fn hinted(name: &'static str, level: Level) -> MailFacts<'static> {
    MailFacts { hints: vec![(name, Some(level))], dmarc: "none", ..MailFacts::default() }
}

#[test]
fn the_default_is_good_and_says_what_its_comments_say() {
    let rules = parse(DEFAULT).unwrap();
    assert_eq!(rules.keep, Keep::default());
    let of = |kind, removed: &[&str]| {
        let removed: Vec<String> = removed.iter().map(|&code| code.to_owned()).collect();
        let facts = AttachmentFacts { kind, removed: &removed, ..AttachmentFacts::default() };
        rules.attachment(&facts).rule
    };
    assert_eq!(of("program", &[]), "programs-are-left-out");
    assert_eq!(of("office-macros", &["ooxml-macro"]), "macros-are-confirmed");
    assert_eq!(of("pdf", &["pdf-javascript"]), "harmless-files");
    let held = rules.mail(&hinted("sender-look-alike", Level::Warning));
    assert_eq!((held.rule.as_str(), held.order), ("imitation", Order::Hold));
    assert_eq!(rules.mail(&hinted("sender-free-mail", Level::Note)).order, Order::Deliver);
    let failed = MailFacts { dmarc: "fail", asks: "reject", ..MailFacts::default() };
    assert_eq!(rules.mail(&failed).rule, "sender-asks-to-reject");
    let spam = |count| MailFacts { spam: count, ..MailFacts::default() };
    assert_eq!(rules.mail(&spam(Some(90))).rule, "spam");
    assert_eq!(rules.mail(&spam(Some(89))).rule, "ordinary");
    assert_eq!(rules.mail(&spam(None)).rule, "ordinary", "no opinion is no spam");
}

#[test]
fn where_no_rule_speaks_nothing_passes_by_itself() {
    let rules = Rules::default();
    assert_eq!(rules.mail(&MailFacts::default()).order, Order::Hold);
    let left_out = rules.attachment(&AttachmentFacts::default());
    assert!(matches!(left_out.order, Fate::LeaveOut(_)));
    assert_eq!(left_out.rule, NO_RULE);
}

#[test]
fn every_fault_is_told_with_its_line() {
    let text = "[keep]\noriginal-days = 0\n[[attachment]]\nname = \"A b\"\ndo = \"deliver\"\n\
                [[attachment]]\nname = \"x\"\ndo = \"leave-out\"\n[[mail]]\nname = \"x\"\n\
                level = \"loud\"\ndo = \"send\"\nkinds = [\"pdf\"]\n";
    let complaints = parse(text).unwrap_err();
    let lines: Vec<usize> = complaints.iter().map(|complaint| complaint.line).collect();
    assert_eq!(lines, [2, 4, 6, 9, 10, 11, 13], "{complaints:?}");
}

#[test]
fn patterns_fit_parts_of_names() {
    assert!(fits("link-*", "link-port") && fits("*macro*", "ooxml-macro-sheet"));
    assert!(fits("*-macro", "ooxml-macro") && !fits("*-macro", "macro-ooxml"));
    assert!(fits("form", "form") && !fits("form", "reform"));
}

#[test]
fn what_leaves_has_rules_of_its_own() {
    let usual = parse(DEFAULT).unwrap().outward;
    assert_eq!(usual, Outward::default(), "the text says what holds without it");
    let text = "attachment = []\nmail = []\n[outward]\nhold-minutes = 0\nattachments = 'link'\n\
        unreadable = 'send'\nother-sender = 'approve'\nlink-days = 3\n";
    let read = parse(text).unwrap().outward;
    assert_eq!((read.hold_minutes, read.link_days), (0, 3));
    assert_eq!(read.attachments, Attachments::Link);
    assert!(!read.is_unread_approved && read.is_other_sender_approved);
    for wrong in ["hold-minutes = 1441", "attachments = 'x'", "unreadable = 'refuse'", "x = 1"] {
        let text = format!("attachment = []\nmail = []\n[outward]\n{wrong}\n");
        assert_eq!(parse(&text).unwrap_err()[0].line, 4, "{wrong}");
    }
}
