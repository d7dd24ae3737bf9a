//! A day of the standing work, as the program wires it, under a clock that moves
//! when told: the ledger is signed each hour and written out each night, and
//! what sign-in leaves behind is forgotten.

use std::path::PathBuf;
use std::time::Duration;

use base::{Random, Text};
use factors::Sealer;
use identity::bodies::FirstOfficer;
use identity::{BodyCode, Login, NewBody, NewSection, Visitor, set_up, sign_in};
use jobs::Runner;
use records::{Key, Verify};
use testbed::Bench;

use crate::config::Host;
use crate::folder::Folder;
use crate::house::migrations;
use crate::ledger::Copies;
use crate::wiring;

struct Day {
    bench: Bench,
    folder: Folder,
    key: Key,
    runner: Runner,
    body: base::BodyId,
}

const HOUR: Duration = Duration::from_secs(3_600);

fn text<const MAX: usize>(words: &str) -> Text<MAX> {
    Text::parse(words).unwrap()
}

impl Day {
    /// 09:00 in Japan, in a town with one officer.
    async fn begin(bench: Bench, copies: impl FnOnce(&Bench) -> Copies) -> Self {
        let random: &dyn Random = &*bench.random;
        let code = set_up::begin(&bench.store).await.unwrap();
        let body = NewBody {
            code: BodyCode::parse("131016").unwrap(),
            name: text("緑市"),
            kana: text("ミドリシ"),
        };
        let officer = FirstOfficer {
            login: Login::parse("chief").unwrap(),
            name: text("緑 太郎"),
            kana: text("ミドリ タロウ"),
            section: NewSection { code: text("joho"), name: text("情報政策課"), above: None },
        };
        let visitor = Visitor::at([10, 0, 0, 1].into());
        let shown = code.show();
        let founded =
            set_up::finish(&bench.store, &visitor, shown.reveal(), &body, &officer).await.unwrap();
        let key = Key::generate(random);
        let folder = Folder::make(&bench.folder().join("data")).unwrap();
        let permits = wiring::permits(&[], bench.clock.clone()).unwrap();
        let copies = copies(&bench);
        let name = Host::parse("sekisho.localhost").unwrap();
        let post = crate::post::post(None, &name, "https://sekisho.localhost", &[]).unwrap();
        let runner = wiring::runner(&bench.store, &permits, &folder, &key, copies, &[], post);
        Self { body: founded.body.id, bench, folder, key, runner }
    }

    /// Lets hours pass and does what is due after each.
    async fn pass(&self, hours: u32) {
        for _ in 0..hours {
            self.bench.clock.advance(HOUR);
            self.runner.round().await.unwrap();
        }
    }

    async fn count(&self, action: &str) -> usize {
        let mut work = self.bench.store.read(self.body).await.unwrap();
        let filter = records::Filter { action: Some(action.to_owned()), ..Default::default() };
        records::search(&mut work, &filter, None, 100).await.unwrap().entries.len()
    }

    fn exports(&self) -> Vec<PathBuf> {
        let Ok(all) = std::fs::read_dir(self.folder.join("exports/131016")) else {
            return Vec::new();
        };
        let mut all: Vec<PathBuf> = all.map(|entry| entry.unwrap().path()).collect();
        all.sort();
        all
    }

    async fn failed(&self) -> Vec<jobs::Listed> {
        let mut across = self.bench.store.read_across("a test looks").await.unwrap();
        jobs::failed_of_all(&mut across, 10).await.unwrap()
    }
}

#[tokio::test]
async fn a_day_signs_exports_and_forgets() {
    for bench in testbed::benches(&migrations()).await {
        let day = Day::begin(bench, |_| Copies::None).await;
        let kind = day.bench.kind;
        let random: &dyn Random = &*day.bench.random;
        let sealer = Sealer::parse(Sealer::new_key_line(random).reveal()).unwrap();
        let name = Host::parse("sekisho.localhost").unwrap();
        let gate = wiring::gate(sealer, &name, "https://sekisho.localhost:8443").unwrap();
        sign_in::passkey_challenge(&day.bench.store, &gate).await.unwrap();
        day.runner.round().await.unwrap();
        assert_eq!((day.count("ledger.signed").await, day.exports().len()), (0, 0), "{kind}");

        day.pass(1).await;
        assert_eq!(day.count("ledger.signed").await, 1, "{kind}");
        let mut work = day.bench.store.read(day.body).await.unwrap();
        let signed = records::newest_checkpoint(&mut work).await.unwrap().unwrap();
        assert!(signed.is_signed_by(&[day.key.public()]), "{kind}");
        drop(work);

        // 02:10 of the next morning.
        day.pass(16).await;
        // What is signed already is not signed again.
        assert_eq!((day.count("ledger.signed").await, day.exports().len()), (1, 0), "{kind}");
        day.pass(1).await;
        assert_eq!(day.exports().len(), 1, "{kind}");
        assert_eq!(day.count("ledger.exported").await, 1, "{kind}");
        day.pass(24).await;
        assert!(day.count("ledger.signed").await > 1, "{kind}: the export is news to sign");
        let files = day.exports();
        assert_eq!(files.len(), 2, "{kind}: each night what is new");
        for file in files {
            let reader = std::io::BufReader::new(std::fs::File::open(&file).unwrap());
            let verify = Verify { keys: vec![day.key.public()], ..Verify::default() };
            let done = records::verify_export(reader, &verify);
            assert!(done.is_ok(), "{kind} {}: {done:?}", file.display());
        }
        let left = identity::sessions::sweep(&day.bench.store).await.unwrap();
        assert_eq!(left, 0, "{kind}: the challenge was forgotten hours ago");
        sign_in::passkey_challenge(&day.bench.store, &gate).await.unwrap();
        day.bench.clock.advance(HOUR * 26);
        let left = identity::sessions::sweep(&day.bench.store).await.unwrap();
        assert_eq!(left, 1, "{kind}: without the work it would be there");
        assert!(day.failed().await.is_empty(), "{kind}: {:?}", day.failed().await);
    }
}

#[tokio::test]
async fn an_export_that_cannot_be_copied_waits_to_be_mended() {
    let bench = testbed::sqlite(&migrations()).await;
    let away = bench.folder().join("away");
    let day = Day::begin(bench, |_| Copies::Folder(away.clone())).await;
    day.runner.round().await.unwrap();
    // Tried again and again through the night and the morning; then it stays.
    day.pass(17 + 12).await;
    let failed = day.failed().await;
    let [job] = &failed[..] else { panic!("{failed:?}") };
    assert_eq!(job.kind, "ledger.export");
    assert!(job.error.as_deref().unwrap_or_default().contains("copy of the ledger"), "{job:?}");
    assert_eq!(day.count("ledger.exported").await, 0);

    std::fs::create_dir(&away).unwrap();
    let mut across = day.bench.store.across("an operator lets it be done again").await.unwrap();
    assert!(jobs::retry_of_all(&mut across, job.id).await.unwrap());
    across.commit().await.unwrap();
    day.runner.round().await.unwrap();
    assert!(day.failed().await.is_empty());
    assert_eq!(day.count("ledger.exported").await, 1);
    assert_eq!(std::fs::read_dir(away.join("131016")).unwrap().count(), 1);
}
