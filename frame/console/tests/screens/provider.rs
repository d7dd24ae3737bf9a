//! The identity provider at the door, through the pages: with cookies as a
//! browser sends them when it comes back from another site.

use identity::provider::Returned;

use crate::browser::{Browser, Page};
use crate::op::{Lie, Op};
use crate::town::{Town, towns};

const TRIP: &str = "__Host-sekisho-provider";

/// Where a page goes on to by itself.
fn onward(page: &Page) -> String {
    let (_, address) = page.refresh.split_once("url=").unwrap();
    assert!(page.text.contains("続ける"), "a link stands there too");
    address.to_owned()
}

fn answer(returned: &Returned) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &returned.code)
        .append_pair("state", &returned.state)
        .append_pair("iss", &returned.issuer)
        .finish();
    format!("/sign-in/provider/back?{query}")
}

/// Comes back from the provider's site: strict cookies stay at home.
async fn come_back(browser: &mut Browser, path: &str) -> Page {
    let kept = browser.cookies.clone();
    browser.cookies.retain(|name, _| name == TRIP || name == "__Host-sekisho-language");
    let page = browser.get(path).await;
    let was_there = browser.cookies.contains_key(TRIP);
    for (name, value) in kept {
        if name != TRIP {
            browser.cookies.entry(name).or_insert(value);
        }
    }
    assert!(was_there == browser.cookies.contains_key(TRIP));
    page
}

/// Links somebody who is signed in.
async fn link(browser: &mut Browser, op: &Op, subject: &str) {
    let page = browser.get("/me/provider").await.expect(200);
    assert!(page.text.contains("県の認証基盤で確かめる"), "{}", page.text);
    let page = browser.post("/me/provider", &[]).await.expect(200);
    let returned = op.visit(&onward(&page), subject);
    let page = come_back(browser, &answer(&returned)).await.expect(200);
    let page = browser.get(&onward(&page)).await.expect(200);
    assert!(page.text.contains("taro@shi.example"), "{}", page.text);
    assert_eq!(browser.post("/me/provider/confirm", &[]).await.expect(303).location, "/me");
}

async fn second(browser: &mut Browser, town: &Town) -> Page {
    town.pass(31);
    let code = town.clerk.totp.code_at(base::Clock::now(&*town.bench.clock));
    browser.post("/sign-in/second", &[("code", code.reveal())]).await
}

#[tokio::test]
async fn somebody_links_the_provider_and_signs_in_through_it() {
    for town in towns().await {
        let op = town.op.clone();
        let mut browser = Browser::signed_in(&town, &town.clerk).await;
        link(&mut browser, &op, "sub-1").await;
        let me = browser.get("/me").await.expect(200);
        assert!(me.text.contains("県の認証基盤"), "{}", me.text);
        browser.post("/sign-out", &[]).await.expect(303);

        let page = browser.get("/sign-in?to=%2Fpermits").await.expect(200);
        assert!(page.text.contains("県の認証基盤でサインイン"), "{}", page.text);
        let page = browser.post("/sign-in/provider", &[("to", "/permits")]).await.expect(200);
        let returned = op.visit(&onward(&page), "sub-1");
        let page = come_back(&mut browser, &answer(&returned)).await.expect(200);
        assert!(page.text.contains("二つ目の認証"), "{}", page.text);
        assert!(!browser.cookies.contains_key(TRIP), "the trip is over");
        // The provider's word alone opens nothing.
        assert!(browser.get("/permits").await.expect(303).location.starts_with("/sign-in"));
        let wrong = browser.post("/sign-in/second", &[("code", "000000")]).await.expect(422);
        assert!(wrong.text.contains("サインインできませんでした"), "{}", wrong.text);
        assert_eq!(second(&mut browser, &town).await.expect(303).location, "/");
        browser.get("/permits").await.expect(200);
        // The same answer again opens nothing, here or elsewhere.
        let mut thief = Browser::new(&town);
        for browser in [&mut browser, &mut thief] {
            let page = browser.get(&answer(&returned)).await.expect(400);
            assert!(page.text.contains("この画面の期限が切れました"), "{}", page.text);
        }
        assert_eq!(thief.get("/").await.expect(303).location, "/sign-in");
    }
}

#[tokio::test]
async fn what_goes_wrong_is_said_and_leaves_the_other_ways_open() {
    for town in towns().await {
        let op = town.op.clone();
        let mut browser = Browser::new(&town);
        for (lie, status, said) in [
            (Lie::Nothing, 403, "この外部の認証では入れません"),
            (Lie::Nonce, 403, "外部の認証の答えを信用できません"),
            (Lie::AlgorithmNone, 403, "外部の認証の答えを信用できません"),
            (Lie::TokenSlow, 503, "外部の認証につながりません"),
        ] {
            op.lie(lie);
            browser.get("/sign-in").await.expect(200);
            let page = browser.post("/sign-in/provider", &[("to", "/")]).await.expect(200);
            let returned = op.visit(&onward(&page), "sub-9");
            let page = come_back(&mut browser, &answer(&returned)).await.expect(status);
            assert!(page.text.contains(said), "{lie:?}: {}", page.text);
            assert!(page.text.contains("href=\"/sign-in\""), "{}", page.text);
            assert!(!browser.cookies.contains_key("__Host-sekisho-step"), "{lie:?}");
        }
        op.lie(Lie::Nothing);
        browser.get("/sign-in").await.expect(200);
        browser.post("/sign-in/provider", &[("to", "/")]).await.expect(200);
        let evil = "/sign-in/provider/back?error=access_denied&error_description=%3Cb%3Ecall%20me";
        let page = come_back(&mut browser, evil).await.expect(400);
        assert!(!page.text.contains("call me"), "{}", page.text);
        // A value that stands there twice is nobody's answer.
        let twice = "/sign-in/provider/back?code=a&code=b&state=x&iss=https%3A%2F%2Fid.example";
        come_back(&mut browser, twice).await.expect(400);
        let page = browser.get("/sign-in").await.expect(200);
        assert!(page.text.contains("name=\"password\""));
    }
}

#[tokio::test]
async fn a_trip_never_ends_at_another_site() {
    for town in towns().await {
        let op = town.op.clone();
        let mut browser = Browser::signed_in(&town, &town.clerk).await;
        link(&mut browser, &op, "sub-1").await;
        browser.post("/sign-out", &[]).await.expect(303);
        for to in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
            browser.get("/sign-in").await.expect(200);
            let page = browser.post("/sign-in/provider", &[("to", to)]).await.expect(200);
            let returned = op.visit(&onward(&page), "sub-1");
            let page = come_back(&mut browser, &answer(&returned)).await.expect(200);
            assert!(!page.text.contains("evil.example"), "{}", page.text);
        }
        assert_eq!(second(&mut browser, &town).await.expect(303).location, "/");
    }
}

#[tokio::test]
async fn a_link_needs_the_session_that_asked_for_it() {
    for town in towns().await {
        let op = town.op.clone();
        let mut mine = Browser::signed_in(&town, &town.clerk).await;
        mine.get("/me/provider").await.expect(200);
        let page = mine.post("/me/provider", &[]).await.expect(200);
        let returned = op.visit(&onward(&page), "sub-1");
        // Without a form of this session nothing begins.
        let mut other = Browser::signed_in(&town, &town.manager).await;
        let form = axum::body::Body::from("csrf=x");
        let kind = Some("application/x-www-form-urlencoded");
        mine.send("POST", "/me/provider", kind, form).await.expect(400);
        // Another's browser with the trip's cookie finds for the asker, not for itself.
        let trip = mine.cookies[TRIP].clone();
        other.cookies.insert(TRIP.to_owned(), trip);
        come_back(&mut other, &answer(&returned)).await.expect(200);
        assert_eq!(other.get("/me/provider/confirm").await.expect(303).location, "/me/provider");
        let page = other.get("/me/provider").await.expect(200);
        assert!(!page.text.contains("すでに結び付いています"), "{}", page.text);
        other.post("/me/provider/confirm", &[]).await.expect(422);
    }
}

#[tokio::test]
async fn an_invited_person_enrols_with_the_provider_and_an_app() {
    for town in towns().await {
        let op = town.op.clone();
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        chief.get("/people/new").await.expect(200);
        let section = town.chief.section.to_string();
        let form = [
            ("name", "佐藤 一郎"),
            ("kana", "サトウ イチロウ"),
            ("login", "sato.ichiro"),
            ("section", section.as_str()),
        ];
        let page = chief.post("/people/new", &form).await.expect(200);
        let code = page.text.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
        let mut sato = Browser::new(&town);
        sato.get("/enrol").await.expect(200);
        let opened = sato.post("/enrol", &[("code", code)]).await.expect(303);
        sato.get(&opened.location).await.expect(200);
        let page = sato.post("/enrol/provider", &[]).await.expect(200);
        let returned = op.visit(&onward(&page), "sub-3");
        let page = come_back(&mut sato, &answer(&returned)).await.expect(200);
        let page = sato.get(&onward(&page)).await.expect(200);
        assert!(page.text.contains("taro@shi.example"), "{}", page.text);
        assert!(!page.text.contains("name=\"password\""), "{}", page.text);
        let base32 = page.text.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
        let totp = factors::TotpSecret::from_bytes(&crate::door::unbase32(base32)).unwrap();
        let now = || base::Clock::now(&*town.bench.clock);
        let form = [("provider", "yes"), ("one-time-code", "000000")];
        sato.post("/enrol/factors", &form).await.expect(422);
        let typed = totp.code_at(now());
        let form = [("provider", "yes"), ("one-time-code", typed.reveal().as_str())];
        assert_eq!(sato.post("/enrol/factors", &form).await.expect(303).location, "/sign-in");

        town.pass(31);
        sato.get("/sign-in").await.expect(200);
        let page = sato.post("/sign-in/provider", &[]).await.expect(200);
        let returned = op.visit(&onward(&page), "sub-3");
        come_back(&mut sato, &answer(&returned)).await.expect(200);
        let typed = totp.code_at(now());
        sato.post("/sign-in/second", &[("code", typed.reveal())]).await.expect(303);
        sato.get("/").await.expect(200);
    }
}
