//! Files that wait for the inner end: sealed, each in a file of its own, on the
//! disk before anybody is told that it was taken, and gone once answered.

use std::collections::BTreeMap;
use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::{Random, Timestamp};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::sync::Notify;

use crate::frame::{Head, Verdict};
use crate::limits::{
    NAME_BYTES_MAX, PIECE_BYTES, TAG_BYTES, WAITING_BYTES_MAX, WAITING_MAX, pieces,
};
use crate::link::{ItemId, LinkHash};
use crate::seal::{InnerPublic, SealError, Sealing};

/// The folder of sealed files.
pub struct Shelf {
    folder: PathBuf,
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    /// What waits, the oldest first.
    items: BTreeMap<ItemId, (LinkHash, u64)>,
    bytes: u64,
}

/// A file that is being written. Dropped before [`Writing::finish`], nothing of
/// it is left.
pub struct Writing {
    file: File,
    path: Leaving,
    item: ItemId,
    link: LinkHash,
    sealing: Sealing,
    /// The beginning of the next piece: it is sealed once it is known whether
    /// more follows.
    rest: Vec<u8>,
    bytes: u64,
}

/// A file that is whole on the disk and not yet on the shelf.
pub struct Ready {
    path: Leaving,
    item: ItemId,
    link: LinkHash,
    bytes: u64,
}

/// Why something was not kept.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// No space is left, or too much waits.
    #[error("no space is left for files that wait")]
    Full,
    /// The folder cannot be used.
    #[error("the folder of waiting files cannot be used")]
    Io(#[source] io::Error),
    /// It could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl From<io::Error> for ShelfError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}

const INCOMING: &str = "incoming";
const ITEMS: &str = "items";
const BROKEN: &str = "broken";
const MAGIC: [u8; 8] = *b"SKHALF1\n";
/// Where the size stands, which is known last.
const SIZE_AT: u64 = 8 + 16 + 32 + 32;
const HEAD_BYTES: usize = 8 + 16 + 32 + 32 + 8 + 2;

impl Shelf {
    /// Opens a folder that only this program uses: what was half written is
    /// removed, what was whole waits again.
    ///
    /// # Errors
    /// If the folder cannot be used.
    pub async fn open(folder: &Path) -> io::Result<Self> {
        let incoming = folder.join(INCOMING);
        if fs::try_exists(&incoming).await? {
            fs::remove_dir_all(&incoming).await?;
        }
        for name in [INCOMING, ITEMS, BROKEN] {
            private(&folder.join(name)).await?;
        }
        let mut state = State::default();
        let mut entries = fs::read_dir(folder.join(ITEMS)).await?;
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name();
            let item = name.to_str().and_then(ItemId::parse);
            let head = match item {
                Some(item) => read_head(&entry.path(), item).await,
                None => Err(io::ErrorKind::InvalidData.into()),
            };
            match head {
                Ok((head, _)) => {
                    state.bytes = state.bytes.saturating_add(head.bytes);
                    state.items.insert(head.item, (head.link, head.bytes));
                }
                Err(error) => {
                    tracing::error!(%error, "a waiting file is damaged and was put aside");
                    fs::rename(entry.path(), folder.join(BROKEN).join(name)).await?;
                }
            }
        }
        let state = Mutex::new(state);
        Ok(Self { folder: folder.to_owned(), state, arrived: Notify::new() })
    }

    /// What waits, summed up by link: bytes and files.
    #[must_use]
    pub fn by_link(&self) -> Vec<(LinkHash, u64, u32)> {
        let mut sums: BTreeMap<LinkHash, (u64, u32)> = BTreeMap::new();
        for (link, bytes) in self.lock().items.values() {
            let sum = sums.entry(*link).or_default();
            *sum = (sum.0.saturating_add(*bytes), sum.1.saturating_add(1));
        }
        sums.into_iter().map(|(link, (bytes, files))| (link, bytes, files)).collect()
    }

    /// How many items wait, and their bytes.
    #[must_use]
    pub fn waiting(&self) -> (u32, u64) {
        let state = self.lock();
        (u32::try_from(state.items.len()).unwrap_or(u32::MAX), state.bytes)
    }

    /// Begins a file.
    ///
    /// # Errors
    /// [`ShelfError::Full`] where too much waits already.
    pub async fn begin(
        &self,
        to: &InnerPublic,
        link: LinkHash,
        name: &str,
        (now, source): (Timestamp, &dyn Random),
    ) -> Result<Writing, ShelfError> {
        {
            let state = self.lock();
            if state.items.len() >= WAITING_MAX || state.bytes >= WAITING_BYTES_MAX {
                return Err(ShelfError::Full);
            }
        }
        let item = ItemId::new(now, source);
        let (key, mut sealing) = Sealing::new(to, item, link, source)?;
        let name = sealing.name(name)?;
        let path = Leaving(Some(self.folder.join(INCOMING).join(item.to_string())));
        let place = path.0.as_deref().unwrap_or(Path::new(""));
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(place).await?;
        let mut head = Vec::with_capacity(HEAD_BYTES + name.len());
        head.extend(MAGIC);
        head.extend(item.0);
        head.extend(link.0);
        head.extend(key);
        head.extend(u64::MAX.to_be_bytes());
        head.extend(u16::try_from(name.len()).unwrap_or(0).to_be_bytes());
        head.extend(name);
        file.write_all(&head).await?;
        Ok(Writing { file, path, item, link, sealing, rest: Vec::new(), bytes: 0 })
    }

    /// Puts files on the shelf. When this returns, they outlive a power cut.
    ///
    /// # Errors
    /// If the folder cannot be used; some may then be on the shelf.
    pub async fn keep(&self, ready: Vec<Ready>) -> Result<(), ShelfError> {
        let items = self.folder.join(ITEMS);
        for mut one in ready {
            let Some(path) = one.path.0.as_deref() else { continue };
            fs::rename(path, items.join(one.item.to_string())).await?;
            one.path.0 = None;
            let mut state = self.lock();
            state.bytes = state.bytes.saturating_add(one.bytes);
            state.items.insert(one.item, (one.link, one.bytes));
        }
        let synced = File::open(&items).await?.sync_all().await;
        self.arrived.notify_one();
        Ok(synced?)
    }

    /// The oldest item, if one comes within a time.
    pub(crate) async fn next(&self, within: Duration) -> Option<ItemId> {
        let first = || self.lock().items.keys().next().copied();
        if let Some(item) = first() {
            return Some(item);
        }
        let _ = tokio::time::timeout(within, self.arrived.notified()).await;
        first()
    }

    /// An item's head, and its content to be read in pieces.
    pub(crate) async fn offer(&self, item: ItemId) -> io::Result<(Head, Content)> {
        let path = self.folder.join(ITEMS).join(item.to_string());
        let (head, file) = read_head(&path, item).await?;
        let content = Content { file, left: head.bytes, pieces_left: pieces(head.bytes) };
        Ok((head, content))
    }

    /// Does what the inner end answered, and says by which link the item came
    /// and how large it was.
    pub(crate) async fn settle(
        &self,
        item: ItemId,
        verdict: Verdict,
    ) -> io::Result<Option<(LinkHash, u64)>> {
        let path = self.folder.join(ITEMS).join(item.to_string());
        let aside = self.folder.join(BROKEN).join(item.to_string());
        let done = match verdict {
            Verdict::Taken | Verdict::Refused => fs::remove_file(&path).await,
            Verdict::Broken => fs::rename(&path, aside).await,
        };
        match done {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut state = self.lock();
        let settled = state.items.remove(&item);
        if let Some((_, bytes)) = settled {
            state.bytes = state.bytes.saturating_sub(bytes);
        }
        Ok(settled)
    }

    /// Puts an item aside that cannot be read here.
    pub(crate) async fn put_aside(&self, item: ItemId) -> io::Result<Option<(LinkHash, u64)>> {
        self.settle(item, Verdict::Broken).await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writing {
    /// Adds content: it is sealed as it comes, and nothing else of it is kept.
    ///
    /// # Errors
    /// The file is then not kept.
    pub async fn push(&mut self, mut content: &[u8]) -> Result<(), ShelfError> {
        self.bytes = self.bytes.saturating_add(content.len() as u64);
        while !content.is_empty() {
            if self.rest.len() == PIECE_BYTES {
                self.write_piece(false).await?;
            }
            let room = PIECE_BYTES - self.rest.len();
            let (now, later) = content.split_at(room.min(content.len()));
            self.rest.extend_from_slice(now);
            content = later;
        }
        Ok(())
    }

    /// Ends the file; when this returns it lies whole on the disk.
    ///
    /// # Errors
    /// The file is then not kept.
    pub async fn finish(mut self) -> Result<Ready, ShelfError> {
        self.write_piece(true).await?;
        self.file.seek(SeekFrom::Start(SIZE_AT)).await?;
        self.file.write_all(&self.bytes.to_be_bytes()).await?;
        self.file.flush().await?;
        self.file.sync_all().await?;
        let Self { path, item, link, bytes, .. } = self;
        Ok(Ready { path, item, link, bytes })
    }

    /// How many bytes came so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    async fn write_piece(&mut self, is_last: bool) -> Result<(), ShelfError> {
        let sealed = self.sealing.piece(&self.rest, is_last)?;
        self.rest.clear();
        Ok(self.file.write_all(&sealed).await?)
    }
}

impl Ready {
    /// Its id.
    #[must_use]
    pub const fn item(&self) -> ItemId {
        self.item
    }
}

/// The sealed content of an item, piece by piece.
pub(crate) struct Content {
    file: File,
    left: u64,
    pieces_left: u64,
}

impl Content {
    /// The next sealed piece; nothing after the last.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.pieces_left == 0 {
            return Ok(None);
        }
        let plain = self.left.min(PIECE_BYTES as u64);
        let mut sealed = vec![0; usize::try_from(plain).unwrap_or(PIECE_BYTES) + TAG_BYTES];
        self.file.read_exact(&mut sealed).await?;
        self.left -= plain;
        self.pieces_left -= 1;
        Ok(Some(sealed))
    }
}

/// Reads what stands before an item's content, and leaves the file there.
async fn read_head(path: &Path, item: ItemId) -> io::Result<(Head, File)> {
    let mut file = File::open(path).await?;
    let mut start = [0; HEAD_BYTES];
    file.read_exact(&mut start).await?;
    let damaged = || io::Error::from(io::ErrorKind::InvalidData);
    let mut rest = start.as_slice();
    let magic: [u8; 8] = take(&mut rest).ok_or_else(damaged)?;
    let own = ItemId(take(&mut rest).ok_or_else(damaged)?);
    let link = LinkHash(take(&mut rest).ok_or_else(damaged)?);
    let key: [u8; 32] = take(&mut rest).ok_or_else(damaged)?;
    let bytes = u64::from_be_bytes(take(&mut rest).ok_or_else(damaged)?);
    let length = usize::from(u16::from_be_bytes(take(&mut rest).ok_or_else(damaged)?));
    if magic != MAGIC || own != item || length > NAME_BYTES_MAX + TAG_BYTES {
        return Err(damaged());
    }
    let tags = pieces(bytes).saturating_mul(TAG_BYTES as u64);
    let wanted = (HEAD_BYTES as u64 + length as u64).saturating_add(bytes).saturating_add(tags);
    if file.metadata().await?.len() != wanted {
        return Err(damaged());
    }
    let mut name = vec![0; length];
    file.read_exact(&mut name).await?;
    Ok((Head { item, link, bytes, key, name }, file))
}

fn take<const LENGTH: usize>(rest: &mut &[u8]) -> Option<[u8; LENGTH]> {
    let (taken, after) = rest.split_first_chunk::<LENGTH>()?;
    *rest = after;
    Some(*taken)
}

async fn private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder).await
}

/// A file that is removed when it is dropped under its first name.
struct Leaving(Option<PathBuf>);

impl Drop for Leaving {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // What stays is removed with the next start.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use base::SeededRandom;

    use super::*;
    use crate::seal::{InnerKey, Opening};

    const LINK: LinkHash = LinkHash([2; 32]);

    async fn put(shelf: &Shelf, key: &InnerKey, content: &[u8], step: usize) -> ItemId {
        let source = SeededRandom::new(content.len() as u64);
        let now = Timestamp::from_millis(1_000);
        let mut writing = shelf.begin(&key.public(), LINK, "あ.txt", (now, &source)).await.unwrap();
        for piece in content.chunks(step) {
            writing.push(piece).await.unwrap();
        }
        let ready = writing.finish().await.unwrap();
        let item = ready.item();
        shelf.keep(vec![ready]).await.unwrap();
        item
    }

    async fn get(shelf: &Shelf, key: &InnerKey, item: ItemId) -> (String, Vec<u8>) {
        let (head, mut content) = shelf.offer(item).await.unwrap();
        let mut opening = Opening::new(key, &head.key, item, head.link).unwrap();
        let name = opening.name(&head.name).unwrap();
        let (mut plain, mut left) = (Vec::new(), pieces(head.bytes));
        while let Some(sealed) = content.next().await.unwrap() {
            left -= 1;
            plain.extend(opening.piece(&sealed, left == 0).unwrap());
        }
        (name, plain)
    }

    #[tokio::test]
    async fn files_of_every_size_outlive_a_restart_and_are_gone_once_answered() {
        let place = tempfile::tempdir().unwrap();
        let key = InnerKey::new(&SeededRandom::new(1));
        let shelf = Shelf::open(place.path()).await.unwrap();
        let sizes = [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES];
        let mut items = Vec::new();
        for (index, size) in sizes.into_iter().enumerate() {
            let content: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let item = put(&shelf, &key, &content, 1_000 + index * 30_000).await;
            items.push((item, content));
        }
        let shelf = Shelf::open(place.path()).await.unwrap();
        assert_eq!(shelf.waiting().0, 6);
        for (item, content) in &items {
            let found = get(&shelf, &key, *item).await;
            assert_eq!(found, ("あ.txt".to_owned(), content.clone()), "{}", content.len());
            shelf.settle(*item, Verdict::Taken).await.unwrap();
        }
        assert_eq!(Shelf::open(place.path()).await.unwrap().waiting(), (0, 0));
        let left = std::fs::read_dir(place.path().join(ITEMS)).unwrap().count();
        assert_eq!(left, 0);
    }

    #[tokio::test]
    async fn what_was_cut_off_leaves_nothing_and_what_is_damaged_is_put_aside() {
        let place = tempfile::tempdir().unwrap();
        let key = InnerKey::new(&SeededRandom::new(1));
        let shelf = Shelf::open(place.path()).await.unwrap();
        let source = SeededRandom::new(3);
        let now = Timestamp::from_millis(1);
        let writing = shelf.begin(&key.public(), LINK, "a", (now, &source)).await.unwrap();
        drop(writing);
        assert_eq!(std::fs::read_dir(place.path().join(INCOMING)).unwrap().count(), 0);
        let item = put(&shelf, &key, b"content", 3).await;
        let path = place.path().join(ITEMS).join(item.to_string());
        let whole = std::fs::read(&path).unwrap();
        assert!(!whole.windows(7).any(|window| window == b"content"), "sealed");
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        std::fs::write(place.path().join(ITEMS).join("odd"), b"x").unwrap();
        let shelf = Shelf::open(place.path()).await.unwrap();
        assert_eq!(shelf.waiting().0, 0);
        assert_eq!(std::fs::read_dir(place.path().join(BROKEN)).unwrap().count(), 2);
    }
}
