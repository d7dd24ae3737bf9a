//! What a passage's row keeps of its treatment: JSON that the screens and the
//! interface show, and that a change of policy is tried on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sanitize_engine::Outcome;
use sanitize_room::{ReasonLine, RemovedLine};
use serde::{Deserialize, Serialize};
use transfer_engine::Floor;

/// Everything that was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Why the sanitiser did not give anything out.
    pub(crate) reasons: Vec<Said>,
    /// What was taken out.
    pub(crate) removed: Vec<Said>,
    /// A rule's own reason for refusing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) why: Option<String>,
    /// Why more was asked than the rule says, by name.
    #[serde(default)]
    pub(crate) floors: Vec<String>,
    /// Kinds of personal data with how often each was found.
    #[serde(default)]
    pub(crate) people: Vec<(String, u64)>,
    /// Why nobody could look for personal data in some part of it.
    #[serde(default)]
    pub(crate) unread: BTreeSet<String>,
    /// Scanners that know it as harmful, each with its own name for it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) hits: BTreeSet<String>,
    /// A scanner that does not take a file of this size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unscanned: Option<String>,
    /// The container that it is handed over in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<String>,
    /// How long the treatment took, in milliseconds.
    #[serde(default)]
    pub(crate) elapsed_ms: u64,
}

/// One thing that was found, in both languages.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Said {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) message_en: String,
    #[serde(default)]
    pub(crate) r#where: String,
    #[serde(default)]
    pub(crate) count: u64,
}

/// The most findings that a row keeps; the counts hold all of them.
const KEPT_MAX: usize = 200;

impl Report {
    /// Nothing was found.
    pub(crate) fn lasted(elapsed: Duration) -> Self {
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        Self { elapsed_ms, ..Self::default() }
    }

    /// What the sanitiser said.
    pub(crate) fn of(outcome: &Outcome, elapsed: Duration) -> Self {
        let reasons = ReasonLine::all(outcome).into_iter().map(|reason| Said {
            code: reason.code.to_owned(),
            message: reason.message,
            message_en: reason.message_en,
            r#where: String::new(),
            count: 1,
        });
        let removed = RemovedLine::all(outcome).into_iter().map(|item| Said {
            code: item.code.to_owned(),
            message: item.message.to_owned(),
            message_en: item.message_en.to_owned(),
            r#where: item.r#where,
            count: item.count,
        });
        Self {
            reasons: reasons.take(KEPT_MAX).collect(),
            removed: removed.take(KEPT_MAX).collect(),
            ..Self::lasted(elapsed)
        }
    }

    /// What was taken out, by kind.
    pub(crate) fn counts(&self) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for item in &self.removed {
            let count: &mut u64 = counts.entry(item.code.as_str()).or_default();
            *count = count.saturating_add(item.count);
        }
        counts
    }

    /// Adds why more was asked.
    pub(crate) fn raised_by(mut self, floors: &[Floor]) -> Self {
        self.floors = floors.iter().map(|floor| floor.name().to_owned()).collect();
        self
    }
}
