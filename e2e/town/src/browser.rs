//! A real Chromium without a screen, driven through ChromeDriver (WebDriver).

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::demo::Account;

/// A browser with an empty profile.
pub struct Browser {
    /// The page.
    pub page: Client,
    driver: Child,
    _profile: TempDir,
}

const DRIVER: &str = "/usr/bin/chromedriver";
const WAIT_MAX: Duration = Duration::from_secs(20);

impl Browser {
    /// Opens a browser, or says aloud that there is none.
    ///
    /// # Panics
    /// If it is installed and does not start.
    pub async fn open() -> Option<Self> {
        if !std::path::Path::new(DRIVER).exists() {
            eprintln!("skipped: no browser (Debian: chromium chromium-driver)");
            return None;
        }
        let port = free_port();
        let driver = Command::new(DRIVER)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver");
        let profile = tempfile::tempdir().expect("a folder");
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,1000",
            "--lang=ja",
            // The town's CA is its own; that it is the right one, the client's tests show.
            "--ignore-certificate-errors",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let capabilities = json!({
            "goog:chromeOptions": { "args": arguments, "prefs": { "intl.accept_languages": "ja" } },
            "webauthn:virtualAuthenticators": true,
        });
        let capabilities = capabilities.as_object().cloned().unwrap_or_default();
        let url = format!("http://127.0.0.1:{port}");
        for _ in 0..100 {
            let opened =
                ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
                    .capabilities(capabilities.clone())
                    .connect(&url)
                    .await;
            match opened {
                Ok(page) => return Some(Self { page, driver, _profile: profile }),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        unreachable!("chromedriver did not open a browser")
    }

    /// Goes to an address.
    ///
    /// # Panics
    /// If the browser is gone.
    pub async fn go(&self, url: &str) {
        self.page.goto(url).await.unwrap_or_else(|error| unreachable!("{url}: {error}"));
    }

    /// Types into the field of a name.
    ///
    /// # Panics
    /// If there is no such field.
    pub async fn fill(&self, name: &str, text: &str) {
        let field = self.find(&format!("[name='{name}']")).await;
        let _ = field.clear().await;
        field.send_keys(text).await.unwrap_or_else(|error| unreachable!("{name}: {error}"));
    }

    /// Clicks what a selector finds.
    ///
    /// # Panics
    /// If it finds nothing.
    pub async fn click(&self, selector: &str) {
        let found = self.find(selector).await;
        found.click().await.unwrap_or_else(|error| unreachable!("{selector}: {error}"));
    }

    /// Sends the page's first form, as its main button does.
    ///
    /// # Panics
    /// If there is none.
    pub async fn submit(&self) {
        self.click("main form button[type=submit]").await;
    }

    /// Sets a field as a picker does, for kinds that typing depends on the
    /// language of.
    ///
    /// # Panics
    /// If the browser is gone.
    pub async fn set_value(&self, name: &str, value: &str) {
        let script = "document.getElementsByName(arguments[0])[0].value = arguments[1]";
        let arguments = vec![name.into(), value.into()];
        self.page
            .execute(script, arguments)
            .await
            .unwrap_or_else(|error| unreachable!("{name}: {error}"));
    }

    /// The secret of one-time codes that an enrolment shows, in base 32.
    pub async fn secret(&self) -> String {
        let text = self.find("code").await.text().await.unwrap_or_default();
        text.chars().filter(|letter| !letter.is_whitespace()).collect()
    }

    /// Waits until the page shows a text.
    ///
    /// # Panics
    /// If it does not.
    pub async fn wait_for_text(&self, wanted: &str) {
        let start = std::time::Instant::now();
        while start.elapsed() < WAIT_MAX {
            if self.text().await.contains(wanted) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        unreachable!("{wanted} is not on {}:\n{}", self.address().await, self.text().await)
    }

    /// How many things a selector finds now.
    pub async fn count(&self, selector: &str) -> usize {
        self.page.find_all(Locator::Css(selector)).await.map(|all| all.len()).unwrap_or(0)
    }

    /// The status of a page asked for in this session, without going there.
    pub async fn fetch_status(&self, path: &str) -> u64 {
        let script = "const done = arguments[arguments.length - 1]; \
            fetch(arguments[0]).then((answer) => done(answer.status), () => done(0))";
        let value = self.page.execute_async(script, vec![path.into()]).await;
        value.ok().and_then(|value| value.as_u64()).unwrap_or(0)
    }

    /// Waits for what a selector finds.
    ///
    /// # Panics
    /// If it does not come.
    pub async fn find(&self, selector: &str) -> fantoccini::elements::Element {
        let waited = self.page.wait().at_most(WAIT_MAX).for_element(Locator::Css(selector)).await;
        match waited {
            Ok(found) => found,
            Err(error) => unreachable!(
                "{selector} on {}: {error}\n{}",
                self.address().await,
                self.text().await
            ),
        }
    }

    /// The address it shows.
    pub async fn address(&self) -> String {
        self.page.current_url().await.map(|url| url.to_string()).unwrap_or_default()
    }

    /// The text it shows.
    pub async fn text(&self) -> String {
        let script = "return document.body ? document.body.innerText : ''";
        let value = self.page.execute(script, vec![]).await.unwrap_or_default();
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Signs somebody in through the pages.
    ///
    /// # Panics
    /// If the pages differ.
    pub async fn sign_in(&self, base_url: &str, account: &Account) {
        self.go(&format!("{base_url}/sign-in")).await;
        self.fill("login", &account.person).await;
        self.fill("password", &account.password).await;
        self.click("main form button[type=submit]").await;
        self.fill("code", &account.code()).await;
        self.click("main form button[type=submit]").await;
        self.find("form[action='/sign-out']").await;
    }

    /// Carries on with the session of somebody who signed in through the
    /// interface: a one-time code is good for one sign-in only.
    ///
    /// # Panics
    /// If the browser does not take the cookie.
    pub async fn carry_on(&self, base_url: &str, client: &crate::Client) {
        const SESSION: &str = "__Host-sekisho";
        self.go(&format!("{base_url}/about")).await;
        let cookie = json!({
            "name": SESSION, "value": client.cookie(SESSION).unwrap_or_default(), "path": "/",
            "secure": true, "httpOnly": true, "sameSite": "Lax",
        });
        self.page
            .issue_cmd(Raw { path: "cookie", body: json!({ "cookie": cookie }) })
            .await
            .unwrap_or_else(|error| unreachable!("no cookie: {error}"));
    }

    /// Keeps a picture of the whole page below `target/pictures`, as high as it
    /// is.
    ///
    /// # Panics
    /// If it cannot be taken.
    pub async fn picture_whole(&self, name: &str) -> PathBuf {
        let height = self.page.execute("return document.documentElement.scrollHeight", vec![]);
        let height = height.await.expect("a height").as_u64().unwrap_or(1_000).min(12_000);
        let (width, before) = self.page.get_window_size().await.expect("a size");
        let high = u32::try_from(height).unwrap_or(1_000).saturating_add(140);
        self.page.set_window_size(to_u32(width), high).await.expect("a size");
        tokio::time::sleep(Duration::from_millis(300)).await;
        let file = self.picture(name).await;
        self.page.set_window_size(to_u32(width), to_u32(before)).await.expect("a size");
        file
    }

    /// Keeps a picture of the page below `target/pictures`, for people to look
    /// at.
    ///
    /// # Panics
    /// If it cannot be taken.
    pub async fn picture(&self, name: &str) -> PathBuf {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pictures");
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        let file = folder.join(format!("{name}.png"));
        std::fs::write(&file, self.page.screenshot().await.expect("a picture")).expect("written");
        file
    }

    /// Plugs in a security key that answers by itself (WebAuthn, section 11).
    ///
    /// # Panics
    /// If the driver refuses.
    pub async fn plug_in_key(&self) {
        let options = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserConsenting": true, "isUserVerified": true,
        });
        self.page
            .issue_cmd(Raw { path: "webauthn/authenticator", body: options })
            .await
            .unwrap_or_else(|error| unreachable!("no virtual authenticator: {error}"));
    }

    /// What axe finds wrong on the page: rule, help and the first place.
    ///
    /// # Panics
    /// If axe does not run.
    pub async fn axe(&self, axe: &str) -> Vec<String> {
        let script = format!(
            "{axe}; const done = arguments[arguments.length - 1]; \
             axe.run(document, {{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }}) \
             .then((all) => done(all.violations.map((one) => \
             `${{one.id}}: ${{one.help}} (${{one.nodes[0].html}})`)), (error) => done([String(error)]))"
        );
        let found = self.page.execute_async(&script, vec![]).await;
        let found = found.unwrap_or_else(|error| unreachable!("axe: {error}"));
        let list = found.as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()
    }

    /// Closes the browser.
    pub async fn close(mut self) {
        let _ = self.page.clone().close().await;
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
    }
}

/// A command that WebDriver's core does not have.
#[derive(Debug)]
struct Raw {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Raw {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

fn to_u32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}
