//! A town's gateway as an ordinary machine: Linux that forwards between three
//! networks, and whatever rules its administrator wrote with `nft`. Each host
//! stands in a network namespace of its own, so that packets are real.

use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A host: its name, the gateway's interface that it stands behind, its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name, and the end of its namespace's.
    pub name: &'static str,
    /// The gateway's interface.
    pub interface: &'static str,
    /// Its address.
    pub ip: &'static str,
    /// Its hardware address.
    pub mac: &'static str,
}

/// The server of residents' records, in マイナンバー利用事務系.
pub const JUMIN: Host =
    Host { name: "jumin", interface: "mn0", ip: "10.1.0.10", mac: "02:00:5e:00:01:10" };
/// A clerk's terminal beside it.
pub const COUNTER: Host =
    Host { name: "counter", interface: "mn0", ip: "10.1.0.66", mac: "02:00:5e:00:01:66" };
/// The server in LGWAN接続系 that it exchanges data with.
pub const RENKEI: Host =
    Host { name: "renkei", interface: "lg0", ip: "10.2.0.20", mac: "02:00:5e:00:02:20" };
/// A terminal in LGWAN接続系.
pub const OFFICE: Host =
    Host { name: "office", interface: "lg0", ip: "10.2.0.66", mac: "02:00:5e:00:02:66" };
/// A server on the internet.
pub const UPDATES: Host =
    Host { name: "updates", interface: "in0", ip: "203.0.113.10", mac: "02:00:5e:00:03:10" };

/// All of them.
pub const HOSTS: [Host; 5] = [JUMIN, COUNTER, RENKEI, OFFICE, UPDATES];

/// The gateway's address on every link.
const GATEWAY: &str = "169.254.1.1";
/// How long a connection is waited for.
const REACHED_WITHIN: Duration = Duration::from_millis(700);

/// The gateway with its hosts. Gone when dropped.
pub struct Wires {
    prefix: String,
    servers: Vec<Child>,
}

impl Wires {
    /// Builds it, without any rule: everything is forwarded. Nothing, said aloud,
    /// where that cannot be done.
    ///
    /// # Panics
    /// If it can be done and fails.
    #[must_use]
    pub fn lay(name: &str) -> Option<Self> {
        let prefix = format!("find{}{name}", std::process::id());
        let made = run(&["ip", "netns", "add", &format!("{prefix}-gateway")], "");
        let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if !made.is_ok_and(|made| made.status.success()) || !has("nft") || !has("python3") {
            eprintln!("skipped: needs root, and Debian's iproute2, nftables and python3");
            return None;
        }
        let wires = Self { prefix, servers: Vec::new() };
        let gateway = wires.gateway();
        for interface in ["mn0", "lg0", "in0"] {
            wires.must(&["-n", &gateway, "link", "add", interface, "type", "bridge"]);
            let address = format!("{GATEWAY}/32");
            wires.must(&["-n", &gateway, "addr", "add", &address, "dev", interface]);
            wires.must(&["-n", &gateway, "link", "set", interface, "up"]);
        }
        for host in HOSTS {
            wires.plug(host);
        }
        wires.inside(&gateway, &["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
        // The bridges are wires only: what calls the filter for them is off, as a
        // proof asks. Where the kernel has no such thing, there is nothing to do.
        for name in ["iptables", "ip6tables"] {
            let off = format!("net.bridge.bridge-nf-call-{name}=0");
            let _ = run(&["ip", "netns", "exec", &gateway, "sysctl", "-qw", &off], "");
        }
        Some(wires)
    }

    fn plug(&self, host: Host) {
        let (own, gateway) = (self.namespace(host), self.gateway());
        let port = format!("p-{}", host.name);
        self.must(&["netns", "add", &own]);
        self.must(&[
            "-n", &gateway, "link", "add", &port, "type", "veth", "peer", "name", "eth0", "netns",
            &own,
        ]);
        self.must(&["-n", &gateway, "link", "set", &port, "master", host.interface, "up"]);
        self.must(&["-n", &gateway, "route", "add", host.ip, "dev", host.interface]);
        let address = format!("{}/32", host.ip);
        self.must(&["-n", &own, "link", "set", "eth0", "address", host.mac, "up"]);
        self.must(&["-n", &own, "addr", "add", &address, "dev", "eth0"]);
        self.must(&["-n", &own, "route", "add", GATEWAY, "dev", "eth0", "scope", "link"]);
        self.must(&["-n", &own, "route", "add", "default", "via", GATEWAY, "dev", "eth0"]);
    }

    /// The gateway's namespace.
    #[must_use]
    pub fn gateway(&self) -> String {
        format!("{}-gateway", self.prefix)
    }

    fn namespace(&self, host: Host) -> String {
        format!("{}-{}", self.prefix, host.name)
    }

    /// Has the gateway take rules, as its administrator would.
    ///
    /// # Panics
    /// If `nft` refuses them.
    pub fn rules(&self, script: &str) {
        let gateway = self.gateway();
        let done = run(&["ip", "netns", "exec", &gateway, "nft", "-f", "-"], script).expect("nft");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Has a host answer on some ports.
    ///
    /// # Panics
    /// If it does not begin to.
    pub fn serve(&mut self, host: Host, ports: &[u16]) {
        let script = "import socket, sys\nall = []\n\
            for port in sys.argv[1:]:\n    one = socket.socket()\n    \
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n    \
            one.bind(('', int(port)))\n    one.listen(20)\n    all.append(one)\n\
            print('ready', flush=True)\nimport select\n\
            while True:\n    for one in select.select(all, [], [])[0]:\n        \
            one.accept()[0].close()\n";
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace(host), "python3", "-c", script]);
        command.args(ports.iter().map(ToString::to_string)).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python3");
        let mut line = String::new();
        let out = child.stdout.take().expect("piped");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).expect("a line");
        assert_eq!(line.trim(), "ready");
        self.servers.push(child);
    }

    /// Whether a host reaches a port of another.
    ///
    /// # Panics
    /// If it cannot try.
    #[must_use]
    pub fn reaches(&self, from: Host, to: Host, port: u16) -> bool {
        let script = "import socket, sys\n\
            socket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3]))";
        let (namespace, port) = (self.namespace(from), port.to_string());
        let seconds = REACHED_WITHIN.as_secs_f64().to_string();
        let done = Command::new("ip")
            .args(["netns", "exec", &namespace, "python3", "-c", script, to.ip, &port, &seconds])
            .stderr(Stdio::null())
            .status();
        done.expect("python3").success()
    }

    /// Puts another machine in a host's place: the same address, other hardware.
    ///
    /// # Panics
    /// If it cannot be done.
    pub fn replace(&self, host: Host, mac: &str) {
        let (own, gateway) = (self.namespace(host), self.gateway());
        self.must(&["-n", &own, "link", "set", "eth0", "address", mac]);
        self.must(&["-n", &gateway, "neigh", "flush", "dev", host.interface]);
    }

    fn inside(&self, namespace: &str, words: &[&str]) {
        let all: Vec<&str> =
            ["ip", "netns", "exec", namespace].iter().chain(words).copied().collect();
        let done = run(&all, "").expect("ip");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn must(&self, words: &[&str]) {
        let all: Vec<&str> = std::iter::once(&"ip").chain(words).copied().collect();
        let done = run(&all, "").expect("ip");
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

fn run(words: &[&str], input: &str) -> std::io::Result<Output> {
    let (program, rest) = words.split_first().expect("a program");
    let mut child = Command::new(program)
        .args(rest)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    child.wait_with_output()
}

impl Drop for Wires {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
        let names = HOSTS.map(|host| self.namespace(host));
        for name in names.iter().chain([&self.gateway()]) {
            let _ = run(&["ip", "netns", "del", name], "");
        }
    }
}

/// Runs `sekisho` as the administrator would: what it printed, and its number.
///
/// # Panics
/// If there is no such program.
#[must_use]
pub fn sekisho(words: &[&str]) -> (i32, String) {
    let done = Command::new(town::program::binary()).args(words).output().expect("the program");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    (done.status.code().unwrap_or(-1), said)
}

/// Waits until something is so.
///
/// # Panics
/// If it is not within some time.
pub fn wait_until(longest: Duration, what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < longest, "not within {longest:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
    start.elapsed()
}
