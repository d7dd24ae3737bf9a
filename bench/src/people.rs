//! The people bench: made documents with people and their twins without,
//! through the scan for personal data; then real office files, and the scan's
//! speed beside the sanitiser's on the same files in the same run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use e2e::people::{Document, Planted, documents};
use sanitize_core::{Limits, Method, Passwords, Policy};
use sanitize_engine::{Request, disarm};
use transfer_pii::{Certainty, Kind, Report, Scanner};

use crate::place;

/// Made documents of a full run.
const DOCUMENTS: usize = 4_400;
/// What the documents are made from.
const SEED: u64 = 20_261_122;
/// What the scan must reach.
const RECALL_MIN: f64 = 0.99;
const FALSE_ALARMS_MAX: f64 = 0.01;

/// Folders of real files; nobody's data was planted in them.
const REAL: [(&str, &[&str]); 2] =
    [("Real office files", &["office"]), ("Other real files", &["pdf", "mail", "archive"])];

/// Runs the bench and writes `target/bench/pii.md`.
///
/// `--documents N` makes another number, `--seed N` others, and `--misses`
/// lists each that is not told right.
pub fn run(arguments: &[String]) -> Result<()> {
    let number = |name: &str| {
        arguments.iter().skip_while(|a| *a != name).nth(1).and_then(|text| text.parse::<u64>().ok())
    };
    let count = number("--documents").and_then(|count| usize::try_from(count).ok());
    let seed = number("--seed").unwrap_or(SEED);
    let with_misses = arguments.iter().any(|argument| argument == "--misses");
    let mut tables = Tables::default();
    for document in documents(count.unwrap_or(DOCUMENTS), seed) {
        tables.add(&document, with_misses);
    }
    let mut report = tables.report();
    match place::corpus() {
        Ok(corpus) => {
            for (title, folders) in REAL {
                let mut files = Vec::new();
                for folder in folders {
                    files.extend(place::files(&corpus.join(folder))?);
                }
                report.push_str(&real(title, &files)?);
            }
        }
        Err(missing) => {
            let _ = writeln!(report, "\nReal office files were not looked at: {missing}");
        }
    }
    std::fs::write(place::scratch("")?.join("pii.md"), &report)?;
    println!("{report}");
    Ok(())
}

fn scan(name: &str, bytes: &[u8]) -> (Report, Vec<String>, usize) {
    let passwords = Passwords::default();
    let reading = sanitize_engine::read(name, bytes, &Limits::default(), &passwords);
    let mut scanner = Scanner::new(transfer_pii::Limits::default());
    scanner.name(name);
    scanner.marked(&reading.text);
    let unread = reading.unread.iter().map(|unread| unread.reason.to_owned()).collect();
    (scanner.finish(), unread, reading.text.len())
}

/// What one row of a table counts.
#[derive(Default)]
struct Row {
    documents: u64,
    /// Documents of which every planted thing was found and nothing else.
    right: u64,
    planted: u64,
    found: u64,
    /// More than was planted.
    beyond: u64,
    twins: u64,
    false_alarms: u64,
}

/// Counts by kind, by layout and by format.
#[derive(Default)]
struct Tables {
    kinds: BTreeMap<&'static str, Row>,
    layouts: BTreeMap<&'static str, Row>,
    formats: BTreeMap<&'static str, Row>,
    all: Row,
    misses: Vec<String>,
    spent: [Duration; 2],
    bytes: u64,
}

impl Tables {
    fn add(&mut self, document: &Document, with_misses: bool) {
        let start = Instant::now();
        let (report, unread, _) = scan(&document.file, &document.bytes);
        self.spent[0] += start.elapsed();
        self.spent[1] += sanitised(&document.file, &document.bytes);
        self.bytes += document.bytes.len() as u64;
        let Planted { numbers, named, cards, persons } = document.planted;
        let pairs = [
            (Kind::PersonalNumber.name(), numbers, report.found(Kind::PersonalNumber)),
            (Kind::NamedPerson.name(), named, report.found(Kind::NamedPerson)),
            (Kind::CreditCard.name(), cards, report.found(Kind::CreditCard)),
            ("people", persons, report.persons),
        ];
        let is_twin = document.planted == Planted::default();
        for (kind, planted, found) in pairs {
            self.kinds.entry(kind).or_default().count(is_twin, &[(planted, found)]);
        }
        let counts = pairs.map(|(_, planted, found)| (planted, found));
        self.layouts.entry(document.layout).or_default().count(is_twin, &counts);
        self.formats.entry(document.format).or_default().count(is_twin, &counts);
        self.all.count(is_twin, &counts);
        let is_right = counts.iter().all(|(planted, found)| planted == found);
        if with_misses && !is_right {
            self.misses.push(format!("{}: planted and found {counts:?} {unread:?}", document.id));
        }
    }

    fn report(&self) -> String {
        let mut out = String::from("# People in files\n\n## Made documents\n");
        for (title, rows) in
            [("kind", &self.kinds), ("layout", &self.layouts), ("format", &self.formats)]
        {
            let _ = writeln!(
                out,
                "\n| {title} | documents | all right | planted | found | recall | beyond | twins | false alarms |\n|---|---|---|---|---|---|---|---|---|"
            );
            for (name, row) in rows {
                let _ = writeln!(out, "{}", row.line(name));
            }
        }
        let _ = writeln!(
            out,
            "\n{} documents and {} twins: recall {:.4} (goal ≥ {RECALL_MIN}), false alarms {:.4} (goal ≤ {FALSE_ALARMS_MAX}).",
            self.all.documents,
            self.all.twins,
            self.all.recall(),
            share(self.all.false_alarms, self.all.twins),
        );
        out.push_str(&speed(
            "these documents",
            self.all.documents + self.all.twins,
            self.bytes,
            self.spent,
        ));
        for miss in &self.misses {
            let _ = writeln!(out, "- {miss}");
        }
        out
    }
}

impl Row {
    fn count(&mut self, is_twin: bool, counts: &[(u64, u64)]) {
        if is_twin {
            self.twins += 1;
            self.false_alarms += u64::from(counts.iter().any(|(_, found)| *found > 0));
            return;
        }
        let planted: u64 = counts.iter().map(|(planted, _)| planted).sum();
        let beyond: u64 =
            counts.iter().map(|(planted, found)| found.saturating_sub(*planted)).sum();
        self.beyond += beyond;
        if planted == 0 {
            return;
        }
        self.documents += 1;
        self.planted += planted;
        self.found += counts.iter().map(|(planted, found)| planted.min(found)).sum::<u64>();
        self.right += u64::from(counts.iter().all(|(planted, found)| planted == found));
    }

    fn recall(&self) -> f64 {
        share(self.found, self.planted)
    }

    fn line(&self, name: &str) -> String {
        format!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.documents,
            self.right,
            self.planted,
            self.found,
            if self.planted == 0 { "–".to_owned() } else { format!("{:.4}", self.recall()) },
            self.beyond,
            self.twins,
            self.false_alarms
        )
    }
}

fn share(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

/// Real files: what the scan says of each, by format.
fn real(title: &str, files: &[PathBuf]) -> Result<String> {
    #[derive(Default)]
    struct Real {
        files: u64,
        unread: u64,
        partly: u64,
        found: u64,
        unlikely: u64,
    }
    let mut formats = BTreeMap::<String, Real>::new();
    let (mut alarms, mut spent, mut bytes) = (Vec::new(), [Duration::ZERO; 2], 0);
    for path in files {
        let content = std::fs::read(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let start = Instant::now();
        let (report, unread, letters) = scan(&name, &content);
        spent[0] += start.elapsed();
        spent[1] += sanitised(&name, &content);
        bytes += content.len() as u64;
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let row = formats.entry(extension).or_default();
        row.files += 1;
        row.unread += u64::from(letters == 0 && !unread.is_empty());
        row.partly += u64::from(letters > 0 && !unread.is_empty());
        let unlikely = Kind::ALL.iter().any(|&kind| report.count(kind, Certainty::Unlikely) > 0);
        row.found += u64::from(report.has_found());
        row.unlikely += u64::from(unlikely);
        if report.has_found() {
            let counts = Kind::ALL.map(|kind| format!("{} {}", report.found(kind), kind.name()));
            let places: Vec<_> = report.findings.iter().take(3).map(|found| &found.place).collect();
            alarms.push(format!("{}: {} at {places:?}", path.display(), counts.join(", ")));
        }
    }
    let mut out = format!(
        "\n## {title}\n\n| extension | files | not read | read in part | with findings | only unlikely ones |\n|---|---|---|---|---|---|\n",
    );
    for (name, row) in &formats {
        let _ = writeln!(
            out,
            "| {name} | {} | {} | {} | {} | {} |",
            row.files, row.unread, row.partly, row.found, row.unlikely
        );
    }
    let _ = writeln!(out, "\n{} of {} files have findings:\n", alarms.len(), files.len());
    for alarm in &alarms {
        let _ = writeln!(out, "- {alarm}");
    }
    out.push_str(&speed("the real files", files.len() as u64, bytes, spent));
    Ok(out)
}

fn sanitised(name: &str, bytes: &[u8]) -> Duration {
    let (policy, passwords) = (Policy::default(), Passwords::default());
    let request =
        Request { name, bytes, method: Method::Rebuild, policy: &policy, passwords: &passwords };
    let start = Instant::now();
    drop(disarm(&request));
    start.elapsed()
}

/// The scan's rate beside the sanitiser's, on one thread.
fn speed(what: &str, files: u64, bytes: u64, [scan, disarm]: [Duration; 2]) -> String {
    let rate = |spent: Duration| {
        let seconds = spent.as_secs_f64().max(f64::EPSILON);
        format!("{:.0} files/s, {:.1} MB/s", files as f64 / seconds, bytes as f64 / 1e6 / seconds)
    };
    format!(
        "\nRate on {what}, one thread: scan {}; sanitiser {}; the scan is {:.2} times as fast.\n",
        rate(scan),
        rate(disarm),
        disarm.as_secs_f64() / scan.as_secs_f64().max(f64::EPSILON)
    )
}
