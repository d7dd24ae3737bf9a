//! What uploads promise, on each kind of database.

use std::sync::Arc;

use base::SeededRandom;
use factors::Sealer;
use identity::{PersonId, SectionId};
use sanitize_room::Workers;
use store::{Blobs, Migration, args};
use testbed::Bench;

use super::*;
use crate::scanners::Scanners;
use passages::Vault;

struct Town {
    bench: Bench,
    body: BodyId,
    clerk: PersonId,
    other: PersonId,
    service: Service,
    folder: tempfile::TempDir,
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
    across.run(found, args![body, "131016", "緑市"]).await.unwrap();
    let mut work = across.within(body).await.unwrap();
    let section: SectionId = work.new_id();
    let sql = "INSERT INTO sections (body, id, code, name, version) VALUES ($1, $2, $3, $3, 1)";
    work.run(sql, args![section, "tax"]).await.unwrap();
    let mut people = Vec::new();
    for _ in 0..2 {
        let id: PersonId = work.new_id();
        let sql = "INSERT INTO people
            (body, id, login, name, kana, section, state, joined_at, version)
            VALUES ($1, $2, $3, $4, $4, $5, 'active', 0, 1)";
        let login = id.to_string().to_lowercase();
        work.run(sql, args![id, &login, "山田", section]).await.unwrap();
        people.push(id);
    }
    work.commit().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let random = Arc::new(SeededRandom::new(7));
    let blobs = Blobs::disk(folder.path(), random.clone()).await.unwrap();
    let sealer = Sealer::parse(Sealer::new_key_line(&*random).reveal()).unwrap();
    let policy = sanitize_core::Policy::default();
    let service = Service {
        workers: Workers::start(&policy, 1),
        viewers: Workers::start(&policy, 1),
        scanners: Scanners::default(),
        vault: Vault::new(blobs, sealer, crate::service::PURPOSE),
        space: crate::service::Space::default(),
    };
    Town { bench, body, clerk: people[0], other: people[1], service, folder }
}

impl Town {
    async fn begin(&self, bytes: u64) -> Result<Upload, UploadError> {
        let mut work = self.bench.store.begin(self.body).await.unwrap();
        let new = NewUpload { name: "a.csv".to_owned(), metadata: String::new(), bytes };
        let made = create(&mut work, self.clerk, new).await;
        if made.is_ok() {
            work.commit().await.unwrap();
        }
        made
    }

    async fn run(&self, upload: &Upload, plain: &[u8]) -> Result<Upload, UploadError> {
        let owner = owner_of(upload.id);
        let random = &**self.bench.store.random();
        let mut sealing =
            self.service.vault.begin(self.body, &owner, plain.len() as u64, random)?;
        sealing.add(plain).await?;
        self.service.keep_run(&self.bench.store, self.body, upload.clone(), sealing).await
    }

    async fn now(&self, person: PersonId, id: UploadId) -> Result<Upload, UploadError> {
        let mut work = self.bench.store.read(self.body).await.unwrap();
        find(&mut work, person, id).await
    }

    async fn plain(&self, upload: &Upload) -> Vec<u8> {
        let (sealed, _) = upload.whole.clone().unwrap();
        let owner = owner_of(upload.id);
        let mut opened = self.service.vault.open(self.body, &owner, &sealed).await.unwrap();
        let mut plain = Vec::new();
        while let Some(piece) = opened.next().await.unwrap() {
            plain.extend(piece);
        }
        plain
    }

    fn blobs(&self) -> usize {
        fn count(folder: &std::path::Path) -> usize {
            let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
            let paths = entries.flatten().map(|entry| entry.path());
            paths.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
        }
        count(&self.folder.path().join("kept"))
    }
}

#[tokio::test]
async fn runs_become_one_file_and_leave_nothing_else() {
    for town in towns().await {
        let kind = town.bench.kind;
        let mut upload = town.begin(11).await.unwrap();
        for part in [&b"one,"[..], b"two,", b"end"] {
            upload = town.run(&upload, part).await.unwrap();
        }
        assert_eq!(town.plain(&upload).await, b"one,two,end", "{kind}");
        let kept = town.now(town.clerk, upload.id).await.unwrap();
        assert_eq!(kept.whole, upload.whole, "{kind}");
        assert_eq!(town.blobs(), 1, "{kind}: the runs are gone");
        assert!(matches!(town.run(&upload, b"x").await, Err(UploadError::Offset { here: 11 })));
        assert_eq!(town.blobs(), 1, "{kind}");
    }
}

#[tokio::test]
async fn of_two_runs_at_one_place_the_first_is_kept() {
    for town in towns().await {
        let kind = town.bench.kind;
        let begun = town.begin(8).await.unwrap();
        let first = town.run(&begun, b"mine").await.unwrap();
        let second = town.run(&begun, b"theirs").await;
        assert!(matches!(second, Err(UploadError::Offset { here: 4 })), "{kind}");
        assert_eq!(town.blobs(), 1, "{kind}: what lost is gone");
        let last = town.run(&first, b"rest").await.unwrap();
        let late = town.run(&first, b"late").await;
        assert!(matches!(late, Err(UploadError::Offset { here: 8 })), "{kind}");
        assert_eq!(town.plain(&last).await, b"minerest", "{kind}");
        assert_eq!(town.blobs(), 1, "{kind}");
    }
}

#[tokio::test]
async fn nobody_else_sees_it_and_it_is_sent_on_once() {
    for town in towns().await {
        let kind = town.bench.kind;
        let half = town.begin(8).await.unwrap();
        let half = town.run(&half, b"half").await.unwrap();
        assert!(matches!(town.now(town.other, half.id).await, Err(UploadError::NotThere)));
        let take = async |person, id| {
            let mut work = town.bench.store.begin(town.body).await.unwrap();
            let taken = take(&mut work, person, id).await;
            work.commit().await.unwrap();
            taken.is_ok()
        };
        assert!(!take(town.clerk, half.id).await, "{kind}: not before all of it is here");
        let whole = town.run(&half, b"half").await.unwrap();
        assert!(!take(town.other, whole.id).await, "{kind}");
        assert!(take(town.clerk, whole.id).await, "{kind}");
        assert!(!take(town.clerk, whole.id).await, "{kind}: once");
    }
}

#[tokio::test]
async fn what_is_over_is_destroyed_with_its_record() {
    for town in towns().await {
        let kind = town.bench.kind;
        let half = town.begin(8).await.unwrap();
        town.run(&half, b"half").await.unwrap();
        let whole = town.begin(4).await.unwrap();
        town.run(&whole, b"full").await.unwrap();
        let fresh = {
            town.bench.clock.advance(KEPT / 2);
            town.begin(0).await.unwrap()
        };
        town.bench.clock.advance(KEPT / 2);
        for id in [half.id, whole.id] {
            assert!(matches!(town.now(town.clerk, id).await, Err(UploadError::NotThere)));
        }
        let late = town.run(&half, b"late").await;
        assert!(late.is_err(), "{kind}: nothing is added to what is over");
        for _ in 0..2 {
            town.service.end_uploads(&town.bench.store, town.body, 100).await.unwrap();
        }
        assert_eq!(town.blobs(), 0, "{kind}");
        assert!(town.now(town.clerk, fresh.id).await.is_ok(), "{kind}");
        let mut work = town.bench.store.read(town.body).await.unwrap();
        let sql = "SELECT action FROM records WHERE body = $1 AND action = 'upload.destroyed'";
        assert_eq!(work.rows(sql, args![]).await.unwrap().len(), 2, "{kind}");
    }
}

#[tokio::test]
async fn a_person_has_so_much_room_and_no_more() {
    for town in towns().await {
        let kind = town.bench.kind;
        let over = town.begin(UPLOAD_BYTES_MAX + 1).await;
        assert!(matches!(over, Err(UploadError::TooLarge)), "{kind}");
        for _ in 0..OPEN_BYTES_MAX / UPLOAD_BYTES_MAX {
            town.begin(UPLOAD_BYTES_MAX).await.unwrap();
        }
        assert!(matches!(town.begin(1).await, Err(UploadError::Quota)), "{kind}");
        town.bench.clock.advance(KEPT);
        town.service.end_uploads(&town.bench.store, town.body, 100).await.unwrap();
        for _ in 0..OPEN_MAX {
            town.begin(1).await.unwrap();
        }
        assert!(matches!(town.begin(0).await, Err(UploadError::Quota)), "{kind}");
    }
}
