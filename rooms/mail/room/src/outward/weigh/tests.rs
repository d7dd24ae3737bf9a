//! What is asked about a mail that leaves, by what was found in it.
#![allow(clippy::unwrap_used, clippy::panic)]

use mail_engine::auth::Verdicts;
use mail_engine::{Limits, read};

use super::*;
use crate::report::FileFound;

fn found(from: &str, to: usize) -> Found {
    let to: Vec<String> = (0..to).map(|count| format!("p{count}@club.example")).collect();
    let mail = format!("From: {from}\r\nTo: {}\r\nSubject: s\r\n\r\nx\r\n", to.join(",\r\n "));
    let message = read(mail.as_bytes(), &Limits::default()).unwrap();
    Found { report: Some(Report::new(&message, &Verdicts::default(), &[])), ..Found::default() }
}

fn weighed(rules: &Outward, found: &Found, files: &[Treated], people: &People) -> Weighed {
    let own = BTreeSet::from(["a@town.example".to_owned()]);
    let domains = ["town.example".to_owned()];
    weigh(rules, &Facts { found, files, people, own: &own, domains: &domains, shown: &[] })
}

fn file(output: bool) -> Treated {
    let found = FileFound { name: "a.dwg".to_owned(), ..FileFound::default() };
    Treated { found, output: output.then(|| ("a.dwg".to_owned(), vec![1])) }
}

#[test]
fn each_reason_asks_the_right_person() {
    let (rules, none) = (Outward::default(), People::default());
    let of = |found: &Found, people: &People| weighed(&rules, found, &[], people);
    assert_eq!(of(&found("a@town.example", 10), &none).state(), Leaving::Waiting);
    assert_eq!(of(&found("a@town.example", 11), &none).state(), Leaving::Confirm);
    let counts = |kind: &str| BTreeMap::from([(kind.to_owned(), 1)]);
    for kind in NUMBERS {
        let people = People { counts: counts(kind), ..People::default() };
        assert_eq!(of(&found("a@town.example", 1), &people).state(), Leaving::Ask, "{kind}");
        let both = of(&found("a@town.example", 11), &people);
        assert_eq!((both.state(), both.approve.len()), (Leaving::Confirm, 1), "first its sender");
    }
    let named = People { counts: counts("named-person"), persons: 100, ..People::default() };
    assert_eq!(of(&found("a@town.example", 1), &named).state(), Leaving::Waiting);
    let more = People { persons: 101, ..named };
    assert_eq!(of(&found("a@town.example", 1), &more).approve, ["persons"]);
    let unread = People { is_unread: true, ..People::default() };
    let asked = of(&found("a@town.example", 1), &unread);
    assert_eq!((asked.approve.as_slice(), asked.persons), (["unread".to_owned()].as_slice(), None));
}

#[test]
fn only_the_sender_of_the_envelope_is_shown_as_one() {
    let (rules, none) = (Outward::default(), People::default());
    let lenient = Outward { is_other_sender_approved: true, ..rules };
    let cases = [
        ("a@town.example", None, None),
        ("A@Town.example", None, None),
        ("b@town.example", Some("sender"), None),
        ("a@bank.example", Some("sender"), Some("sender")),
        ("a@town.example, a@bank.example", Some("sender"), Some("sender")),
        ("", Some("sender"), Some("sender")),
    ];
    for (from, strict, weak) in cases {
        let found = found(from, 1);
        let stopped = |rules: &Outward| weighed(rules, &found, &[], &none).stopped;
        assert_eq!(stopped(&rules).as_deref(), strict, "{from}");
        assert_eq!(stopped(&lenient).as_deref(), weak, "{from}");
    }
    assert_eq!(weighed(&lenient, &found("b@town.example", 1), &[], &none).approve, ["sender"]);
}

#[test]
fn files_go_as_the_rule_says_or_wait() {
    let none = People::default();
    let found = found("a@town.example", 1);
    let of = |attachments, files: &[Treated]| {
        let rules = Outward { attachments, ..Outward::default() };
        let weighed = weighed(&rules, &found, files, &none);
        (weighed.files[0].fate.clone(), weighed.approve.len())
    };
    let fate = |name: &str, asked| (name.to_owned(), asked);
    assert_eq!(of(Attachments::Sanitised, &[file(true)]), fate("delivered", 0));
    assert_eq!(of(Attachments::Link, &[file(true)]), fate("linked", 0));
    assert_eq!(of(Attachments::AsTheyAre, &[file(true)]), fate("unchanged", 0));
    assert_eq!(of(Attachments::Sanitised, &[file(false)]), fate("unchanged", 1));
    assert_eq!(of(Attachments::Link, &[file(false)]), fate("linked", 1));
    let trusting = Outward {
        is_unread_approved: false,
        attachments: Attachments::Sanitised,
        ..Outward::default()
    };
    assert!(weighed(&trusting, &found, &[file(false)], &none).approve.is_empty());
    let harmful = Found { hits: ["clamd: x".to_owned()].into(), ..found.clone() };
    let outcome = weighed(&trusting, &harmful, &[], &none).outcome(None).unwrap();
    assert_eq!(outcome.verdict, Verdict::Quarantined);
}
