//! What is said of a mail before anything is decided: scanners, the check of its
//! sender, the caged reader, the judge of spam, the sanitiser.

use std::net::IpAddr;
use std::sync::Arc;

use base::BodyId;
use mail_engine::auth::{Answers, Verdicts};
use mail_engine::hints::{History, Setting};
use mail_engine::{Report, reported_hint};
use platform::CageError;
use store::Store;

use super::{Looked, Waiting};
use crate::cage::{Checked, Coming, ReadError, Reading};
use crate::error::MailError;
use crate::files;
use crate::outside::{Judged, Scanned};
use crate::report::{Found, Said};
use crate::service::Service;
use crate::tables::letters::Letter;
use crate::tables::senders;

/// A mail that breaks the reader so often is one that cannot be read.
const BREAKS_MAX: u32 = 3;
/// Subject, name and address that are kept, in characters.
const SUBJECT_CHARS_MAX: usize = 500;

const FIRST_FOR_BODY: &str = "sender-first-for-body";

impl Service {
    /// Reads, scans and judges a mail. Decides nothing.
    pub(super) async fn look(
        &self,
        store: &Store,
        body: BodyId,
        waiting: &Waiting,
        attempt: u32,
    ) -> Result<Looked, MailError> {
        let (letter, bytes) = (&waiting.letter, &waiting.bytes);
        let mut found = Found::default();
        self.scan(body, bytes, &mut found).await?;
        let verdicts = self.verdicts(letter, bytes).await;
        let verdicts = match verdicts {
            Err(error) if is_broken(&error) && attempt >= BREAKS_MAX => Verdicts::default(),
            other => other?,
        };
        found.verdicts = Some(verdicts.clone());
        let mut setting = self.setting(store, body).await?;
        // Whom the history is about is said by the mail itself: it is read once to
        // know, and hints of history are added after.
        setting.history = History::default();
        let reading = match self.readers.read(bytes.clone(), setting, verdicts).await {
            Ok(reading) => reading,
            Err(error) => {
                found.stopped = Some(unreadable(error, attempt)?);
                return Ok(Looked {
                    found,
                    files: Vec::new(),
                    text: String::new(),
                    from: String::new(),
                });
            }
        };
        let Reading { mut report, files } = reading;
        for file in &files {
            self.scan(body, file, &mut found).await?;
        }
        let from = report.from.as_ref().map(|from| clean(&from.address).to_lowercase());
        let from = from.unwrap_or_default();
        self.history(store, body, &from, waiting, &mut report).await?;
        let receivers: Vec<String> =
            waiting.receiving.iter().map(|one| one.leg.receiver.clone()).collect();
        let judged = Judged {
            report: &report,
            raw: bytes,
            sender: &letter.sender,
            client: letter.client.as_deref(),
            helo: letter.helo.as_deref(),
            receivers: &receivers,
            ident: &letter.ident,
        };
        found.spam = self.judge.judge(store, body, &judged).await;
        // What a scanner knows goes to nobody; nothing of it is opened.
        let mut treated = if found.is_harmful() {
            Vec::new()
        } else {
            files::treat_all(&self.workers, &report, &files, &[]).await?
        };
        // Many mails are read for words that may open it: only where it is locked.
        if treated.iter().any(|file| file.found.is_locked) {
            let candidates = self.candidates(store, body, letter, &report, &from).await?;
            treated = files::treat_all(&self.workers, &report, &files, &candidates).await?;
        }
        for (attachment, file) in report.attachments.iter_mut().zip(&treated) {
            attachment.verdict.clone_from(&file.found.verdict);
            attachment.removed = file.found.removed.iter().map(|said| said.code.clone()).collect();
        }
        found.files = treated.iter().map(|file| file.found.clone()).collect();
        let text = std::mem::take(&mut report.text);
        found.report = Some(report);
        Ok(Looked { found, files: treated, text, from })
    }

    /// Shows bytes to the scanners.
    pub(crate) async fn scan(
        &self,
        body: BodyId,
        bytes: &[u8],
        found: &mut Found,
    ) -> Result<(), MailError> {
        match self.scanner.scan(body, bytes).await.map_err(MailError::Scanner)? {
            Scanned::Looked(hits) => found.hits.extend(hits),
            Scanned::TooLarge(name) => {
                found.stopped = Some(Said {
                    code: "mail-unscanned".to_owned(),
                    message: format!("大きすぎて検査({name})にかけられません"),
                    message_en: format!("too large for the scanner {name}"),
                    count: 1,
                });
            }
        }
        Ok(())
    }

    /// Checks who sent a mail: the cage asks, the town's resolver answers.
    async fn verdicts(&self, letter: &Letter, bytes: &Arc<[u8]>) -> Result<Verdicts, MailError> {
        /// A chain of records is as long as SPF's limit and the labels of a name.
        const ROUNDS_MAX: usize = 40;
        let Some(resolver) = &self.resolver else { return Ok(Verdicts::default()) };
        let coming = Coming {
            client: letter.client.as_deref().and_then(|text| text.parse::<IpAddr>().ok()),
            helo: letter.helo.clone().unwrap_or_default(),
            mail_from: letter.sender.clone(),
            receiver: self.settings.hostname.clone(),
            now: u64::try_from(letter.received_at.millis() / 1_000).unwrap_or(0),
        };
        let deadline = tokio::time::Instant::now() + crate::dns::MAIL_TIME_MAX;
        let mut answers = Answers::default();
        for _ in 0..ROUNDS_MAX {
            let step = self.readers.check(bytes.clone(), coming.clone(), answers.clone()).await?;
            match step {
                Checked::Done(verdicts) => return Ok(*verdicts),
                Checked::Asks(questions) => {
                    resolver.answer(questions, &mut answers, deadline).await;
                }
            }
        }
        Ok(Verdicts::default())
    }

    async fn setting(&self, store: &Store, body: BodyId) -> Result<Setting, MailError> {
        Ok(Setting {
            own_domains: self.domains(store, body).await?,
            known_domains: self.settings.known_domains.clone(),
            is_from_outside: true,
            ..Setting::default()
        })
    }

    /// Adds the hint that only the body's history knows.
    async fn history(
        &self,
        store: &Store,
        body: BodyId,
        from: &str,
        waiting: &Waiting,
        report: &mut Report,
    ) -> Result<(), MailError> {
        let Some(first) = waiting.receiving.first().filter(|_| !from.is_empty()) else {
            return Ok(());
        };
        let mut work = store.read(body).await?;
        let known = senders::known(&mut work, from, &first.leg.receiver).await?;
        if !known.with_body {
            report.hints.extend(reported_hint(FIRST_FOR_BODY, ""));
        }
        Ok(())
    }
}

/// As rows keep it: without control characters, and not too long.
pub(crate) fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SUBJECT_CHARS_MAX).collect()
}

/// True where the mail itself broke the reader.
fn is_broken(error: &MailError) -> bool {
    let MailError::Read(error) = error else { return false };
    match error {
        ReadError::Cage(cage) => match cage {
            CageError::Start { .. } => false,
            CageError::Deadline
            | CageError::Memory
            | CageError::Forbidden
            | CageError::Crashed { .. }
            | CageError::Broken { .. } => true,
        },
        ReadError::Answer => true,
        ReadError::Program(_)
        | ReadError::Busy
        | ReadError::Stopped { .. }
        | ReadError::TooLarge { .. } => false,
    }
}

/// Why a mail has nothing to show; an error where it may have next time.
pub(crate) fn unreadable(error: ReadError, attempt: u32) -> Result<Said, MailError> {
    match error {
        ReadError::Stopped { code, place: _ } => Ok(Said {
            code: code.id.to_owned(),
            message: code.ja.to_owned(),
            message_en: code.en.to_owned(),
            count: 1,
        }),
        other => {
            let error = MailError::Read(other);
            if !is_broken(&error) || attempt < BREAKS_MAX {
                return Err(error);
            }
            Ok(Said {
                code: "mail-reader-broke".to_owned(),
                message: "読み取りの処理が途中で止まりました".to_owned(),
                message_en: "reading it did not come to an end".to_owned(),
                count: 1,
            })
        }
    }
}
