//! Frames read back, and nothing else is one.
#![allow(clippy::unwrap_used)]

use super::*;

fn link() -> OpenLink {
    OpenLink {
        hash: LinkHash([7; 32]),
        ends_in_seconds: 3_600,
        ends_at_ms: 1_700_000_000_000,
        bytes_left: 1 << 30,
        files_left: 12,
        file_bytes_max: 100 << 20,
        body: "緑市".to_owned(),
        receiver: "税務課".to_owned(),
        purpose: "申告書の提出".to_owned(),
    }
}

fn to_outer() -> Vec<ToOuter> {
    vec![
        ToOuter::Hello { version: 1, now_ms: -5 },
        ToOuter::Links { count: LINKS_MAX },
        ToOuter::Link(link()),
        ToOuter::Pull,
        ToOuter::Accept(ItemId([1; 16])),
        ToOuter::Answer(ItemId([2; 16]), Verdict::Taken),
        ToOuter::Answer(ItemId([2; 16]), Verdict::Refused),
        ToOuter::Answer(ItemId([2; 16]), Verdict::Broken),
    ]
}

fn to_inner() -> Vec<ToInner> {
    let says = OuterSays { now_ms: 3, waiting: 4, waiting_bytes: 5, free_bytes: 6 };
    vec![
        ToInner::Hello { version: 1, says },
        ToInner::Nothing(says),
        ToInner::Item(Head {
            item: ItemId([1; 16]),
            link: LinkHash([2; 32]),
            bytes: 9,
            key: [3; 32],
            name: vec![4; 20],
        }),
        ToInner::Piece(vec![5; PIECE_BYTES + TAG_BYTES]),
        ToInner::Piece(Vec::new()),
    ]
}

fn check<F: Frame + PartialEq + std::fmt::Debug>(frames: &[F]) {
    for frame in frames {
        let bytes = encode(frame);
        for length in 0..bytes.len() {
            assert_eq!(decode::<F>(&bytes[..length]).unwrap(), None, "{length}");
        }
        let (again, taken) = decode::<F>(&bytes).unwrap().unwrap();
        assert_eq!((&again, taken), (frame, bytes.len()));
        // One byte more or less in the payload is another shape.
        if bytes[0] != 4 {
            let mut long = bytes.clone();
            long.push(0);
            let length = u32::try_from(long.len() - HEAD_BYTES).unwrap().to_be_bytes();
            long[1..5].copy_from_slice(&length);
            assert!(decode::<F>(&long).is_err(), "{frame:?}");
        }
    }
}

#[test]
fn every_frame_reads_back() {
    check(&to_outer());
    check(&to_inner());
}

#[test]
fn a_length_is_refused_before_its_bytes_come() {
    for kind in 0..=u8::MAX {
        let [a, b, c, d] = u32::MAX.to_be_bytes();
        assert!(decode::<ToInner>(&[kind, a, b, c, d]).is_err(), "{kind}");
        assert!(decode::<ToOuter>(&[kind, a, b, c, d]).is_err(), "{kind}");
    }
    let over = u32::try_from(PIECE_BYTES + TAG_BYTES + 1).unwrap();
    let [a, b, c, d] = over.to_be_bytes();
    let refused = decode::<ToInner>(&[4, a, b, c, d]).unwrap_err();
    assert_eq!(refused, FrameError::Length { kind: 4, length: over });
}

#[test]
fn too_many_links_and_odd_words_are_refused() {
    let many = encode(&ToOuter::Links { count: LINKS_MAX + 1 });
    assert_eq!(decode::<ToOuter>(&many), Err(FrameError::Shape(2)));
    let mut odd = encode(&ToOuter::Link(OpenLink { purpose: "x".to_owned(), ..link() }));
    *odd.last_mut().unwrap() = 0xff;
    assert_eq!(decode::<ToOuter>(&odd), Err(FrameError::Shape(3)));
}

#[test]
fn long_words_are_cut_between_characters() {
    let long = OpenLink { purpose: "あ".repeat(2_000), ..link() };
    let bytes = encode(&ToOuter::Link(long));
    let (ToOuter::Link(read), _) = decode::<ToOuter>(&bytes).unwrap().unwrap() else {
        unreachable!("a link was written");
    };
    assert_eq!(read.purpose, "あ".repeat(WORDS_BYTES_MAX / 3));
}
