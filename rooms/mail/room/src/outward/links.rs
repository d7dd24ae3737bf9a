//! Attachments behind links: what somebody outside finds at an address, and how
//! they fetch it. To look is not to fetch: programs that follow every link of a
//! mail change nothing.

use base::BodyId;
use factors::{Hashed, Token};
use passages::Sealed;
use records::{Action, Actor, Entry, Origin, Subject};
use store::Store;

use crate::error::MailError;
use crate::service::{MAIL_BYTES_MAX, Service};
use crate::tables::letters;
use crate::tables::links::{self, LinkId};

const FETCHED: Action = Action::new("mail.link-fetched");
/// The page's path before the code.
pub(crate) const PARCEL: &str = "/parcel/{code}";

/// What lies at an address, for whoever has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// The body that sent it.
    pub body: String,
    /// The file's name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Until when.
    pub ends_at: base::Timestamp,
    /// How often it can still be fetched.
    pub left: u32,
}

impl Service {
    /// What lies at an address; nothing for those that lead nowhere, or not any
    /// more, or not yet.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn parcel(&self, store: &Store, code: &str) -> Result<Option<Parcel>, MailError> {
        let Some((body, id)) = behind(store, code).await? else { return Ok(None) };
        let mut work = store.read(body).await?;
        let Some(link) = links::find(&mut work, id, false).await? else { return Ok(None) };
        let Some(ends_at) = link.ends_at.filter(|_| link.is_open(work.now())) else {
            return Ok(None);
        };
        let body = identity::bodies::own(&mut work).await?.name.to_string();
        let left = link.fetches_max.saturating_sub(link.fetches);
        Ok(Some(Parcel { body, name: link.name, bytes: link.bytes, ends_at, left }))
    }

    /// Gives what lies at an address, and counts it; nothing as in
    /// [`Service::parcel`].
    ///
    /// # Errors
    /// If it cannot be read, or the store does not take the count.
    pub async fn fetch_parcel(
        &self,
        store: &Store,
        code: &str,
        origin: Origin,
    ) -> Result<Option<(String, Vec<u8>)>, MailError> {
        let Some((body, id)) = behind(store, code).await? else { return Ok(None) };
        let mut work = store.read(body).await?;
        let Some(link) = links::find(&mut work, id, false).await? else { return Ok(None) };
        let Some(kept) = link.kept.clone().filter(|_| link.is_open(work.now())) else {
            return Ok(None);
        };
        let letter = letters::find(&mut work, link.letter, false).await?;
        let letter = letter.ok_or(MailError::Row("a link without a mail"))?;
        drop(work);
        let bytes = self.opened(body, letter.batch, &kept).await?;
        let mut work = store.begin(body).await?;
        if !links::fetch(&mut work, id).await? {
            return Ok(None);
        }
        let entry = Entry::new(Actor::Nobody, FETCHED, Subject::new("mail-link", id), origin)
            .with("mail", link.letter.to_string())
            .with("sha256", link.sha256.clone());
        records::append(&mut work, &entry).await?;
        work.commit().await?;
        Ok(Some((link.name, bytes)))
    }

    async fn opened(
        &self,
        body: BodyId,
        batch: passages::BatchId,
        kept: &Sealed,
    ) -> Result<Vec<u8>, MailError> {
        Ok(self.vault.give(body, batch, kept, MAIL_BYTES_MAX as u64 * 2).await?)
    }

    /// Destroys attachments whose time is over.
    pub(crate) async fn end_links(&self, store: &Store, body: BodyId) -> Result<(), MailError> {
        const AT_ONCE: u32 = 100;
        let mut work = store.read(body).await?;
        let ended = links::ended(&mut work, AT_ONCE).await?;
        drop(work);
        for letter in ended {
            let mut work = store.begin(body).await?;
            let free = links::shut(&mut work, letter).await?;
            work.commit().await?;
            self.vault.destroy(body, &free).await?;
        }
        Ok(())
    }
}

/// Whose link a code is.
async fn behind(store: &Store, code: &str) -> Result<Option<(BodyId, LinkId)>, MailError> {
    let Ok(token) = Token::parse(code) else { return Ok(None) };
    let hash: Hashed<Token> = token.hashed();
    let mut across = store.read_across("find the attachment of a link").await?;
    Ok(links::by_code(&mut across, &hash.to_string()).await?)
}
