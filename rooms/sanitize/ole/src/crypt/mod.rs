//! Passwords of Office files, [MS-OFFCRYPTO]. Opens, never locks.

pub(crate) mod ppt;
pub(crate) mod xls;
