//! Who may speak to the service: networks by address. Nobody, unless named.

use std::net::IpAddr;

/// Networks whose machines are served; everybody else is turned away before a
/// byte is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients(Vec<Network>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: u128,
    bits: u32,
    is_v4: bool,
}

/// Why a list of clients cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientsError {
    /// There is nobody to serve.
    #[error("no client is named")]
    Nobody,
    /// Not an address or a network.
    #[error("{0:?} is not an address or a network such as 10.1.2.0/24")]
    Spelling(String),
    /// Bits are set behind the network's length: a slip of the hand would let
    /// in other machines than the writer thinks.
    #[error("{0:?} has bits set behind its length")]
    Loose(String),
}

impl Clients {
    /// Reads addresses (`10.1.2.3`, `fd00::1`) and networks (`10.1.2.0/24`).
    ///
    /// # Errors
    /// An empty list is refused, as is every entry that is not exact.
    pub fn parse<T: AsRef<str>>(entries: &[T]) -> Result<Self, ClientsError> {
        let networks: Vec<_> =
            entries.iter().map(|entry| Network::parse(entry.as_ref())).collect::<Result<_, _>>()?;
        if networks.is_empty() { Err(ClientsError::Nobody) } else { Ok(Self(networks)) }
    }

    /// Says whether this machine is served.
    #[must_use]
    pub fn admit(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|network| network.holds(ip))
    }
}

impl Network {
    fn parse(text: &str) -> Result<Self, ClientsError> {
        let spelling = || ClientsError::Spelling(text.to_owned());
        let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
        let ip: IpAddr = address.parse().map_err(|_| spelling())?;
        let (address, is_v4) = number(ip);
        let bits_max = if is_v4 { 32 } else { 128 };
        let bits = match length {
            None => bits_max,
            Some(length) => length.parse().ok().filter(|b| *b <= bits_max).ok_or_else(spelling)?,
        };
        let network = Self { address, bits, is_v4 };
        if address & !network.mask() != 0 {
            return Err(ClientsError::Loose(text.to_owned()));
        }
        Ok(network)
    }

    fn holds(self, ip: IpAddr) -> bool {
        let (address, is_v4) = number(ip);
        is_v4 == self.is_v4 && address & self.mask() == self.address
    }

    /// The bits that count.
    fn mask(self) -> u128 {
        let width = if self.is_v4 { 32 } else { 128 };
        let all = if self.is_v4 { u128::from(u32::MAX) } else { u128::MAX };
        all & all.checked_shl(width - self.bits).unwrap_or(0)
    }
}

fn number(ip: IpAddr) -> (u128, bool) {
    match ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()), true),
        IpAddr::V6(ip) => (ip.to_bits(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(entries: &[&str], ip: &str) -> bool {
        Clients::parse(entries).unwrap().admit(ip.parse().unwrap())
    }

    #[test]
    fn only_named_networks_are_served() {
        assert!(admits(&["10.1.2.0/24"], "10.1.2.255"));
        assert!(!admits(&["10.1.2.0/24"], "10.1.3.0"));
        assert!(admits(&["10.1.2.3", "fd00::/8"], "fd12::1"));
        assert!(!admits(&["fd00::/8"], "10.1.2.3"));
        assert!(admits(&["0.0.0.0/0"], "203.0.113.9"));
        assert!(!admits(&["0.0.0.0/0"], "2001:db8::1"));
    }

    #[test]
    fn an_ipv4_client_on_an_ipv6_socket_is_the_same_client() {
        assert!(admits(&["127.0.0.1"], "::ffff:127.0.0.1"));
    }

    #[test]
    fn a_list_that_is_not_exact_is_refused() {
        let none: &[&str] = &[];
        assert_eq!(Clients::parse(none), Err(ClientsError::Nobody));
        assert_eq!(
            Clients::parse(&["10.1.2.3/24"]),
            Err(ClientsError::Loose("10.1.2.3/24".to_owned()))
        );
        for wrong in ["", "host", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1"] {
            assert!(matches!(Clients::parse(&[wrong]), Err(ClientsError::Spelling(_))), "{wrong}");
        }
    }
}
