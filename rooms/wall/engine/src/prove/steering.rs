//! What a ruleset steers out of its way before it is routed.

use std::collections::BTreeMap;

use super::{Ground, Invariant, Proof, TOLD_MAX, Violation};
use crate::ruleset::{Chain, Ruleset};
use crate::space::{Cube, Set};
use crate::walk::{Steer, walk};
use crate::ward::{Legs, in_any_state};

impl Ground<'_> {
    /// What is steered out of its way before it is routed: the guard's legs, all
    /// of them, and nothing else. One of a flow that is closed leads nowhere: the
    /// gateway does not take it.
    pub(super) fn steering(
        &self,
        ruleset: &Ruleset,
        (legs, declared): (&Legs, &Legs),
        proof: &mut Proof,
    ) {
        let (asked, answered) = (in_any_state(&declared.asked), in_any_state(&declared.answered));
        let marked = asked.clone().or(answered);
        let nothing = Set::nothing();
        let (mut to_guard, mut to_gateway) = (Set::nothing(), Set::nothing());
        let is_here = |chain: &&Chain| {
            chain.hook.as_ref().is_some_and(|one| one.name == "prerouting")
                && ["inet", "ip", "ip6"].contains(&chain.at.family.as_str())
                && ruleset.steers(chain)
        };
        for chain in ruleset.chains.values().filter(is_here) {
            let walked = walk(ruleset, chain, self.interfaces);
            let mut by_rule: BTreeMap<usize, (Steer, Vec<Cube>)> = BTreeMap::new();
            for (cube, number, steer) in &walked.steered {
                let (_, cubes) = by_rule.entry(*number).or_insert((*steer, Vec::new()));
                cubes.push(cube.clone());
            }
            for (number, (steer, cubes)) in by_rule {
                let allowed = match steer {
                    Steer::Guard => &asked,
                    Steer::Mark => &marked,
                    Steer::Elsewhere => &nothing,
                };
                let steered: Set = cubes.into_iter().collect();
                let excess = steered.and(&legs.arrivals).without(allowed);
                let rule = walked.rules.get(number).cloned();
                for cube in self.likely_first(excess.cubes()).into_iter().take(1) {
                    let witness = self.witness(&self.likely(cube));
                    let violation =
                        Violation { invariant: Invariant::Diverted, witness, rule: rule.clone() };
                    let is_told = proof.violations.iter().any(|one| {
                        one.invariant == Invariant::Diverted && one.rule == violation.rule
                    });
                    if !is_told && proof.violations.len() < TOLD_MAX {
                        proof.violations.push(violation);
                    }
                }
            }
            to_guard = to_guard.or(walked.guarded_surely);
            to_gateway = to_gateway.or(walked.marked_surely);
            for unproven in walked.unproven {
                if !proof.unproven.contains(&unproven) {
                    proof.unproven.push(unproven);
                }
            }
        }
        let lacking = legs.asked.without(&to_guard);
        self.lacks(proof, &lacking, &[]);
        self.lacks(proof, &legs.asked.clone().or(legs.answered.clone()).without(&to_gateway), &[]);
    }
}
