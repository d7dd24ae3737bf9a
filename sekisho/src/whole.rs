//! Whether the data folder and the database still belong together. Where one of
//! the two is lost, nothing is begun anew: that would hide the loss, and an empty
//! store would offer its set-up to whoever comes first.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use anyhow::{Result, bail};
use store::Address;

use crate::config::Config;
use crate::folder::Folder;
use crate::house::{House, KEYS};
use crate::place;
use crate::tables;

/// Looks before anything is opened: opening would make an empty file, or throw
/// the write-ahead log of the lost one away.
pub(crate) fn before_opening(config: &Config, folder: &Folder) -> Result<()> {
    let file = match place::database(config, folder)? {
        Address::Sqlite(file) if has_keys(folder) => file,
        Address::Sqlite(_) | Address::Postgres(_) => return Ok(()),
    };
    let mut head = Vec::new();
    match File::open(&file)
        .and_then(|opened| opened.take(MAGIC.len() as u64).read_to_end(&mut head))
    {
        Err(error) if error.kind() == ErrorKind::NotFound => lost(folder, &file),
        Ok(0) => lost(folder, &file),
        Ok(_) if head != MAGIC => bail!(
            "{0} はSQLiteのデータベースではありません。壊れたか、別のファイルです。元のファイルを戻すか、控えから戻してください(sekisho restore --replace) / \
             {0} is no SQLite database: it is damaged, or another file. Put the right one back, or restore a backup (sekisho restore --replace)",
            file.display()
        ),
        // What else is wrong is told by opening it.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// <https://www.sqlite.org/fileformat.html>, section 1.3.1.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Looks before the tables are made: the keys are made after them.
pub(crate) async fn before_migrating(house: &House) -> Result<()> {
    let is_new = house.store.is_new().await?;
    if is_new && has_keys(&house.folder) {
        let place = house.folder.database();
        return lost(&house.folder, if place.exists() { &place } else { Path::new("postgres") });
    }
    Ok(())
}

/// Looks before keys are made: a store is in use once its purpose is settled.
pub(crate) async fn before_keys(house: &House) -> Result<()> {
    let missing = KEYS.iter().find(|name| !house.folder.join(name).exists());
    let Some(missing) = missing else { return Ok(()) };
    let mut across = house.store.read_across("whether the store is in use").await?;
    if tables::purpose(&mut across).await?.is_none() {
        return Ok(());
    }
    bail!(
        "データベースには記録がありますが、鍵 {0} がありません。新しい鍵では、登録済みの認証要素も記録簿の署名も確かめられません。--data の場所を確かめるか、控えから鍵を戻してください(sekisho restore) / \
         the database is in use, but the key {0} is missing; a new one would open no factor and prove no ledger. Check --data, or bring the key back from a backup (sekisho restore)",
        house.folder.join(missing).display()
    )
}

fn has_keys(folder: &Folder) -> bool {
    KEYS.iter().any(|name| folder.join(name).exists())
}

fn lost(folder: &Folder, database: &Path) -> Result<()> {
    bail!(
        "{0} には鍵がありますが、データベース {1} に記録がありません。消えたか、別の場所を指しています。新しく作り直すことはしません。データベースを元の場所に戻すか、控えから戻してください(sekisho restore --replace)。はじめからやり直すときは、別の空のフォルダーを使ってください / \
         {0} has keys, but the database {1} holds nothing: it is lost, or this is another one. Nothing is begun anew. Put the database back, or restore a backup (sekisho restore --replace); to begin from nothing, use another, empty folder",
        folder.path().display(),
        database.display()
    )
}
