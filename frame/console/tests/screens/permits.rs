//! A permit from its application to its end, through the pages.

use crate::browser::Browser;
use crate::town::{Town, towns};

/// Applies for an export; says where it stands then.
async fn apply(town: &Town, browser: &mut Browser, step: &str) -> String {
    let form = browser.get("/permits/new/export").await.expect(200);
    assert!(form.text.contains("情報の持出し"));
    let ends = base::Clock::now(&*town.bench.clock).plus(std::time::Duration::from_secs(4 * 3_600));
    let ends = ends.jst().strftime("%Y-%m-%dT%H:%M").to_string();
    let fields = [
        ("what", "固定資産税の課税台帳"),
        ("destination", "県税務課"),
        ("medium", "registered-medium"),
        ("personal-data", "personal"),
        ("purpose", "県への報告のため"),
        ("ends", ends.as_str()),
        ("step", step),
    ];
    browser.post("/permits/new/export", &fields).await.expect(303).location
}

#[tokio::test]
async fn one_applies_another_approves_and_the_clock_ends_it() {
    for town in towns().await {
        let mut clerk = Browser::signed_in(&town, &town.clerk).await;
        let place = apply(&town, &mut clerk, "apply").await;
        let shown = clerk.get(&place).await.expect(200);
        assert!(shown.text.contains("決裁待ち") && shown.text.contains("固定資産税の課税台帳"));
        let own = [("version", "2"), ("verdict", "yes")];
        let refused = clerk.post(&format!("{place}/approve"), &own).await.expect(403);
        assert!(refused.text.contains("自分の申請は自分では決裁できません"));
        let mut manager = Browser::signed_in(&town, &town.manager).await;
        let waiting = manager.get("/permits/waiting").await.expect(200);
        assert!(waiting.text.contains(&place), "{}", town.bench.kind);
        let shown = manager.get(&place).await.expect(200);
        let version = shown.hidden("version");
        let yes = [("version", version.as_str()), ("verdict", "yes"), ("note", "期間内に返却")];
        assert_eq!(
            manager.post(&format!("{place}/approve"), &yes).await.expect(303).location,
            place
        );
        let shown = clerk.get(&place).await.expect(200);
        assert!(shown.text.contains("この許可は有効です") && shown.text.contains("期間内に返却"));
        assert!(clerk.get("/").await.expect(200).text.contains(&place));
        town.pass(5 * 3_600);
        town.permits.settle_all(&town.bench.store).await.unwrap();
        let mut clerk = Browser::signed_in(&town, &town.clerk).await;
        let shown = clerk.get(&place).await.expect(200);
        assert!(shown.text.contains("期限で終了"));
        let report = [("report", "媒体を返却し、消去した")];
        clerk.post(&format!("{place}/close"), &report).await.expect(303);
        let shown = clerk.get(&place).await.expect(200);
        assert!(shown.text.contains("完了") && shown.text.contains("媒体を返却し、消去した"));
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_application_stands_beside_its_field() {
    for town in towns().await {
        let mut clerk = Browser::signed_in(&town, &town.clerk).await;
        clerk.get("/permits/new/export").await.expect(200);
        let fields = [("what", "台帳"), ("purpose", "報告"), ("ends", "2026-03-01T09:00")];
        let page = clerk.post("/permits/new/export", &fields).await.expect(422);
        assert!(page.text.contains("id=\"destination-wrong\""), "{}", page.text);
        assert!(page.text.contains("value=\"台帳\"") || page.text.contains("台帳</textarea>"));
        let too_long = [
            ("what", "台帳"),
            ("destination", "県"),
            ("medium", "transfer"),
            ("personal-data", "none"),
            ("purpose", "報告"),
            ("ends", "2026-04-05T09:00"),
        ];
        let page = clerk.post("/permits/new/export", &too_long).await.expect(422);
        assert!(page.text.contains("24時間まで"), "{}", page.text);
    }
}

#[tokio::test]
async fn a_refusal_needs_its_reason() {
    for town in towns().await {
        let mut clerk = Browser::signed_in(&town, &town.clerk).await;
        let place = apply(&town, &mut clerk, "apply").await;
        let mut manager = Browser::signed_in(&town, &town.manager).await;
        let version = manager.get(&place).await.expect(200).hidden("version");
        let path = format!("{place}/approve");
        let no = [("version", version.as_str()), ("verdict", "no"), ("note", "")];
        manager.post(&path, &no).await.expect(422);
        let no = [("version", version.as_str()), ("verdict", "no"), ("note", "範囲が広すぎる")];
        manager.post(&path, &no).await.expect(303);
        let shown = clerk.get(&place).await.expect(200);
        assert!(shown.text.contains("不許可") && shown.text.contains("範囲が広すぎる"));
    }
}

#[tokio::test]
async fn a_token_is_shown_once_to_whoever_applied() {
    for town in towns().await {
        let mut manager = Browser::signed_in(&town, &town.manager).await;
        manager.get("/permits/new/api-token").await.expect(200);
        let ends = base::Clock::now(&*town.bench.clock)
            .plus(std::time::Duration::from_secs(86_400))
            .jst()
            .strftime("%Y-%m-%dT%H:%M")
            .to_string();
        let fields = [
            ("system", "文書管理システム"),
            ("scopes", "read-permits"),
            ("scopes", "apply"),
            ("purpose", "許可の一覧を連携するため"),
            ("ends", ends.as_str()),
        ];
        let place = manager.post("/permits/new/api-token", &fields).await.expect(303).location;
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        let version = chief.get(&place).await.expect(200).hidden("version");
        let yes = [("version", version.as_str()), ("verdict", "yes")];
        chief.post(&format!("{place}/approve"), &yes).await.expect(303);
        manager.get(&place).await.expect(200);
        let page = manager.post(&format!("{place}/issue"), &[]).await.expect(200);
        assert!(page.text.contains("<code>sekisho."), "{}", town.bench.kind);
        manager.post(&format!("{place}/issue"), &[]).await.expect(409);
    }
}

#[tokio::test]
async fn a_lost_factor_code_is_read_out_by_the_manager_and_opens_a_session() {
    for town in towns().await {
        // Somebody else applies for the clerk, who stands beside them.
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        chief.get("/permits/new/lost-factor").await.expect(200);
        let ends = base::Clock::now(&*town.bench.clock)
            .plus(std::time::Duration::from_secs(3_600))
            .jst()
            .strftime("%Y-%m-%dT%H:%M")
            .to_string();
        let fields = [
            ("beneficiary", town.clerk.login.as_str()),
            ("factor", "one-time-code"),
            ("identified-by", "職員証と本人を照合"),
            ("purpose", "スマートフォンを忘れた"),
            ("ends", ends.as_str()),
        ];
        let place = chief.post("/permits/new/lost-factor", &fields).await.expect(303).location;
        let mut manager = Browser::signed_in(&town, &town.manager).await;
        let version = manager.get(&place).await.expect(200).hidden("version");
        let yes = [("version", version.as_str()), ("verdict", "yes")];
        manager.post(&format!("{place}/approve"), &yes).await.expect(303);
        let page = manager.post(&format!("{place}/issue"), &[]).await.expect(200);
        let code = page.text.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
        let mut clerk = Browser::new(&town);
        clerk.get("/sign-in").await.expect(200);
        let form = [("login", town.clerk.login.as_str()), ("password", crate::town::PASSWORD)];
        clerk.post("/sign-in", &form).await.expect(200);
        clerk.post("/sign-in/second", &[("code", code)]).await.expect(303);
        clerk.get("/").await.expect(200);
        town.pass(2 * 3_600);
        town.permits.settle_all(&town.bench.store).await.unwrap();
        clerk.get("/").await.expect(303);
    }
}

#[tokio::test]
async fn a_draft_is_changed_and_handed_in() {
    for town in towns().await {
        let mut clerk = Browser::signed_in(&town, &town.clerk).await;
        let place = apply(&town, &mut clerk, "draft").await;
        let edit = format!("{place}/edit");
        assert!(clerk.get(&place).await.expect(200).text.contains(&edit));
        let form = clerk.get(&edit).await.expect(200);
        assert!(
            form.text.contains("固定資産税の課税台帳") && form.text.contains("県への報告のため")
        );
        let (version, ends) = (form.hidden("version"), value(&form.text, "ends"));
        let fields = |what, version, step| {
            [
                ("what", what),
                ("destination", "県税務課"),
                ("medium", "transfer"),
                ("personal-data", "none"),
                ("purpose", "県への報告のため"),
                ("ends", ends.as_str()),
                ("version", version),
                ("step", step),
            ]
        };
        clerk.post(&edit, &fields("償却資産の台帳", &version, "draft")).await.expect(303);
        let stale = clerk.post(&edit, &fields("古い台帳", &version, "draft")).await.expect(422);
        assert!(stale.text.contains("ほかの人が内容を変えました"), "{}", stale.text);
        let mut manager = Browser::signed_in(&town, &town.manager).await;
        manager.get(&edit).await.expect(404);
        let form = clerk.get(&edit).await.expect(200);
        assert!(form.text.contains("償却資産の台帳"), "{}", form.text);
        let version = form.hidden("version");
        clerk.post(&edit, &fields("償却資産の台帳", &version, "apply")).await.expect(303);
        assert!(clerk.get(&place).await.expect(200).text.contains("決裁待ち"));
        clerk.get(&edit).await.expect(409);
    }
}

/// The value of a visible field.
fn value(page: &str, name: &str) -> String {
    let rest = page.split(&format!("name=\"{name}\"")).nth(1).unwrap();
    let rest = rest.split('>').next().unwrap();
    rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}
