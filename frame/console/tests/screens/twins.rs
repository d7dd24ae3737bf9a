//! What the screens do, done by a program alone.

use axum::body::Body;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::town::{HERE, PASSWORD, Town, houses, section_code, towns};

/// The one-time code of this moment for a secret in base 32.
fn code(town: &Town, secret: &Value) -> String {
    let mut bytes = Vec::new();
    let (mut window, mut bits) = (0_u32, 0);
    for letter in secret.as_str().unwrap().bytes() {
        let digit = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
        window = (window << 5) | u32::from(digit);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((window >> bits) & 0xff).unwrap());
        }
    }
    let secret = factors::TotpSecret::from_bytes(&bytes).unwrap();
    secret.code_at(base::Clock::now(&*town.bench.clock)).reveal().clone()
}

#[tokio::test]
async fn a_new_store_is_set_up_once() {
    for house in houses().await {
        let code = identity::set_up::begin(&house.bench.store).await.unwrap();
        let mut script = Browser::at(house.console.router());
        let asked = |code: &str| {
            json!({
                "code": code,
                "body": { "code": "131016", "name": "緑市", "kana": "ミドリシ" },
                "officer": {
                    "login": "midori.taro", "name": "緑 太郎", "kana": "ミドリ タロウ",
                    "section_code": "joho", "section_name": "情報政策課",
                },
            })
        };
        script.json("/api/v1/set-up", &asked("0000-0000-0000-0000")).await.expect(422);
        let shown = code.show();
        let founded = script.json("/api/v1/set-up", &asked(shown.reveal())).await.expect(201);
        let opened = json!({ "code": founded.json()["code"] });
        let opened = script.json("/api/v1/enrolments", &opened).await.expect(201).json();
        assert_eq!(opened["body"], "緑市", "{}", house.bench.kind);
        script.json("/api/v1/set-up", &asked(shown.reveal())).await.expect(409);
    }
}

#[tokio::test]
async fn a_body_is_founded_and_its_officer_enrols_and_signs_in() {
    for town in towns().await {
        let mut prefect = Browser::signed_in(&town, &town.prefect).await;
        prefect.get("/").await.expect(200);
        let asked = json!({
            "body": { "code": "131032", "name": "赤市", "kana": "アカシ" },
            "officer": {
                "login": "aka.ichiro", "name": "赤 一郎", "kana": "アカ イチロウ",
                "section_code": "joho", "section_name": "情報政策課",
            },
        });
        let founded = prefect.json("/api/v1/bodies", &asked).await.expect(201).json();
        let mut officer = Browser::new(&town);
        let opened = json!({ "code": founded["code"] });
        let opened = officer.json("/api/v1/enrolments", &opened).await.expect(201).json();
        assert_eq!(opened["login"], "aka.ichiro");
        let again = json!({ "enrolment": opened["enrolment"] });
        let again = officer.json("/api/v1/enrolments/current", &again).await.expect(200).json();
        assert_eq!(again["totp"], opened["totp"]);
        let one = json!({ "enrolment": opened["enrolment"], "password": PASSWORD });
        officer.json("/api/v1/enrolments/factors", &one).await.expect(409);
        let secret = &opened["totp"]["secret"];
        let mut both = one.clone();
        both["one_time_code"] = code(&town, secret).into();
        officer.json("/api/v1/enrolments/factors", &both).await.expect(204);
        town.pass(31);
        let shown = json!({
            "person": "aka.ichiro", "password": PASSWORD, "one_time_code": code(&town, secret),
        });
        let session = officer.json("/api/v1/sessions", &shown).await.expect(201).json();
        officer.guarded_by(&session["csrf_token"]);
        let mine = officer.get("/api/v1/me/factors").await.expect(200).json();
        assert_eq!(mine["items"].as_array().unwrap().len(), 2, "{mine}");
        change_app(&town, &mut officer).await;
    }
}

/// Takes another app, and finds that two factors must remain.
async fn change_app(town: &Town, officer: &mut Browser) {
    let offer = officer.json("/api/v1/me/factor-offers", &json!({})).await.expect(201).json();
    let wrong = json!({ "one_time_code": "000000" });
    officer.json("/api/v1/me/totp", &wrong).await.expect(422);
    let right = json!({ "one_time_code": code(town, &offer["totp"]["secret"]) });
    officer.json("/api/v1/me/totp", &right).await.expect(204);
    let mine = officer.get("/api/v1/me/factors").await.expect(200).json();
    let app = mine["items"].as_array().unwrap().iter().find(|one| one["kind"] == "totp").unwrap();
    let app = format!("/api/v1/me/factors/{}", app["id"].as_str().unwrap());
    officer.send("DELETE", &app, None, Body::empty()).await.expect(409);
    let new = json!({ "current": PASSWORD, "new": "tanuki ga yama wo koeru" });
    officer.json("/api/v1/me/password", &new).await.expect(204);
    let live = officer.get("/api/v1/me/sessions").await.expect(200).json();
    assert_eq!(live["items"][0]["source"], HERE.to_string());
    officer.json("/api/v1/me/sessions/end", &json!({})).await.expect(204);
    officer.send("DELETE", "/api/v1/sessions/current", None, Body::empty()).await.expect(204);
    officer.get("/api/v1/me").await.expect(401);
}

#[tokio::test]
async fn a_program_manages_people_as_the_screens_do() {
    for town in towns().await {
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        chief.get("/").await.expect(200);
        let section = section_code(&town, &town.chief).await;
        let file = format!(
            "change,login,name,kana,section\njoin,suzuki.jiro,鈴木 次郎,スズキ ジロウ,{section}\n"
        );
        let csv = Some("text/csv; charset=utf-8");
        let plan = "/api/v1/joiners/plans";
        chief.send("POST", plan, Some("text/plain"), Body::from(file.clone())).await.expect(415);
        let plan = chief.send("POST", plan, csv, Body::from(file.clone())).await.expect(200).json();
        assert_eq!(plan["changes"][0]["login"], "suzuki.jiro");
        let digest = plan["digest"].as_str().unwrap();
        let apply = format!("/api/v1/joiners?digest={digest}");
        chief.send("POST", &apply, csv, Body::from(file.clone())).await.expect(200);
        chief.send("POST", &apply, csv, Body::from(file)).await.expect(409);
        let found = chief.get("/api/v1/people?text=suzuki").await.expect(200).json();
        let path = format!("/api/v1/people/{}", found["items"][0]["id"].as_str().unwrap());
        let code = chief.send("POST", &format!("{path}/code"), None, Body::empty()).await;
        assert!(code.expect(201).json()["code"].is_string());
        let post = json!({
            "bar": "operator-approves", "reason": "職員が3名のため",
            "until": base::Clock::now(&*town.bench.clock)
                .plus(std::time::Duration::from_secs(86_400)).to_string(),
        });
        let posts = format!("{path}/posts");
        chief.json(&posts, &post).await.expect(201);
        let kept = chief.get(&posts).await.expect(200).json();
        assert_eq!(kept["items"][0]["reason"], "職員が3名のため");
        let none = chief.get(&format!("{path}/factors")).await.expect(200).json();
        assert_eq!(none["items"], json!([]));
        let clerk = format!("/api/v1/people/{}", town.clerk.person);
        chief.json(&format!("{clerk}/code"), &json!({})).await.expect(422);
        let reason = json!({ "reason": "端末を紛失" });
        chief.json(&format!("{clerk}/code"), &reason).await.expect(201);
        let gone = chief.get(&format!("{clerk}/factors")).await.expect(200).json();
        assert_eq!(gone["items"], json!([]));
    }
}

#[tokio::test]
async fn a_program_takes_lists_out_only_on_an_export_permit() {
    for town in towns().await {
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        chief.get("/").await.expect(200);
        let days = json!({ "since": "2026-04-01", "before": "2026-04-02" });
        let csv = json!({ "format": "csv" });
        chief.json("/api/v1/people/tables", &csv).await.expect(403);
        chief.json("/api/v1/ledger/tables", &csv).await.expect(403);
        chief.json("/api/v1/ledger/exports", &days).await.expect(403);
        let ends = base::Clock::now(&*town.bench.clock).plus(std::time::Duration::from_secs(3_600));
        let asked = json!({
            "kind": "export", "purpose": "監査資料", "ends_at": ends.to_string(), "step": "draft",
            "scope": {
                "what": "職員名簿", "destination": "監査法人", "medium": "transfer",
                "personal-data": "personal",
            },
        });
        let draft = chief.json("/api/v1/permits", &asked).await.expect(201).json();
        let path = format!("/api/v1/permits/{}", draft["id"].as_str().unwrap());
        let mut changed = asked.clone();
        changed["purpose"] = json!("監査の資料");
        changed["version"] = draft["version"].clone();
        let put = |value: &Value| Body::from(value.to_string());
        let json_type = Some("application/json");
        let kept = chief.send("PUT", &path, json_type, put(&changed)).await.expect(200).json();
        assert_eq!(kept["purpose"], "監査の資料");
        chief.send("PUT", &path, json_type, put(&changed)).await.expect(409);
        let yes = json!({ "version": kept["version"] });
        let applied = chief.json(&format!("{path}/apply"), &yes).await.expect(200).json();
        let mut manager = Browser::signed_in(&town, &town.manager).await;
        manager.get("/").await.expect(200);
        let yes = json!({ "version": applied["version"] });
        manager.json(&format!("{path}/approve"), &yes).await.expect(200);
        let list = chief.json("/api/v1/people/tables", &csv).await.expect(200);
        assert!(list.text.contains("山田 花子,"), "{}", list.text);
        let list = chief.json("/api/v1/ledger/tables", &csv).await.expect(200);
        assert!(list.text.contains("名簿を取り出した"), "{}", list.text);
        let file = chief.json("/api/v1/ledger/exports", &days).await.expect(200);
        assert!(file.text.starts_with("{\"body\":") && file.text.contains("\"seal\""));
        let told = chief.get(&format!("{path}/history")).await.expect(200).json();
        let told: Vec<&str> = told["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["action"].as_str())
            .collect();
        assert!(told.contains(&"permit.amended") || told.len() > 3, "{told:?}");
    }
}

#[tokio::test]
async fn what_no_endpoint_asks_for_is_refused() {
    let town = towns().await.swap_remove(0);
    let mut chief = Browser::signed_in(&town, &town.chief).await;
    chief.get("/").await.expect(200);
    for path in [
        "/api/v1/people?stat=active",
        "/api/v1/people?text=a&text=b",
        "/api/v1/me?x=1",
        "/api/v1/openapi.json?x",
    ] {
        let refused = chief.get(path).await.expect(400);
        assert!(refused.text.contains("urn:sekisho:problem:bad-request"), "{path}");
    }
    for path in [
        "/api/v1/people?state=gone",
        "/api/v1/people?after=x",
        "/api/v1/permits?number=0",
        "/api/v1/permits?whose=all",
        "/api/v1/permits?since=yesterday",
        "/api/v1/ledger?from=yesterday",
        "/api/v1/ledger?after=1",
    ] {
        assert!(chief.get(path).await.expect(422).text.contains("errors"), "{path}");
    }
    chief.get("/api/v1/ledger?from=1066-10-14T00:00:00Z").await.expect(200);
    let text = Body::from("{\"code\":\"joho2\",\"name\":\"課\"}");
    chief.send("POST", "/api/v1/sections", Some("text/plain"), text).await.expect(415);
}
