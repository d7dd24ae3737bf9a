//! Holds what the program shows against what it has answered before: each deed
//! there once, none twice, none that was refused.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Clock, SystemClock};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use town::{Client, Demo, Reply};

use crate::journal::Journal;
use crate::ledger::Ledger;
use crate::load::hex;

/// People who look, signed in before the first kill.
pub struct Proof {
    journal: Arc<Journal>,
    auditor: Client,
    operator: Client,
    people: BTreeMap<String, Client>,
    seen: Ledger,
}

/// Deeds that are done once to each subject.
const ONCE: [&str; 8] = [
    "session.opened",
    "session.ended",
    "permit.applied",
    "permit.approved",
    "permit.started",
    "permit.ended",
    "permit.lapsed",
    "file.treated",
];
/// A job that was taken when the program was killed is taken again after its
/// lease of a minute; the sweep follows within another.
const ENDS_MAX: Duration = Duration::from_secs(150);

impl Proof {
    /// Signs in whoever works in the load, and whoever looks.
    #[must_use]
    pub fn new(demo: &Demo, journal: &Arc<Journal>) -> Self {
        let client = |login: &str| Client::sign_in(demo, demo.person(login));
        let workers = crate::load::workers();
        let people = workers.map(|login| (login.to_owned(), client(login))).collect();
        Self {
            journal: journal.clone(),
            auditor: client("yoshida.rei"),
            operator: client("yamamoto.akira"),
            people,
            seen: Ledger::default(),
        }
    }

    /// The sessions of those who work.
    #[must_use]
    pub const fn people(&self) -> &BTreeMap<String, Client> {
        &self.people
    }

    /// Whoever reads the city's ledger.
    #[must_use]
    pub const fn auditor(&self) -> &Client {
        &self.auditor
    }

    /// The quick look after a start, under load: what was answered is in the
    /// ledger once, and results are as they were told.
    pub fn look(&mut self) {
        let answered = self.answered();
        self.seen.read_on(&self.auditor);
        self.compare(&answered, &self.seen.deeds());
        self.fetch();
    }

    /// The whole look, without load: waits until every permit that is over has
    /// ended, then compares everything. Returns how many entries there are.
    ///
    /// # Panics
    /// If anything is not as it must be.
    pub fn whole(&mut self) -> usize {
        self.wait_for_ends();
        let mut ledger = Ledger::default();
        ledger.read_on(&self.auditor);
        self.compare(&self.answered(), &ledger.deeds());
        self.each_once(&ledger);
        self.files(&ledger);
        self.uses(&ledger);
        for login in ["nakamura.yui", "yamada.hanako"] {
            self.register(login);
        }
        self.fetch();
        let system = patient(|| self.operator.get("/api/v1/system"));
        assert_eq!(system.status, 200, "{}", system.text);
        if system.json["failed_jobs"] != json!([]) {
            self.journal.complain(format!("jobs failed: {}", system.json["failed_jobs"]));
        }
        let wrong = self.journal.pages().wrong.clone();
        assert!(wrong.is_empty(), "{} things are wrong: {wrong:#?}", wrong.len());
        ledger.len()
    }

    /// Deeds that were answered up to now.
    fn answered(&self) -> Vec<(&'static str, String)> {
        let pages = self.journal.pages();
        let mut all: Vec<_> =
            pages.sessions.iter().map(|id| ("session.opened", id.clone())).collect();
        let permits = pages.permits.values().filter_map(|asked| asked.id.clone());
        all.extend(permits.map(|id| ("permit.applied", id)));
        all.extend(pages.approved.iter().map(|id| ("permit.approved", id.clone())));
        let files = pages.files.values().filter_map(|file| file.id.clone());
        all.extend(files.map(|id| ("file.treated", id)));
        all
    }

    fn compare(
        &self,
        answered: &[(&'static str, String)],
        deeds: &BTreeMap<(String, String), u64>,
    ) {
        for (action, id) in answered {
            let count = deeds.get(&((*action).to_owned(), id.clone())).copied().unwrap_or(0);
            if count != 1 {
                self.journal.complain(format!("{action} of {id} was answered, is there {count}×"));
            }
        }
    }

    fn each_once(&self, ledger: &Ledger) {
        for ((action, id), count) in ledger.deeds() {
            if count > 1 && ONCE.contains(&action.as_str()) {
                self.journal.complain(format!("{action} of {id} stands there {count}×"));
            }
        }
    }

    fn files(&self, ledger: &Ledger) {
        let treated = ledger.files();
        let sent = self.journal.pages().files.clone();
        for (hash, file) in sent {
            let count = treated.get(&hash).copied().unwrap_or(0);
            if count > 1 || (file.is_done && count == 0) {
                let login = &file.login;
                self.journal.complain(format!("a file of {login} was treated {count}×: {file:?}"));
            }
        }
    }

    fn uses(&self, ledger: &Ledger) {
        let taken: u64 = ledger.by_actor("people.taken-out").values().sum();
        let uses = self.journal.pages().uses.clone();
        let sum = |which: fn(&(u64, u64)) -> u64| uses.values().map(which).sum::<u64>();
        let (answered, unanswered) = (sum(|count| count.0), sum(|count| count.1));
        if taken < answered || taken > answered + unanswered + BEFORE {
            self.journal.complain(format!(
                "{taken} lists were taken out, {answered} answered, {unanswered} unanswered"
            ));
        }
    }

    /// Every application of a person, held against what they asked for.
    fn register(&self, login: &str) {
        let Some(client) = self.people.get(login) else { return };
        let all = everything(client, "/api/v1/permits?whose=mine");
        let mut by_purpose: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut numbers: Vec<i64> = Vec::new();
        for permit in &all {
            let text = |name: &str| permit[name].as_str().unwrap_or_default().to_owned();
            by_purpose.entry(text("purpose")).or_default().push(text("id"));
            numbers.extend(permit["number"].as_i64());
        }
        numbers.sort_unstable();
        if numbers.windows(2).any(|pair| pair[0] == pair[1]) {
            self.journal.complain(format!("{login} has two permits of one number"));
        }
        let asked = self.journal.pages().permits.clone();
        for (purpose, asked) in asked.iter().filter(|(_, asked)| asked.login == login) {
            let there = by_purpose.get(purpose).map_or(&[][..], Vec::as_slice);
            let is_right = match (&asked.id, asked.is_refused) {
                (Some(id), _) => there == std::slice::from_ref(id),
                (None, true) => there.is_empty(),
                (None, false) => there.len() <= 1,
            };
            if !is_right {
                self.journal.complain(format!("{purpose}: {asked:?}, there {there:?}"));
            }
        }
    }

    /// Fetches results that nobody has fetched yet, and compares them.
    fn fetch(&self) {
        let sent = self.journal.pages().files.clone();
        for (hash, file) in sent.into_iter().filter(|(_, file)| !file.is_proved) {
            let (Some((content, out)), Some(client)) = (file.result, self.people.get(&file.login))
            else {
                continue;
            };
            let reply = patient(|| client.post(&content, &json!({})));
            if hex(&Sha256::digest(&reply.text)) == out {
                if let Some(file) = self.journal.pages().files.get_mut(&hash) {
                    file.is_proved = true;
                }
            } else {
                let (status, text) = (reply.status, reply.text);
                self.journal.complain(format!("{content} is not as told: {status} {text:.300}"));
            }
        }
    }

    /// Waits until everything that is over has ended, and nothing ended early.
    fn wait_for_ends(&mut self) {
        let start = Instant::now();
        let approved = self.journal.pages().approved.clone();
        loop {
            self.seen.read_on(&self.auditor);
            let deeds = self.seen.deeds();
            let has = |action: &str, id: &str| deeds.contains_key(&(action.into(), id.into()));
            let now = SystemClock::default().now();
            let asked = self.journal.pages().permits.clone();
            let open: Vec<_> = asked
                .values()
                .filter_map(|asked| Some((asked.id.as_ref()?, asked)))
                .filter(|(id, _)| !has("permit.ended", id) && !has("permit.lapsed", id))
                .filter(|(_, asked)| asked.ends_at < now.plus(Duration::from_secs(60)))
                .collect();
            for id in approved.iter().filter(|id| !has("permit.started", id)) {
                self.journal.complain(format!("{id} was approved and never started"));
            }
            if open.is_empty() {
                return;
            }
            if start.elapsed() > ENDS_MAX {
                self.journal.complain(format!("{} permits did not end: {open:?}", open.len()));
                return;
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

/// Asks again for a while where it was asked too often, or where a database is
/// just coming back.
pub(crate) fn patient(ask: impl Fn() -> Reply) -> Reply {
    let start = Instant::now();
    loop {
        let reply = ask();
        if !matches!(reply.status, 429 | 503) || start.elapsed() > PATIENCE {
            return reply;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

/// Lists that the demo's story took out.
const BEFORE: u64 = 5;

fn everything(client: &Client, path: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut page = path.to_owned();
    loop {
        let reply = patient(|| client.get(&page));
        assert_eq!(reply.status, 200, "{page}: {}", reply.text);
        all.extend(reply.json["items"].as_array().cloned().unwrap_or_default());
        match reply.json["next"].as_str() {
            Some(next) => page = format!("{path}&after={next}"),
            None => return all,
        }
    }
}
