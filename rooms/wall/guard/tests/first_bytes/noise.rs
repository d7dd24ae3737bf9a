//! Bytes that nobody would send: recordings with bytes changed, cut, doubled
//! and swapped. Whatever comes, what passes is a beginning of what was sent.

use wall_guard::{HELD_BYTES_MAX, Look, Rule, Side};
use zones::site::Application;

use crate::{Spoken, real};

const ROUNDS: usize = 20_000;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % (below.max(1) as u64)).unwrap()
    }

    fn spoil(&mut self, spoken: &mut Spoken) {
        for _ in 0..1 + self.roll(3) {
            let at = self.roll(spoken.len());
            let (side, bytes) = &mut spoken[at];
            let place = self.roll(bytes.len().min(200));
            match self.roll(6) {
                0 if !bytes.is_empty() => bytes[place] ^= 1 << self.roll(8),
                1 => bytes.truncate(place),
                2 => bytes.insert(place, u8::try_from(self.roll(256)).unwrap()),
                3 => bytes.extend(vec![self.roll(256) as u8; self.roll(400)]),
                4 => *side = if *side == Side::Client { Side::Server } else { Side::Client },
                _ => {
                    let other = self.roll(spoken.len());
                    spoken.swap(at, other);
                }
            }
        }
    }
}

#[test]
fn noise_neither_breaks_it_nor_passes_changed() {
    let all = [
        real!("ssh"),
        real!("smtp"),
        real!("vnc"),
        real!("rdp-tls"),
        real!("rdp-plain"),
        real!("tls13"),
        real!("tls13-retry"),
        real!("tls12-given"),
    ];
    let (mut dice, mut done, mut cut) = (Dice(5), 0, 0);
    for _ in 0..ROUNDS {
        let mut spoken: Spoken = all[dice.roll(all.len())].iter().take(6).cloned().collect();
        dice.spoil(&mut spoken);
        let application = Application::ALL[dice.roll(Application::ALL.len())];
        let mut look = Look::new(&Rule::of(application, &[]));
        let (mut sent, mut passed) = ([vec![], vec![]], [vec![], vec![]]);
        for (side, bytes) in &spoken {
            let piece = 1 + dice.roll(bytes.len());
            for piece in bytes.chunks(piece) {
                if look.is_done() {
                    break;
                }
                sent[*side as usize].extend_from_slice(piece);
                let Ok(cleared) = look.receive(*side, piece) else {
                    cut += 1;
                    break;
                };
                passed[0].extend(cleared.to_server);
                passed[1].extend(cleared.to_client);
            }
        }
        done += usize::from(look.is_done());
        for (sent, passed) in sent.iter().zip(&passed) {
            assert!(sent.starts_with(passed));
            assert!(!look.is_done() || sent == passed);
        }
    }
    println!("{ROUNDS} sessions of noise: {done} passed, {cut} refusals");
    assert!(cut > ROUNDS / 2);
}

#[test]
fn what_never_ends_is_cut() {
    for application in Application::ALL {
        for (side, begin) in [
            (Side::Client, &b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc"[..]),
            (Side::Client, b"\x03\x00\x00\x2c\x27\xe0"),
            (Side::Server, b"220-"),
            (Side::Server, b"SSH-2.0-"),
            (Side::Client, b"SSH-2.0-"),
        ] {
            let mut look = Look::new(&Rule::of(application, &[]));
            let mut last = look.receive(side, begin).map(drop);
            let mut count = 0;
            while last.is_ok() {
                last = look.receive(side, &[b'a'; 512]).map(drop);
                count += 512;
                assert!(count <= HELD_BYTES_MAX + 1_024, "{application:?} {side:?}");
            }
        }
    }
}
