//! How a flow is shown: its standing, what the proof says of it, and whether its
//! end is near. Knows no kernel and no page.

use std::time::Duration;

use base::Timestamp;
use console::View;
use console::parts::Tag;
use i18n::Key;

use crate::flows::{Stand, Standing};

/// How long before its end a flow is said to end soon.
pub(crate) const SOON: Duration = Duration::from_secs(7 * 24 * 3_600);

/// How a flow is shown. Ordered by how much it wants somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// Permitted, and the kernel does something else.
    Drifted,
    /// Permitted, and closed by a cut-off.
    CutOff,
    /// Open, and its permit ends within [`SOON`].
    EndsSoon,
    /// Somebody must decide, apply, or complete the check list.
    Waiting,
    /// The last application was refused.
    Refused,
    /// Open.
    Open,
    /// Its permit is over, or nobody ever applied.
    Closed,
}

impl Mark {
    /// All, in the order of the legend.
    pub(crate) const ALL: [Self; 7] = [
        Self::Open,
        Self::EndsSoon,
        Self::Waiting,
        Self::Refused,
        Self::Closed,
        Self::CutOff,
        Self::Drifted,
    ];

    /// The name in queries, classes and catalogue keys.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Drifted => "drifted",
            Self::CutOff => "cut-off",
            Self::EndsSoon => "ends-soon",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// Reads [`Mark::name`].
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// What it is called.
    pub(crate) fn label(self) -> Key {
        Key::under("wall-mark-", self.name())
    }

    /// It in a word and a colour.
    pub(crate) fn tag(self, view: &View) -> Tag {
        let label = view.t(self.label());
        match self {
            Self::Drifted => Tag::wrong(label),
            Self::CutOff | Self::EndsSoon => Tag::warning(label),
            Self::Refused => Tag::wrong(label),
            Self::Waiting => Tag::waiting(label),
            Self::Open => Tag::good(label),
            Self::Closed => Tag::quiet(label),
        }
    }
}

/// What decides how a flow is shown, beside its standing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Beside {
    /// The kernel does not pass what is open.
    pub(crate) is_lacking: bool,
    /// Its last application was refused.
    pub(crate) is_refused: bool,
}

/// Says how a flow is shown now.
pub(crate) fn mark(stand: &Stand, beside: Beside, now: Timestamp) -> Mark {
    match stand.standing {
        Standing::Open if beside.is_lacking => Mark::Drifted,
        Standing::Open if stand.until.is_some_and(|until| until.since(now) <= SOON) => {
            Mark::EndsSoon
        }
        Standing::Open => Mark::Open,
        Standing::Cut => Mark::CutOff,
        Standing::Incomplete | Standing::Changed | Standing::Asked => Mark::Waiting,
        Standing::Over => Mark::Closed,
        Standing::Closed if beside.is_refused => Mark::Refused,
        Standing::Closed => Mark::Closed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_before_its_end_a_flow_ends_soon() {
        let now = Timestamp::default();
        let shown = |standing, days: u64, beside| {
            let stand = Stand {
                place: 0,
                standing,
                permit: None,
                others: Vec::new(),
                asked: None,
                until: Some(now.plus(Duration::from_secs(days * 86_400))),
                needs_checks: false,
                checks: Vec::new(),
                missing: Vec::new(),
            };
            mark(&stand, beside, now)
        };
        let plain = Beside::default();
        assert_eq!(shown(Standing::Open, 8, plain), Mark::Open);
        assert_eq!(shown(Standing::Open, 7, plain), Mark::EndsSoon);
        assert_eq!(shown(Standing::Open, 1, Beside { is_lacking: true, ..plain }), Mark::Drifted);
        assert_eq!(shown(Standing::Closed, 1, Beside { is_refused: true, ..plain }), Mark::Refused);
        assert_eq!(shown(Standing::Asked, 1, Beside { is_refused: true, ..plain }), Mark::Waiting);
        assert_eq!(shown(Standing::Cut, 1, plain), Mark::CutOff);
        for mark in Mark::ALL {
            assert_eq!(Mark::parse(mark.name()), Some(mark));
        }
    }
}
