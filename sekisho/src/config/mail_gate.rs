//! The part about the gate of mail: its keys, their shapes and their advice.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use identity::BodyCode;
use mail_relay::policy::Counts;
use mail_relay::{
    Back, Body, Certificate, Domain, Filter, Host, Label, Limits, Network, Next, NextTls, Onward,
    PolicyDown, SafePath, Setting, Side,
};
use serde::Deserialize;
use toml::Spanned;

use super::read::Said;

mod outward;

pub(crate) use outward::DkimKey;
use outward::Outgoing;

/// The gate of mail, as far as it is set beforehand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MailGate {
    /// Towards the internet.
    pub(crate) outside: Instance,
    /// Towards the bodies.
    pub(crate) inside: Instance,
    /// Our name in headers.
    pub(crate) hostname: String,
    /// Which domain is whose.
    pub(crate) domains: Vec<(String, BodyCode)>,
    /// Domains that others may imitate.
    pub(crate) known_domains: Vec<String>,
    /// Who answers what a check of a sender must know.
    pub(crate) resolver: Option<SocketAddr>,
    /// Who else judges spam; on this machine, as mails are shown to it in clear.
    pub(crate) rspamd: Option<SocketAddr>,
    /// What is counted of each client.
    pub(crate) counts: Counts,
    /// How mail leaves; nothing where it does not.
    pub(crate) outgoing: Option<Outgoing>,
}

/// One Postfix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) setting: Setting,
    /// The namespace of its servers.
    pub(crate) netns: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Written {
    name: Spanned<String>,
    home: Spanned<String>,
    listen: Vec<Spanned<String>>,
    #[serde(default)]
    listen_inside: Vec<Spanned<String>>,
    link_origin: Option<Spanned<String>>,
    certificate: Option<Spanned<String>>,
    relay: Option<Spanned<String>>,
    resolver: Option<Spanned<String>>,
    rspamd: Option<Spanned<String>>,
    receivers_a_minute: Option<Spanned<u32>>,
    #[serde(default)]
    refused_clients: Vec<Spanned<String>>,
    outside_netns: Option<String>,
    inside_netns: Option<String>,
    #[serde(default)]
    known_domains: Vec<Spanned<String>>,
    body: Vec<WrittenBody>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenBody {
    code: Spanned<String>,
    domains: Vec<Spanned<String>>,
    #[serde(default)]
    senders: Vec<Spanned<String>>,
    dkim_selector: Option<Spanned<String>>,
    dkim_key: Option<Spanned<String>>,
    server: Spanned<String>,
    #[serde(default)]
    tls: WrittenTls,
    #[serde(default = "usual_mib")]
    mib_max: Spanned<u64>,
    #[serde(default = "usual_receivers")]
    receivers_max: Spanned<u32>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenTls {
    None,
    #[default]
    Offered,
    Always,
    Checked,
}

/// The largest mail unless the file says it, in MiB; and what it may say.
const MIB: u64 = 30;
const MIB_MAX: u64 = 90;
/// Receivers of one body in one mail; the gate takes no more at once.
const RECEIVERS_MAX: u32 = 100;
/// A client that names more a minute is no office that writes to a town.
const CLIENT_MINUTE_MAX: u32 = 1_000_000;

fn usual_mib() -> Spanned<u64> {
    Spanned::new(0..0, MIB)
}

fn usual_receivers() -> Spanned<u32> {
    Spanned::new(0..0, RECEIVERS_MAX)
}

impl Written {
    /// Reads it, or tells each mistake with its place.
    pub(super) fn read(
        self,
        folder: &Path,
        mut complain: impl FnMut(usize, Said),
    ) -> Option<MailGate> {
        let mut read = Reading { complain: &mut complain, is_good: true };
        let name = read.value(&self.name, Domain::parse);
        let home = folder.join(self.home.get_ref());
        let home = Spanned::new(self.home.span(), home.to_string_lossy().into_owned());
        let homes = ["outside", "inside"].map(|side| {
            let place = format!("{}/{side}", home.get_ref());
            read.value(&Spanned::new(home.span(), place), SafePath::parse)
        });
        let entrances: Vec<SocketAddr> =
            self.listen.iter().filter_map(|one| read.value(one, str::parse)).collect();
        let certificate = self.certificate.as_ref().map(|file| {
            let place = folder.join(file.get_ref()).to_string_lossy().into_owned();
            read.value(&Spanned::new(file.span(), place), SafePath::parse)
        });
        let onward = match &self.relay {
            None => Some(Onward::World),
            Some(relay) => read.server(relay).map(|(host, port)| Onward::Relay {
                host,
                port,
                tls: NextTls::Offered,
            }),
        };
        let resolver = self.resolver.as_ref().map(|resolver| read.value(resolver, str::parse));
        let rspamd = self.rspamd.as_ref().map(|rspamd| read.rspamd(rspamd));
        let refused: Vec<Network> =
            self.refused_clients.iter().filter_map(|one| read.value(one, Network::parse)).collect();
        let mut counts = Counts { refused, ..Counts::default() };
        if let Some(most) = &self.receivers_a_minute {
            counts.receivers_per_client_max = *most.get_ref();
            if *most.get_ref() > CLIENT_MINUTE_MAX {
                read.say(
                    most.span().start,
                    "receivers-a-minute は 0(数えない)から 1000000 までです",
                    "receivers-a-minute is 0 (any number) to 1000000",
                );
            }
        }
        let known: Vec<Domain> =
            self.known_domains.iter().filter_map(|one| read.value(one, Domain::parse)).collect();
        let bodies: Vec<(Body, BodyCode)> =
            self.body.iter().filter_map(|body| read.body(body)).collect();
        if self.body.is_empty() {
            read.say(
                self.name.span().start,
                "[[mail-gate.body]] が一つ以上要ります",
                "at least one [[mail-gate.body]] is needed",
            );
        }
        let outgoing = read.outgoing(&self, folder);
        let inner: Vec<SocketAddr> =
            outgoing.iter().flat_map(|outgoing| outgoing.entrances.iter().copied()).collect();
        let mut domains = Vec::new();
        let mut seen = BTreeSet::new();
        for (body, code) in &bodies {
            for domain in &body.domains {
                if !seen.insert(domain.as_str().to_owned()) {
                    let ja = format!("ドメイン {domain} が二度書かれています");
                    read.say(self.name.span().start, &ja, &format!("{domain} stands there twice"));
                }
                domains.push((domain.as_str().to_owned(), *code));
            }
        }
        let is_good = read.is_good;
        let (name, onward) = (name?, onward?);
        let [outside, inside] = homes;
        let certificate = match certificate {
            None => None,
            Some(chain) => Some(Certificate { chain: chain? }),
        };
        let setting = |side, home, entrances, policy, onward, certificate| Setting {
            side,
            name: name.clone(),
            home,
            entrances,
            bodies: bodies.iter().map(|(body, _)| body.clone()).collect(),
            filter: Filter::Socket,
            back: Back::Socket,
            policy,
            onward,
            certificate,
            limits: Limits { receivers_max: RECEIVERS_MAX, ..Limits::default() },
        };
        let wait = Some(PolicyDown::Wait);
        let outside = setting(Side::Outside, outside?, entrances, wait, onward, certificate);
        let inside = setting(Side::Inside, inside?, inner, None, Onward::World, None);
        let gate = MailGate {
            outside: Instance { setting: outside, netns: self.outside_netns },
            inside: Instance { setting: inside, netns: self.inside_netns },
            hostname: name.as_str().to_owned(),
            domains,
            known_domains: known.iter().map(|domain| domain.as_str().to_owned()).collect(),
            resolver: match resolver {
                None => None,
                Some(resolver) => Some(resolver?),
            },
            rspamd: match rspamd {
                None => None,
                Some(rspamd) => Some(rspamd?),
            },
            counts,
            outgoing,
        };
        is_good.then_some(gate)
    }
}

struct Reading<'c> {
    complain: &'c mut dyn FnMut(usize, Said),
    is_good: bool,
}

impl Reading<'_> {
    fn say(&mut self, at: usize, ja: &str, en: &str) {
        self.is_good = false;
        (self.complain)(at, Said::new(format!("mail-gate: {ja}"), format!("mail-gate: {en}")));
    }

    fn value<T, E: std::fmt::Display>(
        &mut self,
        written: &Spanned<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(written.get_ref()) {
            Ok(value) => Some(value),
            Err(error) => {
                let text = written.get_ref();
                let ja = format!("「{text}」は使えません({error})");
                self.say(written.span().start, &ja, &format!("`{text}`: {error}"));
                None
            }
        }
    }

    /// `http://127.0.0.1:11333`, on this machine.
    fn rspamd(&mut self, written: &Spanned<String>) -> Option<SocketAddr> {
        let text = written.get_ref().strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        let parsed = text.and_then(|place| place.parse::<SocketAddr>().ok());
        let parsed = parsed.filter(|place| place.ip().is_loopback() && place.port() > 0);
        if parsed.is_none() {
            self.say(
                written.span().start,
                "rspamd は「http://127.0.0.1:11333」のように、この機械のアドレスで書いてください(メールを暗号化せずに見せるため)",
                "write rspamd as an address of this machine, like \"http://127.0.0.1:11333\": mails are shown to it in clear",
            );
        }
        parsed
    }

    /// `192.0.2.25:25` or `mail.example:25`.
    fn server(&mut self, written: &Spanned<String>) -> Option<(Host, u16)> {
        let parsed = written.get_ref().rsplit_once(':').and_then(|(host, port)| {
            let host = Host::parse(host.trim_matches(['[', ']'])).ok()?;
            Some((host, port.parse::<u16>().ok().filter(|port| *port > 0)?))
        });
        if parsed.is_none() {
            self.say(
                written.span().start,
                "サーバーは「192.0.2.25:25」のように、名前かアドレスとポートで書いてください",
                "write a server as its name or address and port, like \"192.0.2.25:25\"",
            );
        }
        parsed
    }

    fn body(&mut self, written: &WrittenBody) -> Option<(Body, BodyCode)> {
        let code = self.value(&written.code, BodyCode::parse);
        let domains: Vec<Domain> =
            written.domains.iter().filter_map(|one| self.value(one, Domain::parse)).collect();
        if written.domains.is_empty() {
            self.say(written.code.span().start, "domains が空です", "domains are missing");
        }
        let server = self.server(&written.server);
        let mib = *written.mib_max.get_ref();
        if !(1..=MIB_MAX).contains(&mib) {
            let ja = format!("mib-max は 1 から {MIB_MAX} までです");
            self.say(written.mib_max.span().start, &ja, &format!("mib-max is 1 to {MIB_MAX}"));
        }
        let receivers = *written.receivers_max.get_ref();
        if !(1..=RECEIVERS_MAX).contains(&receivers) {
            let ja = format!("receivers-max は 1 から {RECEIVERS_MAX} までです");
            let en = format!("receivers-max is 1 to {RECEIVERS_MAX}");
            self.say(written.receivers_max.span().start, &ja, &en);
        }
        let label = Label::parse(&format!("b{}", written.code.get_ref())).ok();
        let (host, port) = server?;
        let tls = match written.tls {
            WrittenTls::None => NextTls::None,
            WrittenTls::Offered => NextTls::Offered,
            WrittenTls::Always => NextTls::Always,
            WrittenTls::Checked => NextTls::Checked,
        };
        let body = Body {
            label: label?,
            domains,
            next: Next::Server { host, port, tls },
            senders: self.networks(&written.senders),
            bytes_max: mib << 20,
            receivers_max: receivers,
        };
        Some((body, code?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name = 'mail.midori.lg.jp'\nhome = '/srv/mail'\nlisten = ['0.0.0.0:25']\n\
        resolver = '127.0.0.1:53'\n[[body]]\ncode = '131016'\n\
        domains = ['City.Midori.lg.jp']\nserver = '192.0.2.25:25'\n";

    fn read(text: &str) -> (Option<MailGate>, Vec<String>) {
        let written: Written = toml::from_str(text).unwrap();
        let mut said = Vec::new();
        let gate = written.read(Path::new("/etc"), |_, what| said.push(what.en));
        (gate, said)
    }

    #[test]
    fn a_gate_has_two_sides_and_nobody_sends_through_the_inner_one() {
        let (gate, said) = read(GOOD);
        let gate = gate.unwrap();
        assert!(said.is_empty(), "{said:?}");
        assert_eq!(gate.domains[0].0, "city.midori.lg.jp");
        assert_eq!(gate.outside.setting.home.to_string(), "/srv/mail/outside");
        assert!(gate.inside.setting.entrances.is_empty());
        assert!(gate.inside.setting.bodies[0].senders.is_empty());
        assert!(gate.outside.setting.check().is_ok() && gate.inside.setting.check().is_ok());
    }

    #[test]
    fn limits_and_rspamd_are_off_or_usual_unless_said() {
        let (gate, _) = read(GOOD);
        let gate = gate.unwrap();
        assert_eq!((gate.rspamd, gate.counts.receivers_per_client_max), (None, 600));
        let more = "rspamd = 'http://127.0.0.1:11333'\nreceivers-a-minute = 30\n\
            refused-clients = ['203.0.113.0/24']\n[[body]]\nreceivers-max = 5\n";
        let (gate, said) = read(&GOOD.replace("[[body]]\n", more));
        assert!(said.is_empty(), "{said:?}");
        let gate = gate.unwrap();
        assert_eq!(gate.rspamd, "127.0.0.1:11333".parse().ok());
        assert_eq!((gate.counts.receivers_per_client_max, gate.counts.refused.len()), (30, 1));
        assert_eq!(gate.outside.setting.bodies[0].receivers_max, 5);
        for wrong in ["http://192.0.2.1:11333", "https://127.0.0.1:11333", "127.0.0.1:11333"] {
            let text = GOOD.replace("[[body]]", &format!("rspamd = '{wrong}'\n[[body]]"));
            assert_eq!(read(&text).1.len(), 1, "{wrong}");
        }
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let text = GOOD
            .replace("'131016'", "'131011'")
            .replace("192.0.2.25:25", "192.0.2.25")
            .replace("'0.0.0.0:25'", "'25'")
            .replace("'City.Midori.lg.jp'", "'a b'");
        let (gate, said) = read(&text);
        assert!(gate.is_none());
        assert_eq!(said.len(), 4, "{said:?}");
    }

    #[test]
    fn what_leaves_needs_an_entrance_and_who_may_use_it() {
        let more = GOOD.replace("[[body]]", "listen-inside = ['192.0.2.1:25']\n[[body]]");
        assert_eq!(read(&more).1.len(), 1, "nobody may");
        let open = format!("{more}senders = ['192.0.2.25', '192.0.2.64/28']\n");
        let (gate, said) = read(&open);
        let gate = gate.unwrap();
        assert!(said.is_empty(), "{said:?}");
        assert_eq!(gate.inside.setting.entrances.len(), 1);
        assert_eq!(gate.inside.setting.bodies[0].senders.len(), 2);
        let outgoing = gate.outgoing.unwrap();
        assert!(outgoing.keys.is_empty() && outgoing.links.is_none());
        let signed = format!("{open}dkim-selector = 's1'\ndkim-key = 'dkim.pem'\n");
        let (gate, said) = read(&signed);
        assert!(said.is_empty(), "{said:?}");
        let key = &gate.unwrap().outgoing.unwrap().keys[0];
        assert_eq!((key.domains[0].as_str(), key.selector.as_str()), ("city.midori.lg.jp", "s1"));
        assert_eq!(key.file, Path::new("/etc/dkim.pem"));
        for wrong in ["dkim-key = 'a'", "senders = ['x']"] {
            assert!(read(&format!("{GOOD}{wrong}\n")).0.is_none(), "{wrong}");
        }
        let wrong = more.replace("[[body]]", "link-origin = 'http://x'\n[[body]]");
        assert_eq!(read(&wrong).1.len(), 2);
    }
}
