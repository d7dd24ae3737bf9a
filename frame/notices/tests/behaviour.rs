//! What notices promise, on each kind of database: one mail for a burst, a deed
//! that no relay delays, the same mail after a kill, an address that is proved.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::{BodyId, Task};
use i18n::Messages;
use jobs::{Runner, RunnerSettings};
use notices::{
    Address, Carrier, Confirmed, Domains, FOLD, GATHER, Mail, Notice, NoticeError, Outlet,
    PERMIT_ENDS, Post, RelayError,
};
use records::{Action, Actor, Entry, Origin, Subject};
use testbed::Bench;

/// Keeps what is handed to it, while it is up.
#[derive(Default)]
struct Pile {
    mails: Mutex<Vec<String>>,
    is_down: Mutex<bool>,
}

impl Carrier for Pile {
    fn carry<'a>(&'a self, mail: &'a Mail) -> Task<'a, Result<(), RelayError>> {
        Box::pin(async move {
            if *self.is_down.lock().unwrap() {
                return Err(RelayError::Late(0));
            }
            self.mails.lock().unwrap().push(mail.text().to_owned());
            Ok(())
        })
    }
}

struct Town {
    bench: Bench,
    body: BodyId,
    pile: Arc<Pile>,
    runner: Runner,
}

const PERSON: &str = "01JQZ0000000000000000000AA";
const OTHER: &str = "01JQZ0000000000000000000BB";
const ARRIVED: Notice = Notice { what: i18n::key!("notice-permit-ends"), path: "/transfer" };

async fn towns() -> Vec<Town> {
    let all = [records::MIGRATIONS, jobs::MIGRATIONS, notices::MIGRATIONS].concat();
    testbed::benches(&all).await.into_iter().map(|bench| town(bench, true)).collect()
}

fn town(bench: Bench, has_mail: bool) -> Town {
    let pile = Arc::new(Pile::default());
    let outlet = Outlet {
        carrier: pile.clone(),
        from: Address::parse("gate@city.example.lg.jp").unwrap(),
        domains: Domains::parse(&["city.example.lg.jp".to_owned()]).unwrap(),
    };
    let post = Post {
        outlet: has_mail.then_some(outlet),
        words: Messages::load(&[notices::CATALOGUE]).unwrap(),
        origin: "https://gate.example.lg.jp".to_owned(),
    };
    let mut runner = Runner::new(bench.store.clone(), RunnerSettings::default());
    for handler in notices::handlers(post) {
        runner = runner.handler(handler);
    }
    let body = bench.body();
    Town { bench, body, pile, runner }
}

fn by(action: Action, subject: Subject) -> Entry {
    Entry::new(Actor::person(PERSON), action, subject, Origin::Job)
}

impl Town {
    fn mails(&self) -> Vec<String> {
        self.pile.mails.lock().unwrap().clone()
    }

    fn wait(&self, span: Duration) {
        self.bench.clock.advance(span);
    }

    async fn round(&self) -> jobs::Ran {
        self.runner.round().await.unwrap()
    }

    async fn ask(&self, address: &str) -> Result<(), NoticeError> {
        let mut work = self.bench.store.begin(self.body).await.unwrap();
        let address = Address::parse(address).unwrap();
        notices::ask(&mut work, &by, PERSON, &address).await?;
        work.commit().await.unwrap();
        Ok(())
    }

    async fn confirm(&self, code: &str) -> Confirmed {
        let mut work = self.bench.store.begin(self.body).await.unwrap();
        let confirmed = notices::confirm(&mut work, &by, PERSON, code).await.unwrap();
        work.commit().await.unwrap();
        confirmed
    }

    /// The person has an address, and the code's mail is off the pile.
    async fn settle(&self) {
        self.ask("yamada@city.example.lg.jp").await.unwrap();
        self.round().await;
        let code = code_in(&self.mails()[0]);
        assert_eq!(self.confirm(&code).await, Confirmed::Yes);
        self.pile.mails.lock().unwrap().clear();
    }

    async fn tell(&self, people: &[&str], notice: &Notice) {
        let mut work = self.bench.store.begin(self.body).await.unwrap();
        notices::tell_all(&mut work, people, notice).await.unwrap();
        work.commit().await.unwrap();
    }

    async fn recorded(&self, action: &str) -> i64 {
        let mut work = self.bench.store.read(self.body).await.unwrap();
        let sql = "SELECT COUNT(*) FROM records WHERE body = $1 AND action = $2";
        work.row(sql, store::args![action]).await.unwrap().unwrap().take(0).unwrap()
    }
}

fn code_in(mail: &str) -> String {
    let text = body_of(mail);
    let is_code = |line: &&str| line.len() == 19 && line.matches('-').count() == 3;
    text.lines().find(is_code).unwrap().to_owned()
}

/// The text of a mail, which is base64 or quoted-printable.
fn body_of(mail: &str) -> String {
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    if !head.contains("Content-Transfer-Encoding: base64") {
        panic!("the test reads base64 only: {head}");
    }
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for symbol in body.bytes() {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = (bits << 6 | u32::from(value)) & 0x00ff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

fn header<'a>(mail: &'a str, name: &str) -> &'a str {
    let start = format!("{name}: ");
    mail.split("\r\n").find_map(|line| line.strip_prefix(start.as_str())).unwrap()
}

#[tokio::test]
async fn twenty_deliveries_are_one_mail_with_the_link_and_nothing_else() {
    for town in towns().await {
        town.settle().await;
        for _ in 0..20 {
            town.tell(&[PERSON, OTHER], &ARRIVED).await;
        }
        town.round().await;
        assert!(town.mails().is_empty(), "it gathers first");
        town.wait(GATHER);
        town.round().await;
        let mails = town.mails();
        assert_eq!(mails.len(), 1, "{}", town.bench.kind);
        assert_eq!(header(&mails[0], "To"), "yamada@city.example.lg.jp");
        assert_eq!(header(&mails[0], "Auto-Submitted"), "auto-generated");
        let text = body_of(&mails[0]);
        assert!(text.contains("\nhttps://gate.example.lg.jp/transfer\n"), "{text}");
        let (japanese, english) = (text.find("まもなく").unwrap(), text.find("ends soon").unwrap());
        assert!(japanese < english && !text.contains(PERSON) && !text.contains("yamada"));
        assert_eq!(town.recorded("notice.sent").await, 1);

        town.tell(&[PERSON], &ARRIVED).await;
        town.wait(FOLD - Duration::from_secs(1));
        town.tell(&[PERSON], &ARRIVED).await;
        town.round().await;
        assert_eq!(town.mails().len(), 1, "the next comes after the pause");
        town.wait(GATHER + Duration::from_secs(1));
        town.round().await;
        assert_eq!(town.mails().len(), 2);
        assert_ne!(header(&town.mails()[1], "Message-ID"), header(&mails[0], "Message-ID"));
    }
}

#[tokio::test]
async fn who_has_no_address_is_told_nothing_and_costs_no_job() {
    for town in towns().await {
        town.tell(&[PERSON, OTHER], &ARRIVED).await;
        town.wait(FOLD);
        assert_eq!(town.round().await, jobs::Ran::default());
        assert!(town.mails().is_empty());
    }
}

#[tokio::test]
async fn a_relay_that_is_down_gets_one_mail_when_it_is_back() {
    for town in towns().await {
        town.settle().await;
        *town.pile.is_down.lock().unwrap() = true;
        for _ in 0..6 {
            town.tell(&[PERSON], &ARRIVED).await;
            town.wait(FOLD + GATHER);
            let ran = town.round().await;
            assert!(ran.failed == 0 && ran.retried > 0, "{ran:?}");
        }
        assert_eq!(town.recorded("notice.sent").await, 0);
        *town.pile.is_down.lock().unwrap() = false;
        town.wait(Duration::from_secs(3_600));
        town.round().await;
        assert_eq!(town.mails().len(), 1, "the newest stands for all: {}", town.bench.kind);
        assert_eq!(town.recorded("notice.sent").await, 1);
    }
}

#[tokio::test]
async fn a_mail_repeated_after_a_kill_is_the_same_mail() {
    for town in towns().await {
        town.settle().await;
        town.tell(&[PERSON], &ARRIVED).await;
        town.wait(GATHER);
        // As after a kill between the relay's answer and the commit: the row of
        // the job still waits, and everything else of the attempt is lost.
        town.round().await;
        let mut work = town.bench.store.begin(town.body).await.unwrap();
        let sql = "UPDATE jobs SET state = 'waiting', finished = NULL
            WHERE body = $1 AND kind = $2";
        work.run(sql, store::args![notices::MAIL_JOB]).await.unwrap();
        work.commit().await.unwrap();
        town.wait(Duration::from_secs(5));
        town.round().await;
        let mails = town.mails();
        assert_eq!(mails.len(), 2);
        assert_eq!(mails[0], mails[1], "letter by letter");
    }
}

#[tokio::test]
async fn a_relay_that_never_comes_back_leaves_a_failed_job() {
    for town in towns().await {
        town.settle().await;
        *town.pile.is_down.lock().unwrap() = true;
        town.tell(&[PERSON], &ARRIVED).await;
        for _ in 0..90 {
            town.wait(Duration::from_secs(3_600));
            town.round().await;
        }
        let mut work = town.bench.store.read(town.body).await.unwrap();
        let failed = jobs::failed(&mut work, None, 10).await.unwrap();
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0].kind, notices::MAIL_JOB);
        let shown = format!("{failed:?}");
        assert!(!shown.contains("yamada"), "no address among failed jobs: {shown}");
    }
}

#[tokio::test]
async fn an_address_is_used_only_after_its_code_and_what_was_used_goes_on() {
    for town in towns().await {
        assert_eq!(town.confirm("0000-0000-0000-0000").await, Confirmed::Over, "none was sent");
        town.ask("yamada@city.example.lg.jp").await.unwrap();
        town.round().await;
        town.tell(&[PERSON], &ARRIVED).await;
        town.wait(GATHER);
        town.round().await;
        assert_eq!(town.mails().len(), 1, "the code and no notice");
        let code = code_in(&town.mails()[0]);
        assert_eq!(town.confirm("0000-0000-0000-0000").await, Confirmed::Wrong);
        assert_eq!(town.confirm(&code).await, Confirmed::Yes);
        assert_eq!(town.confirm(&code).await, Confirmed::Over, "a code holds once");
        let mut work = town.bench.store.begin(town.body).await.unwrap();
        assert!(notices::is_set(&mut work, PERSON).await.unwrap());
        assert!(!notices::is_set(&mut work, OTHER).await.unwrap());
        drop(work);
        town.wait(Duration::from_secs(60));
        town.ask("second@city.example.lg.jp").await.unwrap();
        let mut work = town.bench.store.begin(town.body).await.unwrap();
        let own = notices::own(&mut work, PERSON).await.unwrap();
        assert_eq!(own.used.unwrap().0, "yamada@city.example.lg.jp");
        assert_eq!(own.asked.unwrap().0, "second@city.example.lg.jp");
        assert!(notices::remove(&mut work, &by, PERSON).await.unwrap());
        work.commit().await.unwrap();
        town.round().await;
        assert_eq!(town.mails().len(), 1, "no code to an address that was given up");
        assert_eq!(town.recorded("notice-address.removed").await, 1);
        let mut work = town.bench.store.read(town.body).await.unwrap();
        let sql = "SELECT COUNT(*) FROM records WHERE body = $1 AND details LIKE '%@%'";
        let count: i64 = work.row(sql, Vec::new()).await.unwrap().unwrap().take(0).unwrap();
        assert_eq!(count, 0, "no address in the ledger");
    }
}

#[tokio::test]
async fn codes_are_guessed_at_ten_times_and_asked_for_ten_times_a_day() {
    for town in towns().await {
        town.ask("yamada@city.example.lg.jp").await.unwrap();
        let soon = town.ask("yamada@city.example.lg.jp").await;
        assert!(matches!(soon, Err(NoticeError::TooOften)), "a minute lies between");
        town.round().await;
        let code = code_in(&town.mails()[0]);
        for _ in 0..notices::TRIES_MAX {
            assert_eq!(town.confirm("0000-0000-0000-0000").await, Confirmed::Wrong);
        }
        assert_eq!(town.confirm(&code).await, Confirmed::Over);
        for _ in 1..notices::ASKS_A_DAY_MAX {
            town.wait(Duration::from_secs(60));
            town.ask("yamada@city.example.lg.jp").await.unwrap();
        }
        town.wait(Duration::from_secs(60));
        assert!(town.ask("yamada@city.example.lg.jp").await.is_err(), "enough for today");
        town.wait(Duration::from_secs(24 * 3_600));
        town.ask("yamada@city.example.lg.jp").await.unwrap();
        town.round().await;
        town.wait(notices::CODE_LASTS + Duration::from_secs(1));
        let last = code_in(town.mails().last().unwrap());
        assert_eq!(town.confirm(&last).await, Confirmed::Over, "too old");
    }
}

#[tokio::test]
async fn an_address_whose_domain_is_no_longer_allowed_gets_nothing() {
    for town in towns().await {
        town.ask("yamada@elsewhere.example.jp").await.unwrap();
        town.round().await;
        assert!(town.mails().is_empty());
    }
}

#[tokio::test]
async fn where_mail_is_off_jobs_are_let_go() {
    let all = [records::MIGRATIONS, jobs::MIGRATIONS, notices::MIGRATIONS].concat();
    let on = town(testbed::sqlite(&all).await, true);
    on.settle().await;
    on.tell(&[PERSON], &PERMIT_ENDS).await;
    let (body, bench) = (on.body, on.bench);
    let off = Town { body, ..town(bench, false) };
    off.wait(GATHER);
    assert_eq!(off.round().await.done, 1);
    assert!(off.mails().is_empty());
    assert_eq!(off.recorded("notice.sent").await, 0);
}

#[tokio::test]
async fn whoever_leaves_is_forgotten() {
    for town in towns().await {
        town.settle().await;
        let mut work = town.bench.store.begin(town.body).await.unwrap();
        notices::forget(&mut work, PERSON).await.unwrap();
        work.commit().await.unwrap();
        town.tell(&[PERSON], &ARRIVED).await;
        town.wait(GATHER);
        assert_eq!(town.round().await, jobs::Ran::default());
    }
}

#[test]
fn every_word_is_there_in_both_languages_and_used() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let complaints = i18n::check::complaints(&[notices::CATALOGUE], &[], &[&folder]).unwrap();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
