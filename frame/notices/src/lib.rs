//! Tells people by mail that something waits for them: which kind of thing, in
//! which system, and the link. Never what is in it, from whom, or what for.
//! Knows no room, and no person beyond an id; nobody's deed waits for a mail.

mod address;
mod compose;
mod error;
mod notice;
mod own;
mod relay;
mod sending;
mod tables;
mod tell;

pub use address::{ADDRESS_BYTES_MAX, Address, AddressError, Domains};
pub use compose::Mail;
pub use error::{NoticeError, RelayError};
pub use notice::{Notice, PERMIT_ENDS};
pub use own::{
    ASK_PAUSE, ASKS_A_DAY_MAX, CODE_LASTS, Confirmed, Own, TRIES_MAX, ask, confirm, forget, is_set,
    is_used, own, remove,
};
pub use relay::{Carrier, Login, Relay, RelaySettings, Tls};
pub use sending::{CODE_JOB, MAIL_JOB, Outlet, Post, handlers};
pub use tables::MIGRATIONS;
pub use tell::{FOLD, GATHER, tell, tell_all};

/// The words of mails.
pub const CATALOGUE: i18n::Catalogue = i18n::Catalogue {
    name: "notices",
    ja: include_str!("../messages/notices.ja.ftl"),
    en: include_str!("../messages/notices.en.ftl"),
};
