//! Two permits that are out of the ordinary, in a real browser: an emergency
//! that begins at once and waits for another's yes, and somebody who decides in
//! an absent colleague's stead (代行).
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use base::{Clock, SystemClock};
use town::{Browser, Town};

/// A moment of Japan so many minutes from now, as a form's field sends it.
fn in_minutes(minutes: u64) -> String {
    let then = SystemClock::default().now().plus(Duration::from_secs(minutes * 60));
    then.jst().strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The permit that a browser looks at.
async fn permit(browser: &Browser) -> String {
    let address = browser.address().await;
    address.rsplit_once('/').unwrap().1.to_owned()
}

async fn become_another(browser: &Browser, town: &Town, login: &str) {
    browser.click("form[action='/sign-out'] button").await;
    browser.find("[name=login]").await;
    browser.sign_in(&town.demo.base_url, town.demo.person(login)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_begins_at_once_and_a_deputy_decides_visibly() {
    let town = Town::start();
    let base = town.demo.base_url.clone();
    let (Some(browser), Some(ciso)) = (Browser::open().await, Browser::open().await) else {
        return;
    };

    // 統括情報セキュリティ責任者, at night: the limit is lifted now.
    browser.sign_in(&base, town.demo.person("tanaka.hiroshi")).await;
    browser.go(&format!("{base}/permits/new/exception")).await;
    browser.fill("limit", "export-hours").await;
    browser.fill("value", "72").await;
    browser.fill("mitigation", "持ち出しのたびに二人で確かめる").await;
    browser.fill("purpose", "停電で搬送が間に合わないため").await;
    browser.set_value("ends", &in_minutes(24 * 60)).await;
    browser.picture("apply-emergency").await;
    browser.click("button[name=step][value=emergency]").await;
    browser.wait_for_text("緊急に始めました").await;
    let emergency = permit(&browser).await;
    browser.picture("permit-emergency").await;
    // Whoever began it does not confirm it.
    assert_eq!(browser.count("form[action$='/confirm']").await, 0);

    // 最高情報セキュリティ責任者 finds it on the first page and confirms it.
    ciso.sign_in(&base, town.demo.person("suzuki.keiko")).await;
    ciso.find(&format!("a[href='/permits/{emergency}']")).await;
    ciso.go(&format!("{base}/permits/{emergency}")).await;
    ciso.fill("note", "妥当と認める").await;
    ciso.picture("permit-emergency-confirm").await;
    ciso.click("form[action$='/confirm'] button[name=verdict][value=yes]").await;
    ciso.wait_for_text("妥当と認める").await;
    assert_eq!(ciso.count("form[action$='/confirm']").await, 0);
    ciso.picture("permit-emergency-confirmed").await;

    // 情報セキュリティ管理者 of the section is away; a colleague is to stand in.
    become_another(&browser, &town, "yamamoto.akira").await;
    browser.go(&format!("{base}/permits/new/deputy")).await;
    browser.fill("beneficiary", "kobayashi.dai").await;
    browser.fill("holder", "mori.naoki").await;
    browser.fill("purpose", "出張のあいだの代行").await;
    browser.set_value("ends", &in_minutes(24 * 60)).await;
    browser.click("button[name=step][value=apply]").await;
    browser.find("form[action$='/withdraw']").await;
    let deputy = permit(&browser).await;
    ciso.go(&format!("{base}/permits/{deputy}")).await;
    ciso.click("form[action$='/approve'] button[name=verdict][value=yes]").await;
    ciso.find("form[action$='/revoke']").await;
    ciso.picture("permit-deputy").await;
    ciso.close().await;

    become_another(&browser, &town, "nakamura.yui").await;
    browser.go(&format!("{base}/permits/new/export")).await;
    browser.fill("what", "避難所の名簿").await;
    browser.fill("destination", "県庁").await;
    browser.click("input[name=medium][value=transfer]").await;
    browser.click("input[name=personal-data][value=personal]").await;
    browser.fill("purpose", "県への報告").await;
    browser.set_value("ends", &in_minutes(60)).await;
    browser.click("button[name=step][value=apply]").await;
    browser.find("form[action$='/withdraw']").await;
    let export = permit(&browser).await;

    become_another(&browser, &town, "kobayashi.dai").await;
    browser.go(&format!("{base}/permits/{export}")).await;
    browser.click("[name=for] option:last-child").await;
    browser.picture("permit-decide-as-deputy").await;
    browser.click("form[action$='/approve'] button[name=verdict][value=yes]").await;
    browser.wait_for_text("を許可しました").await;
    let text = browser.text().await;
    assert!(text.contains("森 直樹") && text.contains("代行"), "{text}");
    assert_eq!(browser.count("form[action$='/approve']").await, 0);
    browser.picture("permit-decided-by-deputy").await;
    browser.close().await;

    let auditor = town.client_of("yoshida.rei");
    let ledger = auditor.get(&format!("/ledger?permit={export}")).text;
    assert!(ledger.contains("小林 大") && ledger.contains("森 直樹"), "{ledger}");
    let ledger = auditor.get(&format!("/ledger?permit={emergency}")).text;
    assert!(ledger.contains("田中 博") && ledger.contains("鈴木 恵子"), "{ledger}");
}
