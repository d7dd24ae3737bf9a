//! The example town of `--demo`: an invented prefecture with two municipalities,
//! their people, permits in every state and weeks of records, made through the
//! same services that people use, by a clock that starts in the past. Knows no
//! table.

mod cast;
mod story;
mod town;
mod wall;

pub(crate) use wall::wall;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::folder::Folder;
use crate::house::{House, Keys};
use crate::tables::{self, Purpose};
use crate::tls;

/// What scripts and visitors read: accounts with their secrets, in the data
/// folder, for its owner only.
pub(crate) const FILE: &str = "demo.json";

/// How to reach the demo, and who can sign in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Demo {
    pub(crate) base_url: String,
    pub(crate) ca_certificate: String,
    pub(crate) accounts: Vec<Account>,
}

/// Somebody who can sign in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    /// What they sign in with.
    pub(crate) person: String,
    pub(crate) name: String,
    /// The first of their roles.
    pub(crate) role: String,
    pub(crate) roles: Vec<String>,
    pub(crate) section: String,
    pub(crate) body: String,
    pub(crate) body_code: String,
    pub(crate) password: String,
    /// Base 32.
    pub(crate) totp_secret: String,
}

/// Fills a new store and says that it is a demo.
pub(crate) async fn fill(house: &House, config: &Config, keys: &Keys, origin: &str) -> Result<()> {
    let accounts = story::tell(house, config, keys, origin)
        .await
        .context("見本の町を作れませんでした / could not make the example town")?;
    let authority = house.folder.join(tls::AUTHORITY);
    write(
        &house.folder,
        &Demo {
            base_url: origin.to_owned(),
            ca_certificate: authority.display().to_string(),
            accounts,
        },
    )?;
    let mut across = house.store.across("the demo is complete").await?;
    tables::set_purpose(&mut across, Purpose::Demo).await?;
    across.commit().await?;
    Ok(())
}

/// Writes where the demo is today: the port may be another than last time. A
/// demo that was restored from a backup has no such file.
pub(crate) fn write_base_url(folder: &Folder, origin: &str) -> Result<()> {
    if !folder.join(FILE).exists() {
        return Ok(());
    }
    let mut demo = read(folder)?;
    origin.clone_into(&mut demo.base_url);
    demo.ca_certificate = folder.join(tls::AUTHORITY).display().to_string();
    write(folder, &demo)
}

/// Reads the accounts.
pub(crate) fn read(folder: &Folder) -> Result<Demo> {
    let path = folder.join(FILE);
    let said = || path.display().to_string();
    let text = std::fs::read_to_string(&path).with_context(said)?;
    serde_json::from_str(&text).with_context(said)
}

fn write(folder: &Folder, demo: &Demo) -> Result<()> {
    folder.write(FILE, &(serde_json::to_string_pretty(demo)? + "\n"))
}
