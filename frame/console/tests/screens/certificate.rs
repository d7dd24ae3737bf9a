//! The client certificate of a connection as the second step, through the pages.
//! That the connection proves it, the program's own tests show.

use crate::browser::Browser;
use crate::town::{PASSWORD, Town, towns};

async fn password(browser: &mut Browser, town: &Town) -> String {
    browser.get("/sign-in").await.expect(200);
    let form = [("login", town.clerk.login.as_str()), ("password", PASSWORD)];
    browser.post("/sign-in", &form).await.expect(200).text
}

/// The button's form, as the page offers it.
const CERTIFICATE: [(&str, &str); 2] = [("certificate", "yes"), ("certificate-offered", "yes")];

#[tokio::test]
async fn a_certificate_that_was_registered_comes_second() {
    for town in towns().await {
        let mut browser =
            Browser::signed_in(&town, &town.clerk).await.with_certificate(b"card one");
        let page = browser.get("/me/add").await.expect(200);
        assert!(page.text.contains("certificate-label"), "{}", page.text);
        let form = [("certificate-label", "職員証")];
        assert_eq!(browser.post("/me/certificate", &form).await.expect(303).location, "/me");
        assert!(browser.get("/me").await.expect(200).text.contains("職員証"));
        browser.post("/sign-out", &[]).await.expect(303);

        assert!(password(&mut browser, &town).await.contains("クライアント証明書を使う"));
        let page = browser.post("/sign-in/second", &CERTIFICATE).await.expect(303);
        assert_eq!(page.location, "/");
        browser.get("/").await.expect(200);
        let me = browser.get("/me").await.expect(200).text;
        assert!(me.contains("職員証"), "{}: {me}", town.bench.kind);
    }
}

#[tokio::test]
async fn no_other_certificate_and_no_claim_of_one_comes_second() {
    for town in towns().await {
        let mut browser =
            Browser::signed_in(&town, &town.clerk).await.with_certificate(b"card one");
        browser.get("/me/add").await.expect(200);
        browser.post("/me/certificate", &[("certificate-label", "職員証")]).await.expect(303);

        // A connection without one is not offered the button, and gets nowhere with its form.
        let mut bare = Browser::new(&town);
        assert!(!password(&mut bare, &town).await.contains("クライアント証明書を使う"));
        let page = bare.post("/sign-in/second", &CERTIFICATE).await.expect(422);
        assert!(page.text.contains("サインインできませんでした"), "{}", page.text);
        assert_eq!(bare.get("/").await.expect(303).location, "/sign-in");
        // Another card of the same authority is another card.
        let mut other = Browser::new(&town).with_certificate(b"card two");
        assert!(password(&mut other, &town).await.contains("クライアント証明書を使う"));
        other.post("/sign-in/second", &CERTIFICATE).await.expect(422);
        assert_eq!(other.get("/").await.expect(303).location, "/sign-in");
        // A card is one person's: nobody else registers it.
        let mut manager =
            Browser::signed_in(&town, &town.manager).await.with_certificate(b"card one");
        manager.get("/me/add").await.expect(200);
        let taken = manager.post("/me/certificate", &[("certificate-label", "私の")]).await;
        assert_eq!(taken.status.as_u16(), 409, "{}", taken.text);
        // A card alone is one factor: it is never the first.
        let mut alone = Browser::new(&town).with_certificate(b"card one");
        alone.get("/sign-in").await.expect(200);
        alone.post("/sign-in/second", &CERTIFICATE).await.expect(422);
        assert_eq!(alone.get("/").await.expect(303).location, "/sign-in");
    }
}
