//! The console's cookies. All are bound to the host, sent over TLS only and
//! hidden from scripts (RFC 6265bis, prefix `__Host-`).

use axum::http::{HeaderMap, HeaderValue, header};
use base::Secret;

/// A cookie of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// The session with two factors.
    Session,
    /// A sign-in between its first and second step.
    Step,
    /// A browser on its way to an identity provider and back. Lax, for it comes
    /// back from another site; it opens nothing without the answer's state.
    Provider,
    /// A device that signed in before.
    Device,
    /// What forms of people not signed in are bound to.
    Form,
    /// The language that was chosen.
    Language,
    /// What the next page says was done.
    Notice,
}

impl Cookie {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Session => "__Host-sekisho",
            Self::Step => "__Host-sekisho-step",
            Self::Provider => "__Host-sekisho-provider",
            Self::Device => "__Host-sekisho-device",
            Self::Form => "__Host-sekisho-form",
            Self::Language => "__Host-sekisho-language",
            Self::Notice => "__Host-sekisho-notice",
        }
    }

    /// Seconds that a browser keeps it; none: until it is closed.
    const fn max_age_seconds(self) -> Option<u32> {
        match self {
            Self::Session | Self::Form => None,
            Self::Step | Self::Provider => Some(600),
            Self::Device => Some(180 * 86_400),
            Self::Language => Some(365 * 86_400),
            Self::Notice => Some(60),
        }
    }

    /// What the browser holds to when it sends the cookie.
    const fn rules(self) -> &'static str {
        match self {
            // The page that greets somebody who comes back speaks their language.
            Self::Provider | Self::Language => "Path=/; Secure; HttpOnly; SameSite=Lax",
            Self::Session | Self::Step | Self::Device | Self::Form | Self::Notice => {
                "Path=/; Secure; HttpOnly; SameSite=Strict"
            }
        }
    }

    /// The value that a request brings; none if it is missing or too long.
    #[must_use]
    pub fn read(self, headers: &HeaderMap) -> Option<&str> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).take(PAIRS_MAX);
        let value = pairs.find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == self.name()).then_some(value)
        })?;
        (value.len() <= VALUE_MAX_BYTES).then_some(value)
    }

    /// The header that sets it. The value must be of letters, digits, `-`, `_`,
    /// `.`, `~` and `%`; anything else gives none.
    #[must_use]
    pub fn set(self, value: &str) -> Option<HeaderValue> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%+=&*".contains(&byte);
        if value.len() > VALUE_MAX_BYTES || !value.bytes().all(is_plain) {
            return None;
        }
        let age = match self.max_age_seconds() {
            Some(seconds) => format!("; Max-Age={seconds}"),
            None => String::new(),
        };
        let text = Secret::new(format!("{}={value}; {}{age}", self.name(), self.rules()));
        // The header needs the value itself; it is marked so that no log shows it.
        let mut header = HeaderValue::from_str(text.reveal()).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// The header that takes it away.
    #[must_use]
    pub fn clear(self) -> HeaderValue {
        let text = format!("{}=; {}; Max-Age=0", self.name(), self.rules());
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

const VALUE_MAX_BYTES: usize = 2_048;
const PAIRS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_bound_to_host_and_hidden() {
        let header = Cookie::Session.set("abc").unwrap();
        let text = header.to_str().unwrap();
        assert_eq!(text, "__Host-sekisho=abc; Path=/; Secure; HttpOnly; SameSite=Strict");
        assert!(header.is_sensitive());
    }

    #[test]
    fn a_value_cannot_break_out() {
        for value in ["a;b", "a b", "a\r\nb", "あ", "a,b", "a\"b"] {
            assert!(Cookie::Session.set(value).is_none(), "{value}");
        }
    }

    #[test]
    fn only_the_whole_name_counts() {
        let mut headers = HeaderMap::new();
        let line = "x__Host-sekisho=1; __Host-sekisho-form=2; __Host-sekisho=3";
        headers.insert(header::COOKIE, HeaderValue::from_static(line));
        assert_eq!(Cookie::Session.read(&headers), Some("3"));
        assert_eq!(Cookie::Form.read(&headers), Some("2"));
        assert_eq!(Cookie::Step.read(&headers), None);
    }
}
