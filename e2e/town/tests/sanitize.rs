//! The first room in the console: a file is sent, made harmless in a cage,
//! fetched by its sender and by nobody else.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use town::{Browser, Client, Town};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/files");

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_gets_the_harmless_file_and_nobody_else_does() {
    let town = Town::start();
    let sent = std::fs::read(Path::new(EXAMPLES).join("住民票交付申請書.docm")).unwrap();
    let clerk = town.client_of("yamada.hanako");
    let reply = clerk.send_bytes("/api/v1/files?name=a.docm", &sent);
    assert_eq!(reply.status, 201, "{reply:?}");
    let report = &reply.json["report"];
    assert_eq!(report["verdict"], "disarmed", "{report}");
    assert_eq!(report["output"], "a.docx");
    let content = reply.json["content"].as_str().unwrap().to_owned();
    let fetched = clerk.post_for_bytes(&content);
    assert!(fetched.starts_with(b"PK"), "a rebuilt package");
    assert!(!contains(&fetched, b"vbaProject"), "no macro is left");

    let colleague = town.client_of("sasaki.taro");
    assert_eq!(colleague.post(&content, &serde_json::json!({})).status, 404);
    let other_body = town.client_of("abe.nanami");
    assert_eq!(other_body.post(&content, &serde_json::json!({})).status, 404);
    assert_eq!(Client::nobody(&town.demo).post(&content, &serde_json::json!({})).status, 401);

    let auditor = town.client_of("yoshida.rei");
    let ledger = auditor.get("/ledger?area=file.").text;
    assert!(ledger.contains("山田 花子"), "the ledger tells who sent it: {ledger}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_larger_than_two_megabytes_passes_through_the_form() {
    let town = Town::start();
    let Some(browser) = Browser::open().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("長い記録.csv");
    std::fs::write(&file, "日付,内容\r\n2026-11-22,雨\r\n".repeat(150_000)).unwrap();
    browser.sign_in(&town.demo.base_url, town.demo.person("yamada.hanako")).await;
    browser.go(&format!("{}/sanitize", town.demo.base_url)).await;
    browser.picture("sanitize").await;
    browser.fill("files", &file.display().to_string()).await;
    browser.click("main form[action='/sanitize'] button[type=submit]").await;
    browser.find("form[action$='/file'] button").await;
    browser.picture("sanitize-result").await;
    browser.close().await;
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
