//! Sign-in through an identity provider made by others (Django OAuth Toolkit,
//! from PyPI), in a real browser: link, sign out, come in by it and a factor of
//! ours, be found in the ledger; and what happens while it is down.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base::{Clock, SystemClock};
use tempfile::TempDir;
use town::program::free_port;
use town::{Account, Browser, Town};

/// The provider, running. It ends with its standard input.
struct Op {
    child: Child,
    _folder: TempDir,
}

const SECRET: &str = "a secret of this test";

/// Installs the provider into a virtual environment under target/, once.
fn python() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("provider-venv");
    let (python, done) = (venv.join("bin/python"), venv.join("done"));
    if !done.exists() {
        let quiet = |command: &mut Command| {
            command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
        };
        let packages = ["install", "-q", "--retries", "1", "django-oauth-toolkit==3.4.1"];
        let made = quiet(Command::new("python3").args(["-m", "venv"]).arg(&venv))
            && quiet(Command::new(venv.join("bin/pip")).args(packages));
        if !made {
            eprintln!("skipped: django-oauth-toolkit cannot be installed from PyPI");
            return None;
        }
        std::fs::write(&done, "").unwrap();
    }
    Some(python)
}

impl Op {
    fn start(python: &Path, port: u16, redirect: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/console/provider/serve.py");
        let mut child = Command::new(python)
            .arg(script)
            .arg(folder.path())
            .args([&port.to_string(), redirect, SECRET])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready");
        Self { child, _folder: folder }
    }
}

impl Drop for Op {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A demo town that knows a provider, which is not running yet.
fn town(folder: &Path, port: u16) -> Town {
    std::fs::write(folder.join("oidc.secret"), SECRET).unwrap();
    let text = format!(
        "[oidc]\nname = \"県の認証基盤\"\nissuer = \"http://127.0.0.1:{port}/o\"\n\
         client-id = \"sekisho\"\nclient-secret-file = \"oidc.secret\"\n"
    );
    let file = folder.join("sekisho.toml");
    std::fs::write(&file, text).unwrap();
    Town::start_with(&["--config", &file.display().to_string()])
}

/// The code after the one of this moment, which a sign-in takes too.
fn next_code(account: &Account) -> String {
    account.code_at(SystemClock::default().now().plus(Duration::from_secs(30)))
}

/// Signs in at the provider's own pages and lets it tell us.
async fn consent(browser: &Browser, is_new: bool) {
    if is_new {
        browser.fill("username", "taro").await;
        browser.fill("password", "himitsu no kotoba").await;
        browser.click("#provider-in").await;
    }
    browser.click("[name=allow]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_links_the_provider_and_comes_in_through_it_with_a_second_factor() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let town = town(folder.path(), port);
    let base = town.demo.base_url.clone();
    let (Some(browser), Some(thief)) = (Browser::open().await, Browser::open().await) else {
        return;
    };
    let clerk = town.demo.person("nakamura.yui");

    // While the provider is down it says so, and passwords work.
    browser.go(&format!("{base}/sign-in")).await;
    browser.picture("sign-in-provider").await;
    browser.click("form[action='/sign-in/provider'] button").await;
    browser.wait_for_text("外部の認証につながりません").await;
    browser.picture("provider-away").await;
    browser.sign_in(&base, clerk).await;

    // Its keys and its description are asked for when somebody wants them.
    let op = Op::start(&python, port, &format!("{base}/sign-in/provider/back"));
    tokio::time::sleep(Duration::from_secs(6)).await;
    browser.go(&format!("{base}/me/provider")).await;
    browser.picture("me-provider").await;
    browser.click("form[action='/me/provider'] button").await;
    consent(&browser, true).await;
    browser.find("form[action='/me/provider/confirm']").await;
    browser.picture("me-provider-confirm").await;
    browser.click("form[action='/me/provider/confirm'] button").await;
    browser.wait_for_text("認証手段を登録しました").await;
    browser.picture("me-with-provider").await;
    browser.click("form[action='/sign-out'] button").await;
    // Left before it has answered, the page would be that of the sign-out after all.
    browser.find("[name=login]").await;

    browser.go(&format!("{base}/sign-in?to=%2Fpermits")).await;
    browser.click("form[action='/sign-in/provider'] button").await;
    consent(&browser, false).await;
    browser.find("[name=code]").await;
    let came_back = browser.address().await;
    assert!(came_back.contains("/sign-in/provider/back?"), "{came_back}");
    browser.picture("second-after-provider").await;

    // The address that it came back to is worth nothing to anybody else.
    thief.go(&came_back).await;
    thief.wait_for_text("この画面の期限が切れました").await;
    thief.picture("provider-no-trip").await;
    thief.go(&format!("{base}/permits")).await;
    thief.find("[name=login]").await;

    browser.fill("code", &next_code(clerk)).await;
    browser.submit().await;
    browser.find("form[action='/sign-out']").await;
    assert!(browser.address().await.ends_with("/permits"), "{}", browser.address().await);

    // Somebody else whom the provider knows, and nobody here.
    thief.go(&format!("{base}/sign-in")).await;
    thief.click("form[action='/sign-in/provider'] button").await;
    thief.fill("username", "hanako").await;
    thief.fill("password", "himitsu no kotoba").await;
    thief.click("#provider-in").await;
    thief.click("[name=allow]").await;
    thief.wait_for_text("この外部の認証では入れません").await;
    thief.picture("provider-unlinked").await;
    // And one who says no there.
    thief.go(&format!("{base}/sign-in")).await;
    thief.click("form[action='/sign-in/provider'] button").await;
    thief.click("#authorizationForm input[type=submit]:not([name])").await;
    thief.wait_for_text("外部の認証で確かめられませんでした").await;

    // Down again: the password lets in all the same.
    drop(op);
    thief.sign_in(&base, town.demo.person("mori.naoki")).await;
    browser.close().await;
    thief.close().await;

    let auditor = town.client_of("yoshida.rei");
    let opened = last(&auditor, "session.opened", "nakamura.yui");
    assert!(opened.contains("外部の認証基盤") || opened.contains("provider"), "{opened}");
    let linked = last(&auditor, "factor.added", "nakamura.yui");
    assert!(linked.contains("外部の認証基盤") || linked.contains("provider"), "{linked}");
}

/// The ledger's page of somebody's last entry of an action.
fn last(auditor: &town::Client, action: &str, login: &str) -> String {
    let list = auditor.get(&format!("/ledger?action={action}&who={login}")).text;
    let mut links = list.split("href=\"/ledger/").skip(1);
    let number = links
        .find_map(|link| link.split('"').next().filter(|number| number.parse::<u64>().is_ok()));
    let number = number.unwrap_or_else(|| panic!("{action} of {login} is not in\n{list}"));
    auditor.get(&format!("/ledger/{number}")).text
}
