//! Reads what of a machine beside its packet filter decides what passes: its
//! switches under `/proc/sys/net`, and its network interfaces.

use std::process::Command;

use serde_json::Value;
use wall_engine::{Around, Link};

use crate::child::{self, IP_MAX};
use crate::kernel::{Kernel, KernelError};

/// What calls the filter for frames that a bridge passes on.
const BRIDGE_CALLS: [&str; 2] = ["bridge-nf-call-iptables", "bridge-nf-call-ip6tables"];

impl Kernel {
    /// How the machine or the namespace stands.
    ///
    /// # Errors
    /// If the namespace cannot be entered, or `ip` cannot be asked.
    pub fn around(&self) -> Result<Around, KernelError> {
        let switches = match self.netns() {
            Some(netns) => platform::in_network(netns, switches)
                .map_err(|why| KernelError::Start { program: "setns", why })?,
            None => switches(),
        };
        Ok(Around { links: self.links()?, ..switches })
    }

    fn links(&self) -> Result<Vec<Link>, KernelError> {
        let mut command = Command::new("ip");
        if let Some(netns) = self.netns() {
            command.args(["-n", netns]);
        }
        command.args(["-details", "-json", "link", "show"]);
        let ended = child::run(&mut command, "", IP_MAX, |_| ());
        let ended = ended.map_err(|why| KernelError::of("ip", why))?;
        if !ended.is_good {
            return Err(KernelError::Refused(ended.complaint()));
        }
        Ok(links(&ended.output))
    }
}

/// What the calling thread's network namespace is set to.
fn switches() -> Around {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/sys/net/{name}")).ok();
    let is_on = |name: &str| read(name).map(|value| value.trim() != "0");
    let calls =
        BRIDGE_CALLS.into_iter().filter(|name| is_on(&format!("bridge/{name}")) == Some(true));
    Around {
        forwards_ipv4: is_on("ipv4/ip_forward"),
        forwards_ipv6: is_on("ipv6/conf/all/forwarding"),
        bridge_calls: calls.map(|name| format!("net.bridge.{name}")).collect(),
        links: Vec::new(),
    }
}

/// Reads `ip -details -json link show`.
fn links(json: &str) -> Vec<Link> {
    let list: Vec<Value> = serde_json::from_str(json).unwrap_or_default();
    let link = |one: &Value| {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        Some(Link {
            name: text(one.get("ifname"))?,
            master: text(one.get("master")),
            kind: text(one.get("linkinfo").and_then(|info| info.get("info_kind"))),
        })
    };
    list.iter().filter_map(link).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_bridge_names_it() {
        let said = r#"[{"ifname":"lo"},{"ifname":"br0","linkinfo":{"info_kind":"bridge"}},
            {"ifname":"mn0","master":"br0","linkinfo":{"info_kind":"veth"}},{"mtu":3}]"#;
        let told = links(said);
        assert_eq!(told.len(), 3);
        assert_eq!(told[1].kind.as_deref(), Some("bridge"));
        assert_eq!(told[2].master.as_deref(), Some("br0"));
        assert!(links("no json").is_empty());
    }
}
