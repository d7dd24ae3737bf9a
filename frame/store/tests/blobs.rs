//! What a place of blobs promises, on the disk and on an S3-compatible service.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::PathBuf;
use std::sync::Arc;

use base::{BodyId, Random, Secret, SeededRandom, SystemClock, SystemRandom, Timestamp, random};
use store::blobs::{Outbox, S3Settings, Trust};
use store::{BlobError, BlobHash, Blobs};
use tempfile::TempDir;

const MAX: u64 = 64 * 1024 * 1024;

struct Bench {
    kind: &'static str,
    blobs: Blobs,
    folder: TempDir,
    ids: SeededRandom,
}

impl Bench {
    fn body(&self) -> BodyId {
        BodyId::new(Timestamp::from_millis(1), &self.ids)
    }

    /// Puts other bytes in a blob's place.
    fn damage(&self, body: BodyId, hash: BlobHash, bytes: &[u8]) {
        let hash = hash.to_string();
        let key = format!("{body}/{}/{hash}", &hash[..2]);
        if self.kind == "disk" {
            std::fs::write(self.folder.path().join("kept").join(key), bytes).unwrap();
        } else {
            assert!(support::seaweed().unwrap().write(&format!("test/{key}"), bytes));
        }
    }

    fn incoming(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path().join("incoming")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

fn ids() -> SeededRandom {
    SeededRandom::new(u64::from_le_bytes(random::bytes(&SystemRandom)))
}

fn settings(endpoint: &str, key: &str) -> S3Settings {
    S3Settings {
        endpoint: endpoint.to_owned(),
        bucket: "test".to_owned(),
        region: "ap-northeast-1".to_owned(),
        key_id: support::KEY_ID.to_owned(),
        key: Secret::new(key.to_owned()),
        trust: Trust::System,
    }
}

async fn s3(endpoint: &str, key: &str) -> (Blobs, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (clock, random) = (Arc::new(SystemClock::default()), Arc::new(SystemRandom));
    let blobs = Blobs::s3(settings(endpoint, key), folder.path(), clock, random).await.unwrap();
    (blobs, folder)
}

async fn benches() -> Vec<Bench> {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::disk(folder.path(), Arc::new(SystemRandom)).await.unwrap();
    let mut all = vec![Bench { kind: "disk", blobs, folder, ids: ids() }];
    if let Some(server) = support::seaweed() {
        let (blobs, folder) = s3(&server.endpoint, support::KEY).await;
        all.push(Bench { kind: "s3", blobs, folder, ids: ids() });
    }
    all
}

fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    SystemRandom.fill(&mut bytes);
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_come_back_as_they_were_put() {
    for bench in benches().await {
        let body = bench.body();
        for length in [0, 1, 65_536, 5_000_001] {
            let bytes = noise(length);
            let blob = bench.blobs.put(body, &mut bytes.as_slice(), MAX).await.unwrap();
            assert_eq!(blob.hash, BlobHash::of(&bytes), "{} {length}", bench.kind);
            assert_eq!(blob.bytes, length as u64);
            let reader = bench.blobs.get(body, blob.hash).await.unwrap();
            assert_eq!(reader.size(), length as u64, "{} {length}", bench.kind);
            assert!(reader.all(MAX).await.unwrap() == bytes, "{} {length}", bench.kind);
        }
        assert_eq!(bench.incoming(), [] as [PathBuf; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_one_blob_and_a_deleted_one_is_gone() {
    for bench in benches().await {
        let body = bench.body();
        let bytes = noise(1_000);
        let blob = bench.blobs.put(body, &mut bytes.as_slice(), MAX).await.unwrap();
        assert_eq!(bench.blobs.put(body, &mut bytes.as_slice(), MAX).await.unwrap(), blob);
        let first = blob.hash.bytes()[0];
        assert_eq!(bench.blobs.list(body, first).await.unwrap(), [blob], "{}", bench.kind);
        assert!(bench.blobs.bodies().await.unwrap().contains(&body), "{}", bench.kind);
        assert_eq!(bench.blobs.size(body, blob.hash).await.unwrap(), Some(1_000));
        assert!(bench.blobs.delete(body, blob.hash).await.unwrap(), "{}", bench.kind);
        assert!(!bench.blobs.delete(body, blob.hash).await.unwrap(), "{}", bench.kind);
        assert_eq!(bench.blobs.size(body, blob.hash).await.unwrap(), None, "{}", bench.kind);
        assert_eq!(bench.blobs.list(body, first).await.unwrap(), [], "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_of_one_body_is_not_there_for_another() {
    for bench in benches().await {
        let (mine, theirs) = (bench.body(), bench.body());
        let blob = bench.blobs.put(mine, &mut &b"hers"[..], MAX).await.unwrap();
        let got = bench.blobs.get(theirs, blob.hash).await;
        assert!(matches!(got, Err(BlobError::Missing(_))), "{}", bench.kind);
        assert!(!bench.blobs.delete(theirs, blob.hash).await.unwrap(), "{}", bench.kind);
        assert_eq!(bench.blobs.size(mine, blob.hash).await.unwrap(), Some(4), "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_may_come_in_parts_and_is_the_same() {
    for bench in benches().await {
        let (body, kind) = (bench.body(), bench.kind);
        let bytes = noise(3_000_001);
        let mut writer = bench.blobs.begin(body, MAX);
        for part in bytes.chunks(70_003) {
            writer.add(part).await.unwrap();
        }
        let blob = writer.end().await.unwrap();
        assert_eq!(blob.hash, BlobHash::of(&bytes), "{kind}");
        let got = bench.blobs.get(body, blob.hash).await.unwrap().all(MAX).await.unwrap();
        assert!(got == bytes, "{kind}");
        let mut broken = bench.blobs.begin(body, 10);
        broken.add(b"ten bytes!").await.unwrap();
        assert!(matches!(broken.add(b"x").await, Err(BlobError::TooLarge { max: 10 })), "{kind}");
        drop(broken);
        assert!(bench.incoming().is_empty(), "{kind}: what did not end leaves nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_bytes_than_taken_leave_nothing() {
    for bench in benches().await {
        let body = bench.body();
        let put = bench.blobs.put(body, &mut noise(200_000).as_slice(), 199_999).await;
        assert!(matches!(put, Err(BlobError::TooLarge { max: 199_999 })), "{}", bench.kind);
        assert_eq!(bench.incoming(), [] as [PathBuf; 0], "{}", bench.kind);
        assert!(!bench.blobs.bodies().await.unwrap().contains(&body), "{}", bench.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_bytes_are_an_error_and_putting_them_again_mends_them() {
    for bench in benches().await {
        let body = bench.body();
        for damaged in [&b"the bytez"[..], b"the byte", b"the bytes!"] {
            let blob = bench.blobs.put(body, &mut &b"the bytes"[..], MAX).await.unwrap();
            bench.damage(body, blob.hash, damaged);
            let got = bench.blobs.get(body, blob.hash).await.unwrap().all(MAX).await;
            assert!(matches!(got, Err(BlobError::Damaged(_))), "{} {damaged:?}", bench.kind);
            bench.blobs.put(body, &mut &b"the bytes"[..], MAX).await.unwrap();
            let got = bench.blobs.get(body, blob.hash).await.unwrap().all(MAX).await.unwrap();
            assert_eq!(got, b"the bytes", "{}", bench.kind);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stopped_program_left_half_is_swept_away() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::disk(folder.path(), Arc::new(SystemRandom)).await.unwrap();
    let half = folder.path().join("incoming/half");
    std::fs::write(&half, b"ha").unwrap();
    // A backup that opens the folder beside the program leaves it alone.
    drop(Blobs::disk(folder.path(), Arc::new(SystemRandom)).await.unwrap());
    assert!(half.exists());
    blobs.sweep().await.unwrap();
    assert!(!half.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_and_a_dead_service_are_told_apart() {
    let Some(server) = support::seaweed() else { return };
    let (blobs, folder) = s3(&server.endpoint, "wrong").await;
    let body = BodyId::new(Timestamp::from_millis(1), &ids());
    let put = blobs.put(body, &mut &b"x"[..], MAX).await.unwrap_err();
    assert!(
        matches!(&put, BlobError::Refused { status: 403, code } if code == "SignatureDoesNotMatch"),
        "{put:?}"
    );
    assert_eq!(std::fs::read_dir(folder.path().join("incoming")).unwrap().count(), 0);
    let (blobs, _folder) = s3("http://127.0.0.1:9", "wrong").await;
    assert!(matches!(blobs.bodies().await, Err(BlobError::Unreachable(_))));
}

#[tokio::test]
async fn a_service_elsewhere_is_not_spoken_to_in_plain_text() {
    let (clock, random) = (Arc::new(SystemClock::default()), Arc::new(SystemRandom));
    let folder = tempfile::tempdir().unwrap();
    for (endpoint, is_taken) in [
        ("http://127.0.0.1:8333", true),
        ("http://[::1]:8333", true),
        ("http://localhost:8333", true),
        ("http://s3.example.lg.jp", false),
        ("http://10.0.0.9:8333", false),
        ("http://localhost.example:8333", false),
    ] {
        let opened =
            Blobs::s3(settings(endpoint, "key"), folder.path(), clock.clone(), random.clone())
                .await;
        match opened {
            Ok(_) => assert!(is_taken, "{endpoint}"),
            Err(BlobError::Address(why)) => assert!(!is_taken && why.contains("https"), "{why}"),
            Err(other) => panic!("{endpoint}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_file_is_sent_under_its_own_name() {
    let Some(server) = support::seaweed() else { return };
    let clock = Arc::new(SystemClock::default());
    let outbox = Outbox::new(settings(&server.endpoint, support::KEY), clock).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a");
    std::fs::write(&file, b"line\n").unwrap();
    outbox.send("131016/0000000001-0000000009.jsonl", &file).await.unwrap();
    let there = server.read("test/131016/0000000001-0000000009.jsonl");
    assert_eq!(there.as_deref(), Some(&b"line\n"[..]));
    for name in ["", "/a", "a//b", "a b", "a?b"] {
        assert!(matches!(outbox.send(name, &file).await, Err(BlobError::Address(_))), "{name}");
    }
    let wrong =
        Outbox::new(settings(&server.endpoint, "another-key"), Arc::new(SystemClock::default()));
    let refused = wrong.unwrap().send("a", &file).await;
    assert!(matches!(refused, Err(BlobError::Refused { .. })), "{refused:?}");
}
