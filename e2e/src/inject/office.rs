//! What Word, Excel and PowerPoint carriers have in common: building a case
//! from a change to a package, in every wording.

use crate::case::{Case, canary};
use crate::make::package::Package;
use crate::make::xml::Wording;

/// Wordings that OOXML parts are said in.
pub const WORDINGS: [Wording; 7] = [
    Wording::Plain,
    Wording::Utf16Little,
    Wording::Utf16Big,
    Wording::References,
    Wording::Cdata,
    Wording::Prefixes,
    Wording::Strict,
];

/// A vector that changes a package; `{}` in its texts is filled by the maker.
pub type Plant = fn(&mut Package, &str);

/// Makes one case a wording, plus one with percent-encoded targets.
pub fn planted(base: fn() -> Package, id: &str, extension: &str, plant: Plant) -> Vec<Case> {
    let mut cases = Vec::new();
    for wording in WORDINGS {
        cases.push(case(id, wording.suffix(), extension, |canary| {
            let mut package = base();
            plant(&mut package, canary);
            package.write(wording)
        }));
    }
    cases.push(case(id, "+percent", extension, |canary| {
        let mut package = base();
        plant(&mut package, canary);
        package.targets(
            |target, is_external| if is_external { percent(target) } else { absolute(target) },
        );
        package.write(Wording::Plain)
    }));
    cases
}

/// A case whose canary is that of its plain wording.
pub fn case(id: &str, suffix: &str, extension: &str, make: impl FnOnce(&str) -> Vec<u8>) -> Case {
    let canary = canary(id);
    let bytes = make(&canary);
    Case { canary, ..Case::gone(&format!("{id}{suffix}"), extension, |_| bytes) }
}

/// Escapes some letters after the scheme.
fn percent(target: &str) -> String {
    let scheme = target.find(':').map_or(0, |at| at + 1);
    let (head, tail) = target.split_at(scheme);
    let escape = |letter: char| match letter {
        'a' => "%61".to_owned(),
        'e' => "%65".to_owned(),
        other => other.to_string(),
    };
    head.to_owned() + &tail.chars().map(escape).collect::<String>()
}

/// Marks internal targets only by their first letter, which any reader must
/// resolve to the same part.
fn absolute(target: &str) -> String {
    target.strip_prefix("./").unwrap_or(target).to_owned()
}
