//! The store, the blobs and the keys that a configuration names, opened.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use base::{Clock, Random, Secret, SystemClock, SystemRandom};
use factors::Sealer;
use records::{Key, PublicKey};
use store::backup::Place;
use store::blobs::{Outbox, S3Settings, Trust};
use store::{Blobs, Migration, Settings, Store};

use crate::config::{BlobPlace, Bucket, Config, ExportPlace};
use crate::folder::Folder;
use crate::ledger::Copies;
use crate::{halves, place, tables, tls};

/// Everything that lies behind the program.
pub(crate) struct House {
    pub(crate) folder: Folder,
    pub(crate) store: Store,
    /// The same store for the account that owns the tables, and the account
    /// that only works in them, where the configuration names two.
    owner: Option<(Store, String)>,
    pub(crate) blobs: Blobs,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
}

/// The keys of the house.
pub(crate) struct Keys {
    /// Opens what is stored of factors.
    pub(crate) sealer: Sealer,
    /// Signs the ledger.
    pub(crate) ledger: Key,
}

const SEAL_KEY: &str = "keys/seal.key";
const LEDGER_KEY: &str = "keys/ledger.key";
/// Without these, a store that is in use is of no use.
pub(crate) const KEYS: [&str; 2] = [SEAL_KEY, LEDGER_KEY];
/// The public half, to be kept elsewhere too: it proves the ledger.
pub(crate) const LEDGER_PUBLIC: &str = "keys/ledger.pub";

/// Every migration of the frame and the rooms, in an order that always holds:
/// a crate stands after those it knows.
pub(crate) fn migrations() -> Vec<Migration> {
    let mut all = Vec::new();
    all.extend_from_slice(tables::MIGRATIONS);
    all.extend_from_slice(records::MIGRATIONS);
    all.extend_from_slice(jobs::MIGRATIONS);
    all.extend_from_slice(identity::MIGRATIONS);
    all.extend_from_slice(notices::MIGRATIONS);
    all.extend_from_slice(permits::MIGRATIONS);
    all.extend_from_slice(console::MIGRATIONS);
    for room in crate::wiring::ROOM_MIGRATIONS {
        all.extend_from_slice(room);
    }
    all
}

impl House {
    /// Opens what is there.
    pub(crate) async fn open(config: &Config) -> Result<Self> {
        let folder = Folder::open(&config.data)?;
        if config.database.is_none() && !folder.database().exists() {
            bail!(
                "{0} に記録がありません。--data の場所を確かめてください / there is no store in {0}: check --data",
                folder.path().display()
            );
        }
        Self::at(config, folder).await
    }

    /// Opens the house, and makes what is not there.
    pub(crate) async fn make(config: &Config) -> Result<Self> {
        Self::at(config, Folder::make(&config.data)?).await
    }

    async fn at(config: &Config, folder: Folder) -> Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let opened = |address| {
            let settings = Settings { address, clock: clock.clone(), random: random.clone() };
            async { Store::open(settings).await.map_err(place::refused) }
        };
        let store = opened(place::database(config, &folder)?).await?;
        let owner = match place::owner(config)? {
            Some((server, account)) => Some((opened(server).await?, account)),
            None => None,
        };
        let place = folder.join("blobs");
        let blobs = match &config.blobs {
            BlobPlace::Disk => Blobs::disk(&place, random.clone()).await,
            BlobPlace::S3(bucket) => {
                Blobs::s3(s3(bucket)?, &place, clock.clone(), random.clone()).await
            }
        };
        let blobs =
            blobs.context("ファイル置き場を開けません / cannot open the place of the blobs")?;
        Ok(Self { folder, store, owner, blobs, clock, random })
    }

    /// The store for whoever makes and drops tables.
    pub(crate) fn ruling(&self) -> &Store {
        self.owner.as_ref().map_or(&self.store, |(store, _)| store)
    }

    /// Brings the database up to this version and says what has run.
    pub(crate) async fn migrate(&self) -> Result<Vec<&'static str>> {
        let new = self.ruling().migrate(&migrations()).await.map_err(place::refused)?;
        self.let_in().await?;
        Ok(new)
    }

    /// Gives the working account the rows of all tables, and no table.
    pub(crate) async fn let_in(&self) -> Result<()> {
        let Some((owner, account)) = &self.owner else { return Ok(()) };
        owner
            .let_in(account)
            .await
            .with_context(|| format!("{account} に権限を渡せません / cannot let {account} in"))
    }

    /// Closes what only owners use; the rest goes on.
    pub(crate) async fn end_ruling(&mut self) {
        if let Some((owner, _)) = self.owner.take() {
            owner.close().await;
        }
    }

    /// The keys, made where they are not there.
    pub(crate) fn keys(&self) -> Result<Keys> {
        let seal = self
            .folder
            .read_or_make(SEAL_KEY, || Ok(Sealer::new_key_line(&*self.random).reveal().clone()))?;
        let ledger = self.folder.read_or_make(LEDGER_KEY, || {
            Ok(Key::generate(&*self.random).to_pem()?.reveal().clone())
        })?;
        let ledger = Key::from_pem(&ledger).context(LEDGER_KEY)?;
        let public = ledger.public().to_pem()?;
        self.folder.read_or_make(LEDGER_PUBLIC, || Ok(public))?;
        Ok(Keys { sealer: Sealer::parse(&seal).context(SEAL_KEY)?, ledger })
    }

    /// What a backup takes: rows, blobs, and the keys without which they are of
    /// no use.
    pub(crate) fn place(&self) -> Place<'_> {
        self.place_of(&self.store)
    }

    /// As [`House::place`], to be restored into.
    pub(crate) fn place_to_fill(&self) -> Place<'_> {
        self.place_of(self.ruling())
    }

    fn place_of<'a>(&'a self, store: &'a Store) -> Place<'a> {
        let mut names =
            vec![SEAL_KEY, LEDGER_KEY, LEDGER_PUBLIC, tls::AUTHORITY, tls::AUTHORITY_KEY];
        names.extend(halves::KEPT);
        let is_there = |name: &&'static str| self.folder.join(name).exists();
        Place {
            store,
            blobs: &self.blobs,
            folder: self.folder.path().to_owned(),
            files: names.into_iter().filter(is_there).map(str::to_owned).collect(),
        }
    }
}

/// The public key that proves this place's ledger.
pub(crate) fn public_key(file: &Path) -> Result<PublicKey> {
    let text = std::fs::read_to_string(file).with_context(|| {
        format!("公開鍵を読めません / cannot read the public key {}", file.display())
    })?;
    PublicKey::parse(&text).with_context(|| file.display().to_string())
}

/// Where copies of the ledger go.
pub(crate) fn copies(config: &Config, clock: &Arc<dyn Clock>) -> Result<Copies> {
    Ok(match &config.exports {
        None => Copies::None,
        Some(ExportPlace::Folder(folder)) => Copies::Folder(folder.clone()),
        Some(ExportPlace::S3(bucket)) => Copies::Bucket(
            Outbox::new(s3(bucket)?, clock.clone())
                .context("[exports] を使えません / cannot use [exports]")?,
        ),
    })
}

fn s3(bucket: &Bucket) -> Result<S3Settings> {
    let read = |file: &Path| {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string());
        text.map(|text| text.trim().to_owned())
    };
    Ok(S3Settings {
        endpoint: bucket.endpoint.clone(),
        bucket: bucket.bucket.clone(),
        region: bucket.region.clone(),
        key_id: read(&bucket.key_id_file)?,
        key: Secret::new(read(&bucket.key_file)?),
        trust: bucket.trust.clone().map_or(Trust::System, Trust::File),
    })
}
