//! The default policy, the faults of a text, and what no policy can say.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use sanitize_core::Format;
use transfer_engine::{
    Arrival, Class, Container, Fault, Floor, Found, Needs, Order, Past, Persons, Policy, Treatment,
    Way, parse, replay,
};
use zones::{Crossing, Zone};

fn default() -> Policy {
    parse(transfer_engine::DEFAULT).unwrap()
}

fn crossing(from: Zone, to: Zone) -> Crossing {
    Crossing::between(from, to).unwrap()
}

fn inward() -> Arrival {
    Arrival {
        crossing: crossing(Zone::Internet, Zone::Lgwan),
        way: Way::Page,
        class: Class::Two,
        format: Format::Docx,
        bytes: 20_000,
    }
}

fn outward(class: Class) -> Arrival {
    Arrival { crossing: crossing(Zone::Lgwan, Zone::Internet), class, ..inward() }
}

fn found(removed: &[&str], persons: Persons) -> Found {
    let removed = removed.iter().map(|name| (*name).to_owned()).collect();
    Found { removed, persons, hits: BTreeSet::new() }
}

#[test]
fn a_plain_document_comes_in_without_anybody() {
    let policy = default();
    let treat = policy.treatment(&inward());
    assert_eq!(treat.order, Order::Go(Treatment::Rebuild));
    assert_eq!(treat.rule.as_deref(), Some("inward-is-rebuilt"));
    let release = policy.release(&inward(), Treatment::Rebuild, &found(&[], Persons::Unknown));
    assert_eq!(release.order, Order::Go(Needs::default()));
    assert_eq!(release.rule.as_deref(), Some("inward"));
}

#[test]
fn a_macro_waits_for_the_manager() {
    let seen = found(&["ooxml-macro"], Persons::Counted(0));
    let release = default().release(&inward(), Treatment::Rebuild, &seen);
    assert_eq!(release.rule.as_deref(), Some("macros-need-approval"));
    assert_eq!(release.order, Order::Go(Needs { approvals: 1, ..Needs::default() }));
}

#[test]
fn what_cannot_be_rebuilt_is_looked_at() {
    let drawing = Arrival { format: Format::Unknown, ..inward() };
    assert_eq!(default().treatment(&drawing).order, Order::Go(Treatment::Inspect));
    let release = default().release(&drawing, Treatment::Inspect, &Found::default());
    let needs = Needs { visual_check: true, approvals: 1, ..Needs::default() };
    assert_eq!(release.order, Order::Go(needs));
    let program = Arrival { format: Format::Executable, ..inward() };
    assert_eq!(default().treatment(&program).order, Order::NoRule);
}

#[test]
fn people_leave_with_approval_and_in_a_container() {
    let policy = default();
    let ask =
        |class, persons| policy.release(&outward(class), Treatment::Rebuild, &found(&[], persons));
    let one = ask(Class::Two, Persons::Counted(1));
    let container = Some(Container::AesZip);
    let needs = Needs { approvals: 1, container, ..Needs::default() };
    assert_eq!((one.order, one.floors), (Order::Go(needs), vec![]));
    let many = ask(Class::Two, Persons::Counted(1_000));
    assert_eq!(many.order, Order::Go(Needs { approvals: 2, ..needs }));
    assert_eq!(many.floors, [Floor::ManyPersonsLeave]);
    let nobody_looked = ask(Class::Two, Persons::Unknown);
    assert_eq!(nobody_looked.order, Order::Go(Needs { approvals: 2, ..needs }));
    let nobody = ask(Class::Two, Persons::Counted(0));
    assert_eq!(nobody.order, Order::Go(Needs::default()));
}

#[test]
fn a_scanners_hit_is_kept_away_whatever_the_policy() {
    let generous = "treat = [{ name = 'a', crossings = 'internet > lgwan', do = 'rebuild' }]
        release = [{ name = 'b', do = 'deliver' }]";
    let hits = BTreeSet::from(["Eicar-Test-Signature".to_owned()]);
    for policy in [default(), parse(generous).unwrap()] {
        for treatment in Treatment::ALL {
            let seen = Found { hits: hits.clone(), ..Found::default() };
            let release = policy.release(&inward(), *treatment, &seen);
            assert_eq!(release.order, Order::Quarantine);
        }
    }
}

#[test]
fn every_fault_is_told_with_its_place() {
    let text = "colour = 'red'
[[treat]]
name = 'Name'
crossings = ['internet > mynumber', 'lgwan>']
types = ['offce']
bytes-max = 0
do = 'unchanged'
[[release]]
name = 'b'
approvals = 3
visual-check = 'yes'
do = 'refuse'
[[release]]
name = 'b'
classes = []
do = 'deliver'
why = 'because'
[keep]
inbox-days = 0
";
    let complaints = parse(text).unwrap_err();
    let told: Vec<(usize, usize)> =
        complaints.iter().map(|complaint| (complaint.line, complaint.column)).collect();
    for place in [(1, 1), (3, 8), (4, 14), (4, 37), (5, 10), (6, 13), (10, 13), (11, 16), (12, 6)] {
        assert!(told.contains(&place), "{place:?} is not in {complaints:?}");
    }
    for place in [(14, 8), (15, 11), (19, 14)] {
        assert!(told.contains(&place), "{place:?} is not in {complaints:?}");
    }
    let no_boundary = Fault::NoBoundary("internet > mynumber".to_owned());
    assert!(complaints.iter().any(|complaint| complaint.fault == no_boundary));
}

#[test]
fn raw_files_toward_the_inside_are_not_expressible() {
    for crossings in ["", "crossings = 'internet > lgwan'", "crossings = 'lgwan > mynumber'"] {
        let text = format!("release = []\n[[treat]]\nname = 'a'\n{crossings}\ndo = 'unchanged'");
        let complaints = parse(&text).unwrap_err();
        let wanted = Fault::NotAllowed("unchanged");
        assert!(complaints.iter().any(|complaint| complaint.fault == wanted), "{complaints:?}");
    }
}

#[test]
fn broken_text_is_told_and_nothing_is_taken() {
    for text in ["", "[[treat", "treat = 1\nrelease = 2", "\u{0}", "treat = []"] {
        assert!(parse(text).is_err(), "{text:?}");
    }
    let long = format!("treat = []\nrelease = []\n# {}", "a".repeat(300_000));
    assert_eq!(parse(&long).unwrap_err()[0].fault, Fault::Slip(written::Slip::TooLong));
    assert!(parse("treat = []\nrelease = []").is_ok(), "refusing everything is a policy");
}

#[test]
fn a_change_is_tried_on_the_past() {
    let stricter = transfer_engine::DEFAULT.replace(
        "[[release]]\nname = \"inward\"\n",
        "[[release]]\nname = \"large-inward\"\ntypes = [\"archive\"]\napprovals = 1\ndo = \"deliver\"\n\n[[release]]\nname = \"inward\"\n",
    );
    let stricter = parse(&stricter).unwrap();
    let zip = Arrival { format: Format::Zip, ..inward() };
    let seen = Some(found(&[], Persons::Unknown));
    let past = [
        Past { arrival: zip.clone(), found: seen.clone() },
        Past { arrival: zip, found: seen.clone() },
        Past { arrival: inward(), found: seen },
        Past { arrival: Arrival { format: Format::Executable, ..inward() }, found: None },
    ];
    let changes = replay(&default(), &stricter, &past);
    let seen: Vec<_> =
        changes.iter().map(|(change, count)| (change.was, change.now, *count)).collect();
    assert_eq!(seen, [("deliver", "approve", 2)]);
    assert!(replay(&default(), &default(), &past).is_empty());
}

/// Every policy of one rule a list that can be written for a boundary.
fn generous() -> Vec<Policy> {
    let mut policies = Vec::new();
    for crossing in Crossing::ALL {
        let (from, to) = (crossing.from().name(), crossing.to().name());
        for treatment in Treatment::ALL {
            for (approvals, visual) in [(0, false), (0, true), (1, false), (2, false)] {
                let text = format!(
                    "[[treat]]\nname = 'a'\ncrossings = '{from} > {to}'\ndo = '{}'\n\
                     [[release]]\nname = 'b'\napprovals = {approvals}\n\
                     visual-check = {visual}\ndo = 'deliver'",
                    treatment.name(),
                );
                policies.extend(parse(&text));
            }
        }
    }
    policies
}

#[test]
fn no_policy_goes_below_the_floors() {
    let policies = generous();
    assert!(policies.len() > 50, "{}", policies.len());
    for policy in &policies {
        for crossing in Crossing::ALL {
            for class in Class::ALL {
                let arrival = Arrival { crossing, class: *class, ..inward() };
                check_floors(policy, &arrival);
            }
        }
    }
}

fn check_floors(policy: &Policy, arrival: &Arrival) {
    let is_inward = !arrival.crossing.is_outward();
    if let Order::Go(treatment) = policy.treatment(arrival).order {
        assert!(!(is_inward && treatment == Treatment::Unchanged), "{policy:?}");
    }
    for treatment in Treatment::ALL {
        for count in [0, 1, 999, 1_000, u64::MAX] {
            let seen = found(&[], Persons::Counted(count));
            let Order::Go(needs) = policy.release(arrival, *treatment, &seen).order else {
                continue;
            };
            assert!(!(is_inward && *treatment == Treatment::Unchanged), "{policy:?}");
            assert!(*treatment != Treatment::Inspect || needs.visual_check, "{policy:?}");
            assert!(is_inward || count == 0 || needs.approvals >= 1, "{policy:?} {count}");
            assert!(is_inward || count < 1_000 || needs.approvals == 2, "{policy:?} {count}");
        }
    }
}

#[test]
fn every_cut_of_a_text_is_read_or_refused() {
    let text = transfer_engine::DEFAULT;
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        if let Ok(policy) = parse(&text[..end]) {
            assert!(!policy.treat.is_empty());
        }
    }
}

#[test]
fn several_are_approved_at_once_only_where_the_rule_and_no_floor_says_otherwise() {
    let text = transfer_engine::DEFAULT
        .replace("name = \"macros-need-approval\"", "name = \"macros-need-approval\"\nbulk = true");
    let policy = parse(&text).unwrap();
    assert!(policy.is_bulk("macros-need-approval", &[]));
    assert!(!policy.is_bulk("macros-need-approval", &[Floor::PersonsLeave]));
    assert!(!policy.is_bulk("outward-people", &[]), "the rule does not say so");
    assert!(!policy.is_bulk("no-such-rule", &[]));
    for (rule, what) in [("looked-at-needs-approval", "looked at"), ("inward", "nobody asked")] {
        let name = format!("name = \"{rule}\"");
        let text = transfer_engine::DEFAULT.replace(&name, &format!("{name}\nbulk = true"));
        let complaints = parse(&text).unwrap_err();
        assert_eq!(complaints[0].fault, Fault::NotAllowed("bulk"), "{what}");
    }
}
