//! What people do with the console, in a real browser: set up, enrol, apply,
//! approve, use, and see it end by the clock and stand in the ledger.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Clock, SystemClock};
use town::{Browser, Program, Town};

/// A minute of the clock on the wall in Japan, as a form's field sends it.
fn in_minutes(minutes: u64) -> String {
    let then = SystemClock::default().now().plus(Duration::from_secs(minutes * 60));
    then.jst().strftime("%Y-%m-%dT%H:%M").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_officer_sets_up_and_signs_in_again_with_a_security_key() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let program = Program::up(folder, &[]);
    let Some(browser) = Browser::open().await else { return };
    let base = format!("https://sekisho.localhost:{}", program.port());
    // Nobody sits at a terminal here, so that nothing of the code is printed.
    let code = std::fs::read_to_string(program.data().join("set-up.code")).unwrap();
    let code = code.trim();
    assert!(!program.said().contains(code));

    browser.go(&format!("{base}/")).await;
    browser.find("[name=body-code]").await;
    browser.picture("set-up").await;
    for (name, text) in [
        ("code", code),
        ("body-code", "198013"),
        ("body-name", "みどり市"),
        ("body-kana", "ミドリシ"),
        ("section-name", "情報政策課"),
        ("section-code", "joho"),
        ("name", "田中 博"),
        ("kana", "タナカ ヒロシ"),
        ("login", "tanaka.hiroshi"),
    ] {
        browser.fill(name, text).await;
    }
    browser.submit().await;

    browser.find("[name=one-time-code]").await;
    browser.picture("enrol").await;
    let secret = browser.secret().await;
    browser.fill("password", "midori no yama ni kaze 7").await;
    browser.fill("password-again", "midori no yama ni kaze 7").await;
    browser.fill("one-time-code", &town::demo::code(&secret)).await;
    browser.submit().await;

    // The code that enrolled is spent: the next one signs in.
    browser.find("[name=login]").await;
    let spent = town::demo::code(&secret);
    while town::demo::code(&secret) == spent {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    browser.fill("login", "tanaka.hiroshi").await;
    browser.fill("password", "midori no yama ni kaze 7").await;
    browser.submit().await;
    browser.fill("code", &town::demo::code(&secret)).await;
    browser.submit().await;
    browser.find("form[action='/sign-out']").await;
    browser.picture("home-first").await;

    browser.plug_in_key().await;
    browser.go(&format!("{base}/me/add")).await;
    browser.picture("me-add").await;
    browser.fill("key-label", "机の鍵").await;
    browser.click("form[data-island='passkey-create'] button[type=submit]").await;
    browser.wait_for_text("机の鍵").await;

    browser.click("form[action='/sign-out'] button").await;
    browser.find("[name=login]").await;
    browser.go(&format!("{base}/sign-in")).await;
    browser.fill("login", "tanaka.hiroshi").await;
    browser.fill("password", "midori no yama ni kaze 7").await;
    browser.submit().await;
    browser.picture("sign-in-second").await;
    browser.click("form[data-island='passkey-get'] button[type=submit]").await;
    browser.find("form[action='/sign-out']").await;

    browser.go(&format!("{base}/ledger")).await;
    browser.picture("ledger-first").await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_applied_for_approved_by_another_used_and_ended_by_the_clock() {
    let town = Town::start();
    let base = town.demo.base_url.clone();
    let (Some(clerk), Some(manager)) = (Browser::open().await, Browser::open().await) else {
        return;
    };
    clerk.sign_in(&base, town.demo.person("nakamura.yui")).await;
    clerk.picture("home-clerk").await;

    // Without a permit nothing is taken out.
    clerk.go(&format!("{base}/people?format=csv")).await;
    clerk.find("a[href='/permits/new/export']").await;
    clerk.picture("taking-refused").await;

    clerk.go(&format!("{base}/permits/new/export")).await;
    clerk.picture("apply-export").await;
    clerk.fill("what", "職員名簿の写し").await;
    clerk.fill("destination", "庁内の会議室").await;
    clerk.click("input[name=medium][value=transfer]").await;
    clerk.click("input[name=personal-data][value=personal]").await;
    clerk.fill("purpose", "防災訓練の名簿を印刷するため").await;
    clerk.set_value("ends", &in_minutes(3)).await;
    clerk.click("button[name=step][value=apply]").await;
    clerk.find("form[action$='/withdraw']").await;
    let permit = clerk.address().await;
    let permit = permit.rsplit_once('/').unwrap().1.to_owned();
    clerk.picture("permit-applied").await;

    // The clerk finds no way to approve it, and the server refuses one too.
    assert_eq!(clerk.count("form[action$='/approve']").await, 0);

    manager.sign_in(&base, town.demo.person("mori.naoki")).await;
    manager.picture("home-manager").await;
    manager.go(&format!("{base}/permits/{permit}")).await;
    manager.picture("permit-decide").await;
    manager.click("button[name=verdict][value=yes]").await;
    manager.find("form[action$='/revoke']").await;
    manager.picture("permit-approved").await;

    let status = clerk.fetch_status("/people?format=csv").await;
    assert_eq!(status, 200, "an export permit in force opens the list");

    let start = Instant::now();
    loop {
        let status = clerk.fetch_status("/people?format=csv").await;
        if status == 403 {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(240), "it did not end");
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    clerk.go(&format!("{base}/permits/{permit}")).await;
    clerk.picture("permit-ended").await;
    let text = clerk.text().await;
    assert!(text.contains("終了"), "{text}");
    clerk.close().await;
    manager.close().await;

    let auditor = town.client_of("yoshida.rei");
    let ledger = auditor.get(&format!("/ledger?permit={permit}")).text;
    assert!(ledger.contains("中村 結衣"), "{ledger}");
}
