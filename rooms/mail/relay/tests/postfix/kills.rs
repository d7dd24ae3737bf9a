//! Our side is killed at any moment under load: every mail that Postfix took
//! arrives exactly once, and none without our mark. `SEKISHO_MAIL_KILLS=200`
//! makes the long run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Random, SeededRandom, SystemClock};
use mail_relay::{
    Answer, Arrived, Delivery, Domain, Door, DoorSetting, HandOver, HandOverSetting, Ident,
    Outcome, Place, Postfix, SafePath, Took, Witness,
};
use tokio::sync::watch;

use crate::crossing::MARK;
use crate::pair::{Pair, until};

const HOLDER: &str = "SEKISHO_MAIL_HOLDER";
/// Hand-overs at the same time.
const HANDS: usize = 4;

/// A store of files that keeps the rules that a real one must: a mail is there
/// whole or not at all, a try is noted before it is made, and its end after.
struct Files(PathBuf);

impl Files {
    fn write(&self, name: &str, bytes: &[u8]) {
        let (aside, path) = (self.0.join(format!("{name}.part")), self.0.join(name));
        let mut file = File::create(&aside).unwrap();
        file.write_all(bytes).unwrap();
        file.sync_all().unwrap();
        fs::rename(aside, path).unwrap();
        File::open(&self.0).unwrap().sync_all().unwrap();
    }

    fn has(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    /// Counts what the witness said.
    fn note(&self, word: &str) {
        let path = self.0.join("asked");
        let file = File::options().create(true).append(true).open(path);
        writeln!(file.unwrap(), "{word}").unwrap();
    }

    fn names(&self, end: &str) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> =
            names.filter_map(|name| name.strip_suffix(end).map(str::to_owned)).collect();
        names.sort();
        names
    }

    /// One file a mail and receiver; the same twice is the same file.
    fn keep(&self, mail: &Arrived) {
        let ident = mail.ident().unwrap();
        for receiver in &mail.receivers {
            let safe: String = receiver.chars().filter(char::is_ascii_alphanumeric).collect();
            let name = format!("{ident}-{safe}");
            if !self.has(&format!("{name}.mail")) {
                let head = format!("{}\n{receiver}\n", mail.sender);
                self.write(&format!("{name}.mail"), &[head.as_bytes(), &mail.bytes].concat());
            }
        }
    }
}

/// The program that is killed; started by the tests below as a process.
#[test]
fn holder() {
    let Ok(folder) = std::env::var(HOLDER) else { return };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap().block_on(hold(PathBuf::from(folder)));
}

async fn hold(folder: PathBuf) {
    let files = Arc::new(Files(folder.join("store")));
    let name = Domain::parse("gate.town.example").unwrap();
    let place = Place::Socket(folder.join("o/sockets/door"));
    let door = Door::open(DoorSetting::behind_postfix(place, name.clone(), 8 << 20)).await.unwrap();
    let (_stop, told) = watch::channel(false);
    let kept = files.clone();
    tokio::spawn(door.serve(
        move |mail: Arrived| {
            let kept = kept.clone();
            async move {
                tokio::task::spawn_blocking(move || kept.keep(&mail)).await.unwrap();
                Answer::Kept("kept".to_owned())
            }
        },
        told,
    ));
    let home = SafePath::parse(&format!("{}/i", folder.display())).unwrap();
    let postfix = Postfix::at(home, None, Arc::new(SystemClock::default()));
    let witness = Witness::of(postfix);
    let back = Place::Socket(folder.join("i/queue/private/back"));
    let hand_over = HandOver::new(HandOverSetting::to_postfix(back, name));
    // What was begun before the last death.
    settle(&files, &witness).await;
    loop {
        let todo: Vec<String> = files
            .names(".mail")
            .into_iter()
            .filter(|name| {
                !files.has(&format!("{name}.done")) && !files.has(&format!("{name}.try"))
            })
            .take(HANDS)
            .collect();
        if todo.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut hands = todo.into_iter();
        let each = |name: Option<String>| hand(&files, &hand_over, &witness, name);
        tokio::join!(
            each(hands.next()),
            each(hands.next()),
            each(hands.next()),
            each(hands.next())
        );
    }
}

/// Asks the witness about every try without an end.
async fn settle(files: &Files, witness: &Witness) {
    loop {
        let tries = files.names(".try");
        let open: Vec<Ident> = tries
            .iter()
            .filter(|name| !files.has(&format!("{name}.done")))
            .map(|name| Ident::parse(name).unwrap())
            .collect();
        if open.is_empty() {
            return;
        }
        let since = open.iter().map(|ident| began(files, ident.as_str())).min().unwrap();
        for (ident, took) in witness.took_all(&open, since).await {
            match took {
                Took::Yes => {
                    files.write(&format!("{ident}.done"), b"witness");
                    files.note("yes");
                }
                Took::No => {
                    fs::remove_file(files.0.join(format!("{ident}.try"))).unwrap();
                    files.note("no");
                }
                Took::Unknown => tokio::time::sleep(Duration::from_millis(300)).await,
            }
        }
    }
}

fn began(files: &Files, name: &str) -> base::Timestamp {
    let text = fs::read_to_string(files.0.join(format!("{name}.try"))).unwrap();
    base::Timestamp::from_millis(text.parse().unwrap())
}

async fn hand(files: &Files, hand_over: &HandOver, witness: &Witness, name: Option<String>) {
    let Some(name) = name else { return };
    let bytes = fs::read(files.0.join(format!("{name}.mail"))).unwrap();
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let sender = String::from_utf8_lossy(lines.next().unwrap()).into_owned();
    let receiver = String::from_utf8_lossy(lines.next().unwrap()).into_owned();
    let text = [MARK.as_bytes(), lines.next().unwrap()].concat();
    let now = SystemClock::default().now();
    files.write(&format!("{name}.try"), now.millis().to_string().as_bytes());
    let ident = Ident::parse(&name).unwrap();
    let delivery = Delivery {
        ident: &ident,
        sender: &sender,
        receivers: &[receiver],
        bytes: &text,
        is_utf8: false,
    };
    match hand_over.send(delivery).await {
        Outcome::Taken(id) => {
            let id = id.map(|id| id.to_string()).unwrap_or_default();
            files.write(&format!("{name}.done"), id.as_bytes());
        }
        Outcome::Later(_) => fs::remove_file(files.0.join(format!("{name}.try"))).unwrap(),
        Outcome::Never(why) => panic!("refused: {why}"),
        Outcome::Uncertain(_) => settle(files, witness).await,
    }
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kills::holder", "--nocapture", "--test-threads", "1"])
        .env(HOLDER, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn kills() -> usize {
    std::env::var("SEKISHO_MAIL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(15)
}

/// Ends the program when the test does.
struct Held(Child);

impl Held {
    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_every_mail_arrives_once() {
    let Some(mut pair) = Pair::make() else { return };
    pair.start().await;
    fs::create_dir(pair.folder.join("store")).unwrap();
    let random = SeededRandom::new(7);
    let kills = kills();
    let mut sent = 0;
    let mut holder = Held(start(&pair.folder));
    for round in 0..kills {
        let count = 20;
        let mut load = Command::new("timeout")
            .args([
                "60",
                "smtp-source",
                "-4",
                "-d",
                "-s",
                "3",
                "-m",
                &count.to_string(),
                "-N",
                "-l",
                "3000",
            ])
            .args(["-f", "a@world.example", "-t", &format!("r{round}x@town.example")])
            .arg(format!("{}:25", pair.outside.address))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut byte = [0; 2];
        random.fill(&mut byte);
        std::thread::sleep(Duration::from_millis(u64::from(u16::from_le_bytes(byte) % 600)));
        // Every third time the servers that take our hand-overs die instead, so that
        // nobody hears whether the text's end was read.
        if round % 3 == 2 {
            pair.inside.kill_servers();
            std::thread::sleep(Duration::from_millis(100));
        }
        holder.kill();
        assert!(load.wait().unwrap().success(), "Postfix takes mail while we are dead");
        sent += count;
        holder = Held(start(&pair.folder));
    }
    pair.outside.postfix.flush().await.unwrap();
    // However slow the machine: as long as mails arrive, none is given up.
    let mut there = pair.mails("town").len();
    while there < sent {
        let before = there;
        until(Duration::from_secs(60), &format!("mail {} of {sent}", before + 1), || {
            there = pair.mails("town").len();
            there > before
        });
    }
    // What would come twice has time to come.
    std::thread::sleep(Duration::from_secs(3));
    holder.kill();
    check(&pair, sent).await;
    let asked = fs::read_to_string(pair.folder.join("store/asked")).unwrap_or_default();
    let (yes, no) = (asked.matches("yes").count(), asked.matches("no").count());
    eprintln!(
        "{kills} kills, {sent} mails: each arrived once, marked; witness: {yes} yes, {no} no"
    );
}

async fn check(pair: &Pair, sent: usize) {
    let mails = pair.mails("town");
    let mut receivers: BTreeMap<String, usize> = BTreeMap::new();
    for mail in &mails {
        assert_eq!(
            mail.matches("X-Passed: yes").count(),
            1,
            "unfiltered or twice filtered: {mail}"
        );
        let to = mail.lines().find_map(|line| line.strip_prefix("Delivered-To: ")).unwrap();
        *receivers.entry(to.to_owned()).or_default() += 1;
    }
    let doubled: Vec<_> = receivers.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "doubled: {doubled:?}");
    assert_eq!((mails.len(), receivers.len()), (sent, sent));
    // The witness, the names in the queue and our own notes agree.
    let files = Files(pair.folder.join("store"));
    let done = files.names(".done");
    assert_eq!(done.len(), sent);
    let log = pair.inside.log();
    let witness = Witness::of(pair.inside.postfix.clone());
    let idents: Vec<Ident> = done.iter().map(|name| Ident::parse(name).unwrap()).collect();
    let since = idents.iter().map(|ident| began(&files, ident.as_str())).min().unwrap();
    let took = witness.took_all(&idents, since).await;
    assert!(took.values().all(|took| *took == Took::Yes));
    let mut names = BTreeSet::new();
    for name in &done {
        let id = fs::read_to_string(files.0.join(format!("{name}.done"))).unwrap();
        if id != "witness" {
            assert!(
                log.contains(&format!("{id}: client=localhost[127.0.0.1], orig_queue_id={name}"))
            );
            names.insert(id);
        }
    }
    assert!(names.len() <= sent);
}
