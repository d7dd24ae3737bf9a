//! The interface for programs.

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
