//! What happens in the invented years, as a function of a number: the same in
//! every run, spread as in a town where few people do much.

use std::time::Duration;

use base::{SeededRandom, Timestamp};
use permits::PermitId;

use super::WHOLE;

/// The years that the store tells of.
const SPAN: Duration = Duration::from_secs(3 * 365 * 86_400);

/// The time of the story: it ends when the demo town was founded.
#[derive(Clone, Copy)]
pub(super) struct Years {
    start: Timestamp,
}

impl Years {
    pub(super) fn before(end: Timestamp) -> Self {
        Self { start: end.minus(SPAN) }
    }

    pub(super) const fn start(self) -> Timestamp {
        self.start
    }

    /// The moment of the n-th of so many even steps.
    pub(super) fn step(self, number: i64, of: i64) -> Timestamp {
        let millis = SPAN.as_millis() * u128::from(number.unsigned_abs());
        let millis = u64::try_from(millis / u128::from(of.unsigned_abs().max(1))).unwrap_or(0);
        self.start.plus(Duration::from_millis(millis))
    }

    /// When the permit of a number was made.
    pub(super) fn made(self, number: i64) -> Timestamp {
        self.step(number, WHOLE.permits)
    }

    /// The id of the permit of a number.
    pub(super) fn permit(self, number: i64) -> PermitId {
        PermitId::new(self.made(number), &SeededRandom::new(number.unsigned_abs()))
    }
}

/// A number below `limit` that looks like chance; `salt` asks for another one.
pub(super) fn chance(number: i64, salt: u64, limit: usize) -> usize {
    let mixed = mixed(number, salt);
    usize::try_from(mixed % u64::try_from(limit.max(1)).unwrap_or(1)).unwrap_or(0)
}

/// Who of `count` people does the n-th thing: the first of ten thousand does
/// some 8 of 1,000, half of the people a tenth of all.
pub(super) fn busy(number: i64, count: usize) -> usize {
    #[expect(clippy::cast_precision_loss, reason = "a share of people, not a count")]
    let (even, many) = ((mixed(number, 1) >> 11) as f64 / (1_u64 << 53) as f64, count as f64);
    let place = EVEN * ((many / EVEN + 1.0).powf(even) - 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below count")]
    let place = place as usize;
    place.min(count.saturating_sub(1))
}

/// So many people do about as much as each other.
const EVEN: f64 = 20.0;

/// SplitMix64 (Steele, Lea, Flood 2014).
fn mixed(number: i64, salt: u64) -> u64 {
    let mut mixed = number.unsigned_abs().wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
