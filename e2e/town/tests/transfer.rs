//! Files cross between the zones of a running town: made harmless, held for
//! whom the policy asks, delivered once, fetched by their receiver only.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use town::{Browser, Client, Town};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/files");

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_file_is_there_within_moments_and_only_for_its_receiver() {
    let town = Town::start();
    let clerk = town.client_of("yamada.hanako");
    let csv = example("申請者名簿.csv");
    let sent = send(&clerk, "internet-lgwan", "sasaki.taro", "2", &[("名簿.csv", &csv)]);
    let passage = settled(&clerk, &sent[0]);
    assert_eq!(passage["state"], "delivered", "{passage}");
    assert_eq!(passage["decided"]["treat_rule"], "inward-is-rebuilt");
    assert_eq!(passage["decided"]["release_rule"], "inward");

    let receiver = town.client_of("sasaki.taro");
    let inbox = receiver.get("/api/v1/passages?box=inbox").json;
    assert_eq!(inbox["items"][0]["id"], passage["id"], "{inbox}");
    let content = format!("/api/v1/passages/{}/content", id(&passage));
    let fetched = receiver.post_for_bytes(&content);
    assert!(!contains(&fetched, b"\n=") && !contains(&fetched, b",="), "no formula is left");
    assert!(contains(&fetched, b"'=cmd|"), "what began one is text now");
    assert_eq!(clerk.post(&content, &json!({})).status, 404, "the sender gets nothing out");
    assert_eq!(town.client_of("abe.nanami").post(&content, &json!({})).status, 404);
    assert_eq!(Client::nobody(&town.demo).post(&content, &json!({})).status, 401);

    let ledger = town.client_of("yoshida.rei").get("/ledger?area=passage.").text;
    for action in ["passage.received", "passage.delivered", "passage.fetched"] {
        assert!(ledger.contains(action), "{action} is not in {ledger}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_macro_document_waits_for_the_manager_who_sees_it_and_lets_it_through() {
    let town = Town::start();
    let clerk = town.client_of("yamada.hanako");
    let docm = example("住民票交付申請書.docm");
    let sent = send(&clerk, "internet-lgwan", "sasaki.taro", "2", &[("申請書.docm", &docm)]);
    let held = settled(&clerk, &sent[0]);
    assert_eq!(held["state"], "held", "{held}");
    assert_eq!(held["decided"]["release_rule"], "macros-need-approval");
    let receiver = town.client_of("sasaki.taro");
    let content = format!("/api/v1/passages/{}/content", id(&held));
    assert_ne!(receiver.post(&content, &json!({})).status, 200, "nothing before the approval");

    let permit = permit_of(&clerk, &held);
    let approve = format!("/api/v1/permits/{}/approve", id(&permit));
    let version = json!({ "version": permit["version"] });
    assert_eq!(clerk.post(&approve, &version).status, 403, "not by the sender");
    let manager = town.client_of("ito.sachiko");
    let approved = manager.post(&approve, &version);
    assert_eq!(approved.status, 200, "{approved:?}");
    let delivered = settled(&clerk, &held);
    assert_eq!(delivered["state"], "delivered");
    let bytes = receiver.post_for_bytes(&content);
    assert!(bytes.starts_with(b"PK") && !contains(&bytes, b"vbaProject"), "no macro is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_manager_refuses_reaches_nobody() {
    let town = Town::start();
    let clerk = town.client_of("yamada.hanako");
    let docm = example("住民票交付申請書.docm");
    let sent = send(&clerk, "internet-lgwan", "sasaki.taro", "2", &[("申請書.docm", &docm)]);
    let held = settled(&clerk, &sent[0]);
    let permit = permit_of(&clerk, &held);
    let manager = town.client_of("ito.sachiko");
    let refuse = format!("/api/v1/permits/{}/refuse", id(&permit));
    let why = json!({ "version": permit["version"], "note": "送り主に覚えがない" });
    assert_eq!(manager.post(&refuse, &why).status, 200);
    assert_eq!(settled(&clerk, &held)["state"], "refused");
    let receiver = town.client_of("sasaki.taro");
    let content = format!("/api/v1/passages/{}/content", id(&held));
    assert_ne!(receiver.post(&content, &json!({})).status, 200);
}

/// B18, B19: whatever is sent inward, the very bytes that came never arrive
/// without a person's look.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_refused_and_people_do_not_leave_without_approval() {
    let town = Town::start();
    let clerk = town.client_of("yamada.hanako");
    let program = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".repeat(64);
    let sent = send(&clerk, "internet-lgwan", "sasaki.taro", "2", &[("見積書.pdf", &program)]);
    let refused = settled(&clerk, &sent[0]);
    assert_eq!(refused["state"], "refused", "{refused}");

    let people = "氏名,住所,生年月日,個人番号\r\n山田太郎,東京都千代田区霞が関2-1-2,昭和60年4月1日,123456789018\r\n";
    let files: &[(&str, &[u8])] = &[("名簿.csv", people.as_bytes())];
    let sent = send(&clerk, "lgwan-internet", "sasaki.taro", "2", files);
    let held = settled(&clerk, &sent[0]);
    assert_eq!(held["state"], "held", "{held}");
    assert_eq!(held["decided"]["persons"], 1, "{held}");
    assert_eq!(held["decided"]["wants_approvals"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_show_what_happened() {
    let town = Town::start();
    let Some(browser) = Browser::open().await else { return };
    browser.sign_in(&town.demo.base_url, town.demo.person("yamada.hanako")).await;
    browser.go(&format!("{}/transfer/send", town.demo.base_url)).await;
    browser.picture("transfer-send").await;
    let file = Path::new(EXAMPLES).join("住民票交付申請書.docm").canonicalize().unwrap();
    browser.fill("files", &file.display().to_string()).await;
    browser.fill("to", "sasaki.taro").await;
    browser.fill("purpose", "住民票の申請の受付").await;
    browser.click("main form button[type=submit]").await;
    browser.find("main h1").await;
    for _ in 0..50 {
        if browser.text().await.contains("macros-need-approval") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        let here = browser.address().await;
        browser.go(&here).await;
    }
    browser.picture("transfer-held").await;
    assert!(browser.text().await.contains("マクロ(VBA)を取り除きました"));
    for page in ["/transfer", "/transfer/sent", "/transfer/policy"] {
        browser.go(&format!("{}{page}", town.demo.base_url)).await;
        browser.picture(&format!("transfer{}", page.replace('/', "-"))).await;
    }
    browser.close().await;
}

fn example(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(EXAMPLES).join(name)).unwrap()
}

fn send(
    client: &Client,
    crossing: &str,
    to: &str,
    class: &str,
    files: &[(&str, &[u8])],
) -> Vec<Value> {
    let mut body = Vec::new();
    let fields = [("crossing", crossing), ("to", to), ("class", class), ("purpose", "申請の受付")];
    for (name, value) in fields {
        body.extend(
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .bytes(),
        );
    }
    for (name, bytes) in files {
        body.extend(
            format!(
                "--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            )
            .bytes(),
        );
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    let reply = client.send_typed("/api/v1/passages", "multipart/form-data; boundary=edge", &body);
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.json["items"].as_array().unwrap().clone()
}

/// The passage as soon as it is decided on.
fn settled(client: &Client, passage: &Value) -> Value {
    let start = Instant::now();
    loop {
        let now = client.get(&format!("/api/v1/passages/{}", id(passage))).json;
        if now["state"] != "received" {
            return now;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "nothing happens: {now}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The application that asks for a passage.
fn permit_of(client: &Client, passage: &Value) -> Value {
    let permits = client.get("/api/v1/permits?kind=transfer").json;
    let all = permits["items"].as_array().unwrap_or_else(|| panic!("{permits}"));
    let wanted = all.iter().find(|permit| permit["scope"]["passage"] == passage["id"]);
    wanted.unwrap_or_else(|| panic!("{permits}")).clone()
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
