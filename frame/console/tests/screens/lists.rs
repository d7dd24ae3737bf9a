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
                let status = page.status.as_u16();
                assert!(status == 200 || status == 403, "{path}: {status}\n{}", page.text);
                assert!(!page.text.contains('⟦'), "{path} lacks words:\n{}", page.text);
                let lang = if is_english { "<html lang=\"en\"" } else { "<html lang=\"ja\"" };
                assert!(page.text.contains(lang), "{path}");
                pages += 1;
            }
        }
        assert!(pages > 30, "{pages}");
    }
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
