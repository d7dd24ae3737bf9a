//! Enrolment: a code opens it, two factors finish it.

use identity::enrol::Opened;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PasskeyAsked, TotpShape};
use crate::api::values;

/// Opens an enrolment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnrolmentAsked {
    /// The code that somebody else handed over.
    #[schema(schema_with = values::secret, example = "7K2M-9QXD-4T8R-W1NC")]
    pub(crate) code: String,
}

/// Goes on with an enrolment.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeShown {
    /// The `enrolment` of the answer that opened it.
    #[schema(schema_with = values::secret)]
    pub(crate) enrolment: String,
}

/// An enrolment that is open, for 30 minutes.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnrolmentShape {
    /// Goes back with the factors.
    #[schema(example = "v3xq0y4c0eGQm1rS9n8bT2kL5pW7zA6dF3hJ1iK0oUo")]
    enrolment: String,
    #[schema(schema_with = values::login)]
    login: String,
    #[schema(schema_with = values::name)]
    name: String,
    #[schema(schema_with = values::body_name)]
    body: String,
    totp: TotpShape,
    /// `PublicKeyCredentialCreationOptionsJSON`; none where the server has no
    /// name that passkeys take.
    #[schema(schema_with = values::options_or_none)]
    passkey: Option<serde_json::Value>,
    #[schema(schema_with = values::moment)]
    until: String,
}

impl EnrolmentShape {
    pub(crate) fn of(opened: &Opened, passkey: Option<serde_json::Value>) -> Self {
        Self {
            // Whoever opened the enrolment goes on with it.
            enrolment: opened.token.show().reveal().clone(),
            login: opened.login.to_string(),
            name: opened.name.clone(),
            body: opened.body.clone(),
            totp: TotpShape::of(&opened.totp),
            passkey,
            until: opened.until.to_string(),
        }
    }
}

/// The factors that a person chose: a password with an app's code or a passkey
/// or a certificate, or two passkeys.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "enrolment": "v3xq0y4c0eGQm1rS9n8bT2kL5pW7zA6dF3hJ1iK0oUo",
    "password": "kappa ga kawa wo wataru", "one_time_code": "482913",
}))]
pub(crate) struct FactorsAsked {
    /// The `enrolment` of the answer that opened it.
    #[schema(schema_with = values::secret)]
    pub(crate) enrolment: String,
    #[schema(schema_with = values::secret_or_none)]
    pub(crate) password: Option<String>,
    /// Proves that an app took over the offered secret.
    #[schema(schema_with = values::secret_or_none)]
    pub(crate) one_time_code: Option<String>,
    #[serde(default)]
    pub(crate) passkeys: Vec<PasskeyAsked>,
    /// Binds the client certificate of this connection.
    #[serde(default)]
    pub(crate) certificate: bool,
}
