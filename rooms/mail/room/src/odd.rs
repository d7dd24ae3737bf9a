//! Odd mails that people report: said without blame, looked into by an operator,
//! and learned from once somebody found out what they are.

use identity::{Caller, Duty};
use passages::PassageId;
use records::{Action, Subject};
use store::{Store, Work};

use crate::error::MailError;
use crate::release::{self, Shown};
use crate::service::Service;
use crate::tables::letters;
use crate::tables::odd::{self as rows, OddId, Report};

const REPORTED: Action = Action::new("mail.odd-reported");
const CLOSED: Action = Action::new("mail.odd-closed");

/// What may be found about a reported mail.
pub(crate) const FINDINGS: [&str; 3] = ["bad", "harmless", "unclear"];

/// Reports a mail that the caller received; a second report changes nothing.
///
/// # Errors
/// [`MailError::NotThere`] for who did not get it.
pub async fn report(
    work: &mut Work,
    caller: &Caller,
    passage: PassageId,
    note: Option<&str>,
) -> Result<(), MailError> {
    release::own(work, caller, passage).await?;
    let report = Report {
        id: work.new_id(),
        passage,
        person: caller.person,
        note: note.map(str::to_owned),
        made_at: work.now(),
        finding: None,
        finding_note: None,
    };
    if rows::add(work, &report).await? {
        let entry = caller.entry(REPORTED, Subject::new("passage", passage));
        records::append(work, &entry).await?;
    }
    Ok(())
}

/// The newest reports, the open ones first; for those who operate the system.
///
/// # Errors
/// If the caller may not.
pub async fn queue(work: &mut Work, caller: &Caller) -> Result<Vec<Report>, MailError> {
    const MOST: u32 = 200;
    caller.demand_body(work)?;
    caller.demand(Duty::OperateSystem)?;
    Ok(rows::newest(work, MOST).await?)
}

/// A reported mail. Its receiver showed it by reporting it.
///
/// # Errors
/// [`MailError::NotThere`]; if the caller may not.
pub(crate) async fn show(
    work: &mut Work,
    caller: &Caller,
    id: OddId,
) -> Result<(Report, Shown), MailError> {
    caller.demand_body(work)?;
    caller.demand(Duty::OperateSystem)?;
    let report = rows::find(work, id).await?.ok_or(MailError::NotThere)?;
    let shown = release::shown(work, report.passage).await?;
    Ok((report, shown))
}

impl Service {
    /// Writes what was found about a reported mail; the filter learns from `bad`
    /// and from `harmless`.
    ///
    /// # Errors
    /// [`MailError::NotThere`] where it is closed; if the caller may not.
    pub async fn close_odd(
        &self,
        store: &Store,
        caller: &Caller,
        id: OddId,
        (finding, note): (&'static str, Option<&str>),
    ) -> Result<(), MailError> {
        let mut work = store.begin(caller.body).await?;
        let (report, shown) = show(&mut work, caller, id).await?;
        if !rows::close(&mut work, id, (finding, note), caller.person).await? {
            return Err(MailError::NotThere);
        }
        let entry = caller
            .entry(CLOSED, Subject::new("passage", report.passage))
            .with("finding", finding.to_owned());
        records::append(&mut work, &entry).await?;
        let text = letters::text(&mut work, shown.letter.id).await?;
        work.commit().await?;
        let is_spam = match finding {
            "bad" => true,
            "harmless" => false,
            _ => return Ok(()),
        };
        self.teach(store, caller, &shown.letter, text.unwrap_or_default(), is_spam).await
    }
}
