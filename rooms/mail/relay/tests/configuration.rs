//! Whatever a body calls itself, Postfix reads back exactly the values that were
//! set, and nothing else.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use base::{Random, SeededRandom};
use mail_relay::{
    Back, Body, Certificate, Domain, Filter, Host, Ident, Label, Limits, Network, Next, NextTls,
    Onward, PolicyDown, QueueId, SafePath, Setting, Side, files,
};

/// Pieces that mean something to Postfix, to a shell or to nobody.
const PIECES: &[&str] = &[
    "\n",
    "\r",
    "\n mynetworks = 0.0.0.0/0\n",
    " ",
    "\t",
    "#",
    "$",
    "${mynetworks}",
    "$$",
    "{",
    "}",
    "=",
    ",",
    ";",
    ":",
    "|",
    "\"",
    "'",
    "\\",
    "/",
    "..",
    "\0",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "inline:{ a = b }",
    "-o content_filter=",
    "!",
    "@",
    "<",
    ">",
    "(",
    ")",
    "*",
    "?",
    "%",
    "&",
    "`id`",
    "日本",
    "ａ",
    "é",
    "\u{202e}",
    "[",
    "]",
    "~",
    "^",
];

#[test]
fn names_hold_nothing_but_names() {
    let every = (0..=0x2FFF_u32).filter_map(char::from_u32).map(|c| c.to_string());
    let some =
        (0x3000..=0x10_FFFF_u32).step_by(97).filter_map(char::from_u32).map(|c| c.to_string());
    let pieces: Vec<String> =
        every.chain(some).chain(PIECES.iter().map(|piece| (*piece).to_owned())).collect();
    for piece in &pieces {
        for text in [format!("a{piece}b"), format!("{piece}ab"), format!("ab{piece}")] {
            let domain = Domain::parse(&format!("{text}.example")).map(|one| one.to_string());
            let host = Host::parse(&format!("{text}.example")).map(|one| one.to_string());
            let label = Label::parse(&text).map(|one| one.to_string());
            let path = SafePath::parse(&format!("/x/{text}/y")).map(|one| one.to_string());
            let ident = Ident::parse(&text).map(|one| one.to_string());
            let id = QueueId::parse(&format!("{text}xyz")).map(|one| one.to_string());
            for read in [domain, host, label, path, ident, id].into_iter().flatten() {
                let is_plain = read
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"./_-".contains(&byte));
                assert!(is_plain && !read.contains("/../"), "{read:?}");
            }
            assert!(
                Network::parse(&format!("192.0.2.0/2{piece}4")).is_err()
                    || piece.is_empty()
                    || piece.bytes().all(|byte| byte.is_ascii_digit())
            );
        }
    }
    for wrong in [
        "192.0.2.1/24",
        "192.0.2.0/33",
        "2001:db8::/129",
        "2001:db8::1/64",
        "192.0.2.0/",
        "192.0.2.0/+8",
        "",
    ] {
        assert!(Network::parse(wrong).is_err(), "{wrong}");
    }
    for wrong in [
        "",
        ".",
        "a..b",
        "-a.example",
        "a-.example",
        "192.0.2.1",
        "1.2",
        &"a".repeat(64),
        &"a.".repeat(127),
    ] {
        assert!(Domain::parse(wrong).is_err(), "{wrong}");
    }
}

struct Dice(SeededRandom);

impl Dice {
    fn below(&self, end: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        usize::try_from(u32::from_le_bytes(bytes)).unwrap() % end
    }

    fn word(&self, letters: &[u8], most: usize) -> String {
        let count = 1 + self.below(most);
        (0..count).map(|_| char::from(letters[self.below(letters.len())])).collect()
    }

    /// A text that parses; odd ones are thrown again.
    fn parsed<T, E>(
        &self,
        make: impl Fn(&Self) -> String,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> T {
        for _ in 0..10_000 {
            if let Ok(value) = read(&make(self)) {
                return value;
            }
        }
        panic!("nothing parses");
    }

    fn domain(&self) -> Domain {
        let make = |dice: &Self| {
            let count = 1 + dice.below(4);
            let parts: Vec<String> = (0..count).map(|_| dice.word(b"abcxyzABC019-", 12)).collect();
            parts.join(".")
        };
        self.parsed(make, Domain::parse)
    }

    fn path(&self) -> SafePath {
        let make = |dice: &Self| {
            let count = 1 + dice.below(4);
            (0..count).map(|_| format!("/{}", dice.word(b"abcXYZ019._-", 10))).collect::<String>()
        };
        self.parsed(make, SafePath::parse)
    }

    fn host(&self) -> Host {
        let make = |dice: &Self| match dice.below(3) {
            0 => "192.0.2.7".to_owned(),
            1 => "2001:db8::7".to_owned(),
            _ => dice.domain().to_string(),
        };
        self.parsed(make, Host::parse)
    }

    fn tls(&self) -> NextTls {
        [NextTls::None, NextTls::Offered, NextTls::Always, NextTls::Checked][self.below(4)]
    }

    fn setting(&self, home: &str) -> Setting {
        let side = [Side::Outside, Side::Inside][self.below(2)];
        let boxes = self.path();
        let bodies = (0..self.below(6))
            .map(|number| Body {
                label: Label::parse(&format!("{}{number}", self.word(b"abc-", 8))).unwrap(),
                domains: (0..1 + self.below(3)).map(|_| self.domain()).collect(),
                next: match self.below(2) {
                    0 => Next::Server {
                        host: self.host(),
                        port: u16::try_from(1 + self.below(65_000)).unwrap(),
                        tls: self.tls(),
                    },
                    _ => Next::Maildir { folder: boxes.clone(), user: 1, group: 1 },
                },
                senders: ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"][..self.below(4)]
                    .iter()
                    .map(|text| Network::parse(text).unwrap())
                    .collect(),
                bytes_max: 1 + u64::try_from(self.below(100 << 20)).unwrap(),
                receivers_max: u32::try_from(self.below(1_000)).unwrap(),
            })
            .collect();
        Setting {
            side,
            name: self.domain(),
            home: SafePath::parse(home).unwrap(),
            entrances: ["0.0.0.0:25", "[2001:db8::1]:25", "192.0.2.1:2525"][..self.below(4)]
                .iter()
                .map(|text| text.parse::<SocketAddr>().unwrap())
                .collect(),
            bodies,
            filter: [Filter::Socket, Filter::Loopback(10_024)][self.below(2)],
            back: [Back::Socket, Back::Loopback(10_025)][self.below(2)],
            policy: [None, Some(PolicyDown::Wait), Some(PolicyDown::Take)][self.below(3)],
            onward: match self.below(2) {
                0 => Onward::World,
                _ => Onward::Relay { host: self.host(), port: 587, tls: self.tls() },
            },
            certificate: (self.below(2) == 0).then(|| Certificate { chain: self.path() }),
            limits: Limits {
                receivers_max: 1 + u32::try_from(self.below(1_000)).unwrap(),
                ..Limits::default()
            },
        }
    }
}

fn ask(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{program} {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// `name = value` as we wrote them.
fn written(main: &str) -> BTreeMap<&str, &str> {
    let mut values = BTreeMap::new();
    for line in main.lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.split_once(" =").unwrap();
        assert!(!value.contains('$'), "{line}");
        assert!(values.insert(name, value.trim_start()).is_none(), "{name} is set twice");
    }
    values
}

#[test]
fn what_two_bodies_claim_is_refused() {
    let dice = Dice(SeededRandom::new(3));
    let mut setting = std::iter::repeat_with(|| dice.setting("/tmp/sekisho-nowhere"))
        .find(|setting| setting.bodies.len() == 3)
        .unwrap();
    assert_eq!(setting.check(), Ok(()));
    let mut twice = setting.clone();
    let first = twice.bodies[0].domains[0].clone();
    twice.bodies[1].domains.push(first);
    assert!(twice.check().is_err());
    setting.bodies[2].label = setting.bodies[0].label.clone();
    assert!(setting.check().is_err());
}

#[test]
fn postfix_reads_back_what_was_set() {
    if !Path::new("/usr/sbin/postconf").exists() {
        eprintln!("skipped: Postfix is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let dice = Dice(SeededRandom::new(15));
    for round in 0..15 {
        let place = folder.path().join(round.to_string());
        let config = place.join("config");
        std::fs::create_dir_all(&config).unwrap();
        let home = "/tmp/sekisho-nowhere";
        let setting = dice.setting(home);
        let texts = files(&setting);
        assert_eq!(texts, files(&setting.clone()), "the same setting is the same text");
        for (name, text) in &texts {
            std::fs::write(config.join(name), text).unwrap();
        }
        let at = config.to_string_lossy().into_owned();
        let values = written(&texts["main.cf"]);
        let names: Vec<&str> = values.keys().copied().collect();
        let read = ask("postconf", &[&["-c", &at, "-x", "-h"], names.as_slice()].concat());
        let read: Vec<&str> = read.split('\n').collect();
        for (index, name) in names.iter().enumerate() {
            assert_eq!(read[index], values[name], "{name}");
        }
        // Nothing is set that we did not write.
        let all = ask("postconf", &["-c", &at, "-n", "-f"]);
        let set = all.lines().filter(|line| !line.starts_with([' ', '\t'])).count();
        assert!(set <= values.len() + 1, "{set} of {}: {all}", values.len());
        let services = ask("postconf", &["-c", &at, "-M"]);
        let wanted = 24 + setting.entrances.len() + usize::from(setting.side == Side::Inside);
        assert_eq!(services.lines().count(), wanted, "{services}");
        let open: Vec<&str> = services.lines().filter(|line| line.contains("inet")).collect();
        let ports = usize::from(matches!(setting.back, Back::Loopback(_)));
        assert_eq!(open.len(), setting.entrances.len() + ports, "{open:?}");
        let filters = ask("postconf", &["-c", &at, "-P"]);
        let unfiltered: Vec<&str> =
            filters.lines().filter(|line| line.contains("/content_filter")).collect();
        assert_eq!(unfiltered.len(), 1, "only the way back is unfiltered: {unfiltered:?}");
        assert!(!values["content_filter"].is_empty());
        tables(&setting, &at);
    }
}

/// Each domain, asked of Postfix's own reader of tables.
fn tables(setting: &Setting, at: &str) {
    let domains = setting.bodies.iter().flat_map(|body| &body.domains);
    let domains: Vec<String> = domains.map(ToString::to_string).collect();
    let mut child = Command::new("postmap")
        .args(["-c", at, "-q", "-", &format!("texthash:{at}/transport")])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, domains.join("\n").as_bytes()).unwrap();
    drop(stdin);
    let routes = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(routes.lines().count(), domains.len(), "{routes}");
    for route in routes.lines() {
        let (domain, route) = route.split_once('\t').unwrap();
        assert!(domains.iter().any(|known| known == domain), "{domain}");
        match setting.side {
            Side::Outside => assert!(route.starts_with("sekisho:"), "{route}"),
            Side::Inside => {
                assert!(route.starts_with("relay:[") || route.starts_with("virtual:"), "{route}");
            }
        }
    }
}
