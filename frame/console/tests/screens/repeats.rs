//! Calls that are sent twice are done once, and what is kept of them is sealed.

use axum::body::Body;
use serde_json::json;

use crate::browser::{Browser, Page};
use crate::town::{Town, section_code, towns};

async fn invite(town: &Town, chief: &mut Browser, login: &str) -> Page {
    let asked = json!({
        "login": login, "name": "鈴木 次郎", "kana": "スズキ ジロウ",
        "section": town.chief.section.to_string(),
    });
    chief.json("/api/v1/people", &asked).await
}

/// Every value of every row that is kept for repeated calls, as bytes.
async fn kept(town: &Town) -> Vec<(Option<String>, Vec<u8>)> {
    let mut across = town.bench.store.read_across("a test looks at the rows").await.unwrap();
    let sql = "SELECT body, id, request, answer, sealed FROM console_answers";
    let rows = across.rows(sql, Vec::new()).await.unwrap();
    let mut all = Vec::new();
    for mut row in rows {
        let mut bytes = Vec::new();
        for column in 0..3 {
            bytes.extend_from_slice(row.take::<String>(column).unwrap().as_bytes());
        }
        let plain: Option<String> = row.take(3).unwrap();
        bytes.extend(row.take::<Option<Vec<u8>>>(4).unwrap().unwrap_or_default());
        all.push((plain, bytes));
    }
    all
}

#[tokio::test]
async fn a_code_is_answered_again_and_kept_sealed() {
    for town in towns().await {
        let kind = town.bench.kind;
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        chief.get("/").await.expect(200);
        chief.keyed(Some("invite-1"));
        let first = invite(&town, &mut chief, "suzuki.jiro").await.expect(201);
        assert!(!first.is_repeated);
        let code = first.json()["code"].as_str().unwrap().to_owned();
        let second = invite(&town, &mut chief, "suzuki.jiro").await.expect(201);
        assert!(second.is_repeated && second.json() == first.json(), "{kind}");
        let rows = kept(&town).await;
        assert_eq!(rows.len(), 1, "{kind}");
        let plain = code.replace('-', "");
        for (answer, bytes) in &rows {
            assert_eq!(*answer, None, "{kind}: nothing is kept in plain");
            assert!(bytes.len() > 200, "{kind}: the answer is kept");
            for secret in [code.as_bytes(), plain.as_bytes(), b"suzuki.jiro".as_slice()] {
                assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{kind}");
            }
        }
        invite(&town, &mut chief, "sato.saburo").await.expect(409);
        chief.keyed(None);
        let all = chief.get("/api/v1/people?text=suzuki").await.expect(200).json();
        assert_eq!(all["items"].as_array().unwrap().len(), 1, "{kind}: invited once");
    }
}

#[tokio::test]
async fn a_token_of_a_program_is_kept_sealed() {
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
        manager.keyed(Some("issue-1"));
        let path = format!("{path}/issue");
        let given = manager.json(&path, &json!({})).await.expect(200).json();
        let again = manager.json(&path, &json!({})).await.expect(200);
        assert!(again.is_repeated && again.json() == given);
        let token = given["secret"].as_str().unwrap().rsplit('.').next().unwrap().to_owned();
        for (answer, bytes) in kept(&town).await {
            assert_eq!(answer, None);
            assert!(!bytes.windows(token.len()).any(|part| part == token.as_bytes()));
        }
    }
}

#[tokio::test]
async fn a_refused_call_gives_its_key_back() {
    for town in towns().await {
        let mut prefect = Browser::signed_in(&town, &town.prefect).await;
        prefect.get("/").await.expect(200);
        prefect.keyed(Some("found-1"));
        let asked = json!({
            "body": { "code": "131032", "name": "赤市", "kana": "アカシ" },
            "officer": {
                "login": "clerk", "name": "赤 一郎", "kana": "アカ イチロウ",
                "section_code": "joho", "section_name": "情報政策課",
            },
        });
        for _ in 0..2 {
            let refused = prefect.json("/api/v1/bodies", &asked).await.expect(422);
            assert!(!refused.is_repeated && refused.text.contains("login"), "{}", refused.text);
        }
        let mut asked = asked.clone();
        asked["officer"]["login"] = json!("aka.ichiro");
        let founded = prefect.json("/api/v1/bodies", &asked).await.expect(201);
        let again = prefect.json("/api/v1/bodies", &asked).await.expect(201);
        assert!(again.is_repeated && again.json() == founded.json());
    }
}

#[tokio::test]
async fn a_file_that_is_too_long_to_keep_is_still_answered_once() {
    for town in towns().await {
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        chief.get("/").await.expect(200);
        let section = section_code(&town, &town.chief).await;
        let mut file = "change,login,name,kana,section\n".to_owned();
        for number in 0..600 {
            file += &format!("join,shokuin.no{number}x,職員 {number},ショクイン,{section}\n");
        }
        let csv = Some("text/csv");
        let plan = "/api/v1/joiners/plans";
        let plan = chief.send("POST", plan, csv, Body::from(file.clone())).await.expect(200).json();
        chief.keyed(Some("april"));
        let apply = format!("/api/v1/joiners?digest={}", plan["digest"].as_str().unwrap());
        let done = chief.send("POST", &apply, csv, Body::from(file.clone())).await.expect(200);
        assert!(done.text.len() > 64 * 1024);
        let again = chief.send("POST", &apply, csv, Body::from(file)).await.expect(409);
        assert!(again.text.contains("Idempotency-Key"), "{}", again.text);
    }
}
