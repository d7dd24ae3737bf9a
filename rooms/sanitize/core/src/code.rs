//! Named findings: one code for each thing that can be taken out of a file or
//! be a reason to stop. Knows no particular finding; families declare theirs.

/// What a finding means for the person who reads the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Could act: run code, call out, load something from elsewhere.
    Active,
    /// Could carry something unseen: hidden data, leftovers, unparsed blobs.
    Hidden,
    /// Says something about people or places: authors, paths, positions.
    Private,
    /// A harmless thing that the rebuilt file cannot carry, or policy forbids.
    Lossy,
    /// The reason why a file was refused.
    Refusal,
    /// The reason why a file waits for a person.
    Hold,
}

/// One finding: a stable name for programs and a sentence for each language.
///
/// The sentences say what was found and what was done, and end without a full
/// stop so that a place and a count can follow.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// Stable name, lower case with hyphens, unique over all families.
    pub id: &'static str,
    /// What kind of finding it is.
    pub kind: Kind,
    /// The sentence in Japanese.
    pub ja: &'static str,
    /// The sentence in English.
    pub en: &'static str,
}

impl Code {
    /// Makes a code; families call it in `const` items.
    #[must_use]
    pub const fn new(id: &'static str, kind: Kind, ja: &'static str, en: &'static str) -> Self {
        Self { id, kind, ja, en }
    }
}
