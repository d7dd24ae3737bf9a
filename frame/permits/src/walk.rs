//! Walks every life that a permit can have: every step, by every person, at
//! every telling moment, with a clock that may jump either way at each step.

use std::collections::HashSet;
use std::time::Duration;

use base::{Id, SeededRandom, Timestamp};
use identity::{Duties, PersonId, Role};

use crate::approver::{Approver, Candidate, NotApprover};
use crate::kind::{CORE, Closing, EXPORT, Kind};
use crate::life::State;
use crate::permit::{Event, Outcome, Permit};
use crate::scope::Scope;

const HOUR: Duration = Duration::from_secs(3_600);

struct Cast {
    applicant: PersonId,
    stood_for: PersonId,
    gains: PersonId,
    other: PersonId,
    absent: PersonId,
}

fn cast() -> Cast {
    let random = SeededRandom::new(3);
    let person = || Id::new(Timestamp::from_millis(1), &random);
    Cast {
        applicant: person(),
        stood_for: person(),
        gains: person(),
        other: person(),
        absent: person(),
    }
}

fn start() -> Timestamp {
    Timestamp::parse("2026-04-01T00:00:00Z").unwrap()
}

fn draft(cast: &Cast, span: Duration) -> Permit {
    Permit {
        id: Id::new(start(), &SeededRandom::new(4)),
        number: 1,
        kind: EXPORT.name.to_owned(),
        state: State::Draft,
        version: 1,
        applicant: cast.applicant,
        applicant_for: Some(cast.stood_for),
        beneficiary: Some(cast.gains),
        section: None,
        purpose: "災害広報".to_owned(),
        scope: Scope::default(),
        starts_at: start(),
        ends_at: start().plus(span),
        span_max: span,
        exception: None,
        is_emergency: false,
        confirm_by: None,
        decided_by: None,
        decided_for: None,
        decided_at: None,
        note: None,
        outcome: None,
        report: None,
        made_at: start(),
        applied_at: None,
        started_at: None,
        finished_at: None,
        used_at: None,
        remind_at: None,
        reminded_at: None,
        issued_at: None,
    }
}

fn duties() -> Duties {
    let mut duties = Duties::default();
    for role in Role::ALL {
        duties.add(*role, None);
    }
    duties
}

fn admit(
    permit: &Permit,
    person: PersonId,
    acting_for: Option<PersonId>,
) -> Result<Approver, NotApprover> {
    let candidate = Candidate { person, acting_for, duties: &duties(), is_conflicted: false };
    Approver::admit(candidate, permit, &EXPORT)
}

fn moments(permit: &Permit) -> Vec<Timestamp> {
    let millisecond = Duration::from_millis(1);
    let day = start().plus(24 * HOUR);
    let mut all = vec![
        start().minus(HOUR),
        start(),
        start().plus(HOUR),
        day.minus(millisecond),
        day,
        permit.ends_at.minus(millisecond),
        permit.ends_at,
        permit.ends_at.plus(24 * HOUR),
    ];
    all.sort();
    all.dedup();
    all
}

/// Every event that anybody could bring to a permit.
fn events(cast: &Cast, permit: &Permit) -> Vec<Event> {
    let mut all = vec![
        Event::Apply,
        Event::Withdraw,
        Event::Start,
        Event::StartAtOnce,
        Event::End(Outcome::Expired),
        Event::End(Outcome::Returned),
        Event::Revoke(Outcome::Revoked),
        Event::Lapse,
        Event::Close,
    ];
    let people = [cast.applicant, cast.stood_for, cast.gains, cast.other, cast.absent];
    for person in people {
        for acting_for in std::iter::once(None).chain(people.map(Some)) {
            if let Ok(approver) = admit(permit, person, acting_for) {
                all.extend([
                    Event::Approve(approver),
                    Event::Refuse(approver),
                    Event::Confirm(approver),
                ]);
            }
        }
    }
    all
}

/// Looks at one permit of the walk.
fn check(cast: &Cast, permit: &Permit) {
    let own = [cast.applicant, cast.stood_for, cast.gains];
    for decider in [permit.decided_by, permit.decided_for].into_iter().flatten() {
        assert!(!own.contains(&decider), "decided by themselves: {permit:?}");
    }
    assert!(
        permit.ends_at > permit.starts_at
            && permit.ends_at.since(permit.starts_at) <= permit.span_max
    );
    for now in moments(permit) {
        if !permit.is_in_force(now) {
            continue;
        }
        assert!(now < permit.ends_at && permit.starts_at <= now, "beyond its term: {permit:?}");
        assert!(permit.started_at.is_some() && permit.outcome.is_none());
        let is_short = permit.is_emergency && now < permit.starts_at.plus(24 * HOUR);
        assert!(permit.decided_by.is_some() || is_short, "nobody else agreed: {permit:?}");
    }
    if permit.state.is_open() {
        let due = permit.due_at().expect("an open permit is watched");
        assert!(due <= permit.ends_at);
        assert!(ends_by_the_clock(permit), "does not end: {permit:?}");
    }
    let is_over =
        matches!(permit.state, State::Refused | State::Ended | State::Revoked | State::Closed);
    assert_eq!(is_over, permit.outcome.is_some() && permit.finished_at.is_some());
}

/// Without anybody doing anything, an open permit is over at its end.
fn ends_by_the_clock(permit: &Permit) -> bool {
    let mut permit = permit.clone();
    let end = permit.ends_at;
    for _ in 0..3 {
        match permit.due_event(end) {
            Some(event) => permit = permit.take(event, &EXPORT, end).unwrap(),
            None => return !permit.state.is_open(),
        }
    }
    !permit.state.is_open()
}

fn walk(span: Duration) -> usize {
    let cast = cast();
    let mut seen = HashSet::new();
    let mut next = vec![draft(&cast, span)];
    while let Some(permit) = next.pop() {
        if !seen.insert(format!("{permit:?}")) {
            continue;
        }
        check(&cast, &permit);
        for event in events(&cast, &permit) {
            for now in moments(&permit) {
                let Ok(after) = permit.take(event, &EXPORT, now) else { continue };
                assert_eq!((after.ends_at, after.starts_at), (permit.ends_at, permit.starts_at));
                if permit.outcome.is_some() {
                    assert!(!after.state.is_open(), "{permit:?} revives by {event:?}");
                }
                next.push(after);
            }
        }
    }
    seen.len()
}

#[test]
fn no_life_is_active_without_another_person_outlives_its_end_or_revives() {
    let count = walk(2 * HOUR) + walk(24 * HOUR);
    assert!(count > 1_000, "the walk saw only {count} lives");
}

#[test]
fn only_somebody_apart_from_applicant_and_gain_is_admitted() {
    let cast = cast();
    let permit = draft(&cast, HOUR);
    for own in [cast.applicant, cast.stood_for] {
        assert_eq!(admit(&permit, own, None), Err(NotApprover::Applicant));
        assert_eq!(admit(&permit, cast.other, Some(own)), Err(NotApprover::Applicant));
        assert_eq!(admit(&permit, own, Some(cast.absent)), Err(NotApprover::Applicant));
    }
    assert_eq!(admit(&permit, cast.gains, None), Err(NotApprover::Beneficiary));
    assert_eq!(admit(&permit, cast.other, Some(cast.gains)), Err(NotApprover::Beneficiary));
    assert!(admit(&permit, cast.other, None).is_ok());
    let deputy = admit(&permit, cast.other, Some(cast.absent)).unwrap();
    assert_eq!(deputy.acting_for(), Some(cast.absent));
}

#[test]
fn an_approver_of_one_permit_does_not_decide_on_another() {
    let cast = cast();
    let approver = admit(&draft(&cast, HOUR), cast.other, None).unwrap();
    let other = Permit { id: Id::new(start(), &SeededRandom::new(9)), ..draft(&cast, HOUR) };
    let applied = other.take(Event::Apply, &EXPORT, start()).unwrap();
    assert!(applied.take(Event::Approve(approver), &EXPORT, start()).is_err());
}

#[test]
fn an_emergency_that_nobody_confirms_is_over_after_a_day_and_red() {
    let kind = Kind { span_max: 48 * HOUR, ..EXPORT };
    let draft = draft(&cast(), 48 * HOUR);
    let active = draft.take(Event::StartAtOnce, &kind, start()).unwrap();
    let day = start().plus(24 * HOUR);
    assert!(active.is_in_force(day.minus(HOUR)) && !active.is_in_force(day));
    assert!(!active.is_red(day.minus(HOUR)) && active.is_red(day));
    let event = active.due_event(day).unwrap();
    let gone = active.take(event, &kind, day).unwrap();
    assert_eq!((gone.state, gone.outcome), (State::Revoked, Some(Outcome::Unconfirmed)));
    assert!(gone.is_red(day) && !gone.closes_itself(&kind));
}

#[test]
fn a_confirmed_emergency_lasts_until_its_end_and_is_not_red() {
    let draft = draft(&cast(), 48 * HOUR);
    let active = draft.take(Event::StartAtOnce, &EXPORT, start()).unwrap();
    let other = admit(&active, cast().other, None).unwrap();
    let day = start().plus(24 * HOUR);
    assert!(active.take(Event::Confirm(other), &EXPORT, day).is_err(), "too late");
    let confirmed = active.take(Event::Confirm(other), &EXPORT, day.minus(HOUR)).unwrap();
    assert!(confirmed.is_in_force(day) && !confirmed.is_red(day));
    assert!(!confirmed.is_in_force(start().plus(48 * HOUR)));
}

#[test]
fn every_core_kind_ends() {
    for kind in CORE {
        let ends = matches!(kind.closing, Closing::WithEnd | Closing::ByReport);
        assert!(ends && kind.span_max <= crate::SPAN_MAX, "{}", kind.name);
    }
}
