//! Finds people in text: personal numbers, names with addresses or birth
//! dates, credit cards. Takes lines with their places, returns kinds, counts
//! and places, and never what it found. Does no I/O, knows no file format but
//! the marks of places that the sanitiser reads into its text.
//!
//! ```
//! use transfer_pii::{Limits, Part, Scanner};
//!
//! let mut scanner = Scanner::new(Limits::default());
//! scanner.part(Part::Sheet("台帳".to_owned()));
//! scanner.line("個人番号\t123456789018");
//! let report = scanner.finish();
//! assert_eq!((report.persons, report.findings[0].place.lines), (1, (1, 1)));
//! ```

mod addresses;
mod cells;
mod checks;
mod dates;
mod labels;
mod letters;
mod limits;
mod marked;
mod names;
mod numbers;
mod part;
mod people;
mod report;
mod scan;
mod stats;

pub use limits::Limits;
pub use report::{Certainty, Finding, Kind, Part, Place, Report};
pub use scan::Scanner;
