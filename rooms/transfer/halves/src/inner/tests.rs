//! The inner end against an outer end that says whatever it likes.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Mutex;

use base::{ManualClock, SeededRandom, Timestamp};
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

use super::*;
use crate::frame::encode;
use crate::limits::NAME_BYTES_MAX;
use crate::link::{ItemId, LinkHash};
use crate::outer::{Outer, Shelf, Window};
use crate::seal::Sealing;

const LINK: LinkHash = LinkHash([2; 32]);

/// A desk that takes everything up to 1 MiB by one link, once.
#[derive(Default)]
struct Memory {
    taken: Mutex<Vec<(ItemId, String, Vec<u8>)>>,
    verdicts: Mutex<Vec<Verdict>>,
}

impl Memory {
    fn names(&self) -> Vec<String> {
        self.taken.lock().unwrap().iter().map(|(_, name, _)| name.clone()).collect()
    }
}

impl Desk for Memory {
    fn links(&self) -> Task<'_, Result<Vec<OpenLink>, DeskError>> {
        Box::pin(async {
            Ok(vec![OpenLink {
                hash: LINK,
                ends_in_seconds: 3_600,
                ends_at_ms: 0,
                bytes_left: 1 << 20,
                files_left: 100,
                file_bytes_max: 1 << 20,
                body: "緑市".to_owned(),
                receiver: "税務課".to_owned(),
                purpose: "提出".to_owned(),
            }])
        })
    }

    fn answer<'a>(&'a self, head: &'a Head) -> Task<'a, Result<Option<Verdict>, DeskError>> {
        Box::pin(async move {
            let is_known = self.taken.lock().unwrap().iter().any(|(id, ..)| *id == head.item);
            Ok(match (is_known, head.link == LINK && head.bytes <= 1 << 20) {
                (true, _) => Some(Verdict::Taken),
                (false, false) => Some(Verdict::Refused),
                (false, true) => None,
            })
        })
    }

    fn take(&self, item: Fetched) -> Task<'_, Result<Verdict, DeskError>> {
        Box::pin(async move {
            self.taken.lock().unwrap().push((item.head.item, item.name, item.bytes));
            Ok(Verdict::Taken)
        })
    }

    fn note(&self, event: Event<'_>) {
        if let Event::Answered(verdict) = event {
            self.verdicts.lock().unwrap().push(verdict);
        }
    }
}

fn inner(desk: Arc<Memory>) -> Inner {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let nobody = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Inner {
        address: String::new(),
        tls: Arc::new(nobody),
        pin: Pin([0; 32]),
        key: InnerKey::new(&SeededRandom::new(1)),
        clock: Arc::new(ManualClock::at(Timestamp::from_millis(0))),
        desk,
    }
}

/// The outer end of a wire, in a test's hand.
struct Hostile {
    wire: Wire<DuplexStream>,
    talking: tokio::task::JoinHandle<Trouble>,
    desk: Arc<Memory>,
    key: InnerKey,
}

impl Hostile {
    /// Greets, and waits until something is asked for.
    async fn asked() -> Self {
        let desk = Arc::new(Memory::default());
        let (ours, theirs) = duplex(1 << 16);
        let inner = inner(desk.clone());
        let talking = tokio::spawn(async move {
            let Err(trouble) = inner.talk(theirs).await;
            trouble
        });
        let key = InnerKey::new(&SeededRandom::new(1));
        let mut hostile = Self { wire: Wire(ours), talking, desk, key };
        let says = OuterSays::default();
        hostile.wire.send(&ToInner::Hello { version: VERSION, says }).await.unwrap();
        hostile.until_pull().await;
        hostile
    }

    async fn until_pull(&mut self) {
        while self.wire.receive::<ToOuter>(SILENCE_MAX).await.unwrap() != ToOuter::Pull {}
    }

    fn sealed(
        &self,
        item: ItemId,
        link: LinkHash,
        name: &str,
        content: &[u8],
    ) -> (Head, Vec<Vec<u8>>) {
        let source = SeededRandom::new(9);
        let (key, mut sealing) = Sealing::new(&self.key.public(), item, link, &source).unwrap();
        let name = sealing.name(name).unwrap();
        let count = content.chunks(PIECE_BYTES).count();
        let pieces = content.chunks(PIECE_BYTES).enumerate();
        let pieces = pieces.map(|(at, piece)| sealing.piece(piece, at + 1 == count).unwrap());
        let head = Head { item, link, bytes: content.len() as u64, key, name };
        (head, pieces.collect())
    }

    /// Offers a file as an honest end would, and says what it was answered.
    async fn offer(&mut self, head: Head, pieces: Vec<Vec<u8>>) -> Verdict {
        self.wire.send(&ToInner::Item(head)).await.unwrap();
        loop {
            match self.wire.receive::<ToOuter>(SILENCE_MAX).await.unwrap() {
                ToOuter::Accept(_) => {
                    for piece in &pieces {
                        self.wire.send(&ToInner::Piece(piece.clone())).await.unwrap();
                    }
                }
                ToOuter::Answer(_, verdict) => return verdict,
                other => panic!("{other:?}"),
            }
        }
    }

    /// What the inner end makes of these bytes.
    async fn breaks(mut self, bytes: &[u8]) -> String {
        let _ = self.wire.0.write_all(bytes).await;
        let trouble = self.talking.await.unwrap();
        assert!(self.desk.names().is_empty(), "nothing came in");
        trouble.name().to_owned()
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_does_not_follow_ends_the_connection() {
    let says = OuterSays::default();
    let hello = encode(&ToInner::Hello { version: VERSION, says });
    let piece = encode(&ToInner::Piece(vec![0; 16]));
    let huge = [3, 0xff, 0xff, 0xff, 0xff].to_vec();
    let unknown = [99, 0, 0, 0, 0].to_vec();
    let ours = encode(&ToOuter::Pull);
    for bytes in [hello, piece, huge, unknown, ours, vec![0; 4_096], vec![0xff; 4_096]] {
        assert_eq!(Hostile::asked().await.breaks(&bytes).await, "protocol", "{bytes:02x?}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_and_a_slow_drip_end_the_connection() {
    let trouble = Hostile::asked().await.breaks(&[3, 0, 0]).await;
    assert_eq!(trouble, "silent");
    let mut hostile = Hostile::asked().await;
    let (head, pieces) = hostile.sealed(ItemId([1; 16]), LINK, "a", &[7; 5 * PIECE_BYTES]);
    hostile.wire.send(&ToInner::Item(head)).await.unwrap();
    let start = Instant::now();
    for piece in pieces {
        sleep(Duration::from_secs(15)).await;
        if hostile.wire.send(&ToInner::Piece(piece)).await.is_err() {
            break;
        }
    }
    assert_eq!(hostile.talking.await.unwrap().name(), "silent");
    assert!(start.elapsed() < Duration::from_secs(60) && hostile.desk.names().is_empty());
}

#[tokio::test(start_paused = true)]
async fn only_a_sealed_file_by_an_open_link_comes_in_and_once() {
    let mut hostile = Hostile::asked().await;
    let (head, pieces) = hostile.sealed(ItemId([1; 16]), LINK, "a.txt", b"content");
    assert_eq!(hostile.offer(head.clone(), pieces.clone()).await, Verdict::Taken);
    hostile.until_pull().await;
    assert_eq!(hostile.offer(head.clone(), pieces.clone()).await, Verdict::Taken, "known");
    hostile.until_pull().await;
    let moved = Head { item: ItemId([2; 16]), ..head.clone() };
    assert_eq!(hostile.offer(moved, pieces).await, Verdict::Broken, "replayed as another");
    hostile.until_pull().await;
    let (other, pieces) = hostile.sealed(ItemId([3; 16]), LinkHash([9; 32]), "b", b"x");
    assert_eq!(hostile.offer(other, pieces).await, Verdict::Refused, "no such link");
    hostile.until_pull().await;
    let (mut large, pieces) = hostile.sealed(ItemId([4; 16]), LINK, "c", b"x");
    large.bytes = u64::MAX;
    assert_eq!(hostile.offer(large, pieces).await, Verdict::Refused, "too large");
    hostile.until_pull().await;
    let (head, mut pieces) = hostile.sealed(ItemId([5; 16]), LINK, "d", &[1; 3 * PIECE_BYTES]);
    pieces[1][0] ^= 1;
    assert_eq!(hostile.offer(head, pieces).await, Verdict::Broken, "changed");
    hostile.until_pull().await;
    let long = "../".repeat(NAME_BYTES_MAX);
    let (head, pieces) = hostile.sealed(ItemId([6; 16]), LINK, &long, b"");
    let pieces = if pieces.is_empty() { vec![vec![0; TAG_BYTES]] } else { pieces };
    assert_eq!(hostile.offer(head, pieces).await, Verdict::Broken, "an empty file, forged");
    assert_eq!(hostile.desk.names(), ["a.txt"]);
}

#[tokio::test(start_paused = true)]
async fn tiny_and_oversized_pieces_end_the_connection() {
    for size in [0, 1, PIECE_BYTES - 1 + TAG_BYTES] {
        let mut hostile = Hostile::asked().await;
        let (head, _) = hostile.sealed(ItemId([1; 16]), LINK, "a", &[7; 5 * PIECE_BYTES]);
        hostile.wire.send(&ToInner::Item(head)).await.unwrap();
        let piece = encode(&ToInner::Piece(vec![0; size]));
        assert_eq!(hostile.breaks(&piece).await, "protocol", "{size}");
    }
}

#[tokio::test]
async fn an_honest_outer_end_gives_everything_over_cut_connections() {
    let place = tempfile::tempdir().unwrap();
    let shelf = Arc::new(Shelf::open(place.path()).await.unwrap());
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::server::ResolvesServerCertUsingSni::new()));
    let outer = Outer {
        tls: Arc::new(server),
        pin: Pin([0; 32]),
        shelf: shelf.clone(),
        window: Window::new(clock.clone(), Vec::new()),
        clock,
        free_bytes: Arc::new(|| 0),
    };
    let key = InnerKey::new(&SeededRandom::new(1));
    let source = SeededRandom::new(8);
    for index in 0..20_u8 {
        let now = Timestamp::from_millis(i64::from(index));
        let mut writing =
            shelf.begin(&key.public(), LINK, &format!("{index}"), (now, &source)).await.unwrap();
        writing.push(&vec![index; usize::from(index) * 5_000]).await.unwrap();
        let ready = writing.finish().await.unwrap();
        shelf.keep(vec![ready]).await.unwrap();
    }
    let desk = Arc::new(Memory::default());
    let inner = inner(desk.clone());
    for round in 0..200_u64 {
        let (one, two) = duplex(4_096);
        // Each connection is cut somewhat later than the one before.
        let cut = sleep(Duration::from_millis(round));
        tokio::select! {
            _ = inner.talk(one) => {}
            _ = outer.talk(two) => {}
            () = cut => {}
        }
        if shelf.waiting().0 == 0 {
            break;
        }
    }
    assert_eq!(shelf.waiting(), (0, 0));
    let mut names = desk.names();
    names.sort_by_key(|name| name.parse::<u8>().unwrap());
    assert_eq!(names, (0..20).map(|index| index.to_string()).collect::<Vec<_>>());
}
