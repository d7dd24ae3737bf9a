//! People and folders between whom files cross, each on a thread: sent, held,
//! approved, fetched, laid down, until told to stop.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use town::client::Sent as Body;
use town::{Client, Demo, Reply};

use crate::desk::Desk;
use crate::journal::Journal;
use crate::load::hex;
use crate::luck::Luck;
use sha2::{Digest as _, Sha256};

/// Who sends to [`RECEIVER`] what passes by itself.
pub const SENDER: &str = "yamada.hanako";
/// Who sends what somebody must approve.
pub const CAREFUL: &str = "yamaguchi.emi";
/// Who approves it.
pub const MANAGER: &str = "watanabe.jun";
/// Who gets both.
pub const RECEIVER: &str = "sasaki.taro";
/// In whose name the folder's files come.
pub const OWNER: &str = "nakamura.yui";
/// To which section they go, and the body that has it.
pub const SECTION: &str = "joho";
const BODY: &str = "198013";

/// What was sent and what became of it, kept outside of the program.
#[derive(Default)]
pub struct Sheet(Mutex<BTreeMap<String, Crossed>>);

/// One file, by its name, which is unique.
#[derive(Clone, Debug, Default)]
pub struct Crossed {
    /// Who sent it.
    pub login: &'static str,
    /// Its number where it was answered.
    pub id: Option<String>,
    /// It was put into a folder whole, which is the folder's promise.
    pub is_put: bool,
    /// Somebody must approve.
    pub is_held: bool,
    /// The approval was answered.
    pub is_approved: bool,
    /// It was fetched with the hash that was told.
    pub is_fetched: bool,
}

impl Sheet {
    /// Opens it.
    pub fn lines(&self) -> MutexGuard<'_, BTreeMap<String, Crossed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, name: &str, change: impl FnOnce(&mut Crossed)) {
        if let Some(line) = self.lines().get_mut(name) {
            change(line);
        }
    }

    /// Figures for the reader of the test's output.
    #[must_use]
    pub fn figures(&self) -> String {
        let lines = self.lines();
        let count = |is: fn(&Crossed) -> bool| lines.values().filter(|line| is(line)).count();
        format!(
            "{} sent, {} answered, {} put into the folder, {} approved, {} fetched",
            lines.len(),
            count(|line| line.id.is_some()),
            count(|line| line.is_put),
            count(|line| line.is_approved),
            count(|line| line.is_fetched),
        )
    }
}

/// Running threads.
pub struct Crossings {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// The folders, and what a configuration says of them.
#[must_use]
pub fn configuration(put: &Path, out: &Path) -> String {
    format!(
        "[[transfer.folder]]\npath = \"{}\"\nbody = \"{BODY}\"\ncrossing = \"internet-lgwan\"\n\
         to = \"{SECTION}\"\npurpose = \"耐久試験\"\nsender = \"{OWNER}\"\nsettled-seconds = 0\n\n\
         [[transfer.delivery]]\npath = \"{}\"\nbody = \"{BODY}\"\nto = \"{SECTION}\"\n",
        put.display(),
        out.display()
    )
}

/// Everybody who works, signed in beforehand.
#[must_use]
pub fn people(demo: &Demo) -> BTreeMap<&'static str, Client> {
    let all = [SENDER, CAREFUL, MANAGER, RECEIVER, OWNER];
    all.into_iter().map(|login| (login, Client::sign_in(demo, demo.person(login)))).collect()
}

impl Crossings {
    /// Starts everybody's work; `put` is the watched folder, `macros` a document
    /// that somebody must approve.
    #[must_use]
    pub fn start(
        demo: &Demo,
        (journal, sheet): (&Arc<Journal>, &Arc<Sheet>),
        people: &BTreeMap<&'static str, Client>,
        (put, macros): (PathBuf, Vec<u8>),
        seed: u64,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let desk =
            |login: &'static str| Desk::new(demo, login, journal, &stop).with(people.get(login));
        let hand = |login, number: u64| Hand {
            login,
            series: format!("{seed}-{number}"),
            count: 0,
            luck: Luck::new(seed.wrapping_add(number * 7_919)),
            journal: journal.clone(),
            sheet: sheet.clone(),
        };
        let mut threads = Vec::new();
        for number in 0..2 {
            let (hand, sender) = (hand(SENDER, number), desk(SENDER));
            threads.push(std::thread::spawn(move || plain(hand, sender)));
        }
        let (held, sender, manager) = (hand(CAREFUL, 2), desk(CAREFUL), desk(MANAGER));
        threads.push(std::thread::spawn(move || careful(held, sender, manager, &macros)));
        let (fetching, receiver) = (hand(RECEIVER, 3), desk(RECEIVER));
        threads.push(std::thread::spawn(move || fetch(&fetching, receiver)));
        let (putting, over) = (hand(OWNER, 4), stop.clone());
        threads.push(std::thread::spawn(move || lay(putting, &put, &over)));
        Self { stop, threads }
    }

    /// Ends the work.
    pub fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}

/// Somebody's means.
struct Hand {
    login: &'static str,
    series: String,
    count: u64,
    luck: Luck,
    journal: Arc<Journal>,
    sheet: Arc<Sheet>,
}

/// Between two files of one thread.
const PACE: Duration = Duration::from_millis(60);

impl Hand {
    fn next(&mut self, ending: &str) -> String {
        self.count += 1;
        let name = format!("{}-{}.{ending}", self.series, self.count);
        let line = Crossed { login: self.login, is_held: ending == "docm", ..Crossed::default() };
        self.sheet.lines().insert(name.clone(), line);
        name
    }

    /// A table in which something acts, and which is like no other.
    fn table(&mut self, name: &str) -> Vec<u8> {
        let lines = self.luck.below(40) + 1;
        let head = format!("番号,{name}\r\n=HYPERLINK(\"http://evil.test\"),a\r\n");
        (head + &"令和8年,住民課,窓口\r\n".repeat(usize::try_from(lines).unwrap_or(1))).into_bytes()
    }
}

fn plain(mut hand: Hand, mut desk: Desk) {
    while !desk.is_over() {
        std::thread::sleep(PACE);
        let name = hand.next("csv");
        let table = hand.table(&name);
        send(&hand, &mut desk, &name, &table);
    }
}

/// Sends a file as an upload that is sent on: where the answer is lost, the
/// upload that is gone tells that it was.
fn send(hand: &Hand, desk: &mut Desk, name: &str, bytes: &[u8]) -> Option<()> {
    let metadata = format!("filename {}", STANDARD.encode(name));
    let length = bytes.len().to_string();
    let headers = [
        ("Tus-Resumable", "1.0.0"),
        ("Upload-Length", length.as_str()),
        ("Upload-Metadata", metadata.as_str()),
        ("Content-Type", "application/offset+octet-stream"),
    ];
    let brought = desk.send("/api/v1/uploads", &Body::With(&headers, bytes), "")?;
    let Some(upload) = brought.json["id"].as_str().filter(|_| brought.status == 201) else {
        // Cut off in the middle, or as many as one may have: begun anew.
        tidy(hand, desk);
        return None;
    };
    let fields = [
        ("crossing", "internet-lgwan"),
        ("to", RECEIVER),
        ("class", "2"),
        ("purpose", "耐久試験"),
        ("uploads", upload),
    ];
    let form: String = fields
        .iter()
        .map(|(name, value)| {
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        })
        .collect();
    let form = form + "--edge--\r\n";
    let headers = [("Content-Type", "multipart/form-data; boundary=edge")];
    let sent = desk.send("/api/v1/passages", &Body::With(&headers, form.as_bytes()), "")?;
    let id = match sent.status {
        201 => sent.json["items"][0]["id"].as_str().map(str::to_owned),
        404 | 409 | 422 => found(desk, name),
        status => {
            hand.journal.complain(format!(
                "{name} was answered {status}: {} {:?}",
                sent.text, sent.headers
            ));
            None
        }
    };
    hand.sheet.note(name, |line| line.id = id);
    Some(())
}

/// Destroys uploads of this thread whose answer was lost: one person may have
/// fifty.
fn tidy(hand: &Hand, desk: &mut Desk) {
    let Some(reply) = desk.read("/api/v1/uploads") else { return };
    let Some(client) = desk.client() else { return };
    for upload in reply.json["items"].as_array().into_iter().flatten() {
        if text(&upload["name"]).starts_with(&format!("{}-", hand.series)) {
            let path = format!("/api/v1/uploads/{}", text(&upload["id"]));
            let _ = client.speak(("DELETE", &path), &[], None);
        }
    }
}

/// A file of the newest ones that somebody sent, by its name.
fn found(desk: &mut Desk, name: &str) -> Option<String> {
    let reply = until_read(desk, "/api/v1/passages?box=outbox")?;
    let items = reply.json["items"].as_array()?;
    let one = items.iter().find(|one| one["name"] == name)?;
    one["id"].as_str().map(str::to_owned)
}

fn until_read(desk: &mut Desk, path: &str) -> Option<Reply> {
    loop {
        if desk.is_over() {
            return None;
        }
        if let Some(reply) = desk.read(path).filter(|reply| reply.status == 200) {
            return Some(reply);
        }
        std::thread::sleep(Duration::from_millis(40));
    }
}

fn careful(mut hand: Hand, mut desk: Desk, mut manager: Desk, macros: &[u8]) {
    let mut waiting: VecDeque<(String, String)> = VecDeque::new();
    while !desk.is_over() {
        std::thread::sleep(PACE * 4);
        let name = hand.next("docm");
        send(&hand, &mut desk, &name, macros);
        let id = hand.sheet.lines().get(&name).and_then(|line| line.id.clone());
        waiting.extend(id.map(|id| (name, id)));
        for _ in 0..waiting.len().min(3) {
            let Some((name, id)) = waiting.pop_front() else { break };
            match decide(&mut desk, &mut manager, &id, hand.luck.below(u64::MAX)) {
                Some(true) => hand.sheet.note(&name, |line| line.is_approved = true),
                Some(false) => waiting.push_back((name, id)),
                None => {}
            }
        }
    }
}

/// Approves what is held; false if it is not yet. Nothing where it cannot be.
fn decide(desk: &mut Desk, manager: &mut Desk, id: &str, number: u64) -> Option<bool> {
    let now = desk.read(&format!("/api/v1/passages/{id}"))?;
    if now.json["state"] == "delivered" {
        return Some(true);
    }
    let permits = desk.read("/api/v1/permits?kind=transfer&whose=mine");
    let permits = permits.filter(|reply| reply.status == 200);
    let found = permits.as_ref().and_then(|reply| {
        let items = reply.json["items"].as_array()?;
        items.iter().find(|permit| permit["scope"]["passage"] == id)
    });
    let Some(permit) = found else { return Some(false) };
    let version = json!({ "version": permit["version"] });
    let path = format!("/api/v1/permits/{}/approve", text(&permit["id"]));
    // 409: done before, where the answer was lost, or changed meanwhile; the
    // passage tells which.
    Some(manager.say(&path, &version, &format!("approve-{number}"))?.status == 200)
}

fn fetch(hand: &Hand, mut desk: Desk) {
    while !desk.is_over() {
        std::thread::sleep(PACE * 2);
        let Some(reply) = desk.read("/api/v1/passages?box=inbox") else { continue };
        let items = reply.json["items"].as_array().cloned().unwrap_or_default();
        for passage in items.iter().take(20) {
            let name = text(&passage["name"]);
            let is_new = hand.sheet.lines().get(&name).is_some_and(|line| !line.is_fetched);
            if !is_new || desk.is_over() {
                continue;
            }
            let path = format!("/api/v1/passages/{}/content", text(&passage["id"]));
            let body = Body::With(&[("Content-Type", "application/json")], b"{}");
            let Some(client) = desk.client() else { return };
            let Ok(got) = client.try_bytes(&path, &body) else { continue };
            if got.0 != 200 {
                continue;
            }
            if hex(&Sha256::digest(&got.1)) == text(&passage["decided"]["sha256"]) {
                hand.sheet.note(&name, |line| line.is_fetched = true);
            } else {
                hand.journal.complain(format!("{path} is not as told"));
            }
        }
    }
}

/// Puts files into the folder as a careful program does: written elsewhere on
/// the same disk, then moved there whole.
fn lay(mut hand: Hand, folder: &Path, over: &AtomicBool) {
    while !over.load(Ordering::SeqCst) {
        std::thread::sleep(PACE * 2);
        let name = hand.next("csv");
        let table = hand.table(&name);
        let part = folder.join(format!(".{name}"));
        let is_put = std::fs::write(&part, table)
            .and_then(|()| std::fs::rename(&part, folder.join(&name)))
            .is_ok();
        hand.sheet.note(&name, |line| line.is_put = is_put);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
