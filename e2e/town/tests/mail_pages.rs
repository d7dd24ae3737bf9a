//! Mail as clerks and operators meet it: it comes through a real Postfix, and is
//! read, let through, opened, refused and reported on pages, in both languages.
#![allow(clippy::unwrap_used, clippy::panic)]

mod mail_place;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use mail_place::Place;
use town::Browser;

const YAMADA: &str = "yamada@city.midori.lg.jp";

/// A mail that imitates the ministry.
const IMITATION: &str = "From: =?UTF-8?B?57eP5YuZ55yB?= <soumu@s0umu.go.jp.example.com>\n\
    Reply-To: kakunin@gmail.com\nTo: yamada@city.midori.lg.jp\n\
    Subject: =?UTF-8?B?44CQ6Iez5oCl44CR44Ki44Kr44Km44Oz44OI44Gu56K66KqN?=\nMessage-ID: <2@example.com>\n\
    MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\
    <p>至急、下記からパスワードを確認してください。</p>\
    <p><a href=\"https://www.soumu-go-jp.example.net/login\">https://www.soumu.go.jp/</a></p>\
    <form action=\"https://evil.example\"><input name=p></form>\n";

/// An ordinary mail.
const ORDINARY: &str = "From: =?UTF-8?B?44G/44Gp44KK5ris6YeP?= <info@midori-sokuryo.example.jp>\n\
    To: yamada@city.midori.lg.jp\nSubject: =?UTF-8?B?5omT5ZCI44Gb6K2w5LqL6Yyy?=\nMessage-ID: <3@example.jp>\n\
    MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\
    先日の打合せの議事録です。\n";

/// A mail with a locked archive.
fn locked(folder: &Path) -> String {
    std::fs::write(folder.join("見積書.csv"), "品名,金額\nねじ,100\n").unwrap();
    let made = Command::new("/usr/bin/zip")
        .args(["-q", "-P", "midori2026", "a.zip", "見積書.csv"])
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(made.success());
    use base64::Engine as _;
    let bytes = std::fs::read(folder.join("a.zip")).unwrap();
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    let lines: Vec<&str> =
        text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!(
        "From: Midori <info@midori-kensetsu.example.jp>\nTo: yamada@city.midori.lg.jp\n\
         Subject: =?UTF-8?B?6KaL56mN5pu444Gu6YCB5LuY?=\nMessage-ID: <4@example.jp>\nMIME-Version: 1.0\n\
         Content-Type: multipart/mixed; boundary=edge\n\n--edge\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\
         見積書をお送りします。パスワードは別便です。\n--edge\n\
         Content-Type: application/zip; name=mitsumori.zip\n\
         Content-Disposition: attachment; filename=mitsumori.zip\n\
         Content-Transfer-Encoding: base64\n\n{}\n--edge--\n",
        lines.join("\n")
    )
}

/// Opens the mail of a subject from the list, once it stands in a state.
async fn open(browser: &Browser, base: &str, subject: &str, state: &str) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        browser.go(&format!("{base}/mail?text={subject}")).await;
        let text = browser.text().await;
        if text.contains(subject) && text.contains(state) {
            break;
        }
        assert!(Instant::now() < end, "{subject} is not {state}:\n{text}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    browser.click("main table a").await;
    browser.wait_for_text("だれから届いたか").await;
}

async fn in_both_languages(browser: &Browser, base: &str, page: &str, name: &str) {
    for language in ["en", "ja"] {
        browser.go(&format!("{base}/language/{language}?to=/")).await;
        browser.go(&format!("{base}{page}")).await;
        assert_eq!(browser.fetch_status(page).await, 200, "{page}");
        browser.picture_whole(&format!("mail-{name}-{language}")).await;
        if let Some(axe) = axe() {
            let faults = browser.axe(&axe).await;
            assert!(faults.is_empty(), "{language} {page}: {faults:?}");
        }
    }
}

/// axe-core, where the test of all screens has fetched it.
fn axe() -> Option<String> {
    let file =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/axe/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(file).ok()
}

async fn path(browser: &Browser, base: &str) -> String {
    let address = browser.address().await;
    address.strip_prefix(base).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_read_let_through_opened_and_reported_on_pages() {
    let Some(place) = Place::start("", "") else { return };
    // Two desks: a one-time code signs in once.
    let (Some(operator), Some(browser)) = (Browser::open().await, Browser::open().await) else {
        return;
    };
    let base = place.town.demo.base_url.clone();

    // The administrator says whose the mailbox is; a wrong line enters nothing.
    operator.sign_in(&base, place.town.demo.account("system-manager")).await;
    operator.go(&format!("{base}/mail/mailboxes")).await;
    let list = "form[action='/mail/mailboxes/list'] button";
    operator.fill("list", "a@elsewhere.example,yamada.hanako,2").await;
    operator.click(list).await;
    operator.wait_for_text("1 行目: この団体のアドレスではありません").await;
    operator.fill("list", &format!("{YAMADA},yamada.hanako,2")).await;
    operator.click(list).await;
    operator.wait_for_text("1 件の受信箱を登録しました").await;
    for page in ["mailboxes", "rules", "stuck", "odd"] {
        in_both_languages(&operator, &base, &format!("/mail/{page}"), page).await;
    }

    place.bring(YAMADA, ORDINARY);
    place.bring(YAMADA, IMITATION);
    let folder = tempfile::tempdir().unwrap();
    place.bring(YAMADA, &locked(folder.path()));

    // What imitates somebody waits: its receiver sees why before anything else.
    browser.sign_in(&base, place.town.demo.person("yamada.hanako")).await;
    open(&browser, &base, "アカウントの確認", "確認待ち").await;
    let text = browser.text().await;
    for said in [
        "soumu@s0umu.go.jp.example.com",
        "警告",
        "hxxps://www[.]soumu-go-jp[.]example[.]net",
        "見えているアドレスと違う",
    ] {
        assert!(text.contains(said), "{said}:\n{text}");
    }
    let held = path(&browser, &base).await;
    in_both_languages(&browser, &base, &held, "held").await;
    browser.click("form[action$='/release'] button").await;
    browser.wait_for_text("答えを選んでください").await;
    browser.picture_whole("mail-held-unanswered").await;
    browser.fill("note", "心当たりのない依頼です").await;
    browser.click("form[action$='/odd'] button").await;
    browser.wait_for_text("情報システム担当が調べています").await;

    // A locked attachment opens with the password, which nobody keeps.
    open(&browser, &base, "見積書の送付", "パスワード待ち").await;
    let with_lock = path(&browser, &base).await;
    in_both_languages(&browser, &base, &with_lock, "locked").await;
    browser.fill("password", "wrong").await;
    browser.click("form[action$='/unlock'] button").await;
    browser.wait_for_text("このパスワードでは開けませんでした").await;
    browser.fill("password", "midori2026").await;
    browser.click("form[action$='/unlock'] button").await;
    browser.wait_for_text("開きました").await;

    open(&browser, &base, "打合せ議事録", "配達済み").await;
    in_both_languages(&browser, &base, "/mail", "list").await;

    // The operator finds out what it was; its receiver reads that.
    operator.go(&format!("{base}/mail/odd")).await;
    operator.click("main table a").await;
    operator.wait_for_text("心当たりのない依頼です").await;
    let reported = path(&operator, &base).await;
    in_both_languages(&operator, &base, &reported, "reported").await;
    operator.click("input[name=finding][value=bad]").await;
    operator.click("form[action^='/mail/odd/'] button").await;
    operator.wait_for_text("調べた結果を記録しました").await;
    operator.picture("mail-odd-closed").await;
    browser.go(&format!("{base}{held}")).await;
    browser.wait_for_text("有害なメールでした").await;
    browser.click("form[action$='/refuse'] button[value=spam]").await;
    browser.wait_for_text("受信箱には届きません").await;

    // A sender is blocked from their mail, and what they send then waits.
    open(&browser, &base, "打合せ議事録", "配達済み").await;
    let of_sender = format!("{}/sender", path(&browser, &base).await);
    in_both_languages(&browser, &base, &of_sender, "sender").await;
    browser.click("button[value=block]").await;
    browser.wait_for_text("差出人をブロックしました").await;
    in_both_languages(&browser, &base, "/mail/senders", "senders").await;
    for id in ["<31@example.jp>", "<32@example.jp>"] {
        place.bring(YAMADA, &ORDINARY.replace("<3@example.jp>", id));
    }
    open(&browser, &base, "打合せ議事録", "差出人がブロックされています").await;

    // The operator finds held mail of everybody, says what a release of many would
    // do, and does it.
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        operator.go(&format!("{base}/mail/quarantine?text=議事録")).await;
        if operator.count("input[name=pick]").await == 2 {
            break;
        }
        assert!(Instant::now() < end, "{}", operator.text().await);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    in_both_languages(&operator, &base, "/mail/quarantine", "quarantine").await;
    // Opening somebody else's mail leaves a record.
    operator.click("main table a").await;
    operator.wait_for_text("だれから届いたか").await;
    assert_eq!(operator.count("form[action$='/release']").await, 1, "and may be decided on");
    assert_eq!(operator.count("form[action$='/odd']").await, 0);
    operator.go(&format!("{base}/ledger")).await;
    operator.wait_for_text("ほかの人あての保留メールを開いた").await;
    operator.go(&format!("{base}/mail/quarantine?text=議事録")).await;
    for place in [1, 2] {
        operator.click(&format!("main tbody tr:nth-child({place}) input[name=pick]")).await;
    }
    operator.click("form[action='/mail/pick'] button").await;
    operator.wait_for_text("受信箱に届く").await;
    operator.picture_whole("mail-picked-ja").await;
    for question in ["sender", "address", "wording"] {
        operator.click(&format!("input[name={question}][value=fine]")).await;
    }
    operator.click("form[action='/mail/release'] button").await;
    operator.wait_for_text("2 通を受け取りました").await;

    // What is taken back is judged as before.
    browser.go(&format!("{base}/mail/senders")).await;
    browser.click("form[action='/mail/senders/undo'] button").await;
    browser.wait_for_text("取り消しました").await;

    // Somebody is named for a section; the numbers and the queues are there.
    operator.go(&format!("{base}/mail/reviewers")).await;
    operator.click("select[name=section] option:nth-child(2)").await;
    operator.fill("login", "ito.sachiko").await;
    operator.click("form[action='/mail/reviewers'] button").await;
    operator.wait_for_text("確認する人を決めました").await;
    for page in ["reviewers", "statistics", "queue"] {
        in_both_languages(&operator, &base, &format!("/mail/{page}"), page).await;
    }
    operator.page.set_window_size(390, 900).await.unwrap();
    for page in ["statistics", "quarantine", "queue", "senders"] {
        operator.go(&format!("{base}/mail/{page}")).await;
        operator.picture_whole(&format!("mail-{page}-narrow")).await;
    }
    browser.close().await;
    operator.close().await;
}
