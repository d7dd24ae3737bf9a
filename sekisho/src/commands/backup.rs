//! `sekisho backup` and `sekisho restore`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use base::Secret;
use clap::Args;
use serde_json::{Value, json};
use store::backup::{self, Manifest, Onto};

use super::{Speech, Where};
use crate::exit::Exit;
use crate::house::{House, migrations};
use crate::sealed;

/// What `sekisho backup` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "動作中でも使えます。鍵も入るので、合い言葉(16文字以上)で暗号化します。合い言葉は別の場所に保管してください。
It works beside a running server. The keys are in it, so it is sealed under a passphrase of 16
characters or more: keep that elsewhere.

例 / examples:
  sekisho backup --data /var/lib/sekisho --passphrase-file /root/backup.words /mnt/backup/sekisho-20260401.sealed
  sekisho backup --verify --passphrase-file /root/backup.words /mnt/backup/sekisho-20260401.sealed --json"
)]
pub(crate) struct BackupArguments {
    /// 書き出すファイル(まだないもの)/ the file to write; it must not be there
    file: PathBuf,
    /// 書き出さずに、あるファイルを確かめる / write nothing: verify the file
    #[arg(long)]
    verify: bool,
    /// 合い言葉のファイル / the file with the passphrase
    #[arg(long, value_name = "FILE", conflicts_with = "plain")]
    passphrase_file: Option<PathBuf>,
    /// 暗号化しない / do not seal it
    #[arg(long)]
    plain: bool,
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
  sekisho restore --data /var/lib/sekisho --passphrase-file /root/backup.words /mnt/backup/sekisho-20260401.sealed
  sekisho restore --data new --database postgres://sekisho@db/sekisho backup.tar")]
pub(crate) struct RestoreArguments {
    /// バックアップのファイル / the backup
    file: PathBuf,
    /// 今あるものを消して置き換える / replace what is there
    #[arg(long)]
    replace: bool,
    /// 合い言葉のファイル / the file with the passphrase
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    speech: Speech,
}

/// Runs `sekisho backup`.
pub(crate) async fn backup(arguments: &BackupArguments) -> Result<Exit> {
    let BackupArguments { file, verify, place, speech, passphrase_file, plain } = arguments;
    let passphrase = passphrase_file.as_deref().map(passphrase).transpose()?;
    let manifest = if *verify {
        // Never unsealed beside itself, where others may reach.
        let data = place.load(speech.lang)?.data;
        let folder = if data.is_dir() { data } else { std::env::temp_dir() };
        let opened = Opened::of(file, passphrase.as_ref(), &folder)?;
        backup::verify(opened.path()).await.with_context(|| shown(file))?
    } else {
        if passphrase.is_none() && !plain {
            bail!(
                "バックアップには鍵が入ります。--passphrase-file で暗号化するか、暗号化しない場合は --plain を付けてください / \
                 a backup holds the keys: seal it with --passphrase-file, or say --plain"
            );
        }
        let house = House::open(&place.load(speech.lang)?).await?;
        let written = write(&house, file, passphrase.as_ref()).await;
        house.store.close().await;
        written?
    };
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

/// Writes it, sealed where there is a passphrase.
async fn write(
    house: &House,
    file: &Path,
    passphrase: Option<&Secret<String>>,
) -> Result<Manifest> {
    let Some(passphrase) = passphrase else {
        return backup::write(&house.place(), file).await.with_context(|| shown(file));
    };
    // Unsealed only where the same keys and rows lie anyway.
    let between = Between::beside(&house.folder.join(BETWEEN))?;
    let manifest = backup::write(&house.place(), &between.0).await.with_context(|| shown(file))?;
    sealed::seal(&between.0, file, passphrase, &*house.random).with_context(|| shown(file))?;
    Ok(manifest)
}

/// What a sealed backup is on its way to be or was; below the data folder.
const BETWEEN: &str = "incoming-backup.tar";

/// A file that goes when it is no longer needed, however that comes.
struct Between(PathBuf);

impl Between {
    fn beside(path: &Path) -> Result<Self> {
        if let Err(error) = std::fs::remove_file(path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error).with_context(|| shown(path));
        }
        Ok(Self(path.to_owned()))
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A backup that can be read: itself, or what was sealed in it.
enum Opened {
    Plain(PathBuf),
    Sealed(Between),
}

impl Opened {
    /// Opens a backup; a sealed one is read from that folder.
    fn of(file: &Path, passphrase: Option<&Secret<String>>, folder: &Path) -> Result<Self> {
        if !sealed::is_sealed(file).with_context(|| shown(file))? {
            return Ok(Self::Plain(file.to_owned()));
        }
        let Some(passphrase) = passphrase else {
            bail!(
                "{0} は暗号化されています。--passphrase-file で合い言葉を示してください / \
                 {0} is sealed: name its passphrase with --passphrase-file",
                shown(file)
            );
        };
        let between = Between::beside(&folder.join(format!("{}-{BETWEEN}", std::process::id())))?;
        sealed::open(file, &between.0, passphrase).with_context(|| shown(file))?;
        Ok(Self::Sealed(between))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Plain(path) => path,
            Self::Sealed(between) => &between.0,
        }
    }
}

fn passphrase(file: &Path) -> Result<Secret<String>> {
    let text = std::fs::read_to_string(file).with_context(|| shown(file))?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Runs `sekisho restore`.
pub(crate) async fn restore(arguments: &RestoreArguments) -> Result<Exit> {
    let RestoreArguments { file, replace, place, speech, passphrase_file } = arguments;
    let config = place.load(speech.lang)?;
    let passphrase = passphrase_file.as_deref().map(passphrase).transpose()?;
    // Nothing is made where the backup is no good; a sealed one needs a place of ours.
    let is_sealed = sealed::is_sealed(file).with_context(|| shown(file))?;
    let (opened, mut house) = if is_sealed {
        let house = House::make(&config).await?;
        (Opened::of(file, passphrase.as_ref(), house.folder.path())?, Some(house))
    } else {
        (Opened::Plain(file.clone()), None)
    };
    backup::verify(opened.path()).await.with_context(|| shown(file))?;
    let mut house = match house.take() {
        Some(house) => house,
        None => House::make(&config).await?,
    };
    let _lock = house.folder.lock()?;
    let onto = if *replace { Onto::Replace } else { Onto::Empty };
    let restored =
        backup::restore(&house.place_to_fill(), &migrations(), opened.path(), onto).await;
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
