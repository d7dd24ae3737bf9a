//! Mails that leave: taken from the Postfix inside, read in the cage, weighed,
//! held until their moment, signed, handed to the Postfix outside. What is the
//! same in both directions (rows, vault, cage, hand-over, witness) is used from
//! there.

mod acts;
mod intake;
mod leave;
mod links;
mod made;
mod read;
mod shown;
mod weigh;
mod words;

use std::sync::Arc;

use jobs::Kind;
pub use mail_engine::dkim::Signer;
use store::Work;

use crate::error::MailError;
use crate::outside::Postfix;
use crate::service::Service;
use crate::tables::deliveries::{Delivery, Load};
use crate::tables::letters;

pub use acts::Confirmed;
pub(crate) use acts::{approved, forgone};
pub(crate) use leave::Leaves;
pub(crate) use links::PARCEL;
pub use links::Parcel;
pub(crate) use read::Reading;
pub use shown::{Line, Shown, list, show};
pub use weigh::Weighed;
pub(crate) use words::word;

/// The job that reads and weighs one mail; its key is the mail's id.
pub(crate) const READ: Kind = "mail.read-outward";
/// The job that lets one mail leave; its key begins with the mail's id.
pub(crate) const LEAVE: Kind = "mail.leave";

/// What the operator says about mail that leaves.
pub struct Outward {
    /// Takes what leaves.
    pub postfix: Arc<dyn Postfix>,
    /// Who signs for which domains, in lower case.
    pub signers: Vec<(Vec<String>, Arc<Signer>)>,
    /// What addresses of links begin with: `https://files.midori.lg.jp`.
    pub links: String,
}

impl Outward {
    fn signer(&self, domain: &str) -> Option<&Signer> {
        let named =
            self.signers.iter().find(|(domains, _)| domains.iter().any(|one| one == domain));
        named.map(|(_, signer)| &**signer)
    }
}

impl Service {
    /// The same, with a way outward.
    #[must_use]
    pub fn with_outward(mut self, outward: Outward) -> Self {
        self.outward = Some(Arc::new(outward));
        self
    }

    /// The Postfix that carries a delivery on: outside what leaves, inside
    /// everything else, our own words among it.
    pub(crate) async fn carrier(
        &self,
        work: &mut Work,
        delivery: &Delivery,
    ) -> Result<Arc<dyn Postfix>, MailError> {
        let leaves = match &delivery.load {
            Load::Passage { letter, .. } => letters::is_outward(work, *letter).await?,
            Load::Word { .. } | Load::Digest { .. } => false,
        };
        if !leaves {
            return Ok(self.postfix.clone());
        }
        let outward = self.outward.as_ref().ok_or(MailError::Row("a way outward"))?;
        Ok(outward.postfix.clone())
    }
}
