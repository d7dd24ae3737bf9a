//! What can go wrong, by what a person can do about it.

use console::Failure;
use i18n::key;
use permits::PermitError;

use crate::kernel::KernelError;

/// Why something about the wall was not done.
#[derive(Debug, thiserror::Error)]
pub enum WallError {
    /// The store did not do it.
    #[error("the store did not do it")]
    Store(#[from] store::StoreError),
    /// The permits did not.
    #[error(transparent)]
    Permit(#[from] PermitError),
    /// The ledger did not take the entry, so nothing was done.
    #[error(transparent)]
    Record(#[from] records::RecordError),
    /// People or bodies could not be read, or the caller may not.
    #[error(transparent)]
    Identity(#[from] identity::IdentityError),
    /// The kernel did not answer, or refused.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// What the kernel says could not be read.
    #[error(transparent)]
    Ruleset(#[from] wall_engine::RulesetError),
    /// This program has no wall, or it is another body's.
    #[error("there is no wall here for this body")]
    NoWall,
    /// The body that the configuration names is not founded yet.
    #[error("the body that the wall is for is not founded yet")]
    NoBody,
    /// The site declares no such flow.
    #[error("the site declares no such flow")]
    NoFlow,
    /// It needs no list, or the item is none of it.
    #[error("nothing of that name is to be checked for this flow")]
    NoItem,
    /// Somebody checked it before, or withdrew it before.
    #[error("somebody did it before")]
    Before,
    /// The end lies behind the flow's last day.
    #[error("the flow's last day comes before that end")]
    TooLate,
    /// An application waits already, or a permit is in force as long.
    #[error("somebody applied for this flow before")]
    AskedBefore,
    /// The zone is not cut off.
    #[error("the zone is not cut off")]
    NotCut,
    /// There is no such cut-off.
    #[error("there is no such cut-off")]
    NoCutoff,
    /// Only a person who has shown two factors does this.
    #[error("a person with two factors has to do this")]
    Factors,
    /// Nobody applies in another's stead here.
    #[error("nobody applies for a flow in another's stead")]
    Stead,
    /// Words that cannot be taken.
    #[error("the {field} cannot be taken")]
    Text {
        /// Which field.
        field: &'static str,
        /// Why.
        #[source]
        why: base::TextError,
    },
    /// A task in the background did not end well.
    #[error("a task in the background did not end well")]
    Ended,
}

impl From<WallError> for Failure {
    fn from(error: WallError) -> Self {
        match error {
            WallError::Store(error) => error.into(),
            WallError::Permit(error) => error.into(),
            WallError::Identity(error) => error.into(),
            WallError::NoWall | WallError::NoFlow | WallError::NoCutoff => Self::NotFound,
            WallError::NotCut => Self::conflict(key!("wall-not-cut")),
            WallError::Factors => Self::Forbidden(Some(key!("wall-factors").into())),
            WallError::NoItem => Self::conflict(key!("wall-no-item")),
            WallError::Before => Self::conflict(key!("wall-before")),
            WallError::TooLate => Self::conflict(key!("wall-too-late")),
            WallError::AskedBefore => Self::conflict(key!("wall-asked-before")),
            WallError::Stead => Self::conflict(key!("wall-stead")),
            WallError::Text { field, .. } => {
                Self::Unprocessable(vec![(field.to_owned(), key!("wall-words").into())])
            }
            WallError::Kernel(_) | WallError::NoBody => Self::Unavailable(error.into()),
            WallError::Record(_) | WallError::Ruleset(_) | WallError::Ended => {
                Self::internal(error)
            }
        }
    }
}
