//! Brings a backup back: verified first, then all rows in one transaction.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use crate::BlobHash;
use crate::backup::archive::{MEMBER_BYTES_MAX, Member, Reader};
use crate::backup::verify::{failure, open, verified};
use crate::backup::{
    BLOBS, BackupError, FILES, Manifest, Place, ROWS_MAX, TABLES, Table, lines, quoted, schema,
};
use crate::migrate::{self, Migration};
use crate::value::{Kind, Value};
use crate::work::Across;

/// What may be there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onto {
    /// Nothing: no table and no file.
    Empty,
    /// Anything; tables are dropped and files written over. Blobs that the
    /// backup does not have stay.
    Replace,
}

/// Values that one statement takes: SQLite's own limit is 32,766.
const ARGUMENTS_MAX: usize = 30_000;

/// Verifies the backup, then restores it: the schema as it was, the rows, the
/// blobs and files; then the migrations that have been added since. A failure
/// leaves the rows as they were before.
///
/// # Errors
/// Says what is wrong with the backup or with the place.
pub async fn restore(
    place: &Place<'_>,
    steps: &[Migration],
    file: &Path,
    onto: Onto,
) -> Result<Manifest, BackupError> {
    let mut archive = open(file).await?;
    let manifest = verified(&mut archive, file).await?;
    let then = known(&manifest, steps)?;
    let mut across = place.store.across("a restore writes all bodies").await?;
    clear(&mut across, onto).await?;
    files_free(place, &manifest, onto).await?;
    migrate::apply(&mut across, &then).await?;
    schema::defer_references(&mut across).await?;
    let tables = Tables::prepare(&mut across, &manifest).await?;
    archive.rewind().await.map_err(|source| failure(file, source))?;
    let mut restore = Restore { place, archive, file, across, tables };
    restore.members().await?;
    let Restore { mut across, tables, .. } = restore;
    tables.check_counts()?;
    schema::check_references(&mut across).await?;
    migrate::apply(&mut across, steps).await?;
    across.commit().await?;
    Ok(manifest)
}

/// The program's migrations that had run when the backup was made.
fn known(manifest: &Manifest, steps: &[Migration]) -> Result<Vec<Migration>, BackupError> {
    for old in &manifest.migrations {
        let is_known = steps.iter().any(|step| {
            step.name == old.name && crate::hex::write(&Sha256::digest(step.sql)) == old.sha256
        });
        if !is_known {
            return Err(BackupError::Unknown(old.name.clone()));
        }
    }
    let had_run = |step: &&Migration| manifest.migrations.iter().any(|old| old.name == step.name);
    Ok(steps.iter().filter(had_run).copied().collect())
}

/// Makes sure that no table is there, or drops them all.
async fn clear(across: &mut Across, onto: Onto) -> Result<(), BackupError> {
    let tables = schema::tables(across).await?;
    if let (Onto::Empty, Some(table)) = (onto, tables.first()) {
        return Err(BackupError::NotEmpty(format!("the table {table}")));
    }
    let mut tables = schema::ordered(across, tables).await?;
    if schema::is_migrated(across).await? {
        tables.push(schema::MIGRATIONS.to_owned());
    }
    if !across.is_postgres() {
        schema::defer_references(across).await?;
    }
    let cascade = if across.is_postgres() { "CASCADE" } else { "" };
    for table in tables.iter().rev() {
        across.script(&format!("DROP TABLE {} {cascade}", quoted(table))).await?;
    }
    Ok(())
}

/// The files that the backup brings, by their place.
async fn files_free(place: &Place<'_>, manifest: &Manifest, onto: Onto) -> Result<(), BackupError> {
    for part in &manifest.parts {
        let Some(name) = part.name.strip_prefix(FILES) else { continue };
        let path = below(&place.folder, name)?;
        if onto == Onto::Empty && tokio::fs::try_exists(&path).await.unwrap_or(true) {
            return Err(BackupError::NotEmpty(path.display().to_string()));
        }
    }
    Ok(())
}

/// A path below a folder; a name that leads out of it is refused.
fn below(folder: &Path, name: &str) -> Result<PathBuf, BackupError> {
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    if name.is_empty() || !Path::new(name).components().all(is_plain) {
        return Err(BackupError::Format(format!("it holds the file {name}")));
    }
    Ok(folder.join(name))
}

struct Restore<'a> {
    place: &'a Place<'a>,
    archive: Reader,
    file: &'a Path,
    across: Across,
    tables: Tables,
}

impl Restore<'_> {
    async fn members(&mut self) -> Result<(), BackupError> {
        while let Some(member) = self.archive.next().await.map_err(|e| failure(self.file, e))? {
            if let Some(name) = member.name.strip_prefix(TABLES) {
                let text = self.archive.all(MEMBER_BYTES_MAX).await;
                let text = text.map_err(|source| failure(self.file, source))?;
                self.tables.load(&mut self.across, name, &text).await?;
            } else if let Some(name) = member.name.strip_prefix(FILES) {
                let path = below(&self.place.folder, name)?;
                let bytes = self.archive.all(MEMBER_BYTES_MAX).await;
                let bytes = bytes.map_err(|source| failure(self.file, source))?;
                let failed = |source| BackupError::File { path: path.clone(), source };
                keep_file(&path, &bytes).await.map_err(failed)?;
            } else if member.name.starts_with(BLOBS) {
                self.blob(&member).await?;
            }
        }
        Ok(())
    }

    async fn blob(&mut self, member: &Member) -> Result<(), BackupError> {
        let damaged = || BackupError::Damaged { part: member.name.clone() };
        let mut parts = member.name.split('/').skip(1);
        let body = parts.next().and_then(|body| base::BodyId::parse(body).ok());
        let hash = parts.next().and_then(BlobHash::parse).ok_or_else(damaged)?;
        let body = body.ok_or_else(damaged)?;
        let mut reader = self.archive.reader();
        let blob = self.place.blobs.put(body, &mut reader, member.bytes).await?;
        if blob.hash == hash { Ok(()) } else { Err(damaged()) }
    }
}

/// Writes a file that only its owner can read, and puts it on the disk.
async fn keep_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        crate::blobs::make_private(folder).await?;
    }
    let mut options = tokio::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).await?;
    file.write_all(bytes).await?;
    file.flush().await?;
    file.sync_all().await
}

/// The tables being filled.
struct Tables(BTreeMap<String, Filling>);

struct Filling {
    wanted: u64,
    loaded: u64,
    kinds: Vec<Kind>,
    /// `INSERT INTO … VALUES `, without values.
    insert: String,
}

impl Tables {
    /// Compares the tables with the manifest's, and empties them of what
    /// migrations put there.
    async fn prepare(across: &mut Across, manifest: &Manifest) -> Result<Self, BackupError> {
        let mut tables = BTreeMap::new();
        for table in manifest.tables.iter().rev() {
            across.script(&format!("DELETE FROM {}", quoted(&table.name))).await?;
        }
        for table in &manifest.tables {
            tables.insert(table.name.clone(), Filling::new(across, table).await?);
        }
        Ok(Self(tables))
    }

    async fn load(
        &mut self,
        across: &mut Across,
        name: &str,
        text: &[u8],
    ) -> Result<(), BackupError> {
        let damaged = || BackupError::Damaged { part: format!("{TABLES}{name}") };
        let table = name.split('/').next().unwrap_or_default();
        let filling = self.0.get_mut(table).ok_or_else(damaged)?;
        let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let mut rows = Vec::new();
        for line in lines {
            rows.push(lines::read(line, &filling.kinds).ok_or_else(damaged)?);
            if rows.len() == filling.rows_max() {
                filling.insert(across, std::mem::take(&mut rows)).await?;
            }
        }
        filling.insert(across, rows).await
    }

    fn check_counts(&self) -> Result<(), BackupError> {
        match self.0.iter().find(|(_, filling)| filling.loaded != filling.wanted) {
            Some((table, _)) => Err(BackupError::Damaged { part: format!("{TABLES}{table}") }),
            None => Ok(()),
        }
    }
}

impl Filling {
    async fn new(across: &mut Across, table: &Table) -> Result<Self, BackupError> {
        let columns = schema::columns(across, &table.name).await?;
        let kind = |name: &String| {
            columns.iter().find(|column| column.name == *name).map(|column| column.kind)
        };
        let kinds: Option<Vec<Kind>> = table.columns.iter().map(kind).collect();
        let kinds = kinds.filter(|kinds| kinds.len() == columns.len());
        let kinds = kinds.ok_or(BackupError::Table {
            table: table.name.clone(),
            reason: "its columns are not those of the backup",
        })?;
        let names: Vec<String> = table.columns.iter().map(|name| quoted(name)).collect();
        let insert = format!("INSERT INTO {} ({}) VALUES ", quoted(&table.name), names.join(", "));
        Ok(Self { wanted: table.rows, loaded: 0, kinds, insert })
    }

    fn rows_max(&self) -> usize {
        (ARGUMENTS_MAX / self.kinds.len().max(1)).clamp(1, ROWS_MAX)
    }

    async fn insert(
        &mut self,
        across: &mut Across,
        rows: Vec<Vec<Value>>,
    ) -> Result<(), BackupError> {
        if rows.is_empty() {
            return Ok(());
        }
        let width = self.kinds.len();
        let row = |row: usize| {
            let marks: Vec<String> =
                (1..=width).map(|column| format!("${}", row * width + column)).collect();
            format!("({})", marks.join(", "))
        };
        let marks: Vec<String> = (0..rows.len()).map(row).collect();
        let sql = format!("{}{}", self.insert, marks.join(", "));
        self.loaded += across.run(&sql, rows.into_iter().flatten().collect()).await?;
        Ok(())
    }
}
