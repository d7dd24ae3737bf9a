//! One file of the set and what must become of it.

/// Makes a file around a canary.
pub type Make = fn(&str) -> Vec<u8>;

/// What the sanitiser must do with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// If anything is delivered, the canary is nowhere in it, in any encoding.
    Gone,
    /// The canary is visible text and may stay; none of these strings may.
    Inert(Vec<String>),
    /// Nothing may be delivered: refused by type, or held.
    Stopped,
    /// A benign twin: it must be delivered and hold all of these sentences.
    Delivered(Vec<String>),
}

/// One made file.
#[derive(Debug, Clone)]
pub struct Case {
    /// Stable name: carrier, vector, encoding, as `docx-field-dde+utf16`.
    pub id: String,
    /// File name to hand it in under.
    pub file: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// What was planted; empty in benign twins.
    pub canary: String,
    /// What must become of it.
    pub expect: Expect,
    /// Whether the scanner cannot see the canary in the file itself, because
    /// it is encrypted or packed in a way that only the format's reader opens.
    pub is_veiled: bool,
}

impl Case {
    /// Makes a hostile file whose canary must vanish.
    #[must_use]
    pub fn gone(id: &str, extension: &str, make: impl FnOnce(&str) -> Vec<u8>) -> Self {
        let canary = canary(id);
        let bytes = make(&canary);
        Self {
            id: id.to_owned(),
            file: format!("{id}.{extension}"),
            bytes,
            canary,
            expect: Expect::Gone,
            is_veiled: false,
        }
    }

    /// Makes a hostile file whose canary is text; `markers` must vanish, with
    /// `{}` standing for the canary.
    #[must_use]
    pub fn inert(
        id: &str,
        extension: &str,
        markers: &[&str],
        make: impl FnOnce(&str) -> Vec<u8>,
    ) -> Self {
        let mut case = Self::gone(id, extension, make);
        let filled = markers.iter().map(|marker| marker.replace("{}", &case.canary));
        case.expect = Expect::Inert(filled.collect());
        case
    }

    /// Makes a file of a kind that must never be delivered.
    #[must_use]
    pub fn stopped(id: &str, extension: &str, make: impl FnOnce(&str) -> Vec<u8>) -> Self {
        Self { expect: Expect::Stopped, ..Self::gone(id, extension, make) }
    }

    /// Makes a benign twin that must keep `sentences`.
    #[must_use]
    pub fn twin(id: &str, extension: &str, bytes: Vec<u8>, sentences: &[&str]) -> Self {
        Self {
            id: id.to_owned(),
            file: format!("{id}.{extension}"),
            bytes,
            canary: String::new(),
            expect: Expect::Delivered(sentences.iter().map(|s| (*s).to_owned()).collect()),
            is_veiled: false,
        }
    }

    /// Marks the file as one whose canary the scanner cannot see before.
    #[must_use]
    pub fn veiled(mut self) -> Self {
        self.is_veiled = true;
        self
    }
}

/// Returns the canary of the vector `id`: letters and digits only, so that no
/// encoding has a reason to escape it.
#[must_use]
pub fn canary(id: &str) -> String {
    format!("{}{:08X}", crate::canary::STEM, crc32fast::hash(id.as_bytes()))
}
