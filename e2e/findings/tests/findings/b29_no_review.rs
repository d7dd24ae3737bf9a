//! B29: 強じん性向上モデルへの移行後の、情報セキュリティポリシーの改定が未定 (40 towns). The networks were
//! split, the terminals moved, and the standards went on as they were written
//! for what had been before.

use std::sync::Arc;
use std::time::Duration;

use findings::Cast;
use findings::cast::{CHIEF, CISO, CLERK, MANAGER, items, text};
use findings::wires::wait_until;
use serde_json::{Value, json};
use tempfile::TempDir;
use town::{Demo, Program, Town};

use crate::b16_no_path_or_protocol::SITE;

/// The small town of the demo.
const BODY: &str = "198021";

/// As a town has it: the plan of the network changes, the standards are a file
/// beside it, and nothing joins the two.
#[test]
fn on_a_plain_set_up_the_network_changes_and_the_standards_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let (standards, plan) = (folder.path().join("taisaku.txt"), folder.path().join("plan.txt"));
    std::fs::write(&standards, "業務端末は庁内LANに置く(平成27年改定)").unwrap();
    std::fs::write(&plan, "model = \"alpha\"").unwrap();
    let before = std::fs::metadata(&standards).unwrap().modified().unwrap();
    std::fs::write(&plan, "model = \"beta\"").unwrap();
    let after = std::fs::metadata(&standards).unwrap();
    assert_eq!(after.modified().unwrap(), before, "nobody is told, and no day is set");
}

fn town(site: &str) -> (Town, Arc<TempDir>) {
    let data = Arc::new(tempfile::tempdir().unwrap());
    std::fs::write(data.path().join("site.toml"), site).unwrap();
    let configuration = format!(
        "[limits]\nrequests-a-minute = 100000\n\n\
         [wall]\nsite = \"site.toml\"\nbody = \"{BODY}\"\napply = false\n"
    );
    std::fs::write(data.path().join("sekisho.toml"), configuration).unwrap();
    let program = Program::up(data.clone(), &["--demo"]);
    let demo = Demo::read(&program.data().join("demo.json"));
    (Town { program, demo }, data)
}

fn model(cast: &Cast<'_>) -> Value {
    cast.of(CHIEF).get("/api/v1/wall/model").json
}

/// The review of a model that was not looked at before.
fn owed(cast: &Cast<'_>, wanted: &str) -> Value {
    let mut found = Value::Null;
    wait_until(Duration::from_secs(20), "a review is due", || {
        let shown = model(cast);
        found = shown["review"].clone();
        shown["model"] == wanted && !found.is_null() && found["reviewed_at"].is_null()
    });
    found
}

/// A new model makes a review due, with a day, red for whoever decides until
/// they say what was decided; the next model makes the next.
#[test]
fn a_change_of_the_model_makes_a_review_due_with_a_day_and_a_name() {
    let (town, data) = town(SITE);
    let cast = Cast::new(&town, &[CHIEF, CISO, CLERK, MANAGER]);
    let first = owed(&cast, "alpha");
    let day = |value: &Value| base::Timestamp::parse(&text(value)).unwrap();
    let span = day(&first["due_at"]).since(day(&first["seen_at"]));
    assert_eq!(span, Duration::from_secs(90 * 24 * 3_600));
    for login in [CHIEF, CISO] {
        let home = cast.of(login).get("/").text;
        assert!(home.contains("対策基準の見直しが要ります"), "{login} is told");
        assert!(home.contains("統括情報セキュリティ責任者"), "and whose it is");
    }
    assert!(!cast.of(CLERK).get("/").text.contains("対策基準の見直しが要ります"));

    // Nobody else says it is done, and nobody says nothing.
    let path = format!("/api/v1/wall/reviews/{}/finish", text(&first["id"]));
    for login in [CLERK, MANAGER] {
        let tried = cast.of(login).post(&path, &json!({ "note": "済み" }));
        assert_eq!(tried.status, 403, "{login}: {tried:?}");
    }
    assert_eq!(cast.of(CHIEF).post(&path, &json!({ "note": " " })).status, 422);
    let note = "対策基準を令和8年12月1日に改定した";
    let done = cast.of(CHIEF).post(&path, &json!({ "note": note }));
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(cast.of(CISO).post(&path, &json!({ "note": note })).status, 409, "once");
    assert!(!cast.of(CHIEF).get("/").text.contains("対策基準の見直しが要ります"));

    // The terminals move to the internet's side.
    let beta = SITE.replace("model = \"alpha\"", "model = \"beta\"");
    std::fs::write(data.path().join("site.toml"), beta).unwrap();
    let second = owed(&cast, "beta");
    assert_ne!(second["id"], first["id"]);
    let page = cast.of(CHIEF).get("/wall/model").text;
    assert!(page.contains("βモデル") && page.contains("加わった"), "what β adds is shown");
    assert!(cast.of(CHIEF).get("/").text.contains("対策基準の見直しが要ります"));
    let said = items(&cast.of(CHIEF).get("/api/v1/ledger?action=model."));
    let actions: Vec<String> = said.iter().map(|entry| text(&entry["action"])).collect();
    assert_eq!(actions, ["model.review-due", "model.reviewed", "model.review-due"]);
    assert_eq!(said[1]["details"]["note"], note);
}
