//! Files of somebody who waits for the answer in the same moment, as a proxy
//! does by ICAP: decided by the body's policy like any other, written down as a
//! passage, and handed over or refused at once. What people would have to look
//! at or approve is refused, as nobody can be waited for.

use std::sync::Arc;
use std::time::Duration;

use base::BodyId;
use passages::{
    Conclusion, Happy, Kept, NewPassage, Outcome, Passage, Receiver, Sealed, Sender, Verdict,
    Wanted,
};
use records::{Action, Entry, Subject};
use sanitize_core::{Code, Kind, Passwords};
use sanitize_room::WorkError;
use store::{Store, Work};
use transfer_engine::{Class, Way};
use zones::Crossing;

use crate::desk::known_harmful;
use crate::error::TransferError;
use crate::policy;
use crate::report::{Report, Said};
use crate::service::Service;
use crate::treat::{self, Given, Treated};
use passages::sha256;

/// Answers whoever waits.
#[derive(Clone)]
pub struct Asker {
    pub(crate) service: Service,
    pub(crate) store: Store,
}

/// A file that somebody waits for.
pub struct Asked<'a> {
    /// In whose name it is decided.
    pub body: BodyId,
    /// The machine that asks.
    pub machine: String,
    /// Over which boundary the file goes.
    pub crossing: Crossing,
    /// Its name as the machine claims.
    pub name: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
    /// Begins what the ledger says of it.
    pub entry: &'a (dyn Fn(Action, Subject) -> Entry + Sync),
}

/// What became of it. The passage stands in the store when this is given.
pub struct Answered {
    /// The passage.
    pub passage: String,
    /// What is handed over with its ending, or why nothing is.
    pub result: Result<(Vec<u8>, String), Vec<Why>>,
}

/// A reason in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// Its name.
    pub code: String,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// Why there is no answer: nothing is handed over.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// All workers are at work, and enough wait.
    #[error("all workers are busy")]
    Busy,
    /// Something of ours failed.
    #[error("a file was not decided on")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A rule asks for people, and whoever asked cannot wait for them.
const NEEDS_PEOPLE: Code = Code::new(
    "needs-people",
    Kind::Refusal,
    "確認や承認が必要なファイルのため、この経路では渡せません。画面の「受け渡し」から送ってください",
    "somebody must look at or approve this file, so it cannot pass this way: send it on the page of passages",
);
/// The policy says no, without a word of its own.
const POLICY: Code = Code::new(
    "policy-refuses",
    Kind::Refusal,
    "受け渡しの方針により、渡せません",
    "the policy of passages does not let it through",
);
/// How long a passage may stand undecided: whoever asked is long gone by then.
const OPEN_MAX: Duration = Duration::from_secs(3_600);
/// A passage that is over in the same moment still ends after it began.
const INSTANT: Duration = Duration::from_millis(1);

impl From<TransferError> for AskError {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::Work(WorkError::Full) => Self::Busy,
            other => Self::Broken(Box::new(other)),
        }
    }
}

impl Asker {
    /// Decides on a file and hands it over, or says why not.
    ///
    /// # Errors
    /// [`AskError`]; nothing is to be handed over then.
    pub async fn ask(&self, asked: Asked<'_>) -> Result<Answered, AskError> {
        Ok(self.answer(asked).await?)
    }

    async fn answer(&self, asked: Asked<'_>) -> Result<Answered, TransferError> {
        let mut work = self.store.begin(asked.body).await?;
        let policy = policy::holding(&mut work).await?;
        let passage = receive(&mut work, &asked).await?;
        work.commit().await?;
        let passwords = Passwords::default();
        let (body, bytes) = (asked.body, asked.bytes.clone());
        let given = Given { body, passage: &passage, bytes, passwords };
        let means = (&self.service.workers, &self.service.scanners);
        let treated = treat::treat(means, &policy, given).await?;
        let mut work = self.store.begin(asked.body).await?;
        let result = conclude(&mut work, &asked, &passage, treated).await?;
        work.commit().await?;
        Ok(Answered { passage: passage.id.to_string(), result })
    }
}

async fn receive(work: &mut Work, asked: &Asked<'_>) -> Result<Passage, TransferError> {
    let new = NewPassage {
        batch: work.new_id(),
        room: crate::rights::ROOM.to_owned(),
        crossing: asked.crossing,
        way: Way::Icap.name().to_owned(),
        sender: Sender::Machine(asked.machine.clone()),
        receiver: Receiver::Asker,
        class: Class::Two.name().to_owned(),
        purpose: "ICAP".to_owned(),
        name: crate::fields::file_name(&asked.name),
        bytes: asked.bytes.len() as u64,
        sha256: sha256(&asked.bytes),
        original: None,
    };
    let ends_at = work.now().plus(OPEN_MAX);
    Ok(passages::receive(work, asked.entry, new, ends_at).await?)
}

/// Writes down how it came out, in one unit of work with its handing over.
async fn conclude(
    work: &mut Work,
    asked: &Asked<'_>,
    passage: &Passage,
    treated: Treated,
) -> Result<Result<(Vec<u8>, String), Vec<Why>>, TransferError> {
    let until = work.now().plus(INSTANT);
    let mut report: Report = serde_json::from_str(&treated.outcome.report)?;
    known_harmful(work, passage.id, &report).await?;
    let wants_people = treated.outcome.wanted != Wanted::default() || treated.container.is_some();
    let handed = treated.output.filter(|_| !wants_people);
    let Some((name, bytes)) = handed else {
        if wants_people {
            report.reasons.push(said(&NEEDS_PEOPLE));
        }
        let why = why(&report);
        let outcome = Outcome {
            verdict: match treated.outcome.verdict {
                Verdict::Quarantined => Verdict::Quarantined,
                Verdict::Clean
                | Verdict::Disarmed
                | Verdict::Inspected
                | Verdict::Unchanged
                | Verdict::Refused => Verdict::Refused,
            },
            report: serde_json::to_string(&report)?,
            wanted: Wanted::default(),
            output: None,
            ..treated.outcome
        };
        let stopped = Conclusion::Stopped(outcome);
        passages::conclude(work, passage.id, stopped, until).await?;
        return Ok(Err(why));
    };
    let sha256 = sha256(&bytes);
    // Handed over and over in this unit of work: kept nowhere.
    let sealed = Sealed { blob: sha256.clone(), key: Vec::new() };
    let ending = name.rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_owned());
    let kept = Kept { sealed, name, bytes: bytes.len() as u64, sha256 };
    let outcome = Outcome { output: Some(kept), ..treated.outcome };
    let Some(happy) = Happy::new(outcome.clone()) else {
        let stopped = Conclusion::Stopped(outcome);
        passages::conclude(work, passage.id, stopped, until).await?;
        return Ok(Err(why(&report)));
    };
    passages::conclude(work, passage.id, Conclusion::Ready(happy), until).await?;
    passages::fetch_for(work, Receiver::Asker, asked.entry, passage.id).await?;
    let over = passages::find(work, passage.id).await?;
    passages::end_now(work, over).await?;
    Ok(Ok((bytes, ending)))
}

fn said(code: &Code) -> Said {
    Said {
        code: code.id.to_owned(),
        message: code.ja.to_owned(),
        message_en: code.en.to_owned(),
        r#where: String::new(),
        count: 1,
    }
}

/// Never empty: whoever asked is told something.
fn why(report: &Report) -> Vec<Why> {
    let of = |said: &Said| Why {
        code: said.code.clone(),
        ja: said.message.clone(),
        en: said.message_en.clone(),
    };
    let mut all: Vec<Why> = report.reasons.iter().map(of).collect();
    if let Some(own) = &report.why {
        all.push(Why { code: POLICY.id.to_owned(), ja: own.clone(), en: own.clone() });
    }
    if all.is_empty() {
        all.push(of(&said(&POLICY)));
    }
    all
}
