//! What an open session alone does not open, on the screens and for programs.

use serde_json::json;

use crate::browser::Browser;
use crate::town::{Resident, Town, towns};

fn code(town: &Town, resident: &Resident) -> String {
    let code = resident.totp.code_at(base::Clock::now(&*town.bench.clock));
    code.reveal().clone()
}

#[tokio::test]
async fn a_page_that_changes_factors_asks_for_the_second_one_again() {
    for town in towns().await {
        let mut browser = Browser::signed_in(&town, &town.clerk).await;
        browser.get("/me/add").await.expect(200);
        town.pass(301);
        let asked = browser.get("/me/add").await.expect(303).location;
        assert_eq!(asked, "/me/proof?to=%2Fme%2Fadd", "{}", town.bench.kind);
        let done = browser.post("/me/sessions/end", &[]).await.expect(303);
        assert_eq!(done.location, "/me/proof?to=%2Fme");
        let page = browser.get(&asked).await.expect(200);
        assert!(page.text.contains("もう一度、本人であることを確かめます"), "{}", page.text);
        let wrong = [("to", "/me/add"), ("code", "000000")];
        let page = browser.post("/me/proof", &wrong).await;
        assert!(page.location.is_empty() && page.hidden("to") == "/me/add", "{}", page.text);
        browser.get("/me/add").await.expect(303);
        let right = code(&town, &town.clerk);
        let page = browser.post("/me/proof", &[("to", "/me/add"), ("code", &right)]).await;
        assert_eq!(page.expect(303).location, "/me/add");
        browser.get("/me/add").await.expect(200);
        let done = browser.post("/me/sessions/end", &[]).await.expect(303);
        assert_eq!(done.location, "/me");
        // Nobody is led elsewhere by it.
        town.pass(60);
        let right = code(&town, &town.clerk);
        let out = [("to", "//evil.example"), ("code", right.as_str())];
        assert_eq!(browser.post("/me/proof", &out).await.expect(303).location, "/me");
    }
}

#[tokio::test]
async fn a_program_is_told_what_its_session_lacks_and_where_to_show_it() {
    for town in towns().await {
        let mut browser = Browser::signed_in(&town, &town.manager).await;
        browser.get("/").await.expect(200);
        let day = std::time::Duration::from_secs(86_400);
        let ends_at = base::Clock::now(&*town.bench.clock).plus(day);
        let asked = json!({
            "kind": "api-token", "purpose": "住民記録との照合", "ends_at": ends_at.to_string(),
            "scope": { "system": "照合", "scopes": ["read-permits"] }, "step": "apply",
        });
        let permit = browser.json("/api/v1/permits", &asked).await;
        let permit = permit.expect(201).json()["id"].as_str().unwrap().to_owned();
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        chief.get("/").await.expect(200);
        let shown = chief.get(&format!("/api/v1/permits/{permit}")).await.json();
        let approve = json!({ "version": shown["version"] });
        chief.json(&format!("/api/v1/permits/{permit}/approve"), &approve).await.expect(200);
        town.pass(301);
        let path = format!("/api/v1/permits/{permit}/issue");
        let lacks = browser.json(&path, &json!({})).await.expect(403).json();
        assert_eq!(lacks["type"], "urn:sekisho:problem:proof-needed", "{lacks}");
        assert_eq!(lacks["needs"], json!(["second-factor"]));
        let place = lacks["prove_at"].as_str().unwrap().to_owned();
        browser.json(&place, &json!({ "one_time_code": "000000" })).await.expect(422);
        let right = json!({ "one_time_code": code(&town, &town.manager) });
        browser.json(&place, &right).await.expect(204);
        let issued = browser.json(&path, &json!({})).await;
        assert!(issued.status.is_success(), "{}", issued.text);
    }
}

#[tokio::test]
async fn a_page_that_is_not_there_keeps_the_menu_of_whoever_is_signed_in() {
    for town in towns().await {
        let mut browser = Browser::signed_in(&town, &town.clerk).await;
        let lost = browser.get("/no-such-page").await.expect(404);
        assert!(lost.text.contains("action=\"/sign-out\""), "{}", town.bench.kind);
        assert!(lost.text.contains("href=\"/permits\""), "{}", lost.text);
        browser.post("/sign-out", &[]).await.expect(303);
        let lost = browser.get("/no-such-page").await.expect(404);
        assert!(!lost.text.contains("action=\"/sign-out\""), "{}", town.bench.kind);
    }
}

#[tokio::test]
async fn what_is_refused_stands_in_the_ledger_with_its_person_and_fills_nothing() {
    for town in towns().await {
        let mut browser = Browser::signed_in(&town, &town.clerk).await;
        for _ in 0..50 {
            browser.get("/system").await.expect(403);
        }
        let form = [("csrf", "forged")];
        browser.send_form("/me/sessions/end", &form).await.expect(400);
        let nobody = town.stranger.person;
        browser.get(&format!("/people/{nobody}")).await;
        let mut work = town.bench.store.read(town.clerk.body).await.unwrap();
        let rows = work
            .rows(
                "SELECT actor, details FROM records
                 WHERE body = $1 AND action = 'access.refused' ORDER BY sequence",
                store::args![],
            )
            .await
            .unwrap();
        let mut told = Vec::new();
        for mut row in rows {
            assert_eq!(row.take::<String>(0).unwrap(), town.clerk.person.to_string());
            told.push(row.take::<String>(1).unwrap());
        }
        let count = |why: &str| told.iter().filter(|one| one.contains(why)).count();
        let found = (count("\"not-allowed\""), count("\"forged-form\""));
        assert_eq!(found, (1, 1), "{}: {told:?}", town.bench.kind);
        let figures = town.console.state().metrics.text();
        assert!(figures.contains("sekisho_refusals_total{why=\"forged-form\"} 1"), "{figures}");
    }
}

#[tokio::test]
async fn another_session_of_ones_own_is_ended_alone() {
    for town in towns().await {
        let mut one = Browser::signed_in(&town, &town.clerk).await;
        let mut two = Browser::signed_in(&town, &town.clerk).await;
        let mut three = Browser::signed_in(&town, &town.clerk).await;
        let page = three.get("/me").await.expect(200).text;
        let first = page.split("/me/sessions/").skip(1).find_map(|part| part.split_once("/end"));
        let first = first.map(|(id, _)| id).filter(|id| id.len() == 26).unwrap().to_owned();
        three.post(&format!("/me/sessions/{first}/end"), &[]).await.expect(303);
        let is_in = async |browser: &mut Browser| browser.get("/").await.status == 200;
        let live = [is_in(&mut one).await, is_in(&mut two).await, is_in(&mut three).await];
        assert_eq!(live, [false, true, true], "{}", town.bench.kind);
        let again = three.post(&format!("/me/sessions/{first}/end"), &[]).await;
        assert_eq!(again.status, 404, "{}", town.bench.kind);
    }
}
