//! What one half of a gate reads of the other: the frames of both directions, and
//! the seal of a file. Whatever comes, a frame that was read is written the same.

use base::SeededRandom;
use transfer_halves::frame::{Frame, HEAD_BYTES, decode, encode};
use transfer_halves::limits::{PIECE_BYTES, TAG_BYTES, WORDS_BYTES_MAX};
use transfer_halves::{Head, InnerKey, Opening, ToInner, ToOuter};

/// Runs everything over one input.
pub(crate) fn run(bytes: &[u8]) {
    read_all::<ToInner>(bytes, |frame| {
        if let ToInner::Item(head) = frame {
            open(head, bytes);
        }
    });
    read_all::<ToOuter>(bytes, |frame| {
        if let ToOuter::Link(link) = frame {
            let longest = [&link.body, &link.receiver, &link.purpose].map(String::len);
            assert!(longest.iter().all(|length| *length <= WORDS_BYTES_MAX), "words have a limit");
        }
    });
}

/// Reads frame after frame; none is larger than the largest of its kind.
fn read_all<F: Frame + PartialEq + std::fmt::Debug>(bytes: &[u8], look: impl Fn(&F)) {
    let mut rest = bytes;
    while let Ok(Some((frame, taken))) = decode::<F>(rest) {
        assert!(taken <= HEAD_BYTES + PIECE_BYTES + TAG_BYTES, "a frame has a limit");
        let again = encode(&frame);
        assert!(rest.starts_with(&again), "a frame is written as it was read");
        look(&frame);
        rest = rest.get(taken..).unwrap_or_default();
    }
    // What stops the reader stops it at once: more bytes change nothing.
    if let Err(refused) = decode::<F>(rest) {
        let mut more = rest.to_vec();
        more.extend([0; 64]);
        assert!(decode::<F>(&more) == Err(refused), "a refusal stays one");
    }
}

/// Nobody forges a file: no bytes of a fuzzer open.
fn open(head: &Head, bytes: &[u8]) {
    let key = InnerKey::new(&SeededRandom::new(1));
    let Ok(mut opening) = Opening::new(&key, &head.key, head.item, head.link) else { return };
    assert!(opening.name(&head.name).is_err(), "a name was forged");
    let piece = bytes.get(..bytes.len().min(200)).unwrap_or_default();
    assert!(opening.piece(piece, true).is_err(), "a piece was forged");
}
