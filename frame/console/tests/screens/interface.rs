//! The interface for programs.

use std::collections::BTreeSet;

use serde_json::json;

use crate::browser::Browser;
use crate::town::{PASSWORD, towns};

#[tokio::test]
async fn a_script_signs_in_and_out() {
    for town in towns().await {
        town.pass(31);
        let mut script = Browser::new(&town);
        let code = town.clerk.totp.code_at(base::Clock::now(&*town.bench.clock));
        let asked = json!({
            "person": town.clerk.login, "password": PASSWORD, "one_time_code": code.reveal(),
        });
        let answer = script.json("/api/v1/sessions", &asked).await.expect(201).json();
        assert_eq!(answer["csrf_token"].as_str().map(str::len), Some(43));
        assert!(script.cookies.contains_key("__Host-sekisho"));
        script.get("/").await.expect(200);
        let again = script.json("/api/v1/sessions", &asked).await.expect(403).json();
        assert_eq!(again["type"], "urn:sekisho:problem:forbidden");
    }
}

#[tokio::test]
async fn every_endpoint_is_described_and_nothing_else() {
    let description: serde_json::Value =
        serde_json::from_str(&console::interface_description([]).unwrap()).unwrap();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut described = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for verb in item.as_object().unwrap().keys() {
            described.insert(format!("{} {path}", verb.to_uppercase()));
        }
    }
    let town = towns().await.swap_remove(0);
    let routes = town.console.routes().list().iter();
    let there: BTreeSet<String> = routes
        .filter(|route| route.is_interface())
        .map(|route| format!("{} {}", route.verb.name(), route.path))
        .collect();
    assert_eq!(described, there);
}

#[test]
fn every_call_has_an_example_of_all_that_it_takes_and_answers() {
    let description: serde_json::Value =
        serde_json::from_str(&console::interface_description([]).unwrap()).unwrap();
    let mut lacking = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter.get("example").is_none() {
                    lacking.push(format!("{verb} {path}: {}", parameter["name"]));
                }
            }
            let answers = operation["responses"].as_object().unwrap().values();
            let bodies = answers.chain(operation.get("requestBody"));
            for content in bodies.filter_map(|body| body["content"].as_object()).flatten() {
                if content.1.get("example").is_none() {
                    lacking.push(format!("{verb} {path}: {}", content.0));
                }
            }
        }
    }
    let refusals = description["components"]["responses"].as_object().unwrap();
    for (name, refusal) in refusals {
        if refusal["content"]["application/problem+json"].get("example").is_none() {
            lacking.push(name.clone());
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
}

#[test]
fn every_call_has_a_name_of_its_own() {
    let text = console::interface_description([]).unwrap();
    let description: serde_json::Value = serde_json::from_str(&text).unwrap();
    let items = description["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let names: Vec<&str> =
        operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    assert!(text.contains("\"$response.body#/id\""), "what is made leads on");
}

#[tokio::test]
async fn a_program_applies_and_another_person_approves_by_the_interface() {
    for town in towns().await {
        let mut clerk = Browser::signed_in(&town, &town.clerk).await;
        clerk.get("/").await.expect(200);
        let ends = base::Clock::now(&*town.bench.clock).plus(std::time::Duration::from_secs(3_600));
        let asked = json!({
            "kind": "export", "purpose": "報告", "ends_at": ends.to_string(),
            "scope": {
                "what": "台帳", "destination": "県", "medium": "transfer",
                "personal-data": "none", "files": 3,
            },
        });
        let made = clerk.json("/api/v1/permits", &asked).await.expect(201).json();
        assert_eq!(made["scope"]["files"], 3);
        let path = format!("/api/v1/permits/{}", made["id"].as_str().unwrap());
        let yes = json!({ "version": made["version"] });
        let own = clerk.json(&format!("{path}/approve"), &yes).await.expect(403).json();
        assert!(own["detail"].as_str().unwrap().contains("自分の申請"), "{own}");
        let mut manager = Browser::signed_in(&town, &town.manager).await;
        manager.get("/").await.expect(200);
        let waiting = manager.get("/api/v1/approvals").await.expect(200).json();
        assert_eq!(waiting["items"][0]["id"], made["id"]);
        let granted = manager.json(&format!("{path}/approve"), &yes).await.expect(200).json();
        assert_eq!(granted["is_in_force"], true);
        let stale = manager.json(&format!("{path}/approve"), &yes).await.expect(409).json();
        assert_eq!(stale["type"], "urn:sekisho:problem:conflict");
        // With the permit in force, a list leaves as a file; the ledger says so.
        let mut wrong = asked.clone();
        wrong["scope"] = json!({ "what": "台帳" });
        let refused = clerk.json("/api/v1/permits", &wrong).await.expect(422).json();
        assert_eq!(refused["errors"].as_array().unwrap().len(), 3, "{refused}");
    }
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_until_its_end() {
    for town in towns().await {
        let mut manager = Browser::signed_in(&town, &town.manager).await;
        manager.get("/").await.expect(200);
        let ends = base::Clock::now(&*town.bench.clock).plus(std::time::Duration::from_secs(3_600));
        let asked = json!({
            "kind": "api-token", "purpose": "連携", "ends_at": ends.to_string(),
            "scope": { "system": "文書管理", "scopes": ["read-permits"] },
        });
        let made = manager.json("/api/v1/permits", &asked).await.expect(201).json();
        let path = format!("/api/v1/permits/{}", made["id"].as_str().unwrap());
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        chief.get("/").await.expect(200);
        let yes = json!({ "version": made["version"] });
        chief.json(&format!("{path}/approve"), &yes).await.expect(200);
        let given = manager.json(&format!("{path}/issue"), &json!({})).await.expect(200).json();
        let token = given["secret"].as_str().unwrap().to_owned();
        let mut program = Browser::new(&town).with_token(&token);
        let seen = program.get("/api/v1/permits").await.expect(200).json();
        assert_eq!(seen["items"][0]["id"], made["id"], "{}", town.bench.kind);
        program.json("/api/v1/permits", &asked).await.expect(403);
        program.json(&format!("{path}/approve"), &yes).await.expect(403);
        program.get("/permits").await.expect(303);
        town.pass(3_601);
        program.get("/api/v1/permits").await.expect(401);
    }
}
