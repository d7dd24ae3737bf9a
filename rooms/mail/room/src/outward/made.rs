//! What is to leave, written and sealed before anybody decides: headers of our
//! own around the sanitiser's body, files as they were decided on, attachments
//! behind links.

use base::BodyId;
use factors::Token;
use mail_engine::compose::{Draft, Enclosure};
use mail_engine::outgoing::{self as writer, Body};
use mail_engine::{Mailbox as Writer, Report, ReportedMailbox};
use passages::Sealed;
use store::Store;

use super::read::Waiting;
use super::weigh::Weighed;
use super::words;
use crate::error::MailError;
use crate::files::Treated;
use crate::letter::date;
use crate::rules::Attachments;
use crate::service::Service;
use crate::tables::links::Link;

/// What was written and sealed.
pub(super) struct Made {
    pub(super) prepared: Sealed,
    /// Attachments behind links, with the hashes of their addresses.
    pub(super) links: Vec<(Link, String)>,
}

/// One attachment as it goes along.
pub(super) struct Going {
    name: String,
    bytes: Vec<u8>,
}

impl Service {
    /// Writes what is to leave, and seals it with what lies behind links.
    pub(super) async fn made(
        &self,
        (store, body): (&Store, BodyId),
        waiting: &Waiting,
        (report, part): (&Report, &Body),
        weighed: &Weighed,
        going: Vec<Going>,
    ) -> Result<Made, MailError> {
        let (letter, rules) = (&waiting.letter, &waiting.rules.outward);
        let random = &**store.random();
        let (mut links, mut lines, mut files) = (Vec::new(), Vec::new(), Vec::new());
        let origin = self.outward.as_ref().map_or("", |outward| outward.links.as_str());
        for file in going {
            if rules.attachments != Attachments::Link {
                files.push(file);
                continue;
            }
            let whole = self.vault.keep(body, letter.batch, &file.bytes, random).await?;
            let code = Token::new(random);
            lines.push(words::Linked {
                name: file.name.clone(),
                bytes: whole.bytes,
                // Only the mail holds the address; we keep its hash.
                address: format!("{origin}/parcel/{}", code.show().reveal()),
            });
            let link = Link {
                id: base::Id::new(store.clock().now(), random),
                letter: letter.id,
                name: file.name,
                kept: Some(whole.sealed),
                bytes: whole.bytes,
                sha256: whole.sha256,
                days: rules.link_days,
                fetches_max: rules.link_fetches,
                fetches: 0,
                opened_at: None,
                ends_at: None,
            };
            links.push((link, code.hashed().to_string()));
        }
        let said = (!lines.is_empty()).then(|| words::links(&lines, rules));
        let bytes = written(waiting, (report, part), &files, said.as_deref());
        let prepared = self.vault.keep(body, letter.batch, &bytes, random).await?.sealed;
        debug_assert!(weighed.stopped.is_none(), "what is stopped is not written");
        Ok(Made { prepared, links })
    }
}

impl Made {
    pub(super) fn blobs(&self) -> Vec<String> {
        let links =
            self.links.iter().filter_map(|(link, _)| Some(link.kept.as_ref()?.blob.clone()));
        links.chain(std::iter::once(self.prepared.blob.clone())).collect()
    }
}

/// The files that go along, as it was decided.
pub(super) fn going(weighed: &Weighed, treated: &[Treated], files: Vec<Vec<u8>>) -> Vec<Going> {
    let mut going = Vec::new();
    let raw = files.into_iter().map(Some).chain(std::iter::repeat(None));
    for ((fate, file), raw) in weighed.files.iter().zip(treated).zip(raw) {
        match (fate.fate.as_str(), &file.output, raw) {
            ("delivered" | "linked", Some((name, bytes)), _) => {
                going.push(Going { name: name.clone(), bytes: bytes.clone() });
            }
            ("unchanged", _, Some(bytes)) | ("linked", None, Some(bytes)) => {
                going.push(Going { name: file.found.name.clone(), bytes });
            }
            // Shown inside the text; or more files than are treated.
            (_, _, _) => {}
        }
    }
    going
}

/// The mail with headers of our own: no server on its way, no program, no address
/// of a machine.
fn written(
    waiting: &Waiting,
    (report, part): (&Report, &Body),
    files: &[Going],
    said: Option<&str>,
) -> Vec<u8> {
    let all = |list: &[ReportedMailbox]| list.iter().map(mailbox).collect::<Vec<_>>();
    let from: Vec<Writer> = report.from.iter().map(mailbox).collect();
    let (to, cc, reply_to) = (all(&report.to), all(&report.cc), all(&report.reply_to));
    let id = waiting.row.passage.to_string();
    let domain = waiting.row.mailbox.rsplit_once('@').map_or("", |(_, domain)| domain);
    let own_id = format!("{id}@{domain}");
    let now = date(waiting.letter.received_at);
    let files: Vec<Enclosure<'_>> =
        files.iter().map(|file| Enclosure { name: &file.name, bytes: &file.bytes }).collect();
    let draft = Draft {
        id: &id,
        from: &from,
        reply_to: &reply_to,
        to: &to,
        cc: &cc,
        subject: &report.subject,
        date: report.date.as_deref().unwrap_or(&now),
        message_id: Some(report.message_id.as_deref().unwrap_or(&own_id)),
        in_reply_to: &report.in_reply_to,
        references: &report.references,
        files: &files,
        ..Draft::default()
    };
    let mail = writer::write(&draft, part, said);
    // RFC 5322 3.6: one field of receivers must be there.
    if to.is_empty() && cc.is_empty() { writer::undisclosed(&mail) } else { mail }
}

fn mailbox(mailbox: &ReportedMailbox) -> Writer {
    Writer { display: mailbox.display.clone(), address: mailbox.address.clone() }
}
