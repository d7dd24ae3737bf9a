//! Says what is in a file without changing anything.

use sanitize_core::Format;

use crate::detect::detect;

/// Something in a file that the gate would not let through as it is.
pub type Finding = sanitize_verify::Residue;

/// What a look at one file showed.
#[derive(Debug)]
pub struct Inspection {
    /// Its real type.
    pub format: Format,
    /// What would have to be taken out, as far as this look can tell.
    pub findings: Vec<Finding>,
}

/// Looks at a file with the verifier's parsers.
#[must_use]
pub fn inspect(name: &str, bytes: &[u8]) -> Inspection {
    let format = detect(name, bytes);
    Inspection { format, findings: sanitize_verify::inspect(bytes, format) }
}

/// Iterates over the verifier's rules: name, Japanese and English sentence.
pub fn rules() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    sanitize_verify::RULES.iter().copied()
}
