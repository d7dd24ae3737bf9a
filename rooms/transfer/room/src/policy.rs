//! The policy that holds in a body: its own newest text, or the default.

use std::sync::{Arc, Mutex, PoisonError};

use identity::Caller;
use records::{Action, Subject};
use store::Work;
use transfer_engine::{Complaint, DEFAULT, Policy, parse};

use crate::error::TransferError;
use crate::tables::{self, Version};

const ADOPTED: Action = Action::new("transfer-policy.adopted");

/// The text that holds, and who wrote it.
pub(crate) async fn text(work: &mut Work) -> Result<(String, Option<Version>), TransferError> {
    let newest = tables::newest(work).await?;
    let text = newest.as_ref().map_or_else(|| DEFAULT.to_owned(), |version| version.text.clone());
    Ok((text, newest))
}

/// The policy that holds. A text that an older program took and this one does
/// not is an error: nothing passes until somebody mends it.
pub(crate) async fn holding(work: &mut Work) -> Result<Arc<Policy>, TransferError> {
    let (text, _) = text(work).await?;
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, policy)) = last.as_ref().filter(|(known, _)| *known == text) {
        return Ok(policy.clone());
    }
    let policy = Arc::new(parse(&text).map_err(|_| TransferError::Policy)?);
    *last = Some((text, policy.clone()));
    Ok(policy)
}

/// The text that was read last, with what it says: each file asks for it, and it
/// changes a few times a year. What holds is the row, read each time.
static LAST: Mutex<Option<(String, Arc<Policy>)>> = Mutex::new(None);

/// Makes a text the policy of the body.
///
/// # Errors
/// The inner error says what is wrong with the text.
pub(crate) async fn adopt(
    work: &mut Work,
    caller: &Caller,
    text: &str,
) -> Result<Result<(), Vec<Complaint>>, TransferError> {
    if let Err(complaints) = parse(text) {
        return Ok(Err(complaints));
    }
    let version = Version {
        id: work.new_id(),
        text: text.to_owned(),
        person: caller.person,
        made_at: work.now(),
    };
    tables::add(work, &version).await?;
    let entry = caller
        .entry(ADOPTED, Subject::new("transfer-policy", version.id))
        .with("sha256", passages::sha256(text.as_bytes()));
    records::append(work, &entry).await?;
    Ok(Ok(()))
}
