//! Why a request was not served, by what its sender can do about it. Each has
//! one screen, in words of [`crate::refusal`]; causes stay in the log.

use std::time::Duration;

use axum::http::StatusCode;
use i18n::Message;
use store::StoreError;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The request itself is wrong (400).
    #[error("the request is wrong")]
    BadRequest(Option<Message>),
    /// Nobody is signed in, or no longer (401): pages lead to the sign-in,
    /// which says why a session ended.
    #[error("nobody is signed in")]
    SignInNeeded {
        /// Why, as the end of a key `end-reason-…`.
        ended: Option<&'static str>,
    },
    /// The person may not do this (403).
    #[error("not allowed")]
    Forbidden(Option<Message>),
    /// The second factor was shown too long ago for this (403): pages lead to
    /// where it is shown again.
    #[error("the second factor must be shown again")]
    ProofNeeded {
        /// The page to come back to; none where the path tells it.
        back: Option<String>,
    },
    /// Nothing is there, or not for this person's body (404).
    #[error("not found")]
    NotFound,
    /// The path does not take this method (405).
    #[error("wrong method")]
    WrongMethod,
    /// What is asked no longer fits what is there: look again (409).
    #[error("conflict")]
    Conflict(Option<Message>),
    /// The call speaks another version of what is spoken here (412).
    #[error("another version is spoken here")]
    WrongVersion,
    /// More bytes than the route takes (413).
    #[error("more than {max_bytes} bytes")]
    TooLarge {
        /// How many it takes.
        max_bytes: u64,
    },
    /// The body is not of a type that the route takes (415).
    #[error("wrong type of body")]
    WrongType,
    /// What was filled in is not accepted (422); pages show their form again
    /// instead, so this is the interface's.
    #[error("not accepted")]
    Unprocessable(Vec<(String, Message)>),
    /// Too many requests (429).
    #[error("too many requests")]
    TooMany {
        /// When to try again.
        wait: Duration,
    },
    /// Our fault (500).
    #[error("internal failure")]
    Internal(#[source] Cause),
    /// No space is left to keep anything (507).
    #[error("no space is left")]
    Full(#[source] Cause),
    /// Something that the program needs does not answer (503).
    #[error("not available now")]
    Unavailable(#[source] Cause),
}

impl Failure {
    /// A conflict with its reason.
    #[must_use]
    pub fn conflict(why: impl Into<Message>) -> Self {
        Self::Conflict(Some(why.into()))
    }

    /// A refusal with its reason.
    #[must_use]
    pub fn forbidden(why: impl Into<Message>) -> Self {
        Self::Forbidden(Some(why.into()))
    }

    /// A wrong request with what is wrong.
    #[must_use]
    pub fn bad_request(why: impl Into<Message>) -> Self {
        Self::BadRequest(Some(why.into()))
    }

    /// Our fault, unless it was the database, however deep below: what that
    /// makes of it, a caller can wait for or try again.
    #[must_use]
    pub fn internal(cause: impl Into<Cause>) -> Self {
        let cause = cause.into();
        match below(&*cause) {
            Some(StoreError::Conflict(_)) => Self::Conflict(None),
            Some(StoreError::Full(_)) => Self::Full(cause),
            Some(
                StoreError::Unreachable(_)
                | StoreError::Unproved(_)
                | StoreError::ReadOnly(_)
                | StoreError::Gone(_)
                | StoreError::Undone
                | StoreError::Busy(_),
            ) => Self::Unavailable(cause),
            Some(
                StoreError::Duplicate(_)
                | StoreError::Missing(_)
                | StoreError::Guard { .. }
                | StoreError::Shape { .. }
                | StoreError::Schema(_)
                | StoreError::Address(_)
                | StoreError::Other(_),
            )
            | None => Self::Internal(cause),
        }
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::SignInNeeded { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::ProofNeeded { .. } => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::WrongVersion => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Full(_) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What to say besides the screen's own words.
    pub(crate) const fn why(&self) -> Option<&Message> {
        match self {
            Self::BadRequest(why) | Self::Forbidden(why) | Self::Conflict(why) => why.as_ref(),
            Self::SignInNeeded { .. }
            | Self::ProofNeeded { .. }
            | Self::NotFound
            | Self::WrongMethod
            | Self::WrongVersion
            | Self::TooLarge { .. }
            | Self::WrongType
            | Self::Unprocessable(_)
            | Self::TooMany { .. }
            | Self::Internal(_)
            | Self::Full(_)
            | Self::Unavailable(_) => None,
        }
    }
}

/// What the store said, somewhere in the chain of causes.
fn below<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a StoreError> {
    std::iter::successors(Some(error), |error| error.source())
        .find_map(|error| error.downcast_ref::<StoreError>())
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(_) => Self::Conflict(None),
            StoreError::Duplicate(_) => Self::conflict(i18n::key!("failure-duplicate")),
            StoreError::Missing(_) => Self::NotFound,
            StoreError::Full(_) => Self::Full(error.into()),
            StoreError::Unreachable(_)
            | StoreError::Unproved(_)
            | StoreError::ReadOnly(_)
            | StoreError::Gone(_)
            | StoreError::Undone
            | StoreError::Busy(_) => Self::Unavailable(error.into()),
            StoreError::Guard { .. }
            | StoreError::Shape { .. }
            | StoreError::Schema(_)
            | StoreError::Address(_)
            | StoreError::Other(_) => Self::Internal(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use permits::PermitError;
    use records::RecordError;

    use super::*;

    #[test]
    fn a_database_that_fails_below_is_no_fault_of_ours() {
        let lost = || RecordError::Store(StoreError::Undone);
        let gate = PermitError::Mechanism { name: "gate", why: Box::new(lost()) };
        assert_eq!(Failure::from(gate).status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(Failure::internal(lost()).status(), StatusCode::SERVICE_UNAVAILABLE);
        let broken = PermitError::Mechanism { name: "gate", why: "it jams".into() };
        assert_eq!(Failure::from(broken).status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
