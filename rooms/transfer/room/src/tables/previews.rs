//! Rows of previews: each names a sealed piece of what somebody sees before
//! they decide. They go when the passage ends.

use passages::{PassageId, Sealed};
use store::{Migration, Row, StoreError, Work, args};

/// At most twenty-two small rows a held passage, until it ends.
pub(crate) const PREVIEWS: Migration = Migration {
    name: "transfer-0011-previews",
    sql: "CREATE TABLE transfer_previews (
        body TEXT NOT NULL,
        passage TEXT NOT NULL,
        place {int} NOT NULL CHECK (place >= -1),
        form TEXT NOT NULL CHECK (form IN ('source', 'text', 'jpeg', 'png')),
        pages {int} NOT NULL CHECK (pages >= 0),
        blob TEXT NOT NULL,
        blob_key {bytes} NOT NULL,
        PRIMARY KEY (body, passage, place),
        FOREIGN KEY (body, passage) REFERENCES passages (body, id),
        CHECK ((place = -1) = (form = 'source') AND (place = 0) = (form = 'text'))
    ) {strict};",
};

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The file before it was shut into its container: drawn, then destroyed.
    Source,
    /// The text with its places.
    Text,
    Jpeg,
    Png,
}

impl Form {
    const ALL: [Self; 4] = [Self::Source, Self::Text, Self::Jpeg, Self::Png];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Text => "text",
            Self::Jpeg => "jpeg",
            Self::Png => "png",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }
}

/// The place of [`Form::Source`].
pub(crate) const SOURCE: i64 = -1;
/// The place of [`Form::Text`]; pages count from 1.
pub(crate) const TEXT: i64 = 0;

/// One piece.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) place: i64,
    pub(crate) form: Form,
    /// How many pages the whole document has.
    pub(crate) pages: u32,
    pub(crate) sealed: Sealed,
}

const COLUMNS: &str = "place, form, pages, blob, blob_key";

/// Writes a piece; one that is there already stays.
pub(crate) async fn add(
    work: &mut Work,
    passage: PassageId,
    piece: &Piece,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO transfer_previews (body, passage, place, form, pages, blob, blob_key)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    let (blob, key) = (&piece.sealed.blob, piece.sealed.key.clone());
    let values = args![passage, piece.place, piece.form.name(), piece.pages, blob, key];
    work.run(sql, values).await?;
    Ok(())
}

/// All pieces of a passage, in the order of its pages.
pub(crate) async fn of(work: &mut Work, passage: PassageId) -> Result<Vec<Piece>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM transfer_previews WHERE body = $1 AND passage = $2 ORDER BY place"
    );
    work.rows(&sql, args![passage]).await?.into_iter().map(read).collect()
}

/// Forgets one piece.
pub(crate) async fn remove(
    work: &mut Work,
    passage: PassageId,
    place: i64,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM transfer_previews WHERE body = $1 AND passage = $2 AND place = $3";
    work.run(sql, args![passage, place]).await?;
    Ok(())
}

/// Forgets all pieces of a passage.
pub(crate) async fn remove_all(work: &mut Work, passage: PassageId) -> Result<(), StoreError> {
    let sql = "DELETE FROM transfer_previews WHERE body = $1 AND passage = $2";
    work.run(sql, args![passage]).await?;
    Ok(())
}

fn read(mut row: Row) -> Result<Piece, StoreError> {
    let form: String = row.take(1)?;
    let wrong = StoreError::Shape { column: 1, wanted: "a form", found: "another word" };
    Ok(Piece {
        place: row.take(0)?,
        form: Form::parse(&form).ok_or(wrong)?,
        pages: row.take(2)?,
        sealed: Sealed { blob: row.take(3)?, key: row.take(4)? },
    })
}
