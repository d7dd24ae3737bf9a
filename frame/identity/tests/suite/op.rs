//! A provider in memory, for tests here and of the console: it keeps to the standard, checks PKCE and
//! gives a code once, and can be told to lie in one place.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base::{Clock, Secret, Task, Text};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, Mac};
use identity::provider::{Ask, Outside, OutsideError, Provider, ProviderSettings, Reply, Returned};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const ISSUER: &str = "https://id.example";
pub const REDIRECT: &str = "https://sekisho.example.jp:8443/sign-in/provider/back";

/// Where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    Nothing,
    Nonce,
    NoNonce,
    Audience,
    AudiencesMore,
    Issuer,
    Expired,
    FromTheFuture,
    AlgorithmNone,
    SharedSecret,
    OtherKey,
    SignatureCut,
    NoToken,
    HugeKeys,
    KeysRedirect,
    TokenRedirect,
    TokenSlow,
    TokenHuge,
    Dead,
}

pub struct Op {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    lie: Lie,
    key: (u8, &'static str),
    names_issuer: bool,
    codes: BTreeMap<String, Login>,
    given: usize,
    asked: BTreeMap<&'static str, usize>,
}

struct Login {
    subject: String,
    nonce: String,
    challenge: String,
}

impl Op {
    /// A provider, and how our program knows it.
    pub fn at(clock: Arc<dyn Clock>) -> (Arc<Self>, Provider) {
        let op = Arc::new(Self {
            clock,
            state: Mutex::new(State {
                lie: Lie::Nothing,
                key: (1, "first"),
                names_issuer: true,
                codes: BTreeMap::new(),
                given: 0,
                asked: BTreeMap::new(),
            }),
        });
        let provider = op.provider();
        (op, provider)
    }

    /// Our side of it, knowing nothing of it yet.
    pub fn provider(self: &Arc<Self>) -> Provider {
        Provider::new(ProviderSettings {
            name: Text::parse("県の認証基盤").unwrap(),
            issuer: ISSUER.to_owned(),
            client_id: "sekisho".to_owned(),
            client_secret: Some(Secret::new("client secret".to_owned())),
            redirect: REDIRECT.to_owned(),
            outside: self.clone(),
        })
        .unwrap()
    }

    pub fn lie(&self, lie: Lie) {
        self.state.lock().unwrap().lie = lie;
    }

    pub fn rotate(&self) {
        self.state.lock().unwrap().key = (2, "second");
    }

    pub fn silent_about_issuer(&self) {
        self.state.lock().unwrap().names_issuer = false;
    }

    /// How often something was asked for.
    pub fn asked(&self, what: &'static str) -> usize {
        self.state.lock().unwrap().asked.get(what).copied().unwrap_or(0)
    }

    /// What a person does at the provider: they are looked at there, and sent
    /// back with what this returns.
    pub fn visit(&self, address: &str, subject: &str) -> Returned {
        let (place, query) = address.split_once('?').unwrap();
        assert_eq!(place, "https://id.example/authorize");
        let given = read_form(query);
        assert_eq!(given["response_type"], "code");
        assert_eq!(given["client_id"], "sekisho");
        assert_eq!(given["redirect_uri"], REDIRECT);
        assert_eq!(given["code_challenge_method"], "S256");
        assert!(given["scope"].split(' ').any(|word| word == "openid"));
        let mut state = self.state.lock().unwrap();
        state.given += 1;
        let code = format!("code-{}", state.given);
        let (nonce, challenge) = (given["nonce"].clone(), given["code_challenge"].clone());
        let login = Login { subject: subject.to_owned(), nonce, challenge };
        state.codes.insert(code.clone(), login);
        let issuer = if state.names_issuer { ISSUER } else { "" };
        Returned {
            code,
            state: given["state"].clone(),
            issuer: issuer.to_owned(),
            error: String::new(),
        }
    }

    fn answer(&self, ask: &Ask) -> Result<Reply, OutsideError> {
        let state = &mut *self.state.lock().unwrap();
        let what = match ask.address.target().as_str() {
            "/.well-known/openid-configuration" => "description",
            "/jwks" => "keys",
            "/token" => "token",
            other => panic!("{other}"),
        };
        *state.asked.entry(what).or_default() += 1;
        if state.lie == Lie::Dead {
            return Err(OutsideError::NoConnection("connection refused".to_owned()));
        }
        match what {
            "description" => Ok(reply(200, &description(state.names_issuer))),
            "keys" => keys(state, ask),
            _ => self.token(state, ask),
        }
    }

    fn token(&self, state: &mut State, ask: &Ask) -> Result<Reply, OutsideError> {
        match state.lie {
            Lie::TokenRedirect => return Ok(reply(302, &json!({}))),
            Lie::TokenSlow => return Err(OutsideError::TooSlow),
            Lie::TokenHuge => return Err(OutsideError::TooLong),
            _ => {}
        }
        let pair = URL_SAFE_NO_PAD.encode("sekisho:client%20secret");
        let given = ask.authorization.as_ref().unwrap().reveal().clone();
        assert_eq!(given.trim_end_matches('='), format!("Basic {pair}"));
        let form = read_form(ask.form.as_ref().unwrap().reveal());
        let verifier = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
        let login = state.codes.remove(&form["code"]);
        // A code serves once, for the browser that it was given to.
        let Some(login) = login.filter(|login| login.challenge == verifier) else {
            return Ok(reply(400, &json!({ "error": "invalid_grant" })));
        };
        if state.lie == Lie::NoToken {
            return Ok(reply(200, &json!({ "access_token": "x", "token_type": "Bearer" })));
        }
        let token = id_token(state, &login, self.clock.now().millis() / 1_000);
        let access = json!({
            "access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": token,
        });
        Ok(reply(200, &access))
    }
}

impl Outside for Op {
    fn ask<'a>(&'a self, ask: &'a Ask) -> Task<'a, Result<Reply, OutsideError>> {
        Box::pin(async move { self.answer(ask) })
    }
}

fn description(names_issuer: bool) -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://id.example/authorize",
        "token_endpoint": "https://id.example/token",
        "jwks_uri": "https://id.example/jwks",
        "response_types_supported": ["code"],
        "authorization_response_iss_parameter_supported": names_issuer,
    })
}

fn keys(state: &State, ask: &Ask) -> Result<Reply, OutsideError> {
    match state.lie {
        Lie::HugeKeys => {
            assert!(ask.bytes_max <= 256 * 1_024);
            Err(OutsideError::TooLong)
        }
        Lie::KeysRedirect => Ok(reply(302, &json!({}))),
        _ => Ok(reply(200, &json!({ "keys": [public(state.key)] }))),
    }
}

fn public((seed, name): (u8, &str)) -> Value {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
    json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": name, "x": x })
}

fn id_token(state: &State, login: &Login, now: i64) -> String {
    let mut head = json!({ "alg": "EdDSA", "kid": state.key.1 });
    let mut body = json!({
        "iss": ISSUER, "sub": login.subject, "aud": "sekisho", "nonce": login.nonce,
        "iat": now, "exp": now + 60, "preferred_username": "taro@shi.example",
        "email": "taro@shi.example", "email_verified": true,
        // It claims to have seen two factors, which is nothing to us.
        "amr": ["pwd", "otp", "mfa"], "acr": "phrh",
    });
    match state.lie {
        Lie::Nonce => body["nonce"] = json!("of another sign-in"),
        Lie::NoNonce => body["nonce"] = Value::Null,
        Lie::Audience => body["aud"] = json!("another client"),
        Lie::AudiencesMore => body["aud"] = json!(["sekisho", "another client"]),
        Lie::Issuer => body["iss"] = json!("https://id2.example"),
        Lie::Expired => (body["iat"], body["exp"]) = (json!(now - 400), json!(now - 120)),
        Lie::FromTheFuture => (body["iat"], body["exp"]) = (json!(now + 400), json!(now + 800)),
        Lie::AlgorithmNone => head["alg"] = json!("none"),
        Lie::SharedSecret => head["alg"] = json!("HS256"),
        _ => {}
    }
    let coded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", coded(&head), coded(&body));
    let seed = if state.lie == Lie::OtherKey { 9 } else { state.key.0 };
    let mut signature = SigningKey::from_bytes(&[seed; 32]).sign(message.as_bytes()).to_vec();
    match state.lie {
        Lie::AlgorithmNone => signature.clear(),
        Lie::SignatureCut => signature.truncate(32),
        Lie::SharedSecret => {
            let key = public(state.key).to_string();
            let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key.as_bytes()).unwrap();
            mac.update(message.as_bytes());
            signature = mac.finalize().into_bytes().to_vec();
        }
        _ => {}
    }
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply { status, body: body.to_string().into_bytes() }
}

fn read_form(text: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'%' {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
            } else {
                bytes.push(byte);
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}
