//! Reads what somebody wants to send from a form, or from the fields of a call.

use std::sync::Arc;

use axum::extract::Multipart;
use console::{Failure, Fields};
use i18n::key;
use identity::{PersonState, people, sections};
use passages::Receiver;
use store::Work;
use transfer_engine::{Class, Way};
use zones::{Crossing, Zone};

use crate::error::TransferError;
use crate::service::Sending;

/// Files that one form may send.
pub(crate) const FILES_MAX: usize = 50;
/// Characters of a file's name that are kept.
const NAME_CHARACTERS_MAX: usize = 200;
const FIELD_BYTES_MAX: usize = 4_096;

pub(crate) type Files = Vec<(String, Arc<[u8]>)>;

/// Reads the form's fields and files; its whole size was bounded before.
pub(crate) async fn receive(mut form: Multipart) -> Result<(Fields, Files), Failure> {
    let broken = |_| Failure::BadRequest(None);
    let (mut pairs, mut files) = (Vec::new(), Vec::new());
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "files" {
            let file_name = file_name(field.file_name().unwrap_or_default());
            let bytes = field.bytes().await.map_err(broken)?;
            if bytes.is_empty() && file_name.is_empty() {
                continue;
            }
            if files.len() == FILES_MAX {
                return Err(Failure::bad_request(key!("transfer-too-many")));
            }
            files.push((file_name, Arc::from(&*bytes)));
        } else {
            let text = field.text().await.map_err(broken)?;
            if text.len() > FIELD_BYTES_MAX {
                return Err(Failure::BadRequest(None));
            }
            pairs.push((name, text));
        }
    }
    Ok((Fields::sent(pairs), files))
}

/// The last part of a path, without what a screen cannot show.
pub(crate) fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|character| !character.is_control())
        .take(NAME_CHARACTERS_MAX)
        .collect();
    if kept.is_empty() { "file".to_owned() } else { kept }
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
    if files.is_empty() {
        fields.complain("files", key!("transfer-choose"));
    }
    let (Some(crossing), Some(class), Some(purpose), Some(receiver), false) =
        (crossing, class, purpose, receiver, files.is_empty())
    else {
        return Ok(None);
    };
    let purpose = purpose.as_str().to_owned();
    Ok(Some(Sending { crossing, way, class, purpose, receiver, files }))
}

/// `internet-lgwan`.
fn crossing(word: &str) -> Option<Crossing> {
    let (from, to) = word.split_once('-')?;
    Crossing::between(Zone::parse(from)?, Zone::parse(to)?)
}

/// A section by its code, or an active person by their login.
async fn receiver(work: &mut Work, to: &str) -> Result<Option<Receiver>, TransferError> {
    let to = to.trim();
    let sections = sections::list(work).await?;
    let open = sections.iter().find(|section| {
        section.closed_at.is_none() && section.code.as_str() == to && !to.is_empty()
    });
    if let Some(section) = open {
        return Ok(Some(Receiver::Section(section.id)));
    }
    let Ok(login) = identity::Login::parse(to) else { return Ok(None) };
    let found = people::by_login(work, &login).await?;
    let active = found.filter(|person| person.state == PersonState::Active);
    Ok(active.map(|person| Receiver::Person(person.id)))
}
