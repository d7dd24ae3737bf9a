//! Lists, files of them, and every screen in both languages.

use console::{Access, Verb};

use crate::browser::Browser;
use crate::town::{section_code, towns};

#[tokio::test]
async fn every_screen_is_there_in_both_languages() {
    for town in towns().await {
        let mut pages = 0;
        for (is_english, mut browser) in [
            (false, Browser::signed_in(&town, &town.chief).await),
            (true, Browser::signed_in(&town, &town.chief).await.in_english()),
        ] {
            for route in town.console.routes().list() {
                let is_page = route.verb == Verb::Get
                    && !route.is_interface()
                    && matches!(route.access, Access::Person { .. });
                if !is_page {
                    continue;
                }
                let path = route
                    .path
                    .replace("{person}", &town.clerk.person.to_string())
                    .replace("{section}", &town.chief.section.to_string())
                    .replace("{kind}", "export")
                    .replace("{entry}", "1");
                if path.contains('{') {
                    continue;
                }
                let page = browser.get(&path).await;
                // Asks about a link that a provider's answer begins; without one it
                // leads back.
                if path == "/me/provider/confirm" && page.status.is_redirection() {
                    continue;
                }
                let status = page.status.as_u16();
                assert!(status == 200 || status == 403, "{path}: {status}\n{}", page.text);
                assert!(!page.text.contains('⟦'), "{path} lacks words:\n{}", page.text);
                let lang = if is_english { "<html lang=\"en\"" } else { "<html lang=\"ja\"" };
                assert!(page.text.contains(lang), "{path}");
                keep(&path, is_english, &page.text);
                pages += 1;
            }
        }
        assert!(pages > 30, "{pages}");
    }
}

/// Keeps a page for people to look at, where `SEKISHO_PAGES` names a folder.
fn keep(path: &str, is_english: bool, text: &str) {
    let Some(folder) = std::env::var_os("SEKISHO_PAGES") else { return };
    let language = if is_english { "en" } else { "ja" };
    let name = format!("{language}{}.html", path.replace('/', "_"));
    std::fs::write(std::path::Path::new(&folder).join(name), text).unwrap();
}

#[tokio::test]
async fn a_list_leaves_as_a_file_only_on_an_export_permit() {
    for town in towns().await {
        let mut manager = Browser::signed_in(&town, &town.manager).await;
        let page = manager.get("/people?format=csv").await.expect(403);
        assert!(page.text.contains("/permits/new/export"), "{}", page.text);
    }
}

#[tokio::test]
async fn with_the_permit_the_file_leaves_and_the_ledger_says_so() {
    for town in towns().await {
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        chief.get("/").await.expect(200);
        let ends = base::Clock::now(&*town.bench.clock).plus(std::time::Duration::from_secs(3_600));
        let asked = serde_json::json!({
            "kind": "export", "purpose": "監査資料", "ends_at": ends.to_string(),
            "scope": {
                "what": "職員名簿", "destination": "監査法人", "medium": "transfer",
                "personal-data": "personal",
            },
        });
        let made = chief.json("/api/v1/permits", &asked).await.expect(201).json();
        let id = made["id"].as_str().unwrap().to_owned();
        let mut manager = Browser::signed_in(&town, &town.manager).await;
        manager.get("/").await.expect(200);
        let yes = serde_json::json!({ "version": made["version"] });
        manager.json(&format!("/api/v1/permits/{id}/approve"), &yes).await.expect(200);
        let file = chief.get("/people?format=csv").await.expect(200);
        assert!(file.text.contains("山田 花子,"), "{}", file.text);
        let found = chief.get(&format!("/ledger?permit={id}")).await.expect(200);
        assert!(found.text.contains("名簿を取り出した"), "{}", found.text);
        chief.get("/ledger/export").await.expect(200);
        let days = [("since", "2026-04-01"), ("before", "2026-04-02")];
        let file = chief.post("/ledger/export", &days).await.expect(200);
        assert!(file.text.starts_with("{\"body\":") && file.text.contains("\"seal\""));
        chief.get("/ledger/verify").await.expect(200);
        let sound = chief.post("/ledger/verify", &[]).await.expect(200);
        assert!(sound.text.contains("記録簿は書かれたときのままです"), "{}", sound.text);
    }
}

#[tokio::test]
async fn a_file_of_joiners_is_shown_before_it_is_applied() {
    for town in towns().await {
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        let ask = chief.get("/people/file").await.expect(200);
        let section = section_code(&town, &town.chief).await;
        let file = format!(
            "change,login,name,kana,section\njoin,suzuki.jiro,鈴木 次郎,スズキ ジロウ,{section}\n\
             leave,clerk,山田 花子,ヤマダ ハナコ,{section}\n"
        );
        let page = chief.upload("/people/file", &ask.hidden("csrf"), &file).await.expect(200);
        assert!(page.text.contains("suzuki.jiro") && page.text.contains("退職"), "{}", page.text);
        let form = [("text", file.as_str()), ("digest", &page.hidden("digest"))];
        let done = chief.post("/people/file/apply", &form).await.expect(303);
        assert_eq!(done.location, "/people", "{}", town.bench.kind);
        let list = chief.get("/people?text=suzuki").await.expect(200);
        assert!(list.text.contains("鈴木 次郎"));
        let mut clerk = Browser::new(&town);
        clerk.get("/sign-in").await.expect(200);
        let form = [("login", "clerk"), ("password", crate::town::PASSWORD)];
        clerk.post("/sign-in", &form).await.expect(403);
    }
}

#[tokio::test]
async fn a_prefecture_sees_its_municipalities_and_a_city_only_itself() {
    for town in towns().await {
        let mut prefect = Browser::signed_in(&town, &town.prefect).await;
        let page = prefect.get("/bodies").await.expect(200);
        assert!(["見本県", "緑市", "青市"].iter().all(|name| page.text.contains(name)));
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        let page = chief.get("/bodies").await.expect(200);
        assert!(page.text.contains("緑市") && !page.text.contains("青市"), "{}", page.text);
    }
}

#[tokio::test]
async fn a_role_that_conflicts_is_explained_and_a_concurrent_post_lets_it_pass() {
    for town in towns().await {
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        let place = format!("/people/{}", town.manager.person);
        chief.get(&place).await.expect(200);
        let section = town.chief.section.to_string();
        let operator = [
            ("role", "system-operator"),
            ("role-section", section.as_str()),
            ("until", "2026-06-30"),
        ];
        let page = chief.post(&format!("{place}/roles"), &operator).await.expect(422);
        assert!(page.text.contains("一緒に持てません"), "{}", page.text);
        let post = [
            ("bar", "operator-approves"),
            ("post-reason", "職員が二人しかいないため"),
            ("post-until", "2026-06-30"),
        ];
        chief.post(&format!("{place}/posts"), &post).await.expect(303);
        let given = chief.post(&format!("{place}/roles"), &operator).await.expect(303);
        assert_eq!(given.location, place, "{}", town.bench.kind);
        let page = chief.get(&place).await.expect(200);
        assert!(page.text.contains("職員が二人しかいないため"));
        assert!(page.text.contains("情報システム担当者"));
    }
}
