//! Passwords: which may be chosen, and Argon2id over them. Knows no person
//! beyond the login that a password must not hold. Hashing takes tens of
//! milliseconds and 19 MiB; the caller gives it a thread that may wait.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use base::{Random, Secret, random};
use unicode_normalization::UnicodeNormalization;

use crate::common;

/// A password that may be used: normalised (NFKC), 12–128 characters, neither
/// common nor simple, without the login in it.
#[derive(Clone, Debug)]
pub struct Password(Secret<String>);

/// Why a password may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too few characters.
    #[error("a password has at least {CHARACTERS_MIN} characters")]
    TooShort,
    /// Too many characters.
    #[error("a password has at most {CHARACTERS_MAX} characters")]
    TooLong,
    /// A control character: not every keyboard can type it again.
    #[error("a password has no control characters")]
    Control,
    /// Holds the login.
    #[error("a password does not hold the login")]
    HoldsLogin,
    /// On the list of those that are tried first, or made of such words.
    #[error("the password is among those that are tried first")]
    Common,
    /// Few different characters, a run or a repetition.
    #[error("the password repeats itself or counts up")]
    Simple,
    /// A stored hash that is none.
    #[error("not an Argon2id hash")]
    Stored,
    /// A cost below what is allowed.
    #[error("Argon2id needs at least {MEMORY_KIB_MIN} KiB, {PASSES_MIN} passes and one lane")]
    Cost,
}

/// Characters of a password, at least (NIST SP 800-63B-4 §3.1.1.2 asks eight
/// beside another factor).
pub const CHARACTERS_MIN: usize = 12;

/// Characters of a password, at most.
pub const CHARACTERS_MAX: usize = 128;

/// Bytes of an attempt that are looked at: what `CHARACTERS_MAX` may take
/// before normalisation shortens it, and more.
const ATTEMPT_BYTES_MAX: usize = CHARACTERS_MAX * 16;

/// Logins shorter than this stand in too many words to be looked for.
const LOGIN_MIN: usize = 3;

impl Password {
    /// Takes a password for a login.
    ///
    /// # Errors
    /// Names the first rule that it breaks.
    pub fn choose(text: &str, login: &str) -> Result<Self, PasswordError> {
        if text.len() > ATTEMPT_BYTES_MAX {
            return Err(PasswordError::TooLong);
        }
        let password = normalised(text);
        let characters = password.reveal().chars().count();
        if characters < CHARACTERS_MIN {
            return Err(PasswordError::TooShort);
        }
        if characters > CHARACTERS_MAX {
            return Err(PasswordError::TooLong);
        }
        if password.reveal().chars().any(char::is_control) {
            return Err(PasswordError::Control);
        }
        let folded = Secret::new(password.reveal().to_lowercase());
        let login = login.nfkc().collect::<String>().to_lowercase();
        if login.chars().count() >= LOGIN_MIN && folded.reveal().contains(&login) {
            return Err(PasswordError::HoldsLogin);
        }
        if common::is_simple(folded.reveal()) {
            return Err(PasswordError::Simple);
        }
        if common::is_common(folded.reveal()) {
            return Err(PasswordError::Common);
        }
        Ok(Self(password))
    }

    /// Hashes the password with a new salt.
    #[must_use]
    pub fn hash(&self, cost: Cost, source: &dyn Random) -> PasswordHash {
        let salt = SaltString::encode_b64(&random::bytes::<16>(source))
            .expect("sixteen bytes are a salt of the recommended length");
        let hash = cost.argon2().hash_password(self.0.reveal().as_bytes(), &salt);
        PasswordHash(hash.expect("the cost was checked when it was made").to_string())
    }
}

/// The same text however it was typed (RFC 8265 would use NFC; NFKC also joins
/// the full-width letters of an input method with their usual forms).
fn normalised(text: &str) -> Secret<String> {
    Secret::new(text.nfkc().collect())
}

/// What one hash costs whoever makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// OWASP's least memory for two passes.
const MEMORY_KIB_MIN: u32 = 19_456;
const PASSES_MIN: u32 = 2;

/// Most memory of one hash: a limit for stored hashes and configurations.
const MEMORY_KIB_MAX: u32 = 1 << 20;
const PASSES_MAX: u32 = 16;
const LANES_MAX: u32 = 16;

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: MEMORY_KIB_MIN, passes: PASSES_MIN, lanes: 1 }
    }
}

impl Cost {
    /// Sets a cost of at least the default: memory in KiB, passes over it,
    /// lanes side by side.
    ///
    /// # Errors
    /// Below the default, or above 1 GiB, 16 passes or 16 lanes.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, PasswordError> {
        let is_allowed = (MEMORY_KIB_MIN..=MEMORY_KIB_MAX).contains(&memory_kib)
            && (PASSES_MIN..=PASSES_MAX).contains(&passes)
            && (1..=LANES_MAX).contains(&lanes);
        if is_allowed { Ok(Self { memory_kib, passes, lanes }) } else { Err(PasswordError::Cost) }
    }

    fn argon2(self) -> Argon2<'static> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, None)
            .expect("the cost was checked when it was made");
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }
}

/// A stored hash: PHC's string form, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// What an attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Attempt {
    /// Not the password.
    Wrong,
    /// The password.
    Right {
        /// The hash costs less than is asked today; the caller, who has the
        /// password in hand, stores a new one.
        is_outdated: bool,
    },
}

/// Characters of a stored hash, at most.
const STORED_MAX: usize = 256;

impl PasswordHash {
    /// Reads a stored hash.
    ///
    /// # Errors
    /// When it is none, or one that costs more than we ever ask.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        if text.len() > STORED_MAX {
            return Err(PasswordError::Stored);
        }
        let hash = Self(text.to_owned());
        hash.cost().map(|_| hash)
    }

    /// The string that is stored. No secret, but nobody's business.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks an attempt. `cost` is what is asked today.
    pub fn check(&self, attempt: &str, cost: Cost) -> Attempt {
        if attempt.len() > ATTEMPT_BYTES_MAX {
            return Attempt::Wrong;
        }
        let Ok(stored) = argon2::PasswordHash::new(&self.0) else { return Attempt::Wrong };
        let attempt = normalised(attempt);
        match Argon2::default().verify_password(attempt.reveal().as_bytes(), &stored) {
            Ok(()) => Attempt::Right { is_outdated: self.cost() != Ok(cost) },
            Err(_) => Attempt::Wrong,
        }
    }

    fn cost(&self) -> Result<Cost, PasswordError> {
        let hash = argon2::PasswordHash::new(&self.0).map_err(|_| PasswordError::Stored)?;
        let is_ours =
            hash.algorithm.as_str() == "argon2id" && hash.hash.is_some() && hash.salt.is_some();
        let params = Params::try_from(&hash).map_err(|_| PasswordError::Stored)?;
        let is_bearable = params.m_cost() <= MEMORY_KIB_MAX
            && params.t_cost() <= PASSES_MAX
            && params.p_cost() <= LANES_MAX;
        if !is_ours || !is_bearable {
            return Err(PasswordError::Stored);
        }
        Ok(Cost { memory_kib: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() })
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// Takes as long as a check and says no: for a login that nobody has, so that
/// the time taken does not tell.
pub fn check_nobody(attempt: &str, cost: Cost) -> Attempt {
    if attempt.len() > ATTEMPT_BYTES_MAX {
        return Attempt::Wrong;
    }
    let attempt = normalised(attempt);
    let mut output = [0; 32];
    let made = cost.argon2().hash_password_into(
        attempt.reveal().as_bytes(),
        b"salt of nobody",
        &mut output,
    );
    // Kept from being optimised away: the work is the point.
    std::hint::black_box((made.is_ok(), output));
    Attempt::Wrong
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use base::SeededRandom;

    const ELSEWHERE: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBzYWx0IGJ5dA$temurfJn9JP8NvWkp+xo1rerNoCO5ooRFGJSI6CCxc8";
    const GOOD: &str = "kappa ga kawa wo wataru";

    fn hash(text: &str) -> PasswordHash {
        Password::choose(text, "sato").unwrap().hash(Cost::default(), &SeededRandom::new(1))
    }

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let stored = PasswordHash::parse(hash(GOOD).as_str()).unwrap();
        let cost = Cost::default();
        assert!(stored.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(stored.check(GOOD, cost), Attempt::Right { is_outdated: false });
        assert_eq!(stored.check("kappa ga kawa wo watarU", cost), Attempt::Wrong);
        assert_eq!(stored.check("", cost), Attempt::Wrong);
        assert_eq!(stored.check(&"x".repeat(1 << 20), cost), Attempt::Wrong);
        let dearer = Cost::new(20_000, 2, 1).unwrap();
        assert_eq!(stored.check(GOOD, dearer), Attempt::Right { is_outdated: true });
    }

    #[test]
    fn the_width_of_an_input_method_does_not_matter() {
        let stored = hash("ｋａｐｐａ　ｇａ　ｋａｗａ　ｗｏ　ｗａｔａｒｕ");
        assert_eq!(stored.check(GOOD, Cost::default()), Attempt::Right { is_outdated: false });
    }

    #[test]
    fn a_hash_made_elsewhere_is_read() {
        // Made with OpenSSL's Argon2id through Python's cryptography 50.
        let stored = PasswordHash::parse(ELSEWHERE).unwrap();
        assert_eq!(
            stored.check("tanuki no tsuzumi", Cost::default()),
            Attempt::Right { is_outdated: false }
        );
        assert_eq!(stored.check("tanuki no tsuzum1", Cost::default()), Attempt::Wrong);
    }

    #[test]
    fn each_rule_speaks_for_itself() {
        let rows = [
            ("short pass", PasswordError::TooShort),
            ("kappa\u{7}ga kawa wo", PasswordError::Control),
            ("kappa SATO kawa wo", PasswordError::HoldsLogin),
            ("kappa ｓａｔｏ kawa wo", PasswordError::HoldsLogin),
            ("abcdefghijklmn", PasswordError::Simple),
            ("P@ssw0rd!2026", PasswordError::Common),
        ];
        for (text, error) in rows {
            assert_eq!(Password::choose(text, "sato").err(), Some(error), "{text}");
        }
        assert_eq!(
            Password::choose(&"雨傘q8".repeat(33), "sato").err(),
            Some(PasswordError::TooLong)
        );
        assert_eq!(
            Password::choose(&"q".repeat(1 << 20), "sato").err(),
            Some(PasswordError::TooLong)
        );
    }

    #[test]
    fn length_counts_characters_after_normalisation() {
        assert!(Password::choose("雨の日は傘を二本持って", "sato").is_err());
        assert!(Password::choose("雨の日は傘を二本持って歩く", "sato").is_ok());
        let longest: String = ('一'..).take(CHARACTERS_MAX).step_by(1).collect();
        assert_eq!(Password::choose(&longest, "sato").err(), Some(PasswordError::Simple));
        let mixed: String = ('一'..).step_by(7).take(CHARACTERS_MAX).collect();
        assert!(Password::choose(&mixed, "sato").is_ok());
    }

    #[test]
    fn a_stored_text_that_is_no_bearable_hash_is_refused() {
        let good = hash(GOOD);
        let weak = good.as_str().replace("argon2id", "argon2i");
        let dear = good.as_str().replace("m=19456", "m=4000000");
        for text in ["", "password", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ", &weak, &dear] {
            assert_eq!(PasswordHash::parse(text).err(), Some(PasswordError::Stored), "{text}");
        }
    }

    #[test]
    fn a_cost_below_the_least_is_refused() {
        assert_eq!(Cost::new(19_455, 2, 1).err(), Some(PasswordError::Cost));
        assert_eq!(Cost::new(19_456, 1, 1).err(), Some(PasswordError::Cost));
        assert_eq!(Cost::new(19_456, 2, 0).err(), Some(PasswordError::Cost));
        assert_eq!(Cost::new(u32::MAX, 2, 1).err(), Some(PasswordError::Cost));
    }

    #[test]
    fn nobody_has_no_password() {
        assert_eq!(check_nobody(GOOD, Cost::default()), Attempt::Wrong);
    }

    #[test]
    fn neither_password_nor_hash_is_shown() {
        let password = Password::choose(GOOD, "sato").unwrap();
        assert!(!format!("{password:?}").contains("kappa"));
        assert_eq!(format!("{:?}", hash(GOOD)), "PasswordHash");
    }
}
