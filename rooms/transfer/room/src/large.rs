//! Files that are larger than the sanitiser takes: the policy decides on what
//! they begin as, and what it lets go as it came goes on without being read
//! whole. Writes nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use passages::{Kept, Outcome, Passage, Verdict, Wanted};
use sanitize_core::{Code, Kind, Method, Passwords};
use sanitize_room::{Treatment as Work, Workers};
use transfer_engine::{Container, Found, Order, Persons, Policy, Treatment};

use crate::error::TransferError;
use crate::paths::leaf;
use crate::report::{Report, Said};
use crate::treat::{Treated, arrival, is_known};

/// The sanitiser's own word for a file that is too large for it.
const TOO_LARGE: &str = "limit-bytes-in";

/// Decides on a file by its first bytes. Its output, if any, is the sealed
/// original itself.
pub(crate) async fn treat(
    workers: &Workers,
    policy: &Policy,
    passage: &Passage,
    head: Arc<[u8]>,
) -> Result<Treated, TransferError> {
    let start = Instant::now();
    let new = &passage.new;
    // A caged worker says what it begins as; what it makes of a part is not used.
    let work = Work {
        method: Method::Rebuild,
        policy: sanitize_core::Policy::default(),
        passwords: Passwords::default(),
    };
    let begun = workers.disarm(leaf(&new.name), head, work).await?;
    let format = begun.format;
    let arrival = arrival(passage, format)?;
    let decided = policy.treatment(&arrival);
    let elapsed_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut report = Report { elapsed_ms, ..Report::default() };
    let base = Outcome {
        treat_rule: decided.rule.unwrap_or_default(),
        treatment: String::new(),
        release_rule: String::new(),
        verdict: Verdict::Refused,
        format: format.name().to_owned(),
        report: String::new(),
        removed: 0,
        persons: None,
        wanted: Wanted::default(),
        output: None,
    };
    if !is_known(&begun) {
        report.reasons.extend(too_large());
        return done(Outcome { treat_rule: String::new(), ..base }, &report);
    }
    let treatment = match decided.order {
        Order::Go(treatment) => treatment,
        Order::Refuse(why) => {
            report.why = Some(why);
            return done(base, &report);
        }
        Order::NoRule | Order::Quarantine => {
            report.reasons.extend(too_large());
            return done(base, &report);
        }
    };
    let base = Outcome { treatment: treatment.name().to_owned(), ..base };
    match treatment {
        Treatment::Inspect | Treatment::Unchanged => {
            as_it_came(policy, passage, &arrival, treatment, base, report)
        }
        Treatment::Text | Treatment::Image | Treatment::Rebuild => {
            report.reasons.extend(too_large());
            done(base, &report)
        }
    }
}

/// Lets it go as it came, if a rule of the second list does. Nobody counted the
/// people in it, so it counts as full of them.
fn as_it_came(
    policy: &Policy,
    passage: &Passage,
    arrival: &transfer_engine::Arrival,
    treatment: Treatment,
    base: Outcome,
    mut report: Report,
) -> Result<Treated, TransferError> {
    let new = &passage.new;
    if arrival.crossing.is_outward() {
        report.unread.insert(TOO_LARGE.to_owned());
    }
    let found =
        Found { removed: BTreeSet::new(), persons: Persons::Unknown, hits: BTreeSet::new() };
    let release = policy.release(arrival, treatment, &found);
    let mut report = report.raised_by(&release.floors);
    let base = Outcome { release_rule: release.rule.unwrap_or_default(), ..base };
    let needs = match release.order {
        Order::Go(needs) => needs,
        Order::Refuse(why) => {
            report.why = Some(why);
            return done(base, &report);
        }
        Order::NoRule | Order::Quarantine => return done(base, &report),
    };
    // An archive is made of bytes at hand; age shuts a file piece by piece.
    match needs.container {
        Some(Container::AesZip) => {
            report.reasons.push(no_archive());
            return done(base, &report);
        }
        Some(Container::Age) | None => {}
    }
    report.container = needs.container.map(|container| container.name().to_owned());
    let output = new.original.clone().map(|sealed| Kept {
        sealed,
        name: new.name.clone(),
        bytes: new.bytes,
        sha256: new.sha256.clone(),
    });
    let verdict = match treatment {
        Treatment::Inspect => Verdict::Inspected,
        Treatment::Unchanged => Verdict::Unchanged,
        Treatment::Text | Treatment::Image | Treatment::Rebuild => Verdict::Refused,
    };
    let wanted = Wanted { look: needs.visual_check, approvals: needs.approvals };
    let treated = done(Outcome { verdict, wanted, output, ..base }, &report)?;
    Ok(Treated { container: needs.container, ..treated })
}

fn done(outcome: Outcome, report: &Report) -> Result<Treated, TransferError> {
    let outcome = Outcome { report: serde_json::to_string(report)?, ..outcome };
    Ok(Treated { outcome, output: None, container: None, is_locked: false })
}

/// Why a rule that wants an archive is not followed.
const NO_ARCHIVE: Code = Code::new(
    "container-too-large",
    Kind::Refusal,
    "100 MiBを超えるファイルは、AES-256 の ZIP にして渡せません。何も渡していません。100 MiB以下に分けて送るか、情報システム担当に、方針の容器を age に変えるよう相談してください",
    "a file of more than 100 MiB cannot be handed over as a ZIP with AES-256, and nothing was: send it in parts of at most 100 MiB, or ask your IT office to let the policy use age",
);

fn no_archive() -> Said {
    Said {
        code: NO_ARCHIVE.id.to_owned(),
        message: NO_ARCHIVE.ja.to_owned(),
        message_en: NO_ARCHIVE.en.to_owned(),
        r#where: String::new(),
        count: 1,
    }
}

fn too_large() -> Option<Said> {
    let code = sanitize_engine::find_code(TOO_LARGE)?;
    Some(Said {
        code: code.id.to_owned(),
        message: code.ja.to_owned(),
        message_en: code.en.to_owned(),
        r#where: String::new(),
        count: 1,
    })
}
