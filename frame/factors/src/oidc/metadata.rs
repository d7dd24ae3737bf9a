//! What a provider says about itself (OpenID Connect Discovery 1.0 §3).

use serde::Deserialize;

use super::address::{Address, AddressError};
use super::keys;

/// A provider's own description, as far as we need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The issuer, exactly as it is configured.
    pub issuer: String,
    /// Where browsers are sent.
    pub authorization: Address,
    /// Where codes are exchanged.
    pub token: Address,
    /// Where the keys are.
    pub keys: Address,
    /// True where every answer names its issuer (RFC 9207 §3).
    pub names_issuer: bool,
    /// True where the secret may go in the header (RFC 6749 §2.3.1).
    pub takes_basic: bool,
    /// True where the secret may go in the form.
    pub takes_post: bool,
}

/// Why a description is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Not the JSON that Discovery asks for.
    #[error("the description cannot be read")]
    Shape,
    /// Another issuer than the one that was asked (Discovery §4.3).
    #[error("the description is another issuer's")]
    Issuer,
    /// One of its addresses will not do.
    #[error("the description names an address that will not do: {0}")]
    Address(#[from] AddressError),
    /// No authorization code flow, no S256, or no signature that we take.
    #[error("the provider does not offer {0}")]
    Lacks(&'static str),
}

#[derive(Deserialize)]
struct Written {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    response_types_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Where an issuer's description lies (Discovery §4). An issuer with a
    /// query has none.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn address_of(issuer: &Address) -> Result<Address, AddressError> {
        if issuer.has_query() {
            return Err(AddressError::Spelling);
        }
        let bare = issuer.as_str().trim_end_matches('/');
        Address::parse(&format!("{bare}/.well-known/openid-configuration"))
    }

    /// Reads the description of an issuer.
    ///
    /// # Errors
    /// [`MetadataError`].
    pub fn parse(text: &[u8], issuer: &Address) -> Result<Self, MetadataError> {
        let written: Written = serde_json::from_slice(text).map_err(|_| MetadataError::Shape)?;
        if written.issuer != issuer.as_str() {
            return Err(MetadataError::Issuer);
        }
        let offers = |list: &Option<Vec<String>>, wanted: &[&str]| {
            // What is not said is decided at the first try.
            list.as_ref().is_none_or(|list| list.iter().any(|word| wanted.contains(&word.as_str())))
        };
        if !offers(&written.response_types_supported, &["code"]) {
            return Err(MetadataError::Lacks("the authorization code flow"));
        }
        if !offers(&written.code_challenge_methods_supported, &["S256"]) {
            return Err(MetadataError::Lacks("PKCE with S256"));
        }
        if !offers(&written.id_token_signing_alg_values_supported, &keys::ALGORITHMS) {
            return Err(MetadataError::Lacks("RS256, ES256 or EdDSA"));
        }
        let methods = written.token_endpoint_auth_methods_supported;
        Ok(Self {
            authorization: Address::parse(&written.authorization_endpoint)?,
            token: Address::parse(&written.token_endpoint)?,
            keys: Address::parse(&written.jwks_uri)?,
            names_issuer: written.authorization_response_iss_parameter_supported,
            // The default of Discovery §3.
            takes_basic: offers(&methods, &["client_secret_basic"]),
            takes_post: methods.is_some() && offers(&methods, &["client_secret_post"]),
            issuer: written.issuer,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    fn issuer() -> Address {
        Address::parse("https://id.example/o").unwrap()
    }

    fn whole() -> Value {
        json!({
            "issuer": "https://id.example/o",
            "authorization_endpoint": "https://id.example/o/authorize",
            "token_endpoint": "https://id.example/o/token",
            "jwks_uri": "https://keys.example/jwks",
        })
    }

    fn read(change: impl FnOnce(&mut Value)) -> Result<Metadata, MetadataError> {
        let mut value = whole();
        change(&mut value);
        Metadata::parse(value.to_string().as_bytes(), &issuer())
    }

    #[test]
    fn a_description_is_read() {
        let read = read(|_| {}).unwrap();
        assert_eq!(read.keys.as_str(), "https://keys.example/jwks");
        assert!(read.takes_basic && !read.takes_post && !read.names_issuer);
        let place = Metadata::address_of(&Address::parse("https://id.example/o/").unwrap());
        assert_eq!(
            place.unwrap().as_str(),
            "https://id.example/o/.well-known/openid-configuration"
        );
    }

    #[test]
    fn another_issuers_description_is_refused() {
        for other in ["https://evil.example/o", "https://id.example/o/", "HTTPS://id.example/o"] {
            let done = read(|value| value["issuer"] = other.into());
            assert_eq!(done, Err(MetadataError::Issuer), "{other}");
        }
    }

    #[test]
    fn addresses_off_https_are_refused() {
        for field in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
            for bad in ["http://id.example/x", "file:///etc/passwd", "javascript:alert(1)"] {
                let done = read(|value| value[field] = bad.into());
                assert!(matches!(done, Err(MetadataError::Address(_))), "{field} {bad}: {done:?}");
            }
        }
    }

    #[test]
    fn what_is_needed_must_be_offered() {
        for (field, list, what) in [
            ("response_types_supported", json!(["id_token"]), "the authorization code flow"),
            ("code_challenge_methods_supported", json!(["plain"]), "PKCE with S256"),
            (
                "id_token_signing_alg_values_supported",
                json!(["HS256", "none"]),
                "RS256, ES256 or EdDSA",
            ),
        ] {
            let done = read(|value| value[field] = list);
            assert_eq!(done, Err(MetadataError::Lacks(what)));
        }
        let post = read(|value| {
            value["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
        })
        .unwrap();
        assert!(post.takes_post && !post.takes_basic);
    }

    #[test]
    fn anything_else_is_no_description() {
        for bad in ["", "[]", "{}", "null", "{\"issuer\":1}", "<html>"] {
            assert_eq!(Metadata::parse(bad.as_bytes(), &issuer()), Err(MetadataError::Shape));
        }
        let twice = whole().to_string().replace("{\"", "{\"issuer\":\"https://id.example/o\",\"");
        assert_eq!(Metadata::parse(twice.as_bytes(), &issuer()), Err(MetadataError::Shape));
    }
}
