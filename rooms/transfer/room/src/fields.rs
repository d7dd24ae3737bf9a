//! Reads what somebody wants to send from a form, or from the fields of a call.

use std::collections::BTreeSet;

use axum::extract::Multipart;
pub(crate) use console::files::file_name;
use console::files::{self, Files};
use console::{Failure, Fields};
use i18n::key;
use identity::{PersonId, PersonState, people, sections};
use passages::Receiver;
use store::Work;
use transfer_engine::{Class, Way};
use zones::{Crossing, Zone};

use crate::error::TransferError;
use crate::service::Sending;
use crate::uploads::{self, Upload, UploadError, UploadId};

/// Files that one form may send, finished uploads among them.
pub(crate) const FILES_MAX: usize = 50;

/// The field of finished uploads, by their ids.
const UPLOADS: &str = "uploads";

/// Reads the form's fields and files; its whole size was bounded before.
pub(crate) async fn receive(form: Multipart) -> Result<(Fields, Files), Failure> {
    let (fields, files) = files::receive(form, FILES_MAX, key!("transfer-too-many")).await?;
    if files.len().saturating_add(fields.values(UPLOADS).len()) > FILES_MAX {
        return Err(Failure::bad_request(key!("transfer-too-many")));
    }
    Ok((fields, files))
}

/// The person's finished uploads that the fields name, each once. One that is
/// none is a complaint.
pub(crate) async fn uploads(
    work: &mut Work,
    fields: &mut Fields,
    person: PersonId,
) -> Result<Vec<Upload>, TransferError> {
    let named: BTreeSet<Option<UploadId>> =
        fields.values(UPLOADS).iter().map(|id| UploadId::parse(id).ok()).collect();
    let mut found = Vec::new();
    for id in named {
        let upload = match id {
            None => Err(UploadError::NotThere),
            Some(id) => uploads::find(work, person, id).await,
        };
        match upload {
            Ok(upload) if upload.whole.is_some() => found.push(upload),
            Ok(_) => fields.complain(UPLOADS, key!("transfer-upload-unfinished")),
            Err(UploadError::NotThere) => fields.complain(UPLOADS, key!("transfer-upload-gone")),
            Err(other) => return Err(other.into()),
        }
    }
    Ok(found)
}

/// What the fields say; nothing if one of them is wrong, which they then tell.
pub(crate) async fn sending(
    work: &mut Work,
    fields: &mut Fields,
    files: Files,
    way: Way,
) -> Result<Option<Sending>, TransferError> {
    let crossing = fields.choice("crossing", key!("transfer-crossing"), crossing);
    let class = fields.choice("class", key!("transfer-class"), Class::parse);
    let purpose = fields.text::<200>("purpose", key!("transfer-purpose"));
    let receiver = receiver(work, fields.value("to")).await?;
    if receiver.is_none() {
        fields.complain("to", key!("transfer-no-receiver"));
    }
    let has_none = files.is_empty() && fields.values(UPLOADS).is_empty();
    if has_none {
        fields.complain("files", key!("transfer-choose"));
    }
    let (Some(crossing), Some(class), Some(purpose), Some(receiver), false) =
        (crossing, class, purpose, receiver, has_none)
    else {
        return Ok(None);
    };
    let purpose = purpose.as_str().to_owned();
    Ok(Some(Sending { crossing, way, class, purpose, receiver, files }))
}

/// Reads a boundary with its direction: `internet-lgwan`.
#[must_use]
pub fn crossing(word: &str) -> Option<Crossing> {
    let (from, to) = word.split_once('-')?;
    Crossing::between(Zone::parse(from)?, Zone::parse(to)?)
}

/// A section by its code, or an active person by their login.
pub(crate) async fn receiver(work: &mut Work, to: &str) -> Result<Option<Receiver>, TransferError> {
    let to = to.trim();
    let sections = sections::list(work).await?;
    let open = sections.iter().find(|section| {
        section.closed_at.is_none() && section.code.as_str() == to && !to.is_empty()
    });
    if let Some(section) = open {
        return Ok(Some(Receiver::Section(section.id)));
    }
    let Ok(login) = identity::Login::parse(to) else { return Ok(None) };
    Ok(active(work, &login).await?.map(Receiver::Person))
}

/// An active person by their login.
pub(crate) async fn active(
    work: &mut Work,
    login: &identity::Login,
) -> Result<Option<PersonId>, TransferError> {
    let found = people::by_login(work, login).await?;
    let active = found.filter(|person| person.state == PersonState::Active);
    Ok(active.map(|person| person.id))
}
