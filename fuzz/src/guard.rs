//! What the wall's guard reads of strangers: first bytes of both sides. Whatever
//! comes, what passes is a beginning of what was sent, and how the bytes are cut
//! into pieces changes no verdict.
//!
//! An input is a byte for the protocol, then pieces: one byte whose lowest bit is
//! the side, two of length, the bytes.

use wall_guard::{HELD_BYTES_MAX, Look, Rule, Side};
use zones::site::Application;

/// Runs everything over one input.
pub(crate) fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let applications = Application::ALL;
    let place = usize::from(first & 0x7f) % applications.len();
    let servers = if first & 0x80 == 0 { vec![] } else { vec!["files-lg.example".to_owned()] };
    let Some(application) = applications.get(place) else { return };
    let rule = Rule::of(*application, &servers);
    let whole = play(&rule, rest, usize::MAX);
    for piece in [1, 7] {
        assert!(play(&rule, rest, piece) == whole, "pieces of {piece} are judged in another way");
    }
}

/// Plays an input; true where everything may pass, nothing where it is cut. For
/// whose fault may differ: what comes late may be judged after something else.
fn play(rule: &Rule, mut rest: &[u8], piece: usize) -> Option<bool> {
    let mut look = Look::new(rule);
    let (mut sent, mut passed) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    while let Some((head, behind)) = rest.split_first_chunk::<3>() {
        let side = if head[0] & 1 == 0 { Side::Client } else { Side::Server };
        let length = usize::from(u16::from_be_bytes([head[1], head[2]])).min(behind.len());
        let (bytes, behind) = behind.split_at(length);
        rest = behind;
        for bytes in bytes.chunks(piece.min(bytes.len().max(1))) {
            if look.is_done() {
                return Some(true);
            }
            sent[side as usize].extend_from_slice(bytes);
            let Ok(cleared) = look.receive(side, bytes) else {
                assert!(look.receive(side, b"").is_err(), "a refusal stays one");
                return None;
            };
            passed[0].extend(cleared.to_server);
            passed[1].extend(cleared.to_client);
            for (sent, passed) in sent.iter().zip(&passed) {
                assert!(sent.starts_with(passed), "what passes was sent");
                let held = sent.len() - passed.len();
                assert!(held <= HELD_BYTES_MAX, "what is held has a limit");
            }
        }
    }
    Some(look.is_done())
}
