//! What a flow must speak, what was seen of it, and why it was cut.

use zones::site::Application;

use crate::kind::Kind;

/// Who sent something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The one who began.
    Client,
    /// The one who answers.
    Server,
}

impl Side {
    /// The name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// What a flow must speak.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// The protocol.
    pub application: Application,
    /// The names that TLS may ask for, in lower case; empty where any may be
    /// asked for, and none.
    pub servers: Vec<String>,
}

impl Rule {
    /// The rule of a flow's declaration.
    #[must_use]
    pub fn of(application: Application, servers: &[String]) -> Self {
        let plain = |name: &String| name.trim_end_matches('.').to_ascii_lowercase();
        Self { application, servers: servers.iter().map(plain).collect() }
    }

    /// True where the one who answers speaks first.
    #[must_use]
    pub const fn server_begins(&self) -> bool {
        match self.application {
            Application::Vnc | Application::Ica | Application::Smtp | Application::Ssh => true,
            Application::Rdp | Application::Tls | Application::Https => false,
        }
    }
}

/// What could be seen of a client's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certificate {
    /// It was demanded and given, in plain sight (TLS 1.2).
    Given,
    /// It is not to be seen: TLS 1.3 encrypts it (RFC 8446 4.4), and a resumed
    /// session of TLS 1.2 does not repeat it (RFC 5246 7.3).
    Unseen,
}

impl Certificate {
    /// The name in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Unseen => "unseen",
        }
    }
}

/// What was seen of a session that passes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The name that TLS asked for.
    pub server_name: Option<String>,
    /// The version of TLS that the server chose, as on the wire (`0x0303` is
    /// 1.2).
    pub tls: Option<u16>,
    /// What was seen of the client's certificate, where the flow demands one.
    pub certificate: Option<Certificate>,
    /// True where the server said no in its own protocol: nothing follows.
    pub is_over: bool,
}

/// A session that is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} sent {} where {} was due: {}", side.name(), kind.name(), due, why.name())]
pub struct Refusal {
    /// Whose bytes, or whose silence.
    pub side: Side,
    /// Why.
    pub why: Why,
    /// What its first bytes look like: never the bytes themselves.
    pub kind: Kind,
    /// What was due when it came.
    pub due: &'static str,
}

/// Why a session is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It is another protocol, or none.
    Other,
    /// It begins as the protocol does, and does not keep to its form.
    Malformed,
    /// It says more before its turn than the protocol lets it.
    Early,
    /// It says more than the first bytes may be.
    TooMuch,
    /// It says nothing, or not enough, in the time that it has.
    Silent,
    /// It ends before it has said enough.
    Ended,
    /// TLS asks for no server by name.
    NoName,
    /// TLS asks for a server that the flow does not name.
    OtherName,
    /// TLS hides the server that it asks for.
    HiddenName,
    /// TLS before 1.2.
    OldTls,
    /// RDP without TLS.
    PlainScreen,
    /// HTTPS, and the server demands no certificate of the client.
    NotDemanded,
    /// HTTPS, and the client gives no certificate.
    NotGiven,
    /// HTTPS, and TLS offers other protocols only.
    NotHttp,
}

impl Why {
    /// All.
    pub const ALL: [Self; 14] = [
        Self::Other,
        Self::Malformed,
        Self::Early,
        Self::TooMuch,
        Self::Silent,
        Self::Ended,
        Self::NoName,
        Self::OtherName,
        Self::HiddenName,
        Self::OldTls,
        Self::PlainScreen,
        Self::NotDemanded,
        Self::NotGiven,
        Self::NotHttp,
    ];

    /// The name in records and keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Other => "other-protocol",
            Self::Malformed => "malformed",
            Self::Early => "early",
            Self::TooMuch => "too-much",
            Self::Silent => "silent",
            Self::Ended => "ended",
            Self::NoName => "no-server-name",
            Self::OtherName => "other-server-name",
            Self::HiddenName => "hidden-server-name",
            Self::OldTls => "old-tls",
            Self::PlainScreen => "screen-without-tls",
            Self::NotDemanded => "certificate-not-demanded",
            Self::NotGiven => "certificate-not-given",
            Self::NotHttp => "not-http",
        }
    }

    /// Reads [`Why::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.name() == name)
    }

    /// What happened, in Japanese and English.
    #[must_use]
    pub const fn explain(self) -> (&'static str, &'static str) {
        match self {
            Self::Other => ("別のプロトコルでした", "it is another protocol"),
            Self::Malformed => {
                ("プロトコルの形に合いません", "it does not keep to the protocol's form")
            }
            Self::Early => ("順番より先に送りました", "it spoke before its turn"),
            Self::TooMuch => ("最初のやり取りが長すぎます", "its first words are too long"),
            Self::Silent => ("時間内に何も言いませんでした", "it did not say enough in time"),
            Self::Ended => ("途中で終わりました", "it ended before it said enough"),
            Self::NoName => ("TLSにサーバー名がありません", "TLS names no server"),
            Self::OtherName => {
                ("申請にないサーバー名を求めました", "TLS asks for a server that is not approved")
            }
            Self::HiddenName => {
                ("TLSがサーバー名を隠しています(ECH)", "TLS hides the server's name (ECH)")
            }
            Self::OldTls => ("TLS 1.2より前の版です", "TLS before 1.2"),
            Self::PlainScreen => ("TLSのないRDPです", "RDP without TLS"),
            Self::NotDemanded => (
                "サーバーがクライアント証明書を求めません",
                "the server demands no client certificate",
            ),
            Self::NotGiven => ("クライアント証明書がありません", "the client gives no certificate"),
            Self::NotHttp => ("HTTPのほかのプロトコルです", "TLS offers no HTTP"),
        }
    }
}
