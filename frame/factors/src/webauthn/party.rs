//! Who asks: the relying party's id and the origins it is reached under.

use std::net::IpAddr;

use crate::host::{is_host, is_under};

/// Our name toward authenticators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    id: Box<str>,
    name: Box<str>,
    origins: Vec<Box<str>>,
}

/// A name under which browsers refuse to make credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartyError {
    /// An address instead of a name.
    #[error("browsers make no passkeys for the address {0}: a host name is needed")]
    Address(Box<str>),
    /// Not a host name in lower case.
    #[error("{0:?} is no host name in lower case")]
    Host(Box<str>),
    /// An origin that is not HTTPS, or not under the host name.
    #[error("{0:?} is no HTTPS origin under the host name")]
    Origin(Box<str>),
    /// No origin, or too many.
    #[error("one to {ORIGINS_MAX} origins are needed")]
    Origins,
}

const ORIGINS_MAX: usize = 8;

impl RelyingParty {
    /// Names the host that credentials are made for, what a person reads, and
    /// the origins (`https://host[:port]`, no slash) that pages are served under.
    ///
    /// # Errors
    /// When browsers would refuse it, or an origin lies outside the host name.
    pub fn new(host: &str, name: &str, origins: &[&str]) -> Result<Self, PartyError> {
        if host.parse::<IpAddr>().is_ok() {
            return Err(PartyError::Address(host.into()));
        }
        if !is_host(host) {
            return Err(PartyError::Host(host.into()));
        }
        if origins.is_empty() || origins.len() > ORIGINS_MAX {
            return Err(PartyError::Origins);
        }
        if let Some(stray) = origins.iter().find(|origin| !is_origin_under(origin, host)) {
            return Err(PartyError::Origin((*stray).into()));
        }
        let origins = origins.iter().map(|&origin| origin.into()).collect();
        Ok(Self { id: host.into(), name: name.into(), origins })
    }

    /// The id: the host name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What a person reads.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Compares as WebAuthn does: the serialised origin, character by character.
    pub(super) fn is_ours(&self, origin: &str) -> bool {
        self.origins.iter().any(|ours| **ours == *origin)
    }
}

fn is_origin_under(origin: &str, host: &str) -> bool {
    let Some(authority) = origin.strip_prefix("https://") else { return false };
    let (name, port) =
        authority.split_once(':').map_or((authority, None), |(name, port)| (name, Some(port)));
    // A browser leaves 443 out and writes no leading zero.
    let is_port = port.is_none_or(|port| {
        port.parse::<u16>().is_ok_and(|number| number != 443 && number.to_string() == port)
    });
    is_port && is_under(name, host) && is_host(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_with_its_origin_is_taken() {
        for (host, origin) in [
            ("sekisho.midori.lg.jp", "https://sekisho.midori.lg.jp"),
            ("sekisho.midori.lg.jp", "https://sekisho.midori.lg.jp:8443"),
            ("midori.lg.jp", "https://sekisho.midori.lg.jp"),
            ("localhost", "https://localhost:8443"),
        ] {
            assert!(RelyingParty::new(host, "x", &[origin]).is_ok(), "{origin}");
        }
    }

    #[test]
    fn addresses_and_odd_names_are_refused() {
        for host in ["192.0.2.1", "::1"] {
            assert_eq!(
                RelyingParty::new(host, "x", &["https://x"]),
                Err(PartyError::Address(host.into()))
            );
        }
        for host in ["", "Midori.lg.jp", "midori..jp", "-a.jp", "a_b.jp", "緑.jp", "1.2.3", "a.jp."]
        {
            assert_eq!(
                RelyingParty::new(host, "x", &["https://x"]),
                Err(PartyError::Host(host.into()))
            );
        }
    }

    #[test]
    fn origins_outside_the_host_are_refused() {
        for origin in [
            "http://midori.jp",
            "https://midori.jp/",
            "https://evil-midori.jp",
            "https://midori.jp.evil.jp",
            "https://midori.jp:443",
            "https://midori.jp:0443",
            "https://midori.jp:99999",
            "https://a@midori.jp",
            "https://",
            "https://.midori.jp",
        ] {
            let refused = RelyingParty::new("midori.jp", "x", &[origin]);
            assert_eq!(refused, Err(PartyError::Origin(origin.into())));
        }
        assert_eq!(RelyingParty::new("midori.jp", "x", &[]), Err(PartyError::Origins));
    }
}
