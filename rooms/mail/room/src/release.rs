//! What receivers do with mails that were held: look, let through, refuse, ask
//! for another's approval, many at once. What is released
//! is scanned with today's scanners; the rule that held it is not asked again.

mod shown;

use std::collections::BTreeMap;

use identity::Caller;
use passages::{Conclusion, Outcome, Passage, PassageId, State, Verdict};
use permits::{Application, Permits};
use records::{Action, Subject};
use store::{Store, Work};

use crate::error::MailError;
use crate::handing;
use crate::outside::Judged;
use crate::report::{Found, LegReport};
use crate::service::{MAIL_BYTES_MAX, Service, days, rules_of};
use crate::tables::letters::{self, Letter};
use crate::tables::rules as rows;

pub use shown::{Shown, search, show};
pub(crate) use shown::{is_asked, is_receiver, own, received, show_other, shown};

const ASKED: Action = Action::new("mail.release-asked");
const SPAM: Action = Action::new("mail.spam-reported");

/// Passages of one bulk release.
pub const BULK_MAX: usize = 100;

/// What came of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// It is on its way to the mailbox.
    Delivered,
    /// Another person was asked to approve.
    Asked,
    /// Another person was asked before and has not answered.
    AskedBefore,
    /// A scanner knows it now: nobody gets it.
    Quarantined,
}

/// What would come of one of many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Would {
    /// The passage.
    pub passage: PassageId,
    /// Its subject.
    pub subject: String,
    /// From whom.
    pub from: String,
    /// `deliver`, `ask`, or why nothing would happen: `not-held`, `not-there`.
    pub what: &'static str,
}

impl Service {
    /// Lets a held mail through, in the name of its receiver, or asks for the
    /// approval that its rule wants.
    ///
    /// # Errors
    /// [`MailError::NotThere`]; if it is not held; if a scanner is away.
    pub async fn release(
        &self,
        store: &Store,
        permits: &Permits,
        caller: &Caller,
        id: PassageId,
    ) -> Result<Released, MailError> {
        self.release_with(store, permits, caller, id, "released").await
    }

    /// As [`Service::release`], with what the receiver answered who looked at it.
    ///
    /// # Errors
    /// As [`Service::release`].
    pub async fn release_with(
        &self,
        store: &Store,
        permits: &Permits,
        caller: &Caller,
        id: PassageId,
        answers: &str,
    ) -> Result<Released, MailError> {
        let body = caller.body;
        let mut work = store.read(body).await?;
        let (passage, leg) = received(&mut work, caller, id).await?;
        let letter = letters::find(&mut work, leg.letter, false).await?;
        let letter = letter.ok_or(MailError::NotThere)?;
        drop(work);
        demand_held(&passage)?;
        let hits = self.scan_again(store, caller, &passage, &letter).await?;
        let mut work = store.begin(body).await?;
        if let Some(outcome) = hits {
            let until = work.now().plus(days(1));
            let conclusion = Conclusion::Stopped(outcome);
            passages::conclude(&mut work, id, conclusion, until).await?;
            letters::set_why(&mut work, id, Some("scanner")).await?;
            handing::say(&mut work, &letter, &leg, "quarantined").await?;
            work.commit().await?;
            return Ok(Released::Quarantined);
        }
        let keep = rules_of(&mut work).await?.keep;
        let until = work.now().plus(days(keep.original_days));
        let mut now = passage;
        if now.still_wanted().look {
            now = passages::looked(&mut work, caller, id, answers, true, until).await?;
        }
        let done = if now.state == State::Delivered {
            handing::pass(&mut work, &letter, &leg).await?;
            Released::Delivered
        } else {
            ask(&mut work, permits, caller, &now, &letter).await?
        };
        work.commit().await?;
        Ok(done)
    }

    /// Refuses a held mail, in the name of its receiver; with `is_spam` the judge
    /// learns from it.
    ///
    /// # Errors
    /// [`MailError::NotThere`]; if it is not held.
    pub async fn refuse(
        &self,
        store: &Store,
        caller: &Caller,
        id: PassageId,
        is_spam: bool,
    ) -> Result<(), MailError> {
        let mut work = store.begin(caller.body).await?;
        let (passage, leg) = received(&mut work, caller, id).await?;
        demand_held(&passage)?;
        let until = work.now().plus(days(1));
        let by = |action, subject| caller.entry(action, subject);
        passages::refuse(&mut work, id, by, "receiver", until).await?;
        let why = if is_spam { "spam-reported" } else { "refused" };
        letters::set_why(&mut work, id, Some(why)).await?;
        if is_spam {
            let entry = caller.entry(SPAM, Subject::new("passage", id));
            records::append(&mut work, &entry).await?;
        }
        let letter = letters::find(&mut work, leg.letter, false).await?;
        let text = letters::text(&mut work, leg.letter).await?;
        work.commit().await?;
        if is_spam && let Some(letter) = letter {
            self.teach(store, caller, &letter, text.unwrap_or_default(), true).await?;
        }
        Ok(())
    }

    /// Lets the judge learn from a mail that its receiver let through.
    ///
    /// # Errors
    /// If the mail cannot be read any more.
    pub(crate) async fn teach_release(
        &self,
        store: &Store,
        caller: &Caller,
        id: PassageId,
    ) -> Result<(), MailError> {
        let mut work = store.read(caller.body).await?;
        let shown = shown(&mut work, id).await?;
        drop(work);
        self.teach(store, caller, &shown.letter, shown.text.unwrap_or_default(), false).await
    }

    /// Lets the judge learn what a receiver said about a mail.
    ///
    /// # Errors
    /// If the mail cannot be read any more.
    pub(crate) async fn teach(
        &self,
        store: &Store,
        caller: &Caller,
        letter: &Letter,
        text: String,
        is_spam: bool,
    ) -> Result<(), MailError> {
        let found: Found =
            letter.report.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
        let (Some(mut report), Some(original)) = (found.report, &letter.original) else {
            return Ok(());
        };
        report.text = text;
        let raw =
            self.vault.give(caller.body, letter.batch, original, MAIL_BYTES_MAX as u64).await?;
        let mail = Judged {
            report: &report,
            raw: &raw,
            sender: &letter.sender,
            client: letter.client.as_deref(),
            helo: letter.helo.as_deref(),
            receivers: &[],
            ident: &letter.ident,
        };
        self.judge.learn(store, caller.body, &mail, is_spam).await;
        Ok(())
    }

    /// Says what a release of many would do, and does nothing.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn would_release(
        &self,
        work: &mut Work,
        caller: &Caller,
        ids: &[PassageId],
    ) -> Result<Vec<Would>, MailError> {
        let mut all = Vec::new();
        for id in ids.iter().take(BULK_MAX) {
            let nothing =
                |what| Would { passage: *id, subject: String::new(), from: String::new(), what };
            let (passage, leg) = match received(work, caller, *id).await {
                Ok(found) => found,
                Err(MailError::NotThere) => {
                    all.push(nothing("not-there"));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let letter = letters::find(work, leg.letter, false).await?;
            let what = match passage.state {
                State::Held if passage.still_wanted().approvals > 0 => "ask",
                State::Held => "deliver",
                State::Received
                | State::Locked
                | State::Delivered
                | State::Refused
                | State::Quarantined
                | State::Ended => "not-held",
            };
            let (subject, from) = letter.map_or_else(Default::default, |letter| {
                (letter.subject.unwrap_or_default(), letter.from_address.unwrap_or_default())
            });
            all.push(Would { passage: *id, subject, from, what });
        }
        Ok(all)
    }

    /// Looks at what is about to be handed over, and at what it was made of, with
    /// today's scanners.
    async fn scan_again(
        &self,
        store: &Store,
        caller: &Caller,
        passage: &Passage,
        letter: &Letter,
    ) -> Result<Option<Outcome>, MailError> {
        let _ = store;
        let mut found = Found::default();
        let Some(outcome) = passage.outcome.clone() else { return Ok(None) };
        let output = outcome.output.as_ref().map(|kept| &kept.sealed);
        for sealed in [output, letter.original.as_ref()].into_iter().flatten() {
            let most = MAIL_BYTES_MAX * 2;
            let bytes = self.vault.give(caller.body, letter.batch, sealed, most as u64).await?;
            self.scan(caller.body, &bytes, &mut found).await?;
        }
        if !found.is_harmful() {
            return Ok(None);
        }
        let mut report: LegReport = serde_json::from_str(&outcome.report)?;
        report.why = Some(found.hits.into_iter().collect::<Vec<_>>().join(", "));
        let report = serde_json::to_string(&report)?;
        Ok(Some(Outcome { verdict: Verdict::Quarantined, report, output: None, ..outcome }))
    }
}

/// Asks the people whom the rule wants, in the receiver's name.
async fn ask(
    work: &mut Work,
    permits: &Permits,
    caller: &Caller,
    passage: &Passage,
    letter: &Letter,
) -> Result<Released, MailError> {
    if !rows::approvals(work, passage.id).await?.is_empty() {
        return Ok(Released::AskedBefore);
    }
    let short = |text: Option<&str>, none: &str, most: usize| {
        let text: String = text.unwrap_or_default().chars().take(most).collect();
        if text.trim().is_empty() { none.to_owned() } else { text }
    };
    let rule = passage.outcome.as_ref().map(|outcome| outcome.release_rule.as_str());
    let scope: BTreeMap<String, String> = [
        ("passage", passage.id.to_string()),
        ("subject", short(letter.subject.as_deref(), "(件名なし)", 200)),
        ("from", short(letter.from_address.as_deref(), "(差出人なし)", 254)),
        ("rule", short(rule, "-", 60)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let application = Application {
        kind: crate::kind::MAIL_RELEASE.name.to_owned(),
        beneficiary: None,
        purpose: "保留されたメールの受け取り".to_owned(),
        scope,
        starts_at: None,
        ends_at: passage.ends_at,
    };
    let permit = permits.apply_for(work, caller.person, &application).await?;
    rows::add_approval(work, passage.id, permit.id).await?;
    let entry = caller.entry(ASKED, Subject::new("passage", passage.id)).on_permit(permit.id);
    records::append(work, &entry).await?;
    Ok(Released::Asked)
}

fn demand_held(passage: &Passage) -> Result<(), MailError> {
    match passage.state {
        State::Held => Ok(()),
        State::Received
        | State::Locked
        | State::Delivered
        | State::Refused
        | State::Quarantined
        | State::Ended => Err(passages::PassageError::NotNow {
            state: passage.state,
            step: passages::Step::Deliver,
        }
        .into()),
    }
}
