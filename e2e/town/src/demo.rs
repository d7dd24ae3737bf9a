//! Reads `demo.json`, which a demo town writes for scripts.

use std::path::{Path, PathBuf};

use base::{Clock, SystemClock, Timestamp};
use serde::Deserialize;

/// How to reach a demo town.
#[derive(Clone, Debug, Deserialize)]
pub struct Demo {
    /// `https://name:port`.
    pub base_url: String,
    /// The certificate of its CA, PEM.
    pub ca_certificate: PathBuf,
    /// Its people.
    pub accounts: Vec<Account>,
}

/// Somebody who can sign in.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// The login.
    pub person: String,
    /// The first role, as the interface names it.
    pub role: String,
    /// The section's name.
    pub section: String,
    /// The body's name.
    pub body: String,
    /// The password.
    pub password: String,
    /// The secret of the one-time codes, base 32.
    pub totp_secret: String,
}

impl Demo {
    /// Reads the file.
    ///
    /// # Panics
    /// If it is missing or of another shape.
    #[must_use]
    pub fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).expect("demo.json");
        serde_json::from_str(&text)
            .unwrap_or_else(|error| unreachable!("demo.json: {error}\n{text}"))
    }

    /// Somebody of a role, the first in the list.
    ///
    /// # Panics
    /// If nobody has it.
    #[must_use]
    pub fn account(&self, role: &str) -> &Account {
        let found = self.accounts.iter().find(|account| account.role == role);
        found.unwrap_or_else(|| unreachable!("nobody is {role}"))
    }

    /// Somebody by login.
    ///
    /// # Panics
    /// If nobody has it.
    #[must_use]
    pub fn person(&self, login: &str) -> &Account {
        let found = self.accounts.iter().find(|account| account.person == login);
        found.unwrap_or_else(|| unreachable!("there is no {login}"))
    }
}

impl Account {
    /// The one-time code of this moment.
    ///
    /// # Panics
    /// If the secret is not one.
    #[must_use]
    pub fn code(&self) -> String {
        code(&self.totp_secret)
    }

    /// The one-time code of another moment.
    ///
    /// # Panics
    /// If the secret is not one.
    #[must_use]
    pub fn code_at(&self, moment: Timestamp) -> String {
        code_at(&self.totp_secret, moment)
    }
}

/// The one-time code of this moment for a secret in base 32.
///
/// # Panics
/// If the secret is not one.
#[must_use]
pub fn code(secret: &str) -> String {
    code_at(secret, SystemClock::default().now())
}

fn code_at(secret: &str, moment: Timestamp) -> String {
    let secret = factors::TotpSecret::from_bytes(&base32(secret)).expect("a secret");
    secret.code_at(moment).reveal().clone()
}

/// RFC 4648, section 6, without padding.
fn base32(text: &str) -> Vec<u8> {
    let (mut bytes, mut window, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let digit = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => continue,
        };
        window = (window << 5) | u32::from(digit);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((window >> bits) & 0xff).unwrap_or(0));
        }
    }
    bytes
}
