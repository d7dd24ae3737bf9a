//! What operators do with mails that wait in Postfix: look, have them tried now,
//! give them back to their senders. What is done is recorded.

use identity::{Caller, Duty};
use records::{Action, Subject};
use store::Store;

use crate::error::MailError;
use crate::outside::{QueueShown, QueueSide, QueuedMail};
use crate::service::Service;

const TRIED: Action = Action::new("mail.queue-tried");
const GIVEN_BACK: Action = Action::new("mail.queue-given-back");

impl Service {
    /// What waits in one queue; for those who operate the system.
    ///
    /// # Errors
    /// [`MailError::Queue`]; if the caller may not.
    pub(crate) async fn queue(
        &self,
        store: &Store,
        caller: &Caller,
        side: QueueSide,
    ) -> Result<QueueShown, MailError> {
        caller.demand(Duty::OperateSystem)?;
        let own = self.domains(store, caller.body).await?;
        let mut shown = self.queues.look(side).await.map_err(MailError::Queue)?;
        // Both instances carry the mail of several bodies: each sees its own.
        shown.mails.retain(|mail| is_of(mail, &own));
        Ok(shown)
    }

    /// One mail of a queue.
    ///
    /// # Errors
    /// [`MailError::NotThere`]; as [`Service::queue`].
    pub(crate) async fn queued(
        &self,
        store: &Store,
        caller: &Caller,
        (side, id): (QueueSide, &str),
    ) -> Result<QueuedMail, MailError> {
        let queue = self.queue(store, caller, side).await?;
        queue.mails.into_iter().find(|mail| mail.id == id).ok_or(MailError::NotThere)
    }

    /// Has everything in a queue tried now, or one mail of it.
    ///
    /// # Errors
    /// As [`Service::queued`].
    pub(crate) async fn try_now(
        &self,
        store: &Store,
        caller: &Caller,
        (side, id): (QueueSide, Option<&str>),
    ) -> Result<(), MailError> {
        caller.demand(Duty::OperateSystem)?;
        if let Some(id) = id {
            self.queued(store, caller, (side, id)).await?;
        }
        self.record(store, caller, TRIED, (side, id.unwrap_or("all"))).await?;
        self.queues.try_now(side, id).await.map_err(MailError::Queue)
    }

    /// Gives a mail back to its sender.
    ///
    /// # Errors
    /// As [`Service::queued`].
    pub(crate) async fn give_back(
        &self,
        store: &Store,
        caller: &Caller,
        (side, id): (QueueSide, &str),
    ) -> Result<(), MailError> {
        self.queued(store, caller, (side, id)).await?;
        // Recorded first: what Postfix does cannot be undone with the record.
        self.record(store, caller, GIVEN_BACK, (side, id)).await?;
        self.queues.give_back(side, id).await.map_err(MailError::Queue)
    }

    async fn record(
        &self,
        store: &Store,
        caller: &Caller,
        action: Action,
        (side, id): (QueueSide, &str),
    ) -> Result<(), MailError> {
        let mut work = store.begin(caller.body).await?;
        let entry = caller.entry(action, Subject::new("mail-queue", id)).with("side", side.name());
        records::append(&mut work, &entry).await?;
        work.commit().await?;
        Ok(())
    }
}

/// True if a mail is for these domains alone, or leaves one of them: then nobody
/// else is concerned by what is done with it.
fn is_of(mail: &QueuedMail, own: &[String]) -> bool {
    let is_own = |address: &str| {
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        own.iter().any(|known| known.eq_ignore_ascii_case(domain))
    };
    let all_own = mail.receivers.iter().all(|(address, _)| is_own(address));
    (all_own && !mail.receivers.is_empty()) || is_own(&mail.sender)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_sees_its_own_mails_only() {
        let mail = |sender: &str, receivers: &[&str]| QueuedMail {
            id: "4Qabc".to_owned(),
            queue: "deferred".to_owned(),
            arrived_at: base::Timestamp::default(),
            bytes: 1,
            sender: sender.to_owned(),
            receivers: receivers.iter().map(|one| ((*one).to_owned(), None)).collect(),
        };
        let own = ["city.midori.lg.jp".to_owned()];
        for (sender, receivers, wanted) in [
            ("a@world.example", &["b@City.Midori.lg.jp"][..], true),
            ("b@city.midori.lg.jp", &["a@world.example"], true),
            ("", &["b@city.midori.lg.jp"], true),
            ("a@world.example", &["c@town.aoba.lg.jp"], false),
            ("a@world.example", &["b@city.midori.lg.jp", "c@town.aoba.lg.jp"], false),
            ("", &[], false),
        ] {
            assert_eq!(is_of(&mail(sender, receivers), &own), wanted, "{sender} {receivers:?}");
        }
    }
}
