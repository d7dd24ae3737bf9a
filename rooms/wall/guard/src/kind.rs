//! Says what first bytes look like. A guess for the record, and nothing that a
//! decision rests on.

/// What first bytes look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// There are none.
    Nothing,
    /// A request or answer of HTTP/1, or the preface of HTTP/2.
    Http,
    /// An identification string of SSH.
    Ssh,
    /// A record of TLS.
    Tls,
    /// A packet of TPKT, which RDP begins with.
    Rdp,
    /// A version of RFB.
    Vnc,
    /// The word of ICA.
    Ica,
    /// A greeting or command of mail.
    Smtp,
    /// A SOCKS request (RFC 1928), or one of version 4.
    Socks,
    /// Other words in ASCII.
    Text,
    /// Other bytes.
    Binary,
}

impl Kind {
    /// Looks at first bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let begins = |words: &[&str]| {
            let upper = |word: &&str| {
                bytes.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word.as_bytes()))
            };
            words.iter().any(upper)
        };
        match bytes {
            [] => Self::Nothing,
            [20..=23, 3, ..] => Self::Tls,
            [3, 0, ..] => Self::Rdp,
            [0x7f, 0x7f, b'I', b'C', ..] => Self::Ica,
            [4 | 5, 1..=4, ..] => Self::Socks,
            _ if begins(&["SSH-"]) => Self::Ssh,
            _ if begins(&["RFB "]) => Self::Vnc,
            _ if begins(&["GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS "]) => Self::Http,
            _ if begins(&["CONNECT ", "PATCH ", "TRACE ", "PRI * ", "HTTP/"]) => Self::Http,
            _ if begins(&["EHLO ", "HELO ", "MAIL FROM", "220 ", "220-", "QUIT"]) => Self::Smtp,
            _ if bytes.iter().all(|byte| matches!(byte, 9..=13 | 32..=126)) => Self::Text,
            _ => Self::Binary,
        }
    }

    /// The name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Http => "http",
            Self::Ssh => "ssh",
            Self::Tls => "tls",
            Self::Rdp => "rdp",
            Self::Vnc => "vnc",
            Self::Ica => "ica",
            Self::Smtp => "smtp",
            Self::Socks => "socks",
            Self::Text => "text",
            Self::Binary => "binary",
        }
    }
}
