//! What a mail's row keeps of its treatment, as JSON that the screens and the
//! interface show.

use std::collections::BTreeSet;

use mail_engine::auth::Verdicts;
use mail_engine::{Report, ReportedHint};
use serde::{Deserialize, Serialize};

/// Everything that was found in a mail, whoever it is for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Found {
    /// What the reader said; its text lies elsewhere and is empty here. Nothing
    /// where the mail could not be read.
    pub report: Option<Report>,
    /// Who sent it, as far as that could be checked.
    #[serde(default)]
    pub verdicts: Option<Verdicts>,
    /// Its attachments, in their order.
    pub files: Vec<FileFound>,
    /// Why it could not be read.
    pub stopped: Option<Said>,
    /// What scanners know in it, `scanner: name`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub hits: BTreeSet<String>,
    /// How much of spam it is, of 100; nothing if nobody has an opinion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spam: Option<Opinion>,
    /// How long the treatment took, in milliseconds.
    #[serde(default)]
    pub elapsed_ms: u64,
}

/// An opinion about spam.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// 0 to 100.
    pub spam: u8,
    /// Why, most telling first.
    pub reasons: Vec<String>,
}

/// One attachment and what the sanitiser said of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FileFound {
    /// As the mail names it, safe to show.
    pub name: String,
    /// What its first bytes say it is.
    pub kind: String,
    /// What the sanitiser says it is.
    pub format: String,
    /// In bytes, as it came.
    pub bytes: u64,
    /// `clean`, `disarmed`, `blocked`, `held`.
    pub verdict: String,
    /// It opens with a password only.
    #[serde(default)]
    pub is_locked: bool,
    /// What was taken out.
    pub removed: Vec<Said>,
    /// Why it is not handed over.
    pub reasons: Vec<Said>,
}

/// Something that was found, in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its stable name.
    pub code: String,
    /// In Japanese.
    pub message: String,
    /// In English.
    pub message_en: String,
    /// How often.
    #[serde(default)]
    pub count: u64,
}

/// What was decided for one receiver; stands in the passage's report.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LegReport {
    /// The rule about the mail.
    pub rule: String,
    /// What became of each attachment.
    pub files: Vec<FileFate>,
    /// Hints for this receiver alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<ReportedHint>,
    /// Why it is refused, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What became of an attachment for one receiver.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FileFate {
    /// Its name.
    pub name: String,
    /// The rule that spoke.
    pub rule: String,
    /// `delivered`, `left-out`, `locked`.
    pub fate: String,
    /// Why it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Found {
    /// True if a scanner knows something in it.
    #[must_use]
    pub fn is_harmful(&self) -> bool {
        !self.hits.is_empty()
    }

    /// The hints; none where the mail could not be read.
    #[must_use]
    pub fn hints(&self) -> &[ReportedHint] {
        self.report.as_ref().map_or(&[], |report| report.hints.as_slice())
    }
}
