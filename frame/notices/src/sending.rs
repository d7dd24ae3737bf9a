//! The jobs that send: one a notice, one a code. A mail is handed over before
//! the ledger says so: after a kill between the two it goes once more, under the
//! same Message-ID.

use std::sync::Arc;
use std::time::Duration;

use base::{BodyId, Task, Timestamp};
use factors::Code;
use i18n::{Key, Messages};
use jobs::{Claimed, Handler, JobError, Outcome, Policy};
use records::{Action, Actor, Entry, Origin, Subject};
use store::{Store, Work};

use crate::address::{Address, Domains};
use crate::compose::{Content, Draft, compose};
use crate::notice::Waiting;
use crate::own::Asking;
use crate::relay::Carrier;
use crate::tables;

/// The job that sends a notice; its key names person, kind and moment.
pub const MAIL_JOB: jobs::Kind = "notices.mail";
/// The job that sends a code.
pub const CODE_JOB: jobs::Kind = "notices.code";

const SENT: Action = Action::new("notice.sent");
const CODE_SENT: Action = Action::new("notice-address.code-sent");

/// A relay that is down is tried for about three days, as RFC 5321 §4.5.4.1
/// wants of a sender; then the job stands among those that failed.
const MAIL_POLICY: Policy = Policy {
    attempts_max: 80,
    lease: Duration::from_secs(90),
    pause: Duration::from_secs(10),
    pause_max: Duration::from_secs(3_600),
    // A slow relay leaves hands for everything else.
    at_once: 2,
};
/// Whoever waits for a code asks again after a quarter of an hour.
const CODE_POLICY: Policy = Policy { attempts_max: 8, ..MAIL_POLICY };

/// The page on which people set their own address.
const OWN_PAGE: &str = "/me";

/// Where mails go out.
#[derive(Clone)]
pub struct Outlet {
    /// Takes them.
    pub carrier: Arc<dyn Carrier>,
    /// In whose name.
    pub from: Address,
    /// To whom at all: an address that was entered while another domain was
    /// allowed gets nothing.
    pub domains: Domains,
}

/// Sends what was scheduled.
pub struct Post {
    /// None while mail is switched off: what was scheduled before is let go.
    pub outlet: Option<Outlet>,
    /// Every room's words.
    pub words: Messages,
    /// What links begin with: `https://sekisho.example.lg.jp`.
    pub origin: String,
}

/// The handlers of both jobs, to be given to the runner.
#[must_use]
pub fn handlers(post: Post) -> Vec<Arc<dyn Handler>> {
    let post = Arc::new(post);
    vec![Arc::new(Mailing(post.clone())), Arc::new(Coding(post))]
}

struct Mailing(Arc<Post>);
struct Coding(Arc<Post>);

impl Post {
    async fn mail(&self, store: &Store, job: &Claimed) -> Result<Outcome, JobError> {
        let waiting: Waiting = job.read()?;
        let body = body_of(job)?;
        let Some(outlet) = &self.outlet else { return Ok(Outcome::Done) };
        let mut work = store.read(body).await?;
        let address = tables::address(&mut work, &waiting.person).await?;
        let turn = tables::turn(&mut work, &waiting.person, &waiting.what).await?;
        let now = work.now();
        drop(work);
        // A newer one that is due as well, after the relay was away, stands for
        // this one; and who has no address any more is told nothing.
        let due = Timestamp::from_millis(waiting.due);
        let is_passed = turn.is_some_and(|turn| turn > due && turn <= now);
        let address = address.and_then(|(address, _)| outlet.domains.read(&address).ok());
        let Some(to) = address.filter(|_| !is_passed) else { return Ok(Outcome::Done) };
        let what = Key::read(waiting.what.clone());
        if !self.words.has(i18n::Language::Japanese, &what) || !is_path(&waiting.path) {
            return Err(JobError::failed("a notice that this program does not know"));
        }
        let link = format!("{}{}", self.origin, waiting.path);
        let id = job.id.to_string();
        let content = Content::Notice { what: &what, link: &link };
        let from = &outlet.from;
        // As scheduled: the same mail again is the same bytes.
        let draft = Draft { from, to: &to, id: &id, at: due, content };
        let mail = compose(&self.words, &draft).map_err(JobError::failed)?;
        outlet.carrier.carry(&mail).await.map_err(JobError::failed)?;
        let mut work = store.begin(body).await?;
        job.fence(&mut work).await?;
        let entry = entry(SENT, &waiting.person).with("kind", waiting.what);
        end(work, job, &entry).await
    }

    /// A code is made when it is sent, and only its hash is kept: each attempt
    /// has its own, and the newest holds.
    async fn code(&self, store: &Store, job: &Claimed) -> Result<Outcome, JobError> {
        let asking: Asking = job.read()?;
        let body = body_of(job)?;
        let Some(outlet) = &self.outlet else { return Ok(Outcome::Done) };
        let mut work = store.begin(body).await?;
        job.fence(&mut work).await?;
        let asked = tables::asked(&mut work, &asking.person).await?;
        let asked = asked.filter(|asked| asked.asked_at.millis() == asking.asked_at);
        let to = asked.as_ref().and_then(|asked| outlet.domains.read(&asked.address).ok());
        let (Some(mut asked), Some(to)) = (asked, to) else { return Ok(Outcome::Done) };
        let code = Code::new(work.random());
        let now = work.now();
        asked.code = Some(code.hashed().to_string());
        asked.sent_at = Some(now);
        asked.tries = 0;
        tables::keep_asked(&mut work, &asking.person, &asked).await?;
        work.commit().await?;
        let link = format!("{}{OWN_PAGE}", self.origin);
        let id = format!("{}.{}", job.id, job.attempt);
        // The one place where it is shown: the mail to its reader.
        let shown = code.show();
        let content = Content::Code { code: shown.reveal(), link: &link };
        let draft = Draft { from: &outlet.from, to: &to, id: &id, at: now, content };
        let mail = compose(&self.words, &draft).map_err(JobError::failed)?;
        outlet.carrier.carry(&mail).await.map_err(JobError::failed)?;
        let mut work = store.begin(body).await?;
        job.fence(&mut work).await?;
        end(work, job, &entry(CODE_SENT, &asking.person)).await
    }
}

async fn end(mut work: Work, job: &Claimed, entry: &Entry) -> Result<Outcome, JobError> {
    records::append(&mut work, entry).await.map_err(JobError::failed)?;
    job.finish(&mut work).await?;
    work.commit().await?;
    Ok(Outcome::Ended)
}

fn entry(action: Action, person: &str) -> Entry {
    Entry::new(Actor::System("notices"), action, Subject::new("person", person), Origin::Job)
}

fn body_of(job: &Claimed) -> Result<BodyId, JobError> {
    job.body.ok_or_else(|| JobError::failed("the job names no body"))
}

/// A path of ours: nothing that a mail program could take for something else.
fn is_path(path: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    path.starts_with('/') && !path.starts_with("//") && path.bytes().all(is_letter)
}

impl Handler for Mailing {
    fn kind(&self) -> jobs::Kind {
        MAIL_JOB
    }

    fn policy(&self) -> Policy {
        MAIL_POLICY
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(self.0.mail(store, job))
    }
}

impl Handler for Coding {
    fn kind(&self) -> jobs::Kind {
        CODE_JOB
    }

    fn policy(&self) -> Policy {
        CODE_POLICY
    }

    fn run<'a>(
        &'a self,
        store: &'a Store,
        job: &'a Claimed,
    ) -> Task<'a, Result<Outcome, JobError>> {
        Box::pin(self.0.code(store, job))
    }
}
