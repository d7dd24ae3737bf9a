//! Folders as a way in and a way out: files that lie complete in a watched
//! folder are taken in once, and what is delivered to somebody with a folder is
//! laid there once, whenever the program is killed. Looks again and again, as
//! shares of other machines tell nobody of a new file.

mod alarm;
mod disk;
mod name;
mod place;
mod settle;
mod tables;
mod take;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base::BodyId;
use factors::Sealer;
use i18n::{Catalogue, CatalogueError};
use identity::{BodyCode, Login};
use store::{Blobs, Store};
use tokio::sync::Notify;
use tokio::task::JoinSet;
pub use transfer_engine::Class;
pub use zones::Crossing;

use passages::Vault;

pub use crate::fields::crossing;
pub use alarm::Alarms;
pub use tables::MIGRATIONS as FOLDER_MIGRATIONS;
use take::told::Words;

/// A folder whose files are taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Where it is.
    pub path: PathBuf,
    /// Whose it is.
    pub body: BodyCode,
    /// Over which boundary its files go.
    pub crossing: Crossing,
    /// A section's code or a person's login.
    pub to: String,
    /// The class that is claimed for its files.
    pub class: Class,
    /// What for.
    pub purpose: String,
    /// In whose name.
    pub sender: Named,
    /// How long a file must lie unchanged.
    pub settled: Duration,
    /// Only files are taken beside which a file of the same name and `.done`
    /// lies.
    pub wants_done: bool,
    /// Files in folders inside are taken, too, with their paths as names.
    pub goes_below: bool,
    /// How long what was taken lies beside, before it is removed.
    pub keep: Duration,
}

/// Whoever puts files into a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A person answers for it: what must be approved is asked in their name.
    Person(Login),
    /// A machine, by the name under which it stands in the list.
    Machine(String),
}

/// A folder into which things are delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Where it is.
    pub path: PathBuf,
    /// Whose it is.
    pub body: BodyCode,
    /// A section's code or a person's login.
    pub to: String,
}

/// Between two looks at a folder.
const LOOK: Duration = Duration::from_secs(1);
/// After a look that failed.
const LOOK_AFTER_TROUBLE: Duration = Duration::from_secs(5);

/// What folders need of the program.
#[derive(Clone)]
pub struct Means {
    /// Rows.
    pub store: Store,
    /// Where files lie.
    pub blobs: Blobs,
    /// What seals them.
    pub sealer: Sealer,
    /// Rung when something was taken in.
    pub bell: Arc<Notify>,
}

/// All folders of a program.
pub struct Folders {
    means: Shared,
    watched: Vec<Watched>,
    deliveries: Vec<Delivery>,
}

/// What every folder's task has.
#[derive(Clone)]
pub(crate) struct Shared {
    store: Store,
    vault: Vault,
    bell: Arc<Notify>,
    alarms: Alarms,
    words: Words,
}

impl Folders {
    /// Prepares them; looks at nothing yet.
    ///
    /// # Errors
    /// If the room's own words cannot be read.
    pub fn new(
        means: Means,
        watched: Vec<Watched>,
        deliveries: Vec<Delivery>,
    ) -> Result<Self, CatalogueError> {
        Ok(Self { means: Shared::new(means)?, watched, deliveries })
    }

    /// What is wrong with them at any moment.
    #[must_use]
    pub fn alarms(&self) -> Alarms {
        self.means.alarms.clone()
    }

    /// Looks at each folder, beside the others, until told to stop. A folder
    /// that does not answer holds up itself only.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut tasks = JoinSet::new();
        for watched in self.watched {
            let mut taking = take::Taking::new(self.means.clone(), watched);
            tasks.spawn(async move {
                loop {
                    tokio::time::sleep(pause(taking.look().await)).await;
                }
            });
        }
        for delivery in self.deliveries {
            let placing = place::Placing::new(self.means.clone(), delivery);
            tasks.spawn(async move {
                loop {
                    tokio::time::sleep(pause(placing.look().await)).await;
                }
            });
        }
        // Whatever is cut here is taken up by the next start.
        stop.await;
        tasks.shutdown().await;
    }
}

const fn pause(was_good: bool) -> Duration {
    if was_good { LOOK } else { LOOK_AFTER_TROUBLE }
}

/// The room's own words, for what no page shows.
const WORDS: Catalogue = Catalogue {
    name: "transfer",
    ja: include_str!("../messages/transfer.ja.ftl"),
    en: include_str!("../messages/transfer.en.ftl"),
};

impl Shared {
    fn new(means: Means) -> Result<Self, CatalogueError> {
        let Means { store, blobs, sealer, bell } = means;
        let vault = Vault::new(blobs, sealer, crate::service::PURPOSE);
        let words = Words::load(WORDS)?;
        Ok(Self { store, vault, bell, alarms: Alarms::default(), words })
    }

    async fn body(&self, code: BodyCode) -> Result<BodyId, alarm::Trouble> {
        let found = identity::bodies::by_code(&self.store, code).await?;
        found.ok_or(alarm::Trouble::NoBody(code))
    }
}

/// Runs what waits for a disk where it keeps nobody else waiting.
async fn off<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, alarm::Trouble> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| alarm::Trouble::Broken)??)
}

#[cfg(test)]
mod tests;
