//! The policy of one body: two lists of rules, each read from the top, and how
//! long things are kept. The first rule that fits speaks; where none fits, the
//! answer is no.

use std::collections::BTreeSet;

use sanitize_core::Format;
use zones::Crossing;

use crate::facts::{Class, Treatment, Way};
use crate::floor::Floor;

/// A body's policy, as it was read from its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How a file is treated.
    pub treat: Vec<TreatRule>,
    /// What must be true before what came of it is handed over.
    pub release: Vec<ReleaseRule>,
    /// How long things are kept.
    pub keep: Keep,
}

/// What both kinds of rules ask of an arrival. An empty list fits everything.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Conditions {
    /// Which boundaries.
    pub crossings: BTreeSet<Crossing>,
    /// By which ways.
    pub ways: BTreeSet<Way>,
    /// Which classes.
    pub classes: BTreeSet<Class>,
    /// Which formats.
    pub types: Types,
    /// At most so many bytes.
    pub bytes_max: Option<u64>,
}

/// A set of formats; none named means every one.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Types(pub Vec<Format>);

/// A rule of the first list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreatRule {
    /// Its name, unique over both lists; every verdict says it.
    pub name: String,
    /// When it fits.
    pub when: Conditions,
    /// What it orders, or the reason for refusing.
    pub order: Result<Treatment, String>,
}

/// A rule of the second list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRule {
    /// Its name, unique over both lists; every verdict says it.
    pub name: String,
    /// When it fits.
    pub when: Conditions,
    /// Only after these treatments; empty means after any.
    pub treatments: BTreeSet<Treatment>,
    /// Only if one of these was taken out: names of findings, with `*` before
    /// or after for any beginning or end; empty means whatever was taken out.
    pub removed: Vec<String>,
    /// Only if it tells of at least so many people.
    pub persons_min: Option<u64>,
    /// What it asks for, or the reason for refusing.
    pub order: Result<Needs, String>,
}

/// What must be done before a file is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Needs {
    /// A person has looked at it and answered the questions (目視確認).
    pub visual_check: bool,
    /// How many other people must approve: 0, 1 or 2.
    pub approvals: u8,
    /// It is shut into a container for its receiver.
    pub container: Option<Container>,
    /// Whoever decides may approve several at once, without opening each.
    pub bulk: bool,
}

/// What a file leaves in, so that only its receiver can open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Container {
    /// age, the file format v1.
    Age,
    /// ZIP with AES-256 (WinZip AE-2).
    AesZip,
}

impl Container {
    /// All.
    pub const ALL: [Self; 2] = [Self::Age, Self::AesZip];

    /// The name in policies and rows.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::AesZip => "aes-zip",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|container| container.name() == name)
    }
}

/// How long things are kept, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// The sealed original, after the decision; 0 means it goes at once.
    pub original_days: u32,
    /// What nobody has fetched.
    pub inbox_days: u32,
    /// What waits for somebody's decision.
    pub held_days: u32,
}

impl Default for Keep {
    fn default() -> Self {
        Self { original_days: 30, inbox_days: 14, held_days: 7 }
    }
}

impl Types {
    /// The groups that policies may name instead of single formats.
    pub const GROUPS: [&'static str; 6] = ["office", "pdf", "image", "text", "archive", "mail"];

    /// The formats of a group's or a single format's name.
    #[must_use]
    pub fn named(name: &str) -> Option<Vec<Format>> {
        use Format as F;
        Some(match name {
            "office" => vec![
                F::Docx,
                F::Xlsx,
                F::Xlsb,
                F::Pptx,
                F::Odt,
                F::Ods,
                F::Odp,
                F::Doc,
                F::Xls,
                F::Ppt,
                F::Jtd,
                F::Rtf,
                F::OfficeEncrypted,
            ],
            "image" => {
                vec![
                    F::Svg,
                    F::Png,
                    F::Jpeg,
                    F::Gif,
                    F::Bmp,
                    F::Tiff,
                    F::Webp,
                    F::Ico,
                    F::Emf,
                    F::Wmf,
                ]
            }
            "text" => vec![F::Csv, F::Tsv, F::Txt, F::Html],
            "archive" => vec![F::Zip, F::SevenZip, F::Lzh, F::Tar, F::Gzip, F::Cab],
            "mail" => vec![F::Eml, F::Msg],
            single => vec![Format::from_name(single)?],
        })
    }

    fn holds(&self, format: Format) -> bool {
        self.0.is_empty() || self.0.contains(&format)
    }
}

impl Conditions {
    /// True if an arrival fits.
    #[must_use]
    pub fn fit(&self, arrival: &crate::Arrival) -> bool {
        fn one_of<T: Ord>(set: &BTreeSet<T>, value: &T) -> bool {
            set.is_empty() || set.contains(value)
        }
        one_of(&self.crossings, &arrival.crossing)
            && one_of(&self.ways, &arrival.way)
            && one_of(&self.classes, &arrival.class)
            && self.types.holds(arrival.format)
            && self.bytes_max.is_none_or(|most| arrival.bytes <= most)
    }
}

impl Policy {
    /// True if what a release rule holds back may be approved together with
    /// others. A rule that is not there any more allows nothing; what a floor
    /// asks for is never approved unseen.
    #[must_use]
    pub fn is_bulk(&self, rule: &str, floors: &[Floor]) -> bool {
        let found = self.release.iter().find(|known| known.name == rule);
        let is_allowed =
            found.is_some_and(|rule| rule.order.as_ref().is_ok_and(|needs| needs.bulk));
        is_allowed && floors.is_empty()
    }
}

impl ReleaseRule {
    /// True if what was taken out is what the rule asks for.
    pub(crate) fn fits_removed(&self, removed: &BTreeSet<String>) -> bool {
        self.removed.is_empty()
            || self.removed.iter().any(|wanted| removed.iter().any(|name| matches(wanted, name)))
    }
}

fn matches(wanted: &str, name: &str) -> bool {
    let stem = wanted.trim_matches('*');
    match (wanted.starts_with('*'), wanted.ends_with('*')) {
        (true, true) => name.contains(stem),
        (true, false) => name.ends_with(stem),
        (false, true) => name.starts_with(stem),
        (false, false) => name == stem,
    }
}
