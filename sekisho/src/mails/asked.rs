//! Answers what Postfix asks about each receiver: who is nobody here, who sends
//! too much, what is too large. What is refused is logged and counted; the
//! counts are written down now and then, so that a flood writes little.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base::Clock;
use mail_relay::policy::{Answer, Counting, Judged, Reason, Request, Stage};
use mail_relay::{Setting, policy};
use mail_room::Gate;
use tokio::sync::watch;

use crate::config::MailGate;

/// So often counts are written down, and once at the end.
const PAUSE: Duration = Duration::from_secs(5);
/// One client is logged so often at most; the rest is counted.
const LOGGED_EACH: Duration = Duration::from_secs(60);
/// Clients whose last line is remembered.
const LOGGED_MAX: usize = 1_000;

/// Where Postfix asks.
pub(super) struct Desk {
    gate: Gate,
    setting: Setting,
    start: Instant,
    clock: Arc<dyn Clock>,
    counting: Mutex<Counting>,
    turned: Mutex<BTreeMap<(String, &'static str), u64>>,
    logged: Mutex<BTreeMap<String, Instant>>,
}

impl Desk {
    pub(super) fn new(gate: Gate, config: &MailGate, clock: Arc<dyn Clock>) -> Self {
        Self {
            gate,
            setting: config.outside.setting.clone(),
            start: Instant::now(),
            clock,
            counting: Mutex::new(Counting::new(config.counts.clone())),
            turned: Mutex::default(),
            logged: Mutex::default(),
        }
    }

    pub(super) async fn answer(&self, request: Request) -> Answer {
        let counted = {
            let mut counting = self.counting.lock().unwrap_or_else(PoisonError::into_inner);
            counting.look(&request, &self.setting, self.start.elapsed())
        };
        if let Judged::Refused(reason, answer) = counted {
            self.note(&request, reason.name());
            self.log(&request, reason);
            return answer;
        }
        match request.stage {
            Stage::Receiver => match self.gate.knows(&request.receiver).await {
                Ok(true) => Answer::Pass,
                Ok(false) => {
                    self.note(&request, "nobody");
                    Answer::Never("nobody here has this address".to_owned())
                }
                Err(error) => {
                    tracing::error!(%error, "who has an address cannot be asked");
                    Answer::Later("not now".to_owned())
                }
            },
            Stage::EndOfMessage | Stage::Other(_) => policy::Answer::Pass,
        }
    }

    /// Counts a refusal for the body of the receiver's domain.
    fn note(&self, request: &Request, why: &'static str) {
        let domain = request.receiver.rsplit_once('@').map_or("", |(_, domain)| domain);
        let domain = domain.to_ascii_lowercase();
        // What is for nobody of ours is no body's to know.
        let Some(domain) = self.setting.body_of(&domain).map(|_| domain) else { return };
        let mut turned = self.turned.lock().unwrap_or_else(PoisonError::into_inner);
        *turned.entry((domain, why)).or_default() += 1;
    }

    fn log(&self, request: &Request, reason: Reason) {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if logged.len() >= LOGGED_MAX {
            logged.retain(|_, at| now.duration_since(*at) < LOGGED_EACH);
        }
        let is_new =
            logged.get(&request.client).is_none_or(|at| now.duration_since(*at) >= LOGGED_EACH);
        if is_new && logged.len() < LOGGED_MAX {
            logged.insert(request.client.clone(), now);
            tracing::warn!(client = %request.client, reason = reason.name(), bytes = request.bytes,
                "a client is refused at the gate of mail: {}", reason.name());
        }
    }

    /// Writes counts down until told to stop.
    pub(super) async fn keep(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        loop {
            let is_over = tokio::select! {
                _ = stop.wait_for(|is_told| *is_told) => true,
                () = tokio::time::sleep(PAUSE) => false,
            };
            self.write_down().await;
            if is_over {
                return;
            }
        }
    }

    async fn write_down(&self) {
        let turned =
            std::mem::take(&mut *self.turned.lock().unwrap_or_else(PoisonError::into_inner));
        if turned.is_empty() {
            return;
        }
        let now = self.clock.now();
        for ((domain, why), count) in turned {
            if let Err(error) = self.gate.turned_away(&domain, (now, why), count).await {
                // Counts are no promise: the mails themselves were answered.
                tracing::warn!(%error, count, why, "refusals were not counted");
            }
        }
    }
}
