//! The client data: what the browser says it signed for (WebAuthn §5.8.1).

use serde::Deserialize;

use super::{Challenge, RelyingParty, WebauthnError};

/// What was asked of the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ceremony {
    /// A new credential.
    Create,
    /// A signature.
    Get,
}

impl Ceremony {
    const fn word(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// Fields that browsers add later are left aside, as §5.8.1 asks.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    is_cross_origin: Option<bool>,
    #[serde(rename = "topOrigin", default)]
    top_origin: Option<String>,
}

/// Checks the client data (§7.1 steps 5–12, §7.2 steps 9–15).
pub(super) fn check(
    json: &[u8],
    ceremony: Ceremony,
    party: &RelyingParty,
    challenge: &Challenge,
) -> Result<(), WebauthnError> {
    // §5.8.1: UTF-8 decoded, that is, without a byte order mark.
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
    let data: ClientData = serde_json::from_slice(json).map_err(|_| WebauthnError::Answer)?;
    if data.kind != ceremony.word() {
        return Err(WebauthnError::Type);
    }
    if Challenge::parse(&data.challenge) != Ok(*challenge) {
        return Err(WebauthnError::Challenge);
    }
    if !party.is_ours(&data.origin) {
        return Err(WebauthnError::Origin);
    }
    // Nothing of ours is shown in another site's frame.
    if data.is_cross_origin == Some(true) || data.top_origin.is_some() {
        return Err(WebauthnError::CrossOrigin);
    }
    Ok(())
}
