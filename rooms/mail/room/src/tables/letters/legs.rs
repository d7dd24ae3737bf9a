//! Rows of the passages of mails: one for each mail, receiver and part.

use passages::PassageId;
use store::{Row, StoreError, Work, args};

use super::{LetterId, wrong};

/// Which part of a mail a passage carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The text and what could be made harmless at once.
    Mail,
    /// What needed a password.
    Rest,
}

impl Part {
    /// The name that is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Rest => "rest",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Mail, Self::Rest].into_iter().find(|one| one.name() == name)
    }
}

/// A passage of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The passage.
    pub passage: PassageId,
    /// The mail.
    pub letter: LetterId,
    /// The outer queue's name for it.
    pub ident: String,
    /// The address it is for.
    pub receiver: String,
    /// What it carries.
    pub part: Part,
    /// Why it was not delivered at once: a word, `look`, `spam`, `blocked`,
    /// `approval`, `password`, `scanner`, `refused`, `spam-reported`, `unreadable`,
    /// `ended`; nothing where it was.
    pub why: Option<String>,
}

/// Writes a passage of a mail.
pub(crate) async fn add_leg(work: &mut Work, leg: &Leg) -> Result<(), StoreError> {
    let sql = "INSERT INTO mail_passages (body, passage, letter, ident, receiver, part, why, held)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";
    let values = args![
        leg.passage,
        leg.letter,
        &leg.ident,
        &leg.receiver,
        leg.part.name(),
        leg.why.as_deref()
    ];
    work.run(sql, values).await?;
    Ok(())
}

/// Writes why a passage waits, or ended as it did. The first reason is kept
/// beside, for statistics: it says why it was held at all.
pub(crate) async fn set_why(
    work: &mut Work,
    passage: PassageId,
    why: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE mail_passages SET why = $3, held = COALESCE(held, $3)
        WHERE body = $1 AND passage = $2";
    work.run(sql, args![passage, why]).await?;
    Ok(())
}

const LEG: &str = "passage, letter, ident, receiver, part, why";

/// The passages of a mail.
pub(crate) async fn legs(work: &mut Work, letter: LetterId) -> Result<Vec<Leg>, StoreError> {
    let sql =
        format!("SELECT {LEG} FROM mail_passages WHERE body = $1 AND letter = $2 ORDER BY passage");
    work.rows(&sql, args![letter]).await?.into_iter().map(read_leg).collect()
}

/// The mail's side of a passage.
pub(crate) async fn leg(work: &mut Work, passage: PassageId) -> Result<Option<Leg>, StoreError> {
    let sql = format!("SELECT {LEG} FROM mail_passages WHERE body = $1 AND passage = $2");
    work.row(&sql, args![passage]).await?.map(read_leg).transpose()
}

/// True if a mail with that name in the outer queue was taken for a receiver.
pub(crate) async fn is_taken(
    work: &mut Work,
    ident: &str,
    receiver: &str,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM mail_passages
        WHERE body = $1 AND ident = $2 AND receiver = $3 AND part = 'mail'";
    Ok(work.row(sql, args![ident, receiver]).await?.is_some())
}

fn read_leg(row: Row) -> Result<Leg, StoreError> {
    let mut row = row;
    leg_of(&mut row)
}

pub(super) fn leg_of(row: &mut Row) -> Result<Leg, StoreError> {
    let part: String = row.take(4)?;
    Ok(Leg {
        passage: row.take(0)?,
        letter: row.take(1)?,
        ident: row.take(2)?,
        receiver: row.take(3)?,
        part: Part::parse(&part).ok_or_else(|| wrong(4, "a part"))?,
        why: row.take(5)?,
    })
}
