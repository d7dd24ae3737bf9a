//! What is counted before anybody is asked: receivers that one client names,
//! receivers and size of one mail by the body it goes to, and clients that are
//! not wanted at all. Bounded memory, no clock of its own.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use crate::names::Network;
use crate::setting::Setting;

use super::request::{Answer, Request, Stage};

/// What is counted and remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Receivers that one client may name in a span, all at once or one by one;
    /// 0 for any number.
    pub receivers_per_client_max: u32,
    /// The span in which a client that named all of them may name as many again.
    pub span: Duration,
    /// Clients that are refused.
    pub refused: Vec<Network>,
    /// Clients that are remembered; the longest unseen are forgotten.
    pub clients_max: usize,
    /// Mails under way that are remembered.
    pub mails_max: usize,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            receivers_per_client_max: 600,
            span: Duration::from_secs(60),
            refused: Vec::new(),
            clients_max: 50_000,
            mails_max: 10_000,
        }
    }
}

/// What counting says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// Nothing against it.
    Fine,
    /// Refused, with what the client is told.
    Refused(Reason, Answer),
}

/// Why something is refused by count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The client names too many receivers in too little time.
    Rate,
    /// The mail goes to too many receivers of one body.
    Receivers,
    /// The mail is larger than a body takes.
    Size,
    /// The client is not wanted.
    Client,
}

impl Reason {
    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Receivers => "receivers",
            Self::Size => "size",
            Self::Client => "client",
        }
    }
}

/// What one client has left: as much comes back in a span as it may name in one,
/// evenly, so that nobody waits for a whole span.
#[derive(Debug)]
struct Client {
    /// When it was reckoned.
    at: Duration,
    /// Receivers that were named and not come back yet.
    used: f64,
}

#[derive(Debug)]
struct UnderWay {
    /// The smallest limit of the bodies it goes to, in bytes.
    bytes_max: u64,
    /// Receivers so far, by the body's place in the setting.
    receivers: HashMap<usize, u32>,
}

/// Counts.
#[derive(Debug)]
pub struct Counting {
    counts: Counts,
    clients: HashMap<String, Client>,
    mails: HashMap<String, UnderWay>,
    /// In the order they began.
    order: VecDeque<String>,
}

impl Counting {
    /// Remembers nothing yet.
    #[must_use]
    pub fn new(counts: Counts) -> Self {
        Self { counts, clients: HashMap::new(), mails: HashMap::new(), order: VecDeque::new() }
    }

    /// Counts a question. `now` is time since any fixed moment.
    pub fn look(&mut self, request: &Request, setting: &Setting, now: Duration) -> Judged {
        match request.stage {
            Stage::Receiver => {
                if self.is_refused(&request.client) {
                    let said = Answer::Never("your address is refused here".to_owned());
                    return Judged::Refused(Reason::Client, said);
                }
                if self.is_over_rate(&request.client, now) {
                    let why = "too many receivers from your address, come again later";
                    return later(Reason::Rate, why);
                }
                self.receiver(request, setting)
            }
            Stage::EndOfMessage => {
                let known = self.mails.remove(&request.instance);
                match known {
                    Some(mail) if request.bytes > mail.bytes_max => too_large(mail.bytes_max),
                    Some(_) | None => Judged::Fine,
                }
            }
            Stage::Other(_) => Judged::Fine,
        }
    }

    fn is_refused(&self, client: &str) -> bool {
        let refused = &self.counts.refused;
        let Ok(address) = client.parse() else { return false };
        refused.iter().any(|network| network.holds(address))
    }

    fn is_over_rate(&mut self, client: &str, now: Duration) -> bool {
        let Counts { receivers_per_client_max, span, clients_max, .. } = self.counts;
        if receivers_per_client_max == 0 {
            return false;
        }
        let most = f64::from(receivers_per_client_max);
        let back = most / span.as_secs_f64().max(0.001);
        let left = |client: &Client| {
            (client.used - now.saturating_sub(client.at).as_secs_f64() * back).max(0.0)
        };
        if self.clients.len() >= clients_max && !self.clients.contains_key(client) {
            self.clients.retain(|_, known| left(known) > 0.0);
            if self.clients.len() >= clients_max {
                self.clients.clear();
            }
        }
        let known = self.clients.entry(client.to_owned()).or_insert(Client { at: now, used: 0.0 });
        *known = Client { at: now, used: left(known) };
        if known.used + 1.0 > most {
            return true;
        }
        known.used += 1.0;
        false
    }

    fn receiver(&mut self, request: &Request, setting: &Setting) -> Judged {
        let domain = request.receiver.rsplit_once('@').map_or("", |(_, domain)| domain);
        let found = setting.bodies.iter().enumerate().find(|(_, body)| {
            body.domains.iter().any(|known| known.as_str().eq_ignore_ascii_case(domain))
        });
        let Some((index, body)) = found else { return Judged::Fine };
        if request.bytes > body.bytes_max {
            return too_large(body.bytes_max);
        }
        if !self.mails.contains_key(&request.instance) {
            self.order.push_back(request.instance.clone());
            if self.order.len() > self.counts.mails_max
                && let Some(oldest) = self.order.pop_front()
            {
                self.mails.remove(&oldest);
            }
        }
        let mail = self
            .mails
            .entry(request.instance.clone())
            .or_insert_with(|| UnderWay { bytes_max: u64::MAX, receivers: HashMap::new() });
        let receivers = mail.receivers.entry(index).or_default();
        if *receivers >= body.receivers_max {
            return later(Reason::Receivers, "too many receivers in one mail");
        }
        *receivers += 1;
        mail.bytes_max = mail.bytes_max.min(body.bytes_max);
        Judged::Fine
    }
}

fn later(reason: Reason, why: &str) -> Judged {
    Judged::Refused(reason, Answer::Later(why.to_owned()))
}

fn too_large(max: u64) -> Judged {
    let why = format!("the receiver takes mails of up to {max} bytes");
    Judged::Refused(Reason::Size, Answer::Never(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{Domain, Label, SafePath};
    use crate::policy::parse;
    use crate::setting::{Back, Body, Filter, Limits, Next, Onward, Side};

    fn setting() -> Setting {
        let body = |label: &str, bytes_max, receivers_max| Body {
            label: Label::parse(label).unwrap(),
            domains: vec![Domain::parse(&format!("{label}.example")).unwrap()],
            next: Next::Maildir { folder: SafePath::parse("/x").unwrap(), user: 1, group: 1 },
            senders: Vec::new(),
            bytes_max,
            receivers_max,
        };
        Setting {
            side: Side::Outside,
            name: Domain::parse("mx.example").unwrap(),
            home: SafePath::parse("/x").unwrap(),
            entrances: Vec::new(),
            bodies: vec![body("town", 1_000, 2), body("village", 100, 9)],
            filter: Filter::Socket,
            back: Back::Socket,
            policy: None,
            onward: Onward::World,
            certificate: None,
            limits: Limits::default(),
        }
    }

    fn ask(counting: &mut Counting, at: u64, state: &str, words: &str) -> Option<String> {
        let text = format!("request=smtpd_access_policy\nprotocol_state={state}\n{words}\n\n");
        let (_, request) = parse(text.as_bytes()).unwrap().unwrap();
        match counting.look(&request, &setting(), Duration::from_secs(at)) {
            Judged::Fine => None,
            Judged::Refused(_, answer) => Some(answer.to_text()[7..10].to_owned()),
        }
    }

    #[test]
    fn a_mail_keeps_to_the_limits_of_whom_it_goes_to() {
        let mut counting = Counting::new(Counts::default());
        let mut ask = |state: &str, words: &str| ask(&mut counting, 0, state, words);
        let to = |name: &str, bytes: u64| format!("instance=1\nrecipient={name}\nsize={bytes}");
        assert_eq!(ask("RCPT", &to("a@town.example", 1_001)).as_deref(), Some("550"));
        assert_eq!(ask("RCPT", &to("a@town.example", 0)), None);
        assert_eq!(ask("RCPT", &to("b@TOWN.example", 0)), None);
        assert_eq!(ask("RCPT", &to("c@town.example", 0)).as_deref(), Some("451"));
        assert_eq!(ask("RCPT", &to("c@village.example", 0)), None);
        // Who said nothing of the size is counted at the end, by the smallest.
        assert_eq!(ask("END-OF-MESSAGE", "instance=1\nsize=101").as_deref(), Some("550"));
        assert_eq!(ask("END-OF-MESSAGE", "instance=2\nsize=101"), None);
    }

    #[test]
    fn a_client_has_a_rate() {
        let counts = Counts { receivers_per_client_max: 2, clients_max: 2, ..Counts::default() };
        let mut counting = Counting::new(counts);
        let mut from = |at, client: &str| {
            ask(&mut counting, at, "RCPT", &format!("client_address={client}")).is_some()
        };
        assert_eq!([from(0, "a"), from(1, "a"), from(2, "a")], [false, false, true]);
        // One comes back in half the span; who is refused does not pay for it.
        assert_eq!([from(29, "a"), from(30, "a"), from(31, "a")], [true, false, true]);
        assert_eq!([from(32, "b"), from(60, "a")], [false, false]);
        // More clients than are remembered forget, and never refuse for it.
        assert!(!from(61, "c") && !from(61, "d") && !from(61, "e"));
    }

    #[test]
    fn a_client_that_is_not_wanted_is_refused() {
        let refused = vec![
            Network::parse("203.0.113.0/24").unwrap(),
            Network::parse("2001:db8::/32").unwrap(),
        ];
        let mut counting = Counting::new(Counts { refused, ..Counts::default() });
        for (client, said) in [
            ("203.0.113.9", Some("550")),
            ("2001:db8::1", Some("550")),
            ("203.0.114.9", None),
            ("2001:db9::1", None),
            ("unknown", None),
        ] {
            let words = format!("client_address={client}");
            assert_eq!(ask(&mut counting, 0, "RCPT", &words).as_deref(), said, "{client}");
        }
    }
}
