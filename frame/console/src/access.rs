//! Who may call a route. Every route says it; nothing is open by default.

use identity::Duty;

/// Whom a route lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, and why that is harmless.
    Public {
        /// The reason, for the list of routes and its reader.
        reason: &'static str,
    },
    /// A step of signing in or enrolling: nobody is known yet.
    SignIn,
    /// A person in a session with two factors.
    Person {
        /// What they must be allowed to do, somewhere in their body.
        duty: Option<Duty>,
    },
    /// A program with an interface token (a permit), or a person's session.
    Token {
        /// What they must be allowed to do, somewhere in their body.
        duty: Option<Duty>,
    },
}

impl Access {
    /// How many factors a person must have shown: data routes demand two.
    #[must_use]
    pub const fn factors(self) -> u8 {
        match self {
            Self::Public { .. } | Self::SignIn => 0,
            Self::Person { .. } | Self::Token { .. } => 2,
        }
    }

    /// The duty that is demanded, if any.
    #[must_use]
    pub const fn duty(self) -> Option<Duty> {
        match self {
            Self::Public { .. } | Self::SignIn => None,
            Self::Person { duty } | Self::Token { duty } => duty,
        }
    }
}

/// A method of HTTP that routes have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Reads; answers HEAD too.
    Get,
    /// Changes something.
    Post,
    /// Replaces something.
    Put,
    /// Changes a part.
    Patch,
    /// Takes something away.
    Delete,
    /// Says what a place can do (RFC 9110, section 9.3.7).
    Options,
}

impl Verb {
    /// The method's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    /// True where a request changes nothing (RFC 9110 §9.2.1).
    #[must_use]
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Options)
    }
}
