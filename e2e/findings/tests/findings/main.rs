//! The Board of Audit's findings (S3), one file each: first the failure itself
//! on an ordinary set-up, then the same act against a running town. The table
//! of what came out stands in `e2e/findings/README.md`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod b02_fallback_password;
mod b03_shared_means;
mod b05_one_factor;
mod b08_no_end;
mod b09_long_end;
mod b10_no_permit;
mod b11_no_second_person;
mod b13_no_record;
mod b16_no_path_or_protocol;
mod b17_numbers_and_internet;
mod b18_by_mail;
mod b18_raw_mail;
mod b19_raw_files;
mod b29_no_review;
