//! What one end takes from the other, at most. Each is checked before memory is
//! taken for it.

use std::time::Duration;

/// The version that both ends must speak.
pub const VERSION: u16 = 1;
/// Bytes of a file in one piece; all pieces but the last have just so many.
pub const PIECE_BYTES: usize = 64 * 1024;
/// What sealing adds to a piece.
pub const TAG_BYTES: usize = 16;
/// Bytes of a file's name, in UTF-8.
pub const NAME_BYTES_MAX: usize = 1_000;
/// Bytes of what a link's page says in one place.
pub const WORDS_BYTES_MAX: usize = 4_096;
/// Links that stand open at once.
pub const LINKS_MAX: u32 = 2_000;
/// Bytes of one file, whatever a link says: no more than is treated.
pub const FILE_BYTES_MAX: u64 = 100 << 20;

/// Files that wait in the outer half.
pub const WAITING_MAX: usize = 100_000;
/// Bytes that wait in the outer half.
pub const WAITING_BYTES_MAX: u64 = 50 << 30;

/// How long a connection and its handshake may take.
pub const CONNECT_MAX: Duration = Duration::from_secs(15);
/// How long the outer half holds a question when nothing waits.
pub const HOLD: Duration = Duration::from_secs(2);
/// How long one end waits for the next frame of the other.
pub const SILENCE_MAX: Duration = Duration::from_secs(20);
/// How long one file may take for each mebibyte, beside [`SILENCE_MAX`].
pub const MEBIBYTE_MAX: Duration = Duration::from_secs(16);
/// The least time between two questions.
pub const PACE: Duration = Duration::from_millis(50);
/// The pause after an item that was not taken: whoever holds the outer half
/// cannot keep the inner one busy with nothing.
pub const REFUSED_PAUSE: Duration = Duration::from_millis(250);
/// The first pause after a connection broke; it doubles each time.
pub const BACK_OFF_MIN: Duration = Duration::from_millis(500);
/// The longest pause.
pub const BACK_OFF_MAX: Duration = Duration::from_secs(60);
/// A connection that lasted so long begins the pauses anew.
pub const STEADY: Duration = Duration::from_secs(30);
/// The outer half takes nothing when the inner one was not heard for so long:
/// what it takes must soon be fetched.
pub const HEARD_MAX: Duration = Duration::from_secs(15 * 60);
/// Clocks that differ by more are told.
pub const CLOCK_APART_MAX: Duration = Duration::from_secs(60);
/// How long before a link's end the outer half shuts its door: what it has
/// taken is fetched by then.
pub const CLOSING_MARGIN: Duration = Duration::from_secs(60);

/// How long a file of so many bytes may take on its way.
#[must_use]
pub fn file_max(bytes: u64) -> Duration {
    let mebibytes = u32::try_from(bytes >> 20).unwrap_or(u32::MAX);
    SILENCE_MAX.saturating_add(MEBIBYTE_MAX.saturating_mul(mebibytes))
}

/// How many pieces a file of so many bytes has: an empty one has one.
#[must_use]
pub const fn pieces(bytes: u64) -> u64 {
    let full = bytes.div_ceil(PIECE_BYTES as u64);
    if full == 0 { 1 } else { full }
}
