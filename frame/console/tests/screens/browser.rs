//! A browser without a screen: keeps cookies, sends forms as pages offer them.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use console::{Peer, PeerCertificate};
use tower::ServiceExt;

use crate::town::{HERE, ORIGIN, PASSWORD, Resident, Town};

pub(crate) struct Browser {
    router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    csrf: String,
    language: &'static str,
    token: Option<String>,
    certificate: Option<&'static [u8]>,
    key: Option<&'static str>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) text: String,
    /// The header `Refresh`.
    pub(crate) refresh: String,
    /// The answer was given before.
    pub(crate) is_repeated: bool,
}

impl Page {
    /// The page, which must have this status.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}\n{}", self.location, self.text);
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let rest = self.text.split(&mark).nth(1).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().replace("&#34;", "\"").replace("&#38;", "&")
    }
}

impl Browser {
    pub(crate) fn new(town: &Town) -> Self {
        Self::at(town.console.router())
    }

    /// Somebody in front of a console.
    pub(crate) fn at(router: Router) -> Self {
        Self {
            router,
            cookies: BTreeMap::new(),
            csrf: String::new(),
            language: "ja",
            token: None,
            certificate: None,
            key: None,
        }
    }

    pub(crate) fn in_english(mut self) -> Self {
        self.language = "en";
        self
    }

    /// The client certificate that the connection proves.
    pub(crate) fn with_certificate(mut self, der: &'static [u8]) -> Self {
        self.certificate = Some(der);
        self
    }

    /// A program with an interface token.
    pub(crate) fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Names the next calls, so that they are done once.
    pub(crate) fn keyed(&mut self, key: Option<&'static str>) -> &mut Self {
        self.key = key;
        self
    }

    /// Somebody who signed in through the pages.
    pub(crate) async fn signed_in(town: &Town, resident: &Resident) -> Self {
        town.pass(31);
        let mut browser = Self::new(town);
        browser.get("/sign-in").await.expect(200);
        let form = [("login", resident.login.as_str()), ("password", PASSWORD)];
        browser.post("/sign-in", &form).await.expect(200);
        let code = resident.totp.code_at(base::Clock::now(&*town.bench.clock));
        let page = browser.post("/sign-in/second", &[("code", code.reveal())]).await.expect(303);
        assert_eq!(page.location, "/");
        browser
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, None, Body::empty()).await
    }

    /// Sends a form with the token of the page that was shown last.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf", &self.csrf).extend_pairs(fields);
        let kind = "application/x-www-form-urlencoded";
        self.send("POST", path, Some(kind), Body::from(form.finish())).await
    }

    /// Sends a form with just these fields, as another page would.
    pub(crate) async fn send_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let kind = "application/x-www-form-urlencoded";
        let own = std::mem::take(&mut self.csrf);
        let page = self.send("POST", path, Some(kind), Body::from(form.finish())).await;
        self.csrf = own;
        page
    }

    pub(crate) async fn json(&mut self, path: &str, value: &serde_json::Value) -> Page {
        let body = Body::from(value.to_string());
        self.send("POST", path, Some("application/json"), body).await
    }

    /// Takes the token of a session that was opened by the interface.
    pub(crate) fn guarded_by(&mut self, csrf: &serde_json::Value) {
        self.csrf = csrf.as_str().unwrap().to_owned();
    }

    pub(crate) async fn send(
        &mut self,
        verb: &str,
        path: &str,
        kind: Option<&str>,
        body: Body,
    ) -> Page {
        let host = ORIGIN.trim_start_matches("https://");
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder()
            .method(verb)
            .uri(path)
            .header(header::HOST, host)
            .header(header::ACCEPT_LANGUAGE, self.language)
            .header(header::COOKIE, cookies.join("; "))
            .extension(Peer(HERE));
        if verb != "GET" {
            request = request.header(header::ORIGIN, ORIGIN);
            request = request.header("x-csrf-token", &self.csrf);
        }
        if let Some(der) = self.certificate {
            request = request.extension(PeerCertificate(der.into()));
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = self.key {
            request = request.header("idempotency-key", key);
        }
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = request.body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let status = response.status();
        let location = response.headers().get(header::LOCATION);
        let location =
            location.map(|location| location.to_str().unwrap().to_owned()).unwrap_or_default();
        let refresh = response.headers().get("refresh");
        let refresh = refresh.map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        let is_repeated = response.headers().contains_key("idempotency-replayed");
        let bytes = to_bytes(response.into_body(), 16 * 1024 * 1024).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let page = Page { status, location, text, refresh, is_repeated };
        let csrf = page.hidden("csrf");
        if !csrf.is_empty() {
            self.csrf = csrf;
        }
        page
    }
}

impl Browser {
    /// Sends a file as a form with an upload does.
    pub(crate) async fn upload(&mut self, path: &str, csrf: &str, file: &str) -> Page {
        let part = |name: &str, extra: &str, value: &str| {
            format!(
                "--edge\r\nContent-Disposition: form-data; name=\"{name}\"{extra}\r\n\r\n{value}\r\n"
            )
        };
        let body = part("csrf", "", csrf)
            + &part("file", "; filename=\"people.csv\"", file)
            + "--edge--\r\n";
        let kind = "multipart/form-data; boundary=edge";
        self.send("POST", path, Some(kind), Body::from(body)).await
    }
}
