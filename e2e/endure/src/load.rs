//! People at work, each on a thread: they sign in, apply, decide, take lists out
//! and send files, until told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use base::{Clock, SystemClock};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use town::client::Sent as Body;
use town::{Demo, Reply};

use crate::desk::Desk;
use crate::journal::{Asked, Journal, Sent};
use crate::luck::Luck;
use crate::proof::Proof;

/// Running threads.
pub struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// Applicant, approver, and whether the applicant may take lists out.
const PAIRS: [(&str, &str, bool); 2] =
    [("nakamura.yui", "mori.naoki", true), ("yamada.hanako", "ito.sachiko", false)];
const SENDERS: [&str; 2] = ["sasaki.taro", "yamaguchi.emi"];
const READER: &str = "watanabe.jun";
/// Nobody else signs in as these.
const COMERS: [&str; 7] = [
    "kobayashi.dai",
    "kato.masako",
    "tanaka.hiroshi",
    "suzuki.keiko",
    "takahashi.osamu",
    "matsumoto.ken",
    "inoue.mari",
];

/// Everybody who works with a session that is open beforehand.
pub(crate) fn workers() -> impl Iterator<Item = &'static str> {
    let pairs = PAIRS.iter().flat_map(|(applicant, approver, _)| [*applicant, *approver]);
    pairs.chain(SENDERS).chain([READER])
}

impl Load {
    /// Starts everybody's work.
    #[must_use]
    pub fn start(demo: &Demo, journal: &Arc<Journal>, proof: &Proof, seed: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let open = proof.people();
        let desk = |login: &str| Desk::new(demo, login, journal, &stop).with(open.get(login));
        let mut threads = Vec::new();
        for (number, (applicant, approver, takes)) in PAIRS.into_iter().enumerate() {
            let (applicant, approver) = (desk(applicant), desk(approver));
            let series = Series::new(seed, number, journal);
            threads.push(std::thread::spawn(move || permits(series, applicant, approver, takes)));
        }
        for (number, login) in SENDERS.into_iter().enumerate() {
            let (sender, series) = (desk(login), Series::new(seed, 10 + number, journal));
            threads.push(std::thread::spawn(move || files(series, sender)));
        }
        let comers: Vec<Desk> = COMERS.iter().map(|login| desk(login)).collect();
        threads.push(std::thread::spawn(move || come(comers)));
        let reader = desk(READER);
        threads.push(std::thread::spawn(move || look(reader)));
        Self { stop, threads }
    }

    /// Ends the work; whoever waits for an answer is told that none comes.
    pub fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}

/// Names for what one thread makes, no two alike.
struct Series {
    name: String,
    count: u64,
    luck: Luck,
    journal: Arc<Journal>,
}

impl Series {
    fn new(seed: u64, number: usize, journal: &Arc<Journal>) -> Self {
        let own = seed.wrapping_add(number as u64 * 7_919);
        let name = format!("{seed}-{number}");
        Self { name, count: 0, luck: Luck::new(own), journal: journal.clone() }
    }

    fn next(&mut self) -> String {
        self.count += 1;
        format!("{}-{}", self.name, self.count)
    }
}

fn permits(mut series: Series, mut applicant: Desk, mut approver: Desk, takes: bool) {
    while !applicant.is_over() {
        let key = series.next();
        std::thread::sleep(PACE);
        // Most end by the clock while the test looks on.
        let is_short = !series.luck.one_in(3);
        let span = if is_short { series.luck.millis(2_000, 6_000) } else { LONG };
        let Some((id, version)) = apply(&series, &mut applicant, &key, span) else { continue };
        let path = format!("/api/v1/permits/{id}/approve");
        let decision = json!({ "version": version });
        let decided = approver.say(&path, &decision, &format!("approve-{key}"));
        if decided.is_none_or(|reply| reply.status != 200) {
            continue;
        }
        series.journal.pages().approved.push(id);
        if takes {
            take(&series, &mut applicant);
        }
    }
}

/// One address may ask 1,200 times a minute.
const PACE: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_secs(2 * 3_600);

fn apply(series: &Series, desk: &mut Desk, key: &str, span: Duration) -> Option<(String, Value)> {
    let purpose = format!("耐久試験 {key}");
    let ends_at = SystemClock::default().now().plus(span);
    let asked = json!({
        "kind": "export", "purpose": purpose, "ends_at": ends_at.to_string(),
        "scope": {
            "what": "職員名簿", "destination": "庁内", "medium": "transfer",
            "personal-data": "none",
        },
    });
    let login = desk.login().to_owned();
    let note = Asked { id: None, is_refused: false, ends_at, login };
    series.journal.pages().permits.insert(purpose.clone(), note);
    let reply = desk.say("/api/v1/permits", &asked, key)?;
    let permit = match reply.status {
        201 => reply.json,
        409 => found(series, desk, &purpose)?,
        status => {
            note_refusal(series, &purpose, status, &reply);
            return None;
        }
    };
    let id = permit["id"].as_str()?.to_owned();
    if let Some(asked) = series.journal.pages().permits.get_mut(&purpose) {
        asked.id = Some(id.clone());
    }
    Some((id, permit["version"].clone()))
}

/// The answer was lost and only the deed remains: it must be in the list.
fn found(series: &Series, desk: &mut Desk, purpose: &str) -> Option<Value> {
    loop {
        let reply = desk.read("/api/v1/permits?whose=mine");
        if desk.is_over() {
            return None;
        }
        let Some(reply) = reply.filter(|reply| reply.status == 200) else {
            std::thread::sleep(Duration::from_millis(40));
            continue;
        };
        let items = reply.json["items"].as_array().cloned().unwrap_or_default();
        let one = items.into_iter().find(|one| one["purpose"] == purpose);
        if one.is_none() {
            series.journal.complain(format!("{purpose} was said to be done and is not there"));
        }
        return one;
    }
}

/// A late repetition asks for an end that has passed by now.
fn note_refusal(series: &Series, purpose: &str, status: u16, reply: &Reply) {
    if status != 422 {
        series.journal.complain(format!("{purpose} was answered {status}: {}", reply.text));
    }
    if let Some(asked) = series.journal.pages().permits.get_mut(purpose) {
        asked.is_refused = true;
    }
}

fn take(series: &Series, desk: &mut Desk) {
    let answer = desk.read("/people?format=csv");
    let mut pages = series.journal.pages();
    let count = pages.uses.entry(desk.login().to_owned()).or_default();
    match answer {
        Some(reply) if reply.status == 200 => count.0 += 1,
        // Refused, or undone with an error: nothing was taken.
        Some(_) => {}
        None => count.1 += 1,
    }
}

fn files(mut series: Series, mut desk: Desk) {
    while !desk.is_over() {
        std::thread::sleep(PACE);
        let key = series.next();
        let lines = series.luck.below(40) + 1;
        let text = format!("番号,{key}\r\n") + &"令和8年,住民課,窓口\r\n".repeat(lines as usize);
        let hash = hex(&Sha256::digest(&text));
        let note = Sent { login: desk.login().to_owned(), ..Sent::default() };
        series.journal.pages().files.insert(hash.clone(), note);
        let path = format!("/api/v1/files?name={key}.csv");
        let Some(reply) = desk.send(&path, &Body::Bytes(text.as_bytes()), &key) else { return };
        let mut pages = series.journal.pages();
        let Some(file) = pages.files.get_mut(&hash) else { continue };
        file.is_done = true;
        match reply.status {
            201 => {
                let text = |value: &Value| value.as_str().map(str::to_owned);
                file.id = text(&reply.json["id"]);
                let out = text(&reply.json["report"]["sha256_out"]);
                file.result = text(&reply.json["content"]).zip(out);
            }
            409 => {}
            status => {
                drop(pages);
                series.journal.complain(format!("{key}.csv was answered {status}: {}", reply.text));
            }
        }
    }
}

fn come(mut comers: Vec<Desk>) {
    while comers.first().is_some_and(|desk| !desk.is_over()) {
        for desk in &mut comers {
            let _ = desk.sign_in();
            std::thread::sleep(Duration::from_millis(150));
        }
    }
}

fn look(mut reader: Desk) {
    while !reader.is_over() {
        for path in ["/", "/permits", "/people", "/sanitize"] {
            let _ = reader.read(path);
            std::thread::sleep(Duration::from_millis(60));
        }
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
