//! YARA beside the treatment, as a town meets it: what its rules know is kept
//! away and named, rules change while it runs, wrong ones raise an alarm, and
//! while the program is not there nothing passes.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use town::{Client, Town};

const RULES: &str = "rule Town_Needle { strings: $a = \"NEEDLE\" condition: $a }\n";

/// YARA in a folder of ours, so that it can go away, and outside /tmp, which it
/// does not see from its cage.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Option<Self> {
        if !Path::new("/usr/bin/yara").exists() {
            eprintln!("skipped: no yara (Debian: yara)");
            return None;
        }
        let place = Self { folder: tempfile::tempdir_in("/var/tmp").unwrap() };
        fs::create_dir(place.path("bin")).unwrap();
        place.install();
        fs::write(place.path("house.yar"), RULES).unwrap();
        Some(place)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn install(&self) {
        for program in ["yara", "yarac"] {
            fs::copy(format!("/usr/bin/{program}"), self.path("bin").join(program)).unwrap();
        }
    }

    fn town(&self) -> Town {
        let (program, rules) = (self.path("bin/yara"), self.path("house.yar"));
        let text = format!(
            "[scanners.yara]\nprogram = \"{}\"\nrules = \"{}\"\n",
            program.display(),
            rules.display()
        );
        fs::write(self.path("sekisho.toml"), text).unwrap();
        Town::start_with(&["--config", self.path("sekisho.toml").to_str().unwrap()])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn yara_keeps_away_what_its_rules_know_and_the_rules_change_while_it_runs() {
    let Some(place) = Place::new() else { return };
    let town = place.town();
    let clerk = town.client_of("yamada.hanako");
    let known = settled(&clerk, &send(&clerk, "一覧.txt", b"a NEEDLE in it"));
    assert_eq!(known["state"], "quarantined", "{known}");
    assert_eq!(known["decided"]["report"]["hits"], json!(["yara: Town_Needle (house.yar)"]));
    let page = format!("/transfer/{}", known["id"].as_str().unwrap());
    assert!(clerk.get(&page).text.contains("Town_Needle (house.yar)"));
    let content = format!("/api/v1/passages/{}/content", known["id"].as_str().unwrap());
    assert_ne!(town.client_of("sasaki.taro").post(&content, &json!({})).status, 200);
    let ledger = town.client_of("yoshida.rei").get("/ledger?area=passage.").text;
    assert!(ledger.contains("passage.known-harmful"), "{ledger}");
    assert_eq!(settled(&clerk, &send(&clerk, "連絡.txt", b"hay"))["state"], "delivered");

    // Other rules, while it runs.
    fs::write(place.path("house.yar"), "rule Other { strings: $a = \"hay\" condition: $a }\n")
        .unwrap();
    assert_eq!(settled(&clerk, &send(&clerk, "連絡.txt", b"hay"))["state"], "quarantined");
    assert_eq!(settled(&clerk, &send(&clerk, "一覧.txt", b"a NEEDLE"))["state"], "delivered");

    // Wrong rules: those before them stay, and the page of the system says so.
    fs::write(place.path("house.yar"), "rule Half {").unwrap();
    assert_eq!(settled(&clerk, &send(&clerk, "連絡.txt", b"hay"))["state"], "quarantined");
    let operator = town.client("system-manager");
    wait_for(|| operator.get("/api/v1/system").json["alarms"].to_string().contains("house.yar"));
    fs::write(place.path("house.yar"), RULES).unwrap();
    wait_for(|| operator.get("/api/v1/system").json["alarms"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_yara_is_not_there_files_wait() {
    let Some(place) = Place::new() else { return };
    let town = place.town();
    let clerk = town.client_of("yamada.hanako");
    fs::remove_dir_all(place.path("bin")).unwrap();
    let sent = send(&clerk, "連絡.txt", b"hay");
    let page = format!("/transfer/{}", sent["id"].as_str().unwrap());
    wait_for(|| clerk.get(&page).text.contains("検査プログラムが答えないため"));
    assert_eq!(state(&clerk, &sent), "received");
    fs::create_dir(place.path("bin")).unwrap();
    place.install();
    assert_eq!(settled(&clerk, &sent)["state"], "delivered");
}

fn send(client: &Client, name: &str, bytes: &[u8]) -> Value {
    let mut body = Vec::new();
    for (field, value) in [
        ("crossing", "internet-lgwan"),
        ("to", "sasaki.taro"),
        ("class", "2"),
        ("purpose", "申請の受付"),
    ] {
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n");
        body.extend(format!("{head}{value}\r\n").into_bytes());
    }
    let head = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n"
    );
    body.extend([head.as_bytes(), bytes, b"\r\n--edge--\r\n"].concat());
    let reply = client.send_typed("/api/v1/passages", "multipart/form-data; boundary=edge", &body);
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.json["items"][0].clone()
}

fn state(client: &Client, passage: &Value) -> String {
    let path = format!("/api/v1/passages/{}", passage["id"].as_str().unwrap());
    client.get(&path).json["state"].as_str().unwrap_or_default().to_owned()
}

fn settled(client: &Client, passage: &Value) -> Value {
    wait_for(|| state(client, passage) != "received");
    client.get(&format!("/api/v1/passages/{}", passage["id"].as_str().unwrap())).json
}

fn wait_for(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing happens");
        std::thread::sleep(Duration::from_millis(200));
    }
}
