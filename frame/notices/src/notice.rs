//! What a person is told: a sentence from the catalogues and the page where it
//! waits. There is no place in it for a name, a purpose or a number.

use base::Timestamp;
use i18n::{Key, key};
use serde::{Deserialize, Serialize};

/// A kind of notice. Rooms have theirs as constants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The sentence, without arguments: `notice-…`. Its name stands in the
    /// ledger, and notices of one name are folded.
    pub what: Key,
    /// The page where it waits, such as `/transfer`: the list, since one mail
    /// may stand for many.
    pub path: &'static str,
}

/// A permit of the reader's ends soon.
pub const PERMIT_ENDS: Notice = Notice { what: key!("notice-permit-ends"), path: "/permits" };

/// What a job remembers of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) person: String,
    pub(crate) what: String,
    pub(crate) path: String,
    /// When it was to go first, in milliseconds: a job's own moment moves with
    /// each attempt.
    pub(crate) due: i64,
}

impl Waiting {
    pub(crate) fn of(person: &str, notice: &Notice, due: Timestamp) -> Self {
        let (person, path) = (person.to_owned(), notice.path.to_owned());
        Self { person, what: notice.what.as_str().to_owned(), path, due: due.millis() }
    }
}
