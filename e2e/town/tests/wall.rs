//! Flows as permits, with real packets: the program itself holds a gateway in a
//! network namespace. A flow passes from its approval to its end and not a
//! second longer, whatever becomes of the program; a change by hand is found.
//! `SEKISHO_SESSIONS=100` cuts so many sessions by TCP and by UDP at once.
#![allow(clippy::unwrap_used, clippy::panic)]

mod wall_support;

use std::time::{Duration, Instant};

use base::{Clock as _, SystemClock, Timestamp};
use serde_json::json;
use town::{Browser, Clock, Demo, Program, Town};
use wall_support::{BACK, Ground, LATE_MAX, LoggedIn, People, SSH, TCP, Talk, UDP};

const HOUR: Duration = Duration::from_secs(3_600);

fn in_a(span: Duration) -> Timestamp {
    SystemClock::default().now().plus(span)
}

fn sessions() -> usize {
    std::env::var("SEKISHO_SESSIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(2)
}

/// So many sessions by TCP, and as many by UDP.
fn talk(ground: &Ground) -> Vec<Talk> {
    let both = |_| [ground.talk("renkei", TCP, true), ground.talk("renkei", UDP, false)];
    (0..sessions()).flat_map(both).collect()
}

/// How late the latest of some sessions was, none of which ended before a
/// moment.
fn latest(talks: Vec<Talk>, lived_until: Instant, end: Instant) -> Duration {
    let lasts = talks.into_iter().map(|talk| {
        let last = talk.last();
        assert!(last > lived_until, "it lived until its permit was over");
        late(last, end)
    });
    lasts.max().unwrap()
}

fn begin(ground: &Ground) -> (Town, People) {
    let town = Town::start_with(&["--config", &ground.config().display().to_string()]);
    let people = People::of(&town);
    people.until("the first proof", Duration::from_secs(10), |people| {
        people.state()["verdict"] == "proven"
    });
    (town, people)
}

/// How long after a moment a session had its last answer.
fn late(last: Instant, end: Instant) -> Duration {
    let late = last.saturating_duration_since(end);
    assert!(late <= LATE_MAX, "it lived on for {late:?}");
    late
}

#[test]
fn a_flow_passes_from_its_approval_until_it_is_taken_away_or_ends() {
    let Some(ground) = Ground::up("wfl") else { return };
    let (_town, people) = begin(&ground);
    assert!(!ground.connects("renkei", TCP), "nobody asked for it");
    assert_eq!(people.flow("renkei-tcp")["standing"], "closed");

    let (permit, version) = people.apply("renkei-tcp", in_a(HOUR));
    assert_eq!(people.flow("renkei-tcp")["standing"], "asked");
    let own = format!("/api/v1/permits/{permit}/approve");
    assert_eq!(people.clerk.post(&own, &json!({ "version": version })).status, 403);
    assert!(!ground.connects("renkei", TCP), "nobody approved it");
    people.approve(&permit, version);
    let took = ground.opens("renkei", TCP);
    assert!(!ground.connects("jumin", BACK), "only that flow");
    assert_eq!(people.flow("renkei-tcp")["standing"], "open");

    // Another flow that opens leaves a session alone.
    let first = ground.talk("renkei", TCP, true);
    std::thread::sleep(Duration::from_millis(500));
    let other = people.open("renkei-udp", in_a(HOUR));
    people.until("the other flow", LATE_MAX, |people| people.state()["open"] == 2);
    let talks = talk(&ground);
    std::thread::sleep(Duration::from_secs(1));
    let before = Instant::now();
    people.revoke(&permit);
    people.revoke(&other);
    let end = Instant::now();
    std::thread::sleep(Duration::from_secs(2));
    let slack = Duration::from_millis(500);
    assert!(first.last() + slack > before, "it lived until it was taken away");
    let revoked = latest(talks, before - slack, end);
    assert!(!ground.connects("renkei", TCP));
    people.until("both closed", LATE_MAX, |people| people.state()["open"] == 0);

    let span = Duration::from_secs(6);
    let (start, ends_at) = (Instant::now(), in_a(span));
    people.open("renkei-tcp", ends_at);
    people.open("renkei-udp", ends_at);
    ground.opens("renkei", TCP);
    let talks = talk(&ground);
    std::thread::sleep((span + Duration::from_secs(2)).saturating_sub(start.elapsed()));
    let ended = latest(talks, start + span - Duration::from_secs(2), start + span);
    assert!(!ground.connects("renkei", TCP));
    people.until("proven after the ends", LATE_MAX * 2, |people| {
        let state = people.state();
        state["verdict"] == "proven" && state["open"] == 0
    });
    assert!(people.proof()["drifts"].as_array().unwrap().is_empty(), "{}", people.proof());
    let closed = people.entries("flow.closed");
    let whys: Vec<_> = closed.iter().filter_map(|one| one["details"]["why"].as_str()).collect();
    assert_eq!(whys.iter().filter(|why| **why == "ended").count(), 2, "{whys:?}");
    assert_eq!(whys.iter().filter(|why| **why == "permit-gone").count(), 2, "{whys:?}");
    println!(
        "opened {took:?} after its approval; of {} sessions the last answer came {revoked:?} after they were taken away, {ended:?} after the end",
        sessions() * 2
    );
}

#[test]
fn a_change_by_hand_is_found_told_and_mended() {
    let Some(ground) = Ground::up("wdr") else { return };
    let (_town, people) = begin(&ground);
    people.open("renkei-tcp", in_a(HOUR));
    ground.opens("renkei", TCP);

    // In our own table: found, told with a packet, and taken out again.
    let logged_in = LoggedIn::as_user("hoshu", "10.2.0.66");
    let start = Instant::now();
    ground.nft("insert rule inet sekisho gate_forward ip daddr 203.0.113.10 tcp dport 443 accept comment \"temporary\"");
    people.until("the drift", Duration::from_secs(60), |people| {
        people.proof()["drifts"].as_array().is_some_and(|all| !all.is_empty())
    });
    let found = start.elapsed();
    let drift = people.proof()["drifts"][0].clone();
    let violation = &drift["violations"][0];
    assert_eq!(violation["witness"]["dport"], 443, "{drift}");
    assert_eq!(violation["witness"]["dst"], "203.0.113.10");
    assert_eq!(violation["rule"]["comment"], "temporary");
    let invariants: Vec<_> = drift["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["invariant"].clone())
        .collect();
    assert!(invariants.contains(&json!("G1")), "from personal numbers too: {invariants:?}");
    assert!(drift["changed_by"][0].as_str().unwrap().starts_with("nft ("), "{drift}");
    if logged_in.is_some() {
        let who = drift["logged_in"].as_array().unwrap();
        let is_there = |one: &serde_json::Value| {
            one.as_str()
                .is_some_and(|one| one.starts_with("hoshu pts/77 ") && one.contains("(10.2.0.66)"))
        };
        assert!(who.iter().any(is_there), "{drift}");
        let details = people.entries("wall.drifted").last().unwrap()["details"].clone();
        assert!(details["logged-in"].as_str().unwrap().contains("hoshu pts/77"), "{details}");
    } else {
        eprintln!("skipped: who is logged in, as the machine's utmp cannot be written");
    }
    drop(logged_in);
    people.until("mended", LATE_MAX, |people| people.state()["verdict"] == "proven");
    assert!(!ground.rules().contains("temporary"));
    assert!(ground.connects("renkei", TCP), "what was approved passes on");
    let entries = people.entries("wall.drifted");
    let first = &entries.last().unwrap()["details"];
    assert!(first["witness-1"].as_str().unwrap().contains("203.0.113.10"), "{first}");
    assert!(first["changed-by"].as_str().unwrap().contains("nft"), "{first}");

    // In a table of somebody else: it stays theirs, and is shown until it is gone.
    ground.nft("add table ip other; add chain ip other post { type nat hook postrouting priority 100; }; add rule ip other post masquerade");
    people.until("a rule that is not followed", Duration::from_secs(60), |people| {
        people.state()["verdict"] == "unproven"
    });
    ground.nft("add table ip third; add chain ip third fw { type filter hook forward priority -5; policy drop; }");
    people
        .until("a lack", Duration::from_secs(60), |people| people.state()["verdict"] == "violated");
    assert!(people.proof()["drifts"][0]["mended_at"].is_null());
    ground.nft("delete table ip other; delete table ip third");
    people.until("right again", Duration::from_secs(60), |people| {
        people.state()["verdict"] == "proven"
    });
    let drifts = people.proof()["drifts"].as_array().unwrap().clone();
    assert!(drifts.iter().all(|one| !one["mended_at"].is_null()), "{drifts:?}");

    // The whole table gone: everything would pass, and it is back in a moment.
    ground.nft("delete table inet sekisho");
    people.until("the table is back", LATE_MAX, |_| ground.rules().contains("gate_forward"));
    println!("found {found:?} after the change");
}

#[test]
fn a_flow_out_of_personal_numbers_opens_with_a_complete_list_only() {
    let Some(ground) = Ground::up("wch") else { return };
    let (_town, people) = begin(&ground);
    people.open("tsuchi", in_a(HOUR));
    assert_eq!(people.flow("tsuchi")["standing"], "incomplete");
    let path = "/api/v1/wall/flows/tsuchi/checks";
    let check = |item: &str| json!({ "item": item, "note": "両端の設定を見た" });
    assert_eq!(people.clerk.post(path, &check("mac")).status, 403, "not by anybody");
    let items = ["risk-analysis", "address", "port", "mac", "certificate", "vendor-asked"];
    for item in items {
        assert!(!ground.connects("jumin", BACK), "without {item}");
        let reply = people.manager.post(path, &check(item));
        assert_eq!(reply.status, 201, "{reply:?}");
    }
    assert_eq!(people.manager.post(path, &check("mac")).status, 409, "it is checked");
    ground.opens("jumin", BACK);
    let flow = people.flow("tsuchi");
    assert_eq!((&flow["standing"], flow["checks"].as_array().unwrap().len()), (&json!("open"), 6));

    let talk = ground.talk("jumin", BACK, true);
    std::thread::sleep(Duration::from_secs(1));
    let mac = flow["checks"].as_array().unwrap().iter().find(|one| one["item"] == "mac").unwrap();
    let withdraw = format!("/api/v1/wall/checks/{}/withdraw", mac["id"].as_str().unwrap());
    let reply = people.manager.post(&withdraw, &json!({ "reason": "機器を取り替えた" }));
    let end = Instant::now();
    assert_eq!(reply.status, 204, "{reply:?}");
    std::thread::sleep(Duration::from_secs(2));
    let withdrawn = late(talk.last(), end);
    assert!(!ground.connects("jumin", BACK));
    assert_eq!(people.flow("tsuchi")["missing"], json!(["mac"]));
    assert_eq!(people.entries("flow.closed")[0]["details"]["why"], "check-withdrawn");
    assert_eq!(people.entries("flow.check-withdrawn").len(), 1);
    assert_eq!(people.manager.post(path, &check("mac")).status, 201);
    ground.opens("jumin", BACK);

    // What was approved is what was declared: another port needs another approval.
    let site = std::fs::read_to_string(ground.site_file()).unwrap();
    std::fs::write(ground.site_file(), site.replace("9443", "9445")).unwrap();
    people.until("the new declaration", LATE_MAX, |people| {
        people.flow("tsuchi")["standing"] == "changed"
    });
    people.until("closed", LATE_MAX, |_| !ground.connects("jumin", BACK));
    // A file that is wrong changes nothing.
    std::fs::write(ground.site_file(), site.replace("9443", "99999")).unwrap();
    people.until("the wrong file", LATE_MAX, |people| !people.state()["site_trouble"].is_null());
    assert_eq!(people.state()["verdict"], "proven");
    println!("last answer {withdrawn:?} after an item was withdrawn");
}

#[test]
fn an_end_comes_while_the_program_is_dead_and_when_the_clock_jumps() {
    let Some(mut clock) = Clock::find() else { return };
    let Some(ground) = Ground::up("wje") else { return };
    let config = ground.config().display().to_string();
    let mut town = Town::start_by_with(Some(&clock), &["--config", &config]);
    let people = People::of(&town);
    people.until("the first proof", Duration::from_secs(10), |people| {
        people.state()["verdict"] == "proven"
    });
    // One ends while nobody is there; the other goes on.
    let (start, span) = (Instant::now(), Duration::from_secs(6));
    people.open("renkei-tcp", in_a(span));
    people.open("renkei-udp", in_a(HOUR));
    ground.opens("renkei", TCP);
    let talks = [ground.talk("renkei", TCP, true), ground.talk("renkei", UDP, false)];
    std::thread::sleep(Duration::from_secs(1));
    let folder = town.program.folder().unwrap();
    town.program.kill();
    std::thread::sleep((span + Duration::from_secs(1)).saturating_sub(start.elapsed()));
    let [tcp, udp] = talks;
    let alone = late(tcp.last(), start + span);
    town.program = Program::up_by(Some(&clock), folder, &["--demo", "--config", &config]);
    town.demo = Demo::read(&town.program.data().join("demo.json"));
    let people = People::again(&town);
    people.until("settled again", Duration::from_secs(10), |people| {
        let state = people.state();
        state["open"] == 1 && state["verdict"] == "proven"
    });
    std::thread::sleep(Duration::from_secs(1));
    let last = udp.last();
    assert!(last.elapsed() < Duration::from_secs(2), "a restart leaves what is permitted alone");
    assert_eq!(people.entries("flow.closed")[0]["details"]["why"], "ended");

    // Back: nothing is lengthened. Ahead: what it ends is ended.
    let talk = ground.talk("renkei", UDP, false);
    clock.set_back(HOUR * 2);
    std::thread::sleep(Duration::from_secs(2));
    assert!(!ground.connects("renkei", TCP), "nothing revives");
    clock.advance(HOUR * 4);
    let end = Instant::now();
    std::thread::sleep(Duration::from_secs(3));
    let jumped = late(talk.last(), end);
    println!(
        "last answers {alone:?} after the end without a program, {jumped:?} after the clock jumped ahead"
    );
}

#[test]
fn a_liar_on_an_approved_flow_is_cut_and_written_down() {
    const HONEST: &[u8] = b"SSH-2.0-OpenSSH_9.2\r\n";
    const LIE: &[u8] = b"GET / HTTP/1.1\r\n\r\n";
    let Some(ground) = Ground::up("wgu") else { return };
    let (_town, people) = begin(&ground);
    assert!(!ground.answers("renkei", SSH, HONEST), "nobody asked for it");
    let permit = people.open("hoshu", in_a(HOUR));
    people.until("the guarded flow", LATE_MAX, |_| ground.answers("renkei", SSH, HONEST));
    assert!(!ground.answers("renkei", SSH, LIE));
    let told = |people: &People| people.entries("flow.refused");
    people.until("the liar in the ledger", LATE_MAX, |people| {
        let details = |one: &serde_json::Value| one["details"].clone();
        told(people).iter().map(details).any(|one| {
            (&one["why"], &one["looks-like"]) == (&json!("other-protocol"), &json!("http"))
                && one["client"] == "10.2.0.10"
        })
    });
    assert!(told(&people).iter().all(|one| one["subject"] == "hoshu"), "{:?}", told(&people));
    people.until("proven with a guard", LATE_MAX, |people| people.state()["verdict"] == "proven");
    let talk = ground.talk_after("renkei", SSH, HONEST);
    std::thread::sleep(Duration::from_secs(1));
    people.revoke(&permit);
    let end = Instant::now();
    std::thread::sleep(Duration::from_secs(2));
    let revoked = late(talk.last(), end);
    assert!(!ground.answers("renkei", SSH, HONEST));
    println!(
        "the last answer of a guarded session came {revoked:?} after its permit was taken away"
    );
}

/// The kernel's counters, by flow: through a change of the rules, and for what the
/// guard carries.
#[test]
fn what_a_flow_carried_is_counted_over_changes_of_the_rules() {
    const HONEST: &[u8] = b"SSH-2.0-OpenSSH_9.2\r\n";
    let Some(ground) = Ground::up("wus") else { return };
    let (_town, people) = begin(&ground);
    people.open("renkei-tcp", in_a(HOUR));
    let guarded = people.open("hoshu", in_a(HOUR));
    ground.opens("renkei", TCP);
    people.until("the guarded flow", LATE_MAX, |_| ground.answers("renkei", SSH, HONEST));
    let talk = ground.talk("renkei", TCP, true);
    std::thread::sleep(Duration::from_secs(1));
    talk.last();
    let (site, gateway) = (ground.site_file().display().to_string(), ground.namespace("gateway"));
    let asked = std::process::Command::new(town::program::binary())
        .args(["zones", "used", &site, "--netns", &gateway, "--json"])
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&asked.stdout).unwrap();
    let in_kernel = |name: &str| {
        let all = told["flows"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()["used"].clone()
    };
    assert!(in_kernel("renkei-udp").is_null(), "it is closed: {told}");
    let number = |used: &serde_json::Value, name: &str| used[name].as_u64().unwrap();
    // 40 ms a beat, four bytes each way, and what TCP adds.
    for name in ["packets_out", "packets_back"] {
        assert!(number(&in_kernel("renkei-tcp"), name) >= 15, "{told}");
        assert!(number(&in_kernel("hoshu"), name) >= 3, "{told}");
    }
    assert!(number(&in_kernel("renkei-tcp"), "bytes_out") >= 15 * 44, "{told}");
    // The rules are changed: the kernel begins anew, the register does not.
    people.revoke(&guarded);
    people.until("the change", LATE_MAX, |people| people.state()["open"] == 1);
    let of = |name: &str| people.flow(name)["used"].clone();
    for name in ["renkei-tcp", "hoshu"] {
        people.until("counted", LATE_MAX, |_| !of(name)["used_at"].is_null());
        for key in ["begun", "packets_out", "bytes_out", "packets_back", "bytes_back"] {
            assert!(number(&of(name), key) >= number(&in_kernel(name), key), "{name}: {key}");
        }
        assert!(of(name)["unused_since"].is_null());
    }
    let before = number(&of("renkei-tcp"), "packets_out");
    ground.opens("renkei", TCP);
    people.open("renkei-udp", in_a(HOUR));
    people.until("added up", LATE_MAX, |_| number(&of("renkei-tcp"), "packets_out") > before);
    people.until("never used", LATE_MAX, |_| {
        let used = of("renkei-udp");
        used["packets_out"] == 0 && used["used_at"].is_null()
    });
    println!("{}", of("renkei-tcp"));
}

/// The service of the package is another user with `CAP_NET_ADMIN` and nothing else
/// (packaging/debian/wall.conf).
#[test]
fn one_capability_is_enough_and_none_is_told() {
    let Some(ground) = Ground::up("wca") else { return };
    let folder = ground.open_to_all();
    let config = folder.join("here.toml");
    std::fs::write(&config, "[wall]\nsite = \"site.toml\"\nbody = \"198013\"\napply = true\n")
        .unwrap();
    let data = folder.join("data");
    std::fs::create_dir(&data).unwrap();
    std::os::unix::fs::chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();
    let as_service = |capabilities: &str, words: &[&str]| {
        let mut command = std::process::Command::new("ip");
        command.args(["netns", "exec", &ground.namespace("gateway"), "setpriv"]);
        let (user, set) = (NOBODY.to_string(), format!("-all{capabilities}"));
        command.args(["--reuid", &user, "--regid", &user, "--clear-groups", "--no-new-privs"]);
        for kind in ["--inh-caps", "--ambient-caps", "--bounding-set"] {
            command.args([kind, &set]);
        }
        command.arg(town::program::binary()).args(words).current_dir("/");
        command
    };
    let run = |capabilities: &str, words: &[&str]| {
        let done = as_service(capabilities, words).output().unwrap();
        let said = [done.stdout, done.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
        (done.status.code(), said.concat())
    };
    let site = ground.site_file().display().to_string();
    for verb in ["apply", "prove"] {
        let (number, said) = run("", &["zones", verb, &site]);
        assert_eq!(number, Some(1), "{said}");
        assert!(said.contains("CAP_NET_ADMIN"), "{verb}: {said}");
    }
    let doctor = [
        "doctor",
        "--json",
        "--config",
        &config.display().to_string(),
        "--data",
        &data.display().to_string(),
    ]
    .map(str::to_owned);
    let doctor: Vec<&str> = doctor.iter().map(String::as_str).collect();
    let looked = |capabilities: &str| {
        let (_, said) = run(capabilities, &doctor);
        let told: serde_json::Value =
            serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
        let all = told["checks"].as_array().unwrap().clone();
        move |name: &str| all.iter().find(|one| one["name"] == name).cloned().unwrap_or_default()
    };
    let without = looked("");
    assert_eq!(without("wall-rights")["ok"], false);
    assert!(without("wall-rights")["found"].as_str().unwrap().contains("CAP_NET_ADMIN"));
    let with = looked(",+net_admin");
    for name in ["wall-rights", "wall-site", "wall-filter", "wall-gateway"] {
        assert_eq!(with(name)["ok"], true, "{}", with(name));
    }
    // The program itself: it fills the filter, and its guard stands for others.
    let port = "127.0.0.1:8443";
    let words = [
        "up",
        "--demo",
        "--config",
        &config.display().to_string(),
        "--listen",
        port,
        "--data",
        &data.display().to_string(),
    ]
    .map(str::to_owned);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let program = Program::spawn(&mut as_service(",+net_admin", &words), &data, 8443);
    let start = Instant::now();
    let is_guarded = || {
        let asked = || std::net::TcpStream::connect(("127.0.0.1", 15_113)).is_ok();
        platform::in_network(&ground.namespace("gateway"), asked).unwrap_or(false)
    };
    while !(is_guarded() && ground.rules().contains("gate_steer")) {
        assert!(start.elapsed() < Duration::from_secs(60), "{}", program.said());
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("filled and guarded by user {NOBODY} {:?} after its start", start.elapsed());
}

/// Whose account has no rights.
const NOBODY: u32 = 65_534;

/// A rule that the gate does not own stays until somebody takes it away: shown
/// with what to do to those who could, and without its place to everybody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_standing_violation_is_shown_to_who_mends_it_and_hidden_from_others() {
    let up = tokio::task::spawn_blocking(|| {
        let ground = Ground::up("wpg")?;
        let (town, people) = begin(&ground);
        people.open("renkei-tcp", in_a(HOUR));
        people.until("open", LATE_MAX, |people| people.state()["open"] == 1);
        ground.nft("add table ip kari; add chain ip kari post { type nat hook postrouting priority 100; }; add rule ip kari post masquerade");
        ground.nft("add table ip hoshu; add chain ip hoshu fw { type filter hook forward priority -5; policy drop; }");
        people.until("a violation", Duration::from_secs(60), |people| {
            people.state()["verdict"] == "violated"
        });
        // Everybody may ask whether it holds; where it does not is another matter.
        let seen = people.clerk.get("/api/v1/wall/proof");
        assert_eq!(seen.status, 200, "{seen:?}");
        assert_eq!(
            (&seen.json["verdict"], &seen.json["is_hidden"]),
            (&json!("violated"), &json!(true))
        );
        assert_eq!(seen.json["violations"], json!([]));
        assert!(!seen.json.to_string().contains("hoshu"), "{}", seen.json);
        assert_eq!(people.clerk.get("/api/v1/wall/flows").status, 200);
        let told = people.proof();
        assert_eq!(told["is_hidden"], false);
        assert!(!told["violations"].as_array().unwrap().is_empty(), "{told}");
        let page = people.clerk.get("/wall/proof").text;
        assert!(!page.contains("masquerade") && page.contains("承認と違う通信"), "{page}");
        Some((ground, town, people))
    });
    let Some((_ground, town, people)) = up.await.unwrap() else { return };
    let page = people.manager.get("/wall/proof").text;
    for words in [
        "masquerade",
        "承認されているのに通りません",
        "次にすること",
        "kari",
        "止めているのは",
        "「fw」",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let Some(browser) = Browser::open().await else { return };
    let base = &town.demo.base_url;
    browser.carry_on(base, &people.manager).await;
    for (page, name) in [("/wall/proof", "wall-proof-violated"), ("/wall", "wall-map-violated")] {
        browser.go(&format!("{base}{page}")).await;
        browser.wait_for_text("承認と違う通信").await;
        browser.picture_whole(name).await;
    }
    browser.go(&format!("{base}/wall/flows/renkei-tcp")).await;
    browser.picture_whole("wall-flow-drifted").await;
    browser.close().await;
}

/// Whoever looks at the demo's map for the first time sees what it is for.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_look_at_the_map_shows_every_state() {
    let town = tokio::task::spawn_blocking(Town::start).await.unwrap();
    let manager = town.client_of(wall_support::MANAGER);
    let page = manager.get("/wall").text;
    for (mark, least) in
        [("open", 14), ("ends-soon", 2), ("waiting", 3), ("refused", 1), ("closed", 5)]
    {
        let count = page.matches(&format!("class=\"flow flow-{mark}\"")).count();
        assert!(count >= least, "{mark}: {count}");
    }
    let register = manager.get("/wall/flows?state=ends-soon").text;
    assert!(register.contains("maintenance") && !register.contains("jumin-renkei"));
    let Some(browser) = Browser::open().await else { return };
    let base = &town.demo.base_url;
    browser.carry_on(base, &manager).await;
    for lang in ["ja", "en"] {
        browser.go(&format!("{base}/language/{lang}?to=/")).await;
        for page in ["/wall", "/wall/flows", "/wall/flows/tax-notice", "/wall/flows/pittari-down"] {
            browser.go(&format!("{base}{page}")).await;
            browser.find("main h1").await;
            let name = page.trim_start_matches('/').replace('/', "-");
            browser.picture_whole(&format!("demo-{name}-{lang}")).await;
        }
    }
    browser.close().await;
}
