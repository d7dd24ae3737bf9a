//! The store, the blobs and the keys that a configuration names, opened.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use base::{Clock, Random, Secret, SystemClock, SystemRandom};
use factors::Sealer;
use records::{Key, PublicKey};
use store::backup::Place;
use store::blobs::{S3Settings, Trust};
use store::{Address, Blobs, Migration, Settings, Store};

use crate::config::{BlobPlace, Bucket, Config};
use crate::folder::Folder;
use crate::{tables, tls};

/// Everything that lies behind the program.
pub(crate) struct House {
    pub(crate) folder: Folder,
    pub(crate) store: Store,
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
        let address = match &config.database {
            Some(database) => Address::parse(database)?,
            None => Address::Sqlite(folder.database()),
        };
        let settings = Settings { address, clock: clock.clone(), random: random.clone() };
        let store = Store::open(settings)
            .await
            .context("データベースを開けません / cannot open the database")?;
        let place = folder.join("blobs");
        let blobs = match &config.blobs {
            BlobPlace::Disk => Blobs::disk(&place, random.clone()).await,
            BlobPlace::S3(bucket) => {
                Blobs::s3(s3(bucket)?, &place, clock.clone(), random.clone()).await
            }
        };
        let blobs =
            blobs.context("ファイル置き場を開けません / cannot open the place of the blobs")?;
        Ok(Self { folder, store, blobs, clock, random })
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
        let names = [SEAL_KEY, LEDGER_KEY, LEDGER_PUBLIC, tls::AUTHORITY, tls::AUTHORITY_KEY];
        let is_there = |name: &&'static str| self.folder.join(name).exists();
        Place {
            store: &self.store,
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
