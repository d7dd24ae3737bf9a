//! Every screen of the menu, in both languages, looked at by axe (WCAG 2.2 AA,
//! which holds JIS X 8341-3:2016 AA).
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
    "/permits/waiting",
    "/sanitize",
    "/sections",
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
