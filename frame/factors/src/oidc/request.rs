//! What goes to a provider: the address that a browser is sent to, with PKCE
//! (RFC 7636) and a state and nonce of this browser's, and the exchange of the
//! code that comes back.

use base::Secret;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::metadata::Metadata;
use crate::Token;

/// We, as the provider knows us.
#[derive(Clone, Debug)]
pub struct Client {
    /// Our name there.
    pub id: String,
    /// Our secret; none for a client that proves itself by PKCE alone.
    pub secret: Option<Secret<String>>,
    /// Where the provider sends browsers back to, letter by letter.
    pub redirect: String,
}

/// What is asked of the provider about the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Who it is, and nothing else.
    Subject,
    /// What the provider calls them too, so that they see what they link.
    Named,
}

/// One browser's way to the provider and back. All that binds the answer to the
/// browser follows from the one token in its cookie, so that nothing secret is
/// stored: whoever lacks the cookie has no state, no nonce and no verifier.
#[derive(Clone, Debug)]
pub struct Trip(Token);

/// What is sent to exchange a code.
#[derive(Debug)]
pub struct TokenRequest {
    /// The header `Authorization`, where the secret goes there.
    pub authorization: Option<Secret<String>>,
    /// The form.
    pub form: Secret<String>,
}

impl Trip {
    /// The trip of a browser's cookie.
    #[must_use]
    pub const fn of(token: Token) -> Self {
        Self(token)
    }

    /// Says whether an answer's `state` is this trip's, in constant time.
    #[must_use]
    pub fn is_state(&self, state: &str) -> bool {
        Token::parse(state).is_ok_and(|state| self.state().is_same(&state))
    }

    /// What the token must name.
    #[must_use]
    pub fn nonce(&self) -> Secret<String> {
        self.0.derive("oidc nonce").show()
    }

    fn state(&self) -> Token {
        self.0.derive("oidc state")
    }

    /// RFC 7636 §4.1: 43 characters with 256 random bits.
    fn verifier(&self) -> Secret<String> {
        self.0.derive("oidc code verifier").show()
    }

    /// Where the browser goes (Core §3.1.2.1). The address holds the state and
    /// the nonce, which the provider and the browser may know.
    #[must_use]
    pub fn address(&self, metadata: &Metadata, client: &Client, scope: Scope) -> String {
        let challenge = Sha256::digest(self.verifier().reveal().as_bytes());
        let (state, nonce) = (self.state().show(), self.nonce());
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", &client.redirect),
            ("scope", scope.words()),
            ("state", state.reveal()),
            ("nonce", nonce.reveal()),
            ("code_challenge", &URL_SAFE_NO_PAD.encode(challenge)),
            ("code_challenge_method", "S256"),
        ]);
        let join = if metadata.authorization.has_query() { '&' } else { '?' };
        format!("{}{join}{query}", metadata.authorization.as_str())
    }

    /// What exchanges a code (Core §3.1.3.1).
    #[must_use]
    pub fn exchange(&self, metadata: &Metadata, client: &Client, code: &str) -> TokenRequest {
        let verifier = self.verifier();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", client.redirect.as_str()),
            ("code_verifier", verifier.reveal().as_str()),
        ];
        let mut authorization = None;
        match &client.secret {
            // In the header where the provider takes it there: forms are logged
            // more often (RFC 6749 §2.3.1).
            Some(secret) if metadata.takes_basic || !metadata.takes_post => {
                let pair = format!("{}:{}", escape(&client.id), escape(secret.reveal()));
                let pair = Secret::new(pair);
                let header = format!("Basic {}", STANDARD.encode(pair.reveal()));
                authorization = Some(Secret::new(header));
            }
            Some(secret) => {
                fields.push(("client_id", &client.id));
                fields.push(("client_secret", secret.reveal()));
            }
            None => fields.push(("client_id", &client.id)),
        }
        TokenRequest { authorization, form: Secret::new(form(&fields)) }
    }
}

impl Scope {
    const fn words(self) -> &'static str {
        match self {
            Self::Subject => "openid",
            Self::Named => "openid profile",
        }
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    pairs.join("&")
}

/// Percent-encodes all but the unreserved characters (RFC 3986 §2.3).
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::oidc::Address;
    use base::SeededRandom;

    fn metadata(takes_basic: bool, takes_post: bool) -> Metadata {
        let address = |text: &str| Address::parse(text).unwrap();
        Metadata {
            issuer: "https://id.example".into(),
            authorization: address("https://id.example/authorize?tenant=a"),
            token: address("https://id.example/token"),
            keys: address("https://id.example/jwks"),
            names_issuer: false,
            takes_basic,
            takes_post,
        }
    }

    fn client(secret: Option<&str>) -> Client {
        Client {
            id: "関所".into(),
            secret: secret.map(|secret| Secret::new(secret.to_owned())),
            redirect: "https://sekisho.example/sign-in/provider/back".into(),
        }
    }

    fn trip(seed: u64) -> Trip {
        Trip::of(Token::new(&SeededRandom::new(seed)))
    }

    #[test]
    fn the_address_holds_no_verifier_and_only_what_is_asked() {
        let trip = trip(1);
        let address = trip.address(&metadata(true, false), &client(None), Scope::Subject);
        assert!(address.starts_with("https://id.example/authorize?tenant=a&response_type=code&"));
        assert!(address.contains("client_id=%E9%96%A2%E6%89%80&"), "{address}");
        assert!(address.contains("&scope=openid&"), "{address}");
        assert!(address.contains("&code_challenge_method=S256"), "{address}");
        assert!(!address.contains(trip.verifier().reveal().as_str()));
        assert!(!address.contains(trip.0.show().reveal().as_str()));
    }

    /// RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_the_hash_of_the_verifier() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn state_belongs_to_one_browser() {
        let (mine, other) = (trip(1), trip(2));
        let state = mine.state().show();
        assert!(mine.is_state(state.reveal()));
        assert!(!other.is_state(state.reveal()));
        for wrong in ["", "x", mine.nonce().reveal(), mine.0.show().reveal()] {
            assert!(!mine.is_state(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_secret_goes_where_the_provider_takes_it() {
        let trip = trip(1);
        let secret = client(Some("a:b c"));
        let basic = trip.exchange(&metadata(true, true), &secret, "c/d");
        let pair = STANDARD.encode("%E9%96%A2%E6%89%80:a%3Ab%20c");
        assert_eq!(basic.authorization.unwrap().reveal(), &format!("Basic {pair}"));
        assert!(basic.form.reveal().contains("&code=c%2Fd&"));
        assert!(!basic.form.reveal().contains("secret"));
        let post = trip.exchange(&metadata(false, true), &secret, "c");
        assert!(post.authorization.is_none());
        assert!(post.form.reveal().ends_with("&client_secret=a%3Ab%20c"));
        let public = trip.exchange(&metadata(true, true), &client(None), "c");
        assert!(public.authorization.is_none() && public.form.reveal().contains("&client_id="));
    }
}
