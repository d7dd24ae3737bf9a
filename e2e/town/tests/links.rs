//! Upload links: somebody outside hands files in, so many, so large, until an
//! end, and never learns of anything else.
#![allow(clippy::unwrap_used, clippy::panic)]

mod outside;

use std::time::{Duration, Instant};

use outside::{
    Asked, CLERK, Drip, Link, MANAGER, Outsider, RECEIVER, apply, deed, form, in_hours, inbox,
    link, settled,
};
use serde_json::json;
use town::{Browser, Client, Clock, Town};

const CSV: &[u8] = "氏名,金額\r\n山田,100\r\n".as_bytes();

fn asked(files: u64, megabytes: u64) -> Asked<'static> {
    Asked { receiver: RECEIVER, files, megabytes, ends_at: in_hours(24) }
}

#[test]
fn a_link_takes_what_it_may_and_shows_nothing_else() {
    let town = Town::start();
    let (clerk, manager) = (town.client_of(CLERK), town.client_of(MANAGER));
    let (receiver, outsider) = (town.client_of(RECEIVER), Outsider::of(&town));

    // Nobody has one without another person, and only who asked gets its address.
    let applied = apply(&clerk, &asked(3, 1)).json;
    assert_ne!(deed(&clerk, &applied, "issue").status, 200, "not before the approval");
    assert_eq!(deed(&clerk, &applied, "approve").status, 403, "not by the applicant");
    assert_eq!(deed(&manager, &applied, "approve").status, 200);
    assert_ne!(deed(&manager, &applied, "issue").status, 200, "not to the approver");
    let issued = deed(&clerk, &applied, "issue");
    assert_eq!(issued.status, 200, "{issued:?}");
    assert_ne!(deed(&clerk, &applied, "issue").status, 200, "once");
    let address = issued.json["secret"].as_str().unwrap();
    let path = address.strip_prefix(&town.demo.base_url).unwrap();
    assert_eq!(path.len(), "/drop/".len() + 43, "{path}");

    // The page says to whom, for what, until when and what is left.
    let (status, page) = outsider.get(path);
    assert_eq!(status, 200, "{page}");
    for said in ["補助金の申請書の提出", "佐々木", "3 個", "1 MB"] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    assert!(outsider.get_in("en", path).1.contains("Send files"));

    let sent = outsider.send(path, &[("申請書.csv", CSV), ("../../写し.csv", CSV)]);
    assert_eq!(sent.0, 200, "{sent:?}");
    let made = Link { permit: applied.clone(), address: address.to_owned() };
    let came = settled(&clerk, &made, 2, Duration::from_secs(30));
    assert!(came.iter().all(|passage| passage["state"] == "delivered"), "{came:?}");
    let mut names: Vec<&str> = came.iter().map(|one| one["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["写し.csv", "申請書.csv"]);
    assert_eq!((&came[0]["from"], &came[0]["to"]), (&json!("internet"), &json!("lgwan")));
    // The receiver sees by which link it came.
    let shown = receiver.get(&format!("/transfer/{}", came[0]["id"].as_str().unwrap())).text;
    assert!(shown.contains("庁外から、アップロード用リンクで届きました"), "{shown}");
    assert!(shown.contains(applied["id"].as_str().unwrap()), "{shown}");

    // Too large, too many: nothing is taken, in words.
    let large = vec![b'a'; 1_100_000];
    let (status, page) = outsider.send(path, &[("a.csv", &large)]);
    assert_eq!(status, 413, "{page}");
    assert!(page.contains("大きすぎるか、数が多すぎます") && page.contains("受け付けていません"));
    assert_eq!(outsider.send(path, &[("a.csv", CSV), ("b.csv", CSV)]).0, 413);
    assert_eq!(outsider.send(path, &[]).0, 422, "no file at all");
    assert_eq!(inbox(&receiver).len(), 2);

    // The register shows it to those whom it concerns; another body sees nothing.
    let row = clerk.get("/api/v1/upload-links").json["items"][0].clone();
    assert_eq!((&row["files"], &row["files_max"]), (&json!(2), &json!(3)), "{row}");
    assert!(!clerk.get("/transfer/links").text.contains(path), "the address stands nowhere");
    let elsewhere = town.client_of("shimizu.go");
    assert_eq!(elsewhere.get("/api/v1/upload-links").json["items"], json!([]));
    assert!(!elsewhere.get("/transfer/links").text.contains("補助金の申請書の提出"));
    let ledger = town.client_of("yoshida.rei").get("/ledger?area=upload-link.").text;
    assert!(ledger.contains("upload-link.used"), "{ledger}");

    // Taken away: the same answer as for a code that never was.
    let wrong = "/drop/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let never = outsider.get(wrong);
    assert_eq!(deed(&manager, &applied, "revoke").status, 200);
    let (status, page) = outsider.get(path);
    assert_eq!((status, page.replace(&path[6..], &wrong[6..])), never);
    assert_eq!(never.0, 404);
    assert_eq!(outsider.send(path, &[("c.csv", CSV)]).0, 404);
    assert_eq!(inbox(&receiver).len(), 2);
}

#[test]
fn an_unknown_receiver_a_long_end_and_too_much_are_refused() {
    let town = Town::start();
    let (clerk, manager) = (town.client_of(CLERK), town.client_of(MANAGER));
    let wrong = apply(&clerk, &Asked { receiver: "nobody.here", ..asked(1, 1) });
    if wrong.status == 201 {
        let approved = deed(&manager, &wrong.json, "approve");
        assert_eq!(approved.status, 422, "{approved:?}");
    }
    assert_eq!(apply(&clerk, &Asked { ends_at: in_hours(24 * 31), ..asked(1, 1) }).status, 422);
    assert_eq!(apply(&clerk, &asked(1_001, 1)).status, 422);
    assert_eq!(apply(&clerk, &asked(0, 1)).status, 422);
    assert_eq!(apply(&clerk, &asked(1, 10_001)).status, 422);
}

#[test]
fn guesses_cost_and_say_nothing() {
    let town = Town::start();
    let (clerk, manager) = (town.client_of(CLERK), town.client_of(MANAGER));
    let link = link(&clerk, &manager, &asked(1, 1));
    let outsider = Outsider::of(&town);
    let mut seen = Vec::new();
    for guess in 0..20 {
        let (status, _) = outsider.get(&format!("/drop/{guess:043}"));
        seen.push(status);
    }
    assert_eq!(seen.iter().filter(|status| **status == 404).count(), 10, "{seen:?}");
    assert_eq!(seen.last(), Some(&429));
    // Whoever guesses is not told that this one is right.
    assert_eq!(outsider.get(link.path()).0, 429);
}

#[test]
fn an_upload_under_way_is_cut_when_the_link_is_taken_away() {
    let town = Town::start();
    let (clerk, manager) = (town.client_of(CLERK), town.client_of(MANAGER));
    let receiver = town.client_of(RECEIVER);
    let link = link(&clerk, &manager, &asked(5, 5));
    let outsider = Outsider::of(&town);
    let mut start = form(&[("slow.csv", CSV)]);
    start.truncate(start.len() - 20);
    let drip = Drip { start, pause: Duration::from_millis(100), left: 250 };
    let path = link.path().to_owned();
    let begun = Instant::now();
    let sending = std::thread::spawn(move || outsider.send_slowly(&path, drip));
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(deed(&manager, &link.permit, "revoke").status, 200);
    let answer = sending.join().unwrap();
    // Either the refusal is read, or the connection was shut before.
    if let Ok((status, page)) = answer {
        assert_eq!(status, 404, "{page}");
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(inbox(&receiver).len(), 0);
}

#[test]
fn nothing_is_taken_after_the_end() {
    let Some(mut clock) = Clock::find() else { return };
    let town = Town::start_by(Some(&clock));
    let of = |login: &str, clock: &Clock| {
        let account = town.demo.person(login);
        Client::nobody(&town.demo).signed_in(account, &account.code_at(clock.now()))
    };
    let (clerk, manager) = (of(CLERK, &clock), of(MANAGER, &clock));
    let link = link(&clerk, &manager, &asked(5, 5));
    let outsider = Outsider::of(&town);
    assert_eq!(outsider.send(link.path(), &[("a.csv", CSV)]).0, 200);
    clock.advance(Duration::from_secs(24 * 3_600));
    assert_eq!(outsider.get(link.path()).0, 404);
    assert_eq!(outsider.send(link.path(), &[("b.csv", CSV)]).0, 404);
    // A clock that is set back revives nothing.
    clock.set_back(Duration::from_secs(12 * 3_600));
    assert_eq!(outsider.get(link.path()).0, 404);
    let receiver = of(RECEIVER, &clock);
    assert_eq!(settled(&receiver, &link, 1, Duration::from_secs(30)).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_are_looked_at() {
    let town = Town::start();
    let (clerk, manager) = (town.client_of(CLERK), town.client_of(MANAGER));
    let link = link(&clerk, &manager, &asked(3, 100));
    let Some(browser) = Browser::open().await else { return };
    browser.go(&link.address).await;
    browser.picture("drop-open").await;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/files/住民票交付申請書.docm");
    let file = std::fs::canonicalize(file).unwrap();
    browser.fill("files", &file.display().to_string()).await;
    browser.click("main form button[type=submit]").await;
    browser.find("main .notice").await;
    browser.picture("drop-taken").await;
    assert!(browser.text().await.contains("1 個のファイルを受け付けました"));
    browser.go(&format!("{}/drop/wrong", town.demo.base_url)).await;
    browser.picture("drop-gone").await;
    // The receiver, who has not shown a code yet; one serves once.
    browser.sign_in(&town.demo.base_url, town.demo.person(RECEIVER)).await;
    let one = format!("/transfer/links/{}", link.id());
    let pages = [
        ("/transfer/links", "links"),
        (one.as_str(), "links-one"),
        ("/permits/new/upload-link", "links-new"),
    ];
    for (page, name) in pages {
        browser.go(&format!("{}{page}", town.demo.base_url)).await;
        browser.picture(name).await;
    }
    browser.close().await;
}
