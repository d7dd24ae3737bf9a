//! A lab: the hosts of a site, each in a network namespace of its own, round a
//! gateway that is nothing but forwarding and the packet filter. Rules are tried
//! here with real packets, and so are drills.

mod probe;
mod spoken;

use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::mpsc;
use wall_engine::{GUARD_PORT, Open};
use zones::Site;
use zones::site::Host;

pub use probe::{Probed, Tried, probe};

use crate::child::{self, ChildError, LAB_MAX};
use crate::guarding::{Cut, Guard, GuardError, Guarded, Limits};
use crate::kernel::{Kernel, KernelError};

/// A site in namespaces.
#[derive(Clone, Debug)]
pub struct Lab {
    name: String,
}

/// A host as it stands in the lab.
#[derive(Clone, Debug, Serialize)]
pub struct Stands {
    /// Its name in the site.
    pub name: String,
    /// Its zone.
    pub zone: &'static str,
    /// Its namespace.
    pub netns: String,
    /// Its address.
    pub ip: Option<IpAddr>,
    /// Its IPv6 address.
    pub ip6: Option<IpAddr>,
}

/// Why a lab was not built.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A program is not there or did not start.
    #[error("{program} did not start: {why}")]
    Start {
        /// Which.
        program: &'static str,
        /// Why.
        why: std::io::Error,
    },
    /// A program gave no answer and was killed.
    #[error("{program} gave no answer within {} s and was killed", patience.as_secs())]
    TooLong {
        /// Which.
        program: &'static str,
        /// How long it was waited for.
        patience: Duration,
    },
    /// `ip` refused, with its own words.
    #[error("ip: {0}")]
    Refused(String),
    /// A lab of this name stands already.
    #[error("the lab {0} is there already")]
    There(String),
    /// The packet filter did not answer.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The guard did not start.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// A namespace could not be entered.
    #[error("a namespace of the lab could not be entered: {0}")]
    Enter(std::io::Error),
}

/// The gateway's address on every link: hosts send everything to it.
const GATEWAY_IPV4: &str = "169.254.1.1";
const GATEWAY_IPV6: &str = "fe80::1";
/// Its address by which its own services are asked over IPv6: one of a link
/// would be asked from one of the link.
const GATEWAY_SERVICES_IPV6: &str = "fd00:5e::1";

impl Lab {
    /// A lab by its name: up to 20 of `a-z`, `0-9` and `-`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=20).contains(&name.len()) && name.bytes().all(is_plain);
        fits.then(|| Self { name: name.to_owned() })
    }

    /// The gateway's namespace.
    #[must_use]
    pub fn gateway(&self) -> String {
        format!("{}-gateway", self.name)
    }

    /// The packet filter of the gateway.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        Kernel::in_namespace(self.gateway())
    }

    /// The namespace of a host.
    #[must_use]
    pub fn namespace(&self, host: &Host) -> String {
        format!("{}-{}", self.name, host.name)
    }

    /// Where every host stands.
    #[must_use]
    pub fn hosts(&self, site: &Site) -> Vec<Stands> {
        let address = |host: &Host, is_ipv4| {
            let mut all = host.addresses.iter().map(|prefix| prefix.address);
            all.find(|address| address.is_ipv4() == is_ipv4)
        };
        let stands = |host: &Host| Stands {
            name: host.name.clone(),
            zone: site.zones_of(host).first().map_or("", |zone| zone.name()),
            netns: self.namespace(host),
            ip: address(host, true),
            ip6: address(host, false),
        };
        site.hosts.iter().map(stands).collect()
    }

    /// True where it stands.
    #[must_use]
    pub fn is_up(&self) -> bool {
        std::path::Path::new("/run/netns").join(self.gateway()).exists()
    }

    /// Where its guard writes what it cut, a JSON object a line.
    #[must_use]
    pub fn cuts_file(&self) -> PathBuf {
        PathBuf::from("/run").join(format!("sekisho-lab-{}.cuts.jsonl", self.name))
    }

    /// True where a guard listens in the gateway.
    #[must_use]
    pub fn is_guarded(&self) -> bool {
        let asked = || TcpStream::connect((Ipv4Addr::LOCALHOST, GUARD_PORT)).is_ok();
        platform::in_network(&self.gateway(), asked).unwrap_or(false)
    }

    /// Starts a guard of the open flows in the gateway; it ends with its value.
    ///
    /// # Errors
    /// [`LabError::Guard`].
    pub fn guard<'o>(
        &self,
        site: &Site,
        open: impl Into<Open<'o>>,
        limits: Limits,
        cuts: mpsc::Sender<Cut>,
    ) -> Result<Guard, LabError> {
        let guard = Guard::start(Some(&self.gateway()), limits, cuts)?;
        guard.open(Guarded::of(site, open.into().flows, Instant::now()));
        Ok(guard)
    }

    /// Builds it: no rule yet, and nothing forwarded until there is one.
    ///
    /// # Errors
    /// [`LabError::There`]; whatever `ip` says. Half a lab is taken down again.
    pub fn up(&self, site: &Site) -> Result<(), LabError> {
        if self.is_up() {
            return Err(LabError::There(self.name.clone()));
        }
        let built = self.build(site);
        if built.is_err() {
            self.down()?;
        }
        built
    }

    fn build(&self, site: &Site) -> Result<(), LabError> {
        let gateway = self.gateway();
        let names = site.hosts.iter().map(|host| self.namespace(host));
        let made: Vec<String> = std::iter::once(gateway.clone())
            .chain(names)
            .map(|name| format!("netns add {name}"))
            .collect();
        batch(None, &made)?;
        // Nothing passes before somebody says what may.
        self.kernel().apply(
            "table inet lab { chain closed { type filter hook forward priority 100; policy drop; }\n}\n",
        )?;
        let mut lines = vec!["link set lo up".to_owned()];
        lines.push(format!("addr add {GATEWAY_SERVICES_IPV6}/128 dev lo nodad"));
        for network in &site.networks {
            let interface = &network.interface;
            lines.push(format!("link add {interface} type bridge"));
            lines.push(format!("addr add {GATEWAY_IPV4}/32 dev {interface}"));
            lines.push(format!("link set {interface} addrgenmode none"));
            lines.push(format!("link set {interface} up"));
            lines.push(format!("addr add {GATEWAY_IPV6}/64 dev {interface} nodad"));
        }
        for (place, host) in site.hosts.iter().enumerate() {
            let Some(network) = host.networks.first().and_then(|place| site.networks.get(*place))
            else {
                continue;
            };
            let (interface, namespace) = (&network.interface, self.namespace(host));
            lines.push(format!("link add port{place} type veth peer name eth0 netns {namespace}"));
            lines.push(format!("link set port{place} master {interface} up"));
            for prefix in &host.addresses {
                lines.push(format!("route add {prefix} dev {interface}"));
            }
        }
        batch(Some(&gateway), &lines)?;
        for (place, host) in site.hosts.iter().enumerate() {
            batch(Some(&self.namespace(host)), &of_host(place, host))?;
        }
        self.forward()?;
        Ok(())
    }

    /// Has the gateway forward: the one thing that it does.
    fn forward(&self) -> Result<(), LabError> {
        let turn_on = || -> std::io::Result<()> {
            // Hooks that a bridge calls itself lose the socket that a packet is
            // steered to; the lab's bridges are wires only. Where the kernel has
            // no such thing, there is nothing to switch off.
            for name in ["iptables", "ip6tables", "arptables"] {
                let _ = std::fs::write(format!("/proc/sys/net/bridge/bridge-nf-call-{name}"), "0");
            }
            std::fs::write("/proc/sys/net/ipv4/ip_forward", "1")?;
            std::fs::write("/proc/sys/net/ipv6/conf/all/forwarding", "1")
        };
        platform::in_network(&self.gateway(), turn_on)
            .and_then(|done| done)
            .map_err(LabError::Enter)
    }

    /// Opens the lab's own bolt, so that the rules alone decide.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn unbolt(&self) -> Result<(), LabError> {
        Ok(self.kernel().apply("table inet lab\ndelete table inet lab\n")?)
    }

    /// Takes it down; what is not there is no error.
    ///
    /// # Errors
    /// If `ip` cannot be asked.
    pub fn down(&self) -> Result<(), LabError> {
        let listed = ip(&["netns", "list"])?;
        let prefix = format!("{}-", self.name);
        let names = listed.lines().filter_map(|line| line.split_whitespace().next());
        let lines: Vec<String> = names
            .filter(|name| name.starts_with(&prefix))
            .map(|name| format!("netns del {name}"))
            .collect();
        // There need not have been a guard.
        let _ = std::fs::remove_file(self.cuts_file());
        batch(None, &lines)
    }
}

/// What stands in a host's namespace.
fn of_host(place: usize, host: &Host) -> Vec<String> {
    let mac = host.mac.map_or_else(
        || format!("02:5e:00:00:{:02x}:{:02x}", (place >> 8) & 0xff, place & 0xff),
        |mac| mac.to_string(),
    );
    let mut lines = vec![
        "link set lo up".to_owned(),
        format!("link set eth0 address {mac}"),
        "link set eth0 up".to_owned(),
    ];
    for prefix in &host.addresses {
        let address = prefix.address;
        if address.is_ipv4() {
            lines.push(format!("addr add {address}/32 dev eth0"));
            lines.push(format!("route add {GATEWAY_IPV4} dev eth0 scope link"));
            lines.push(format!("route add default via {GATEWAY_IPV4} dev eth0"));
        } else {
            lines.push(format!("addr add {address}/128 dev eth0 nodad"));
            lines.push(format!("route add default via {GATEWAY_IPV6} dev eth0"));
        }
    }
    lines
}

/// Has `ip` do several things, in a namespace or here.
fn batch(netns: Option<&str>, lines: &[String]) -> Result<(), LabError> {
    let mut command = Command::new("ip");
    if let Some(netns) = netns {
        command.args(["-n", netns]);
    }
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    ended(command.args(["-batch", "-"]), &text).map(drop)
}

fn ip(arguments: &[&str]) -> Result<String, LabError> {
    ended(Command::new("ip").args(arguments), "")
}

fn ended(command: &mut Command, input: &str) -> Result<String, LabError> {
    let ended = child::run(command, input, LAB_MAX, |_| ()).map_err(|why| match why {
        ChildError::Start(why) => LabError::Start { program: "ip", why },
        ChildError::TooLong(patience) => LabError::TooLong { program: "ip", patience },
    })?;
    if ended.is_good { Ok(ended.output) } else { Err(LabError::Refused(ended.complaint())) }
}
