//! What a receiver does with a mail: let it through, refuse it, open what is
//! locked, report it as odd.

use base::Text;
use console::{Answer, Visit};
use i18n::{Message, key};
use identity::Caller;
use passages::PassageId;

use super::lists::permits;
use super::odd::NOTE_CHARS_MAX;
use super::show;
use crate::locks::{PASSWORD_CHARS_MAX, Unlocked};
use crate::odd as reports;
use crate::release::{self, Released};
use crate::service::Service;

/// Lets a held mail through, once its receiver answered what must be asked.
pub(super) async fn release(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let id: PassageId = visit.id("id")?;
    let permits = permits(&visit)?.clone();
    let mut work = visit.read(&caller).await?;
    let (passage, _) = release::received(&mut work, &caller, id).await?;
    drop(work);
    let answers = if passage.still_wanted().look {
        show::answers(&mut fields)
    } else {
        "released".to_owned()
    };
    if !fields.is_good() {
        return show::page(&visit, &caller, &fields).await;
    }
    let store = &visit.state.store;
    let done = service.release_with(store, &permits, &caller, id, &answers).await?;
    let said = match done {
        Released::Delivered => {
            service.teach_release(store, &caller, id).await?;
            key!("done-mails-released")
        }
        Released::Asked => key!("done-mails-approval-asked"),
        Released::AskedBefore => key!("done-mails-approval-asked-before"),
        Released::Quarantined => key!("done-mails-quarantined"),
    };
    visit.done(&format!("/mail/{id}"), said)
}

/// Refuses a held mail.
pub(super) async fn refuse(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let is_spam = visit.fields().value("why") == "spam";
    let id: PassageId = visit.id("id")?;
    service.refuse(&visit.state.store, &caller, id, is_spam).await?;
    let said = if is_spam { key!("done-mails-spam") } else { key!("done-mails-refused") };
    visit.done(&format!("/mail/{id}"), said)
}

/// Tries a password. It is held in memory only, and shown nowhere again.
pub(super) async fn unlock(service: Service, mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let id: PassageId = visit.id("id")?;
    let Some(password) = fields.secret("password", key!("mail-password")) else {
        return show::page(&visit, &caller, &fields).await;
    };
    if password.reveal().chars().count() > PASSWORD_CHARS_MAX {
        fields.complain("password", key!("mail-password-long"));
        return show::page(&visit, &caller, &fields).await;
    }
    let typed = vec![password.reveal().clone()];
    let said = match service.unlock(&visit.state.store, &caller, id, typed).await? {
        Unlocked::Delivered => key!("done-mails-opened"),
        Unlocked::Held => key!("done-mails-opened-held"),
        Unlocked::Quarantined => key!("done-mails-quarantined"),
        Unlocked::Refused => key!("done-mails-opened-refused"),
        Unlocked::Wrong { tries } => {
            let wrong = Message::from(key!("mail-password-wrong"));
            fields.complain("password", wrong.with("tries", i64::from(tries)));
            return show::page(&visit, &caller, &fields).await;
        }
    };
    visit.done(&format!("/mail/{id}"), said)
}

/// Reports a mail as odd.
pub(super) async fn odd(mut visit: Visit, caller: Caller) -> Answer {
    let mut fields = visit.fields();
    let id: PassageId = visit.id("id")?;
    let note: Option<Text<NOTE_CHARS_MAX>> = fields.text_if_any("note", key!("mail-odd-why"));
    if !fields.is_good() {
        return show::page(&visit, &caller, &fields).await;
    }
    let mut work = visit.work(&caller).await?;
    reports::report(&mut work, &caller, id, note.as_ref().map(Text::as_str)).await?;
    work.commit().await?;
    visit.done(&format!("/mail/{id}"), key!("done-mails-odd"))
}
