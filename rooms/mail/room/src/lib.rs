//! The mail room: takes mails from Postfix, reads them in a cage, decides by the
//! body's rules, hands over what is harmless, and speaks to people about the
//! rest. What a mail means is the engine's; what makes files harmless is the
//! sanitiser's; queues and connections are Postfix's.

mod api;
mod cage;
pub mod commands;
mod decide;
mod dns;
mod error;
mod files;
mod handing;
mod intake;
mod kind;
mod learner;
mod letter;
mod listed;
mod locks;
mod odd;
mod outside;
mod outward;
mod pages;
mod queues;
mod readers;
mod release;
pub mod report;
mod review;
mod room;
mod rounds;
mod rspamd;
pub mod rules;
mod service;
mod tables;
mod treat;
mod vault;

pub use cage::{CageArguments, Checked, Coming, ReadError, Reader, Reading, serve_cage};
pub use error::MailError;
pub use intake::{Arrived, Gate, NotTaken};
pub use kind::{LetThrough, MAIL_RELEASE};
pub use learner::Learner;
pub use listed::{all as listed_senders, list_for_body, list_sender, unlist};
pub use locks::{
    PASSWORD_CHARS_MAX, STANDING_MAX, TYPED_MAX, Unlocked, passwords, remove_password,
};
pub use odd::{queue as odd_mails, report as report_odd};
pub use outside::{
    Envelope, Handed, Judge, Judged, NoJudge, NoQueues, NoScanner, Postfix, QueueShown, QueueSide,
    QueuedMail, Queues, Scanned, Scanner, SpamServer, Witness,
};
pub use outward::{
    Confirmed, Line as OutgoingLine, Outward, Parcel, Shown as OutgoingShown, Signer, Weighed,
};
pub use outward::{list as outgoing, show as show_outgoing};
pub use pages::WORDS;
pub use release::{BULK_MAX, Released, Shown, Would, search, show};
pub use review::{name as name_reviewer, search as search_held, withdraw as withdraw_reviewer};
pub use room::{MailRoom, interface};
pub use rspamd::Rspamd;
pub use service::{
    GateSettings, MAIL_BYTES_MAX, Outside, RECEIVERS_MAX, Service, address, adopt_rules, mailboxes,
    not_carried, own_mailboxes, rules_text,
};
pub use tables::MIGRATIONS;
pub use tables::deliveries::{Delivery, DeliveryId, Handing, Load};
pub use tables::letters::{Hit, Leg, Letter, LetterId, Part, Search, Standing as LetterState};
pub use tables::links::{Link, LinkId};
pub use tables::listed::{How, Listed};
pub use tables::locks::{Lock, PasswordId, Standing};
pub use tables::mailboxes::{Mailbox, Owner};
pub use tables::odd::{OddId, Report as OddReport};
pub use tables::outgoing::{Leaving, Outgoing};
pub use tables::rules::{RulesId, Version};
pub use tables::statistics::{Counted, Fate, Span, counted};
