//! A town with mailboxes, and the world outside it as far as the gate sees it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use base::{BodyId, Clock, Task, Timestamp};
use console::Room;
use factors::Sealer;
use identity::{BodyCode, Caller, Duty, PersonId, Role, SectionId};
use jobs::{Runner, RunnerSettings};
use mail_engine::dkim::Signer;
use mail_engine::{Limits, Message, read};
use mail_room::report::Opinion;
use mail_room::{
    Arrived, Envelope, Gate, GateSettings, Handed, Judge, Judged, MailRoom, NoQueues, NotTaken,
    Outside, Outward, Postfix, Scanned, Scanner, Search, Service, Witness,
};
use passages::PassageId;
use permits::{Kinds, Permits};
use records::Origin;
use sanitize_room::Workers;
use store::{Blobs, Migration, Store, args};
use testbed::Bench;
use tokio::sync::Notify;

pub(crate) const YAMADA: &str = "yamada@city.midori.lg.jp";
pub(crate) const TAX: &str = "zei@city.midori.lg.jp";

pub(crate) struct Town {
    pub(crate) bench: Bench,
    pub(crate) body: BodyId,
    pub(crate) clerk: PersonId,
    pub(crate) head: PersonId,
    pub(crate) service: Service,
    pub(crate) gate: Gate,
    pub(crate) permits: Permits,
    pub(crate) postfix: Arc<Inside>,
    /// The Postfix outside, which takes what leaves.
    pub(crate) beyond: Arc<Inside>,
    pub(crate) scanner: Arc<Known>,
    /// What the judge was taught, in turn: spam, or not.
    pub(crate) taught: Arc<Mutex<Vec<bool>>>,
    /// How much of spam the judge calls every mail; nothing for no opinion.
    degree: Arc<Mutex<Option<u8>>>,
    runner: Runner,
    count: Mutex<u32>,
}

/// The Postfix inside: it takes, or does what a killed one does.
#[derive(Default)]
pub(crate) struct Inside {
    pub(crate) got: Mutex<Vec<(String, Envelope, Vec<u8>)>>,
    /// What happens at the next offers, the first first; then it takes.
    pub(crate) fate: Mutex<Vec<Fate>>,
    /// What the witness says before it knows.
    pub(crate) is_silent: Mutex<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It takes the mail, and nobody hears its answer.
    TakesUnheard,
    /// The connection breaks before it has the mail.
    Breaks,
    /// It says that it cannot now.
    Later,
    /// It says that it never will.
    Never,
}

impl Postfix for Inside {
    fn hand_over<'a>(
        &'a self,
        delivery: &'a str,
        envelope: &'a Envelope,
        bytes: &'a [u8],
    ) -> Task<'a, Handed> {
        let mut fate = self.fate.lock().unwrap();
        let fate = if fate.is_empty() { None } else { Some(fate.remove(0)) };
        let takes = matches!(fate, None | Some(Fate::TakesUnheard));
        if takes {
            let mail = (delivery.to_owned(), envelope.clone(), bytes.to_vec());
            self.got.lock().unwrap().push(mail);
        }
        let said = match fate {
            None => Handed::Taken,
            Some(Fate::TakesUnheard | Fate::Breaks) => Handed::Unclear("cut".to_owned()),
            Some(Fate::Later) => Handed::Later("450 busy".to_owned()),
            Some(Fate::Never) => Handed::Never("550 no".to_owned()),
        };
        Box::pin(async move { said })
    }

    fn took<'a>(&'a self, delivery: &'a str, _offered: Timestamp) -> Task<'a, Witness> {
        let is_known = self.got.lock().unwrap().iter().any(|(name, ..)| name == delivery);
        let said = match (*self.is_silent.lock().unwrap(), is_known) {
            (true, _) => Witness::Unknown,
            (false, true) => Witness::Yes,
            (false, false) => Witness::No,
        };
        Box::pin(async move { said })
    }
}

/// A scanner that knows EICAR, and what it was told.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) more: Mutex<Vec<Vec<u8>>>,
    pub(crate) is_away: Mutex<bool>,
}

impl Scanner for Known {
    fn scan<'a>(&'a self, _body: BodyId, bytes: &'a [u8]) -> Task<'a, std::io::Result<Scanned>> {
        let has = |wanted: &[u8]| bytes.windows(wanted.len()).any(|part| part == wanted);
        let is_hit = has(b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE")
            || self.more.lock().unwrap().iter().any(|wanted| has(wanted));
        let hits: BTreeSet<String> =
            is_hit.then(|| "clamd: Eicar".to_owned()).into_iter().collect();
        let is_away = *self.is_away.lock().unwrap();
        Box::pin(async move {
            if is_away { Err(std::io::Error::other("away")) } else { Ok(Scanned::Looked(hits)) }
        })
    }
}

/// A judge that says the same of every mail, and remembers what it was taught.
struct Same {
    degree: Arc<Mutex<Option<u8>>>,
    taught: Arc<Mutex<Vec<bool>>>,
}

impl Judge for Same {
    fn judge<'a>(
        &'a self,
        _store: &'a Store,
        _body: BodyId,
        _mail: &'a Judged<'a>,
    ) -> Task<'a, Option<Opinion>> {
        let degree = *self.degree.lock().unwrap();
        let opinion = degree.map(|spam| Opinion { spam, reasons: vec!["「x」".to_owned()] });
        Box::pin(async move { opinion })
    }

    fn learn<'a>(
        &'a self,
        _store: &'a Store,
        _body: BodyId,
        _mail: &'a Judged<'a>,
        is_spam: bool,
    ) -> Task<'a, ()> {
        self.taught.lock().unwrap().push(is_spam);
        Box::pin(async {})
    }
}

pub(crate) async fn towns() -> Vec<Town> {
    let all = [
        records::MIGRATIONS,
        jobs::MIGRATIONS,
        identity::MIGRATIONS,
        notices::MIGRATIONS,
        permits::MIGRATIONS,
        passages::MIGRATIONS,
        mail_room::MIGRATIONS,
    ];
    let migrations: Vec<Migration> = all.into_iter().flatten().copied().collect();
    let mut towns = Vec::new();
    for bench in testbed::benches(&migrations).await {
        towns.push(town(bench).await);
    }
    towns
}

async fn town(bench: Bench) -> Town {
    let body = bench.body();
    let mut across = bench.store.across("make a town").await.unwrap();
    let sql = "INSERT INTO bodies (body, code, name, kana, founded_at) VALUES ($1, $2, $3, $3, 0)";
    across.run(sql, args![body, "131016", "緑市"]).await.unwrap();
    let mut work = across.within(body).await.unwrap();
    let tax: SectionId = work.new_id();
    let sql = "INSERT INTO sections (body, id, code, name, version) VALUES ($1, $2, $3, $3, 1)";
    work.run(sql, args![tax, "zei"]).await.unwrap();
    let mut people = Vec::new();
    for login in ["yamada", "kacho"] {
        let id: PersonId = work.new_id();
        let sql = "INSERT INTO people (body, id, login, name, kana, section, state, joined_at,
            version) VALUES ($1, $2, $3, $3, $3, $4, 'active', 0, 1)";
        work.run(sql, args![id, login, tax]).await.unwrap();
        people.push(id);
    }
    let sql = "INSERT INTO mail_mailboxes (body, address, owner_kind, owner, class, set_at)
        VALUES ($1, $2, $3, $4, '2', 0)";
    work.run(sql, args![YAMADA, "person", people[0]]).await.unwrap();
    work.run(sql, args![TAX, "section", tax]).await.unwrap();
    work.commit().await.unwrap();
    let random: Arc<dyn base::Random> = bench.random.clone();
    let blobs = Blobs::disk(&bench.folder().join("blobs"), random.clone()).await.unwrap();
    let sealer = Sealer::parse(Sealer::new_key_line(&*random).reveal()).unwrap();
    let (postfix, scanner) = (Arc::new(Inside::default()), Arc::new(Known::default()));
    let degree = Arc::<Mutex<Option<u8>>>::default();
    let taught = Arc::<Mutex<Vec<bool>>>::default();
    let outside = Outside {
        postfix: postfix.clone(),
        scanner: scanner.clone(),
        judge: Arc::new(Same { degree: degree.clone(), taught: taught.clone() }),
        queues: Arc::new(NoQueues),
    };
    let settings = GateSettings {
        hostname: "gate.midori.lg.jp".to_owned(),
        origin: "https://sekisho.midori.lg.jp".to_owned(),
        domains: vec![("city.midori.lg.jp".to_owned(), BodyCode::parse("131016").unwrap())],
        known_domains: vec!["pref.aoba.lg.jp".to_owned()],
        resolver: None,
    };
    let workers = Workers::start(&sanitize_core::Policy::default(), 2);
    let service = Service::new(settings, workers, (blobs, sealer), outside);
    let beyond = Arc::new(Inside::default());
    let service = service.with_outward(Outward {
        postfix: beyond.clone(),
        signers: signer()
            .into_iter()
            .map(|signer| (vec!["city.midori.lg.jp".to_owned()], signer))
            .collect(),
        links: "https://files.midori.lg.jp".to_owned(),
    });
    let room = MailRoom::new(Some(service.clone()));
    let kinds = Kinds::new(room.permit_kinds()).unwrap();
    let permits = Permits::new(kinds, room.mechanisms(), bench.clock.clone()).unwrap();
    let mut runner = Runner::new(bench.store.clone(), RunnerSettings::default());
    for handler in room.jobs(&permits) {
        runner = runner.handler(handler);
    }
    for recurring in room.recurring() {
        runner = runner.recurring(recurring);
    }
    let gate = Gate::new(service.clone(), bench.store.clone(), Arc::new(Notify::new()));
    let (clerk, head) = (people[0], people[1]);
    let count = Mutex::new(0);
    Town {
        bench,
        body,
        clerk,
        head,
        service,
        gate,
        permits,
        postfix,
        beyond,
        scanner,
        taught,
        degree,
        runner,
        count,
    }
}

/// The town's key, made as towns make it; nothing where there is no openssl.
pub(crate) fn signer() -> Option<Arc<Signer>> {
    static SIGNER: OnceLock<Option<Arc<Signer>>> = OnceLock::new();
    let make = || {
        let made = std::process::Command::new("openssl").args(["genrsa", "2048"]).output().ok()?;
        Some(Arc::new(Signer::new("s2026", &made.stdout).unwrap()))
    };
    SIGNER.get_or_init(make).clone()
}

impl Town {
    pub(crate) async fn caller(&self, person: PersonId) -> Caller {
        let mut work = self.bench.store.begin(self.body).await.unwrap();
        Caller::by_token(&mut work, person, "", Duty::ALL, Origin::Console).await.unwrap()
    }

    /// The person with these duties and no others.
    pub(crate) async fn caller_with(&self, person: PersonId, duties: &[Duty]) -> Caller {
        let mut work = self.bench.store.begin(self.body).await.unwrap();
        Caller::by_token(&mut work, person, "", duties, Origin::Console).await.unwrap()
    }

    /// The person as one who manages and operates the system.
    pub(crate) async fn operator(&self, person: PersonId) -> Caller {
        let mut caller = self.caller(person).await;
        caller.duties.add(Role::SystemManager, None);
        caller
    }

    /// Lets the judge say so much of every mail.
    pub(crate) fn judge_all(&self, degree: u8) {
        *self.degree.lock().unwrap() = Some(degree);
    }

    /// How often something stands in the ledger.
    pub(crate) async fn recorded(&self, action: &str) -> i64 {
        let mut work = self.bench.store.read(self.body).await.unwrap();
        let sql = "SELECT COUNT(*) FROM records WHERE body = $1 AND action = $2";
        work.row(sql, args![action]).await.unwrap().unwrap().take(0).unwrap()
    }

    pub(crate) fn arrived(&self, ident: &str, to: &str, mail: &str) -> Arrived {
        Arrived {
            sender: "sender@company.example".to_owned(),
            receivers: vec![to.to_owned()],
            client: Some("192.0.2.7".parse().unwrap()),
            helo: Some("mx.company.example".to_owned()),
            ident: Some(ident.to_owned()),
            bytes: Arc::from(mail.replace('\n', "\r\n").as_bytes()),
        }
    }

    /// A mail for Yamada that Postfix brings.
    pub(crate) async fn bring(&self, mail: &str) {
        let count = {
            let mut count = self.count.lock().unwrap();
            *count += 1;
            *count
        };
        // Ids sort by their moment.
        self.bench.clock.advance(Duration::from_millis(10));
        let arrived = self.arrived(&format!("4Q{count}zz"), YAMADA, mail);
        assert_eq!(self.gate.take_in(&arrived).await, Ok::<(), NotTaken>(()));
    }

    /// Does everything that is due now.
    pub(crate) async fn round(&self) {
        let ran = self.runner.round().await.unwrap();
        if (ran.failed, ran.retried) != (0, 0) {
            let mut work = self.bench.store.read_across("why jobs failed").await.unwrap();
            let sql = "SELECT kind, error FROM jobs WHERE error IS NOT NULL";
            for mut row in work.rows(sql, Vec::new()).await.unwrap() {
                let kind: String = row.take(0).unwrap();
                println!("{kind}: {}", row.take::<String>(1).unwrap());
            }
            panic!("{ran:?}");
        }
    }

    pub(crate) async fn later(&self, seconds: u64) {
        self.bench.clock.advance(Duration::from_secs(seconds));
        self.round().await;
    }

    /// What Postfix has, as its receiver's program reads it.
    pub(crate) fn got(&self) -> Vec<Message> {
        let got = self.postfix.got.lock().unwrap();
        got.iter().map(|(_, _, bytes)| read(bytes, &Limits::default()).unwrap()).collect()
    }

    /// As it came, headers unfolded.
    pub(crate) fn raw(&self, place: usize) -> String {
        let bytes = self.postfix.got.lock().unwrap()[place].2.clone();
        String::from_utf8(bytes).unwrap().replace("\r\n ", " ")
    }

    /// Passages for Yamada, newest first.
    pub(crate) async fn passages(&self) -> Vec<(PassageId, passages::State)> {
        let caller = self.caller(self.clerk).await;
        let mut work = self.bench.store.read(self.body).await.unwrap();
        let search = Search { limit: 100, ..Search::default() };
        let hits = mail_room::search(&mut work, &caller, &search).await.unwrap();
        hits.into_iter().map(|hit| (hit.leg.passage, hit.state)).collect()
    }

    /// The one passage that stands there.
    pub(crate) async fn in_state(&self, state: passages::State) -> PassageId {
        let found: Vec<PassageId> = self
            .passages()
            .await
            .into_iter()
            .filter(|(_, own)| *own == state)
            .map(|(id, _)| id)
            .collect();
        assert_eq!(found.len(), 1, "in {state:?}");
        found[0]
    }

    pub(crate) async fn rules(&self, text: &str) {
        let mut work = self.bench.store.begin(self.body).await.unwrap();
        let sql = "INSERT INTO mail_rules (body, id, text, person, made_at)
            VALUES ($1, $2, $3, $4, 0)";
        let id: base::Id<()> = work.new_id();
        work.run(sql, args![id, text, self.clerk]).await.unwrap();
        work.commit().await.unwrap();
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.bench.clock.now()
    }
}

/// A mail with one attachment.
pub(crate) fn with_file(subject: &str, text: &str, name: &str, bytes: &[u8]) -> String {
    let body = base64(bytes);
    format!(
        "From: 取引先 <sender@company.example>\nTo: {YAMADA}\nSubject: {subject}\n\
         Message-ID: <{}@company.example>\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=b\n\n--b\n\
         Content-Type: text/plain; charset=utf-8\n\n{text}\n--b\n\
         Content-Type: application/octet-stream\n\
         Content-Disposition: attachment; filename=\"{name}\"\n\
         Content-Transfer-Encoding: base64\n\n{body}\n--b--\n",
        name.replace(['.', ' '], "")
    )
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for (at, part) in bytes.chunks(3).enumerate() {
        let all = part.iter().fold(0_u32, |sum, &byte| sum << 8 | u32::from(byte));
        let all = all << (8 * (3 - part.len()));
        for place in 0..4 {
            if place > part.len() {
                out.push('=');
            } else {
                out.push(char::from(SIGNS[(all >> (18 - 6 * place)) as usize & 63]));
            }
        }
        if at % 19 == 18 {
            out.push('\n');
        }
    }
    out
}
