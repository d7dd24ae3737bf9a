//! Says which step may follow which in the life of a passage. Knows nothing of
//! people, clocks or rows.

/// Where a passage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Has arrived and waits to be treated.
    Received,
    /// Cannot be opened: waits for a password.
    Locked,
    /// Treated; waits for people.
    Held,
    /// Lies with its receiver.
    Delivered,
    /// Was not let through.
    Refused,
    /// A scanner knows it as harmful: nobody gets it.
    Quarantined,
    /// Nothing of it is kept but its record.
    Ended,
}

/// What can happen to a passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The treatment could not open it.
    Lock,
    /// Treated: people must decide.
    Hold,
    /// Everything that its rule asks for is there.
    Deliver,
    /// A rule, or a person, says no.
    Refuse,
    /// A scanner says no.
    Quarantine,
    /// The receiver fetches it.
    Fetch,
    /// Its time is over.
    End,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing had to be taken out.
    Clean,
    /// Something was taken out.
    Disarmed,
    /// Delivered as it came, after a person and a machine looked (④).
    Inspected,
    /// Delivered as it came, toward the less protected side.
    Unchanged,
    /// Not let through.
    Refused,
    /// Kept away from everybody.
    Quarantined,
}

impl State {
    /// All, in the order of a life.
    pub const ALL: [Self; 7] = [
        Self::Received,
        Self::Locked,
        Self::Held,
        Self::Delivered,
        Self::Refused,
        Self::Quarantined,
        Self::Ended,
    ];

    /// The state after a step, or nothing if the step cannot follow. This table
    /// is the life.
    #[must_use]
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Received, Step::Lock) => Some(Self::Locked),
            (Self::Received | Self::Locked, Step::Hold) => Some(Self::Held),
            (Self::Received | Self::Locked | Self::Held, Step::Deliver) => Some(Self::Delivered),
            (Self::Received | Self::Locked | Self::Held, Step::Refuse) => Some(Self::Refused),
            (Self::Received | Self::Locked | Self::Held, Step::Quarantine) => {
                Some(Self::Quarantined)
            }
            (Self::Delivered, Step::Fetch) => Some(Self::Delivered),
            (Self::Delivered | Self::Refused | Self::Quarantined, Step::End) => Some(Self::Ended),
            (
                Self::Received
                | Self::Locked
                | Self::Held
                | Self::Delivered
                | Self::Refused
                | Self::Quarantined
                | Self::Ended,
                Step::Lock
                | Step::Hold
                | Step::Deliver
                | Step::Refuse
                | Step::Quarantine
                | Step::Fetch
                | Step::End,
            ) => None,
        }
    }

    /// The name that is stored; the screens look up `passage-state-NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Locked => "locked",
            Self::Held => "held",
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Quarantined => "quarantined",
            Self::Ended => "ended",
        }
    }

    /// Reads [`State::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// True while something is still to be decided.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::Received | Self::Locked | Self::Held => true,
            Self::Delivered | Self::Refused | Self::Quarantined | Self::Ended => false,
        }
    }
}

impl Verdict {
    /// All.
    pub const ALL: [Self; 6] = [
        Self::Clean,
        Self::Disarmed,
        Self::Inspected,
        Self::Unchanged,
        Self::Refused,
        Self::Quarantined,
    ];

    /// The name that is stored; the screens look up `passage-verdict-NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Disarmed => "disarmed",
            Self::Inspected => "inspected",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Quarantined => "quarantined",
        }
    }

    /// Reads [`Verdict::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Step; 7] = [
        Step::Lock,
        Step::Hold,
        Step::Deliver,
        Step::Refuse,
        Step::Quarantine,
        Step::Fetch,
        Step::End,
    ];

    #[test]
    fn nothing_leaves_a_refusal_but_its_end() {
        for state in [State::Refused, State::Quarantined] {
            for step in STEPS {
                let wanted = (step == Step::End).then_some(State::Ended);
                assert_eq!(state.after(step), wanted, "{state:?} {step:?}");
            }
        }
        assert!(STEPS.iter().all(|step| State::Ended.after(*step).is_none()));
    }

    #[test]
    fn only_what_is_open_can_be_delivered() {
        for state in State::ALL {
            assert_eq!(state.after(Step::Deliver).is_some(), state.is_open(), "{state:?}");
            assert_eq!(State::parse(state.name()), Some(state));
        }
    }
}
