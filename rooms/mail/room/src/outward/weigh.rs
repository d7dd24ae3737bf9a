//! From what was found in a mail that leaves to what happens with it: whether
//! its sender is asked, whether another person is, what becomes of its files.
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use mail_engine::Report;
use passages::{Kept, Outcome, Verdict, Wanted};
use serde::{Deserialize, Serialize};

use crate::error::MailError;
use crate::files::Treated;
use crate::report::{FileFate, Found, LegReport};
use crate::rules::{Attachments, Outward};
use crate::tables::outgoing::Leaving;

/// What was decided about a mail that leaves; stands in its row.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Weighed {
    /// The rule that spoke: `outward`, `outward-many`, `outward-approval`,
    /// `outward-sender`, `floor`.
    pub rule: String,
    /// Why another person is asked: `personal-number`, `credit-card`, `persons`,
    /// `unread`, `unchanged`, `sender`.
    pub approve: Vec<String>,
    /// Why it does not leave, where it does not: `sender`, `scanner`,
    /// `unreadable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// Kinds of personal data that were found, with how often; never what.
    pub people: BTreeMap<String, u64>,
    /// People that it speaks of; nothing where that could not be said.
    pub persons: Option<u64>,
    /// Addresses outside that every receiver would see.
    pub seen: Vec<String>,
    /// True where those are more than the rule lets pass unasked.
    pub is_many: bool,
    /// How attachments are sent.
    pub attachments: String,
    /// What became of each.
    pub files: Vec<FileFate>,
    /// Things that were taken out.
    pub removed: u64,
    /// True where a file goes as it came.
    pub is_unchanged: bool,
}

/// What is known of the people in a mail.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) persons: u64,
    /// There are more people than could be told apart.
    pub(crate) is_least: bool,
    /// Something in it could not be read.
    pub(crate) is_unread: bool,
}

/// What is weighed.
pub(crate) struct Facts<'a> {
    pub(crate) found: &'a Found,
    pub(crate) files: &'a [Treated],
    pub(crate) people: &'a People,
    /// Addresses that may stand as the sender, in lower case.
    pub(crate) own: &'a BTreeSet<String>,
    /// The body's domains.
    pub(crate) domains: &'a [String],
    /// Names of files that stand inside the text.
    pub(crate) shown: &'a [String],
}

/// Kinds of findings that another person always decides on.
const NUMBERS: [&str; 2] = ["personal-number", "credit-card"];
/// Addresses that a row keeps.
const SEEN_MAX: usize = 500;

/// Weighs.
pub(crate) fn weigh(rules: &Outward, facts: &Facts<'_>) -> Weighed {
    let mut weighed = Weighed {
        rule: "outward".to_owned(),
        people: facts.people.counts.clone(),
        persons: (!facts.people.is_unread && !facts.people.is_least)
            .then_some(facts.people.persons),
        attachments: rules.attachments.name().to_owned(),
        ..Weighed::default()
    };
    let stop = |why: &str, rule: &str| Weighed {
        rule: rule.to_owned(),
        stopped: Some(why.to_owned()),
        ..Weighed::default()
    };
    if facts.found.is_harmful() {
        return stop("scanner", "floor");
    }
    let Some(report) = facts.found.report.as_ref().filter(|_| facts.found.stopped.is_none()) else {
        return stop("unreadable", "floor");
    };
    match sender(report, facts) {
        Sender::Own => {}
        // Nobody signs for another body's domain.
        Sender::Foreign => return stop("sender", "outward-sender"),
        Sender::Other if rules.is_other_sender_approved => {
            weighed.approve.push("sender".to_owned())
        }
        Sender::Other => return stop("sender", "outward-sender"),
    }
    files(rules, facts, &mut weighed);
    for kind in NUMBERS {
        if facts.people.counts.get(kind).is_some_and(|count| *count > 0) {
            weighed.approve.push(kind.to_owned());
        }
    }
    let limit = u64::from(rules.persons_max);
    if limit > 0 && (facts.people.persons > limit || facts.people.is_least) {
        weighed.approve.push("persons".to_owned());
    }
    if facts.people.is_unread && rules.is_unread_approved {
        weighed.approve.push("unread".to_owned());
    }
    weighed.seen = seen(report, facts.domains);
    weighed.is_many = weighed.seen.len() > rules.receivers_max as usize;
    let text = report.removed.iter().map(|one| one.count).sum::<u64>();
    weighed.removed = weighed.removed.saturating_add(text);
    if !weighed.approve.is_empty() {
        weighed.rule = "outward-approval".to_owned();
    } else if weighed.is_many {
        weighed.rule = "outward-many".to_owned();
    }
    weighed
}

enum Sender {
    Own,
    /// Another mailbox of the same body.
    Other,
    /// Somebody else's, or none.
    Foreign,
}

/// The sender that people see must be one of whom the envelope names.
fn sender(report: &Report, facts: &Facts<'_>) -> Sender {
    let Some(from) = report.from.as_ref().filter(|_| report.more_from.is_empty()) else {
        return Sender::Foreign;
    };
    let address = from.address.to_lowercase();
    if facts.own.contains(&address) {
        return Sender::Own;
    }
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    if facts.domains.iter().any(|own| own == domain) { Sender::Other } else { Sender::Foreign }
}

fn files(rules: &Outward, facts: &Facts<'_>, weighed: &mut Weighed) {
    let mut shown = facts.shown.to_vec();
    for file in facts.files {
        let name = file.output.as_ref().map_or(&file.found.name, |(name, _)| name);
        if let Some(at) = shown.iter().position(|one| one == name) {
            shown.remove(at);
            weighed.fate(&file.found.name, "shown", None);
            continue;
        }
        let taken: u64 = file.found.removed.iter().map(|one| one.count).sum();
        let is_raw = file.output.is_none();
        let (fate, is_unchanged) = match rules.attachments {
            Attachments::AsTheyAre => ("unchanged", true),
            Attachments::Sanitised if is_raw => ("unchanged", true),
            Attachments::Sanitised => ("delivered", false),
            Attachments::Link => ("linked", is_raw),
        };
        let is_asked = is_raw
            && rules.attachments != Attachments::AsTheyAre
            && rules.is_unread_approved
            && !weighed.approve.iter().any(|one| one == "unchanged");
        if is_asked {
            weighed.approve.push("unchanged".to_owned());
        }
        if is_unchanged {
            weighed.is_unchanged = true;
        } else {
            weighed.removed = weighed.removed.saturating_add(taken);
        }
        let reasons: Vec<&str> =
            file.found.reasons.iter().map(|said| said.message.as_str()).collect();
        let why = (is_unchanged && !reasons.is_empty()).then(|| reasons.join("、"));
        weighed.fate(&file.found.name, fate, why);
    }
}

/// Addresses outside in `To` and `Cc`, each once.
fn seen(report: &Report, domains: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    for one in report.to.iter().chain(&report.cc) {
        let address = one.address.to_lowercase();
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        if !domain.is_empty() && !domains.iter().any(|own| own == domain) {
            seen.insert(address);
        }
    }
    seen.into_iter().take(SEEN_MAX).collect()
}

impl Weighed {
    fn fate(&mut self, name: &str, fate: &str, why: Option<String>) {
        let rule = self.attachments.clone();
        self.files.push(FileFate { name: name.to_owned(), rule, fate: fate.to_owned(), why });
    }

    /// Where the mail stands after it was weighed.
    pub(crate) fn state(&self) -> Leaving {
        if self.stopped.is_some() {
            Leaving::Stopped
        } else if self.is_many {
            Leaving::Confirm
        } else if !self.approve.is_empty() {
            Leaving::Ask
        } else {
            Leaving::Waiting
        }
    }

    /// The verdict with its rules. `output` is what leaves.
    pub(crate) fn outcome(&self, output: Option<Kept>) -> Result<Outcome, MailError> {
        let report = LegReport {
            rule: self.rule.clone(),
            files: self.files.clone(),
            why: self.stopped.clone(),
            ..LegReport::default()
        };
        let verdict = match self.stopped.as_deref() {
            Some("scanner") => Verdict::Quarantined,
            Some(_) => Verdict::Refused,
            None if self.is_unchanged => Verdict::Unchanged,
            None if self.removed > 0 => Verdict::Disarmed,
            None => Verdict::Clean,
        };
        Ok(Outcome {
            treat_rule: if self.attachments.is_empty() {
                "floor".to_owned()
            } else {
                format!("attachments-{}", self.attachments)
            },
            treatment: if self.stopped.is_some() { String::new() } else { "rebuild".to_owned() },
            release_rule: self.rule.clone(),
            verdict,
            format: "eml".to_owned(),
            report: serde_json::to_string(&report)?,
            removed: self.removed,
            persons: self.persons,
            wanted: Wanted { look: false, approvals: u8::from(!self.approve.is_empty()) },
            output,
        })
    }
}

#[cfg(test)]
mod tests;
