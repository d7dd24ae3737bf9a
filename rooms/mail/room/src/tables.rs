//! The room's rows: mailboxes, mails with their passages, deliveries, what is
//! known of senders, locks, standing passwords and the body's rules.

pub(crate) mod deliveries;
pub(crate) mod letters;
pub(crate) mod links;
pub(crate) mod listed;
pub(crate) mod locks;
pub(crate) mod mailboxes;
pub(crate) mod models;
pub(crate) mod odd;
pub(crate) mod outgoing;
pub(crate) mod reviewers;
pub(crate) mod rules;
pub(crate) mod senders;
pub(crate) mod statistics;

use store::Migration;

/// The room's migrations.
pub const MIGRATIONS: &[Migration] = &[
    mailboxes::MAILBOXES,
    letters::LETTERS,
    deliveries::DELIVERIES,
    senders::SENDERS,
    locks::LOCKS,
    rules::RULES,
    odd::ODD,
    models::MODELS,
    outgoing::OUTGOING,
    links::LINKS,
    statistics::TURNED,
    statistics::HELD,
    listed::LISTED,
    reviewers::REVIEWERS,
];
