//! Writes a backup.

use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::backup::archive::{MEMBER_BYTES_MAX, Member, Writer};
use crate::backup::{
    BackupError, BlobParts, Column, FILES, FORMAT, MANIFEST, Manifest, Part, Place, ROWS_MAX, Step,
    TABLES, Table, blob_name, lines, quoted, schema,
};
use crate::value::Value;
use crate::work::Across;
use crate::{Blob, BlobError, StoreError, args};

/// Bytes of rows in one part.
const PART_BYTES: usize = 4 * 1024 * 1024;

/// Writes everything into a new file and returns what it holds. Others may go
/// on writing: the rows are those of one moment, and every blob that they then
/// name is there, unless it has been deleted since.
///
/// # Errors
/// The file is removed again.
pub async fn write(place: &Place<'_>, file: &Path) -> Result<Manifest, BackupError> {
    let failed = |source| BackupError::File { path: file.to_owned(), source };
    let archive = Writer::create(file).await.map_err(failed)?;
    let written = Backup::new(place, archive, file).run().await;
    if written.is_err() {
        // The first error is the one to tell.
        let _ = tokio::fs::remove_file(file).await;
    }
    written
}

struct Backup<'a> {
    place: &'a Place<'a>,
    archive: Writer,
    file: &'a Path,
    manifest: Manifest,
}

impl<'a> Backup<'a> {
    fn new(place: &'a Place<'a>, archive: Writer, file: &'a Path) -> Self {
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            at: place.store.clock().now(),
            database: String::new(),
            migrations: Vec::new(),
            tables: Vec::new(),
            parts: Vec::new(),
            blobs: BlobParts::default(),
        };
        Self { place, archive, file, manifest }
    }

    async fn run(mut self) -> Result<Manifest, BackupError> {
        let mut across = self.place.store.read_across("a backup holds all bodies").await?;
        let database = if across.is_postgres() { "postgres" } else { "sqlite" };
        self.manifest.database = database.to_owned();
        self.manifest.migrations = steps(&mut across).await?;
        let tables = schema::tables(&mut across).await?;
        for table in schema::ordered(&mut across, tables).await? {
            self.table(&mut across, table).await?;
        }
        drop(across);
        for name in &self.place.files {
            let path = self.place.folder.join(name);
            let failed = |source| BackupError::File { path: path.clone(), source };
            let bytes = tokio::fs::read(&path).await.map_err(failed)?;
            self.part(format!("{FILES}{name}"), &bytes).await?;
        }
        self.blobs().await?;
        self.finish().await
    }

    async fn table(&mut self, across: &mut Across, name: String) -> Result<(), BackupError> {
        let columns = schema::columns(across, &name).await?;
        let page = Page::new(&name, &columns);
        let (mut rows, mut parts, mut text) = (0, 0, Vec::new());
        let mut after: Option<Vec<Value>> = None;
        loop {
            let found = match &after {
                None => across.rows(&page.first, args![]).await?,
                Some(key) => across.rows(&page.next, key.clone()).await?,
            };
            let is_last = found.len() < ROWS_MAX;
            rows += found.len() as u64;
            after = found.last().map(|row| page.key(&row.0));
            for row in &found {
                lines::write(&row.0, &mut text);
            }
            if text.len() >= PART_BYTES || (is_last && !text.is_empty()) {
                self.part(format!("{TABLES}{name}/{parts:06}.jsonl"), &text).await?;
                parts += 1;
                text.clear();
            }
            if is_last {
                break;
            }
        }
        let columns = columns.into_iter().map(|column| column.name).collect();
        self.manifest.tables.push(Table { name, columns, rows });
        Ok(())
    }

    /// Writes a part and remembers its hash.
    async fn part(&mut self, name: String, bytes: &[u8]) -> Result<(), BackupError> {
        let member = Member { name, bytes: bytes.len() as u64 };
        self.begin(&member).await?;
        self.piece(bytes).await?;
        let sha256 = crate::hex::write(&Sha256::digest(bytes));
        self.manifest.parts.push(Part { name: member.name, bytes: member.bytes, sha256 });
        Ok(())
    }

    async fn blobs(&mut self) -> Result<(), BackupError> {
        let mut names = Sha256::new();
        for body in self.place.blobs.bodies().await? {
            for first in 0..=u8::MAX {
                for blob in self.place.blobs.list(body, first).await? {
                    self.blob(blob, &mut names).await?;
                }
            }
        }
        self.manifest.blobs.sha256 = crate::hex::write(&names.finalize());
        Ok(())
    }

    async fn blob(&mut self, blob: Blob, names: &mut Sha256) -> Result<(), BackupError> {
        let mut reader = match self.place.blobs.get(blob.body, blob.hash).await {
            // Deleted since it was listed; no row of now names it.
            Err(BlobError::Missing(_)) => return Ok(()),
            other => other?,
        };
        let member = Member { name: blob_name(blob), bytes: reader.size() };
        if member.bytes > MEMBER_BYTES_MAX {
            return Err(BackupError::TooLong(blob.hash));
        }
        self.begin(&member).await?;
        while let Some(piece) = reader.next().await? {
            self.piece(&piece).await?;
        }
        names.update(format!("{}\n", member.name));
        self.manifest.blobs.count += 1;
        self.manifest.blobs.bytes += member.bytes;
        Ok(())
    }

    async fn finish(mut self) -> Result<Manifest, BackupError> {
        let text = serde_json::to_vec(&self.manifest).map_err(io::Error::other);
        let text = text.map_err(|source| self.failed(source))?;
        self.begin(&Member { name: MANIFEST.to_owned(), bytes: text.len() as u64 }).await?;
        self.piece(&text).await?;
        let failed = |source| BackupError::File { path: self.file.to_owned(), source };
        self.archive.finish().await.map_err(failed)?;
        Ok(self.manifest)
    }

    async fn begin(&mut self, member: &Member) -> Result<(), BackupError> {
        let begun = self.archive.begin(member, self.manifest.at.seconds()).await;
        begun.map_err(|source| self.failed(source))
    }

    async fn piece(&mut self, piece: &[u8]) -> Result<(), BackupError> {
        let written = self.archive.piece(piece).await;
        written.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> BackupError {
        BackupError::File { path: self.file.to_owned(), source }
    }
}

/// The statements that read a table page by page, in its key's order.
struct Page {
    first: String,
    next: String,
    /// Where the key's columns stand in a row.
    places: Vec<usize>,
}

impl Page {
    fn new(table: &str, columns: &[Column]) -> Self {
        let list = |names: Vec<&Column>| {
            names.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ")
        };
        let mut places: Vec<usize> =
            (0..columns.len()).filter(|&place| columns[place].key > 0).collect();
        places.sort_by_key(|&place| columns[place].key);
        let key = list(places.iter().map(|&place| &columns[place]).collect());
        let marks: Vec<String> = (1..=places.len()).map(|number| format!("${number}")).collect();
        let marks = marks.join(", ");
        let select = format!("SELECT {} FROM {}", list(columns.iter().collect()), quoted(table));
        Self {
            first: format!("{select} ORDER BY {key} LIMIT {ROWS_MAX}"),
            next: format!("{select} WHERE ({key}) > ({marks}) ORDER BY {key} LIMIT {ROWS_MAX}"),
            places,
        }
    }

    fn key(&self, row: &[Value]) -> Vec<Value> {
        self.places.iter().filter_map(|&place| row.get(place).cloned()).collect()
    }
}

async fn steps(across: &mut Across) -> Result<Vec<Step>, StoreError> {
    let mut steps = Vec::new();
    if !schema::is_migrated(across).await? {
        return Ok(steps);
    }
    for mut row in
        across.rows("SELECT name, hash FROM migrations ORDER BY at, name", args![]).await?
    {
        let (name, hash): (String, Vec<u8>) = (row.take(0)?, row.take(1)?);
        steps.push(Step { name, sha256: crate::hex::write(&hash) });
    }
    Ok(steps)
}
