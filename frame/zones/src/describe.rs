//! What a site's file may say, key by key: one description from which the reader
//! takes its keys and bounds, and the JSON Schema is written.

use crate::Zone;
use crate::site::{Application, CHECK_LIST, Model, RelayKind, Transport};

/// A part of the file.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// The table's name.
    pub name: &'static str,
    /// True where it may stand there any number of times, `[[name]]`.
    pub is_list: bool,
    /// What it is, in Japanese.
    pub ja: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Of these at least one stands there.
    pub one_of: &'static [&'static str],
    /// Where the first stands there, the second is the third.
    pub implies: &'static [(&'static str, &'static str, &'static str)],
}

/// A key of a part.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its value may be.
    pub form: Form,
    /// True where it must stand there.
    pub is_required: bool,
    /// What it is, in Japanese.
    pub ja: &'static str,
    /// The same in English.
    pub en: &'static str,
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Up to [`WORDS_CHARACTERS_MAX`] characters of words, not blank.
    Words,
    /// Any text.
    Text,
    /// A name of its own: [`NAME_BYTES_MAX`] of `a-z`, `0-9`, `-`, `.`.
    Name,
    /// The name of an entry of another part.
    Of(&'static str),
    /// The names of entries of another part: at least one, each once.
    AllOf(&'static str),
    /// One of several words.
    Choice(&'static [&'static str]),
    /// Some of several words.
    Choices(&'static [&'static str]),
    /// Names of servers: 253 of `a-z`, `0-9`, `-`, `.`.
    Servers,
    /// A whole number.
    Number {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// An address or prefix of IPv4.
    Ipv4,
    /// An address or prefix of IPv6.
    Ipv6,
    /// A hardware address.
    Hardware,
    /// A network interface of Linux.
    Interface,
    /// A day: TOML's own or `2027-03-31`.
    Day,
    /// True or false.
    Yes,
}

/// The longest name, in bytes: it stands in comments and log prefixes.
pub const NAME_BYTES_MAX: usize = 40;
/// The longest purpose or owner, in characters.
pub const WORDS_CHARACTERS_MAX: usize = 200;
/// The longest name of an interface (Linux `IFNAMSIZ` less its zero).
pub const INTERFACE_BYTES_MAX: usize = 15;

const MODELS: [&str; 4] =
    [Model::Alpha.name(), Model::AlphaPrime.name(), Model::Beta.name(), Model::BetaPrime.name()];
const ZONES: [&str; 3] = [Zone::MyNumber.name(), Zone::Lgwan.name(), Zone::Internet.name()];
const RELAYS: [&str; 5] = [
    RelayKind::MailText.name(),
    RelayKind::ScreenTransfer.name(),
    RelayKind::Sanitiser.name(),
    RelayKind::LocalBreakout.name(),
    RelayKind::PlatformMirror.name(),
];
const APPLICATIONS: [&str; 7] = [
    Application::Rdp.name(),
    Application::Vnc.name(),
    Application::Ica.name(),
    Application::Tls.name(),
    Application::Https.name(),
    Application::Smtp.name(),
    Application::Ssh.name(),
];
const TRANSPORTS: [&str; 2] = [Transport::Tcp.name(), Transport::Udp.name()];
const PORT: Form = Form::Number { min: 1, max: 65_535 };

const fn need(name: &'static str, form: Form, ja: &'static str, en: &'static str) -> Key {
    Key { name, form, is_required: true, ja, en }
}

const fn may(name: &'static str, form: Form, ja: &'static str, en: &'static str) -> Key {
    Key { name, form, is_required: false, ja, en }
}

/// Every part of the file.
pub const PARTS: [Part; 6] = [SITE, NETWORK, HOST, RELAY, FLOW, SERVICE];

pub(crate) const SITE: Part = Part {
    name: "site",
    is_list: false,
    ja: "団体とその上限",
    en: "the body and its limits",
    keys: &[
        need("body", Form::Words, "団体の名前", "the body's name"),
        need("model", Form::Choice(&MODELS), "モデル", "how it is placed"),
        may(
            "prefix-min-ipv4",
            Form::Number { min: 8, max: 32 },
            "IPv4の機器に許す最も広い幅。省くと32",
            "the widest a host may be, IPv4; 32 if left out",
        ),
        may(
            "prefix-min-ipv6",
            Form::Number { min: 8, max: 128 },
            "IPv6の機器に許す最も広い幅。省くと128",
            "the widest a host may be, IPv6; 128 if left out",
        ),
    ],
    one_of: &[],
    implies: &[],
};

pub(crate) const NETWORK: Part = Part {
    name: "network",
    is_list: true,
    ja: "ゲートウェイの1つのインターフェースの先にあるネットワーク",
    en: "a network behind one interface of the gateway",
    keys: &[
        need("name", Form::Name, "名前", "its name"),
        need("zone", Form::Choice(&ZONES), "領域", "its zone"),
        need(
            "interface",
            Form::Interface,
            "ゲートウェイのインターフェース",
            "the gateway's interface",
        ),
        may("ipv4", Form::Ipv4, "IPv4の範囲", "its IPv4 prefix"),
        may("ipv6", Form::Ipv6, "IPv6の範囲", "its IPv6 prefix"),
    ],
    one_of: &["ipv4", "ipv6"],
    implies: &[],
};

pub(crate) const HOST: Part = Part {
    name: "host",
    is_list: true,
    ja: "境界を越えて通信できる機器",
    en: "a machine that may speak over a boundary",
    keys: &[
        need("name", Form::Name, "名前", "its name"),
        need("network", Form::Of("network"), "置かれたネットワーク", "the network it stands in"),
        may("ipv4", Form::Ipv4, "IPv4アドレス", "its IPv4 address"),
        may("ipv6", Form::Ipv6, "IPv6アドレス", "its IPv6 address"),
        may(
            "mac",
            Form::Hardware,
            "MACアドレス。ゲートウェイと同じリンクにあれば書く",
            "its hardware address, where it stands on the gateway's link",
        ),
        need("owner", Form::Words, "持ち主(課または会社)", "whose it is"),
        may(
            "listed",
            Form::Name,
            "ガイドラインが挙げる外の相手先: eltax、pittari",
            "a destination beyond the body that the guideline lists: eltax, pittari",
        ),
    ],
    one_of: &["ipv4", "ipv6"],
    implies: &[],
};

pub(crate) const RELAY: Part = Part {
    name: "relay",
    is_list: true,
    ja: "2つの領域のあいだで通信を断って渡す中継",
    en: "a host that breaks what passes between two zones",
    keys: &[
        need("name", Form::Name, "名前", "its name"),
        need("kind", Form::Choice(&RELAYS), "種類", "what it does"),
        need("host", Form::Of("host"), "機器", "its host"),
    ],
    one_of: &[],
    implies: &[],
};

pub(crate) const FLOW: Part = Part {
    name: "flow",
    is_list: true,
    ja: "領域間通信。許可のあいだだけ通る",
    en: "a communication between two zones; it passes while a permit is in force",
    keys: &[
        need("name", Form::Name, "名前。規則とログに残る", "its name, in rules and logs"),
        need("from", Form::Of("host"), "始める側の機器", "the host that begins"),
        need("to", Form::Of("host"), "答える側の機器", "the host that answers"),
        need("protocol", Form::Choice(&TRANSPORTS), "トランスポート", "its transport"),
        need("port", PORT, "答える側のポート。1つだけ", "the one port of whoever answers"),
        may("application", Form::Choice(&APPLICATIONS), "話すプロトコル", "what it must speak"),
        may(
            "servers",
            Form::Servers,
            "TLSで求めてよいサーバー名",
            "the names that TLS may ask for",
        ),
        may(
            "relay",
            Form::Of("relay"),
            "中継。LGWAN接続系とインターネット接続系のあいだでは必ず書く",
            "its relay; needed between LGWAN and the internet",
        ),
        need("purpose", Form::Words, "目的", "what for"),
        need("owner", Form::Words, "責任者", "who answers for it"),
        need("ends", Form::Day, "最後の日", "its last day"),
        may("risk-analysis", Form::Text, "リスク分析の文書", "the risk analysis it rests on"),
        may(
            "checked",
            Form::Choices(&CHECK_LIST),
            "済んだ確認項目",
            "items of the check list that are done",
        ),
        may("note", Form::Text, "覚え書き", "a note"),
    ],
    one_of: &[],
    implies: &[("application", "protocol", "tcp")],
};

pub(crate) const SERVICE: Part = Part {
    name: "service",
    is_list: true,
    ja: "ゲートウェイ自身が答えるもの",
    en: "what the gateway itself answers",
    keys: &[
        need("name", Form::Name, "名前", "its name"),
        need(
            "from",
            Form::AllOf("host"),
            "使ってよい機器。1つの領域のものだけ",
            "who may ask: hosts of one zone",
        ),
        need("protocol", Form::Choice(&TRANSPORTS), "トランスポート", "its transport"),
        need("port", PORT, "ゲートウェイのポート", "the gateway's port"),
        need("purpose", Form::Words, "目的", "what for"),
        need("owner", Form::Words, "責任者", "who answers for it"),
        need("ends", Form::Day, "最後の日", "its last day"),
        may(
            "stays-in-cutoff",
            Form::Yes,
            "領域を遮断しているあいだも残すか。省くと残さない",
            "whether it stays while its zone is cut off; not, if left out",
        ),
    ],
    one_of: &[],
    implies: &[],
};

impl Part {
    /// The names of its keys.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }

    /// The words of a choice; none where it is none.
    pub(crate) fn choices(&self, name: &str) -> &'static [&'static str] {
        let key = self.keys.iter().find(|key| key.name == name);
        match key.map(|key| key.form) {
            Some(Form::Choice(words) | Form::Choices(words)) => words,
            Some(
                Form::Words
                | Form::Text
                | Form::Name
                | Form::Of(_)
                | Form::AllOf(_)
                | Form::Servers
                | Form::Number { .. }
                | Form::Ipv4
                | Form::Ipv6
                | Form::Hardware
                | Form::Interface
                | Form::Day
                | Form::Yes,
            )
            | None => &[],
        }
    }

    /// The bounds of a number.
    pub(crate) fn bounds(&self, name: &str) -> (i64, i64) {
        let key = self.keys.iter().find(|key| key.name == name);
        match key.map(|key| key.form) {
            Some(Form::Number { min, max }) => (min, max),
            Some(
                Form::Words
                | Form::Text
                | Form::Name
                | Form::Of(_)
                | Form::AllOf(_)
                | Form::Choice(_)
                | Form::Choices(_)
                | Form::Servers
                | Form::Ipv4
                | Form::Ipv6
                | Form::Hardware
                | Form::Interface
                | Form::Day
                | Form::Yes,
            )
            | None => (i64::MAX, i64::MIN),
        }
    }
}
