//! The search over passages and their mails: by words of subject, text and
//! sender, by receiver, state and time.

use base::Timestamp;
use passages::PassageId;
use store::{Row, StoreError, Work, args};

use super::legs::leg_of;
use super::{COLUMNS, Leg, Letter, read_from, wrong};

/// What somebody looks for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Words that must all stand in subject, text or sender; as typed.
    pub words: Vec<String>,
    /// Only passages in this state.
    pub state: Option<passages::State>,
    /// Only for these receivers; all of the body where none is named.
    pub receivers: Option<Vec<String>>,
    /// Only what came since.
    pub since: Option<Timestamp>,
    /// After this passage.
    pub after: Option<PassageId>,
    /// So many, at most 200.
    pub limit: u32,
}

/// A found passage with its mail.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The mail's side of the passage.
    pub leg: Leg,
    /// The mail.
    pub letter: Letter,
    /// Where the passage stands.
    pub state: passages::State,
}

/// The most words of one search.
const WORDS_MAX: usize = 8;
/// The most receivers of one search.
const RECEIVERS_MAX: usize = 100;

/// Passages that fit, newest first.
pub(crate) async fn search(work: &mut Work, search: &Search) -> Result<Vec<Hit>, StoreError> {
    let limit = search.limit.clamp(1, 200);
    let after = search.after.map_or_else(|| "8".to_owned(), |id| id.to_string());
    let since = search.since.unwrap_or_default();
    let mut values = args![after, since];
    let mut sql = format!(
        "SELECT p.passage, p.letter, p.ident, p.receiver, p.part, p.why, c.state, {}
         FROM mail_passages p
         JOIN passages c ON c.body = p.body AND c.id = p.passage
         JOIN mail_letters l ON l.body = p.body AND l.id = p.letter
         LEFT JOIN mail_texts t ON t.body = l.body AND t.letter = l.id
         WHERE p.body = $1 AND p.passage < $2 AND l.received_at >= $3",
        COLUMNS.split(',').map(|name| format!("l.{}", name.trim())).collect::<Vec<_>>().join(", ")
    );
    if let Some(state) = search.state {
        values.extend(args![state.name()]);
        sql.push_str(&format!(" AND c.state = ${}", values.len() + 1));
    }
    if let Some(receivers) = &search.receivers {
        if receivers.is_empty() {
            return Ok(Vec::new());
        }
        let mut places = Vec::new();
        for receiver in receivers.iter().take(RECEIVERS_MAX) {
            values.extend(args![receiver]);
            places.push(format!("${}", values.len() + 1));
        }
        sql.push_str(&format!(" AND p.receiver IN ({})", places.join(", ")));
    }
    for word in search.words.iter().take(WORDS_MAX) {
        values.extend(args![pattern(word)]);
        let place = values.len() + 1;
        sql.push_str(&format!(
            " AND (LOWER(l.subject) LIKE ${place} ESCAPE '!' OR LOWER(t.text) LIKE ${place} ESCAPE '!'
               OR l.from_address LIKE ${place} ESCAPE '!' OR LOWER(l.from_display) LIKE ${place} ESCAPE '!')"
        ));
    }
    values.extend(args![limit]);
    sql.push_str(&format!(" ORDER BY p.passage DESC LIMIT ${}", values.len() + 1));
    work.rows(&sql, values).await?.into_iter().map(read_hit).collect()
}

/// A pattern that finds the word anywhere, its own signs taken as letters.
fn pattern(word: &str) -> String {
    let mut out = String::from("%");
    for c in word.to_lowercase().chars().take(100) {
        if matches!(c, '%' | '_' | '!') {
            out.push('!');
        }
        out.push(c);
    }
    out.push('%');
    out
}

fn read_hit(mut row: Row) -> Result<Hit, StoreError> {
    let leg = leg_of(&mut row)?;
    let state: String = row.take(6)?;
    let state = passages::State::parse(&state).ok_or_else(|| wrong(6, "a state"))?;
    Ok(Hit { leg, letter: read_from(&mut row, 7)?, state })
}
