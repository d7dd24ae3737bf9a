//! Where two packet filters differ: what the kernel has and the site does not,
//! and the other way, element by element and rule by rule. Both are read from
//! what `nft -j list ruleset` writes, so that a difference is never one of
//! spelling. What only counts or runs down is no difference.

mod picture;
mod shown;

use std::collections::{BTreeMap, BTreeSet};

pub use self::picture::Picture;
use self::picture::{Element, Key, Line};
use crate::ruleset::RuleAt;

/// Seconds that the end of an element may be off: the kernel counts on while
/// it is read.
pub const SECONDS_OFF_MAX: u64 = 5;
/// The most pairs of rules that are compared for their order in one chain.
const PAIRS_MAX: usize = 4_000_000;

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// The kernel has it, the site does not.
    Added,
    /// The site has it, the kernel does not.
    Missing,
    /// Both have it, not alike.
    Changed,
    /// Both have it, in another place among its neighbours.
    Moved,
}

impl Change {
    /// All.
    pub const ALL: [Self; 4] = [Self::Added, Self::Missing, Self::Changed, Self::Moved];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Moved => "order",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What kind.
    pub change: Change,
    /// Of what: `table`, `chain`, `rule`, `set`, `map`, `element`, or another
    /// word of nft.
    pub what: String,
    /// Where; `chain` names the set for an element.
    pub at: RuleAt,
    /// As the kernel has it.
    pub kernel: Option<String>,
    /// As the site has it.
    pub site: Option<String>,
}

/// Compares what the kernel has with what the site says, both as read from a
/// kernel. Everything of every table is compared; in the order of the tables.
#[must_use]
pub fn differences(kernel: &Picture, site: &Picture) -> Vec<Difference> {
    let mut found = Vec::new();
    let keys: BTreeSet<&Key> = kernel.things.keys().chain(site.things.keys()).collect();
    for key in keys {
        let (have, want) = (kernel.things.get(key), site.things.get(key));
        let tell = |change| Difference {
            change,
            what: key.kind.clone(),
            at: key.at(),
            kernel: have.map(|thing| thing.text.clone()),
            site: want.map(|thing| thing.text.clone()),
        };
        match (have, want) {
            (Some(_), None) => found.push(tell(Change::Added)),
            (None, Some(_)) => found.push(tell(Change::Missing)),
            (Some(have), Some(want)) if have.text != want.text => {
                found.push(tell(Change::Changed));
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
        let (nothing, none) = (BTreeMap::new(), Vec::new());
        elements(
            &mut found,
            key,
            have.map_or(&nothing, |thing| &thing.elements),
            want.map_or(&nothing, |thing| &thing.elements),
        );
        rules(
            &mut found,
            key,
            have.map_or(&none, |thing| &thing.rules),
            want.map_or(&none, |thing| &thing.rules),
        );
    }
    found
}

fn elements(
    found: &mut Vec<Difference>,
    key: &Key,
    have: &BTreeMap<String, Element>,
    want: &BTreeMap<String, Element>,
) {
    let names: BTreeSet<&String> = have.keys().chain(want.keys()).collect();
    for name in names {
        let (have, want) = (have.get(name), want.get(name));
        let change = match (have, want) {
            (Some(_), None) => Change::Added,
            (None, Some(_)) => Change::Missing,
            (Some(have), Some(want)) if have.text != want.text || is_off(have, want) => {
                Change::Changed
            }
            (Some(_), Some(_)) | (None, None) => continue,
        };
        let at = RuleAt {
            comment: have.or(want).and_then(|element| element.comment.clone()),
            ..key.at()
        };
        found.push(Difference {
            change,
            what: "element".to_owned(),
            at,
            kernel: have.map(Element::with_end),
            site: want.map(Element::with_end),
        });
    }
}

/// True where the ends differ. A site that names no end says nothing of it: one
/// that is compared without permits.
fn is_off(have: &Element, want: &Element) -> bool {
    match (have.seconds, want.seconds) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(have), Some(want)) => have.abs_diff(want) > SECONDS_OFF_MAX,
    }
}

fn rules(found: &mut Vec<Difference>, key: &Key, have: &[Line], want: &[Line]) {
    let (have_left, want_left) = unmatched(have, want);
    let mut have_left: Vec<&Line> = have_left.into_iter().filter_map(|at| have.get(at)).collect();
    let tell = |change, have: Option<&Line>, want: Option<&Line>| {
        let line = have.or(want);
        Difference {
            change,
            what: "rule".to_owned(),
            at: RuleAt {
                handle: have.and_then(|line| line.handle),
                comment: line.and_then(|line| line.comment.clone()),
                ..key.at()
            },
            kernel: have.map(|line| line.text.clone()),
            site: want.map(|line| line.text.clone()),
        }
    };
    let mut missing = Vec::new();
    for want in want_left.into_iter().filter_map(|at| want.get(at)) {
        match take(&mut have_left, |have| have.text == want.text) {
            Some(have) => found.push(tell(Change::Moved, Some(have), Some(want))),
            None => missing.push(want),
        }
    }
    for want in missing {
        // The same comment is the same rule, changed.
        let same = |have: &Line| have.comment.is_some() && have.comment == want.comment;
        match take(&mut have_left, same) {
            Some(have) => found.push(tell(Change::Changed, Some(have), Some(want))),
            None => found.push(tell(Change::Missing, None, Some(want))),
        }
    }
    for have in have_left {
        found.push(tell(Change::Added, Some(have), None));
    }
}

fn take<'l>(lines: &mut Vec<&'l Line>, fits: impl Fn(&Line) -> bool) -> Option<&'l Line> {
    let place = lines.iter().position(|line| fits(line))?;
    Some(lines.remove(place))
}

/// The places that stand in no longest common order of both.
fn unmatched(have: &[Line], want: &[Line]) -> (Vec<usize>, Vec<usize>) {
    let same = |a: usize, b: usize| {
        have.get(a).map(|line| &line.text) == want.get(b).map(|line| &line.text)
    };
    let shorter = have.len().min(want.len());
    let start = (0..shorter).take_while(|at| same(*at, *at)).count();
    let end = (0..shorter - start)
        .take_while(|back| same(have.len() - 1 - back, want.len() - 1 - back))
        .count();
    let (have_end, want_end) = (have.len() - end, want.len() - end);
    let (rows, columns) = (have_end - start, want_end - start);
    if rows.saturating_mul(columns) > PAIRS_MAX {
        return ((start..have_end).collect(), (start..want_end).collect());
    }
    let width = columns + 1;
    let mut longest = vec![0_u32; (rows + 1) * width];
    let at = |longest: &[u32], row: usize, column: usize| {
        longest.get(row * width + column).copied().unwrap_or_default()
    };
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            let best = if same(start + row, start + column) {
                at(&longest, row + 1, column + 1) + 1
            } else {
                at(&longest, row + 1, column).max(at(&longest, row, column + 1))
            };
            if let Some(cell) = longest.get_mut(row * width + column) {
                *cell = best;
            }
        }
    }
    let (mut row, mut column) = (0, 0);
    let (mut have_left, mut want_left) = (Vec::new(), Vec::new());
    while row < rows && column < columns {
        if same(start + row, start + column) {
            (row, column) = (row + 1, column + 1);
        } else if at(&longest, row + 1, column) >= at(&longest, row, column + 1) {
            have_left.push(start + row);
            row += 1;
        } else {
            want_left.push(start + column);
            column += 1;
        }
    }
    have_left.extend(start + row..have_end);
    want_left.extend(start + column..want_end);
    (have_left, want_left)
}
