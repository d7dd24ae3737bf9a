//! New factors: each constructor takes the proof that the person has it, so
//! that no row is made without one.

use base::Text;
use factors::TotpSecret;
use store::Work;

use crate::credential::{self, Owner};
use crate::enrol::{LABEL_MAX, NewPasskey};
use crate::error::IdentityError;
use crate::gate::{FactorKind, Gate, Visitor};
use crate::own::Factor;
use crate::person::PersonId;
use crate::tables::factors::FactorRow;

/// A name at a provider that is being linked.
pub(crate) struct Linked {
    pub(crate) handle: String,
    pub(crate) label: Text<LABEL_MAX>,
}

impl FactorRow {
    fn new(
        work: &Work,
        person: PersonId,
        kind: FactorKind,
        handle: Option<String>,
        sealed: Vec<u8>,
    ) -> Result<Self, IdentityError> {
        let id = work.new_id();
        let label = Text::parse(kind.name()).map_err(|_| IdentityError::Unreadable("text"))?;
        let added_at = work.now();
        let handle = handle.unwrap_or_else(|| id.to_string());
        let factor = Factor { id, person, kind, label, added_at, used_at: None };
        Ok(Self { factor, handle, sealed, last_step: None })
    }

    pub(crate) fn password(
        work: &Work,
        person: PersonId,
        sealed: Vec<u8>,
    ) -> Result<Self, IdentityError> {
        Self::new(work, person, FactorKind::Password, None, sealed)
    }

    /// An app's secret that was taken over: the typed code proves it.
    pub(crate) fn totp(
        work: &Work,
        person: PersonId,
        secret: &TotpSecret,
        sealed: Vec<u8>,
        typed: &str,
    ) -> Result<Self, IdentityError> {
        let step = secret.check(typed, work.now(), None).map_err(IdentityError::Totp)?;
        let handle = Some(credential::totp_handle(secret));
        let row = Self::new(work, person, FactorKind::Totp, handle, sealed)?;
        Ok(Self { last_step: Some(step.0), ..row })
    }

    pub(crate) fn passkey(
        work: &Work,
        gate: &Gate,
        person: PersonId,
        challenge: &[u8],
        new: &NewPasskey,
    ) -> Result<Self, IdentityError> {
        let owner = Owner::new(work.body(), person);
        let (handle, sealed) =
            credential::read_new_passkey(gate, &owner, challenge, &new.answer, work.random())?;
        let row = Self::new(work, person, FactorKind::Passkey, Some(handle), sealed)?;
        Ok(row.labelled(&new.label))
    }

    /// The certificate that the visitor's connection proves.
    pub(crate) fn certificate(
        work: &Work,
        person: PersonId,
        visitor: &Visitor,
        label: &Text<LABEL_MAX>,
    ) -> Result<Self, IdentityError> {
        let shown = visitor.certificate.clone().filter(|shown| credential::is_fingerprint(shown));
        let shown = shown.ok_or(IdentityError::WrongProof)?;
        let row = Self::new(work, person, FactorKind::Certificate, Some(shown), Vec::new())?;
        Ok(row.labelled(label))
    }

    /// The name that a provider vouched for.
    pub(crate) fn provider(
        work: &Work,
        person: PersonId,
        linked: &Linked,
    ) -> Result<Self, IdentityError> {
        let handle = Some(linked.handle.clone());
        let row = Self::new(work, person, FactorKind::Provider, handle, Vec::new())?;
        Ok(row.labelled(&linked.label))
    }

    fn labelled(mut self, label: &Text<LABEL_MAX>) -> Self {
        self.factor.label = label.clone();
        self
    }
}
