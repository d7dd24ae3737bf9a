//! The scanner: takes parts and lines in order and keeps what the whole text
//! shares: where it stands, who was met, what was found.

use crate::limits::Limits;
use crate::part::PartScan;
use crate::people::People;
use crate::report::{Certainty, Finding, Kind, Part, Place, Report, masked};

/// Looks for people in a text, line by line.
///
/// Memory is bounded by [`Limits`], time is linear in the text. A scanner holds
/// numbers while it works, so it cannot be printed; its report holds none.
pub struct Scanner {
    inner: PartScan,
    pub(crate) shared: Shared,
}

/// Rows and pages that a mark can name; a sheet has 1,048,576 rows.
const LINES_MAX: u64 = 9_999_999;
const PAGES_MAX: u32 = 9_999_999;

/// What all parts share.
pub(crate) struct Shared {
    pub(crate) limits: Limits,
    pub(crate) people: People,
    report: Report,
    files: Vec<String>,
    part: Part,
}

impl Scanner {
    /// Starts a scan.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let shared = Shared {
            limits,
            people: People::default(),
            report: Report::default(),
            files: Vec::new(),
            part: Part::Body,
        };
        Self { inner: PartScan::default(), shared }
    }

    /// Begins a part of the file at hand. What tables have shown so far is
    /// forgotten, and lines are counted from 1 again. Headings of a table go
    /// on from one page to the next.
    pub fn part(&mut self, part: Part) {
        let mut goes_on = false;
        if let (Part::Page(last), Part::Page(next)) = (&self.shared.part, &part) {
            goes_on = last.checked_add(1) == Some(*next);
        }
        let next = if goes_on { self.inner.next_page() } else { PartScan::default() };
        self.end_part();
        self.inner = next;
        self.shared.part = match part {
            Part::Sheet(name) => Part::Sheet(masked(&name)),
            Part::Other(name) => Part::Other(masked(&name)),
            Part::Page(number) => Part::Page(number.min(PAGES_MAX)),
            Part::Slide(number) => Part::Slide(number.min(PAGES_MAX)),
            part @ (Part::Body | Part::Name) => part,
        };
    }

    /// Begins a file inside the file at hand. Its name is looked at, too.
    pub fn file(&mut self, name: &str) {
        self.end_part();
        self.shared.files.push(masked(name));
        self.name(name);
    }

    /// Looks at the name of the file at hand.
    pub fn name(&mut self, name: &str) {
        self.part(Part::Name);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        // What joins words in names stands between numbers, too.
        self.line(&stem.replace(['_', '/', '\\', '.'], " "));
        self.part(Part::Body);
    }

    /// Ends the file that began last.
    pub fn file_end(&mut self) {
        self.part(Part::Body);
        self.shared.files.pop();
    }

    /// Gives the next line its number, where lines were left out. A number too
    /// large for a line is cut: it could be one that nobody may see.
    pub fn row(&mut self, number: u64) {
        self.inner.line = number.clamp(1, LINES_MAX) - 1;
    }

    /// Looks at a line; cells are parted by tabs.
    pub fn line(&mut self, text: &str) {
        self.inner.line(text, &mut self.shared);
    }

    /// Ends the scan.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.end_part();
        let Shared { people, mut report, .. } = self.shared;
        report.persons = people.count;
        report.persons_at_least = people.is_cut;
        report
    }

    fn end_part(&mut self) {
        std::mem::take(&mut self.inner).finish(&mut self.shared);
    }
}

impl Shared {
    /// Notes a finding in the part at hand.
    pub(crate) fn found(
        &mut self,
        kind: Kind,
        certainty: Certainty,
        lines: (u64, u64),
        column: Option<u32>,
    ) {
        let place = Place {
            files: self.files.clone(),
            part: self.part.clone(),
            lines,
            column: column.map(|column| column.saturating_add(1)),
        };
        self.report.add(Finding { kind, certainty, count: 1, place }, self.limits.findings_max);
    }

    /// Counts a person.
    pub(crate) fn meet(&mut self, keys: &[u64]) {
        self.people.meet(keys, self.limits.persons_max);
    }
}
