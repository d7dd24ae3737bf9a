//! Addresses that a provider names: `https`, or `http` on this machine alone,
//! where a test's provider stands.

use std::net::IpAddr;

/// An absolute address without user, password and fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    text: String,
    host: String,
    port: u16,
    is_tls: bool,
    /// Where the path begins in the text; its length where there is none.
    path_at: usize,
}

/// Why a text is no address for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Plain `http` to another machine, or another scheme.
    #[error("the address is not https")]
    NotHttps,
    /// Not spelt as an address (RFC 3986), or longer than 2,048 bytes.
    #[error("the address is not spelt as one")]
    Spelling,
}

const BYTES_MAX: usize = 2_048;
/// RFC 1035 §2.3.4, as text.
const HOST_BYTES_MAX: usize = 253;

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"#\\\"<>^`{|}".contains(&byte);
        if text.len() > BYTES_MAX || !text.bytes().all(is_plain) {
            return Err(AddressError::Spelling);
        }
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::Spelling)?;
        let is_tls = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(AddressError::NotHttps),
        };
        let length = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, _) = rest.split_at(length);
        let (host, port) = authority_of(authority).ok_or(AddressError::Spelling)?;
        if !is_tls && !is_this_machine(&host) {
            return Err(AddressError::NotHttps);
        }
        let port = port.unwrap_or(if is_tls { 443 } else { 80 });
        let path_at = scheme.len() + "://".len() + length;
        Ok(Self { text: text.to_owned(), host, port, is_tls, path_at })
    }

    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host to connect to, an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port to connect to.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// True for `https`.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// What the header `Host` says (RFC 9110 §7.2).
    #[must_use]
    pub fn authority(&self) -> &str {
        let begin = self.text.find("://").map_or(0, |at| at + "://".len());
        self.text.get(begin..self.path_at).unwrap_or_default()
    }

    /// Path and query as a request names them; begins with `/`.
    #[must_use]
    pub fn target(&self) -> String {
        let target = self.text.get(self.path_at..).unwrap_or_default();
        if target.starts_with('/') { target.to_owned() } else { format!("/{target}") }
    }

    /// True where there is a query.
    #[must_use]
    pub fn has_query(&self) -> bool {
        self.text.contains('?')
    }
}

fn authority_of(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if !text.starts_with('[') && !is_name(host) {
        return None;
    }
    let port = match port {
        None => None,
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(port.parse().ok().filter(|port| *port != 0)?)
        }
        Some(_) => return None,
    };
    Some((host.to_ascii_lowercase(), port))
}

fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.len() <= HOST_BYTES_MAX && host.split('.').all(is_label)
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_address_comes_apart_as_a_request_needs_it() {
        let address = Address::parse("https://ID.example.lg.jp:8443/realms/a?x=1").unwrap();
        assert_eq!((address.host(), address.port()), ("id.example.lg.jp", 8443));
        assert_eq!(address.authority(), "ID.example.lg.jp:8443");
        assert_eq!(address.target(), "/realms/a?x=1");
        let bare = Address::parse("https://id.example?x=1").unwrap();
        assert_eq!((bare.target(), bare.port()), ("/?x=1".to_owned(), 443));
        let own = Address::parse("http://[::1]:9000").unwrap();
        assert_eq!((own.host(), own.port(), own.target().as_str()), ("::1", 9000, "/"));
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for good in ["http://127.0.0.1:9000/o", "http://localhost/", "http://[::1]/"] {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example/",
            "http://127.0.0.1.example/",
            "http://localhost.example/",
            "http://10.0.0.1/",
            "ftp://id.example/",
            "javascript://id.example/",
        ] {
            assert_eq!(Address::parse(bad), Err(AddressError::NotHttps), "{bad}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_no_address() {
        for bad in [
            "",
            "id.example",
            "https://",
            "https:///path",
            "https://user@id.example/",
            "https://user:pass@id.example/",
            "https://id.example/#part",
            "https://id.example\\@evil.example/",
            "https://id.example/a b",
            "https://id.example/あ",
            "https://id.example:0/",
            "https://id.example:99999/",
            "https://id.example:+443/",
            "https://id.example:443:443/",
            "https://[::1/",
            "https://[::1]x/",
            "https://id..example/",
        ] {
            assert_eq!(Address::parse(bad), Err(AddressError::Spelling), "{bad}");
        }
        let long = format!("https://id.example/{}", "a".repeat(BYTES_MAX));
        assert_eq!(Address::parse(&long), Err(AddressError::Spelling));
    }
}
