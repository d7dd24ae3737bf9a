//! A site as its file declares it: the networks of a body, who stands in them,
//! the relays between them, and the flows that it wants. Read by
//! [`crate::read_site`] only, which lets nothing through that must never be.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{Crossing, Zone};

/// How the terminals and systems of a body are placed (guideline 対策基準 3.(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Model {
    /// α: terminals in LGWAN接続系.
    Alpha,
    /// α': as α, with approved cloud services by local break-out.
    AlphaPrime,
    /// β: terminals in インターネット接続系.
    Beta,
    /// β': as β, with important systems there too.
    BetaPrime,
}

impl Model {
    /// All.
    pub const ALL: [Self; 4] = [Self::Alpha, Self::AlphaPrime, Self::Beta, Self::BetaPrime];

    /// The name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alpha => "alpha",
            Self::AlphaPrime => "alpha-prime",
            Self::Beta => "beta",
            Self::BetaPrime => "beta-prime",
        }
    }

    /// Reads [`Model::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }
}

/// What a relay does with what passes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RelayKind {
    /// メールのテキスト化.
    MailText,
    /// 画面転送.
    ScreenTransfer,
    /// ファイルの無害化.
    Sanitiser,
    /// ローカルブレイクアウト.
    LocalBreakout,
    /// 自治体情報セキュリティ向上プラットフォーム.
    PlatformMirror,
}

impl RelayKind {
    /// All.
    pub const ALL: [Self; 5] = [
        Self::MailText,
        Self::ScreenTransfer,
        Self::Sanitiser,
        Self::LocalBreakout,
        Self::PlatformMirror,
    ];

    /// The name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MailText => "mail-text",
            Self::ScreenTransfer => "screen-transfer",
            Self::Sanitiser => "sanitiser",
            Self::LocalBreakout => "local-breakout",
            Self::PlatformMirror => "platform-mirror",
        }
    }

    /// Reads [`RelayKind::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a flow speaks, where a guard is to hold it to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Application {
    /// RDP (MS-RDPBCGR).
    Rdp,
    /// VNC (RFC 6143).
    Vnc,
    /// ICA.
    Ica,
    /// TLS to named servers (RFC 6066 3).
    Tls,
    /// HTTPS with a client certificate.
    Https,
    /// SMTP (RFC 5321).
    Smtp,
    /// SSH (RFC 4253).
    Ssh,
}

impl Application {
    /// All.
    pub const ALL: [Self; 7] =
        [Self::Rdp, Self::Vnc, Self::Ica, Self::Tls, Self::Https, Self::Smtp, Self::Ssh];

    /// The name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rdp => "rdp",
            Self::Vnc => "vnc",
            Self::Ica => "ica",
            Self::Tls => "tls",
            Self::Https => "https",
            Self::Smtp => "smtp",
            Self::Ssh => "ssh",
        }
    }

    /// Reads [`Application::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|application| application.name() == name)
    }

    /// True for those that carry a screen and no file (画面転送).
    #[must_use]
    pub const fn is_screen(self) -> bool {
        match self {
            Self::Rdp | Self::Vnc | Self::Ica => true,
            Self::Tls | Self::Https | Self::Smtp | Self::Ssh => false,
        }
    }
}

/// The transport of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// TCP, number 6.
    Tcp,
    /// UDP, number 17.
    Udp,
}

impl Transport {
    /// The name in files and in nft.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// The number (IANA Protocol Numbers).
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }

    /// Reads [`Transport::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Tcp, Self::Udp].into_iter().find(|transport| transport.name() == name)
    }
}

/// A hardware address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Reads `02:00:5e:00:53:01`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let is_plain = |part: &&str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
            let part = parts.next().filter(|part| part.len() == 2).filter(is_plain)?;
            *byte = u8::from_str_radix(part, 16).ok()?;
        }
        parts.next().is_none().then_some(Self(bytes))
    }
}

impl std::fmt::Display for Mac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    /// Its first address.
    pub address: IpAddr,
    /// How many bits are fixed.
    pub length: u8,
}

impl Prefix {
    /// Reads `10.1.0.0/24`; a plain address is a prefix of that one. Bits behind
    /// the length must be zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => {
                let bits: u8 = length.parse().ok()?;
                // Neither a sign nor zeros before it.
                (address.parse().ok()?, Some((bits.to_string() == length).then_some(bits)?))
            }
            None => (text.parse().ok()?, None),
        };
        let bits = if IpAddr::is_ipv4(&address) { 32 } else { 128 };
        let prefix = Self { address, length: length.unwrap_or(bits) };
        // IPv4 inside IPv6 (RFC 4291 2.5.5) would be two names for one machine.
        let is_inside = match address {
            IpAddr::V4(_) => false,
            IpAddr::V6(six) => six.to_ipv4_mapped().is_some() || text.contains('.'),
        };
        let is_whole = prefix.length <= bits && prefix.first() == address && !is_inside;
        is_whole.then_some(prefix)
    }

    /// True where the address lies in it.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let same = address.is_ipv4() == self.address.is_ipv4();
        same && Self { address, length: self.length }.first() == self.address
    }

    fn first(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(address) => {
                let host = u32::MAX.checked_shr(u32::from(self.length)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from(u32::from(address) & !host))
            }
            IpAddr::V6(address) => {
                let host = u128::MAX.checked_shr(u32::from(self.length)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from(u128::from(address) & !host))
            }
        }
    }
}

impl std::fmt::Display for Prefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

/// A subnet behind one interface of the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// The zone that it belongs to.
    pub zone: Zone,
    /// The gateway's interface.
    pub interface: String,
    /// Its addresses, at most one prefix a family.
    pub prefixes: Vec<Prefix>,
}

/// A machine that may speak over a boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Its networks by their place: one, or more for a relay.
    pub networks: Vec<usize>,
    /// Its addresses: single ones, or as wide as the site allows.
    pub addresses: Vec<Prefix>,
    /// Its hardware address; none for one behind a router.
    pub mac: Option<Mac>,
    /// Whose it is: a section or a company.
    pub owner: String,
    /// What is listed of destinations beyond the body (特定通信): `eltax`.
    pub listed: Option<String>,
}

/// A host that breaks what passes between two zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Its name.
    pub name: String,
    /// What it does.
    pub kind: RelayKind,
    /// Its host by place.
    pub host: usize,
}

/// A day in the calendar, as `2027-03-31`; a flow ends with it, in Japan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// The year.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A communication between two hosts in two zones (領域間通信).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Its name: it stands in the rule's comment and log prefix.
    pub name: String,
    /// Who begins it, by place.
    pub from: usize,
    /// Who answers, by place.
    pub to: usize,
    /// The boundary that it crosses.
    pub crossing: Crossing,
    /// Its transport.
    pub transport: Transport,
    /// The port of the one who answers.
    pub port: u16,
    /// What it must speak.
    pub application: Option<Application>,
    /// The names of the servers that TLS may ask for.
    pub servers: Vec<String>,
    /// The relay that it comes from or goes to, by place.
    pub relay: Option<usize>,
    /// What for.
    pub purpose: String,
    /// Who answers for it.
    pub owner: String,
    /// Its last day.
    pub ends: Day,
    /// The risk analysis that it rests on.
    pub risk_analysis: Option<String>,
    /// The items of its check list that are done.
    pub checked: Vec<String>,
}

impl Flow {
    /// True where a guard reads the first bytes of both sides before anything
    /// passes. Every screen transfer is such a flow (G5).
    #[must_use]
    pub const fn is_guarded(&self) -> bool {
        self.application.is_some()
    }
}

/// What the gateway itself answers (ゲートウェイのサービス): its console, its
/// clock. Everything else that is sent to it is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name: it stands in the comments of its elements.
    pub name: String,
    /// Who may ask, by place, each once; all stand in one zone.
    pub from: Vec<usize>,
    /// That zone.
    pub zone: Zone,
    /// Its transport.
    pub transport: Transport,
    /// The gateway's port.
    pub port: u16,
    /// What for.
    pub purpose: String,
    /// Who answers for it.
    pub owner: String,
    /// Its last day.
    pub ends: Day,
    /// True where it is still answered while its zone is cut off (遮断): what
    /// somebody needs to bring the zone back.
    pub stays_in_cutoff: bool,
}

/// What is checked before a flow out of personal numbers opens: both addresses,
/// the port, the hardware address, the certificate, and that the vendor was
/// asked too.
pub const CHECK_LIST: [&str; 5] = ["address", "port", "mac", "certificate", "vendor-asked"];

/// The whole site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The body's name.
    pub body: String,
    /// How it is placed.
    pub model: Model,
    /// The shortest prefix that a host may have, IPv4.
    pub prefix_min_ipv4: u8,
    /// The shortest prefix that a host may have, IPv6.
    pub prefix_min_ipv6: u8,
    /// Its networks.
    pub networks: Vec<Network>,
    /// Its hosts.
    pub hosts: Vec<Host>,
    /// Its relays.
    pub relays: Vec<Relay>,
    /// Its flows.
    pub flows: Vec<Flow>,
    /// What the gateway itself answers.
    pub services: Vec<Service>,
}

impl Site {
    /// The zones that a host stands in, each once.
    #[must_use]
    pub fn zones_of(&self, host: &Host) -> Vec<Zone> {
        let networks = host.networks.iter().filter_map(|place| self.networks.get(*place));
        let mut zones: Vec<Zone> = networks.map(|network| network.zone).collect();
        zones.sort();
        zones.dedup();
        zones
    }

    /// True where a flow has what it needs to be open: one that leaves personal
    /// numbers, or goes to a listed destination, its risk analysis and every item
    /// of the check list (guideline 対策基準 3.(3)①, 解説).
    #[must_use]
    pub fn is_complete(&self, flow: usize) -> bool {
        let Some(flow) = self.flows.get(flow) else { return false };
        let is_listed = self.hosts.get(flow.to).is_some_and(|host| host.listed.is_some());
        if flow.crossing.from() != Zone::MyNumber && !is_listed {
            return true;
        }
        let has_all = CHECK_LIST.iter().all(|item| flow.checked.iter().any(|one| one == item));
        flow.risk_analysis.is_some() && has_all
    }

    /// The network of a host in which one of its addresses lies.
    #[must_use]
    pub fn network_of(&self, host: &Host, address: &Prefix) -> Option<&Network> {
        let mut networks = host.networks.iter().filter_map(|place| self.networks.get(*place));
        networks.find(|network| network.prefixes.iter().any(|one| one.holds(address.address)))
    }
}
