//! The mechanism of programs' access: a token that its applicant is shown once.
//! The hash is stored while the permit is active and removed at its end.

use base::{BodyId, Secret, Task};
use factors::Token;
use store::Work;

use crate::error::PermitError;
use crate::kind::TOKEN;
use crate::mechanism::{Held, Issuer, Mechanism};
use crate::permit::{Permit, PermitId};
use crate::tables;

/// See the module.
pub(crate) struct ProgramToken;

/// A token as a program presents it: `sekisho.BODY.SECRET`.
pub struct Presented {
    body: BodyId,
    token: Token,
}

/// What a token begins with, so that a leaked one is recognised.
const PREFIX: &str = "sekisho";

impl Presented {
    /// Reads what stands after `Bearer`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (prefix, body, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let token = Token::parse(secret).ok()?;
        let body = BodyId::parse(body).ok()?;
        (prefix == PREFIX).then_some(Self { body, token })
    }

    /// The body in which the token's permit would stand.
    #[must_use]
    pub const fn body(&self) -> BodyId {
        self.body
    }

    /// The permit whose token this is, in force or not.
    pub(crate) async fn permit(&self, work: &mut Work) -> Result<Option<PermitId>, PermitError> {
        if work.body() != self.body {
            return Ok(None);
        }
        Ok(tables::holder_of(work, self.token.hashed()).await?)
    }
}

impl Mechanism for ProgramToken {
    fn name(&self) -> &'static str {
        TOKEN
    }

    fn end<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        Box::pin(async move { Ok(tables::remove_token(work, permit.id).await?) })
    }

    fn verify<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<Held, PermitError>> {
        Box::pin(async move {
            let exists = tables::token_exists(work, permit.id).await?;
            Ok(if exists { Held::Yes } else { Held::No })
        })
    }

    fn issuer(&self) -> Issuer {
        Issuer::Beneficiary
    }

    fn issue<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<Secret<String>, PermitError>> {
        Box::pin(async move {
            let token = Token::new(work.random());
            tables::put_token(work, permit.id, token.hashed()).await?;
            let shown = token.show();
            Ok(Secret::new(format!("{PREFIX}.{}.{}", work.body(), shown.reveal())))
        })
    }
}
