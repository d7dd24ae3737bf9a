//! What the interface sends and takes, by noun. Field names are stable; new
//! ones may come. Times are UTC (RFC 3339), ids are ULIDs.

mod bodies;
mod enrolments;
mod factors;
mod joiners;
mod ledger;
mod people;
mod permits;
mod sessions;
mod system;

use serde::Serialize;
use utoipa::ToSchema;

pub(crate) use bodies::{
    BodyAsked, BodyShape, FirstOfficerAsked, FoundAsked, FoundedShape, SectionAsked, SectionShape,
    SetUpAsked,
};
pub(crate) use enrolments::{CodeShown, EnrolmentAsked, EnrolmentShape, FactorsAsked};
pub(crate) use factors::{
    CertificateAsked, FactorShape, OfferShape, OpenSessionShape, PasskeyAsked, PasswordAsked,
    TotpAsked, TotpShape,
};
pub(crate) use joiners::PlanShape;
pub(crate) use ledger::{EntryShape, ExportAsked, TableAsked, VerifiedShape};
pub(crate) use people::{
    AssignmentShape, CodeAsked, CodeShape, InvitedShape, PeopleTableAsked, PersonAsked,
    PersonShape, PostAsked, PostShape, RoleAsked,
};
pub(crate) use permits::{DeedAsked, KindShape, PermitAsked, PermitShape, SecretShape, StepAsked};
pub(crate) use sessions::{
    ChallengeAsked, ChallengeShape, MeShape, ProofAsked, SessionAsked, SessionShape,
};
pub(crate) use system::{AlertShape, JobShape, SystemShape};

/// Why a call was refused (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Stable; what programs read.
    #[serde(rename = "type")]
    #[schema(example = "urn:sekisho:problem:conflict")]
    kind: String,
    /// For people, in the language that was asked for.
    #[schema(example = "操作が重なりました")]
    title: String,
    /// The status of the answer.
    #[schema(example = 409)]
    status: u16,
    /// What happened, and what to do.
    #[schema(example = "ほかの人が先に変更しました。最新の内容を確かめてください。")]
    detail: String,
    /// The request, to be found in the log.
    #[schema(example = "urn:ulid:01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    instance: String,
    /// Fields that were not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FieldProblem>>,
    /// What the session lacks, such as `second-factor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["second-factor"]))]
    needs: Option<Vec<String>>,
    /// Where that is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/api/v1/sessions/current/proofs")]
    prove_at: Option<String>,
}

/// A field that was not accepted.
#[derive(Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// Its name.
    #[schema(example = "ends_at")]
    field: String,
    /// Stable.
    #[schema(example = "failure-not-ahead")]
    code: String,
    /// For people.
    #[schema(example = "終了日時は、これからの日時にしてください。")]
    detail: String,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Many<T> {
    /// The lines.
    pub(crate) items: Vec<T>,
    /// What `after` is for the next page; missing on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "01KQ3V6Z8M5C0D2E4F6G8H0J2K")]
    pub(crate) next: Option<String>,
}

fn text(value: Option<impl ToString>) -> Option<String> {
    value.map(|value| value.to_string())
}
