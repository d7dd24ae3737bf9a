//! From what was found in a mail to what its receiver gets: the rules about its
//! attachments and about the mail, and the floors under them. Pure.

use passages::{Outcome, Verdict, Wanted};

use crate::error::MailError;
use crate::files::Treated;
use crate::report::{FileFate, Found, LegReport};
use crate::rules::{AttachmentFacts, Fate, Level, MailFacts, Order, Rules};
use crate::tables::listed::How;
use mail_engine::ReportedHint;

/// What is done for one receiver.
#[derive(Debug)]
pub(crate) struct Decided {
    /// The verdict with its rules; its output is not kept yet.
    pub(crate) outcome: Outcome,
    /// Which attachments go along, by their place.
    pub(crate) delivered: Vec<usize>,
    /// Which wait for a password, by their place.
    pub(crate) locked: Vec<usize>,
    /// Lines for the delivered mail: what was left out, and why.
    pub(crate) lines: Vec<String>,
    /// Why it does not go at once: a word of the passage's row.
    pub(crate) why: Option<&'static str>,
    /// True where an attachment is the reason that it waits.
    pub(crate) is_for_file: bool,
}

/// Which part of a mail is decided on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The mail: its text and what is not locked.
    Mail,
    /// What was locked and is open now. What people released by typing a
    /// password is not held again for what the mail looks like.
    Opened,
}

/// The rule that stands for a mail without attachments.
const TEXT: &str = "text";
/// The rule that stands for what the scanners or the reader decide.
const FLOOR: &str = "floor";

/// Whom a mail is decided on for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Whom<'a> {
    /// How their mailbox is classed.
    pub(crate) class: &'a str,
    /// Hints for them alone.
    pub(crate) hints: &'a [ReportedHint],
    /// What they, or the body, said about the sender.
    pub(crate) listing: Option<How>,
}

/// Decides.
pub(crate) fn decide(
    rules: &Rules,
    scope: Scope,
    found: &Found,
    files: &[Treated],
    whom: Whom<'_>,
) -> Result<Decided, MailError> {
    let Whom { class, hints, listing } = whom;
    if found.is_harmful() {
        return stopped(Verdict::Quarantined, "scanner", LegReport::default(), None);
    }
    if let Some(said) = &found.stopped {
        let report = LegReport { why: Some(said.message.clone()), ..LegReport::default() };
        return stopped(Verdict::Refused, "unreadable", report, None);
    }
    let mut each = Each::default();
    for (place, file) in files.iter().enumerate() {
        each.file(rules, place, file, class);
    }
    let decided = match scope {
        Scope::Mail => listed(rules.mail(&facts(found, whom)), listing),
        Scope::Opened => crate::rules::Decided { rule: "opened".to_owned(), order: Order::Deliver },
    };
    let mut wanted = each.wanted;
    let mut why = each.why;
    match &decided.order {
        Order::Deliver => {}
        Order::Hold => {
            wanted.look = true;
            why = why.or(Some(held_why(rules, &decided.rule)));
        }
        Order::Approve => {
            wanted.approvals = 1;
            why = Some("approval");
        }
        Order::Refuse(reason) => {
            let report = LegReport {
                rule: decided.rule.clone(),
                files: each.fates,
                hints: hints.to_vec(),
                why: Some(reason.clone()),
            };
            return stopped(Verdict::Refused, "refused", report, Some(decided.rule));
        }
    }
    let is_changed = each.is_changed
        || found
            .report
            .as_ref()
            .is_some_and(|report| !report.removed.is_empty() || !report.links.is_empty());
    let report = LegReport {
        rule: decided.rule.clone(),
        files: each.fates,
        hints: hints.to_vec(),
        why: None,
    };
    let outcome = Outcome {
        treat_rule: each.rule.unwrap_or_else(|| TEXT.to_owned()),
        treatment: "rebuild".to_owned(),
        release_rule: decided.rule,
        verdict: if is_changed { Verdict::Disarmed } else { Verdict::Clean },
        format: "eml".to_owned(),
        report: serde_json::to_string(&report)?,
        removed: removed(found),
        persons: None,
        wanted,
        output: None,
    };
    Ok(Decided {
        outcome,
        delivered: each.delivered,
        locked: each.locked,
        lines: each.lines,
        why,
        is_for_file: each.why.is_some(),
    })
}

/// What became of the attachments so far.
#[derive(Default)]
struct Each {
    delivered: Vec<usize>,
    locked: Vec<usize>,
    lines: Vec<String>,
    fates: Vec<FileFate>,
    wanted: Wanted,
    why: Option<&'static str>,
    /// The rule that asked for most.
    rule: Option<String>,
    is_changed: bool,
}

impl Each {
    fn file(&mut self, rules: &Rules, place: usize, file: &Treated, class: &str) {
        let found = &file.found;
        let removed: Vec<String> = found.removed.iter().map(|said| said.code.clone()).collect();
        let facts =
            AttachmentFacts { kind: &found.kind, format: &found.format, removed: &removed, class };
        let decided = rules.attachment(&facts);
        self.is_changed |= !found.removed.is_empty();
        if let Fate::LeaveOut(why) = &decided.order {
            self.leave_out(found.name.clone(), decided.rule, why.clone());
            return;
        }
        if found.is_locked {
            self.locked.push(place);
            self.fate(found.name.clone(), decided.rule, "locked", None);
            return;
        }
        if file.output.is_none() {
            let reasons: Vec<&str> =
                found.reasons.iter().map(|said| said.message.as_str()).collect();
            self.leave_out(found.name.clone(), FLOOR.to_owned(), reasons.join("、"));
            return;
        }
        match decided.order {
            Fate::Deliver | Fate::LeaveOut(_) => {
                self.rule.get_or_insert_with(|| decided.rule.clone());
            }
            Fate::Hold => {
                self.wanted.look = true;
                self.why = self.why.or(Some("look"));
                self.rule = Some(decided.rule.clone());
            }
            Fate::Approve => {
                self.wanted.approvals = 1;
                self.why = Some("approval");
                self.rule = Some(decided.rule.clone());
            }
        }
        self.delivered.push(place);
        self.fate(found.name.clone(), decided.rule, "delivered", None);
    }

    fn leave_out(&mut self, name: String, rule: String, why: String) {
        self.is_changed = true;
        self.lines.push(format!("添付「{name}」は渡していません: {why}"));
        self.rule.get_or_insert_with(|| rule.clone());
        self.fate(name, rule, "left-out", Some(why));
    }

    fn fate(&mut self, name: String, rule: String, fate: &str, why: Option<String>) {
        self.fates.push(FileFate { name, rule, fate: fate.to_owned(), why });
    }
}

/// The rule that stands where a listed sender is the reason.
const BLOCKED: &str = "blocked-sender";

/// A sender who is blocked is held at least.
fn listed(
    decided: crate::rules::Decided<Order>,
    listing: Option<How>,
) -> crate::rules::Decided<Order> {
    match (&decided.order, listing) {
        (Order::Deliver, Some(How::Block)) => {
            crate::rules::Decided { rule: BLOCKED.to_owned(), order: Order::Hold }
        }
        (Order::Deliver | Order::Hold | Order::Approve | Order::Refuse(_), _) => decided,
    }
}

/// Why somebody has to look, in the word of the passage's row.
fn held_why(rules: &Rules, rule: &str) -> &'static str {
    if rule == BLOCKED {
        "blocked"
    } else if rules.is_about_spam(rule) {
        "spam"
    } else {
        "look"
    }
}

fn facts<'a>(found: &'a Found, whom: Whom<'a>) -> MailFacts<'a> {
    let Whom { class, hints, listing } = whom;
    let all = found.hints().iter().chain(hints);
    let auth = found.report.as_ref().map(|report| &report.auth);
    let dmarc = auth.map_or("unchecked", |auth| auth.dmarc.result.as_str());
    // Who is let past the judge of spam must be who they say: a forged name is
    // judged like everybody. Imitations, files and scanners hold as ever.
    let is_allowed = listing == Some(How::Allow) && dmarc != "fail";
    MailFacts {
        hints: all.map(|hint| (hint.code.as_str(), Level::parse(&hint.level))).collect(),
        dmarc,
        asks: auth.map_or("", |auth| auth.policy.as_str()),
        spam: found.spam.as_ref().filter(|_| !is_allowed).map(|opinion| opinion.spam),
        class,
    }
}

fn removed(found: &Found) -> u64 {
    let text = found.report.iter().flat_map(|report| report.removed.iter().map(|one| one.count));
    let files = found.files.iter().flat_map(|file| file.removed.iter().map(|one| one.count));
    text.chain(files).sum()
}

fn stopped(
    verdict: Verdict,
    why: &'static str,
    report: LegReport,
    rule: Option<String>,
) -> Result<Decided, MailError> {
    let outcome = Outcome {
        treat_rule: FLOOR.to_owned(),
        treatment: String::new(),
        release_rule: rule.unwrap_or_else(|| FLOOR.to_owned()),
        verdict,
        format: "eml".to_owned(),
        report: serde_json::to_string(&report)?,
        removed: 0,
        persons: None,
        wanted: Wanted::default(),
        output: None,
    };
    Ok(Decided {
        outcome,
        delivered: Vec::new(),
        locked: Vec::new(),
        lines: Vec::new(),
        why: Some(why),
        is_for_file: false,
    })
}
