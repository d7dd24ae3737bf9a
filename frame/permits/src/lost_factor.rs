//! The mechanism of lost factors: a one-time code, read out by the approver,
//! stands in for the second factor until the permit ends (B2: nothing lies
//! ready beforehand).

use base::{Secret, Task};
use factors::Code;
use identity::codes;
use store::Work;

use crate::error::PermitError;
use crate::kind::LOST_FACTOR_CODE;
use crate::mechanism::{Held, Issuer, Mechanism};
use crate::permit::Permit;

/// See the module.
pub(crate) struct LostFactorCode;

impl Mechanism for LostFactorCode {
    fn name(&self) -> &'static str {
        LOST_FACTOR_CODE
    }

    fn end<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        Box::pin(async move {
            codes::withdraw(work, &permit.id.to_string()).await?;
            Ok(())
        })
    }

    /// Once the code was handed over, its row lives and goes with the permit.
    fn verify<'a>(
        &'a self,
        _work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<Held, PermitError>> {
        Box::pin(
            async move { Ok(if permit.issued_at.is_some() { Held::WithPermit } else { Held::No }) },
        )
    }

    fn issuer(&self) -> Issuer {
        Issuer::Approver
    }

    fn issue<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<Secret<String>, PermitError>> {
        Box::pin(async move {
            let person = permit.beneficiary.ok_or(PermitError::Beneficiary)?;
            let code = Code::new(work.random());
            let (until, name) = (permit.until(), permit.id.to_string());
            codes::grant(work, person, code.hashed(), until, &name).await?;
            Ok(code.show())
        })
    }
}
