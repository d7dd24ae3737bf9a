//! The judge that learns: each body's model, taught by what its people decide
//! about mails. A second decision about the same mail takes the first lesson
//! back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use base::{BodyId, Task};
use mail_spam::{
    Class, Context, Lesson, Model, Opinion as Told, Reason, SPAM_FROM, SUSPECT_FROM, Standing,
    Tokens, judge,
};
use store::Store;

use crate::error::MailError;
use crate::outside::{Judge, Judged};
use crate::report::Opinion;
use crate::tables::models;
use passages::sha256;

/// Reasons that are shown.
const REASONS_MAX: usize = 8;
/// Bodies whose model is kept in memory.
const MODELS_MAX: usize = 64;

/// Judges by what a body's people taught.
#[derive(Default)]
pub struct Learner {
    /// Read once a version: a model is some megabytes.
    models: Mutex<HashMap<BodyId, (i64, Arc<Model>)>>,
}

impl Learner {
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
            let model = match self.model(store, body).await {
                Ok(model) => model?,
                Err(error) => {
                    tracing::warn!(%error, "the model of a body cannot be read: {error}");
                    return None;
                }
            };
            opinion(&model.score(&Tokens::of(mail.report, &Context::default())))
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

/// What the model said, in the words of the room: 90 and more for spam, 50 and
/// more for what is suspect.
fn opinion(told: &Told) -> Option<Opinion> {
    let Told::Score(score) = told else { return None };
    let spam = match judge(told, None).standing {
        Standing::NoOpinion => return None,
        Standing::Spam => 90.0 + (score.value - SPAM_FROM) * 2.0,
        Standing::Suspect => {
            50.0 + (score.value - SUSPECT_FROM) / (SPAM_FROM - SUSPECT_FROM) * 39.0
        }
        Standing::Ham => 49.0 + (score.value - SUSPECT_FROM) * 5.0,
    };
    let reasons = if score.value >= SUSPECT_FROM { &score.for_spam } else { &score.for_ham };
    Some(Opinion {
        // The clamp leaves what fits.
        spam: spam.clamp(0.0, 100.0) as u8,
        reasons: reasons.iter().take(REASONS_MAX).map(told_reason).collect(),
    })
}

fn told_reason(reason: &Reason) -> String {
    let words: String = reason.words.chars().take(40).collect();
    format!("「{words}」 ({} / {})", reason.spam, reason.ham)
}
