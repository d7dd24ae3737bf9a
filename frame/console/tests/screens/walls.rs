//! Every route of the router: none of the data routes opens without a session
//! or with a first factor only, and none that names a thing of another body
//! finds it.

use axum::body::Body;
use console::{Access, Verb};

use crate::browser::Browser;
use crate::town::{PASSWORD, Town, towns};

/// Fills the names in a path with what they stand for.
fn filled(path: &str, of: &dyn Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, next) = after.split_once('}').unwrap();
        out.push_str(before);
        out.push_str(&of(name));
        rest = next;
    }
    out + rest
}

/// What a path's names stand for: things of the chief's city.
async fn things(town: &Town) -> impl Fn(&str) -> String + use<> {
    let mut clerk = Browser::signed_in(town, &town.clerk).await;
    clerk.get("/permits/new/export").await.expect(200);
    let ends = base::Clock::now(&*town.bench.clock).plus(std::time::Duration::from_secs(7_200));
    let ends = ends.jst().strftime("%Y-%m-%dT%H:%M").to_string();
    let fields = [
        ("what", "台帳"),
        ("destination", "県"),
        ("medium", "transfer"),
        ("personal-data", "none"),
        ("purpose", "報告"),
        ("ends", ends.as_str()),
    ];
    let place = clerk.post("/permits/new/export", &fields).await.expect(303).location;
    let permit = place.trim_start_matches("/permits/").to_owned();
    let (person, section) = (town.clerk.person.to_string(), town.chief.section.to_string());
    let mut work = town.bench.store.read(town.clerk.body).await.unwrap();
    let held = identity::roles::of_person(&mut work, town.clerk.person).await.unwrap();
    let assignment = held[0].id.to_string();
    move |name| match name {
        "permit" => permit.clone(),
        "person" => person.clone(),
        "section" => section.clone(),
        "assignment" => assignment.clone(),
        "kind" => "export".to_owned(),
        // Places in a ledger are counted anew in each body.
        "entry" => "999999".to_owned(),
        "alert" | "job" | "factor" => permit.clone(),
        other => other.to_owned(),
    }
}

#[tokio::test]
async fn no_data_route_opens_with_fewer_than_two_factors() {
    for town in towns().await {
        let of = things(&town).await;
        let mut halfway = Browser::new(&town);
        halfway.get("/sign-in").await.expect(200);
        let form = [("login", town.chief.login.as_str()), ("password", PASSWORD)];
        halfway.post("/sign-in", &form).await.expect(200);
        assert!(halfway.cookies.contains_key("__Host-sekisho-step"));
        // The token of the halfway sign-in is no session, wherever it is put.
        let step = halfway.cookies["__Host-sekisho-step"].clone();
        halfway.cookies.insert("__Host-sekisho".to_owned(), step);
        let mut nobody = Browser::new(&town);
        let mut count = 0;
        for route in town.console.routes().list() {
            if matches!(route.access, Access::Public { .. } | Access::SignIn) {
                continue;
            }
            let path = filled(route.path, &of);
            for browser in [&mut nobody, &mut halfway] {
                let verb = route.verb.name();
                let page = browser.send(verb, &path, None, Body::empty()).await;
                if route.is_interface() {
                    assert_eq!(page.status.as_u16(), 401, "{verb} {path}: {}", page.text);
                } else {
                    assert_eq!(page.status.as_u16(), 303, "{verb} {path}: {}", page.text);
                    assert!(page.location.starts_with("/sign-in"), "{verb} {path}");
                }
            }
            count += 1;
        }
        assert!(count > 40, "{count} routes");
    }
}

#[tokio::test]
async fn no_route_finds_a_thing_of_another_body() {
    for town in towns().await {
        let of = things(&town).await;
        let mut stranger = Browser::signed_in(&town, &town.stranger).await;
        let mut count = 0;
        for route in town.console.routes().list() {
            let is_data = route.access.factors() == 2;
            let names_thing = ["{permit}", "{person}", "{section}", "{assignment}", "{entry}"]
                .iter()
                .chain(&["{alert}", "{job}", "{factor}"])
                .any(|name| route.path.contains(name));
            if !is_data || !names_thing {
                continue;
            }
            stranger.get("/").await.expect(200);
            let path = filled(route.path, &of);
            let form = [
                ("name", "青 三郎"),
                ("kana", "アオ サブロウ"),
                ("section", town.stranger.section.to_string().leak() as &str),
                ("section-name", "総務課"),
                ("section-code", "somu"),
                ("version", "1"),
                ("note", "理由"),
                ("reason", "理由"),
                ("report", "報告"),
                ("role", "staff"),
                ("bar", "operator-approves"),
                ("post-reason", "理由"),
                ("post-until", "2026-05-01"),
            ];
            let page = match (route.verb, route.is_interface()) {
                (Verb::Get, _) => stranger.get(&path).await,
                (Verb::Post, false) => stranger.post(&path, &form).await,
                (verb, _) => {
                    let body = Body::from("{\"version\":1,\"note\":\"x\",\"report\":\"x\"}");
                    let kind = Some("application/json");
                    stranger.send(verb.name(), &path, kind, body).await
                }
            };
            let (verb, status) = (route.verb.name(), page.status.as_u16());
            // A duty that the stranger lacks is refused before anything is looked up.
            let is_kept_out = status == 404 || (status == 403 && lacks_duty(&route.access));
            assert!(is_kept_out, "{verb} {path}: {status}\n{}", page.text);
            count += 1;
        }
        assert!(count > 20, "{count} routes");
    }
}

fn lacks_duty(access: &Access) -> bool {
    let held = identity::Role::ChiefOfficer.duties();
    access.duty().is_some_and(|duty| !held.contains(&duty))
}
