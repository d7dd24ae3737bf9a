//! Time-based one-time codes (RFC 6238) as every authenticator app makes them:
//! HMAC-SHA-1, 30 seconds, six digits. A step that was used once is refused.

use base::{Random, Secret, Timestamp, random};
use hmac::{Hmac, Mac};
use qrcode::{EcLevel, QrCode, render::svg};
use sha1::Sha1;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// The secret that the app and we share: 160 bits (RFC 4226 §4 R6).
#[derive(Clone, Debug)]
pub struct TotpSecret(Secret<[u8; SECRET_LENGTH]>);

/// The number of a 30-second span since 1970. Stored with the secret as the
/// last step that was used, so that a code works once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step(pub i64);

/// Why a code was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TotpError {
    /// Not six digits.
    #[error("a one-time code has {DIGITS} digits")]
    Malformed,
    /// The code of no step that is looked at: mistyped, or a clock is off.
    #[error("one-time code is wrong")]
    Wrong,
    /// Right, but that step or a later one was used already.
    #[error("one-time code was used before")]
    Replayed,
}

/// A secret of the wrong length, or one that does not fit a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TotpSecretError {
    /// Not 20 bytes.
    #[error("a one-time code's secret has {SECRET_LENGTH} bytes")]
    Length,
    /// The names around the secret are too long for a QR code.
    #[error("the account's name is too long for a QR code")]
    Picture,
}

const SECRET_LENGTH: usize = 20;
const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;
const MODULUS: u32 = 1_000_000;

/// Steps looked at on each side of the present (RFC 6238 §5.2 advises one).
const DRIFT_STEPS: i64 = 1;

impl TotpSecret {
    /// Makes a new secret.
    #[must_use]
    pub fn new(source: &dyn Random) -> Self {
        Self(Secret::new(random::bytes(source)))
    }

    /// Takes a secret back from its sealed form.
    ///
    /// # Errors
    /// When it has not 20 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TotpSecretError> {
        let bytes = bytes.try_into().map_err(|_| TotpSecretError::Length)?;
        Ok(Self(Secret::new(bytes)))
    }

    /// The bytes, to be sealed.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        self.0.reveal()
    }

    /// The secret as a person types it into an app: base 32 (RFC 4648 §6).
    #[must_use]
    pub fn base32(&self) -> Secret<String> {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut text = String::with_capacity(SECRET_LENGTH / 5 * 8);
        for chunk in self.0.reveal().chunks(5) {
            let bits = chunk.iter().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
            for place in (0..8).rev() {
                let index = usize::try_from(bits >> (place * 5) & 31).unwrap_or(0);
                text.push(alphabet.get(index).map_or('A', |&letter| char::from(letter)));
            }
        }
        Secret::new(text)
    }

    /// The address that an app reads: `otpauth://totp/issuer:account?…`.
    #[must_use]
    pub fn uri(&self, issuer: &str, account: &str) -> Secret<String> {
        let (issuer, account) = (percent_encoded(issuer), percent_encoded(account));
        Secret::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
            self.base32().reveal()
        ))
    }

    /// The address as a QR code: an SVG element, dark on white, without script,
    /// style or outside reference.
    ///
    /// # Errors
    /// When issuer and account are too long for a picture.
    pub fn picture(&self, issuer: &str, account: &str) -> Result<Secret<String>, TotpSecretError> {
        let uri = self.uri(issuer, account);
        let code = QrCode::with_error_correction_level(uri.reveal().as_bytes(), EcLevel::M)
            .map_err(|_| TotpSecretError::Picture)?;
        let drawn = code
            .render::<svg::Color<'_>>()
            .min_dimensions(PICTURE_PIXELS, PICTURE_PIXELS)
            .dark_color(svg::Color("#000000"))
            .light_color(svg::Color("#ffffff"))
            .build();
        // The declaration before the element has no place inside a page.
        let element = drawn.find("<svg").and_then(|start| drawn.get(start..));
        Ok(Secret::new(element.unwrap_or_default().to_owned()))
    }

    /// The six digits of a moment, for tests and for scripts of a demonstration.
    #[must_use]
    pub fn code_at(&self, now: Timestamp) -> Secret<String> {
        Secret::new(format!("{:0DIGITS$}", self.number(Step::at(now))))
    }

    /// Checks what a person typed. The caller stores the step that comes back
    /// and hands it in as `last` the next time.
    ///
    /// # Errors
    /// Says whether the code is malformed, wrong or used.
    pub fn check(
        &self,
        typed: &str,
        now: Timestamp,
        last: Option<Step>,
    ) -> Result<Step, TotpError> {
        let number = read_digits(typed)?;
        let present = Step::at(now);
        let mut found = i64::MIN;
        // Every step is looked at, so that the time taken tells nothing.
        for drift in -DRIFT_STEPS..=DRIFT_STEPS {
            let step = Step(present.0.saturating_add(drift));
            let is_unused = last.is_none_or(|last| step > last);
            let is_match = self.number(step).ct_eq(&number);
            found.conditional_assign(&step.0, is_match & Choice::from(u8::from(is_unused)));
            let is_only_match = is_match & found.ct_eq(&i64::MIN);
            found.conditional_assign(&REPLAYED, is_only_match);
        }
        match found {
            i64::MIN => Err(TotpError::Wrong),
            REPLAYED => Err(TotpError::Replayed),
            step => Ok(Step(step)),
        }
    }

    /// The HOTP value of a step (RFC 4226 §5.3).
    fn number(&self, step: Step) -> u32 {
        let mut mac = <Hmac<Sha1> as Mac>::new_from_slice(self.0.reveal())
            .expect("HMAC takes a key of any length");
        mac.update(&step.0.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest.last().copied().unwrap_or(0) & 0xf);
        let window = digest.iter().skip(offset).take(4);
        let bits = window.fold(0_u32, |sum, &byte| sum << 8 | u32::from(byte));
        (bits & 0x7fff_ffff) % MODULUS
    }
}

/// Marks a match whose step was used before.
const REPLAYED: i64 = i64::MIN + 1;

/// Pixels of a picture's side, at least.
const PICTURE_PIXELS: u32 = 240;

/// Characters of a typed code that are looked at, spaces included.
const TYPED_MAX: usize = 32;

impl Step {
    /// The step that a moment lies in.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(now.seconds() / STEP_SECONDS)
    }
}

/// Six digits, half or full width, spaces anywhere.
fn read_digits(typed: &str) -> Result<u32, TotpError> {
    if typed.chars().count() > TYPED_MAX {
        return Err(TotpError::Malformed);
    }
    let mut digits = 0;
    let mut number = 0_u32;
    for character in typed.chars().filter(|character| !character.is_whitespace()) {
        let digit = match character {
            '０'..='９' => u32::from(character) - u32::from('０'),
            other => other.to_digit(10).ok_or(TotpError::Malformed)?,
        };
        digits += 1;
        number = number.wrapping_mul(10).wrapping_add(digit);
    }
    if digits == DIGITS { Ok(number) } else { Err(TotpError::Malformed) }
}

/// All but RFC 3986's unreserved characters, percent-encoded.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use base::SeededRandom;
    use std::time::Duration;

    fn rfc() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn rfc_6238_appendix_b() {
        // The last six of the eight digits of the SHA-1 rows.
        let rows = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (seconds, code) in rows {
            assert_eq!(rfc().code_at(at(seconds)).reveal(), code, "{seconds}");
            assert_eq!(rfc().check(code, at(seconds), None), Ok(Step(seconds / 30)));
        }
    }

    #[test]
    fn rfc_4226_appendix_d() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (counter, code) in (0..).zip(codes) {
            assert_eq!(rfc().code_at(at(counter * 30)).reveal(), code);
        }
    }

    #[test]
    fn one_step_of_drift_is_taken_and_two_are_not() {
        let now = at(1_111_111_111);
        let step = Step::at(now);
        for (drift, result) in [
            (-60, Err(TotpError::Wrong)),
            (-30, Ok(Step(step.0 - 1))),
            (30, Ok(Step(step.0 + 1))),
            (60, Err(TotpError::Wrong)),
        ] {
            let code = rfc().code_at(at(now.seconds() + drift));
            assert_eq!(rfc().check(code.reveal(), now, None), result, "{drift}");
        }
    }

    #[test]
    fn a_used_step_and_those_before_it_are_refused() {
        let now = at(1_111_111_111);
        let code = rfc().code_at(now);
        let used = rfc().check(code.reveal(), now, None).unwrap();
        assert_eq!(rfc().check(code.reveal(), now, Some(used)), Err(TotpError::Replayed));
        let earlier = rfc().code_at(now.minus(Duration::from_secs(30)));
        assert_eq!(rfc().check(earlier.reveal(), now, Some(used)), Err(TotpError::Replayed));
        let later = rfc().code_at(now.plus(Duration::from_secs(30)));
        assert_eq!(rfc().check(later.reveal(), now, Some(used)), Ok(Step(used.0 + 1)));
    }

    #[test]
    fn the_first_moment_of_the_epoch_holds() {
        let code = rfc().code_at(at(0));
        assert_eq!(rfc().check(code.reveal(), at(0), None), Ok(Step(0)));
    }

    #[test]
    fn digits_are_read_as_people_type_them() {
        let now = at(1_234_567_890);
        for typed in ["005924", " 005 924 ", "００５９２４", "００５　９２４"] {
            assert!(rfc().check(typed, now, None).is_ok(), "{typed}");
        }
        for typed in ["", "00592", "0005924", "00592a", "5924", "٠٠٥٩٢٤", &" ".repeat(1 << 20)]
        {
            assert_eq!(rfc().check(typed, now, None), Err(TotpError::Malformed));
        }
    }

    #[test]
    fn base_32_is_rfc_4648s() {
        assert_eq!(rfc().base32().reveal(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn the_address_names_issuer_and_account() {
        let uri = rfc().uri("緑ヶ丘市", "sato & co");
        let issuer = "%E7%B7%91%E3%83%B6%E4%B8%98%E5%B8%82";
        assert!(
            uri.reveal()
                .starts_with(&format!("otpauth://totp/{issuer}:sato%20%26%20co?secret=GEZD"))
        );
        assert!(uri.reveal().contains(&format!("&issuer={issuer}&")));
    }

    #[test]
    fn the_picture_is_one_bare_element() {
        let picture = TotpSecret::new(&SeededRandom::new(1)).picture("Midori", "sato").unwrap();
        assert!(picture.reveal().starts_with("<svg") && picture.reveal().ends_with("</svg>"));
        assert!(!picture.reveal().contains("<script") && !picture.reveal().contains("style="));
        assert_eq!(rfc().picture("x", &"y".repeat(4_000)).err(), Some(TotpSecretError::Picture));
    }

    #[test]
    fn a_secret_of_another_length_is_refused() {
        assert_eq!(TotpSecret::from_bytes(&[0; 19]).err(), Some(TotpSecretError::Length));
        assert_eq!(TotpSecret::from_bytes(rfc().reveal()).unwrap().reveal(), rfc().reveal());
    }
}
