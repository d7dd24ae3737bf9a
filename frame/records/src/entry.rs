//! What a caller says about something that happened.

use std::fmt;
use std::net::IpAddr;

use crate::details::{Detail, Details};

/// One thing that happened, before it has a place in the ledger. It never holds
/// secrets, nor the content of files, only their hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Who did it.
    pub actor: Actor,
    /// The id of the person in whose stead it was done (代行).
    pub acting_for: Option<String>,
    /// What was done.
    pub action: Action,
    /// What it was done to.
    pub subject: Subject,
    /// The id of the permit that allowed it.
    pub permit: Option<String>,
    /// From where.
    pub origin: Origin,
    /// What else a reader needs to know.
    pub details: Details,
}

impl Entry {
    /// Begins an entry; the rest follows with [`Entry::with`] and its sisters.
    #[must_use]
    pub fn new(actor: Actor, action: Action, subject: Subject, origin: Origin) -> Self {
        Self {
            actor,
            acting_for: None,
            action,
            subject,
            permit: None,
            origin,
            details: Details::default(),
        }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<Detail>) -> Self {
        self.details.set(key, value);
        self
    }

    /// Names the permit that allowed it.
    #[must_use]
    pub fn on_permit(mut self, permit: impl fmt::Display) -> Self {
        self.permit = Some(permit.to_string());
        self
    }

    /// Names the person in whose stead it was done, if there is one.
    #[must_use]
    pub fn acting_for(mut self, person: Option<impl fmt::Display>) -> Self {
        self.acting_for = person.map(|person| person.to_string());
        self
    }
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person, by id.
    Person(String),
    /// A part of this program, by a short name: `jobs`, `set-up`.
    System(&'static str),
    /// Somebody who is not known: a sign-in that failed.
    Nobody,
}

impl Actor {
    /// A person, by id.
    #[must_use]
    pub fn person(id: impl fmt::Display) -> Self {
        Self::Person(id.to_string())
    }

    /// The kind of actor.
    #[must_use]
    pub const fn kind(&self) -> ActorKind {
        match self {
            Self::Person(_) => ActorKind::Person,
            Self::System(_) => ActorKind::System,
            Self::Nobody => ActorKind::Nobody,
        }
    }

    /// The id or name; empty for nobody.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Person(id) => id,
            Self::System(name) => name,
            Self::Nobody => "",
        }
    }
}

/// The kinds of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A person.
    Person,
    /// This program.
    System,
    /// Not known.
    Nobody,
}

impl ActorKind {
    /// The word in the ledger.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::System => "system",
            Self::Nobody => "nobody",
        }
    }

    /// Reads the word in the ledger.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Person, Self::System, Self::Nobody].into_iter().find(|kind| kind.word() == word)
    }
}

/// What was done: lower-case words joined by dots, the area first, the verb in
/// the past last, as `permit.approved`. Declare them as constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Action(&'static str);

impl Action {
    /// Names an action; in a constant, a wrong name does not compile.
    ///
    /// # Panics
    /// Unless the name has 3 to 64 characters of `a`–`z`, `0`–`9`, `-` and `.`,
    /// with a dot inside.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(3 <= bytes.len() && bytes.len() <= 64, "3 to 64 characters");
        let mut index = 0;
        let mut dots = 0;
        while index < bytes.len() {
            let byte = bytes[index];
            let is_word = byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(is_word || byte == b'.', "lower-case words joined by dots");
            dots += (byte == b'.') as usize;
            index += 1;
        }
        let has_ends = bytes[0] != b'.' && bytes[bytes.len() - 1] != b'.';
        assert!(dots > 0 && has_ends, "an area, a dot and a verb");
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What something was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// `person`, `permit`, `file`: the domain's word.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
}

impl Subject {
    /// Names a subject.
    #[must_use]
    pub fn new(kind: &'static str, id: impl fmt::Display) -> Self {
        Self { kind, id: id.to_string() }
    }
}

/// From where something was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A network address.
    Address(IpAddr),
    /// The console, where the address is not known.
    Console,
    /// A command on the machine itself.
    CommandLine,
    /// A job of this program.
    Job,
    /// Something else of this program, by a short name.
    Named(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Console => f.write_str("console"),
            Self::CommandLine => f.write_str("command line"),
            Self::Job => f.write_str("job"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// The place of an entry in its body's ledger, from 1, without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(i64);

impl Sequence {
    /// The first place.
    pub const FIRST: Self = Self(1);
    /// Before the first place.
    pub const NONE: Self = Self(0);

    /// A place by number; below 0 becomes 0.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        if number < 0 { Self(0) } else { Self(number) }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_and_origins_have_one_spelling() {
        assert_eq!(Actor::System("jobs").id(), "jobs");
        assert_eq!(ActorKind::parse("nobody"), Some(ActorKind::Nobody));
        assert_eq!(ActorKind::parse("Nobody"), None);
        assert_eq!(Origin::Address([10, 0, 0, 1].into()).to_string(), "10.0.0.1");
    }

    #[test]
    #[should_panic(expected = "lower-case words joined by dots")]
    fn an_action_in_capitals_is_refused() {
        let _ = Action::new("Permit.Approved");
    }
}
