//! One person at work: signed in, patient, and sure to repeat a call until an
//! answer says what became of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base::{Clock, SystemClock};
use serde_json::Value;
use town::client::Sent;
use town::{Account, Client, Demo, Reply};

use crate::journal::Journal;

/// See the module.
pub struct Desk {
    demo: Demo,
    account: Account,
    journal: Arc<Journal>,
    stop: Arc<AtomicBool>,
    client: Option<Client>,
    /// The step of the last code that was shown: each serves once.
    step: i64,
}

/// Before a call is repeated.
const PAUSE: Duration = Duration::from_millis(40);
/// RFC 6238: a step in milliseconds.
const STEP_MS: i64 = 30_000;

impl Desk {
    /// A desk for a login; nobody sits there yet.
    #[must_use]
    pub fn new(demo: &Demo, login: &str, journal: &Arc<Journal>, stop: &Arc<AtomicBool>) -> Self {
        Self {
            account: demo.person(login).clone(),
            demo: demo.clone(),
            journal: journal.clone(),
            stop: stop.clone(),
            client: None,
            step: 0,
        }
    }

    /// Somebody who has signed in sits down.
    #[must_use]
    pub fn with(mut self, client: Option<&Client>) -> Self {
        self.client = client.cloned();
        self
    }

    /// Who sits there.
    #[must_use]
    pub fn login(&self) -> &str {
        &self.account.person
    }

    /// True once the load is to end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Opens one more session, if the code of this moment is still unspent.
    pub fn sign_in(&mut self) -> bool {
        let step = SystemClock::default().now().millis() / STEP_MS;
        if step == self.step {
            return false;
        }
        self.step = step;
        let start = Instant::now();
        let answer = Client::enter(&self.demo, &self.account).ok();
        self.journal.count(answer.as_ref().map(|(_, reply)| reply), start.elapsed());
        let Some((client, reply)) = answer else { return false };
        let Some(session) = reply.json["session"].as_str().filter(|_| reply.status < 300) else {
            return false;
        };
        self.journal.pages().sessions.push(session.to_owned());
        self.client = Some(client);
        true
    }

    /// The session; waits for one. Nothing once the load is over.
    pub fn client(&mut self) -> Option<Client> {
        while self.client.is_none() {
            if self.is_over() {
                return None;
            }
            if !self.sign_in() {
                std::thread::sleep(PAUSE);
            }
        }
        self.client.clone()
    }

    /// Sends a change under a key, again and again until an answer says what
    /// became of it. Nothing once the load is over: it was done or it was not.
    pub fn send(&mut self, path: &str, sent: &Sent<'_>, key: &str) -> Option<Reply> {
        loop {
            let client = self.client()?;
            let start = Instant::now();
            let answer = client.try_send(path, sent, key).ok();
            self.journal.count(answer.as_ref(), start.elapsed());
            match answer {
                // No session, or one whose proof is older than the deed allows.
                Some(reply) if reply.status == 401 || !reply.json["needs"].is_null() => {
                    self.client = None;
                }
                Some(reply) if reply.status < 500 && reply.status != 429 => return Some(reply),
                Some(_) | None => {}
            }
            if self.is_over() {
                return None;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// As [`Desk::send`], of JSON.
    pub fn say(&mut self, path: &str, value: &Value, key: &str) -> Option<Reply> {
        self.send(path, &Sent::Json(value), key)
    }

    /// Reads once.
    pub fn read(&mut self, path: &str) -> Option<Reply> {
        let client = self.client()?;
        let start = Instant::now();
        let answer = client.try_get(path).ok();
        self.journal.count(answer.as_ref(), start.elapsed());
        if answer.as_ref().is_some_and(|reply| reply.status == 401) {
            self.client = None;
        }
        answer
    }
}
