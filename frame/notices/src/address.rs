//! A mail address that a person may enter: plain, short, and under a domain that
//! the operator allows. What could end a line or begin a header is no address.

use std::fmt;

/// A mail address: letters, digits and a few signs on both sides of one `@`.
/// Quoted local parts (RFC 5322 §3.4.1) and letters beyond ASCII (RFC 6531) are
/// refused: no office uses the first, and few relays carry the second.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    text: Box<str>,
    at: usize,
}

/// Octets of an address. RFC 5321 §4.5.3.1.3: a path has at most 256 with its
/// two angle brackets.
pub const ADDRESS_BYTES_MAX: usize = 254;
/// RFC 5321 §4.5.3.1.1.
const LOCAL_BYTES_MAX: usize = 64;
/// RFC 1035 §2.3.4.
const LABEL_BYTES_MAX: usize = 63;

/// Why a text is no address for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Longer than mail carries.
    #[error(
        "an address has at most {ADDRESS_BYTES_MAX} characters, {LOCAL_BYTES_MAX} before the @"
    )]
    TooLong,
    /// Not a plain address.
    #[error("not a plain mail address")]
    Spelling,
    /// Under a domain that the operator does not allow.
    #[error("the domain is not one of those that are allowed")]
    Domain,
}

impl Address {
    /// Reads an address; the domain becomes small letters.
    ///
    /// # Errors
    /// Says which rule failed.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim_matches(' ');
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(AddressError::TooLong);
        }
        let (local, domain) = text.split_once('@').ok_or(AddressError::Spelling)?;
        if local.len() > LOCAL_BYTES_MAX {
            return Err(AddressError::TooLong);
        }
        if !is_dot_atom(local) || !is_domain(domain) {
            return Err(AddressError::Spelling);
        }
        let text = format!("{local}@{}", domain.to_ascii_lowercase()).into_boxed_str();
        Ok(Self { text, at: local.len() })
    }

    /// The whole.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// What stands after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }
}

/// Nobody's address reaches a log.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address")
    }
}

/// RFC 5322 §3.2.3, without what begins an option of a command (`-`) and without
/// `%` and `!`, with which old relays were told to pass on.
fn is_dot_atom(local: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"#$&'*+-/=?^_`{|}~".contains(&byte);
    !local.starts_with('-')
        && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_letter))
}

fn is_domain(domain: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = |label: &str| {
        (1..=LABEL_BYTES_MAX).contains(&label.len())
            && label.bytes().all(is_letter)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.split('.').all(is_label)
}

/// The domains under which people may have addresses. Each is meant letter by
/// letter: what lies below one is another domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domains(Vec<Box<str>>);

impl Domains {
    /// Reads the domains. None at all would let nobody enter an address.
    ///
    /// # Errors
    /// Names the first that is none; an empty text if the list is empty.
    pub fn parse(texts: &[String]) -> Result<Self, String> {
        let mut all = Vec::new();
        for text in texts {
            if !is_domain(text) || text.len() > ADDRESS_BYTES_MAX {
                return Err(text.clone());
            }
            all.push(text.to_ascii_lowercase().into_boxed_str());
        }
        if all.is_empty() { Err(String::new()) } else { Ok(Self(all)) }
    }

    /// True where somebody may have this address.
    #[must_use]
    pub fn allow(&self, address: &Address) -> bool {
        self.0.iter().any(|domain| **domain == *address.domain())
    }

    /// Reads an address that is allowed.
    ///
    /// # Errors
    /// As [`Address::parse`]; [`AddressError::Domain`].
    pub fn read(&self, text: &str) -> Result<Address, AddressError> {
        let address = Address::parse(text)?;
        if self.allow(&address) { Ok(address) } else { Err(AddressError::Domain) }
    }

    /// For a hint beside a field.
    #[must_use]
    pub fn list(&self) -> String {
        self.0.iter().map(|domain| format!("@{domain}")).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn plain_addresses_are_read_and_domains_become_small() {
        let address = Address::parse(" Yamada.Hanako+gate@City.Example.LG.jp ").unwrap();
        assert_eq!(address.as_str(), "Yamada.Hanako+gate@city.example.lg.jp");
        assert_eq!(
            (address.local(), address.domain()),
            ("Yamada.Hanako+gate", "city.example.lg.jp")
        );
    }

    #[test]
    fn what_could_end_a_line_or_begin_a_header_is_no_address() {
        for text in [
            "a@example.jp\r\nBcc: b@example.jp",
            "a@example.jp\n",
            "a\r@example.jp",
            "a@example.jp\0",
            "a b@example.jp",
            "a@example.jp,b@example.jp",
            "<a@example.jp>",
            "\"a\"@example.jp",
            "a@b@example.jp",
            "-oQ/tmp@example.jp",
            "a%b.jp@example.jp",
            "a@[127.0.0.1]",
            "a@example..jp",
            ".a@example.jp",
            "a.@example.jp",
            "@example.jp",
            "a@",
            "a",
            "",
            "山田@example.jp",
            "a@町.jp",
            "a\u{2028}b@example.jp",
        ] {
            assert_eq!(Address::parse(text), Err(AddressError::Spelling), "{text:?}");
        }
    }

    #[test]
    fn lengths_are_those_of_mail() {
        let long = |local: usize| format!("{}@example.jp", "a".repeat(local));
        assert!(Address::parse(&long(64)).is_ok());
        assert_eq!(Address::parse(&long(65)), Err(AddressError::TooLong));
        let label = "b".repeat(63);
        let wide = format!("a@{label}.{label}.{label}.{label}");
        assert_eq!(Address::parse(&wide), Err(AddressError::TooLong));
    }

    #[test]
    fn only_the_named_domains_are_allowed_and_nothing_below_them() {
        let domains = Domains::parse(&["city.example.lg.jp".to_owned()]).unwrap();
        assert!(domains.read("a@CITY.example.lg.jp").is_ok());
        for text in ["a@sub.city.example.lg.jp", "a@example.lg.jp", "a@city.example.lg.jp.evil.jp"]
        {
            assert_eq!(domains.read(text), Err(AddressError::Domain), "{text}");
        }
        assert_eq!(Domains::parse(&[]), Err(String::new()));
        assert_eq!(Domains::parse(&["a b".to_owned()]), Err("a b".to_owned()));
    }
}
