//! Cutting a zone off and restoring it, with a running program and real packets:
//! over the interface, and at the gateway beside a running program.
#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code)]
mod wall_support;

use std::process::Command;
use std::time::{Duration, Instant};

use base::{Clock as _, SystemClock};
use serde_json::{Value, json};
use town::{Town, program};
use wall_support::{Ground, LATE_MAX, People, TCP, UDP};

const HOUR: Duration = Duration::from_secs(3_600);

fn begin(ground: &Ground) -> (Town, People) {
    let town = Town::start_with(&["--config", &ground.config().display().to_string()]);
    let people = People::of(&town);
    until_proven(&people);
    for flow in ["renkei-tcp", "renkei-udp"] {
        people.open(flow, SystemClock::default().now().plus(HOUR));
    }
    ground.opens("renkei", TCP);
    people.until("both open", LATE_MAX, |people| people.state()["open"] == 2);
    until_proven(&people);
    (town, people)
}

fn until_proven(people: &People) {
    people
        .until("a proof", Duration::from_secs(10), |people| people.state()["verdict"] == "proven");
}

/// What the gateway's filter holds, but for what counts and runs down.
fn rules(ground: &Ground) -> String {
    let mut text = String::new();
    let mut words = ground.rules().split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    words.push(String::new());
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if ["timeout", "expires", "packets", "bytes"].contains(&word.as_str()) {
            words.next();
        } else {
            text.push_str(&word);
            text.push(' ');
        }
    }
    text
}

/// `sekisho zones …` as root at the gateway.
fn at_the_gateway(ground: &Ground, verb: &str) -> Value {
    let done = Command::new(program::binary())
        .args(["zones", verb, "mynumber", "--json", "--reason", "訓練", "--site"])
        .arg(ground.site_file())
        .args(["--netns", &ground.namespace("gateway")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_str(&said).unwrap()
}

fn cutoffs(people: &People) -> Vec<Value> {
    people.chief.get("/api/v1/wall/cutoffs").json["items"].as_array().unwrap().clone()
}

fn late(last: Instant, order: Instant) -> Duration {
    let late = last.saturating_duration_since(order);
    assert!(late <= LATE_MAX, "it lived on for {late:?}");
    late
}

fn restore(people: &People) -> u16 {
    let asked = json!({ "reason": "端末を調べ終えた" });
    people.chief.post("/api/v1/wall/zones/mynumber/restore", &asked).status
}

#[test]
fn one_person_cuts_a_zone_off_at_once_and_restores_it_to_the_letter() {
    let Some(ground) = Ground::up("wcut") else { return };
    let (_town, people) = begin(&ground);
    let before = rules(&ground);
    let talks = [ground.talk("renkei", TCP, true), ground.talk("renkei", UDP, false)];
    std::thread::sleep(Duration::from_secs(1));
    let order = json!({
        "kind": "cutoff", "purpose": "端末の感染の疑い", "scope": { "zone": "mynumber" },
        "ends_at": SystemClock::default().now().plus(HOUR * 24).to_string(), "step": "emergency",
    });
    let refused = people.clerk.post("/api/v1/permits", &order);
    assert_eq!(refused.status, 403, "{refused:?}");
    let ordered = Instant::now();
    let reply = people.chief.post("/api/v1/permits", &order);
    assert_eq!(reply.status, 201, "{reply:?}");
    let answered = ordered.elapsed();
    std::thread::sleep(Duration::from_secs(2));
    let lasts = talks.map(|talk| late(talk.last(), ordered));
    assert!(!ground.connects("renkei", TCP));
    until_proven(&people);
    assert_eq!(people.state()["cut"], json!(["mynumber"]));
    assert_eq!(people.flow("renkei-tcp")["standing"], "cut");
    let held = cutoffs(&people).remove(0);
    assert_eq!((&held["ordered"], &held["alarm"]), (&json!("emergency"), &json!("report-due")));
    let cut_ms = held["cut_ms"].as_i64().unwrap();
    assert!((0..5_000).contains(&cut_ms), "{held}");
    assert_eq!(
        people.clerk.post("/api/v1/wall/zones/mynumber/restore", &json!({ "reason": "x" })).status,
        403
    );
    assert_eq!(restore(&people), 200);
    let opened = ground.opens("renkei", TCP);
    people.until("written down", LATE_MAX * 2, |people| {
        cutoffs(people)[0]["restored_ms"].is_number()
    });
    until_proven(&people);
    assert_eq!(rules(&ground), before, "restored to the letter");
    assert_eq!(restore(&people), 409, "it is not cut off");
    for action in ["zone.cut-off", "zone.cut-off-held", "zone.restored", "zone.restore-held"] {
        assert_eq!(people.entries(action).len(), 1, "{action}");
    }
    let report = format!("/api/v1/wall/cutoffs/{}/report", held["id"].as_str().unwrap());
    assert_eq!(people.chief.post(&report, &json!({ "report": "感染はなかった" })).status, 200);
    assert_eq!(cutoffs(&people)[0]["alarm"], "quiet");
    println!(
        "answered in {answered:?}, sessions over {lasts:?} after the order (the ledger says {cut_ms} ms); restored in {opened:?} ({} ms)",
        cutoffs(&people)[0]["restored_ms"]
    );
}

#[test]
fn what_is_done_at_the_gateway_is_no_drift_and_stands_in_the_ledger() {
    let Some(ground) = Ground::up("wgate") else { return };
    let (_town, people) = begin(&ground);
    let before = rules(&ground);
    let talks = [ground.talk("renkei", TCP, true), ground.talk("renkei", UDP, false)];
    std::thread::sleep(Duration::from_secs(1));
    let ordered = Instant::now();
    let done = at_the_gateway(&ground, "cutoff");
    // Longer than the watch needs to find a stranger's change and mend it.
    std::thread::sleep(Duration::from_secs(4));
    let lasts = talks.map(|talk| late(talk.last(), ordered));
    assert!(!ground.connects("renkei", TCP), "nobody mended it");
    people.until("in the ledger", LATE_MAX, |people| people.entries("zone.cut-off").len() == 1);
    let held = cutoffs(&people).remove(0);
    assert_eq!(held["ordered"], "local");
    assert!(held["cut_ms"].as_i64().is_some_and(|took| (0..5_000).contains(&took)), "{held}");
    until_proven(&people);
    assert!(people.proof()["drifts"].as_array().unwrap().is_empty(), "{}", people.proof());
    at_the_gateway(&ground, "restore");
    ground.opens("renkei", TCP);
    until_proven(&people);
    assert_eq!(rules(&ground), before, "restored to the letter");
    println!("cut in {} ms, sessions over {lasts:?} after the command", done["elapsed_ms"]);
}

/// `sekisho zones … --server`: its exit code, and what it said.
fn ask(town: &Town, token: &std::path::Path, verb: &str, zone: &str) -> (Option<i32>, String) {
    let done = Command::new(program::binary())
        .args(["zones", verb, zone, "--json", "--reason", "訓練", "--server", &town.demo.base_url])
        .arg("--ca")
        .arg(&town.demo.ca_certificate)
        .arg("--token-file")
        .arg(token)
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    (done.status.code(), said.concat())
}

/// A token of the clerk's with which a program may apply, in a file.
fn token(people: &People, folder: &std::path::Path) -> std::path::PathBuf {
    let asked = json!({
        "kind": "api-token", "purpose": "監視から遮断を申請する", "step": "apply",
        "scope": { "system": "監視", "scopes": ["apply"] },
        "ends_at": SystemClock::default().now().plus(HOUR).to_string(),
    });
    let permit = people.clerk.post("/api/v1/permits", &asked);
    assert_eq!(permit.status, 201, "{permit:?}");
    let id = permit.json["id"].as_str().unwrap();
    people.approve(id, permit.json["version"].as_u64().unwrap());
    let issued = people.clerk.post(&format!("/api/v1/permits/{id}/issue"), &json!({}));
    let file = folder.join("token");
    std::fs::write(&file, issued.json["secret"].as_str().unwrap()).unwrap();
    file
}

#[test]
fn a_program_applies_for_a_cut_off_another_person_decides_and_a_person_restores() {
    let Some(ground) = Ground::up("wsrv") else { return };
    let (town, people) = begin(&ground);
    let folder = tempfile::tempdir().unwrap();
    let token = token(&people, folder.path());
    let before = rules(&ground);
    let (number, said) = ask(&town, &token, "cutoff", "mynumber");
    assert_eq!(number, Some(0), "{said}");
    let permit: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&permit["kind"], &permit["state"]), (&json!("cutoff"), &json!("applied")));
    // One person's program is one person: nothing is cut, and they do not decide.
    std::thread::sleep(Duration::from_secs(2));
    assert!(ground.connects("renkei", TCP), "nobody else agreed");
    assert_eq!(people.state()["cut"], json!([]));
    let id = permit["id"].as_str().unwrap();
    let version = json!({ "version": permit["version"] });
    let own = people.clerk.post(&format!("/api/v1/permits/{id}/approve"), &version);
    assert_eq!(own.status, 403, "{own:?}");
    let talk = ground.talk("renkei", TCP, true);
    std::thread::sleep(Duration::from_millis(500));
    people.approve(id, permit["version"].as_u64().unwrap());
    let decided = Instant::now();
    std::thread::sleep(Duration::from_secs(1));
    let over = late(talk.last(), decided);
    assert!(!ground.connects("renkei", TCP));
    let held = cutoffs(&people).remove(0);
    assert_eq!((&held["ordered"], &held["alarm"]), (&json!("approved"), &json!("quiet")));
    // A program shows no factors: it restores nothing, and is told who does.
    let (number, said) = ask(&town, &token, "restore", "mynumber");
    assert!(number.is_some_and(|number| number != 0), "{said}");
    assert!(said.contains("二要素") && said.contains("403"), "{said}");
    assert!(!ground.connects("renkei", TCP));
    assert_eq!(restore(&people), 200);
    ground.opens("renkei", TCP);
    until_proven(&people);
    assert_eq!(rules(&ground), before, "restored to the letter");
    // A token that was taken away applies for nothing.
    let secret = std::fs::read_to_string(&token).unwrap();
    let permit = people.clerk.get("/api/v1/permits?kind=api-token").json["items"][0].clone();
    people.revoke(permit["id"].as_str().unwrap());
    let (number, said) = ask(&town, &token, "cutoff", "lgwan");
    assert!(number.is_some_and(|number| number != 0) && said.contains("401"), "{said}");
    assert!(!said.contains(secret.trim()), "the secret is not told");
    println!("cut {over:?} after the second person's yes (the ledger says {} ms)", held["cut_ms"]);
}
