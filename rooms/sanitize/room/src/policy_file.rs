//! Reads a policy from TOML: a preset first, then what the file says otherwise.

use sanitize_core::{Policy, Preset};

/// Why a policy file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not TOML, or a name or value that there is not; says line and column.
    #[error("{0}")]
    Invalid(String),
}

/// Parses a policy. `preset = "strict" | "office" | "text-only"` names the
/// start (default `office`); every other key replaces one value of it.
///
/// # Errors
/// Fails on anything that is not a known key with a possible value.
pub fn parse(text: &str) -> Result<Policy, PolicyError> {
    let invalid = |error: toml::de::Error| PolicyError::Invalid(error.to_string());
    let mut given: toml::Table = text.parse().map_err(invalid)?;
    let preset = match given.remove("preset") {
        Some(name) => name.try_into::<Preset>().map_err(invalid)?,
        None => Preset::Office,
    };
    // Checked alone first, so that an error names the file's own line.
    let unnamed = strip_preset(text);
    toml::from_str::<Policy>(&unnamed).map_err(invalid)?;
    let base = toml::Table::try_from(Policy::preset(preset))
        .map_err(|error| PolicyError::Invalid(error.to_string()))?;
    let policy: Policy = merge(base, given).try_into().map_err(invalid)?;
    check_range("image.jpeg_quality", u32::from(policy.image.jpeg_quality), 1..=100)?;
    check_range("image.dpi", policy.image.dpi, 50..=600)?;
    Ok(policy)
}

fn check_range(
    key: &str,
    value: u32,
    allowed: std::ops::RangeInclusive<u32>,
) -> Result<(), PolicyError> {
    if allowed.contains(&value) {
        return Ok(());
    }
    let (least, most) = (allowed.start(), allowed.end());
    Err(PolicyError::Invalid(format!("{key} is {value}, which is not between {least} and {most}")))
}

/// Blanks out the preset's line without moving any other.
fn strip_preset(text: &str) -> String {
    let mut in_root = true;
    let mut lines = Vec::new();
    for line in text.lines() {
        in_root &= !line.trim_start().starts_with('[');
        let is_preset = in_root
            && line
                .trim_start()
                .strip_prefix("preset")
                .is_some_and(|rest| rest.trim_start().starts_with('='));
        lines.push(if is_preset { "" } else { line });
    }
    lines.join("\n")
}

fn merge(mut base: toml::Table, given: toml::Table) -> toml::Table {
    for (key, value) in given {
        let merged = match (base.remove(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => {
                toml::Value::Table(merge(below, above))
            }
            (_, value) => value,
        };
        base.insert(key, merged);
    }
    base
}

#[cfg(test)]
mod tests {
    use sanitize_core::{Choice, Hyperlinks};

    use super::*;

    #[test]
    fn an_empty_file_is_the_office_policy() {
        assert_eq!(parse("").expect("empty"), Policy::default());
    }

    #[test]
    fn a_file_changes_only_what_it_names() {
        let policy = parse("preset = \"strict\"\n[office]\ncomments = \"keep\"\n").expect("valid");
        assert_eq!(policy.office.comments, Choice::Keep);
        assert_eq!(policy.office.hyperlinks, Hyperlinks::Remove);
        assert_eq!(policy.pdf, Policy::preset(Preset::Strict).pdf);
    }

    #[test]
    fn an_unknown_name_is_an_error_with_its_line() {
        let error =
            parse("preset = \"office\"\n[pdf]\nlinks = \"keep\"\n").expect_err("no such key");
        let text = error.to_string();
        assert!(text.contains("line 3") && text.contains("links"), "{text}");
        assert!(parse("preset = \"loose\"").is_err());
        assert!(parse("[image]\njpeg_quality = 0").is_err());
    }
}
