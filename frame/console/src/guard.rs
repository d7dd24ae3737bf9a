//! What every request is asked before anything else: is it for us, and was it
//! sent by our own page? Pure decisions over headers.

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use factors::Token;

/// The origin of the console, split once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    whole: String,
    authority: String,
}

impl Origin {
    /// Reads `https://HOST[:PORT]`, and `http://` for loopback behind a proxy
    /// in development.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim_end_matches('/').to_ascii_lowercase();
        let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
        if authority.is_empty() || !authority.bytes().all(is_plain) {
            return None;
        }
        Some(Self { authority: authority.to_owned(), whole: text.clone() })
    }

    /// True where the request names this host, so that no other name that
    /// points here (DNS rebinding) reaches a page.
    pub(crate) fn is_for_us(&self, parts: &Parts) -> bool {
        let named = parts.uri.authority().map(axum::http::uri::Authority::as_str);
        let header = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let hosts = [named, header];
        let mut given = hosts.into_iter().flatten().peekable();
        given.peek().is_some() && given.all(|host| self.is_same_authority(host))
    }

    fn is_same_authority(&self, host: &str) -> bool {
        let bare = |text: &str| {
            let text = text.to_ascii_lowercase();
            let port = if self.whole.starts_with("https://") { ":443" } else { ":80" };
            text.strip_suffix(port).map(str::to_owned).unwrap_or(text)
        };
        bare(host) == bare(&self.authority)
    }

    /// True where a change may come from: our own pages, or a program, which
    /// sends neither header. Browsers send `Origin` with every POST.
    pub(crate) fn is_own_page(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let origin_fits = text("origin").is_none_or(|origin| {
            origin.split_once("://").is_some_and(|(scheme, host)| {
                self.whole.starts_with(&format!("{scheme}://")) && self.is_same_authority(host)
            })
        });
        let site_fits = text("sec-fetch-site").is_none_or(|site| site == "same-origin");
        origin_fits && site_fits
    }

    /// True where a page that leaves a trace may be asked for: by our own
    /// pages, by the reader who typed its address, or by a program.
    pub(crate) fn is_own_asking(headers: &HeaderMap) -> bool {
        let site = headers.get("sec-fetch-site").map(|site| site.to_str().unwrap_or("?"));
        site.is_none_or(|site| matches!(site, "same-origin" | "none"))
    }
}

/// What a form's token is derived for.
const FORM_PURPOSE: &str = "console form";

/// The token that forms of this session carry.
pub(crate) fn form_token(session: &Token) -> Token {
    session.derive(FORM_PURPOSE)
}

/// True where `given` is the token of this session's forms.
pub(crate) fn is_form_token(session: &Token, given: Option<&str>) -> bool {
    let given = given.and_then(|given| Token::parse(given).ok());
    given.is_some_and(|given| form_token(session).is_same(&given))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn origin() -> Origin {
        Origin::parse("https://sekisho.midori.example:8443").unwrap()
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_our_name_reaches_a_page() {
        let ask = |host: &str| {
            let request = Request::get("/").header("host", host).body(()).unwrap();
            origin().is_for_us(&request.into_parts().0)
        };
        assert!(ask("sekisho.midori.example:8443"));
        assert!(ask("Sekisho.Midori.Example:8443"));
        for host in ["127.0.0.1:8443", "sekisho.midori.example", "evil.example:8443", ""] {
            assert!(!ask(host), "{host}");
        }
        let without = Request::get("/").body(()).unwrap().into_parts().0;
        assert!(!origin().is_for_us(&without));
    }

    #[test]
    fn changes_come_from_our_pages_or_from_programs() {
        let own = "https://sekisho.midori.example:8443";
        assert!(origin().is_own_page(&headers(&[])));
        assert!(origin().is_own_page(&headers(&[("origin", own)])));
        let both = [("origin", own), ("sec-fetch-site", "same-origin")];
        assert!(origin().is_own_page(&headers(&both)));
        for bad in ["null", "http://sekisho.midori.example:8443", "https://evil.example", ""] {
            assert!(!origin().is_own_page(&headers(&[("origin", bad)])), "{bad}");
        }
        for site in ["cross-site", "same-site", "none"] {
            assert!(!origin().is_own_page(&headers(&[("sec-fetch-site", site)])), "{site}");
        }
    }

    #[test]
    fn the_default_port_may_be_left_out() {
        let plain = Origin::parse("https://sekisho.example").unwrap();
        assert!(plain.is_own_page(&headers(&[("origin", "https://sekisho.example:443")])));
        assert!(Origin::parse("sekisho.example").is_none());
        assert!(Origin::parse("https://a/b").is_none());
    }

    #[test]
    fn what_leaves_a_trace_is_asked_for_by_our_pages_or_the_reader() {
        for (site, is_ours) in
            [("same-origin", true), ("none", true), ("cross-site", false), ("same-site", false)]
        {
            let asked = Origin::is_own_asking(&headers(&[("sec-fetch-site", site)]));
            assert_eq!(asked, is_ours, "{site}");
        }
        assert!(Origin::is_own_asking(&headers(&[])));
    }

    #[test]
    fn a_form_token_fits_its_session_only() {
        let random = base::SeededRandom::new(1);
        let (mine, other) = (Token::new(&random), Token::new(&random));
        let shown = form_token(&mine).show();
        assert!(is_form_token(&mine, Some(shown.reveal())));
        assert!(!is_form_token(&other, Some(shown.reveal())));
        assert!(!is_form_token(&mine, Some(mine.show().reveal())));
        assert!(!is_form_token(&mine, None));
    }
}
