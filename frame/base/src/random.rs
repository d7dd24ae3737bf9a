//! Where randomness comes from. Code asks a source it was given, so that a
//! test can repeat itself.

use std::sync::Mutex;

/// Gives random bytes.
pub trait Random: Send + Sync + 'static {
    /// Fills a buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The kernel's random numbers, fit for keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("getrandom(2) cannot fail once the kernel's pool is ready");
    }
}

/// Repeatable numbers for tests; never for keys.
#[derive(Debug)]
pub struct SeededRandom(Mutex<u64>);

impl SeededRandom {
    /// The same seed gives the same numbers.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in buffer.chunks_mut(8) {
            // SplitMix64 (Steele, Lea, Flood 2014).
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = *state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            for (byte, from) in chunk.iter_mut().zip(mixed.to_le_bytes()) {
                *byte = from;
            }
        }
    }
}

/// An array of random bytes.
#[must_use]
pub fn bytes<const LENGTH: usize>(random: &dyn Random) -> [u8; LENGTH] {
    let mut buffer = [0; LENGTH];
    random.fill(&mut buffer);
    buffer
}
