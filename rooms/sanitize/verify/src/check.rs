//! The state of one verification: what may still be spent, where we are and
//! what was found. Knows no format.

use sanitize_core::{Passwords, Policy};

use crate::Residue;
use crate::rules;

/// Ends a verification early; the reason stands in the findings.
#[derive(Debug)]
pub(crate) struct Halt;

/// What every checking function returns.
pub(crate) type Walk = Result<(), Halt>;

/// One verification.
pub(crate) struct Check<'p> {
    /// What the body lets its files keep.
    pub policy: &'p Policy,
    /// Candidates for locked archive members.
    pub passwords: &'p Passwords,
    /// Says whether odd forms are noted and passed over.
    pub is_tolerant: bool,
    found: Vec<Residue>,
    path: Vec<String>,
    bytes_left: u64,
    entries_left: u64,
    nodes_left: u64,
}

impl<'p> Check<'p> {
    /// Opens a verification that ends at the first finding.
    pub(crate) fn strict(policy: &'p Policy, passwords: &'p Passwords) -> Self {
        Self {
            policy,
            passwords,
            is_tolerant: false,
            found: Vec::new(),
            path: Vec::new(),
            bytes_left: policy.limits.bytes_out_max.min(BYTES_MAX),
            entries_left: policy.limits.entries_max,
            nodes_left: NODES_MAX,
        }
    }

    /// Opens a verification that goes on after a finding.
    pub(crate) fn tolerant(policy: &'p Policy, passwords: &'p Passwords) -> Self {
        Self { is_tolerant: true, ..Self::strict(policy, passwords) }
    }

    /// Notes a finding; in strict mode this ends the verification.
    pub(crate) fn found(&mut self, rule: &'static str, what: impl AsRef<str>) -> Walk {
        let what = shorten(what.as_ref());
        let place = self.path.join(" → ");
        self.found.push(Residue { rule, place, what });
        if self.is_tolerant && self.found.len() < FINDINGS_MAX { Ok(()) } else { Err(Halt) }
    }

    /// Notes that the bytes at hand are not in the form that they should have.
    pub(crate) fn unreadable(&mut self, what: impl AsRef<str>) -> Walk {
        self.found(rules::UNREADABLE, what)
    }

    /// Runs `work` one container or part deeper.
    pub(crate) fn inside(&mut self, name: &str, work: impl FnOnce(&mut Self) -> Walk) -> Walk {
        self.enter(name)?;
        let result = work(self);
        self.leave();
        result
    }

    /// Steps into a part; [`Check::leave`] steps out again.
    pub(crate) fn enter(&mut self, name: &str) -> Walk {
        self.path.push(shorten(name));
        if self.path.len() > PATH_DEPTH_MAX {
            self.found(rules::TOO_MUCH, "nested too deep")?;
            return Err(Halt);
        }
        Ok(())
    }

    /// Steps out of a part.
    pub(crate) fn leave(&mut self) {
        self.path.pop();
    }

    /// Returns how many more bytes may be unpacked.
    pub(crate) fn bytes_left(&self) -> u64 {
        self.bytes_left
    }

    /// Takes unpacked bytes; ends the verification at the limit.
    pub(crate) fn take_bytes(&mut self, count: u64) -> Walk {
        match self.bytes_left.checked_sub(count) {
            Some(left) => self.bytes_left = left,
            None => return self.over("more unpacked bytes than allowed"),
        }
        Ok(())
    }

    /// Takes archive members or package parts.
    pub(crate) fn take_entries(&mut self, count: u64) -> Walk {
        match self.entries_left.checked_sub(count) {
            Some(left) => self.entries_left = left,
            None => return self.over("more members than allowed"),
        }
        Ok(())
    }

    /// Takes elements, objects or records.
    pub(crate) fn take_nodes(&mut self, count: u64) -> Walk {
        match self.nodes_left.checked_sub(count) {
            Some(left) => self.nodes_left = left,
            None => return self.over("more elements than allowed"),
        }
        Ok(())
    }

    /// Ends the verification in either mode: going on would cost too much.
    pub(crate) fn over(&mut self, what: &str) -> Walk {
        self.found(rules::TOO_MUCH, what)?;
        Err(Halt)
    }

    /// Returns the first finding as an error.
    pub(crate) fn into_first(self) -> Result<(), Residue> {
        self.found.into_iter().next().map_or(Ok(()), Err)
    }

    /// Returns all findings.
    pub(crate) fn into_all(self) -> Vec<Residue> {
        self.found
    }
}

/// Cuts a text to what a report line can show, without control characters.
fn shorten(text: &str) -> String {
    let printable = |c: char| if c.is_control() { '\u{FFFD}' } else { c };
    text.chars().take(WHAT_CHARS_MAX).map(printable).collect()
}

/// Characters of one finding or place name.
const WHAT_CHARS_MAX: usize = 160;
/// Findings of one inspection.
const FINDINGS_MAX: usize = 2_000;
/// Names on the way to a part, the parts of containers counted too.
const PATH_DEPTH_MAX: usize = 24;
/// Unpacked bytes of one verification, whatever the policy allows.
const BYTES_MAX: u64 = 1 << 30;
/// Elements, objects and records of one verification.
const NODES_MAX: u64 = 50_000_000;
