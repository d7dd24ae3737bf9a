//! What a scan says: kinds, counts, places. Holds nothing that was found.

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A personal number (個人番号) with a right check digit.
    PersonalNumber,
    /// A name with an address, a birth date or both.
    NamedPerson,
    /// A credit card number.
    CreditCard,
}

impl Kind {
    /// Every kind, in the order of reports.
    pub const ALL: [Self; 3] = [Self::PersonalNumber, Self::NamedPerson, Self::CreditCard];

    /// The kind's name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PersonalNumber => "personal-number",
            Self::NamedPerson => "named-person",
            Self::CreditCard => "credit-card",
        }
    }
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Looks like it by chance, or belongs to a business; not counted as a
    /// person.
    Unlikely,
    /// The value fits and its surroundings speak for it.
    Likely,
    /// The value fits and is labelled, or its whole column fits.
    Certain,
}

impl Certainty {
    /// The certainty's name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unlikely => "unlikely",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// A part of a file, as its format counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Part {
    /// The text itself.
    #[default]
    Body,
    /// A sheet, by name.
    Sheet(String),
    /// A page, from 1.
    Page(u32),
    /// A slide, from 1.
    Slide(u32),
    /// Anything else, in the words of the format.
    Other(String),
    /// The file's name.
    Name,
}

/// Where a finding stands. Names in it are masked where they hold long
/// numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Files around the part, outermost first; empty for the file itself.
    pub files: Vec<String>,
    /// The part of the innermost file.
    pub part: Part,
    /// The first and last line or row, from 1.
    pub lines: (u64, u64),
    /// The column, from 1, where the part is a table.
    pub column: Option<u32>,
}

/// One or several things of a kind in one stretch of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// How sure that is.
    pub certainty: Certainty,
    /// How many.
    pub count: u64,
    /// Where.
    pub place: Place,
}

/// What a scan found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Distinct people, certain and likely ones together. A row with a number
    /// and a name is one person.
    pub persons: u64,
    /// Whether there are more people than could be told apart.
    pub persons_at_least: bool,
    /// Stretches with findings, in the order of the text within each part.
    pub findings: Vec<Finding>,
    /// Whether there are findings without a line in `findings`.
    pub is_cut: bool,
    totals: [[u64; 3]; 3],
}

impl Report {
    /// Returns how many things of a kind were found with a certainty, people
    /// named twice counted twice.
    #[must_use]
    pub fn count(&self, kind: Kind, certainty: Certainty) -> u64 {
        self.totals[kind as usize][certainty as usize]
    }

    /// Returns how many things of a kind are certain or likely.
    #[must_use]
    pub fn found(&self, kind: Kind) -> u64 {
        self.count(kind, Certainty::Certain).saturating_add(self.count(kind, Certainty::Likely))
    }

    /// Says whether anything is certain or likely.
    #[must_use]
    pub fn has_found(&self) -> bool {
        Kind::ALL.iter().any(|&kind| self.found(kind) > 0)
    }

    pub(crate) fn add(&mut self, finding: Finding, findings_max: usize) {
        let total = &mut self.totals[finding.kind as usize][finding.certainty as usize];
        *total = total.saturating_add(finding.count);
        if let Some(last) = self.findings.last_mut()
            && continues(last, &finding)
        {
            last.count = last.count.saturating_add(finding.count);
            last.place.lines.1 = last.place.lines.1.max(finding.place.lines.1);
        } else if self.findings.len() < findings_max {
            self.findings.push(finding);
        } else {
            self.is_cut = true;
        }
    }
}

/// Lines between two findings of one stretch.
const STRETCH_GAP_MAX: u64 = 2;

fn continues(last: &Finding, next: &Finding) -> bool {
    let (a, b) = (&last.place, &next.place);
    (last.kind, last.certainty, a.column) == (next.kind, next.certainty, b.column)
        && b.lines.0 >= a.lines.1
        && b.lines.0 <= a.lines.1.saturating_add(STRETCH_GAP_MAX)
        && (&a.part, &a.files) == (&b.part, &b.files)
}

/// Masks long numbers in a name that will be shown.
pub(crate) fn masked(name: &str) -> String {
    /// Digits that a name may show in one go; a date has eight.
    const DIGITS_MAX: usize = 8;
    let is_joint = |c: char| matches!(c, ' ' | '-' | '_' | '　' | '－');
    let digit = |c: char| crate::letters::digit(crate::letters::fold(c)).is_some();
    let mut out = String::with_capacity(name.len());
    let mut run = String::new();
    let mut digits = 0;
    for c in name.chars().chain(std::iter::once('\0')) {
        if digit(c) || (digits > 0 && is_joint(c)) {
            digits += usize::from(digit(c));
            run.push(c);
            continue;
        }
        if digits > DIGITS_MAX {
            out.push('…');
        } else {
            out.push_str(&run);
        }
        run.clear();
        digits = 0;
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_show_dates_and_hide_long_numbers() {
        assert_eq!(masked("名簿_20261122.csv"), "名簿_20261122.csv");
        assert_eq!(masked("1234-5678-9018.pdf"), "….pdf");
        assert_eq!(masked("個人番号１２３４５６７８９０１８"), "個人番号…");
    }

    #[test]
    fn neighbours_of_a_column_are_one_finding() {
        let at = |line, column| Finding {
            kind: Kind::PersonalNumber,
            certainty: Certainty::Certain,
            count: 1,
            place: Place {
                files: Vec::new(),
                part: Part::Sheet("a".to_owned()),
                lines: (line, line),
                column,
            },
        };
        let mut report = Report::default();
        for finding in [at(2, Some(3)), at(3, Some(3)), at(9, Some(3)), at(9, Some(4))] {
            report.add(finding, 99);
        }
        let lines: Vec<_> = report.findings.iter().map(|finding| finding.place.lines).collect();
        assert_eq!(lines, [(2, 3), (9, 9), (9, 9)]);
        assert_eq!(report.found(Kind::PersonalNumber), 4);
    }
}
