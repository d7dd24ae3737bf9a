//! The gate and the layout, before anybody is known: what a request is asked,
//! what every answer carries, and that every word exists.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use base::Task;
use console::{
    Answer, Approach, BodyKind, CATALOGUES, CONTENT_SECURITY_POLICY, Callers, Console, Failure,
    Found, Known, MIGRATIONS, Means, Parts, Peer, Room, Routes, Settings, Shell, Verb, Visit,
};
use store::Store;
use testbed::Bench;
use tower::ServiceExt;

const HOST: &str = "sekisho.midori.example:8443";
const ORIGIN: &str = "https://sekisho.midori.example:8443";

struct Nobody;

impl Callers for Nobody {
    fn session<'a>(
        &'a self,
        _: &'a Store,
        _: &'a factors::Token,
        _: &'a Approach,
    ) -> Task<'a, Result<Found, Failure>> {
        Box::pin(async { Ok(Found::Ended("idle")) })
    }

    fn program<'a>(
        &'a self,
        _: &'a Shell,
        _: &'a str,
        _: &'a Approach,
    ) -> Task<'a, Result<Option<Known>, Failure>> {
        Box::pin(async { Ok(None) })
    }
}

/// Routes that show what the gate does.
struct Sample;

impl Room for Sample {
    fn name(&self) -> &'static str {
        "sample"
    }

    fn routes(&self) -> Routes {
        const WHY: &str = "a test";
        Routes::new()
            .public(Verb::Get, "/sample/panic", WHY, |_| async { panic!("on purpose") })
            .public(Verb::Get, "/sample/slow", WHY, |_| std::future::pending())
            .sign_in(Verb::Get, "/sample/form", said)
            .sign_in(Verb::Post, "/sample/form", said)
            .body(BodyKind::Whole { max_bytes: 200 })
            .person(Verb::Get, "/sample/data", None, |visit, _| said(visit))
            .person(Verb::Post, "/sample/data", None, |visit, _| said(visit))
            .token(Verb::Post, "/api/v1/sample", None, |visit, _| said(visit))
            .public(Verb::Patch, "/sample/stream", WHY, counted)
            .body(BodyKind::Stream { media_type: "application/x-sample", max_bytes: 1_000 })
            .headers(&[("sample-version", "1")])
            .public(Verb::Options, "/sample/stream", WHY, said)
            .headers(&[("sample-version", "1")])
    }
}

/// Answers the token that a form of this page would carry.
async fn said(visit: Visit) -> Answer {
    Ok(Response::new(Body::from(visit.view.csrf.clone())))
}

/// Answers how many bytes came.
async fn counted(mut visit: Visit) -> Answer {
    let Some(mut stream) = visit.stream() else { return Ok(Response::new("none".into())) };
    let mut count = 0;
    while let Some(bytes) = stream.next().await.map_err(Failure::internal)? {
        count += bytes.len();
    }
    Ok(Response::new(count.to_string().into()))
}

struct Town {
    console: Console,
    bench: Bench,
}

async fn town_with(change: impl FnOnce(&mut Settings)) -> Town {
    let bench = testbed::sqlite(MIGRATIONS).await;
    let mut settings = Settings::new(ORIGIN, "0.0.0-test");
    change(&mut settings);
    let console = Console::new(Parts {
        store: bench.store.clone(),
        settings,
        callers: Arc::new(Nobody),
        means: Means::default(),
        rooms: vec![Arc::new(Sample)],
    });
    Town { console: console.unwrap(), bench }
}

async fn town() -> Town {
    town_with(|_| {}).await
}

struct Said {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    text: String,
}

impl Said {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Town {
    async fn ask(&self, request: axum::http::request::Builder, body: &str) -> Said {
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        let has_host = request.headers().contains_key("host");
        if !has_host {
            request.headers_mut().insert("host", HOST.parse().unwrap());
        }
        let response = self.console.router().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Said { status: head.status, headers: head.headers, text }
    }

    async fn get(&self, path: &str) -> Said {
        self.ask(Request::get(path), "").await
    }
}

fn form(path: &str) -> axum::http::request::Builder {
    Request::post(path).header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_its_id() {
    let town = town().await;
    for path in ["/about", "/nothing-here", "/healthz", "/api/v1/nothing", "/sample/data"] {
        let said = town.get(path).await;
        assert_eq!(said.header("content-security-policy"), CONTENT_SECURITY_POLICY, "{path}");
        for part in ["object-src 'none'", "base-uri 'none'", "default-src 'none'"] {
            assert!(said.header("content-security-policy").contains(part), "{path}: {part}");
        }
        let hsts = "max-age=31536000; includeSubDomains";
        assert_eq!(said.header("strict-transport-security"), hsts, "{path}");
        assert_eq!(said.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(said.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(said.header("cache-control"), "no-store", "{path}");
        assert_eq!(said.header("x-request-id").len(), 26, "{path}");
    }
}

#[tokio::test]
async fn pages_hold_nothing_inline() {
    let town = town().await;
    for path in ["/about", "/nothing-here"] {
        let page = town.get(path).await.text;
        for mark in [" style=", "<style", "<script>", " onclick=", "javascript:", "⟦"] {
            assert!(!page.contains(mark), "{path}: {mark}");
        }
    }
}

#[tokio::test]
async fn another_name_for_this_machine_opens_no_page() {
    let town = town().await;
    for host in ["127.0.0.1:8443", "rebound.example:8443"] {
        let said = town.ask(Request::get("/about").header("host", host), "").await;
        assert_eq!(said.status, StatusCode::BAD_REQUEST, "{host}");
        let probe = town.ask(Request::get("/healthz").header("host", host), "").await;
        assert_eq!(probe.status, StatusCode::OK, "{host}");
    }
}

#[tokio::test]
async fn a_form_needs_its_token_and_our_own_page() {
    let town = town().await;
    let shown = town.get("/sample/form").await;
    let cookie = shown.header("set-cookie").split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-sekisho-form="), "{cookie}");
    let (token, path) = (shown.text, "/sample/form");
    let with = |origin: &str| form(path).header("cookie", &cookie).header("origin", origin);
    let good = format!("csrf={token}");
    assert_eq!(town.ask(with(ORIGIN), &good).await.status, StatusCode::OK);
    assert_eq!(town.ask(with("https://evil.example"), &good).await.status, 400);
    assert_eq!(town.ask(with("null"), &good).await.status, 400);
    assert_eq!(town.ask(with(ORIGIN), "").await.status, 400);
    assert_eq!(town.ask(with(ORIGIN), &format!("csrf={}", "A".repeat(43))).await.status, 400);
    assert_eq!(town.ask(form(path), &good).await.status, 400, "without the cookie");
    let foreign = with(ORIGIN).header("sec-fetch-site", "cross-site");
    assert_eq!(town.ask(foreign, &good).await.status, 400);
}

#[tokio::test]
async fn a_body_past_its_limit_is_refused_with_its_size() {
    let town = town().await;
    let said = town.ask(form("/sample/form"), &"a=".repeat(200)).await;
    assert_eq!(said.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(said.text.contains("200 B"), "{}", said.text);
}

#[tokio::test]
async fn data_leads_to_the_sign_in_which_hears_why() {
    let town = town().await;
    let said = town.get("/sample/data?page=2").await;
    assert_eq!(said.status, StatusCode::SEE_OTHER);
    assert_eq!(said.header("location"), "/sign-in?to=%2Fsample%2Fdata%3Fpage%3D2");
    let cookie = format!("__Host-sekisho={}", "A".repeat(43));
    let over = town.ask(Request::get("/sample/data").header("cookie", cookie), "").await;
    assert_eq!(over.header("location"), "/sign-in?to=%2Fsample%2Fdata&ended=idle");
}

#[tokio::test]
async fn the_interface_answers_problems_as_json() {
    let town = town().await;
    let call = Request::post("/api/v1/sample").header("authorization", "Bearer nothing");
    let said = town.ask(call, "{}").await;
    assert_eq!(said.status, StatusCode::UNAUTHORIZED);
    assert_eq!(said.header("content-type"), "application/problem+json");
    assert_eq!(said.header("www-authenticate"), "Bearer");
    let problem: serde_json::Value = serde_json::from_str(&said.text).unwrap();
    assert_eq!(problem["type"], "urn:sekisho:problem:sign-in-needed");
    assert_eq!(problem["instance"], format!("urn:ulid:{}", said.header("x-request-id")));
    assert_eq!(town.get("/api/v1/nothing").await.status, StatusCode::NOT_FOUND);
    assert_eq!(town.get("/api/v1/sample").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_panic_is_one_page_and_tells_nothing() {
    let town = town().await;
    let said = town.get("/sample/panic").await;
    assert_eq!(said.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(said.text.contains(said.header("x-request-id")));
    assert!(!said.text.contains("on purpose"));
    assert_eq!(town.get("/about").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_takes_too_long_is_ended() {
    let town = town_with(|settings| settings.request_timeout = Duration::from_millis(20)).await;
    assert_eq!(town.get("/sample/slow").await.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_stream_is_read_while_it_comes_however_long_that_takes() {
    let town = town_with(|settings| settings.request_timeout = Duration::from_millis(20)).await;
    let (mut giver, rest) = {
        let (giver, response) = console::files::streamed_download("x", 30);
        (giver, response.into_body())
    };
    let request = Request::patch("/sample/stream")
        .header("host", HOST)
        .header("content-type", "application/x-sample")
        .body(rest)
        .unwrap();
    let answer = tokio::spawn(town.console.router().oneshot(request));
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(15)).await;
        assert!(giver.give(vec![0; 10]).await);
    }
    drop(giver);
    let response = answer.await.unwrap().unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let bytes = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
    assert_eq!(bytes, "30");
}

#[tokio::test]
async fn a_stream_is_of_one_type_and_within_its_size_or_nothing() {
    let town = town().await;
    let patch = || Request::patch("/sample/stream");
    let of = |kind: &str| patch().header("content-type", kind);
    assert_eq!(town.ask(of("application/x-sample"), "four").await.text, "4");
    assert_eq!(town.ask(patch(), "").await.text, "none");
    let other = town.ask(of("text/plain"), "four").await;
    assert_eq!(other.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(other.header("sample-version"), "1", "refusals carry it too");
    let long = of("application/x-sample").header("content-length", "1001");
    assert_eq!(town.ask(long, &"x".repeat(1_001)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let untold = town.ask(of("application/x-sample"), &"x".repeat(1_001)).await;
    assert_eq!(untold.status, StatusCode::INTERNAL_SERVER_ERROR, "and nothing past it is read");
    let asked = Request::builder().method("OPTIONS").uri("/sample/stream");
    let asked = town.ask(asked, "").await;
    assert_eq!((asked.status, asked.header("sample-version")), (StatusCode::OK, "1"));
}

#[tokio::test]
async fn an_address_that_asks_too_often_waits_and_others_do_not() {
    let town = town_with(|settings| settings.requests_a_minute_max = 3).await;
    let from = |last| {
        let peer = Peer(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)));
        Request::get("/about").extension(peer)
    };
    for _ in 0..3 {
        assert_eq!(town.ask(from(1), "").await.status, StatusCode::OK);
    }
    let said = town.ask(from(1), "").await;
    assert_eq!(said.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(said.header("retry-after"), "20");
    assert_eq!(town.ask(from(2), "").await.status, StatusCode::OK);
    town.bench.clock.advance(Duration::from_secs(20));
    assert_eq!(town.ask(from(1), "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn figures_are_for_this_machine_only() {
    let town = town().await;
    let from = |address: &str| Request::get("/metrics").extension(Peer(address.parse().unwrap()));
    assert_eq!(town.ask(from("10.0.0.1"), "").await.status, StatusCode::NOT_FOUND);
    town.get("/about").await;
    let figures = town.ask(from("127.0.0.1"), "").await;
    let line = "sekisho_requests_total{route=\"/about\",method=\"GET\",status=\"200\"} 1";
    assert!(figures.text.contains(line), "{}", figures.text);
}

#[tokio::test]
async fn the_language_is_remembered_and_leads_nowhere_else() {
    let town = town().await;
    let said = town.get("/language/en?to=%2Fabout%3Fa%3D1").await;
    assert_eq!(said.header("location"), "/about?a=1");
    assert!(said.header("set-cookie").starts_with("__Host-sekisho-language=en; Path=/; Secure"));
    assert_eq!(town.get("/language/en?to=//evil.example").await.header("location"), "/");
    assert_eq!(town.get("/language/fr").await.status, StatusCode::NOT_FOUND);
    let cookie = Request::get("/about").header("cookie", "__Host-sekisho-language=en");
    assert!(town.ask(cookie, "").await.text.contains("<html lang=\"en\">"));
    assert!(town.get("/about").await.text.contains("<html lang=\"ja\">"));
}

#[tokio::test]
async fn a_demonstration_says_so_on_every_page() {
    let town = town_with(|settings| settings.is_demo = true).await;
    for path in ["/about", "/nothing-here", "/sample/panic"] {
        assert!(town.get(path).await.text.contains("見本です。"), "{path}");
    }
}

#[tokio::test]
async fn a_style_sheet_is_kept_under_its_hash() {
    let town = town().await;
    let page = town.get("/about").await.text;
    let address = page.split("stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let style = town.get(address).await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.header("cache-control").contains("immutable"));
    assert_eq!(town.get("/assets/console.css").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn readiness_asks_the_database() {
    let town = town().await;
    assert_eq!(town.get("/readyz").await.status, StatusCode::OK);
    town.bench.store.close().await;
    assert_eq!(town.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(town.get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_public_route_says_why() {
    let town = town().await;
    for route in town.console.routes().list() {
        if let console::Access::Public { reason } = route.access {
            assert!(!reason.is_empty(), "{route:?}");
        }
    }
}

#[test]
fn every_word_exists_in_both_languages_and_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.join("src"), root.join("templates")];
    let folders: Vec<&Path> = folders.iter().map(std::path::PathBuf::as_path).collect();
    let complaints = i18n::check::complaints(CATALOGUES, &[], &folders).unwrap();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
