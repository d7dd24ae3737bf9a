//! One's own factors and sessions.

use identity::enrol::TotpOffer;
use identity::own::Factor;
use identity::sessions::Session;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text;
use crate::api::values;

/// A factor; its secret is not in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactorShape {
    #[schema(schema_with = values::id)]
    id: String,
    #[schema(schema_with = values::factor_kind)]
    kind: String,
    /// What the person calls it.
    #[schema(schema_with = values::label)]
    label: String,
    #[schema(schema_with = values::moment)]
    added_at: String,
    #[schema(schema_with = values::moment_or_none)]
    used_at: Option<String>,
}

impl FactorShape {
    pub(crate) fn of(factor: &Factor) -> Self {
        Self {
            id: factor.id.to_string(),
            kind: factor.kind.name().to_owned(),
            label: factor.label.to_string(),
            added_at: factor.added_at.to_string(),
            used_at: text(factor.used_at),
        }
    }
}

/// A session that is open.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenSessionShape {
    #[schema(schema_with = values::id)]
    id: String,
    /// The address that it came from.
    #[schema(example = "192.0.2.10")]
    source: String,
    #[schema(schema_with = values::moment)]
    opened_at: String,
    #[schema(schema_with = values::moment)]
    used_at: String,
    #[schema(schema_with = values::moment)]
    until: String,
}

impl OpenSessionShape {
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            id: session.id.to_string(),
            source: session.source.to_string(),
            opened_at: session.opened_at.to_string(),
            used_at: session.used_at.to_string(),
            until: session.until.to_string(),
        }
    }
}

/// A secret for an authenticator app.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpShape {
    /// To be typed: base 32.
    #[schema(example = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")]
    secret: String,
    /// To be opened by the app.
    #[schema(
        example = "otpauth://totp/Sekisho:midori.taro?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    )]
    uri: String,
}

impl TotpShape {
    pub(crate) fn of(offer: &TotpOffer) -> Self {
        // Shown to the one person whose secret it is, who asked for it.
        Self { secret: offer.base32.reveal().clone(), uri: offer.uri.reveal().clone() }
    }
}

/// What a new factor is made from, for ten minutes.
#[derive(Serialize, ToSchema)]
pub(crate) struct OfferShape {
    pub(crate) totp: TotpShape,
    /// `PublicKeyCredentialCreationOptionsJSON`; none where the server has no
    /// name that passkeys take.
    #[schema(schema_with = values::options_or_none)]
    pub(crate) passkey: Option<serde_json::Value>,
}

/// Proves that an authenticator app took over the offered secret.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TotpAsked {
    #[schema(schema_with = values::secret)]
    pub(crate) one_time_code: String,
}

/// A passkey as the browser made it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyAsked {
    /// What the person calls it.
    #[schema(schema_with = values::label)]
    pub(crate) label: String,
    /// `RegistrationResponseJSON`.
    #[schema(schema_with = values::answer)]
    pub(crate) answer: serde_json::Map<String, serde_json::Value>,
}

/// Binds the client certificate of this connection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CertificateAsked {
    /// What the person calls it.
    #[schema(schema_with = values::label)]
    pub(crate) label: String,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "current": "kappa ga kawa wo wataru", "new": "tanuki ga yama wo koeru" }))]
pub(crate) struct PasswordAsked {
    #[schema(schema_with = values::secret)]
    pub(crate) current: String,
    /// At least 12 characters, and none that many people use.
    #[schema(schema_with = values::secret)]
    pub(crate) new: String,
}
