//! rspamd beside the body's own model: asked within a time and a size, left
//! alone for a while once it failed, so that no mail waits for it. Knows no
//! connections; what its answer means is `mail-spam`'s.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use console::Alarm;
use i18n::{Message, key};
use mail_spam::rspamd::{Answer, Delivery, read};
use tokio::time::timeout;

use crate::outside::SpamServer;

/// An answer comes in this time, or does not count.
const ASK_MAX: Duration = Duration::from_secs(3);
/// Mails beyond this are not shown, in bytes: what they are is in their first
/// part, and the rest would take the time of others.
const SHOWN_BYTES_MAX: usize = 10 << 20;
/// So long it is left alone after it failed; then one mail asks again.
const REST: Duration = Duration::from_secs(30);

/// The rspamd of the house.
pub struct Rspamd {
    /// Where it stands, as the configuration says it.
    name: String,
    wire: Arc<dyn SpamServer>,
    ask_max: Duration,
    /// How long it is left alone; nothing while it is well.
    trouble: Mutex<Option<Trouble>>,
}

struct Trouble {
    why: String,
    until: Instant,
}

impl Rspamd {
    /// Takes the way to one; `name` is what people are told.
    #[must_use]
    pub fn new(name: String, wire: Arc<dyn SpamServer>) -> Self {
        Self { name, wire, ask_max: ASK_MAX, trouble: Mutex::new(None) }
    }

    /// What it says of a mail; nothing where it says nothing in time.
    pub(crate) async fn ask(&self, delivery: &Delivery<'_>, mail: &[u8]) -> Option<Answer> {
        self.ask_at(delivery, mail, Instant::now()).await
    }

    async fn ask_at(&self, delivery: &Delivery<'_>, mail: &[u8], now: Instant) -> Option<Answer> {
        if mail.len() > SHOWN_BYTES_MAX || !self.may_ask(now) {
            return None;
        }
        let asked = timeout(self.ask_max, self.wire.check(delivery.headers(), mail)).await;
        let said = match asked {
            Err(_) => Err(format!("no answer within {} s", self.ask_max.as_secs_f32())),
            Ok(Err(error)) => Err(error.to_string()),
            Ok(Ok(bytes)) => read(&bytes).map_err(|error| error.to_string()),
        };
        self.note(said, now)
    }

    /// True while it is well, and for the first who asks after its rest.
    fn may_ask(&self, now: Instant) -> bool {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match trouble.as_mut() {
            None => true,
            Some(trouble) if now < trouble.until => false,
            Some(trouble) => {
                trouble.until = now + REST;
                true
            }
        }
    }

    fn note(&self, said: Result<Answer, String>, now: Instant) -> Option<Answer> {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match said {
            Ok(answer) => {
                if trouble.take().is_some() {
                    tracing::info!(rspamd = %self.name, "rspamd answers again");
                }
                Some(answer)
            }
            Err(why) => {
                if trouble.is_none() {
                    tracing::warn!(rspamd = %self.name, %why,
                        "rspamd does not judge: mails go on without it");
                }
                *trouble = Some(Trouble { why, until: now + REST });
                None
            }
        }
    }

    /// What is wrong with it, for the page of the system's state.
    #[must_use]
    pub fn alarm(&self) -> Option<Alarm> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.as_ref().map(|trouble| {
            let message = Message::new(key!("mail-rspamd-away"));
            let message = message.with("name", self.name.clone()).with("why", trouble.why.clone());
            Alarm { body: None, message }
        })
    }
}

#[cfg(test)]
mod tests;
