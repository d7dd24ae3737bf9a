//! What comes again by itself: what nobody looked at or opened ends and its
//! receiver is told; originals and texts go after their days; people get lists
//! of what waits.

use std::time::Duration;

use base::{BodyId, Task};
use identity::{Duty, roles};
use jobs::{Claimed, Every, Handler, JobError, Outcome, Recurring};
use passages::State;
use records::{Action, Actor, Entry, Origin, Subject};
use store::{Store, Work};

use crate::error::MailError;
use crate::handing;
use crate::intake::ROOM;
use crate::letter;
use crate::service::{Service, days, rules_of};
use crate::tables::letters::{self, LetterId, Part, Search};
use crate::tables::{deliveries, locks, mailboxes, outgoing, reviewers, statistics};

const END: jobs::Kind = "mail.end";
const DIGEST: jobs::Kind = "mail.digest";
const FORGOTTEN: Action = Action::new("mail.forgotten");
/// Passages or mails that one round ends in one body.
const AT_ONCE: u32 = 100;
/// Mailboxes that one round reads at once.
const MAILBOXES: u32 = 200;
/// Mails that one list names; the rest is a number.
const LISTED_MAX: usize = 50;

/// When [`Ending`] comes.
pub(crate) const ENDS: Recurring =
    Recurring { kind: END, every: Every::Span(Duration::from_secs(600)) };
/// When [`Digesting`] looks whose list is due.
pub(crate) const DIGESTS: Recurring =
    Recurring { kind: DIGEST, every: Every::Span(Duration::from_secs(600)) };

impl Service {
    /// Ends what is overdue in one body.
    pub(crate) async fn end_overdue(&self, store: &Store, body: BodyId) -> Result<(), MailError> {
        let mut work = store.read(body).await?;
        let now = work.now();
        let overdue = passages::overdue_in(&mut work, ROOM, now, AT_ONCE).await?;
        let keep = rules_of(&mut work).await?.keep;
        let before = now.minus(days(keep.original_days));
        let old = letters::kept_since(&mut work, before, AT_ONCE).await?;
        drop(work);
        for id in overdue {
            let mut work = store.begin(body).await?;
            let Some(leg) = letters::leg(&mut work, id).await? else {
                drop(work);
                self.end_outward(store, body, id).await?;
                continue;
            };
            if deliveries::is_open(&mut work, leg.letter).await? {
                // What is promised is handed over first.
                continue;
            }
            let state = passages::find(&mut work, id).await?.state;
            let free = passages::end(&mut work, id).await?;
            locks::remove(&mut work, id).await?;
            if state.is_open()
                && let Some(letter) = letters::find(&mut work, leg.letter, false).await?
            {
                let word = match leg.part {
                    Part::Mail => "held-ended",
                    Part::Rest => "locked-ended",
                };
                letters::set_why(&mut work, id, Some("ended")).await?;
                handing::say(&mut work, &letter, &leg, word).await?;
            }
            work.commit().await?;
            self.vault.destroy(body, &free).await?;
        }
        for id in old {
            self.forget(store, body, id).await?;
        }
        self.end_links(store, body).await?;
        Ok(())
    }

    /// Forgets a mail of which nothing is open any more.
    async fn forget(&self, store: &Store, body: BodyId, id: LetterId) -> Result<(), MailError> {
        let mut work = store.begin(body).await?;
        if deliveries::is_open(&mut work, id).await? {
            return Ok(());
        }
        let legs = letters::legs(&mut work, id).await?;
        for leg in &legs {
            if passages::find(&mut work, leg.passage).await?.state.is_open() {
                return Ok(());
            }
        }
        let Some(letter) = letters::find(&mut work, id, true).await? else { return Ok(()) };
        let mut free = Vec::new();
        for leg in legs {
            let passage = passages::find(&mut work, leg.passage).await?;
            if passage.state != State::Ended {
                free.extend(passages::end_now(&mut work, passage).await?);
            }
        }
        if let Some(row) = outgoing::find(&mut work, id, true).await? {
            if row.state.is_open() {
                return Ok(());
            }
            let passage = passages::find(&mut work, row.passage).await?;
            if passage.state != State::Ended {
                free.extend(passages::end_now(&mut work, passage).await?);
            }
        }
        letters::end(&mut work, id).await?;
        free.extend(letter.original.map(|sealed| sealed.blob));
        let subject = Subject::new("mail", id);
        let entry = Entry::new(Actor::System("mail"), FORGOTTEN, subject, Origin::Job)
            .with("sha256", letter.sha256);
        records::append(&mut work, &entry).await?;
        work.commit().await?;
        free.sort_unstable();
        free.dedup();
        Ok(self.vault.destroy(body, &free).await?)
    }

    /// Sends lists of what waits to the mailboxes of one body whose time has
    /// come; says how many.
    pub(crate) async fn digest(&self, store: &Store, body: BodyId) -> Result<u32, MailError> {
        let mut work = store.read(body).await?;
        let hours = rules_of(&mut work).await?.keep.digest_hours;
        let before = work.now().minus(Duration::from_secs(u64::from(hours) * 3_600));
        drop(work);
        if hours == 0 {
            return Ok(0);
        }
        let (mut sent, mut after) = (0, String::new());
        loop {
            let mut work = store.read(body).await?;
            let page = mailboxes::undigested(&mut work, before, (&after, MAILBOXES)).await?;
            drop(work);
            let Some((last, _)) = page.last() else { return Ok(sent) };
            after.clone_from(&last.address);
            for (mailbox, at) in page {
                let mut work = store.begin(body).await?;
                let text = self.listed(&mut work, &mailbox.address, at).await?;
                let text = self.with_others(&mut work, &mailbox, text).await?;
                mailboxes::digested(&mut work, &mailbox.address).await?;
                if let Some(text) = text {
                    handing::list(&mut work, &mailbox.address, text).await?;
                    sent += 1;
                }
                work.commit().await?;
            }
        }
    }

    /// The list of one mailbox; nothing where nothing waits.
    async fn listed(
        &self,
        work: &mut Work,
        address: &str,
        since: Option<base::Timestamp>,
    ) -> Result<Option<String>, MailError> {
        let mut text = String::new();
        let mut count = 0;
        let headings = [
            (State::Held, "確認を待っているメール / waiting for your look", None),
            (State::Locked, "パスワードを待っている添付 / waiting for a password", None),
            (State::Refused, "受け取らなかったメール / not taken", since),
            (State::Quarantined, "隔離したメール / quarantined", since),
        ];
        for (state, heading, since) in headings {
            let search = Search {
                state: Some(state),
                receivers: Some(vec![address.to_owned()]),
                since,
                limit: 200,
                ..Search::default()
            };
            let hits = letters::search(work, &search).await?;
            if hits.is_empty() {
                continue;
            }
            text.push_str(&format!("■ {heading}: {}\n\n", hits.len()));
            for hit in hits.iter().take(LISTED_MAX.saturating_sub(count)) {
                let subject = hit.letter.subject.as_deref().filter(|text| !text.is_empty());
                let address = hit.letter.from_address.as_deref().unwrap_or(&hit.letter.sender);
                let (origin, id) = (&self.settings.origin, hit.leg.passage);
                text.push_str(&format!(
                    "件名 Subject: {}\n差出人 From: {} <{address}>\n受信 Received: {}\n{origin}/mail/{id}\n",
                    subject.unwrap_or("(件名なし / none)"),
                    hit.letter.from_display.as_deref().unwrap_or_default(),
                    letter::date(hit.letter.received_at),
                ));
                if state == State::Held && hit.letter.from_address.is_some() {
                    text.push_str(&format!(
                        "許可・ブロック / allow or block: {origin}/mail/{id}/sender\n"
                    ));
                }
                text.push('\n');
                count += 1;
            }
        }
        if text.is_empty() {
            return Ok(None);
        }
        text.push_str(&format!(
            "ページを開くとサインインし、確認のボタンを一度押すと受け取れます。\n\
             Sign in on the page and confirm once to receive a mail.\n\
             一覧 / all: {}/mail\n",
            self.settings.origin
        ));
        Ok(Some(text))
    }
}

impl Service {
    /// Adds, for who looks at others' held mails, how many wait there: numbers
    /// only, as the mails are not theirs.
    async fn with_others(
        &self,
        work: &mut Work,
        mailbox: &mailboxes::Mailbox,
        text: Option<String>,
    ) -> Result<Option<String>, MailError> {
        let mailboxes::Owner::Person(person) = mailbox.owner else { return Ok(text) };
        let is_operator = roles::duties(work, person).await?.has(Duty::OperateSystem);
        let receivers =
            if is_operator { None } else { Some(reviewers::mailboxes_of(work, person).await?) };
        if receivers.as_ref().is_some_and(Vec::is_empty) {
            return Ok(text);
        }
        let waiting = statistics::waiting(work, receivers.as_deref()).await?;
        if waiting.iter().all(|(_, count)| *count == 0) {
            return Ok(text);
        }
        let whose = if is_operator {
            "団体全体で待っているメール / waiting in the whole body"
        } else {
            "確認を任されている課のメール / waiting in the sections you look for"
        };
        let mut text = text.unwrap_or_default();
        text.push_str(&format!("\n■ {whose}\n\n"));
        for (state, count) in waiting {
            let name = match state {
                State::Held => "確認待ち held",
                State::Locked => "パスワード待ち locked",
                State::Received
                | State::Delivered
                | State::Refused
                | State::Quarantined
                | State::Ended => continue,
            };
            text.push_str(&format!("{name}: {count}\n"));
        }
        text.push_str(&format!("{}/mail/quarantine\n", self.settings.origin));
        Ok(Some(text))
    }
}

/// Ends what is overdue.
pub(crate) struct Ending {
    pub(crate) service: Service,
}

/// Sends lists of what waits.
pub(crate) struct Digesting {
    pub(crate) service: Service,
}

impl Handler for Ending {
    fn kind(&self) -> jobs::Kind {
        END
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        _job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            for body in identity::bodies::all(store).await.map_err(JobError::failed)? {
                self.service.end_overdue(store, body.id).await.map_err(JobError::failed)?;
            }
            Ok(Outcome::Done)
        })
    }
}

impl Handler for Digesting {
    fn kind(&self) -> jobs::Kind {
        DIGEST
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        _job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(async move {
            for body in identity::bodies::all(store).await.map_err(JobError::failed)? {
                self.service.digest(store, body.id).await.map_err(JobError::failed)?;
            }
            Ok(Outcome::Done)
        })
    }
}
