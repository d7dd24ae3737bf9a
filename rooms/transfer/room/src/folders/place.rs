//! Lays what is delivered to somebody into their folder, once: first written
//! under a number, then noted as fetched together with the name it will have,
//! then given that name.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use base::BodyId;
use passages::{Filter, Opened, Passage, PassageId, Receiver};
use records::{Actor, Entry, Origin};
use store::Store;

use super::alarm::Trouble;
use super::disk::Dir;
use super::{Delivery, Shared, off, tables};
use crate::{fields, paths};

/// Our own folder inside of each. Where it is missing in a folder that was
/// worked on, another disk is there, or none.
pub(super) const OURS: &str = ".sekisho";
/// Passages that are laid down in one look.
const AT_ONCE: u32 = 50;
/// Files of one name in one folder.
const SAME_MAX: u32 = 10_000;

/// One delivery folder at work.
pub(super) struct Placing {
    means: Shared,
    delivery: Delivery,
}

/// A delivery folder, held open.
struct Open {
    root: Dir,
    ours: Dir,
}

/// How a folder stands in rows.
pub(super) fn key(path: &Path) -> String {
    path.display().to_string()
}

/// Looks whether the folder is there and the one that it was; notes a new one.
pub(super) async fn known(store: &Store, body: BodyId, path: &Path) -> Result<(), Trouble> {
    let mut work = store.read(body).await?;
    let is_known = tables::is_known(&mut work, &key(path)).await?;
    drop(work);
    let has_ours = off({
        let path = path.to_owned();
        move || {
            let root = match Dir::open(&path) {
                Ok(root) => root,
                Err(error) => return Ok(Err(error)),
            };
            Ok(Ok(root.look(OsStr::new(OURS))?.is_some()))
        }
    })
    .await?
    .map_err(Trouble::Gone)?;
    if is_known && !has_ours {
        return Err(Trouble::Another);
    }
    if !is_known {
        let mut work = store.begin(body).await?;
        tables::know(&mut work, &key(path)).await?;
        // Before the note, so that a note never stands for a folder without it.
        let path = path.to_owned();
        off(move || Dir::open(&path)?.make(OsStr::new(OURS)).map(drop)).await?;
        work.commit().await?;
    }
    Ok(())
}

impl Placing {
    pub(super) fn new(means: Shared, delivery: Delivery) -> Self {
        Self { means, delivery }
    }

    /// Looks once; true if all went well.
    pub(super) async fn look(&self) -> bool {
        let (body, looked) = match self.means.body(self.delivery.body).await {
            Ok(body) => (Some(body), self.work(body).await),
            Err(trouble) => (None, Err(trouble)),
        };
        self.means.alarms.note(&self.delivery.path, body, looked)
    }

    async fn work(&self, body: BodyId) -> Result<(), Trouble> {
        let mut work = self.means.store.read(body).await?;
        let to = &self.delivery.to;
        let receiver = fields::receiver(&mut work, to).await?;
        let receiver = receiver.ok_or_else(|| Trouble::Nobody(to.clone()))?;
        let filter = Filter { state: None, after: None, limit: AT_ONCE };
        let new = passages::unfetched(&mut work, receiver, &filter).await?.rows;
        let ready = tables::placings(&mut work, &self.folder()).await?;
        drop(work);
        let path = self.delivery.path.clone();
        known(&self.means.store, body, &path).await?;
        let open = Arc::new(off(move || Open::at(&path)).await?);
        for (passage, name) in ready {
            self.name(&open, body, passage, name).await?;
        }
        for passage in new {
            self.lay(&open, body, receiver, &passage).await?;
        }
        Ok(())
    }

    async fn lay(
        &self,
        open: &Arc<Open>,
        body: BodyId,
        receiver: Receiver,
        passage: &Passage,
    ) -> Result<(), Trouble> {
        let kept = passage.outcome.as_ref().and_then(|outcome| outcome.output.as_ref());
        let Some(kept) = kept else { return Ok(()) };
        let (id, name) = (passage.id, paths::on_disk(&kept.name));
        let owner = self.means.vault.of(passage.new.batch);
        write(open, id, self.means.vault.open(body, &owner, &kept.sealed).await?).await?;
        let by = |action, subject| {
            let actor = Actor::System("transfer-folder");
            Entry::new(actor, action, subject, Origin::Named("folder"))
        };
        let mut work = self.means.store.begin(body).await?;
        match passages::fetch_for(&mut work, receiver, by, id).await {
            // Its receiver was quicker, or its time is over.
            Ok((fetched, _)) if fetched.version != passage.version => {}
            Ok(_) => {
                tables::place(&mut work, &self.folder(), id, &name).await?;
                work.commit().await?;
                return self.name(open, body, id, name).await;
            }
            Err(passages::PassageError::NotNow { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        drop(work);
        let open = open.clone();
        off(move || open.drop_part(id)).await
    }

    /// Gives what lies ready its name. Where it lies there no more, it has it.
    async fn name(
        &self,
        open: &Arc<Open>,
        body: BodyId,
        id: PassageId,
        name: String,
    ) -> Result<(), Trouble> {
        let open = open.clone();
        off(move || open.name(id, &name)).await?;
        let mut work = self.means.store.begin(body).await?;
        tables::placed(&mut work, id).await?;
        work.commit().await?;
        Ok(())
    }

    fn folder(&self) -> String {
        key(&self.delivery.path)
    }
}

/// Writes a file under its passage's number; on the disk when this returns.
async fn write(open: &Arc<Open>, id: PassageId, mut opened: Opened) -> Result<(), Trouble> {
    let mut file = off({
        let open = open.clone();
        move || open.ours.begin(part(id).as_ref())
    })
    .await?;
    while let Some(piece) = opened.next().await? {
        file = off(move || {
            file.write_all(&piece)?;
            Ok(file)
        })
        .await?;
    }
    let open = open.clone();
    off(move || {
        file.sync_all()?;
        open.ours.sync()
    })
    .await
}

impl Open {
    fn at(path: &Path) -> std::io::Result<Self> {
        let root = Dir::open(path)?;
        let ours = root.below(OsStr::new(OURS))?;
        Ok(Self { root, ours })
    }

    fn drop_part(&self, id: PassageId) -> std::io::Result<()> {
        match self.ours.remove(part(id).as_ref()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn name(&self, id: PassageId, name: &str) -> std::io::Result<()> {
        let part = part(id);
        if self.ours.look(part.as_ref())?.is_none() {
            return Ok(());
        }
        let (folders, name) = paths::split(name);
        let deepest = self.within(folders)?;
        let to = deepest.as_ref().unwrap_or(&self.root);
        for number in 1..SAME_MAX {
            let wanted = numbered(name, number);
            match self.ours.move_to(part.as_ref(), to, wanted.as_ref()) {
                Ok(()) => {
                    to.sync()?;
                    return self.ours.sync();
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(std::io::ErrorKind::AlreadyExists.into())
    }

    /// The folder that a file's own folders lead to, made where it is not there;
    /// nothing where there are none, or where a file or a link is in the way.
    fn within(&self, folders: &str) -> std::io::Result<Option<Dir>> {
        let mut deepest: Option<Dir> = None;
        for name in folders.split('/').filter(|name| !name.is_empty()) {
            let parent = deepest.as_ref().unwrap_or(&self.root);
            let made = match parent.make(name.as_ref()) {
                Ok(made) => made,
                Err(error) if is_in_the_way(&error) => return Ok(None),
                Err(error) => return Err(error),
            };
            parent.sync()?;
            deepest = Some(made);
        }
        Ok(deepest)
    }
}

/// True where what has the name is no folder.
fn is_in_the_way(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::NOTDIR | Errno::LOOP))
}

fn part(id: PassageId) -> String {
    format!("{id}.part")
}

/// Bytes of a name, below what file systems take, with room for a number.
const NAME_BYTES_MAX: usize = 200;

/// `名簿.csv`, `名簿 (2).csv`, …, none of them hidden.
fn numbered(name: &str, number: u32) -> String {
    let name = name.trim_start_matches(['.', ' ']);
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 16 => (stem, Some(ending)),
        Some(_) | None => (if name.is_empty() { "file" } else { name }, None),
    };
    let mut cut = stem.len().min(NAME_BYTES_MAX);
    while !stem.is_char_boundary(cut) {
        cut -= 1;
    }
    let stem = &stem[..cut];
    let count = if number == 1 { String::new() } else { format!(" ({number})") };
    match ending {
        Some(ending) => format!("{stem}{count}.{ending}"),
        None => format!("{stem}{count}"),
    }
}
