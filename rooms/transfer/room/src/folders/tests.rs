//! What folders promise, on each kind of database and a real disk.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use identity::{PersonId, SectionId};
use passages::{
    Conclusion, Filter, Happy, Kept, Outcome, Passage, Receiver, Sender, Verdict, Wanted,
};
use store::{Migration, args};
use testbed::Bench;

use super::place::Placing;
use super::take::Taking;
use super::*;

const CODE: &str = "131016";
const SETTLED: Duration = Duration::from_secs(5);
const DAY: Duration = Duration::from_secs(24 * 3_600);

struct Town {
    bench: Bench,
    body: BodyId,
    tax: SectionId,
    clerk: PersonId,
    means: Shared,
    place: PathBuf,
}

async fn towns() -> Vec<Town> {
    let all = [
        records::MIGRATIONS,
        jobs::MIGRATIONS,
        identity::MIGRATIONS,
        notices::MIGRATIONS,
        permits::MIGRATIONS,
        passages::MIGRATIONS,
        crate::MIGRATIONS,
        FOLDER_MIGRATIONS,
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
    let found =
        "INSERT INTO bodies (body, code, name, kana, founded_at) VALUES ($1, $2, $3, $3, 0)";
    across.run(found, args![body, CODE, "緑市"]).await.unwrap();
    let mut work = across.within(body).await.unwrap();
    let tax: SectionId = work.new_id();
    let sql = "INSERT INTO sections (body, id, code, name, version) VALUES ($1, $2, $3, $3, 1)";
    work.run(sql, args![tax, "zei"]).await.unwrap();
    let clerk: PersonId = work.new_id();
    let sql = "INSERT INTO people (body, id, login, name, kana, section, state, joined_at, version)
         VALUES ($1, $2, $3, $3, $3, $4, 'active', 0, 1)";
    work.run(sql, args![clerk, "yamada", tax]).await.unwrap();
    work.commit().await.unwrap();
    let folder = bench.folder().to_owned();
    let random: Arc<dyn base::Random> = bench.random.clone();
    let blobs = Blobs::disk(&folder.join("blobs"), random.clone()).await.unwrap();
    let sealer = Sealer::parse(Sealer::new_key_line(&*random).reveal()).unwrap();
    let bell = Arc::new(Notify::new());
    let means = Shared::new(Means { store: bench.store.clone(), blobs, sealer, bell }).unwrap();
    let place = folder.join("share");
    fs::create_dir(&place).unwrap();
    Town { bench, body, tax, clerk, means, place }
}

impl Town {
    fn watched(&self) -> Watched {
        Watched {
            path: self.place.clone(),
            body: BodyCode::parse(CODE).unwrap(),
            crossing: crossing("internet-lgwan").unwrap(),
            to: "zei".to_owned(),
            class: Class::Two,
            purpose: "受付".to_owned(),
            sender: Named::Person(Login::parse("yamada").unwrap()),
            settled: SETTLED,
            wants_done: false,
            goes_below: false,
            keep: DAY,
        }
    }

    /// A start of the program: nothing is remembered but rows and disk.
    fn started(&self) -> Taking {
        Taking::new(self.means.clone(), self.watched())
    }

    /// Looks until whatever lies there must have settled.
    async fn pass(&self, taking: &mut Taking) {
        assert!(taking.look().await, "{:?}", self.means.alarms.now());
        self.bench.clock.advance(SETTLED);
        assert!(taking.look().await, "{:?}", self.means.alarms.now());
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.place.join(name), bytes).unwrap();
    }

    async fn passages(&self) -> Vec<Passage> {
        let mut work = self.bench.store.read(self.body).await.unwrap();
        let filter = Filter { state: None, after: None, limit: 100 };
        passages::past(&mut work, None, &filter).await.unwrap().rows
    }

    async fn refuse(&self, passage: &Passage) {
        let mut work = self.bench.store.begin(self.body).await.unwrap();
        let report = r#"{"reasons":[{"code":"x","message":"危険です","message_en":"dangerous"}],"removed":[]}"#;
        let outcome = Outcome { report: report.to_owned(), ..outcome(Verdict::Refused, None) };
        let until = work.now().plus(DAY);
        passages::conclude(&mut work, passage.id, Conclusion::Stopped(outcome), until)
            .await
            .unwrap();
        work.commit().await.unwrap();
    }

    async fn deliver(&self, passage: &Passage, name: &str, bytes: &[u8]) {
        let (batch, random) = (passage.new.batch, &*self.bench.random);
        let whole = self.means.vault.keep(self.body, batch, bytes, random).await.unwrap();
        let passages::Whole { sealed, bytes, sha256 } = whole;
        let kept = Kept { sealed, name: name.to_owned(), bytes, sha256 };
        let happy = Happy::new(outcome(Verdict::Clean, Some(kept))).unwrap();
        let mut work = self.bench.store.begin(self.body).await.unwrap();
        let until = work.now().plus(DAY);
        passages::conclude(&mut work, passage.id, Conclusion::Ready(happy), until).await.unwrap();
        work.commit().await.unwrap();
    }

    async fn recorded(&self, action: &str) -> usize {
        let mut work = self.bench.store.read(self.body).await.unwrap();
        let filter = records::Filter { action: Some(action.to_owned()), ..Default::default() };
        records::search(&mut work, &filter, None, 100).await.unwrap().entries.len()
    }
}

fn outcome(verdict: Verdict, output: Option<Kept>) -> Outcome {
    Outcome {
        treat_rule: "inward-is-rebuilt".to_owned(),
        treatment: "rebuild".to_owned(),
        release_rule: "inward".to_owned(),
        verdict,
        format: "csv".to_owned(),
        report: "{}".to_owned(),
        removed: 0,
        persons: None,
        wanted: Wanted::default(),
        output,
    }
}

/// Everything below a folder but our own, by its path from there.
fn tree(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, all: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let is_link = entry.is_symlink();
            if entry.is_dir() && !is_link { walk(&entry, all) } else { all.push(entry) }
        }
    }
    let mut all = Vec::new();
    walk(folder, &mut all);
    let below = |path: &PathBuf| path.strip_prefix(folder).unwrap().display().to_string();
    let mut all: Vec<String> = all.iter().map(below).collect();
    all.sort();
    all
}

#[tokio::test]
async fn a_file_that_lies_still_is_taken_in_once() {
    for town in towns().await {
        let mut taking = town.started();
        town.put("名簿.csv", b"a,b\r\n");
        town.put("~$x.docx", b"lock");
        assert!(taking.look().await);
        assert!(town.passages().await.is_empty(), "it may still be written");
        town.pass(&mut taking).await;
        town.pass(&mut taking).await;
        let all = town.passages().await;
        let [passage] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!(passage.new.name, "名簿.csv");
        assert_eq!((passage.new.way.as_str(), passage.new.bytes), ("folder", 5));
        assert_eq!(passage.new.sender, Sender::Person(town.clerk));
        assert_eq!(passage.new.receiver, Receiver::Section(town.tax));
        let taken = format!("taken/{}/名簿.csv", passage.id);
        assert_eq!(tree(&town.place), [taken, "~$x.docx".to_owned()]);
        assert_eq!(town.recorded("passage.received").await, 1);
        let mut work = town.bench.store.read(town.body).await.unwrap();
        let job = jobs::pending(&mut work, "transfer.treat", &passage.id.to_string()).await;
        assert!(job.unwrap().is_some(), "it will be treated");
        drop(work);
        // The same name again, with the same content, is another file.
        town.put("名簿.csv", b"a,b\r\n");
        town.pass(&mut taking).await;
        assert_eq!(town.passages().await.len(), 2);
    }
}

#[tokio::test]
async fn a_kill_between_any_two_steps_makes_no_second_passage_and_loses_none() {
    for town in towns().await {
        // Aside, and no row yet.
        town.put("a.csv", b"a");
        let mut taking = town.started();
        assert!(taking.look().await);
        let claim = town.place.join(".sekisho/01JD2M4Y7S0000000000000001");
        fs::create_dir(&claim).unwrap();
        fs::rename(town.place.join("a.csv"), claim.join("a.csv")).unwrap();
        // An empty claim: killed before the file was moved into it.
        fs::create_dir(town.place.join(".sekisho/01JD2M4Y7S0000000000000002")).unwrap();
        assert!(town.started().look().await);
        let all = town.passages().await;
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(tree(&town.place), [format!("taken/{}/a.csv", all[0].id)]);
        // A row, and not moved yet.
        fs::rename(town.place.join(format!("taken/{}", all[0].id)), &claim).unwrap();
        assert!(town.started().look().await);
        assert!(town.started().look().await);
        assert_eq!(town.passages().await.len(), 1);
        assert_eq!(tree(&town.place), [format!("taken/{}/a.csv", all[0].id)]);
    }
}

#[tokio::test]
async fn links_and_devices_are_never_opened() {
    for town in towns().await {
        let secret = town.bench.folder().join("secret");
        fs::write(&secret, b"keys").unwrap();
        symlink(&secret, town.place.join("link.csv")).unwrap();
        fs::hard_link(&secret, town.place.join("second.csv")).unwrap();
        let pipe = town.place.join("pipe.csv");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Somebody puts a link where we keep what is on its way.
        let mut taking = town.started();
        assert!(taking.look().await);
        symlink(town.bench.folder(), town.place.join(".sekisho/01JD2M4Y7S0000000000000003"))
            .unwrap();
        let looked = taking.look().await;
        assert!(!looked, "a link in place of our folder is told");
        fs::remove_file(town.place.join(".sekisho/01JD2M4Y7S0000000000000003")).unwrap();
        town.pass(&mut taking).await;
        assert!(town.passages().await.is_empty());
        let left = tree(&town.place);
        assert_eq!(left.iter().filter(|name| name.ends_with(".reason.txt")).count(), 3, "{left:?}");
        assert!(left.iter().all(|name| name.starts_with("refused/")), "{left:?}");
        assert_eq!(town.recorded("transfer-folder.refused").await, 3);
        assert_eq!(fs::read(&secret).unwrap(), b"keys");
    }
}

#[tokio::test]
async fn a_name_in_shift_jis_and_one_that_climbs_are_kept_in_their_place() {
    for town in towns().await {
        let mut taking = town.started();
        let old = OsStr::from_bytes(b"\x96\xbc\x95\xeb.csv");
        fs::write(town.place.join(old), b"a").unwrap();
        fs::write(town.place.join("x\\..\\evil.csv"), b"b").unwrap();
        town.pass(&mut taking).await;
        let mut names: Vec<String> =
            town.passages().await.into_iter().map(|passage| passage.new.name).collect();
        names.sort();
        assert_eq!(names, ["evil.csv", "名簿.csv"]);
    }
}

#[tokio::test]
async fn files_in_folders_inside_keep_their_paths() {
    for town in towns().await {
        let watched = Watched { goes_below: true, ..town.watched() };
        let mut taking = Taking::new(town.means.clone(), watched.clone());
        for folder in ["図面/一階", "図面/.隠し", "taken/本人の控え"] {
            fs::create_dir_all(town.place.join(folder)).unwrap();
        }
        for name in ["図面/一階/a.csv", "図面/一階/b%2Fc.csv", "図面/.隠し/x.csv", "d.csv"]
        {
            town.put(name, name.as_bytes());
        }
        town.put("taken/本人の控え/e.csv", b"e");
        std::os::unix::fs::symlink("/etc", town.place.join("図面/ほか")).unwrap();
        town.pass(&mut taking).await;
        assert!(taking.look().await);
        let mut names: Vec<String> =
            town.passages().await.into_iter().map(|passage| passage.new.name).collect();
        names.sort();
        assert_eq!(names, ["d.csv", "図面/一階/a.csv", "図面/一階/b%2Fc.csv"]);
        assert!(town.place.join("図面/.隠し/x.csv").exists(), "what is hidden is left alone");
        assert!(town.place.join("taken/本人の控え/e.csv").exists(), "what was taken stays");
        // Killed after it was moved aside: the next start knows its path.
        town.put("図面/一階/f.csv", b"f");
        let claim = town.place.join(".sekisho/01JD2M4Y7S0000000000000005");
        fs::create_dir(&claim).unwrap();
        fs::rename(town.place.join("図面/一階/f.csv"), claim.join("図面%2F一階%2Ff.csv")).unwrap();
        let mut taking = Taking::new(town.means.clone(), watched);
        assert!(taking.look().await);
        let passages = town.passages().await;
        assert!(passages.iter().any(|passage| passage.new.name == "図面/一階/f.csv"));
    }
}

#[tokio::test]
async fn with_marks_a_file_waits_for_its_own() {
    for town in towns().await {
        let watched = Watched { wants_done: true, ..town.watched() };
        let mut taking = Taking::new(town.means.clone(), watched.clone());
        town.put("a.csv", b"a");
        town.pass(&mut taking).await;
        assert!(town.passages().await.is_empty());
        town.put("a.csv.done", b"");
        assert!(taking.look().await);
        assert_eq!(town.passages().await.len(), 1);
        // Killed after the mark was moved aside and before the file was.
        town.put("b.csv", b"b");
        let claim = town.place.join(".sekisho/01JD2M4Y7S0000000000000004");
        fs::create_dir(&claim).unwrap();
        fs::write(claim.join("b.csv.done"), b"").unwrap();
        let mut taking = Taking::new(town.means.clone(), watched);
        assert!(taking.look().await);
        let mut names: Vec<String> =
            town.passages().await.into_iter().map(|passage| passage.new.name).collect();
        names.sort();
        assert_eq!(names, ["a.csv", "b.csv"]);
    }
}

#[tokio::test]
async fn what_is_refused_lies_beside_a_reason_and_goes_after_its_days() {
    for town in towns().await {
        let mut taking = town.started();
        town.put("a.csv", b"a");
        town.pass(&mut taking).await;
        let passage = town.passages().await.remove(0);
        town.refuse(&passage).await;
        assert!(taking.look().await);
        let kept = tree(&town.place);
        let (file, reason) = (
            format!("refused/{}/a.csv", passage.id),
            format!("refused/{}/a.csv.reason.txt", passage.id),
        );
        assert_eq!(kept, [file, reason.clone()]);
        let text = fs::read_to_string(town.place.join(reason)).unwrap();
        assert!(text.starts_with('\u{feff}') && text.contains("危険です"), "{text}");
        assert!(text.contains("dangerous") && text.contains(&passage.id.to_string()), "{text}");
        town.bench.clock.advance(DAY + SETTLED);
        assert!(taking.look().await);
        assert_eq!(tree(&town.place), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_folder_that_vanishes_is_told_and_taken_up_again() {
    for town in towns().await {
        let mut taking = town.started();
        assert!(taking.look().await);
        let away = town.bench.folder().join("away");
        fs::rename(&town.place, &away).unwrap();
        assert!(!taking.look().await);
        let key = |alarm: &console::Alarm| alarm.message.key().as_str().to_owned();
        let alarms: Vec<String> = town.means.alarms.now().iter().map(key).collect();
        assert_eq!(alarms, ["transfer-folder-gone"]);
        assert_eq!(town.means.alarms.now()[0].body, Some(town.body));
        // The empty place in which nothing is mounted.
        fs::create_dir(&town.place).unwrap();
        town.put("a.csv", b"a");
        assert!(!taking.look().await);
        let alarms: Vec<String> = town.means.alarms.now().iter().map(key).collect();
        assert_eq!(alarms, ["transfer-folder-another"]);
        assert_eq!(tree(&town.place), ["a.csv"], "nothing is touched there");
        fs::remove_dir_all(&town.place).unwrap();
        fs::rename(&away, &town.place).unwrap();
        assert!(taking.look().await);
        assert!(town.means.alarms.now().is_empty());
    }
}

#[tokio::test]
async fn a_delivery_is_laid_down_once() {
    for town in towns().await {
        let mut taking = town.started();
        town.put("a.csv", b"a");
        town.put("b.csv", b"b");
        town.pass(&mut taking).await;
        let mut all = town.passages().await;
        let out = town.bench.folder().join("out");
        fs::create_dir(&out).unwrap();
        let delivery = Delivery {
            path: out.clone(),
            body: BodyCode::parse(CODE).unwrap(),
            to: "zei".to_owned(),
        };
        let placing = || Placing::new(town.means.clone(), delivery.clone());
        assert!(placing().look().await);
        assert_eq!(tree(&out), Vec::<String>::new(), "nothing without a verdict");

        town.deliver(&all.remove(0), "名簿.csv", b"harmless").await;
        assert!(placing().look().await);
        assert!(placing().look().await);
        assert_eq!(tree(&out), ["名簿.csv"]);
        assert_eq!(town.recorded("passage.fetched").await, 1);

        // Killed before it was noted: the part is written anew.
        let second = all.remove(0);
        let part = out.join(format!(".sekisho/{}.part", second.id));
        fs::write(&part, b"har").unwrap();
        town.deliver(&second, "名簿.csv", b"harmless too").await;
        assert!(placing().look().await);
        assert_eq!(tree(&out), ["名簿 (2).csv", "名簿.csv"]);
        assert_eq!(fs::read(out.join("名簿 (2).csv")).unwrap(), b"harmless too");

        // Killed between the note and the name.
        let mut work = town.bench.store.begin(town.body).await.unwrap();
        let key = super::place::key(&out);
        super::tables::place(&mut work, &key, second.id, "c.csv").await.unwrap();
        work.commit().await.unwrap();
        fs::write(&part, b"third").unwrap();
        assert!(placing().look().await);
        assert_eq!(fs::read(out.join("c.csv")).unwrap(), b"third");
        assert!(!part.exists());
        assert_eq!(town.recorded("passage.fetched").await, 2);
    }
}

#[tokio::test]
async fn what_is_delivered_keeps_its_folders_and_follows_no_link() {
    for town in towns().await {
        let mut taking = town.started();
        for name in ["a.csv", "b.csv", "c.csv"] {
            town.put(name, name.as_bytes());
        }
        town.pass(&mut taking).await;
        let all = town.passages().await;
        let (out, elsewhere) = (town.bench.folder().join("out"), town.bench.folder().join("else"));
        fs::create_dir(&out).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, out.join("写真")).unwrap();
        let delivery = Delivery {
            path: out.clone(),
            body: BodyCode::parse(CODE).unwrap(),
            to: "zei".to_owned(),
        };
        let names = ["図面/一階/平面図.pdf", "写真/庁舎.png", ".sekisho/x.part"];
        for (passage, name) in all.iter().zip(names) {
            town.deliver(passage, name, b"harmless").await;
        }
        assert!(Placing::new(town.means.clone(), delivery).look().await);
        let laid: Vec<String> =
            tree(&out).into_iter().filter(|path| !path.starts_with("写真")).collect();
        assert_eq!(laid, ["sekisho/x.part", "図面/一階/平面図.pdf", "庁舎.png"]);
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0, "no link is followed");
    }
}
