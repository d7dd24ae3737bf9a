//! Says which step may follow which in the life of a permit. Knows nothing of
//! people, clocks or rows.

/// Where a permit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Being written by its applicant.
    Draft,
    /// Waits for another person's decision.
    Applied,
    /// Granted; its start is still to come.
    Approved,
    /// Not granted.
    Refused,
    /// The ability exists, until the end.
    Active,
    /// The end came, or the ability was given back.
    Ended,
    /// Taken away before its end.
    Revoked,
    /// Nothing more will happen.
    Closed,
}

/// What can happen to a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The applicant hands it in.
    Apply,
    /// The applicant takes it back before it is decided.
    Withdraw,
    /// Another person grants it.
    Approve,
    /// Another person does not grant it, or does not confirm an emergency.
    Refuse,
    /// The start has come.
    Start,
    /// A duty holder takes the ability in an emergency, for a day at most
    /// unless another person confirms it.
    StartAtOnce,
    /// Another person confirms an emergency.
    Confirm,
    /// The end came, or the ability was given back.
    End,
    /// A duty holder takes the ability away.
    Revoke,
    /// The end came before a decision.
    Lapse,
    /// What was done is reported.
    Close,
}

impl State {
    /// All, in the order of a life.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::Applied,
        Self::Approved,
        Self::Refused,
        Self::Active,
        Self::Ended,
        Self::Revoked,
        Self::Closed,
    ];

    /// The state after a step, or nothing if the step cannot follow. This table
    /// is the life cycle.
    #[must_use]
    pub const fn after(self, step: Step) -> Option<Self> {
        match self {
            Self::Draft => match step {
                Step::Apply => Some(Self::Applied),
                Step::StartAtOnce => Some(Self::Active),
                Step::Withdraw | Step::Lapse => Some(Self::Closed),
                Step::Approve
                | Step::Refuse
                | Step::Start
                | Step::Confirm
                | Step::End
                | Step::Revoke
                | Step::Close => None,
            },
            Self::Applied => match step {
                Step::Approve => Some(Self::Approved),
                Step::Refuse => Some(Self::Refused),
                Step::Withdraw | Step::Lapse => Some(Self::Closed),
                Step::Apply
                | Step::Start
                | Step::StartAtOnce
                | Step::Confirm
                | Step::End
                | Step::Revoke
                | Step::Close => None,
            },
            Self::Approved => match step {
                Step::Start => Some(Self::Active),
                Step::End => Some(Self::Ended),
                Step::Revoke => Some(Self::Revoked),
                Step::Apply
                | Step::Withdraw
                | Step::Approve
                | Step::Refuse
                | Step::StartAtOnce
                | Step::Confirm
                | Step::Lapse
                | Step::Close => None,
            },
            Self::Active => match step {
                Step::Confirm => Some(Self::Active),
                Step::End => Some(Self::Ended),
                Step::Revoke | Step::Refuse => Some(Self::Revoked),
                Step::Apply
                | Step::Withdraw
                | Step::Approve
                | Step::Start
                | Step::StartAtOnce
                | Step::Lapse
                | Step::Close => None,
            },
            Self::Ended => match step {
                // An emergency that ended by itself is still reported.
                Step::Confirm => Some(Self::Ended),
                Step::Close => Some(Self::Closed),
                Step::Apply
                | Step::Withdraw
                | Step::Approve
                | Step::Refuse
                | Step::Start
                | Step::StartAtOnce
                | Step::End
                | Step::Revoke
                | Step::Lapse => None,
            },
            Self::Refused | Self::Revoked => match step {
                Step::Close => Some(Self::Closed),
                Step::Apply
                | Step::Withdraw
                | Step::Approve
                | Step::Refuse
                | Step::Start
                | Step::StartAtOnce
                | Step::Confirm
                | Step::End
                | Step::Revoke
                | Step::Lapse => None,
            },
            Self::Closed => None,
        }
    }

    /// The ability can still come or is there.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::Draft | Self::Applied | Self::Approved | Self::Active => true,
            Self::Refused | Self::Ended | Self::Revoked | Self::Closed => false,
        }
    }

    /// The name that is stored and written in addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Applied => "applied",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Revoked => "revoked",
            Self::Closed => "closed",
        }
    }

    /// Reads [`State::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl Step {
    /// All.
    pub const ALL: [Self; 11] = [
        Self::Apply,
        Self::Withdraw,
        Self::Approve,
        Self::Refuse,
        Self::Start,
        Self::StartAtOnce,
        Self::Confirm,
        Self::End,
        Self::Revoke,
        Self::Lapse,
        Self::Close,
    ];

    /// What the screens and messages call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Withdraw => "withdraw",
            Self::Approve => "approve",
            Self::Refuse => "refuse",
            Self::Start => "start",
            Self::StartAtOnce => "start-at-once",
            Self::Confirm => "confirm",
            Self::End => "end",
            Self::Revoke => "revoke",
            Self::Lapse => "lapse",
            Self::Close => "close",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that can be reached from a state by any steps, itself too.
    fn reach(from: State) -> Vec<State> {
        let mut seen = vec![from];
        let mut next = 0;
        while let Some(&state) = seen.get(next) {
            for step in Step::ALL {
                if let Some(after) = state.after(step).filter(|after| !seen.contains(after)) {
                    seen.push(after);
                }
            }
            next += 1;
        }
        seen
    }

    #[test]
    fn every_state_is_reached_and_every_life_can_close() {
        let mut all = reach(State::Draft);
        all.sort();
        assert_eq!(all, State::ALL);
        for state in State::ALL {
            assert!(reach(state).contains(&State::Closed), "{state:?} cannot close");
        }
    }

    #[test]
    fn what_has_ended_never_comes_back() {
        for state in State::ALL.into_iter().filter(|state| !state.is_open()) {
            assert!(reach(state).iter().all(|after| !after.is_open()), "{state:?} revives");
        }
    }

    #[test]
    fn active_is_entered_only_by_start_after_approval_or_in_an_emergency() {
        for state in State::ALL {
            for step in Step::ALL {
                if state.after(step) == Some(State::Active) && state != State::Active {
                    let way = (state, step);
                    let is_known = way == (State::Approved, Step::Start)
                        || way == (State::Draft, Step::StartAtOnce);
                    assert!(is_known, "{way:?}");
                }
                if state.after(step) == Some(State::Approved) {
                    assert_eq!((state, step), (State::Applied, Step::Approve));
                }
            }
        }
    }

    #[test]
    fn names_read_back() {
        for state in State::ALL {
            assert_eq!(State::parse(state.name()), Some(state));
        }
        assert_eq!(State::parse("eternal"), None);
    }
}
