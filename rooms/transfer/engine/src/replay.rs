//! What a change of the policy would have done to what has already crossed.

use std::collections::BTreeMap;

use crate::decide::Order;
use crate::facts::{Arrival, Found, Treatment};
use crate::policy::Policy;

/// One passage of the past, as it was decided on.
#[derive(Clone, Debug)]
pub struct Past {
    /// What came.
    pub arrival: Arrival,
    /// What was found; nothing if it was never treated.
    pub found: Option<Found>,
}

/// A difference that the new policy makes, and how often.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// In a word, what happened: `deliver`, `look`, `approve`, `approve-twice`,
    /// `refuse`, `quarantine`.
    pub was: &'static str,
    /// The rule that spoke then; empty if none did.
    pub rule_was: String,
    /// What would happen.
    pub now: &'static str,
    /// The rule that would speak.
    pub rule_now: String,
}

/// Decides on every past passage by both policies and counts the differences.
/// Where the new policy treats a file otherwise, what was found stands in for
/// what would have been found.
#[must_use]
pub fn replay<'a>(
    old: &Policy,
    new: &Policy,
    past: impl IntoIterator<Item = &'a Past>,
) -> BTreeMap<Change, u64> {
    let mut changes = BTreeMap::new();
    for one in past {
        let (was, rule_was) = outcome(old, one);
        let (now, rule_now) = outcome(new, one);
        if (was, &rule_was) != (now, &rule_now) {
            *changes.entry(Change { was, rule_was, now, rule_now }).or_insert(0) += 1;
        }
    }
    changes
}

fn outcome(policy: &Policy, past: &Past) -> (&'static str, String) {
    let treat = policy.treatment(&past.arrival);
    let treatment = match treat.order {
        Order::Go(treatment) => treatment,
        Order::Refuse(_) | Order::NoRule => return ("refuse", treat.rule.unwrap_or_default()),
        Order::Quarantine => return ("quarantine", String::new()),
    };
    released(policy, past, treatment, treat.rule.unwrap_or_default())
}

fn released(
    policy: &Policy,
    past: &Past,
    treatment: Treatment,
    treat_rule: String,
) -> (&'static str, String) {
    let Some(found) = &past.found else { return ("refuse", treat_rule) };
    let release = policy.release(&past.arrival, treatment, found);
    let rule = format!("{treat_rule} / {}", release.rule.unwrap_or_default());
    let word = match release.order {
        Order::Go(needs) => match (needs.approvals, needs.visual_check) {
            (0, false) => "deliver",
            (0, true) => "look",
            (1, _) => "approve",
            (_, _) => "approve-twice",
        },
        Order::Refuse(_) | Order::NoRule => "refuse",
        Order::Quarantine => "quarantine",
    };
    (word, rule)
}
