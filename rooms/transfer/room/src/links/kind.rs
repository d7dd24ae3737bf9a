//! The permit by which somebody outside may hand files in, and the door that
//! its mechanism opens and shuts.

use std::time::Duration;

use base::{Secret, Task};
use factors::Token;
use identity::Duty;
use permits::{
    Beneficiary, Closing, Field, Form, Held, Issuer, Kind, Mechanism, Permit, PermitError, Reach,
    ScopeError, ScopeFault,
};
use store::Work;

use crate::fields;
use crate::links::tables::{self, Link};

const DAY: Duration = Duration::from_secs(24 * 3_600);
const MECHANISM: &str = "upload-link";

/// Files that one link takes, at most.
const FILES_MAX: i64 = 1_000;
/// Megabytes that one link takes, at most.
const MEGABYTES_MAX: i64 = 10_000;
/// What a megabyte is, as storage is sold.
const MEGABYTE: u64 = 1_000_000;

/// アップロード用リンク: somebody outside hands files to one receiver for one
/// purpose, so many and so large, until an end.
pub const UPLOAD_LINK: Kind = Kind {
    name: "upload-link",
    span_max: Duration::from_secs(30 * 24 * 3_600),
    stretch: None,
    approver: Duty::ApproveExport,
    reach: Reach::Section,
    beneficiary: Beneficiary::Applicant,
    fields: &[
        Field { name: "receiver", form: Form::Text { characters_max: 64 }, is_required: true },
        Field { name: "class", form: Form::Choice(&["1", "2", "3c", "3b"]), is_required: true },
        Field { name: "files", form: Form::Number { min: 1, max: FILES_MAX }, is_required: true },
        Field {
            name: "megabytes",
            form: Form::Number { min: 1, max: MEGABYTES_MAX },
            is_required: true,
        },
    ],
    key: None,
    emergency: None,
    mechanism: MECHANISM,
    closing: Closing::WithEnd,
    remind_before: DAY,
    factors_to_apply: 2,
    only_program_applies: false,
};

/// Opens and shuts links.
pub struct UploadLinks {
    /// What addresses of links begin with: `https://sekisho.example.lg.jp`.
    pub(crate) base: String,
}

impl Mechanism for UploadLinks {
    fn name(&self) -> &'static str {
        MECHANISM
    }

    /// The door is there, but nobody has its address before it is issued.
    fn start<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        Box::pin(async move {
            if tables::find(work, permit.id).await?.is_some() {
                return Ok(());
            }
            let named = permit.scope.text("receiver").unwrap_or_default();
            let receiver = fields::receiver(work, named).await.map_err(failed)?;
            let Some(receiver) = receiver else { return Err(no_receiver()) };
            let number = |field| permit.scope.number(field).and_then(|n| u64::try_from(n).ok());
            let (files, megabytes) = (number("files"), number("megabytes"));
            let link = Link {
                permit: permit.id,
                has_code: false,
                applicant: permit.applicant,
                receiver,
                class: permit.scope.text("class").unwrap_or_default().to_owned(),
                purpose: permit.purpose.clone(),
                files_max: files.ok_or(PermitError::Unreadable("files"))?,
                bytes_max: megabytes.ok_or(PermitError::Unreadable("megabytes"))? * MEGABYTE,
                files: 0,
                bytes: 0,
                late: 0,
                opened_at: work.now(),
                ends_at: permit.until(),
                closed_at: None,
            };
            tables::insert(work, &link).await?;
            Ok(())
        })
    }

    fn end<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<(), PermitError>> {
        Box::pin(async move { Ok(tables::shut(work, permit.id).await?) })
    }

    fn verify<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<Held, PermitError>> {
        Box::pin(async move {
            let link = tables::find(work, permit.id).await?;
            let is_open = link.is_some_and(|link| link.closed_at.is_none());
            Ok(if is_open { Held::Yes } else { Held::No })
        })
    }

    fn issuer(&self) -> Issuer {
        Issuer::Beneficiary
    }

    fn issue<'a>(
        &'a self,
        work: &'a mut Work,
        permit: &'a Permit,
    ) -> Task<'a, Result<Secret<String>, PermitError>> {
        Box::pin(async move {
            let code = Token::new(work.random());
            tables::put_code(work, permit.id, &code.hashed().to_string()).await?;
            let shown = code.show();
            Ok(Secret::new(format!("{}/drop/{}", self.base, shown.reveal())))
        })
    }
}

fn no_receiver() -> PermitError {
    PermitError::Scope(vec![ScopeError { field: "receiver".to_owned(), why: ScopeFault::Person }])
}

fn failed(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PermitError {
    PermitError::Mechanism { name: MECHANISM, why: why.into() }
}
