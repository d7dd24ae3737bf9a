//! The gate as it is kept, with a packet filter in a namespace: `nft` that hangs,
//! a namespace that is made anew, a bell that rings too soon, a machine that is
//! set wrong, and an applicant who leaves.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../../../../frame/permits/tests/behaviour/town.rs"]
mod town;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use base::Timestamp;
use console::Room;
use identity::{BodyCode, PersonId};
use permits::{Kinds, Permit, Permits};
use records::Filter;
use store::Migration;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use town::{DAY, HOUR, Town, application};
use wall_room::cutoff::zones_cut;
use wall_room::service::{Asked, apply};
use wall_room::watch::Verdict;
use wall_room::{Gate, GateSettings, Kernel, KernelError, Tool, WallError, WallRoom};
use zones::Zone;

const SITE: &str = r#"
[site]
body = "緑市"
model = "alpha"
[[network]]
name = "mn"
zone = "mynumber"
interface = "mn0"
ipv4 = "10.1.0.0/24"
[[network]]
name = "lg"
zone = "lgwan"
interface = "lg0"
ipv4 = "10.2.0.0/24"
[[host]]
name = "jumin"
network = "mn"
ipv4 = "10.1.0.10"
owner = "市民課"
[[host]]
name = "renkei"
network = "lg"
ipv4 = "10.2.0.10"
owner = "情報政策課"
[[flow]]
name = "watch"
from = "renkei"
to = "jumin"
protocol = "udp"
port = 5140
purpose = "死活監視"
owner = "情報政策課"
ends = "2099-12-31"
"#;

/// Nobody waits longer for anything here.
const MOST: Duration = Duration::from_secs(10);

struct Wall {
    town: Town,
    gate: Gate,
    netns: String,
    _folder: TempDir,
}

impl Drop for Wall {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.netns]).output();
    }
}

fn migrations() -> Vec<Migration> {
    town::migrations().into_iter().chain(wall_room::MIGRATIONS.iter().copied()).collect()
}

fn ip(words: &str) -> bool {
    let done = Command::new("ip").args(words.split(' ')).output();
    done.is_ok_and(|done| done.status.success())
}

/// A namespace that forwards.
fn made(netns: &str) -> bool {
    ip(&format!("netns add {netns}"))
        && ip(&format!("netns exec {netns} sysctl -qw net.ipv4.ip_forward=1"))
}

/// `nft` that hangs while a file is there.
fn fake(folder: &Path) -> (PathBuf, PathBuf) {
    let (nft, flag) = (folder.join("nft"), folder.join("hang"));
    let words = format!("#!/bin/sh\n[ -e {} ] && exec sleep 60\nexec nft \"$@\"\n", flag.display());
    std::fs::write(&nft, words).unwrap();
    std::fs::set_permissions(&nft, std::fs::Permissions::from_mode(0o755)).unwrap();
    (nft, flag)
}

async fn walls(name: &str, tool: impl Fn(&Path) -> Tool) -> Vec<Wall> {
    let mut all = Vec::new();
    for bench in testbed::benches(&migrations()).await {
        let netns = format!("kept-{name}-{}-{}", std::process::id(), bench.kind);
        if !made(&netns) {
            eprintln!("skipped: namespaces need root and iproute2");
            return all;
        }
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site.toml");
        std::fs::write(&site, SITE).unwrap();
        let body = BodyCode::parse("131016").unwrap();
        let settings = GateSettings { site, body, netns: Some(netns.clone()), apply: true };
        let gate = Gate::open_with(settings, tool(folder.path())).unwrap();
        let room = WallRoom::new(Some(gate.clone()));
        let kinds = Kinds::new(room.permit_kinds()).unwrap();
        let town = town::town(bench, kinds, room.mechanisms()).await;
        gate.body(&town.bench.store).await.unwrap();
        all.push(Wall { town, gate, netns, _folder: folder });
    }
    all
}

impl Wall {
    async fn settle(&self) -> Result<wall_room::gate::Settled, WallError> {
        self.gate.settle(&self.town.bench.store, &self.town.permits).await
    }

    async fn apply(&self, person: PersonId, ends_at: Timestamp) -> Result<Permit, WallError> {
        let caller = self.town.caller(person).await;
        let mut work = self.town.work().await;
        let asked = Asked { purpose: "開通", ends_at };
        let permit =
            apply(&mut work, &caller, &self.gate, &self.town.permits, "watch", &asked).await?;
        work.commit().await.unwrap();
        Ok(permit)
    }

    async fn open(&self, person: PersonId, ends_at: Timestamp) -> Permit {
        let permit = self.apply(person, ends_at).await.unwrap();
        let chief = self.town.caller(self.town.chief).await;
        let mut work = self.town.work().await;
        let permits = &self.town.permits;
        let granted = permits.approve(&mut work, &chief, permit.id, permit.version, None).await;
        work.commit().await.unwrap();
        granted.unwrap()
    }

    fn open_flows(&self) -> Vec<String> {
        self.gate.opened().borrow().flows.iter().map(|flow| flow.name.clone()).collect()
    }

    /// Why the flow closed, each time.
    async fn whys(&self) -> Vec<String> {
        let mut work = self.town.read().await;
        let filter = Filter { action: Some("flow.closed".to_owned()), ..Filter::default() };
        let entries = records::search(&mut work, &filter, None, 10).await.unwrap().entries;
        entries.iter().map(|one| one.details.text("why").unwrap().to_owned()).collect()
    }

    /// Keeps the gate as the program does, with a clock that goes on.
    fn keep(&self) -> Kept {
        let (stop, stopped) = oneshot::channel::<()>();
        let (store, permits): (_, Permits) =
            (self.town.bench.store.clone(), self.town.permits.clone());
        let kept = self.gate.clone().run(store, permits, async move {
            let _ = stopped.await;
        });
        let clock = self.town.bench.clock.clone();
        let ticks = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(5)).await;
                clock.advance(Duration::from_millis(5));
            }
        });
        Kept { stop, kept: tokio::spawn(kept), ticks }
    }

    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) -> Duration {
        let start = Instant::now();
        while start.elapsed() < MOST {
            if holds(self) {
                return start.elapsed();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("{what}: not within {MOST:?}: {:?}", self.gate.watched().borrow());
    }

    fn verdict(&self) -> Verdict {
        self.gate.watched().borrow().verdict
    }

    fn nft(&self, words: &str) {
        assert!(ip(&format!("netns exec {} nft {words}", self.netns)), "{words}");
    }
}

struct Kept {
    stop: oneshot::Sender<()>,
    kept: JoinHandle<()>,
    ticks: JoinHandle<()>,
}

impl Kept {
    async fn end(self) {
        let _ = self.stop.send(());
        self.kept.await.unwrap();
        self.ticks.abort();
    }
}

#[tokio::test]
async fn a_program_that_hangs_holds_the_gate_up_no_longer_than_it_may() {
    let patience = Duration::from_millis(400);
    for wall in walls("slow", |folder| Tool { nft: fake(folder).0, patience }).await {
        let flag = wall.gate.settings().site.with_file_name("hang");
        wall.open(wall.town.clerk, wall.town.now().plus(DAY)).await;
        std::fs::write(&flag, "").unwrap();
        let start = Instant::now();
        let settled = wall.settle().await;
        assert!(
            matches!(settled, Err(WallError::Kernel(KernelError::TooLong { .. }))),
            "{settled:?}"
        );
        assert!(start.elapsed() < patience * 8, "{:?}", start.elapsed());
        let said = settled.unwrap_err().to_string();
        assert!(said.contains("gave no answer") && said.contains("killed"), "{said}");
        assert!(wall.open_flows().is_empty(), "nothing is said to be open");
        std::fs::remove_file(&flag).unwrap();
        assert!(wall.settle().await.unwrap().is_told);
        assert_eq!(wall.open_flows(), ["watch"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_that_is_made_anew_is_filled_watched_and_guarded_anew() {
    for wall in walls("anew", |_| Tool::default()).await {
        wall.open(wall.town.clerk, wall.town.now().plus(DAY)).await;
        let kept = wall.keep();
        wall.until("a proof", |wall| wall.verdict() == Verdict::Proven).await;
        let own = wall.netns.clone();
        let has_guard = || {
            let asked = || std::net::TcpStream::connect(("127.0.0.1", wall_engine::GUARD_PORT));
            ip(&format!("netns exec {own} ip link set lo up"))
                && platform::in_network(&own, asked).is_ok_and(|asked| asked.is_ok())
        };
        wall.until("a guard", |_| has_guard()).await;
        assert!(ip(&format!("netns del {own}")) && made(&own));
        let filled = wall.until("our table again", |wall| {
            let held = wall.gate.kernel().ruleset().unwrap_or_default();
            held.contains("flow_watch")
        });
        let filled = filled.await;
        wall.until("proven again", |wall| wall.verdict() == Verdict::Proven).await;
        let guarded = wall.until("a guard again", |_| has_guard()).await;
        wall.until("listening", |wall| wall.gate.watched().borrow().is_listening).await;
        // Without a listener there it would be found after half a minute.
        wall.nft("insert rule inet sekisho gate_forward accept");
        let found = wall
            .until("the change", |wall| {
                let watched = wall.gate.watched().borrow().clone();
                watched.drifts.first().is_some_and(|one| !one.by.is_empty())
            })
            .await;
        println!(
            "filled after {filled:?}, guarded after {guarded:?}, a change found after {found:?}"
        );
        kept.end().await;
    }
}

/// A mechanism rings in its work; the gate looks until the work is committed.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_is_held_at_once_after_its_commit() {
    for wall in walls("bell", |_| Tool::default()).await {
        let kept = wall.keep();
        wall.until("a proof", |wall| wall.verdict() == Verdict::Proven).await;
        let mut took = Vec::new();
        for zone in [Zone::Lgwan, Zone::MyNumber] {
            let caller = wall.town.caller(wall.town.chief).await;
            let order = application("cutoff", wall.town.now().plus(DAY), &[("zone", zone.name())]);
            let mut work = wall.town.work().await;
            wall.town.permits.start_at_once(&mut work, &caller, &order).await.unwrap();
            // The bell is heard long before there is anything to see.
            tokio::time::sleep(Duration::from_millis(200)).await;
            work.commit().await.unwrap();
            let start = Instant::now();
            wall.until("held", |wall| wall.gate.opened().borrow().cut.contains(&zone)).await;
            took.push(start.elapsed());
        }
        assert_eq!(zones_cut(&mut wall.town.read().await).await.unwrap().len(), 2);
        println!("{}: held {took:?} after the commit", wall.town.kind());
        assert!(took.iter().all(|took| *took < Duration::from_millis(400)), "{took:?}");
        kept.end().await;
    }
}

#[tokio::test]
async fn a_machine_that_forwards_nothing_or_bridges_zones_is_not_proven() {
    for wall in walls("set", |_| Tool::default()).await {
        let own = &wall.netns;
        wall.open(wall.town.clerk, wall.town.now().plus(DAY)).await;
        wall.settle().await.unwrap();
        let unproven = || {
            let settings = wall.gate.settings();
            let site = zones::read_site(&std::fs::read_to_string(&settings.site).unwrap()).unwrap();
            let open = [wall_engine::Opening { flow: 0, seconds: None }];
            let around = Kernel::in_namespace(own.clone()).around().unwrap();
            let found = wall_engine::beside(&site, &open[..], &around);
            found.iter().map(|one| format!("{}={}", one.rule.table, one.what)).collect::<Vec<_>>()
        };
        assert!(unproven().is_empty(), "{:?}", unproven());
        let set = |name: &str, value: u8| {
            assert!(ip(&format!("netns exec {own} sysctl -qw {name}={value}")), "{name}");
        };
        set("net.ipv4.ip_forward", 0);
        assert_eq!(unproven(), ["net.ipv4.ip_forward=0"]);
        set("net.ipv4.ip_forward", 1);
        for words in ["link add mn0 type veth peer name other", "link add br9 type bridge"] {
            assert!(ip(&format!("-n {own} {words}")), "{words}");
        }
        assert!(unproven().is_empty(), "a bridge that nobody uses");
        assert!(ip(&format!("-n {own} link set mn0 master br9")));
        assert_eq!(unproven(), ["mn0=br9"]);
        assert!(ip(&format!("-n {own} link del br9")) && ip(&format!("-n {own} link del mn0")));
        assert!(ip(&format!("-n {own} link add mn0 type bridge")));
        let calls = "net.bridge.bridge-nf-call-iptables";
        if Path::new("/proc/sys/net/bridge").exists() {
            set("net.bridge.bridge-nf-call-ip6tables", 0);
            set(calls, 1);
            assert_eq!(unproven(), [format!("{calls}=1")]);
            set(calls, 0);
        }
        assert!(unproven().is_empty());
    }
}

#[tokio::test]
async fn a_flow_closes_when_its_applicant_leaves_unless_somebody_took_it_over() {
    for wall in walls("left", |_| Tool::default()).await {
        let (town, ends) = (&wall.town, wall.town.now().plus(30 * DAY));
        let leave = async |person| {
            let chief = town.caller(town.chief).await;
            let mut work = town.work().await;
            town.permits.person_left(&mut work, &chief, person).await.unwrap();
            work.commit().await.unwrap();
            wall.settle().await.unwrap()
        };
        let rests_on = async || {
            let (caller, mut work) = (town.caller(town.chief).await, town.read().await);
            let all = wall_room::service::flows(&mut work, &caller, &wall.gate, &town.permits);
            all.await.unwrap().remove(0).rests_on()
        };
        wall.open(town.clerk, ends).await;
        wall.settle().await.unwrap();
        assert_eq!(rests_on().await, Some(town.clerk), "told before they leave");
        let again = wall.apply(town.clerk, ends).await;
        assert!(matches!(again, Err(WallError::AskedBefore)), "their own lasts as long");

        // A colleague takes it over: it never closes.
        town.bench.clock.advance(Duration::from_secs(60));
        let other = wall.open(town.colleague, ends).await;
        wall.settle().await.unwrap();
        assert_eq!(rests_on().await, None, "nobody's leaving closes it");
        assert!(matches!(wall.apply(town.colleague, ends).await, Err(WallError::AskedBefore)));
        let held = wall.gate.kernel().ruleset().unwrap();
        let done = leave(town.clerk).await;
        assert_eq!((done.carried_on, done.closed), (vec!["watch".to_owned()], Vec::new()));
        assert_eq!(wall.open_flows(), ["watch"]);
        assert_eq!(wall.gate.opened().borrow().flows[0].permit, other.id);
        assert!(!done.is_told, "the kernel was not touched");
        assert!(held.contains("flow_watch") && wall.whys().await.is_empty());

        // Nobody took it over from them: it closes, and the ledger says why.
        assert_eq!(rests_on().await, Some(town.colleague));
        let done = leave(town.colleague).await;
        assert_eq!(done.closed, ["watch"]);
        assert!(wall.open_flows().is_empty());
        assert!(!wall.gate.kernel().ruleset().unwrap().contains("flow_watch"));
        assert_eq!(wall.whys().await, ["applicant-left"]);
        // What ends by itself says so.
        wall.open(town.tax_head, town.now().plus(HOUR)).await;
        wall.settle().await.unwrap();
        town.bench.clock.advance(2 * HOUR);
        wall.settle().await.unwrap();
        assert_eq!(wall.whys().await, ["ended", "applicant-left"]);
        assert_eq!(rests_on().await, None);
    }
}
