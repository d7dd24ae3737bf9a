//! Signing in, setting up, enrolling.

use crate::browser::Browser;
use crate::town::{PASSWORD, towns};

#[tokio::test]
async fn two_factors_lead_home_and_out_again() {
    for town in towns().await {
        let mut browser = Browser::signed_in(&town, &town.clerk).await;
        let home = browser.get("/").await.expect(200);
        assert!(home.text.contains("data-signed-in"), "{}", town.bench.kind);
        assert!(home.text.contains("山田 花子さんの仕事"));
        let out = browser.post("/sign-out", &[]).await.expect(303);
        assert_eq!(out.location, "/sign-in");
        assert_eq!(browser.get("/").await.expect(303).location, "/sign-in");
    }
}

#[tokio::test]
async fn the_first_factor_alone_opens_nothing() {
    for town in towns().await {
        let mut browser = Browser::new(&town);
        browser.get("/sign-in").await.expect(200);
        let form = [("login", town.clerk.login.as_str()), ("password", PASSWORD)];
        browser.post("/sign-in", &form).await.expect(200);
        assert_eq!(browser.get("/permits").await.expect(303).location, "/sign-in?to=%2Fpermits");
        let wrong = browser.post("/sign-in/second", &[("code", "000000")]).await.expect(422);
        assert!(wrong.text.contains("サインインできませんでした"));
    }
}

#[tokio::test]
async fn a_session_that_fell_silent_is_told_so() {
    for town in towns().await {
        let mut browser = Browser::signed_in(&town, &town.clerk).await;
        town.pass(31 * 60);
        let place = browser.get("/permits").await.expect(303).location;
        assert!(place.contains("ended=idle"), "{place}");
        let page = browser.get(&place).await.expect(200);
        assert!(page.text.contains("30分のあいだ操作がなかったため"), "{}", page.text);
    }
}

#[tokio::test]
async fn a_wrong_password_is_not_told_from_a_wrong_login() {
    for town in towns().await {
        let mut texts = Vec::new();
        for login in [town.clerk.login.as_str(), "nobody-here"] {
            let mut browser = Browser::new(&town);
            browser.get("/sign-in").await.expect(200);
            let form = [("login", login), ("password", "hoka no himitsu no kotoba")];
            let page = browser.post("/sign-in", &form).await.expect(403);
            let said = page.text.split("id=\"login-wrong\"").nth(1).unwrap_or_default();
            texts.push(said.split("</p>").next().unwrap_or_default().to_owned());
        }
        assert_eq!(texts[0], texts[1]);
        assert!(texts[0].contains("サインインできませんでした"));
    }
}

#[tokio::test]
async fn an_invited_person_enrols_by_the_code_and_signs_in() {
    for town in towns().await {
        let mut chief = Browser::signed_in(&town, &town.chief).await;
        chief.get("/people/new").await.expect(200);
        let section = town.chief.section.to_string();
        let form = [
            ("name", "佐藤 一郎"),
            ("kana", "サトウ イチロウ"),
            ("login", "sato.ichiro"),
            ("section", section.as_str()),
        ];
        let page = chief.post("/people/new", &form).await.expect(200);
        let code = page.text.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
        let mut sato = Browser::new(&town);
        sato.get("/enrol").await.expect(200);
        sato.post("/enrol", &[("code", "0000-0000-0000-0000")]).await.expect(422);
        let opened = sato.post("/enrol", &[("code", code)]).await.expect(303);
        let page = sato.get(&opened.location).await.expect(200);
        assert!(page.text.contains("佐藤 一郎") && page.text.contains("<svg"));
        let base32 = page.text.split("<code>").nth(1).unwrap().split("</code>").next().unwrap();
        let now = base::Clock::now(&*town.bench.clock);
        let secret = factors::TotpSecret::from_bytes(&unbase32(base32)).unwrap();
        let one_time = secret.code_at(now);
        let wrong = [
            ("password", "short"),
            ("password-again", "short"),
            ("one-time-code", one_time.reveal().as_str()),
        ];
        let again = sato.post("/enrol/factors", &wrong).await.expect(422);
        assert!(again.text.contains("12文字以上"));
        let form = [
            ("password", PASSWORD),
            ("password-again", PASSWORD),
            ("one-time-code", one_time.reveal().as_str()),
        ];
        let done = sato.post("/enrol/factors", &form).await.expect(303);
        assert_eq!(done.location, "/sign-in", "{}", town.bench.kind);
        assert!(sato.get("/sign-in").await.expect(200).text.contains("登録が終わりました"));
        town.pass(31);
        let form = [("login", "sato.ichiro"), ("password", PASSWORD)];
        sato.post("/sign-in", &form).await.expect(200);
        let one_time = secret.code_at(base::Clock::now(&*town.bench.clock));
        sato.post("/sign-in/second", &[("code", one_time.reveal())]).await.expect(303);
        sato.get("/").await.expect(200);
    }
}

/// RFC 4648, section 6.
pub(crate) fn unbase32(text: &str) -> Vec<u8> {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut window, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let Some(digit) = letters.iter().position(|known| *known == letter) else { continue };
        window = (window << 5) | u32::try_from(digit).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(window >> bits & 0xff).unwrap());
        }
    }
    bytes
}
