//! `sekisho backup` and `sekisho restore`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Value, json};
use store::backup::{self, Manifest, Onto};

use super::{Speech, Where};
use crate::exit::Exit;
use crate::house::{House, migrations};

/// What `sekisho backup` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "動作中でも使えます。鍵も入るので、データフォルダーと同じように守ってください。
It works beside a running server. The keys are in it: guard it as you guard the data folder.

例 / examples:
  sekisho backup --data /var/lib/sekisho /mnt/backup/sekisho-20260401.tar
  sekisho backup --verify /mnt/backup/sekisho-20260401.tar --json"
)]
pub(crate) struct BackupArguments {
    /// 書き出すファイル(まだないもの)/ the file to write; it must not be there
    file: PathBuf,
    /// 書き出さずに、あるファイルを確かめる / write nothing: verify the file
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    speech: Speech,
}

/// What `sekisho restore` takes.
#[derive(Debug, Args)]
#[command(after_help = "すべてを確かめてから戻します。SQLiteとPostgreSQLのどちらにも戻せます。
Everything is verified before anything is restored; into SQLite or PostgreSQL, whichever it came from.

例 / examples:
  sekisho restore --data /var/lib/sekisho /mnt/backup/sekisho-20260401.tar
  sekisho restore --data new --database postgres://sekisho@db/sekisho backup.tar")]
pub(crate) struct RestoreArguments {
    /// バックアップのファイル / the backup
    file: PathBuf,
    /// 今あるものを消して置き換える / replace what is there
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    speech: Speech,
}

/// Runs `sekisho backup`.
pub(crate) async fn backup(arguments: &BackupArguments) -> Result<Exit> {
    let BackupArguments { file, verify, place, speech } = arguments;
    let manifest = if *verify {
        backup::verify(file).await
    } else {
        let house = House::open(&place.load(speech.lang)?).await?;
        let written = backup::write(&house.place(), file).await;
        house.store.close().await;
        written
    };
    let manifest = manifest.with_context(|| shown(file))?;
    let (rows, blobs) = (rows(&manifest), manifest.blobs.count);
    let size = std::fs::metadata(file).map(|metadata| metadata.len()).unwrap_or_default();
    super::tell(
        speech,
        &summary(&manifest, file, size),
        &format!(
            "○ {}: {rows}行、ファイル{blobs}件、{size}バイト、ハッシュを確認{}",
            shown(file),
            if *verify { "しました" } else { "できる形で書き出しました" }
        ),
        &format!(
            "○ {}: {rows} rows, {blobs} blobs, {size} bytes, {}",
            shown(file),
            if *verify { "all hashes right" } else { "written with the hash of every part" }
        ),
    );
    Ok(Exit::Done)
}

/// Runs `sekisho restore`.
pub(crate) async fn restore(arguments: &RestoreArguments) -> Result<Exit> {
    let RestoreArguments { file, replace, place, speech } = arguments;
    let config = place.load(speech.lang)?;
    // Nothing is made where the backup is no good.
    backup::verify(file).await.with_context(|| shown(file))?;
    let mut house = House::make(&config).await?;
    let _lock = house.folder.lock()?;
    let onto = if *replace { Onto::Replace } else { Onto::Empty };
    let restored = backup::restore(&house.place_to_fill(), &migrations(), file, onto).await;
    let manifest = restored.with_context(|| shown(file))?;
    house.let_in().await?;
    house.end_ruling().await;
    house.store.close().await;
    let size = std::fs::metadata(file).map(|metadata| metadata.len()).unwrap_or_default();
    let rows = rows(&manifest);
    super::tell(
        speech,
        &summary(&manifest, file, size),
        &format!(
            "○ {} の記録を戻しました({rows}行、ファイル{}件)。続けて sekisho records verify を実行してください",
            manifest.at, manifest.blobs.count
        ),
        &format!(
            "○ restored what was there at {} ({rows} rows, {} blobs); now run sekisho records verify",
            manifest.at, manifest.blobs.count
        ),
    );
    Ok(Exit::Done)
}

fn rows(manifest: &Manifest) -> u64 {
    manifest.tables.iter().map(|table| table.rows).sum()
}

fn summary(manifest: &Manifest, file: &Path, size: u64) -> Value {
    json!({
        "ok": true, "file": file, "bytes": size, "at": manifest.at, "database": manifest.database,
        "tables": manifest.tables.len(), "rows": rows(manifest), "blobs": manifest.blobs.count,
        "blob_bytes": manifest.blobs.bytes, "parts": manifest.parts.len(),
    })
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}
