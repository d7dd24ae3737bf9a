//! From a file that arrived to what is done with it: the sanitiser treats it,
//! the search for people looks at it, the policy decides. Writes nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::BodyId;
use passages::{Outcome, Passage, Verdict, Wanted};
use sanitize_core::{Method, Passwords};
use sanitize_engine as sanitizer;
use sanitize_room::{Treatment as Work, WorkError, Workers};
use transfer_engine::{
    Arrival, Class, Container, Found, Order, Persons, Policy, Release, Treatment, Way,
};
use transfer_pii::{Limits, Scanner};

use crate::error::TransferError;
use crate::paths::{leaf, split};
use crate::report::Report;
use crate::scanners::{Scan, Scanners};

/// What came of a file.
pub(crate) struct Treated {
    /// What was decided.
    pub(crate) outcome: Outcome,
    /// The bytes to hand over, if any, with their name.
    pub(crate) output: Option<(String, Vec<u8>)>,
    /// What it is shut into.
    pub(crate) container: Option<Container>,
    /// It did not open without a password.
    pub(crate) is_locked: bool,
}

/// A file before it is decided on.
pub(crate) struct Given<'a> {
    pub(crate) body: BodyId,
    pub(crate) passage: &'a Passage,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) passwords: Passwords,
}

/// The reasons that a password would take away.
const LOCKED: [&str; 2] = ["password-needed", "password-wrong"];

/// Treats one file by a body's policy, while the scanners look at it.
pub(crate) async fn treat(
    (workers, scanners): (&Workers, &Scanners),
    policy: &Policy,
    given: Given<'_>,
) -> Result<Treated, TransferError> {
    let start = Instant::now();
    let (scan, first) = tokio::join!(
        scanners.scan(given.body, &given.bytes),
        disarm(workers, &given, Method::Rebuild)
    );
    // A scanner's word goes before everything, and so does its silence.
    let scan = scan?;
    let first = first?;
    if let Some(known) = scanned(&scan, first.format)? {
        return Ok(known);
    }
    if !is_known(&first) {
        return Ok(stopped(&first, String::new(), None));
    }
    let arrival = arrival(given.passage, first.format)?;
    let decided = policy.treatment(&arrival);
    let treat_rule = decided.rule.unwrap_or_default();
    let treatment = match decided.order {
        Order::Go(treatment) => treatment,
        Order::Refuse(why) => return Ok(stopped(&first, treat_rule, Some(why))),
        Order::NoRule | Order::Quarantine => return Ok(stopped(&first, treat_rule, None)),
    };
    let outcome = match treatment {
        Treatment::Text => disarm(workers, &given, Method::Text).await?,
        Treatment::Image => disarm(workers, &given, Method::Image).await?,
        Treatment::Rebuild | Treatment::Inspect | Treatment::Unchanged => first,
    };
    if !treatment.keeps_bytes() && outcome.output.is_none() {
        let is_locked = outcome.reasons.iter().any(|reason| LOCKED.contains(&reason.code.id));
        let stopped = stopped(&outcome, treat_rule, None);
        return Ok(Treated { is_locked, ..stopped });
    }
    let elapsed = start.elapsed();
    let (said, removed) = match treatment.keeps_bytes() {
        // It goes as it came: what a rebuilding would have taken out stays in.
        true => (Report::lasted(elapsed), [].as_slice()),
        false => (Report::of(&outcome, elapsed), outcome.removals.as_slice()),
    };
    let (people, unread, persons) =
        look_for_people(workers, &given, arrival.crossing.is_outward()).await?;
    let found = Found {
        removed: removed.iter().map(|item| item.code.id.to_owned()).collect(),
        persons,
        hits: BTreeSet::new(),
    };
    let release = policy.release(&arrival, treatment, &found);
    let report = Report { people, unread, ..said }.raised_by(&release.floors);
    let base = Outcome {
        treat_rule,
        treatment: treatment.name().to_owned(),
        release_rule: release.rule.clone().unwrap_or_default(),
        verdict: Verdict::Refused,
        format: outcome.format.name().to_owned(),
        report: String::new(),
        removed: removed.iter().map(|item| item.count).sum(),
        persons: match persons {
            Persons::Counted(count) => Some(count),
            Persons::Unknown => None,
        },
        wanted: Wanted::default(),
        output: None,
    };
    release_by(release, treatment, report, base, outcome, &given)
}

/// What scanners say goes before every rule: what one knows is kept away from
/// everybody, what one does not take is not let through.
pub(crate) fn scanned(
    scan: &Scan,
    format: sanitize_core::Format,
) -> Result<Option<Treated>, TransferError> {
    let mut report = Report::default();
    let verdict = match scan {
        Scan::Looked(hits) if hits.is_empty() => return Ok(None),
        Scan::Looked(hits) => {
            report.hits.clone_from(hits);
            Verdict::Quarantined
        }
        Scan::TooLarge(scanner) => {
            report.unscanned = Some((*scanner).to_owned());
            Verdict::Refused
        }
    };
    let outcome = Outcome {
        treat_rule: String::new(),
        treatment: String::new(),
        release_rule: String::new(),
        verdict,
        format: format.name().to_owned(),
        report: serde_json::to_string(&report)?,
        removed: 0,
        persons: None,
        wanted: Wanted::default(),
        output: None,
    };
    Ok(Some(Treated { outcome, output: None, container: None, is_locked: false }))
}

/// Speaks the verdict that the second list of rules leads to.
fn release_by(
    release: Release,
    treatment: Treatment,
    mut report: Report,
    base: Outcome,
    outcome: sanitizer::Outcome,
    given: &Given<'_>,
) -> Result<Treated, TransferError> {
    let needs = match release.order {
        Order::Go(needs) => needs,
        Order::Quarantine => {
            let report = serde_json::to_string(&report)?;
            let outcome = Outcome { verdict: Verdict::Quarantined, report, ..base };
            return Ok(Treated { outcome, output: None, container: None, is_locked: false });
        }
        Order::Refuse(why) => {
            report.why = Some(why);
            let outcome = Outcome { report: serde_json::to_string(&report)?, ..base };
            return Ok(Treated { outcome, output: None, container: None, is_locked: false });
        }
        Order::NoRule => {
            let outcome = Outcome { report: serde_json::to_string(&report)?, ..base };
            return Ok(Treated { outcome, output: None, container: None, is_locked: false });
        }
    };
    let name = &given.passage.new.name;
    let (verdict, output) = match (treatment, outcome.output) {
        (Treatment::Inspect, _) => (Verdict::Inspected, Some((name.clone(), given.bytes.to_vec()))),
        (Treatment::Unchanged, _) => {
            (Verdict::Unchanged, Some((name.clone(), given.bytes.to_vec())))
        }
        (Treatment::Text | Treatment::Image | Treatment::Rebuild, Some(output)) => {
            let verdict = match outcome.verdict {
                sanitizer::Verdict::Clean => Verdict::Clean,
                sanitizer::Verdict::Disarmed => Verdict::Disarmed,
                sanitizer::Verdict::Blocked | sanitizer::Verdict::Held => Verdict::Refused,
            };
            (verdict, Some((output_name(name, output.format), output.bytes)))
        }
        (Treatment::Text | Treatment::Image | Treatment::Rebuild, None) => (Verdict::Refused, None),
    };
    let wanted = Wanted { look: needs.visual_check, approvals: needs.approvals };
    let container = needs.container.filter(|_| output.is_some());
    report.container = container.map(|container| container.name().to_owned());
    let report = serde_json::to_string(&report)?;
    let outcome = Outcome { verdict, wanted, report, ..base };
    Ok(Treated { outcome, output, container, is_locked: false })
}

/// Treats the file in a cage; again where the worker broke, as that may have been
/// none of the file's doing: a machine short of memory ends workers that wait,
/// several at once, and each is missed only by the next file.
async fn disarm(
    workers: &Workers,
    given: &Given<'_>,
    method: Method,
) -> Result<sanitizer::Outcome, WorkError> {
    let work = Work {
        method,
        policy: sanitize_core::Policy::default(),
        passwords: given.passwords.clone(),
    };
    let name = leaf(&given.passage.new.name);
    let start = Instant::now();
    for _ in 1..TRIES_MAX {
        let outcome = workers.disarm(name, given.bytes.clone(), work.clone()).await?;
        let is_broken = outcome.reasons.iter().any(|reason| reason.code.id == CRASHED);
        if !is_broken || start.elapsed() > TRIES_TIME_MAX {
            return Ok(outcome);
        }
    }
    workers.disarm(name, given.bytes.clone(), work).await
}

/// As many workers as one machine runs, and one that is started anew.
const TRIES_MAX: usize = 9;
/// A file that breaks workers slowly is not given all of them.
const TRIES_TIME_MAX: Duration = Duration::from_secs(5);

/// The sanitiser's own word for a worker that broke.
const CRASHED: &str = "worker-crashed";
/// Its word for a file that it looked at and does not know.
const UNKNOWN: &str = "type-unknown";

/// True where the sanitiser said what the file is, or that it does not know.
/// Where it could not say anything, the type is not unknown but untold: a rule
/// for unknown types, which may let them go as they came, does not speak (B19).
pub(crate) fn is_known(outcome: &sanitizer::Outcome) -> bool {
    outcome.format != sanitize_core::Format::Unknown
        || outcome.reasons.iter().all(|reason| reason.code.id == UNKNOWN)
}

/// Counts people in what leaves a protected zone; inward nobody is counted.
async fn look_for_people(
    workers: &Workers,
    given: &Given<'_>,
    is_outward: bool,
) -> Result<(Vec<(String, u64)>, BTreeSet<String>, Persons), TransferError> {
    if !is_outward {
        return Ok((Vec::new(), BTreeSet::new(), Persons::Unknown));
    }
    let name = leaf(&given.passage.new.name);
    let reading = workers.read(name, given.bytes.clone(), given.passwords.clone()).await?;
    let unread: BTreeSet<String> =
        reading.unread.iter().map(|unread| unread.reason.to_owned()).collect();
    let mut scanner = Scanner::new(Limits::default());
    scanner.name(name);
    scanner.marked(&reading.text);
    let report = scanner.finish();
    let kinds = transfer_pii::Kind::ALL.into_iter();
    let people = kinds
        .map(|kind| (kind.name().to_owned(), report.found(kind)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let is_whole = unread.is_empty() && !report.persons_at_least;
    let persons = if is_whole { Persons::Counted(report.persons) } else { Persons::Unknown };
    Ok((people, unread, persons))
}

/// Nothing is handed over.
fn stopped(outcome: &sanitizer::Outcome, treat_rule: String, why: Option<String>) -> Treated {
    let report = Report { why, removed: Vec::new(), ..Report::of(outcome, Duration::ZERO) };
    let outcome = Outcome {
        treat_rule,
        treatment: String::new(),
        release_rule: String::new(),
        verdict: Verdict::Refused,
        format: outcome.format.name().to_owned(),
        // A report of words and numbers is always written.
        report: serde_json::to_string(&report).unwrap_or_else(|_| "{}".to_owned()),
        removed: 0,
        persons: None,
        wanted: Wanted::default(),
        output: None,
    };
    Treated { outcome, output: None, container: None, is_locked: false }
}

/// The facts that the rules ask for.
pub(crate) fn arrival(
    passage: &Passage,
    format: sanitize_core::Format,
) -> Result<Arrival, TransferError> {
    let new = &passage.new;
    Ok(Arrival {
        crossing: new.crossing,
        way: Way::parse(&new.way).ok_or(TransferError::Word("way"))?,
        class: Class::parse(&new.class).ok_or(TransferError::Word("class"))?,
        format,
        bytes: new.bytes,
    })
}

/// The result's name: the sender's, with the ending of what is handed over.
fn output_name(name: &str, format: sanitize_core::Format) -> String {
    let (folders, name) = split(name);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    match format.extension() {
        "" => format!("{folders}{name}"),
        extension => format!("{folders}{stem}.{extension}"),
    }
}

#[cfg(test)]
mod tests {
    use sanitize_core::{Code, Format, Kind, Reason};

    use super::*;

    fn outcome(format: Format, code: Option<&'static Code>) -> sanitizer::Outcome {
        sanitizer::Outcome {
            format,
            method: Method::Rebuild,
            verdict: sanitizer::Verdict::Blocked,
            reasons: code.map(|code| Reason { code, place: String::new() }).into_iter().collect(),
            removals: Vec::new(),
            output: None,
        }
    }

    #[test]
    fn a_result_stays_in_its_folder_with_a_new_ending() {
        assert_eq!(output_name("図面.d/一覧.docm", Format::Docx), "図面.d/一覧.docx");
        assert_eq!(output_name("図面.d/一覧", Format::Docx), "図面.d/一覧.docx");
    }

    #[test]
    fn a_worker_that_broke_does_not_make_a_type_unknown() {
        const BROKEN: Code = Code::new("worker-crashed", Kind::Refusal, "", "");
        const LATE: Code = Code::new("limit-time", Kind::Refusal, "", "");
        const STRANGE: Code = Code::new("type-unknown", Kind::Refusal, "", "");
        assert!(!is_known(&outcome(Format::Unknown, Some(&BROKEN))));
        assert!(!is_known(&outcome(Format::Unknown, Some(&LATE))));
        assert!(is_known(&outcome(Format::Unknown, Some(&STRANGE))));
        assert!(is_known(&outcome(Format::Docx, Some(&LATE))), "it said what it is");
    }
}
