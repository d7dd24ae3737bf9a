//! Judges numbers by their company: one in ten of any numbers passes a check
//! digit by chance, so a column says more than a number. Numbers wait here
//! until their table has ended.

use std::collections::HashMap;

use crate::numbers::Shape;
use crate::report::{Certainty, Kind};

/// Which numbers are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Group {
    pub(crate) kind: Kind,
    pub(crate) shape: Shape,
    /// The column of whole cells; `None` for numbers between words.
    pub(crate) column: Option<u32>,
}

/// What stands around a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    /// A label says what it is.
    Labelled,
    /// A label says that it is something else.
    OtherNumber,
    /// A person is named beside it.
    Person,
    /// Nothing says anything.
    Bare,
}

/// A number that fits its check digit. Without `Debug`: it holds the number.
#[derive(Clone)]
pub(crate) struct Waiting {
    pub(crate) kind: Kind,
    pub(crate) shape: Shape,
    /// The number itself, to tell people apart.
    pub(crate) value: u64,
    pub(crate) context: Context,
    pub(crate) line: u64,
    pub(crate) column: Option<u32>,
    /// Whether it reads as a date with a time.
    pub(crate) is_moment: bool,
    /// Keys of the person named beside it; zero for none.
    pub(crate) person: [u64; 2],
    group: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Stat {
    shaped: u64,
    passed: u64,
}

impl Stat {
    fn is_proven(self) -> bool {
        self.shaped >= PROVEN_MIN && self.passed * 100 >= self.shaped * PROVEN_PERCENT
    }
}

/// Numbers of one part.
#[derive(Default)]
pub(crate) struct Numbers {
    groups: HashMap<Group, usize>,
    keys: Vec<Group>,
    stats: Vec<Stat>,
    pub(crate) waiting: Vec<Waiting>,
}

/// A number that was met.
pub(crate) struct Met {
    pub(crate) group: Group,
    pub(crate) fits: bool,
    pub(crate) value: u64,
    pub(crate) context: Context,
    pub(crate) line: u64,
    pub(crate) column: Option<u32>,
    pub(crate) is_moment: bool,
}

impl Numbers {
    /// Counts a number; keeps it when it fits.
    pub(crate) fn meet(&mut self, met: &Met) {
        let next = self.stats.len();
        let group = *self.groups.entry(met.group).or_insert(next);
        if group == next {
            self.stats.push(Stat::default());
            self.keys.push(met.group);
        }
        let Some(stat) = self.stats.get_mut(group) else { return };
        stat.shaped += 1;
        if !met.fits {
            return;
        }
        stat.passed += 1;
        self.waiting.push(Waiting {
            kind: met.group.kind,
            shape: met.group.shape,
            value: met.value,
            context: met.context,
            line: met.line,
            column: met.column,
            is_moment: met.is_moment,
            person: [0; 2],
            group,
        });
    }

    /// Says whether a column is proven by its numbers of full length, so that
    /// shorter ones in it have lost their zeros.
    fn is_proven_beside(&self, waiting: &Waiting) -> bool {
        let column = self.keys.get(waiting.group).and_then(|group| group.column);
        let group = Group { kind: waiting.kind, shape: Shape::Plain, column };
        let stat = self.groups.get(&group).and_then(|&at| self.stats.get(at));
        column.is_some() && stat.is_some_and(|stat| stat.is_proven())
    }

    /// Says how sure a number is by what its group has shown so far; `None`
    /// where it is nothing at all.
    pub(crate) fn judge(&self, waiting: &Waiting) -> Option<Certainty> {
        let stat = self.stats.get(waiting.group).copied().unwrap_or_default();
        let is_proven = stat.is_proven();
        if waiting.shape == Shape::Short && waiting.context != Context::Labelled {
            let is_sure = self.is_proven_beside(waiting) && stat.passed * 2 > stat.shaped;
            return is_sure.then_some(Certainty::Certain);
        }
        let is_hinted = stat.shaped >= HINTED_MIN && stat.passed == stat.shaped;
        let is_denied = stat.shaped >= DENIED_MIN && stat.passed * 2 < stat.shaped;
        match waiting.context {
            Context::Labelled if is_denied && stat.shaped >= DENIED_LABELLED_MIN => {
                Some(Certainty::Unlikely)
            }
            Context::Labelled => Some(Certainty::Certain),
            Context::OtherNumber => {
                (is_proven && stat.shaped >= PROVEN_AGAINST_LABEL_MIN).then_some(Certainty::Likely)
            }
            Context::Person | Context::Bare if is_proven && is_telling(waiting.shape) => {
                Some(Certainty::Certain)
            }
            Context::Person | Context::Bare if is_denied || waiting.is_moment => {
                Some(Certainty::Unlikely)
            }
            Context::Person => Some(by_shape(waiting, true)),
            Context::Bare if is_hinted && waiting.column.is_some() && is_telling(waiting.shape) => {
                Some(Certainty::Likely)
            }
            Context::Bare => Some(by_shape(waiting, false)),
        }
    }
}

/// Says whether a shape alone already makes other numbers rare.
fn is_telling(shape: Shape) -> bool {
    match shape {
        Shape::Plain | Shape::Grouped | Shape::Single | Shape::Ideographs => true,
        Shape::Odd | Shape::Short => false,
    }
}

/// A number without company.
fn by_shape(waiting: &Waiting, has_person: bool) -> Certainty {
    let is_likely = match (waiting.kind, waiting.shape) {
        (_, Shape::Grouped) | (Kind::PersonalNumber, Shape::Ideographs) => true,
        (Kind::PersonalNumber, Shape::Plain) => has_person,
        // Sixteen digits with an issuer and a check digit, in one run.
        (Kind::CreditCard, Shape::Plain) => CARD_LENGTHS.contains(&digits(waiting.value)),
        (_, Shape::Single | Shape::Odd | Shape::Short | Shape::Ideographs)
        | (Kind::NamedPerson, Shape::Plain) => false,
    };
    if is_likely { Certainty::Likely } else { Certainty::Unlikely }
}

fn digits(value: u64) -> u32 {
    value.checked_ilog10().unwrap_or(0) + 1
}

/// Lengths at which a bare number can be a card; shorter ones are article
/// codes and times as often.
const CARD_LENGTHS: std::ops::RangeInclusive<u32> = 16..=16;
/// Numbers that prove a column: five that fit by chance are one in 100,000.
const PROVEN_MIN: u64 = 5;
/// Share of a proven column that fits; the rest are slips of the pen.
const PROVEN_PERCENT: u64 = 95;
/// Numbers that prove a column against its own label.
const PROVEN_AGAINST_LABEL_MIN: u64 = 20;
/// Numbers of which all fit and that make a column likely.
const HINTED_MIN: u64 = 2;
/// Numbers that deny a column when fewer than half fit.
const DENIED_MIN: u64 = 4;
/// The same against a label that says otherwise.
const DENIED_LABELLED_MIN: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(fitting: u64, all: u64, context: Context) -> Option<Certainty> {
        let mut numbers = Numbers::default();
        let group = Group { kind: Kind::PersonalNumber, shape: Shape::Plain, column: Some(1) };
        for line in 0..all {
            numbers.meet(&Met {
                group,
                fits: line < fitting,
                value: line,
                context,
                line,
                column: Some(1),
                is_moment: false,
            });
        }
        numbers.waiting.first().and_then(|waiting| numbers.judge(waiting))
    }

    #[test]
    fn a_column_proves_or_denies_its_numbers() {
        assert_eq!(judged(20, 20, Context::Bare), Some(Certainty::Certain));
        assert_eq!(judged(2, 20, Context::Bare), Some(Certainty::Unlikely));
        assert_eq!(judged(2, 20, Context::Person), Some(Certainty::Unlikely));
        assert_eq!(judged(1, 1, Context::Bare), Some(Certainty::Unlikely));
        assert_eq!(judged(1, 1, Context::Person), Some(Certainty::Likely));
        assert_eq!(judged(1, 1, Context::Labelled), Some(Certainty::Certain));
        assert_eq!(judged(2, 20, Context::Labelled), Some(Certainty::Unlikely));
        assert_eq!(judged(3, 3, Context::OtherNumber), None);
    }
}
