//! Every screen of the menu, in both languages, looked at by axe (WCAG 2.2 AA,
//! which holds JIS X 8341-3:2016 AA). Screens of mail need a Postfix: they are
//! looked at where they are walked through (`mail_pages`).
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;
use std::process::Command;

use town::{Browser, Town};

/// axe-core from npm, kept below `target`; nothing where npm is not there.
fn axe() -> Option<String> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/axe"));
    let file = folder.join("node_modules/axe-core/axe.min.js");
    if !file.exists() {
        std::fs::create_dir_all(&folder).ok()?;
        let asked = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"])
            .arg(&folder)
            .arg("axe-core@4.11")
            .status();
        if !asked.is_ok_and(|status| status.success()) {
            eprintln!("skipped: axe-core cannot be had from npm");
            return None;
        }
    }
    std::fs::read_to_string(file).ok()
}

const PAGES: &[&str] = &[
    "/",
    "/about",
    "/bodies",
    "/ledger",
    "/ledger/export",
    "/ledger/verify",
    "/me",
    "/me/add",
    "/people",
    "/people/file",
    "/people/new",
    "/permits",
    "/permits/new",
    "/permits/new/api-token",
    "/permits/new/deputy",
    "/permits/new/exception",
    "/permits/new/export",
    "/permits/new/lost-factor",
    "/permits/new/upload-link",
    "/permits/waiting",
    "/sanitize",
    "/sections",
    "/transfer",
    "/transfer/held",
    "/transfer/links",
    "/transfer/policy",
    "/transfer/recipient",
    "/transfer/send",
    "/transfer/sent",
    "/transfer/statistics",
    "/wall",
    "/wall/cutoff",
    "/wall/cutoff/lgwan/cut",
    "/wall/flows",
    "/wall/flows/eltax-up",
    "/wall/flows/eltax-up/apply",
    "/wall/flows/eltax-up/checks/port",
    "/wall/model",
    "/wall/proof",
    "/no-such-page",
];

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_screen() {
    let Some(axe) = axe() else { return };
    let town = Town::start();
    let Some(browser) = Browser::open().await else { return };
    let base = town.demo.base_url.clone();
    let mut found = Vec::new();
    for page in ["/sign-in", "/enrol"] {
        browser.go(&format!("{base}{page}")).await;
        found.extend(browser.axe(&axe).await.into_iter().map(|what| format!("{page}: {what}")));
    }
    browser.sign_in(&base, town.demo.person("tanaka.hiroshi")).await;
    for language in ["ja", "en"] {
        for page in PAGES {
            browser.go(&format!("{base}/language/{language}?to=/")).await;
            browser.go(&format!("{base}{page}")).await;
            let name = format!("{language}{}", page.replace('/', "-"));
            browser.picture(&name).await;
            let faults = browser.axe(&axe).await;
            found.extend(faults.into_iter().map(|what| format!("{language} {page}: {what}")));
        }
    }
    browser.close().await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A file that waits for a decision, with pictures, a question and the forms.
#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_where_somebody_decides() {
    let Some(axe) = axe() else { return };
    let town = Town::start();
    let Some(browser) = Browser::open().await else { return };
    let (clerk, manager) = (town.client_of("yamada.hanako"), town.client_of("ito.sachiko"));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/files/住民票交付申請書.docm");
    let mut form = Vec::new();
    let fields = [
        ("crossing", "internet-lgwan"),
        ("to", "sasaki.taro"),
        ("class", "2"),
        ("purpose", "申請の受付"),
        ("files\"; filename=\"申請書.docm", ""),
    ];
    for (name, value) in fields {
        let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        form.extend(head.bytes());
        match value {
            "" => form.extend(std::fs::read(file).unwrap()),
            value => form.extend(value.bytes()),
        }
        form.extend(b"\r\n");
    }
    form.extend(b"--edge--\r\n");
    let sent = clerk.send_typed("/api/v1/passages", "multipart/form-data; boundary=edge", &form);
    let id = sent.json["items"][0]["id"].as_str().unwrap().to_owned();
    let picture = format!("/api/v1/passages/{id}/pages/1");
    for _ in 0..300 {
        if manager.get(&picture).status == 200 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let asked = serde_json::json!({ "question": "送り主に確かめましたか" });
    let reply = manager.post(&format!("/api/v1/passages/{id}/questions"), &asked);
    assert_eq!(reply.status, 201, "{reply:?}");
    let base = &town.demo.base_url;
    let mut found = Vec::new();
    for client in [&manager, &clerk] {
        browser.carry_on(base, client).await;
        for language in ["ja", "en"] {
            for page in [format!("/transfer/{id}"), "/transfer/held".to_owned()] {
                browser.go(&format!("{base}/language/{language}?to=/")).await;
                browser.go(&format!("{base}{page}")).await;
                let faults = browser.axe(&axe).await;
                found.extend(faults.into_iter().map(|what| format!("{language} {page}: {what}")));
            }
        }
    }
    browser.picture_whole("en-transfer-desk").await;
    browser.close().await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}
