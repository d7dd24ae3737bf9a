//! Turns the services' errors into words: each variant is one thing that a
//! person can do something about. Screens put the words beside a field, the
//! interface answers them as a problem.

use factors::PasswordError;
use i18n::{Key, Message, key};
use identity::{Conflict, IdentityError, SignInError};
use jobs::JobError;
use permits::{NotApprover, NotNow, PermitError, ScopeError, ScopeFault};
use records::RecordError;

use crate::failure::Failure;

/// What a failure says to a person, for a form that is shown again; the
/// failures that no form can mend come back.
pub(crate) fn spoken(failure: Failure) -> Result<Message, Failure> {
    match failure {
        Failure::BadRequest(Some(why))
        | Failure::Forbidden(Some(why))
        | Failure::Conflict(Some(why)) => Ok(why),
        Failure::Conflict(None) => Ok(key!("failure-stale").into()),
        Failure::TooMany { wait } => {
            Ok(Message::new(key!("failure-wait")).with("seconds", wait.as_secs()))
        }
        Failure::Unprocessable(mut all) if !all.is_empty() => Ok(all.swap_remove(0).1),
        other @ (Failure::BadRequest(None)
        | Failure::Forbidden(None)
        | Failure::SignInNeeded { .. }
        | Failure::ProofNeeded { .. }
        | Failure::NotFound
        | Failure::WrongMethod
        | Failure::WrongVersion
        | Failure::TooLarge { .. }
        | Failure::WrongType
        | Failure::Unprocessable(_)
        | Failure::Internal(_)
        | Failure::Full(_)
        | Failure::Unavailable(_)) => Err(other),
    }
}

/// Puts a failure beside a field of a form, or beside the fields that it names.
pub(crate) fn complain(
    fields: &mut crate::form::Fields,
    field: &str,
    failure: impl Into<Failure>,
) -> Result<(), Failure> {
    match failure.into() {
        Failure::Unprocessable(all) if !all.is_empty() => {
            for (name, message) in all {
                fields.complain(if name.is_empty() { field } else { &name }, message);
            }
            Ok(())
        }
        other => {
            fields.complain(field, spoken(other)?);
            Ok(())
        }
    }
}

fn unprocessable(message: impl Into<Message>) -> Failure {
    Failure::Unprocessable(vec![(String::new(), message.into())])
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Store(error) => error.into(),
            IdentityError::Record(error) => error.into(),
            IdentityError::NotThere(_) => Self::NotFound,
            IdentityError::NotAllowed(duty) => not_allowed(duty),
            IdentityError::Oneself => Self::forbidden(key!("failure-oneself")),
            IdentityError::Stale => Self::conflict(key!("failure-stale")),
            IdentityError::LoginTaken => field("login", key!("failure-login-taken")),
            IdentityError::BodyTaken => field("code", key!("failure-body-taken")),
            IdentityError::NotUnder => field("code", key!("failure-not-under")),
            IdentityError::SectionTaken => field("section-code", key!("failure-section-taken")),
            IdentityError::SectionState => Self::conflict(key!("failure-section-state")),
            IdentityError::PersonState => Self::conflict(key!("failure-person-state")),
            IdentityError::CredentialTaken => Self::conflict(key!("failure-credential-taken")),
            IdentityError::TooManyFactors => Self::conflict(key!("failure-too-many-factors")),
            IdentityError::FactorsMissing => Self::conflict(key!("failure-factors-missing")),
            IdentityError::ProofNeeded => Self::ProofNeeded { back: None },
            IdentityError::WrongProof => unprocessable(key!("failure-wrong-proof")),
            IdentityError::Password(error) => field("password", password(error)),
            IdentityError::Totp(_) => field("one-time-code", key!("failure-totp")),
            IdentityError::Code => field("code", key!("failure-code")),
            IdentityError::Term(_) => unprocessable(key!("failure-term")),
            IdentityError::Conflicts(conflicts) => Self::conflict(conflict_words(&conflicts)),
            IdentityError::SetUpDone => Self::conflict(key!("failure-set-up-done")),
            IdentityError::Wait { seconds } => wait(seconds),
            IdentityError::Sealed(error) => Self::internal(error),
            IdentityError::LastOfficer => Self::conflict(key!("failure-last-officer")),
            IdentityError::NoHostName => Self::conflict(key!("failure-no-host-name")),
            IdentityError::Busy => Self::conflict(key!("failure-busy")),
            error @ IdentityError::Unreadable(_) => Self::internal(error),
        }
    }
}

impl From<SignInError> for Failure {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => Self::forbidden(key!("failure-refused")),
            SignInError::Wait { seconds } => wait(seconds),
            SignInError::TooLate => Self::conflict(key!("failure-too-late")),
            SignInError::Busy => Self::conflict(key!("failure-busy")),
            SignInError::Failed(error) => error.into(),
        }
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Store(error) => error.into(),
            error @ (RecordError::TooLarge { .. }
            | RecordError::Unreadable { .. }
            | RecordError::Empty) => Self::internal(error),
        }
    }
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Store(error) => error.into(),
            error @ (JobError::Lost
            | JobError::TooLarge { .. }
            | JobError::Payload(_)
            | JobError::Failed(_)) => Self::internal(error),
        }
    }
}

impl From<PermitError> for Failure {
    fn from(error: PermitError) -> Self {
        match error {
            PermitError::Store(error) => error.into(),
            PermitError::Record(error) => error.into(),
            PermitError::Job(error) => error.into(),
            PermitError::Notice(error) => error.into(),
            PermitError::Identity(error) => error.into(),
            PermitError::NotThere => Self::NotFound,
            PermitError::Kind => Self::conflict(key!("failure-kind")),
            PermitError::Scope(errors) => {
                Self::Unprocessable(errors.iter().map(scope_words).collect())
            }
            PermitError::Text { field: name, why } => field(name, text_words(why)),
            PermitError::EndBeforeStart => field("ends", key!("failure-end-before-start")),
            PermitError::NotAhead => field("ends", key!("failure-not-ahead")),
            PermitError::TooLong { max } => field("ends", too_long(max)),
            PermitError::Beneficiary => field("beneficiary", key!("failure-beneficiary")),
            PermitError::NotYours => Self::forbidden(key!("failure-not-yours")),
            PermitError::NotAllowed(duty) => not_allowed(duty),
            PermitError::Factors { .. } => Self::forbidden(key!("failure-factors")),
            PermitError::Approver(why) => Self::forbidden(approver_words(why)),
            PermitError::NotDeputy => Self::forbidden(key!("failure-not-deputy")),
            PermitError::NotNow(why) => Self::conflict(not_now_words(why)),
            PermitError::Stale => Self::conflict(key!("failure-stale")),
            PermitError::NoEmergency => Self::conflict(key!("failure-no-emergency")),
            PermitError::NotInForce => Self::forbidden(key!("failure-not-in-force")),
            PermitError::NothingToIssue => Self::conflict(key!("failure-nothing-to-issue")),
            PermitError::ClockRight => Self::conflict(key!("failure-clock-right")),
            error @ (PermitError::Mechanism { .. } | PermitError::Unreadable(_)) => {
                Self::internal(error)
            }
        }
    }
}

fn field(name: &str, message: impl Into<Message>) -> Failure {
    Failure::Unprocessable(vec![(name.to_owned(), message.into())])
}

const fn wait(seconds: u64) -> Failure {
    Failure::TooMany { wait: std::time::Duration::from_secs(seconds) }
}

fn not_allowed(duty: identity::Duty) -> Failure {
    let duty = Key::under("duty-", duty.name());
    Failure::forbidden(Message::new(key!("failure-not-allowed")).with("duty", duty))
}

const fn password(error: PasswordError) -> Key {
    match error {
        PasswordError::TooShort => key!("failure-password-short"),
        PasswordError::TooLong => key!("failure-password-long"),
        PasswordError::Control => key!("failure-password-control"),
        PasswordError::HoldsLogin => key!("failure-password-login"),
        PasswordError::Common | PasswordError::Stored | PasswordError::Cost => {
            key!("failure-password-common")
        }
        PasswordError::Simple => key!("failure-password-simple"),
    }
}

/// The rule of a conflict that is told first; a screen lists all.
fn conflict_words(conflicts: &[Conflict]) -> Message {
    let first = conflicts.first();
    let bar = first
        .map_or(key!("bar-operator-approves"), |conflict| Key::under("bar-", conflict.bar.name()));
    Message::new(key!("failure-conflicts")).with("bars", bar)
}

fn too_long(max: std::time::Duration) -> Message {
    let hours = max.as_secs() / 3_600;
    if hours >= 48 && hours.is_multiple_of(24) {
        Message::new(key!("failure-too-long-days")).with("days", hours / 24)
    } else {
        Message::new(key!("failure-too-long-hours")).with("hours", hours)
    }
}

fn approver_words(why: NotApprover) -> Message {
    match why {
        NotApprover::Applicant => key!("failure-approver-applicant").into(),
        NotApprover::Beneficiary => key!("failure-approver-beneficiary").into(),
        NotApprover::Duty(duty) => Message::new(key!("failure-approver-duty"))
            .with("duty", Key::under("duty-", duty.name())),
        NotApprover::DeputyOfDeputy => key!("failure-approver-deputy").into(),
        NotApprover::Before => key!("failure-approver-before").into(),
        NotApprover::Conflict => key!("failure-approver-conflict").into(),
    }
}

fn not_now_words(why: NotNow) -> Message {
    match why {
        NotNow::State { .. } | NotNow::OtherPermit | NotNow::Decided => key!("failure-not-now"),
        NotNow::Over => key!("failure-over"),
        NotNow::Early => key!("failure-early"),
    }
    .into()
}

fn text_words(why: base::TextError) -> Message {
    match why {
        base::TextError::Empty => key!("permit-text-empty").into(),
        base::TextError::TooLong { max } => Message::new(key!("permit-text-long")).with("max", max),
        base::TextError::Character(_) => key!("permit-text-character").into(),
    }
}

fn scope_words(error: &ScopeError) -> (String, Message) {
    let message = match error.why {
        ScopeFault::Missing => key!("permit-text-empty").into(),
        ScopeFault::Unknown | ScopeFault::Choice => key!("permit-choice-wrong").into(),
        ScopeFault::Text(why) => text_words(why),
        ScopeFault::TooLong(max) => Message::new(key!("permit-text-long")).with("max", max),
        ScopeFault::Number(min, max) => {
            Message::new(key!("permit-number-wrong")).with("min", min).with("max", max)
        }
        ScopeFault::Names(max) => Message::new(key!("failure-names")).with("max", max),
        ScopeFault::Person => key!("failure-beneficiary").into(),
    };
    (error.field.clone(), message)
}

#[cfg(test)]
mod tests {
    use store::StoreError;

    use super::*;

    #[test]
    fn a_lost_database_is_told_as_such_through_every_service() {
        let lost = || StoreError::Gone("sekisho.db".into());
        let failures = [
            Failure::from(lost()),
            RecordError::from(lost()).into(),
            JobError::from(lost()).into(),
            IdentityError::from(RecordError::from(lost())).into(),
            PermitError::from(JobError::from(lost())).into(),
        ];
        for failure in failures {
            assert_eq!(failure.status().as_u16(), 503, "{failure:?}");
        }
        assert_eq!(Failure::from(RecordError::Empty).status().as_u16(), 500);
    }
}
