//! The judge that learns: each body's model, taught by what its people decide
//! about mails, and rspamd beside it where there is one. A second decision about
//! the same mail takes the first lesson back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base::{BodyId, Task};
use mail_spam::rspamd::{Answer, Delivery};
use mail_spam::{
    Class, Context, Lesson, Model, Opinion as Told, Reason, SPAM_FROM, SUSPECT_FROM, Silence,
    Standing, Tokens, judge,
};
use store::Store;

use crate::error::MailError;
use crate::outside::{Judge, Judged};
use crate::report::Opinion;
use crate::rspamd::Rspamd;
use crate::tables::models;
use passages::sha256;

/// Reasons that are shown, of the model and of rspamd.
const REASONS_MAX: usize = 8;
const SYMBOLS_MAX: usize = 5;
/// Bodies whose model is kept in memory.
const MODELS_MAX: usize = 64;

/// Judges by what a body's people taught.
#[derive(Default)]
pub struct Learner {
    /// Read once a version: a model is some megabytes.
    models: Mutex<HashMap<BodyId, (i64, Arc<Model>)>>,
    rspamd: Option<Arc<Rspamd>>,
}

impl Learner {
    /// Has rspamd asked about every mail, too.
    #[must_use]
    pub fn with_rspamd(mut self, rspamd: Option<Arc<Rspamd>>) -> Self {
        self.rspamd = rspamd;
        self
    }

    /// What the body's own model says.
    async fn own(&self, store: &Store, body: BodyId, mail: &Judged<'_>) -> Told {
        match self.model(store, body).await {
            Ok(Some(model)) => model.score(&Tokens::of(mail.report, &Context::default())),
            Ok(None) => UNTAUGHT,
            Err(error) => {
                tracing::warn!(%error, "the model of a body cannot be read: {error}");
                UNTAUGHT
            }
        }
    }

    /// What rspamd says, where there is one.
    async fn theirs(&self, mail: &Judged<'_>) -> Option<Answer> {
        let delivery = Delivery {
            ip: mail.client.unwrap_or_default(),
            helo: mail.helo.unwrap_or_default(),
            mail_from: mail.sender,
            receivers: mail.receivers,
            queue_id: mail.ident,
        };
        self.rspamd.as_ref()?.ask(&delivery, mail.raw).await
    }

    async fn model(&self, store: &Store, body: BodyId) -> Result<Option<Arc<Model>>, MailError> {
        let mut work = store.read(body).await?;
        let version = models::version(&mut work).await?;
        if version == 0 {
            return Ok(None);
        }
        let held = self.held(body).filter(|(held, _)| *held == version);
        if let Some((_, model)) = held {
            return Ok(Some(model));
        }
        let Some((version, bytes)) = models::model(&mut work, false).await? else {
            return Ok(None);
        };
        let model = Model::from_bytes(&bytes).map_err(|_| MailError::Row("mail_models"))?;
        let model = Arc::new(model);
        self.hold(body, version, model.clone());
        Ok(Some(model))
    }

    fn held(&self, body: BodyId) -> Option<(i64, Arc<Model>)> {
        let models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        models.get(&body).cloned()
    }

    fn hold(&self, body: BodyId, version: i64, model: Arc<Model>) {
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if models.len() >= MODELS_MAX && !models.contains_key(&body) {
            models.clear();
        }
        models.insert(body, (version, model));
    }

    async fn teach(
        &self,
        store: &Store,
        body: BodyId,
        mail: &Judged<'_>,
        is_spam: bool,
    ) -> Result<(), MailError> {
        let class = if is_spam { Class::Spam } else { Class::Ham };
        let lesson = Lesson::new(&Tokens::of(mail.report, &Context::default()), class);
        let name = sha256(mail.raw);
        let mut work = store.begin(body).await?;
        let (version, mut model) = match models::model(&mut work, true).await? {
            Some((version, bytes)) => {
                let read = Model::from_bytes(&bytes).map_err(|_| MailError::Row("mail_models"))?;
                (version, read)
            }
            None => (0, Model::default()),
        };
        if let Some(bytes) = models::lesson(&mut work, &name).await? {
            let before = Lesson::from_bytes(&bytes).map_err(|_| MailError::Row("mail_lessons"))?;
            if before.class() == class {
                return Ok(());
            }
            model.forget(&before);
        }
        model.learn(&lesson);
        let version = version.saturating_add(1);
        models::set_lesson(&mut work, &name, lesson.to_bytes()).await?;
        models::set_model(&mut work, version, model.to_bytes()).await?;
        work.commit().await?;
        self.hold(body, version, Arc::new(model));
        Ok(())
    }
}

impl Judge for Learner {
    fn judge<'a>(
        &'a self,
        store: &'a Store,
        body: BodyId,
        mail: &'a Judged<'a>,
    ) -> Task<'a, Option<Opinion>> {
        Box::pin(async move {
            let (own, theirs) = tokio::join!(self.own(store, body, mail), self.theirs(mail));
            opinion(&own, theirs.as_ref())
        })
    }

    fn learn<'a>(
        &'a self,
        store: &'a Store,
        body: BodyId,
        mail: &'a Judged<'a>,
        is_spam: bool,
    ) -> Task<'a, ()> {
        Box::pin(async move {
            if let Err(error) = self.teach(store, body, mail, is_spam).await {
                tracing::warn!(%error, "a mail was not learned: {error}");
            }
        })
    }
}

/// Nobody taught anything yet.
const UNTAUGHT: Told = Told::None(Silence::Untaught { ham: 0, spam: 0 });

/// What both said, in the words of the room: 90 and more for spam, 50 and more
/// for what is suspect. The reasons name whoever spoke.
fn opinion(own: &Told, theirs: Option<&Answer>) -> Option<Opinion> {
    let (least, most) = match judge(own, theirs).standing {
        Standing::NoOpinion => return None,
        Standing::Ham => (0.0, 49.0),
        Standing::Suspect => (50.0, 89.0),
        Standing::Spam => (90.0, 100.0),
    };
    let degree = degree_of(own).max(theirs.map_or(0.0, degree_of_answer));
    let mut reasons = match own {
        Told::None(_) => Vec::new(),
        Told::Score(score) => {
            let said = if score.value >= SUSPECT_FROM { &score.for_spam } else { &score.for_ham };
            said.iter().take(REASONS_MAX).map(told_reason).collect()
        }
    };
    reasons.extend(theirs.into_iter().flat_map(told_answer));
    // The clamp leaves what fits.
    Some(Opinion { spam: degree.clamp(least, most) as u8, reasons })
}

fn degree_of(own: &Told) -> f64 {
    let Told::Score(score) = own else { return 0.0 };
    if score.value >= SPAM_FROM {
        90.0 + (score.value - SPAM_FROM) * 2.0
    } else if score.value >= SUSPECT_FROM {
        50.0 + (score.value - SUSPECT_FROM) / (SPAM_FROM - SUSPECT_FROM) * 39.0
    } else {
        49.0 + (score.value - SUSPECT_FROM) * 5.0
    }
}

/// From what rspamd rejects, a sum is spam to 90 of 100.
fn degree_of_answer(answer: &Answer) -> f64 {
    if answer.required > 0.0 { answer.score / answer.required * 90.0 } else { 0.0 }
}

fn told_reason(reason: &Reason) -> String {
    let words: String = reason.words.chars().take(40).collect();
    format!("「{words}」 ({} / {})", reason.spam, reason.ham)
}

fn told_answer(answer: &Answer) -> Vec<String> {
    let sum = format!("rspamd: {:.1} / {:.1}", answer.score, answer.required);
    // They are the heaviest first; one that ends the look at once weighs nothing.
    let symbols = answer.symbols.iter().take(SYMBOLS_MAX);
    let symbols = symbols
        .map(|symbol| format!("rspamd: {} {:+.1} {}", symbol.name, symbol.score, symbol.meaning));
    std::iter::once(sum).chain(symbols.map(|said| said.trim_end().to_owned())).collect()
}

#[cfg(test)]
mod tests;
