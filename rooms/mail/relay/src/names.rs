//! Names and places that stand in Postfix's configuration, read once into types
//! that cannot hold anything Postfix would read as more than a value.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

/// What is wrong with a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {text:?}: {why}")]
pub struct NameError {
    /// What it should have been.
    pub what: &'static str,
    /// The text, cut.
    pub text: String,
    /// The rule that it breaks.
    pub why: &'static str,
}

fn wrong(what: &'static str, text: &str, why: &'static str) -> NameError {
    const CHARS_SHOWN: usize = 80;
    NameError { what, text: text.chars().take(CHARS_SHOWN).collect(), why }
}

macro_rules! as_text {
    ($name:ident) => {
        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// A mail domain or host name in lower case, in ASCII (RFC 5321 4.1.2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(String);
as_text!(Domain);

impl Domain {
    /// Reads one; capitals become small. Japanese domains come as `xn--`.
    ///
    /// # Errors
    /// Anything but letters, digits, hyphens and dots, and wrong lengths.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let no = |why| Err(wrong("domain", text, why));
        if text.is_empty() || text.len() > 253 {
            return no("has 1 to 253 letters");
        }
        for label in text.split('.') {
            if label.is_empty() || label.len() > 63 {
                return no("each part has 1 to 63 letters");
            }
            if !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                return no("holds only letters, digits, hyphens and dots");
            }
            if label.starts_with('-') || label.ends_with('-') {
                return no("no part begins or ends with a hyphen");
            }
        }
        let last = text.rsplit('.').next().unwrap_or_default();
        if last.bytes().all(|byte| byte.is_ascii_digit()) {
            return no("an address is not a domain");
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

/// A server: an address or a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// Its address.
    Address(IpAddr),
    /// Its name.
    Name(Domain),
}

impl Host {
    /// Reads one.
    ///
    /// # Errors
    /// What is neither an address nor a name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match text.parse() {
            Ok(address) => Ok(Self::Address(address)),
            Err(_) => Domain::parse(text).map(Self::Name),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{address}"),
            Self::Name(name) => write!(f, "{name}"),
        }
    }
}

/// A short name for a body in folders and rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);
as_text!(Label);

impl Label {
    /// Reads one: 1 to 40 small letters, digits and hyphens.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=40).contains(&text.len()) && text.bytes().all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(wrong("label", text, "has 1 to 40 small letters, digits and hyphens"))
        }
    }
}

/// A whole path that needs no quotes anywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafePath(String);
as_text!(SafePath);

impl SafePath {
    /// Reads one.
    ///
    /// # Errors
    /// Paths that are not whole, go up, or hold anything but letters, digits,
    /// `.`, `_` and `-`. A socket's path must be short (108 bytes on Linux), so
    /// 80 are allowed for a folder.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let no = |why| Err(wrong("path", text, why));
        let Some(inner) = text.strip_prefix('/') else { return no("begins with /") };
        if text.len() > 80 {
            return no("is longer than 80 bytes");
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        for step in inner.split('/') {
            if step.is_empty() || step == "." || step == ".." {
                return no("every step has a name");
            }
            if !step.bytes().all(is_plain) {
                return no("holds only letters, digits, '.', '_' and '-'");
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The path.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }
}

/// Addresses with a common beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `192.0.2.0/24`, `2001:db8::/32` or a single address.
    ///
    /// # Errors
    /// Other text, and bits behind the prefix.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let no = |why| wrong("network", text, why);
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| no("begins with an IP address"))?;
        let (bits, most) = match address {
            IpAddr::V4(four) => (u128::from(four.to_bits()) << 96, 32),
            IpAddr::V6(six) => (six.to_bits(), 128),
        };
        let prefix: u8 = match prefix {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| no("ends with /BITS"))?
            }
            Some(_) => return Err(no("ends with /BITS")),
            None => most,
        };
        let behind = u128::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
        if prefix > most {
            return Err(no("has more bits than an address"));
        }
        if bits & behind != 0 {
            return Err(no("has bits behind its prefix"));
        }
        Ok(Self { address, prefix })
    }

    /// True if an address stands in it; addresses of version 4 in the clothes of
    /// version 6 count as what they are.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(four) => u128::from(four.to_bits()) << 96,
            IpAddr::V6(six) => six.to_bits(),
        };
        let address = address.to_canonical();
        let behind = u128::MAX.checked_shr(u32::from(self.prefix)).unwrap_or(0);
        self.address.is_ipv4() == address.is_ipv4() && bits(address) & !behind == bits(self.address)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The name of a mail in Postfix's queue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueId(String);
as_text!(QueueId);

impl QueueId {
    /// Reads one: 5 to 40 letters and digits.
    ///
    /// # Errors
    /// Anything else; above all nothing that a program would read as an option.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // `ALL` means every mail to postsuper.
        if (5..=40).contains(&text.len()) && is_plain {
            Ok(Self(text.to_owned()))
        } else {
            Err(wrong("queue id", text, "has 5 to 40 letters and digits"))
        }
    }
}

/// Our name of a delivery, as it stands in Postfix's log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ident(String);
as_text!(Ident);

impl Ident {
    /// Reads one: 1 to 64 letters, digits and hyphens.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if (1..=64).contains(&text.len()) && is_plain {
            Ok(Self(text.to_owned()))
        } else {
            Err(wrong("ident", text, "has 1 to 64 letters, digits and hyphens"))
        }
    }
}
