//! A site as it was read, with a fingerprint of each flow's declaration: a permit
//! opens what its approver saw, and nothing else.

use std::fmt::Write as _;
use std::time::Duration;

use base::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use zones::site::{CHECK_LIST, Day, Flow, Host};
use zones::{Complaint, Site, Zone, read_site};

/// The item beside the check list: that there is a risk analysis, and where.
pub const RISK_ANALYSIS: &str = "risk-analysis";

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Everything that is checked before a flow out of personal numbers opens.
pub fn items() -> impl Iterator<Item = &'static str> {
    std::iter::once(RISK_ANALYSIS).chain(CHECK_LIST)
}

/// A site with the fingerprints of its flows.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The site.
    pub site: Site,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    declarations: Vec<String>,
}

/// All of a flow that whoever approves it judges.
#[derive(Serialize)]
struct Declaration<'a> {
    flow: &'a str,
    from: End<'a>,
    to: End<'a>,
    protocol: &'static str,
    port: u16,
    application: Option<&'static str>,
    servers: &'a [String],
    relay: Option<(&'a str, &'static str, &'a str)>,
    purpose: &'a str,
    owner: &'a str,
    ends: String,
}

#[derive(Serialize)]
struct End<'a> {
    host: &'a str,
    networks: Vec<(&'a str, &'static str, &'a str)>,
    addresses: Vec<String>,
    mac: Option<String>,
    owner: &'a str,
    listed: Option<&'a str>,
}

impl Declared {
    /// Reads a site's file.
    ///
    /// # Errors
    /// Every fault of the file.
    pub fn read(text: &str) -> Result<Self, Vec<Complaint>> {
        Ok(Self::of(read_site(text)?, hex(text.as_bytes())))
    }

    fn of(site: Site, sha256: String) -> Self {
        let declarations = site
            .flows
            .iter()
            // Names, words and numbers are always written.
            .map(|flow| hex(&serde_json::to_vec(&declaration(&site, flow)).unwrap_or_default()))
            .collect();
        Self { site, sha256, declarations }
    }

    /// The fingerprint of a flow's declaration: SHA-256, in hexadecimal. Empty
    /// for a place without a flow.
    #[must_use]
    pub fn declaration(&self, place: usize) -> &str {
        self.declarations.get(place).map_or("", String::as_str)
    }

    /// A flow's place by its name.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.site.flows.iter().position(|flow| flow.name == name)
    }

    /// The moment at which a flow's last day is over, in Japan.
    #[must_use]
    pub fn ends_at(&self, place: usize) -> Timestamp {
        self.site.flows.get(place).map_or_else(Timestamp::default, |flow| over(flow.ends))
    }

    /// The gateway's own services by place, each with the moment at which its
    /// last day is over.
    pub fn services(&self) -> impl Iterator<Item = (usize, Timestamp)> {
        let services = self.site.services.iter().enumerate();
        services.map(|(place, service)| (place, over(service.ends)))
    }

    /// True for a flow that leaves personal numbers or goes to a listed
    /// destination: it opens only when its list is complete (guideline 対策基準
    /// 3.(3)①, 解説).
    #[must_use]
    pub fn needs_checks(&self, place: usize) -> bool {
        let Some(flow) = self.site.flows.get(place) else { return true };
        let is_listed = self.site.hosts.get(flow.to).is_some_and(|host| host.listed.is_some());
        flow.crossing.from() == Zone::MyNumber || is_listed
    }

    /// The path and the protocol in one line, for whoever decides.
    #[must_use]
    pub fn line(&self, place: usize) -> String {
        let Some(flow) = self.site.flows.get(place) else { return String::new() };
        let end = |host: usize| {
            self.site.hosts.get(host).map_or_else(String::new, |host| {
                let addresses: Vec<String> =
                    host.addresses.iter().map(ToString::to_string).collect();
                let mac = host.mac.map(|mac| format!(" {mac}")).unwrap_or_default();
                format!("{} ({}{mac})", host.name, addresses.join(", "))
            })
        };
        let (transport, port) = (flow.transport.name(), flow.port);
        let application =
            flow.application.map(|one| format!(" {}", one.name())).unwrap_or_default();
        format!("{} → {} {transport}/{port}{application}", end(flow.from), end(flow.to))
    }
}

fn over(day: Day) -> Timestamp {
    let start = Timestamp::day_nearest_jst(&day.to_string());
    start.map_or_else(Timestamp::default, |start| start.plus(DAY))
}

fn declaration<'a>(site: &'a Site, flow: &'a Flow) -> Declaration<'a> {
    let host = |place: usize| site.hosts.get(place).map(|host| end(site, host));
    let nobody = || End {
        host: "",
        networks: Vec::new(),
        addresses: Vec::new(),
        mac: None,
        owner: "",
        listed: None,
    };
    let relay = flow.relay.and_then(|place| site.relays.get(place));
    let relay_host = |place: usize| site.hosts.get(place).map_or("", |host| host.name.as_str());
    Declaration {
        flow: &flow.name,
        from: host(flow.from).unwrap_or_else(nobody),
        to: host(flow.to).unwrap_or_else(nobody),
        protocol: flow.transport.name(),
        port: flow.port,
        application: flow.application.map(zones::site::Application::name),
        servers: &flow.servers,
        relay: relay.map(|one| (one.name.as_str(), one.kind.name(), relay_host(one.host))),
        purpose: &flow.purpose,
        owner: &flow.owner,
        ends: flow.ends.to_string(),
    }
}

fn end<'a>(site: &'a Site, host: &'a Host) -> End<'a> {
    let networks = host.networks.iter().filter_map(|place| site.networks.get(*place));
    End {
        host: &host.name,
        networks: networks
            .map(|one| (one.name.as_str(), one.zone.name(), one.interface.as_str()))
            .collect(),
        addresses: host.addresses.iter().map(ToString::to_string).collect(),
        mac: host.mac.map(|mac| mac.to_string()),
        owner: &host.owner,
        listed: host.listed.as_deref(),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
