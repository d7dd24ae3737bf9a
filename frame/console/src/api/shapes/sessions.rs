//! Sessions of scripts, and who calls.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::values;

/// Who calls.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeShape {
    #[schema(schema_with = values::id)]
    pub(crate) person: String,
    #[schema(schema_with = values::id)]
    pub(crate) body: String,
    #[schema(schema_with = values::body_name)]
    pub(crate) body_name: String,
    #[schema(schema_with = values::name)]
    pub(crate) name: String,
    /// What they may do somewhere in their body.
    #[schema(example = json!(["apply", "approve-export"]))]
    pub(crate) duties: Vec<String>,
    /// 2 in a session, 0 with a token.
    #[schema(example = 2)]
    pub(crate) factors: u8,
}

/// A session to be opened with a password and one second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "person": "midori.taro", "password": "kappa ga kawa wo wataru", "one_time_code": "482913",
}))]
pub(crate) struct SessionAsked {
    /// The login.
    #[schema(schema_with = values::secret)]
    pub(crate) person: String,
    #[schema(schema_with = values::secret)]
    pub(crate) password: String,
    /// The code of an authenticator app, or of a lost-factor permit.
    #[schema(schema_with = values::secret_or_none)]
    pub(crate) one_time_code: Option<String>,
    /// Shows the client certificate of this connection instead.
    #[serde(default)]
    pub(crate) certificate: bool,
}

/// The second factor, shown again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProofAsked {
    /// The code of an authenticator app.
    #[schema(schema_with = values::secret)]
    pub(crate) one_time_code: String,
}

/// A session that was opened; its cookie came with the answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionShape {
    /// Sent back in `X-CSRF-Token` with each change.
    #[schema(example = "v3xq0y4c0eGQm1rS9n8bT2kL5pW7zA6dF3hJ1iK0oUo")]
    pub(crate) csrf_token: String,
    #[schema(schema_with = values::id)]
    pub(crate) person: String,
    #[schema(schema_with = values::id)]
    pub(crate) body: String,
    #[schema(schema_with = values::id)]
    pub(crate) session: String,
    #[schema(schema_with = values::moment)]
    pub(crate) until: String,
}

/// Asks for a challenge. It says nothing, but as JSON: no page of another site
/// can make a browser send that.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub(crate) struct ChallengeAsked {}

/// What a browser needs to sign in with a passkey first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChallengeShape {
    /// Goes back with the browser's answer.
    #[schema(example = "v3xq0y4c0eGQm1rS9n8bT2kL5pW7zA6dF3hJ1iK0oUo")]
    pub(crate) challenge: String,
    /// `PublicKeyCredentialRequestOptionsJSON`.
    #[schema(schema_with = values::options)]
    pub(crate) options: serde_json::Value,
}
