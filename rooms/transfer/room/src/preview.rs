//! What somebody sees of a held passage before they decide: its text and
//! pictures of its first pages, made in a cage of the harmless copy, kept
//! sealed, and gone when the passage ends.

use std::sync::Arc;

use base::{BodyId, Task};
use jobs::{Claimed, Handler, JobError, NewJob, Outcome, Policy};
use passages::{Passage, PassageId, Sealed, State};
use sanitize_core::{Format, Mark};
use sanitize_room::Preview;
use store::{Store, Work};

use crate::error::TransferError;
use crate::paths::leaf;
use crate::service::{FILE_BYTES_MAX, Service};
use crate::tables::previews::{self, Form, Piece, SOURCE, TEXT};

/// The job that makes one; its key is the passage's id.
const PREVIEW: jobs::Kind = "transfer.preview";
/// The most pages of one preview.
pub(crate) const PAGES_MAX: usize = 20;
/// The largest picture that is kept, in bytes.
const PAGE_BYTES_MAX: usize = 4 << 20;
/// All pictures of one preview, in bytes.
const PAGES_BYTES_MAX: usize = 24 << 20;
/// The longest text that is kept, in bytes.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// Orders a preview, in the work that holds the passage back.
pub(crate) async fn order(
    work: &mut Work,
    id: PassageId,
    source: Option<Sealed>,
) -> Result<(), TransferError> {
    if let Some(sealed) = source {
        let piece = Piece { place: SOURCE, form: Form::Source, pages: 0, sealed };
        previews::add(work, id, &piece).await?;
    }
    let job = NewJob::new(PREVIEW, id.to_string(), work.now());
    jobs::schedule(work, &job).await?;
    Ok(())
}

/// Forgets a preview; says which blobs nobody needs any more.
pub(crate) async fn forget(work: &mut Work, id: PassageId) -> Result<Vec<String>, TransferError> {
    let pieces = previews::of(work, id).await?;
    if !pieces.is_empty() {
        previews::remove_all(work, id).await?;
    }
    Ok(pieces.into_iter().map(|piece| piece.sealed.blob).collect())
}

/// What there is to see of a passage.
#[derive(Default)]
pub(crate) struct Seen {
    /// It was made; until then there is nothing.
    pub(crate) is_made: bool,
    /// The text with its places.
    pub(crate) text: String,
    /// How many pages the document has.
    pub(crate) pages: u32,
    /// How many of them can be seen, from 1.
    pub(crate) drawn: u32,
}

impl Service {
    /// What there is to see. Whoever asks was let in before.
    pub(crate) async fn seen(
        &self,
        work: &mut Work,
        body: BodyId,
        passage: &Passage,
    ) -> Result<Seen, TransferError> {
        let pieces = previews::of(work, passage.id).await?;
        let Some(text) = pieces.iter().find(|piece| piece.form == Form::Text) else {
            return Ok(Seen::default());
        };
        let most = TEXT_BYTES_MAX as u64;
        let bytes = self.vault.give(body, passage.new.batch, &text.sealed, most).await?;
        let drawn = pieces.iter().filter(|piece| piece.place > TEXT).count();
        Ok(Seen {
            is_made: true,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            pages: text.pages,
            drawn: u32::try_from(drawn).unwrap_or(u32::MAX),
        })
    }

    /// One page with its media type. Whoever asks was let in before.
    pub(crate) async fn page(
        &self,
        work: &mut Work,
        body: BodyId,
        (passage, page): (&Passage, i64),
    ) -> Result<(&'static str, Vec<u8>), TransferError> {
        let pieces = previews::of(work, passage.id).await?;
        let found = pieces.into_iter().find(|piece| piece.place == page && page > TEXT);
        let piece = found.ok_or(passages::PassageError::NotThere)?;
        let media_type = match piece.form {
            Form::Jpeg => "image/jpeg",
            Form::Png => "image/png",
            Form::Source | Form::Text => return Err(passages::PassageError::NotThere.into()),
        };
        let most = PAGE_BYTES_MAX as u64;
        let bytes = self.vault.give(body, passage.new.batch, &piece.sealed, most).await?;
        Ok((media_type, bytes))
    }

    /// Makes the preview of one held passage; again changes nothing.
    async fn make_preview(
        &self,
        store: &Store,
        (body, id): (BodyId, PassageId),
        job: &Claimed,
    ) -> Result<(), TransferError> {
        let mut work = store.read(body).await?;
        let passage = passages::find(&mut work, id).await?;
        let pieces = previews::of(&mut work, id).await?;
        drop(work);
        let is_made = pieces.iter().any(|piece| piece.form == Form::Text);
        let source = pieces.into_iter().find(|piece| piece.form == Form::Source);
        let output = passage.outcome.as_ref().and_then(|outcome| outcome.output.as_ref());
        let is_large = passage.new.bytes > FILE_BYTES_MAX;
        // Too large to be treated, it goes as it came, perhaps in a container
        // that shows nothing.
        let original = passage.new.original.as_ref().filter(|_| is_large);
        let sealed = original.or(source.as_ref().map(|piece| &piece.sealed));
        let (Some(sealed), State::Held, false) =
            (sealed.or(output.map(|kept| &kept.sealed)), passage.state, is_made)
        else {
            return Ok(());
        };
        let batch = passage.new.batch;
        // Of what is too large to be held, its beginning must do.
        let bytes: Arc<[u8]> = if is_large {
            self.head(body, batch, sealed).await?
        } else {
            let most = FILE_BYTES_MAX.saturating_mul(4);
            Arc::from(self.vault.give(body, batch, sealed, most).await?)
        };
        let made = self.viewers.preview(leaf(&passage.new.name), bytes.clone(), PAGES_MAX).await?;
        let mut kept = Vec::new();
        for (place, form, bytes) in parts(&made, &bytes) {
            let sealed = self.vault.keep(body, batch, &bytes, &**store.random()).await?.sealed;
            kept.push(Piece { place, form, pages: made.leaves.pages, sealed });
        }
        let mut work = store.begin(body).await?;
        // Decided on meanwhile: nobody needs it, and no row may hold it.
        let is_held = passages::find(&mut work, id).await?.state == State::Held;
        let mut free = Vec::new();
        for piece in &kept {
            match is_held {
                true => previews::add(&mut work, id, piece).await?,
                false => free.push(piece.sealed.blob.clone()),
            }
        }
        if let Some(source) = &source {
            previews::remove(&mut work, id, SOURCE).await?;
            free.push(source.sealed.blob.clone());
        }
        job.finish(&mut work).await?;
        work.commit().await?;
        self.vault.destroy(body, &free).await?;
        Ok(())
    }
}

/// The pieces of a preview within their limits. Of what can neither be read nor
/// drawn, the text is its first bytes in figures.
fn parts(made: &Preview, bytes: &[u8]) -> Vec<(i64, Form, Vec<u8>)> {
    let is_nothing = made.reading.text.trim().is_empty() && made.leaves.leaves.is_empty();
    let first = if is_nothing { first_bytes(bytes) } else { String::new() };
    let text = if is_nothing { &first } else { &made.reading.text };
    let text = shortened(text, TEXT_BYTES_MAX);
    let mut parts = vec![(TEXT, Form::Text, text.as_bytes().to_vec())];
    let mut total = 0_usize;
    for (place, leaf) in (1..).zip(made.leaves.leaves.iter().take(PAGES_MAX)) {
        total = total.saturating_add(leaf.bytes.len());
        let is_too_much = leaf.bytes.len() > PAGE_BYTES_MAX || total > PAGES_BYTES_MAX;
        let form = if leaf.format == Format::Png { Form::Png } else { Form::Jpeg };
        if is_too_much {
            break;
        }
        parts.push((place, form, leaf.bytes.clone()));
    }
    parts
}

/// The part under which first bytes stand in a text.
pub(crate) const FIRST_BYTES: &str = "first-bytes";
/// So many are shown.
const FIRST_BYTES_SHOWN: usize = 64;

/// A file's first bytes as figures and, where they are some, letters.
fn first_bytes(bytes: &[u8]) -> String {
    let mut text = String::new();
    Mark::Part(FIRST_BYTES).write(&mut text);
    for row in bytes.get(..FIRST_BYTES_SHOWN).unwrap_or(bytes).chunks(16) {
        let figures: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        let letter = |byte: &u8| {
            let is_seen = byte.is_ascii_graphic() || *byte == b' ';
            if is_seen { char::from(*byte) } else { '.' }
        };
        let letters: String = row.iter().map(letter).collect();
        text.push_str(&format!("{:<47}  {letters}\n", figures.join(" ")));
    }
    text
}

/// The beginning of a text, cut between two characters.
fn shortened(text: &str, bytes_max: usize) -> &str {
    let end = (0..=bytes_max.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// Makes previews.
pub(crate) struct Previewing {
    pub(crate) service: Service,
}

impl Handler for Previewing {
    fn kind(&self) -> jobs::Kind {
        PREVIEW
    }

    fn policy(&self) -> Policy {
        // One is drawn, the next is read.
        Policy { at_once: 2, ..Policy::default() }
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            let (Some(body), Ok(id)) = (job.body, PassageId::parse(&job.key)) else {
                return Ok(Outcome::Done);
            };
            self.service.make_preview(store, (body, id), job).await.map_err(JobError::failed)?;
            Ok(Outcome::Done)
        })
    }
}

#[cfg(test)]
mod tests {
    use sanitize_engine::{Leaf, Leaves, Reading};

    use super::*;

    fn made(text: &str, sizes: &[usize]) -> Preview {
        let leaf = |size: &usize| Leaf { format: Format::Jpeg, bytes: vec![0; *size] };
        Preview {
            reading: Reading { format: Format::Pdf, text: text.to_owned(), unread: Vec::new() },
            leaves: Leaves {
                pages: u32::try_from(sizes.len()).unwrap(),
                leaves: sizes.iter().map(leaf).collect(),
            },
        }
    }

    #[test]
    fn a_text_is_cut_between_two_characters() {
        let text = "あ".repeat(TEXT_BYTES_MAX);
        let parts = parts(&made(&text, &[]), b"");
        let kept = std::str::from_utf8(&parts[0].2).unwrap();
        assert!(kept.len() <= TEXT_BYTES_MAX && kept.len() > TEXT_BYTES_MAX - 3);
        assert_eq!(shortened("あい", 4), "あ");
        assert_eq!(shortened("", 4), "");
    }

    #[test]
    fn of_what_cannot_be_read_the_first_bytes_are_shown() {
        let parts = parts(&made(" \n", &[]), b"AC1027\0\0\x01<b>");
        let text = std::str::from_utf8(&parts[0].2).unwrap();
        assert!(text.contains(FIRST_BYTES) && text.contains("41 43 31 30 32 37 00 00 01 3c"));
        assert!(text.contains("AC1027...<b>"), "{text}");
        assert!(first_bytes(&[7; 900]).len() < 600);
    }

    #[test]
    fn pages_stop_at_their_number_and_their_bytes() {
        assert_eq!(parts(&made("", &[10; 30]), b"").len(), 1 + PAGES_MAX);
        assert_eq!(parts(&made("", &[10, PAGE_BYTES_MAX + 1, 10]), b"").len(), 2);
        assert_eq!(parts(&made("", &[PAGE_BYTES_MAX; 20]), b"").len(), 1 + 6);
    }
}
