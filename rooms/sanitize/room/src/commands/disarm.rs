//! `sekisho disarm`: makes files harmless and says what was taken out.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use clap::{Args, ValueEnum};
use sanitize_core::{Method, Passwords, Policy};

use super::{Exit, Lang};
use crate::inputs::{self, Input, Places};
use crate::pool::{Pool, Treatment};
use crate::report::ReportLine;
use crate::{pictures, policy_file, pool, screen};

/// The method's name on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum MethodName {
    /// ③ taken apart and written anew in the same format
    Rebuild,
    /// ① only the text
    Text,
    /// ② only pictures of the pages
    Image,
}

impl From<MethodName> for Method {
    fn from(name: MethodName) -> Self {
        match name {
            MethodName::Rebuild => Self::Rebuild,
            MethodName::Text => Self::Text,
            MethodName::Image => Self::Image,
        }
    }
}

/// What `sekisho disarm` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
例 / Examples:
  sekisho disarm 申請書.docm
  sekisho disarm --out 受付済み --report report.jsonl 受付/
  sekisho disarm --password ひみつ 資料.zip
  sekisho disarm --method text --policy policy.toml 見積.pdf

終了コード / Exit code: 0 all delivered, 3 some blocked or held, 1 internal error, 2 usage")]
pub struct Arguments {
    /// How files are treated: rebuild (③), text (①) or image (②)
    #[arg(long, value_enum, default_value = "rebuild")]
    pub method: MethodName,
    /// What may stay, in TOML (see docs/policy.md)
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// A password to try; may be given several times
    #[arg(long, value_name = "P")]
    pub password: Vec<String>,
    /// A file with passwords to try, one a line
    #[arg(long, value_name = "FILE")]
    pub passwords: Option<PathBuf>,
    /// Where results go; otherwise beside each input as NAME.disarmed.EXT
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write the report here, one JSON object a line; - for standard output
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// How many files are treated at once; default: one a processor
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Print the report instead of sentences
    #[arg(long)]
    pub json: bool,
    /// Language of the sentences
    #[arg(long, value_enum, default_value = "ja")]
    pub lang: Lang,
    /// Work even where the kernel lacks Landlock or seccomp
    #[arg(long)]
    pub weak_jail: bool,
    /// Files or folders
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
}

/// Runs the command.
#[must_use]
pub fn run(arguments: &Arguments) -> Exit {
    let treatment = match treatment(arguments) {
        Ok(treatment) => treatment,
        Err(message) => return usage(&message),
    };
    let inputs = match inputs::collect(&arguments.inputs) {
        Ok(inputs) => inputs,
        Err(error) => return usage(&format!("入力を読めません / cannot read input: {error}")),
    };
    if inputs.is_empty() {
        let nothing = "対象のファイルがありません(.disarmed. の付いたものは処理済みとして除きます)";
        eprintln!(
            "{}",
            arguments.lang.pick(nothing, "no files (results named .disarmed. are left out)")
        );
        return Exit::Done;
    }
    let mut printer = match Printer::open(arguments, inputs.len()) {
        Ok(printer) => printer,
        Err(error) => {
            return usage(&format!("レポートを書けません / cannot write the report: {error}"));
        }
    };
    match treat_all(&inputs, &treatment, arguments, &mut printer) {
        Ok(()) => printer.finish(),
        Err(message) => {
            eprintln!("sekisho: {message}");
            Exit::Failed
        }
    }
}

fn usage(message: &str) -> Exit {
    eprintln!("sekisho: {message}");
    Exit::Usage
}

fn treatment(arguments: &Arguments) -> Result<Treatment, String> {
    let policy = match &arguments.policy {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            policy_file::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?
        }
        None => Policy::default(),
    };
    let mut passwords = arguments.password.clone();
    if let Some(path) = &arguments.passwords {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        passwords.extend(text.lines().filter(|line| !line.is_empty()).map(str::to_owned));
    }
    Ok(Treatment { method: arguments.method.into(), policy, passwords: Passwords::new(passwords) })
}

/// Treats all inputs on several workers; lines are printed in input order.
fn treat_all(
    inputs: &[Input],
    treatment: &Treatment,
    arguments: &Arguments,
    printer: &mut Printer,
) -> Result<(), String> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = arguments.jobs.unwrap_or(processors).clamp(1, inputs.len().max(1));
    let next = AtomicUsize::new(0);
    let places = Mutex::new(Places::new(arguments.out.clone()));
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let (next, places, sender) = (&next, &places, sender.clone());
            scope.spawn(move || {
                work(inputs, treatment, arguments.weak_jail, next, places, &sender);
            });
        }
        drop(sender);
        print_in_order(&receiver, printer)
    })
}

/// What a worker says about one input: its number and the line, or why the
/// run cannot go on.
type Said = Result<(usize, Result<ReportLine, String>), String>;

fn work(
    inputs: &[Input],
    treatment: &Treatment,
    weak: bool,
    next: &AtomicUsize,
    places: &Mutex<Places>,
    sender: &Sender<Said>,
) {
    let mut pool = match Pool::new(&treatment.policy, weak) {
        Ok(pool) => pool,
        Err(error) => return drop(sender.send(Err(error.to_string()))),
    };
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(input) = inputs.get(index) else { return };
        let said = one(input, treatment, weak, &mut pool, places);
        let go_on = said.is_ok();
        if sender.send(said.map(|line| (index, line))).is_err() || !go_on {
            return;
        }
    }
}

/// Treats one input. The outer error ends the run; the inner one is about this
/// input's own file.
fn one(
    input: &Input,
    treatment: &Treatment,
    weak: bool,
    pool: &mut Pool,
    places: &Mutex<Places>,
) -> Result<Result<ReportLine, String>, String> {
    let shown = input.path.display().to_string();
    let bytes = match read(&input.path, treatment.policy.limits.bytes_in_max) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Err(format!("{}: {error}", screen::printable(&shown)))),
    };
    let name = input.path.file_name().unwrap_or_default().to_string_lossy();
    let (outcome, elapsed) = pool::timed(|| pictures::treat(pool, &name, &bytes, treatment, weak));
    let outcome = outcome.map_err(|error| {
        format!(
            "{error}\n無害化は安全な囲いの中でのみ行います。`sekisho doctor` で確認してください"
        )
    })?;
    let mut output_path = None;
    if let Some(output) = &outcome.output {
        let path = match places.lock() {
            Ok(mut places) => places.place(input, output.format.extension()),
            Err(_) => return Err("a worker failed while choosing a path".to_owned()),
        };
        if let Err(error) = inputs::write(&path, &output.bytes) {
            return Ok(Err(format!("{}: {error}", path.display())));
        }
        output_path = Some(path.display().to_string());
    }
    Ok(Ok(ReportLine::new(shown, &bytes, &outcome, output_path, elapsed)))
}

/// Reads a file; one over the limit is read just past it, so that the report
/// can say so without taking the memory.
fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(File::open(path)?, bytes_max + 1), &mut bytes)?;
    Ok(bytes)
}

fn print_in_order(receiver: &Receiver<Said>, printer: &mut Printer) -> Result<(), String> {
    let mut waiting = std::collections::BTreeMap::new();
    let mut next = 0;
    for said in receiver {
        let (index, line) = said?;
        waiting.insert(index, line);
        while let Some(line) = waiting.remove(&next) {
            printer.print(line);
            next += 1;
        }
    }
    Ok(())
}

/// Everything that leaves the process but the files themselves.
struct Printer {
    lang: Lang,
    json: bool,
    report: Option<Box<dyn Write>>,
    progress: bool,
    total: usize,
    seen: usize,
    lines: Vec<ReportLine>,
    failed: bool,
}

impl Printer {
    fn open(arguments: &Arguments, total: usize) -> io::Result<Self> {
        let to_stdout = arguments.report.as_deref() == Some(Path::new("-"));
        let report: Option<Box<dyn Write>> = match &arguments.report {
            Some(_) if to_stdout => None,
            Some(path) => Some(Box::new(BufWriter::new(File::create(path)?))),
            None => None,
        };
        let json = arguments.json || to_stdout;
        let progress = io::stderr().is_terminal() && total > 1;
        let lang = arguments.lang;
        let (seen, lines, failed) = (0, Vec::new(), false);
        Ok(Self { lang, json, report, progress, total, seen, lines, failed })
    }

    fn print(&mut self, line: Result<ReportLine, String>) {
        self.seen += 1;
        self.clear_progress();
        match line {
            Ok(line) => self.print_line(line),
            Err(message) => {
                self.failed = true;
                eprintln!("sekisho: {message}");
            }
        }
        if self.progress && self.seen < self.total {
            eprint!("[{}/{}] …", self.seen, self.total);
        }
    }

    fn print_line(&mut self, line: ReportLine) {
        let json = serde_json::to_string(&line).unwrap_or_default();
        if let Some(report) = &mut self.report {
            self.failed |= writeln!(report, "{json}").is_err();
        }
        let shown = if self.json { json + "\n" } else { screen::file(&line, self.lang) };
        self.failed |= io::stdout().write_all(shown.as_bytes()).is_err();
        self.lines.push(line);
    }

    fn clear_progress(&self) {
        if self.progress {
            eprint!("\r\u{1b}[K");
        }
    }

    fn finish(mut self) -> Exit {
        if let Some(report) = &mut self.report {
            self.failed |= report.flush().is_err();
        }
        if !self.json {
            let summary = screen::summary(&self.lines, self.lang);
            self.failed |= writeln!(io::stdout(), "{summary}").is_err();
        }
        let withheld = self.lines.iter().any(|line| line.output.is_none());
        match (self.failed, withheld) {
            (true, _) => Exit::Failed,
            (false, true) => Exit::Withheld,
            (false, false) => Exit::Done,
        }
    }
}
