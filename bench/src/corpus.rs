//! The corpus bench: every real file once through the sanitiser, then outside
//! checkers, then one row a format with the goals beside the figures.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;
use serde_json::Value;

use crate::{oracle, place};

/// Folders of the corpus that hold files to disarm.
const FOLDERS: [&str; 5] = ["office", "pdf", "pdf-active", "archive", "mail"];
/// A page looks the same up to this mean difference.
const LOOKS_MAX: f64 = 0.01;

/// Runs the bench and writes `target/bench/corpus.md`.
///
/// `--only WORD` takes paths that contain the word; `--no-office-looks` leaves
/// LibreOffice out, which is most of the time.
pub fn run(arguments: &[String]) -> Result<()> {
    let only = arguments.iter().skip_while(|a| *a != "--only").nth(1).cloned().unwrap_or_default();
    let with_office = !arguments.iter().any(|argument| argument == "--no-office-looks");
    let files = list(&only)?;
    let folder = place::scratch("corpus")?;
    let out = place::scratch("corpus/out")?;
    eprintln!("{} files through the sanitiser", files.len());
    let (mut rows, _) = oracle::sanitise(&files, &out, &["--again"])?;
    eprintln!("outside checkers");
    let python = place::python("oracles", "requirements.txt")?;
    let checked = oracle::check(&python, &rows, &folder)?;
    merge(&mut rows, &checked);
    if with_office {
        merge(&mut rows, &office(&python, &folder)?);
    }
    let report = report(&rows, with_office);
    std::fs::write(place::scratch("")?.join("corpus.md"), &report)?;
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    std::fs::write(folder.join("rows.jsonl"), lines)?;
    println!("{report}");
    Ok(())
}

fn list(only: &str) -> Result<Vec<PathBuf>> {
    let corpus = place::corpus()?;
    let mut found = Vec::new();
    for folder in FOLDERS {
        found.extend(place::files(&corpus.join(folder))?);
    }
    found.retain(|path| path.to_string_lossy().contains(only));
    Ok(found)
}

fn office(python: &Path, folder: &Path) -> Result<BTreeMap<String, Value>> {
    let script = place::root().join("bench/oracles/office.py");
    let answers = folder.join("office.jsonl");
    let mut command = Command::new(python);
    command.arg(script).arg(folder.join("jobs.jsonl")).arg(&answers);
    command.arg(place::scratch("office-cache")?).stdout(Stdio::null());
    place::run(&mut command)?;
    let mut found = BTreeMap::new();
    for line in std::fs::read_to_string(&answers)?.lines() {
        let value: Value = serde_json::from_str(line)?;
        found.insert(value["input"].as_str().unwrap_or("").to_owned(), value);
    }
    Ok(found)
}

fn merge(rows: &mut [Value], answers: &BTreeMap<String, Value>) {
    for row in rows {
        let Some(answer) = row["input"].as_str().and_then(|input| answers.get(input)) else {
            continue;
        };
        for (key, value) in answer.as_object().into_iter().flatten() {
            row[key] = value.clone();
        }
    }
}

/// Counts of one format.
#[derive(Default)]
struct Row {
    files: usize,
    verdicts: BTreeMap<String, usize>,
    active: usize,
    left: usize,
    residue: usize,
    text: [usize; 2],
    looks: [usize; 2],
    opens: [usize; 2],
    office_opens: [usize; 2],
    office_text: [usize; 2],
    office_looks: [usize; 2],
    valid: usize,
    valid_failed: usize,
    fix_points: [usize; 2],
    second_clean: usize,
    bytes: [u64; 2],
    micros: Vec<u64>,
}

impl Row {
    fn add(&mut self, value: &Value, with_office: bool) {
        self.files += 1;
        let verdict = value["verdict"].as_str().unwrap_or("");
        *self.verdicts.entry(verdict.to_owned()).or_default() += 1;
        let is_delivered = value["output"].is_string();
        let some = |key: &str| value[key].as_array().is_some_and(|list| !list.is_empty());
        self.active += usize::from(some("hard_in"));
        self.left += usize::from(some("hard_out"));
        let reason = value["reason"].as_str().unwrap_or("");
        self.residue += usize::from(reason.starts_with("verify-residue"));
        count(&mut self.text, value["text_same"].as_bool());
        count(&mut self.looks, value["looks"].as_f64().map(|looks| looks <= LOOKS_MAX));
        let opens_in = value["opens_in"].as_bool() == Some(true);
        if is_delivered && opens_in {
            count(&mut self.opens, Some(value["opens_out"].as_bool() == Some(true)));
        }
        if is_delivered && value["office_in"].as_bool() == Some(true) {
            count(&mut self.office_opens, value["office_out"].as_bool());
            count(&mut self.office_text, value["office_text_same"].as_bool());
            let looks = value["office_looks"].as_f64();
            count(&mut self.office_looks, looks.map(|looks| looks <= LOOKS_MAX));
        }
        let second_reader = !with_office || value["office_in"].as_bool() != Some(false);
        if opens_in && second_reader {
            self.valid += 1;
            self.valid_failed += usize::from(!is_delivered && !is_asked_for(reason));
        }
        count(&mut self.fix_points, value["fix_point"].as_bool());
        self.second_clean += usize::from(value["second_clean"].as_bool() == Some(true));
        if is_delivered {
            self.bytes[0] += value["bytes_in"].as_u64().unwrap_or(0);
            self.bytes[1] += value["bytes_out"].as_u64().unwrap_or(0);
        }
        self.micros.extend(value["micros"].as_u64());
    }

    fn verdict(&self, name: &str) -> usize {
        self.verdicts.get(name).copied().unwrap_or(0)
    }
}

/// A hold for a password or a refusal by type is the right answer to a valid
/// file.
fn is_asked_for(reason: &str) -> bool {
    ["password-", "type-", "protection-", "refused-"].iter().any(|head| reason.starts_with(head))
}

/// Counts a yes in the first place, every answer in the second.
fn count(pair: &mut [usize; 2], answer: Option<bool>) {
    pair[0] += usize::from(answer == Some(true));
    pair[1] += usize::from(answer.is_some());
}

fn report(rows: &[Value], with_office: bool) -> String {
    let mut table = BTreeMap::<String, Row>::new();
    for row in rows {
        let kind = row["type"].as_str().filter(|kind| !kind.is_empty()).unwrap_or("(crashed)");
        table.entry(kind.to_owned()).or_default().add(row, with_office);
    }
    let mut out = String::from("# The sanitiser on real files\n\n");
    out.push_str("| type | files | delivered | blocked | held | crashed or hung | refused by the verifier | active before | hard vectors left | failed though valid |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for (kind, row) in &table {
        let delivered = row.verdict("clean") + row.verdict("disarmed");
        let failed = row.verdict("crashed") + row.verdict("hung");
        let _ = writeln!(
            out,
            "| {kind} | {} | {delivered} | {} | {} | {failed} | {} | {} | {} | {} of {} |",
            row.files,
            row.verdict("blocked"),
            row.verdict("held"),
            row.residue,
            row.active,
            row.left,
            row.valid_failed,
            row.valid,
        );
    }
    out.push_str("\n| type | text identical | pages look the same | opens in its library | opens in LibreOffice | prints the same text | prints the same pages | fix point | second pass clean | size | p50 ms | p99 ms |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (kind, row) in &mut table {
        row.micros.sort_unstable();
        let _ = writeln!(
            out,
            "| {kind} | {} | {} | {} | {} | {} | {} | {} | {} of {} | {} | {} | {} |",
            share(row.text),
            share(row.looks),
            share(row.opens),
            share(row.office_opens),
            share(row.office_text),
            share(row.office_looks),
            share(row.fix_points),
            row.second_clean,
            row.fix_points[1],
            ratio(row.bytes),
            milliseconds(&row.micros, 50),
            milliseconds(&row.micros, 99),
        );
    }
    out.push_str(&misses(rows));
    out
}

fn share([yes, all]: [usize; 2]) -> String {
    match all {
        0 => "–".to_owned(),
        _ => format!("{yes}/{all} = {:.1} %", 100.0 * yes as f64 / all as f64),
    }
}

fn ratio([before, after]: [u64; 2]) -> String {
    if before == 0 { "–".to_owned() } else { format!("{:.2}", after as f64 / before as f64) }
}

/// The value that `percent` of the sorted list do not pass.
fn milliseconds(sorted: &[u64], percent: usize) -> String {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get(last * percent / 100)
        .map_or_else(String::new, |micros| format!("{:.1}", *micros as f64 / 1000.0))
}

/// Every file that missed a goal, by name, with why.
fn misses(rows: &[Value]) -> String {
    type Miss = (&'static str, fn(&Value) -> Option<String>);
    let lists: [Miss; 8] = [
        ("Crashed or hung", |row| {
            let verdict = row["verdict"].as_str()?;
            matches!(verdict, "crashed" | "hung").then(|| verdict.to_owned())
        }),
        ("Hard vectors left", |row| {
            row["hard_out"]
                .as_array()
                .filter(|list| !list.is_empty())
                .map(|_| row["hard_out"].to_string())
        }),
        ("Not delivered though a reader opens it", |row| {
            let reason = row["reason"].as_str()?;
            let is_open = row["opens_in"].as_bool() == Some(true);
            (is_open && !is_asked_for(reason)).then(|| reason.to_owned())
        }),
        ("Does not open afterwards", |row| {
            let was_open = row["opens_in"].as_bool() == Some(true) && row["output"].is_string();
            (was_open && row["opens_out"].as_bool() != Some(true))
                .then(|| "its library fails".to_owned())
        }),
        ("Does not open in LibreOffice afterwards", |row| {
            let was_open = row["office_in"].as_bool() == Some(true);
            (was_open && row["office_out"].as_bool() == Some(false)).then(String::new)
        }),
        ("Text differs", |row| {
            (row["text_same"].as_bool() == Some(false)).then(|| row["text_first"].to_string())
        }),
        ("Pages look different", |row| {
            let looks = row["looks"].as_f64().or(row["office_looks"].as_f64())?;
            (looks > LOOKS_MAX)
                .then(|| format!("{:.1} % on page {}", looks * 100.0, row["looks_page"]))
        }),
        ("No fix point, or a second pass still removes", |row| {
            let is_miss = row["fix_point"].as_bool() == Some(false)
                || row["second_clean"].as_bool() == Some(false);
            is_miss.then(|| row["second_removed"].to_string())
        }),
    ];
    let mut out = String::new();
    for (title, why) in lists {
        let found: Vec<_> =
            rows.iter().filter_map(|row| Some((row["input"].as_str()?, why(row)?))).collect();
        let _ = writeln!(out, "\n## {title}: {}\n", found.len());
        for (input, why) in found {
            let _ = writeln!(out, "- {} — {why}", short(input));
        }
    }
    out
}

/// The path below the corpus.
fn short(input: &str) -> &str {
    FOLDERS
        .iter()
        .filter_map(|folder| input.find(&format!("/{folder}/")).map(|at| &input[at + 1..]))
        .next()
        .unwrap_or(input)
}
