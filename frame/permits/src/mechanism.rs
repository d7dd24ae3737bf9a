//! What a permit's end takes away: the mechanism that its kind names.

use base::{Secret, Task};
use store::Work;

use crate::error::PermitError;
use crate::kind::IN_FORCE;
use crate::permit::Permit;

/// Gives an ability when a permit begins and takes it away when it ends, in the
/// same unit of work as the change of the permit.
///
/// Every method may be called again for the same permit and then changes
/// nothing more. What a mechanism does outside the store (a packet filter, a
/// device) it writes down as the wanted state and carries out after the commit;
/// the wanted state is what ends with the permit.
pub trait Mechanism: Send + Sync + 'static {
    /// Its name, as kinds write it.
    fn name(&self) -> &'static str;

    /// Gives the ability. Nothing happens at the start of abilities that are
    /// the permit itself, or that a secret opens which is handed over later.
    fn start<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        let _ = (work, permit);
        Box::pin(async { Ok(()) })
    }

    /// Takes the ability away.
    fn end<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>>;

    /// A permit will never begin: refused, taken back, or not decided in time.
    fn forgo<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        let _ = (work, permit);
        Box::pin(async { Ok(()) })
    }

    /// Looks whether the ability is there, to be compared with the permit.
    fn verify<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<Held, PermitError>>;

    /// Who may be handed the secret that opens the ability, once.
    fn issuer(&self) -> Issuer {
        Issuer::Nobody
    }

    /// Makes that secret. The store keeps its hash only.
    fn issue<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<Secret<String>, PermitError>> {
        let _ = (work, permit);
        Box::pin(async { Err(PermitError::NothingToIssue) })
    }
}

/// What [`Mechanism::verify`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The ability exists.
    Yes,
    /// It does not.
    No,
    /// It exists exactly as long as the permit is in force: nothing is stored.
    WithPermit,
}

/// To whom a mechanism's secret is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// There is no secret.
    Nobody,
    /// Somebody who may decide on the permit reads it out to whoever gains.
    Approver,
    /// Only whoever gains.
    Beneficiary,
}

/// The mechanism of abilities that are nothing but the permit itself: whoever
/// uses one asks [`crate::Permits::in_force`] each time.
pub(crate) struct InForce;

impl Mechanism for InForce {
    fn name(&self) -> &'static str {
        IN_FORCE
    }

    fn end<'a>(
        &'a self,
        _work: &'a mut Work,
        _permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        Box::pin(async { Ok(()) })
    }

    fn verify<'a>(
        &'a self,
        _work: &'a mut Work,
        _permit: &'a Permit,
    ) -> Task<'a, Result<Held, PermitError>> {
        Box::pin(async { Ok(Held::WithPermit) })
    }
}
