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
mod locks;
mod odd;
mod outside;
mod pages;
mod readers;
mod release;
pub mod report;
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
pub use locks::{
    PASSWORD_CHARS_MAX, STANDING_MAX, TYPED_MAX, Unlocked, passwords, remove_password,
};
pub use outside::{
    Envelope, Handed, Judge, Judged, NoJudge, NoScanner, Postfix, Scanned, Scanner, SpamServer,
    Witness,
};
pub use pages::WORDS;
pub use release::{BULK_MAX, Released, Shown, Would, search, show};
pub use room::{MailRoom, interface};
pub use rspamd::Rspamd;
pub use service::{
    GateSettings, MAIL_BYTES_MAX, Outside, RECEIVERS_MAX, Service, address, adopt_rules, mailboxes,
    not_carried, own_mailboxes, rules_text,
};
pub use tables::MIGRATIONS;
pub use tables::deliveries::{Delivery, DeliveryId, Handing, Load};
pub use tables::letters::{Hit, Leg, Letter, LetterId, Part, Search, Standing as LetterState};
pub use tables::locks::{Lock, PasswordId, Standing};
pub use tables::mailboxes::{Mailbox, Owner};
pub use tables::rules::{RulesId, Version};
