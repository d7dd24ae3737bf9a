//! Checkpoints: the ledger's own entries that sign the hash before them. They
//! stand in the chain, so none can be taken out of its middle unseen.

use base::{BodyId, Timestamp};
use store::Work;

use crate::append::{Head, append};
use crate::canonical::{Hash, Object, bytes_of, hex};
use crate::details::Details;
use crate::entry::{Action, Actor, Entry, Origin, Sequence, Subject};
use crate::error::RecordError;
use crate::key::{Key, PublicKey};
use crate::search::{Filter, newest};
use crate::tables;

/// The action of a checkpoint's entry.
pub const CHECKPOINT: Action = Action::new("ledger.signed");

/// A signed statement: at this time, this body's ledger ended with this hash at
/// this place. Kept elsewhere, it proves later that nothing up to there changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The body.
    pub body: BodyId,
    /// The place that it signs; its own entry is the next.
    pub sequence: Sequence,
    /// The hash at that place.
    pub hash: Hash,
    /// When it was signed.
    pub at: Timestamp,
    /// The key's public half in hexadecimal digits.
    pub key: String,
    /// The signature, 64 bytes.
    pub signature: [u8; 64],
}

impl Checkpoint {
    /// The text that is signed, JSON by RFC 8785.
    #[must_use]
    pub fn message(&self) -> String {
        message(self.body, self.sequence, self.hash, self.at, &self.key)
    }

    /// True if one of these keys signed it.
    #[must_use]
    pub fn is_signed_by(&self, keys: &[PublicKey]) -> bool {
        let message = self.message();
        let is_signed = |key: &PublicKey| key.has_signed(&message, &self.signature);
        keys.iter().any(|key| key.to_string() == self.key && is_signed(key))
    }

    /// The checkpoint that an entry holds: it signs the hash before the entry.
    #[must_use]
    pub(crate) fn of_entry(
        body: BodyId,
        entry: Sequence,
        before: Hash,
        at: Timestamp,
        details: &Details,
    ) -> Option<Self> {
        let sequence = Sequence::new(entry.number().checked_sub(1)?);
        if details.number("covers") != Some(sequence.number()) {
            return None;
        }
        let key = details.text("key")?.to_owned();
        let signature = bytes_of(details.text("signature")?)?;
        Some(Self { body, sequence, hash: before, at, key, signature })
    }
}

/// Signs the ledger as it stands and appends the signature as an entry. Nothing
/// is added where the newest entry is a checkpoint already.
///
/// # Errors
/// [`RecordError::Empty`] if there is nothing to sign; else as the store says.
pub async fn checkpoint(
    work: &mut Work,
    key: &Key,
    actor: Actor,
    origin: Origin,
) -> Result<Checkpoint, RecordError> {
    let head = tables::lock(work).await?;
    if head.sequence == Sequence::NONE {
        return Err(RecordError::Empty);
    }
    if let Some(newest) = newest_checkpoint(work).await?
        && newest.sequence.next() == head.sequence
        && newest.key == key.public().to_string()
    {
        return Ok(newest);
    }
    let checkpoint = sign(work, head, key);
    let entry = Entry::new(actor, CHECKPOINT, Subject::new("ledger", work.body()), origin)
        .with("covers", head.sequence.number())
        .with("key", &checkpoint.key)
        .with("signature", hex(&checkpoint.signature));
    append(work, &entry).await?;
    Ok(checkpoint)
}

/// The newest checkpoint in the ledger; its signature is not checked here.
///
/// # Errors
/// As the store says.
pub async fn newest_checkpoint(work: &mut Work) -> Result<Option<Checkpoint>, RecordError> {
    let filter = Filter { action: Some(CHECKPOINT.name().to_owned()), ..Filter::default() };
    let Some(entry) = newest(work, &filter).await? else { return Ok(None) };
    let covered = Sequence::new(entry.sequence.number() - 1);
    let before = tables::range(work, covered, covered, 1).await?;
    let hash = before.first().map_or(Hash::ZERO, |raw| raw.hash);
    let body = work.body();
    Ok(Checkpoint::of_entry(body, entry.sequence, hash, entry.at, &entry.details))
}

fn sign(work: &Work, head: Head, key: &Key) -> Checkpoint {
    let (body, at, name) = (work.body(), work.now(), key.public().to_string());
    let signature = key.sign(&message(body, head.sequence, head.hash, at, &name));
    Checkpoint { body, sequence: head.sequence, hash: head.hash, at, key: name, signature }
}

fn message(body: BodyId, sequence: Sequence, hash: Hash, at: Timestamp, key: &str) -> String {
    let mut out = String::with_capacity(320);
    let mut object = Object::open(&mut out);
    object.plain("at", at);
    object.plain("body", body);
    object.plain("hash", hash);
    object.plain("key", key);
    object.number("sequence", sequence.number());
    object.plain("what", "sekisho-checkpoint-1");
    object.close();
    out
}
